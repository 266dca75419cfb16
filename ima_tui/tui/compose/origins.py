"""Colour and origin of each part of a draft: which words gave it, or the user."""

from __future__ import annotations

from ima_tui.compose.composer import (
    KIND,
    MODEL,
    ORDER,
    Composer,
)
from ima_tui.compose.highlights import LIMIT, REMEMBER, SetBy, origin
from ima_tui.core.domain import TaskType
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.tui.widgets.lines import Part

LONGEST = 24
"""Characters of the words that are quoted."""
_ROLES = {MODEL: "accent", ORDER: "info", REMEMBER: "info", LIMIT: "warn"}


def role(part: str, kind: TaskType) -> str:
    """The token that the words of `part` are drawn in."""
    return kind.medium.value if part == KIND else _ROLES.get(part, "ok")


def tail(composer: Composer, text: str, part: str) -> tuple[list[Part], bool]:
    """The words of `text` that gave `part`, or that it was chosen by hand; nothing where it stands
    by itself. And whether it was chosen by the user."""
    set_by = origin(composer, part)
    if set_by.by is SetBy.HAND:
        return [(say("compose.by_hand"), "muted")], True
    found: list[Part] = []
    for start, end in set_by.spans:
        words = one_line(text[start:end], LONGEST)
        found += [(" ", "text")] if found else []
        found.append((words, f"{role(part, composer.kind)}:words"))
    return found, False
