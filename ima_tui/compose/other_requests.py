"""What a prompt may ask instead of one result: a film, or an answer.

A film of several shots is offered, never guessed. Questions about models and prices are answered by
the lists that are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ima_tui.compose.confirmation import Unmet, Why
from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.core.text import points_range
from ima_tui.i18n import joined, say
from ima_tui.intent.kinds import RequestKind

if TYPE_CHECKING:
    from ima_tui.film.brief_facts import Brief
    from ima_tui.intent.intent import Intent, Limit


MOST_SECONDS = 180.0
"""Of a film that is told by a prompt for another medium."""
MOST_TEXT = 4000
"""Characters of a prompt that is looked at while it is typed."""


def shots(text: str, intent: Intent | None) -> int:
    """Return how many shots a prompt for one result tells; 0 where it tells no film."""
    film = _film(text, intent)
    count = 0 if film is None else len(film.shots) if film.listed else film.count
    return count if count > 1 else 0


def offered(text: str, intent: Intent | None) -> int:
    """Return the same, and of a film that is longer than one video how many shots it has."""
    from ima_tui.film import timeline
    from ima_tui.film.brief_facts import LONGEST_SHOT

    film = _film(text, intent)
    longer = film is not None and film.seconds > LONGEST_SHOT
    usual = timeline.usual_count(film.seconds) if film is not None and longer else 0
    return shots(text, intent) or usual


def _film(text: str, intent: Intent | None) -> Brief | None:
    if intent is None or intent.kind is not RequestKind.SINGLE or len(text) > MOST_TEXT:
        return None
    medium = intent.task_type.medium if intent.task_type is not None else None
    if medium in (None, Medium.SPEECH):
        return None
    from ima_tui.film import brief, brief_words  # its patterns take 30 ms, which no start needs

    film = brief.read(text)
    if film is None or medium is Medium.VIDEO:
        return film
    timed = film.each or any(shot.seconds for shot in film.shots) or 0 < film.seconds < MOST_SECONDS
    named = brief_words.LABEL.search(text) or brief_words.SHOTS.search(text)
    # "1. a cat 2. a dog" may be two pictures, and a documentary wants its music
    return film if (film.listed and timed) or named else None


def ends_with_film(text: str, intent: Intent) -> bool:
    """Tell whether a prompt for several things becomes a workflow that ends with a film."""
    from ima_tui.film import brief

    film = brief.read(text) if len(text) <= MOST_TEXT else None
    videos = any(step.task_type.medium is Medium.VIDEO for step in intent.steps)
    return film is not None and (film.listed or film.count > 1 or videos)


def unmet(text: str, intent: Intent | None, model: str) -> tuple[Unmet, ...]:
    """Return that one result would be made instead of a film, to be confirmed before paying."""
    count = shots(text, intent)
    return (Unmet("shots", str(count), "", Why.SHOTS, model),) if count else ()


def limits(text: str, intent: Intent) -> tuple[Limit, ...]:
    """What the prompt asks for and nothing offers. A film may be longer than any of its shots."""
    if not intent.steps or not ends_with_film(text, intent):
        return intent.limits
    return tuple(limit for limit in intent.limits if limit.code != "video_too_long")


Lists = Mapping[TaskType, Sequence[ModelVersion]]
_NAMED = 3
"""Models that an answer names."""


def answer(intent: Intent, lists: Lists) -> str:
    """One sentence for each medium asked about; without lists, how to see them."""
    media = [intent.medium] if intent.medium is not None else list(Medium)
    told = [words for medium in media if (words := _of(medium, lists))]
    return joined(*told) if told else say("answer.no_lists")


def _of(medium: Medium, lists: Lists) -> str:
    models = [
        model for task_type, found in lists.items() if task_type.medium is medium for model in found
    ]
    if not models:
        return ""
    by_price = sorted(models, key=lambda model: (model.points[0], model.name))
    names = list(dict.fromkeys(model.name for model in by_price))
    points = points_range(by_price[0].points[0], max(model.points[1] for model in models))
    shown = say("answer.comma").join(names[:_NAMED])
    words = {"medium": say(f"answer.{medium}"), "points": points, "models": shown}
    return say("answer.one" if len(names) <= _NAMED else "answer.more", n=len(names), **words)
