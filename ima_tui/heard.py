"""What a reading means on one leaf: the controls that the words set, and the words that did it.

The router knows canonical parameters; here they get the leaf's own names and values, each with
the part of the evidence (`params.duration`) that points to its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ima_tui import attainable
from ima_tui.attainable import COUNT as COUNT
from ima_tui.catalogue import form
from ima_tui.domain import Leaf, TaskType, Value
from ima_tui.intent import binding

if TYPE_CHECKING:
    from ima_tui.intent.reading import Decision, Refusal, Roles


@dataclass(frozen=True, slots=True)
class Heard:
    """A control's value, and the part of the evidence that it comes from."""

    value: Value
    part: str


def controls(decision: Decision, leaf: Leaf) -> dict[str, Heard]:
    """The controls of `leaf` that the words set, to the nearest value where it does not have the
    one that was asked for. `confirmation` tells what differs."""
    found: dict[str, Heard] = {}
    known = {field.name for field in form.controls(leaf)} | {COUNT}
    for param, fit in attainable.fitted(leaf, decision.requirements).items():
        if fit.name in known:
            found.setdefault(fit.name, Heard(fit.value, f"params.{param.name}"))
    return found


def refusals(decision: Decision, leaf: Leaf) -> tuple[Refusal, ...]:
    """What the words want and `leaf` can't do."""
    fits = attainable.fitted(leaf, decision.params).items()
    met = {param.name for param, fit in fits if fit.exact}
    refused = binding.bind(leaf, decision.params)[1]
    return tuple(each for each in refused if each.name not in met)


def in_order(roles: Roles, count: int) -> tuple[int, ...]:
    """The places of `count` inputs in the order in which they go out: first frame, last frame,
    sources, references; then whatever the words give no role."""
    frames = [place for place in (roles.first_frame, roles.last_frame) if place is not None]
    told = dict.fromkeys([*frames, *roles.source, *roles.reference, *range(count)])
    return tuple(place for place in told if place < count)


def tentative(decision: Decision) -> TaskType | None:
    """The kind that is most likely meant while something about its pictures has to be asked."""
    from ima_tui.intent.reading import Question

    if decision.medium is None or decision.question is None:
        return None
    kinds = [kind for kind in TaskType if kind.medium is decision.medium and kind.takes_inputs]
    if decision.question is Question.MISSING_INPUT and kinds:
        return kinds[0]
    if decision.question is Question.IMAGE_ROLES and kinds:
        pair = len(decision.inputs) == TaskType.FIRST_LAST_FRAME.inputs[0]
        return TaskType.FIRST_LAST_FRAME if pair else TaskType.REFERENCE_TO_VIDEO
    return None
