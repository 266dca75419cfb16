"""What a reading means on one leaf: the controls that the words set, and the words that did it.

The router knows canonical parameters; here they get the leaf's own names and values, each with
the part of the evidence (`params.duration`) that points to its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ima_tui.catalogue import form
from ima_tui.catalogue.form import COUNT
from ima_tui.compose import capabilities
from ima_tui.core.domain import ModelVersion, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.intent import binding
from ima_tui.intent.intent import LYRICS, TITLE
from ima_tui.intent.kinds import IntentQuestion

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent, Parameter, Refusal, Roles


_DESCRIBED = "gpt_description_prompt"
"""The field for a description, where lyrics have another place."""


@dataclass(frozen=True, slots=True)
class AppliedIntent:
    """A control's value, and the part of the evidence that it comes from. `exact`: it is what the
    words ask for, not the nearest one on offer."""

    value: Value
    part: str
    exact: bool = True


def settings(decision: Intent, model: ModelVersion) -> dict[str, AppliedIntent]:
    """What the words set on `leaf`, to the nearest value where it does not have the one that was
    asked for. `confirmation` tells what differs."""
    found: dict[str, AppliedIntent] = {}
    for param, fit in capabilities.fitted(model, decision.requirements).items():
        found.setdefault(fit.name, AppliedIntent(fit.value, f"params.{param.name}", fit.exact))
    if model.task_type is TaskType.TEXT_TO_MUSIC:
        sung = decision.param(LYRICS)
        for name, value in song_settings(model, sung, decision.description, decision.style):
            found.setdefault(name, AppliedIntent(value, f"params.{LYRICS}" if sung else "media"))
    return found


def controls(decision: Intent, model: ModelVersion) -> dict[str, AppliedIntent]:
    """Those of `settings` that are controls, or the number of outputs."""
    known = {field.name for field in form.user_fields(model)} | {COUNT}
    return {name: one for name, one in settings(decision, model).items() if name in known}


def song_settings(
    model: ModelVersion, lyrics: Value | None, description: str, style: str
) -> Iterator[tuple[str, Value]]:
    """How a music model is told what it gets: lyrics word for word with a style beside them, or a
    description. Sent the wrong way, a description would be sung."""
    if form.user_field(model, "custom_mode") is None:
        return
    if lyrics is not None:
        wanted: list[tuple[str, Value]] = [("custom_mode", True), ("tags", style)]
    elif form.user_field(model, _DESCRIBED) is not None and description:
        wanted = [("custom_mode", False), (_DESCRIBED, _cut(model, description))]
    else:
        return
    for name, value in wanted:
        if value != "" and form.user_field(model, name) is not None:
            with suppress(UsageError):
                yield form.accept(model, name, value)


def _cut(model: ModelVersion, description: str) -> str:
    field = form.user_field(model, _DESCRIBED)
    most = int(field.maximum) if field is not None and field.maximum is not None else None
    return description[:most]


def prompt(text: str, decision: Intent | None, kind: TaskType, model: ModelVersion | None) -> str:
    """What goes out of `text` as the prompt: of speech the words to be spoken, of a song its
    lyrics where the model takes them there, else its description; of everything else the text
    without the commands that `model` meets."""
    if decision is None:
        return text
    if kind is TaskType.TEXT_TO_SPEECH:
        return text if decision.spoken is None else text[slice(*decision.spoken)]
    from ima_tui.intent.commands import without

    sent = without(text, decision.commands, _unmet(decision, model))
    if kind is TaskType.TEXT_TO_MUSIC and model is not None:
        return song_prompt(sent, model, decision.requirements, decision.description)
    return sent


def _unmet(decision: Intent, model: ModelVersion | None) -> frozenset[str]:
    """Parts for which `model` has no setting: their words stay in the prompt. Of a value that is
    not on offer another one was agreed on, and its words would contradict that; so would what the
    medium has no setting for."""
    if model is None:
        return frozenset()
    set_ = {param.name for param in capabilities.fitted(model, decision.requirements)}
    told = (param.name for param in decision.requirements if param not in decision.inapplicable)
    return frozenset(f"params.{name}" for name in told if name not in set_)


def song_prompt(
    text: str, model: ModelVersion, params: Sequence[Parameter], description: str
) -> str:
    """The prompt of music: see `prompt`. Where the model has no way to be told lyrics or title
    apart, all of the text stays."""
    told = {param.name: param.value for param in params if param.name in (LYRICS, TITLE)}
    apart = {name for name in told if form.user_field(model, name) is not None}
    if LYRICS in told and LYRICS not in apart and form.user_field(model, "custom_mode") is not None:
        return str(told[LYRICS])
    return description if told and apart == set(told) and description else text


def refusals(decision: Intent, model: ModelVersion) -> tuple[Refusal, ...]:
    """What the words want and `model` can't do."""
    fits = capabilities.fitted(model, decision.params).items()
    met = {param.name for param, fit in fits if fit.exact}
    refused = binding.bind(model, decision.params)[1]
    return tuple(each for each in refused if each.name not in met)


def in_order(roles: Roles, count: int) -> tuple[int, ...]:
    """The places of `count` inputs in the order in which they go out: first frame, last frame,
    sources, references; then whatever the words give no role."""
    frames = [place for place in (roles.first_frame, roles.last_frame) if place is not None]
    told = dict.fromkeys([*frames, *roles.source, *roles.reference, *range(count)])
    return tuple(place for place in told if place < count)


def tentative(decision: Intent) -> TaskType | None:
    """The kind that is most likely meant while something about its pictures has to be asked."""
    if decision.medium is None or decision.question is None:
        return None
    kinds = [kind for kind in TaskType if kind.medium is decision.medium and kind.takes_inputs]
    if decision.question is IntentQuestion.MISSING_INPUT and kinds:
        return kinds[0]
    if decision.question is IntentQuestion.IMAGE_ROLES and kinds:
        pair = len(decision.inputs) == TaskType.FIRST_LAST_FRAME.inputs[0]
        return TaskType.FIRST_LAST_FRAME if pair else TaskType.REFERENCE_TO_VIDEO
    return None
