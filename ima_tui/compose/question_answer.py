"""The answer to a question about the service: models and prices, by the lists that are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.core.text import points_range
from ima_tui.i18n import joined, say

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent

Lists = Mapping[TaskType, Sequence[ModelVersion]]
_NAMED = 3
"""Models that an answer names."""


def answer(intent: Intent, lists: Lists) -> str:
    """One sentence for each medium asked about; without lists, how to see them."""
    media = [intent.medium] if intent.medium is not None else list(Medium)
    told = [words for medium in media if (words := _of(medium, lists))]
    return joined(*told) if told else say("answer.no_lists")


def _of(medium: Medium, lists: Lists) -> str:
    models = [model for kind, found in lists.items() if kind.medium is medium for model in found]
    if not models:
        return ""
    by_price = sorted(models, key=lambda model: (model.points[0], model.name))
    names = list(dict.fromkeys(model.name for model in by_price))
    points = points_range(by_price[0].points[0], max(model.points[1] for model in models))
    shown = say("answer.comma").join(names[:_NAMED])
    words = {"medium": say(f"answer.{medium}"), "points": points, "models": shown}
    return say("answer.one" if len(names) <= _NAMED else "answer.more", n=len(names), **words)
