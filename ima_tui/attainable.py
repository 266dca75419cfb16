"""What can really be had instead of a wish that nobody can fulfil: by the model that it goes to,
not by what some other kind of model could do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ima_tui.catalogue import form
from ima_tui.domain import Leaf, Medium, Value
from ima_tui.intent import binding
from ima_tui.messages import say

if TYPE_CHECKING:
    from ima_tui.intent.reading import Decision, Limit, Parameter

_SIZES = ("size", "resolution", "quality")
"""What the size of a picture or a film is called, by one leaf or another."""
_SIZE = re.compile(r"(\d+)\s*(k|p|px)", re.I)
EIGHT_K = "8k"


def lines(label: str) -> int:
    """How large `4K`, `1080p` or `512px` is, to be compared; 0 for what is no size."""
    found = _SIZE.fullmatch(label.strip())
    if found is None:
        return 0
    return int(found[1]) * (1000 if found[2].lower() == "k" else 1)


def largest(leaf: Leaf) -> tuple[str, Value, str] | None:
    """(the control, its value, what people call it) of the largest that `leaf` makes."""
    for name in _SIZES:
        field = form.control(leaf, name)
        sizes = [option for option in (field.options if field else ()) if lines(option.label)]
        if sizes:
            best = max(sizes, key=lambda option: lines(option.label))
            return name, best.value, best.label
    return None


def can(leaf: Leaf, param: Parameter) -> bool:
    """Whether `leaf` has a control that takes `param`."""
    return not binding.bind(leaf, (param,))[1]


def in_words(told: str) -> str:
    """`30 s`, as people say it in their language; anything else as it is."""
    return re.sub(r"(\d+) s\b", lambda found: say("compose.seconds", span=found[1]), told)


def told(decision: Decision, limit: Limit) -> tuple[str, dict[str, str | int]]:
    """A row of `messages` that says what can't be had and what can, and the values for it."""
    words: dict[str, str | int] = {
        "asked": in_words(limit.asked),
        "possible": in_words(", ".join(limit.possible)),
        "models": ", ".join(limit.models),
    }
    if limit.code == EIGHT_K:
        best = largest(decision.leaf) if decision.leaf is not None else None
        if best is not None and decision.leaf is not None:
            words |= {"possible": best[2], "models": decision.leaf.name}
        elif Medium.IMAGE not in _media(decision):
            return "route.no_8k_film", words
    return f"route.no_{limit.code}", words


def _media(decision: Decision) -> set[Medium | None]:
    return {decision.medium, *(step.task_type.medium for step in decision.steps)}
