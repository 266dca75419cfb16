"""A prompt for one video that tells a film of several shots: that is offered, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ima_tui.compose.confirmation import Unmet, Why
from ima_tui.core.domain import Medium
from ima_tui.film import brief
from ima_tui.intent.intent import RequestKind

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent

MOST_TEXT = 4000
"""Characters of a prompt that is looked at while it is typed."""


def shots(text: str, decision: Intent | None) -> int:
    """Return how many shots a prompt for one video tells; 0 where it is one shot or no video."""
    single = decision is not None and decision.kind is RequestKind.SINGLE
    if not single or decision is None or len(text) > MOST_TEXT:
        return 0
    if decision.task_type is None or decision.task_type.medium is not Medium.VIDEO:
        return 0
    film = brief.read(text)
    count = 0 if film is None else len(film.shots) if film.listed else film.count
    return count if count > 1 else 0


def unmet(text: str, decision: Intent | None, model: str) -> tuple[Unmet, ...]:
    """Return that one video would be sent instead of a film, to be confirmed before paying."""
    count = shots(text, decision)
    return (Unmet("shots", str(count), "", Why.SHOTS, model),) if count else ()
