"""In English, what a verb acts on: a picture that is pointed at, or a pronoun for one.

"this photo" and "my picture" are there already; "it" is what was made before; "out of these" tells
what something is made of.
"""

from __future__ import annotations

from ima_tui.core.domain import Medium
from ima_tui.intent.scan import SOURCE, Item
from ima_tui.intent.wants import EXISTING_BEFORE, medium_of

_MADE_BEFORE = frozenset({"it", "these", "them", "this", "that", "the result", "the output"})
_OF = frozenset({"from", "of", "out of", "with", "using", "based"})


def existing(items: tuple[Item, ...]) -> Item | None:
    """An image that is pointed at: "this photo", "my picture", a path."""
    for item in items:
        if item.has(SOURCE):
            return item
        if medium_of(item) is Medium.IMAGE and is_existing(items, item):
            return item
        if item.under("ordinal") and item.last - item.first > 1:
            return item
    return None


def is_existing(items: tuple[Item, ...], noun: Item) -> bool:
    """ "this photo", "my cooking video": it is there already."""
    place = items.index(noun)
    for before in reversed(items[max(0, place - EXISTING_BEFORE) : place]):
        if before.has("stop") or before.under("verb") in ("make", "turn", "image"):
            return False
        if before.phrase in ("a", "an", "new"):
            return False
        if before.has("this"):
            return True
    altered = any("verb.edit" in item.tags for item in items[:2])
    placed = place > 1 and items[place - 1].phrase == "the"
    return altered and placed and items[place - 2].phrase in ("in", "on", "from")


def works_on(items: tuple[Item, ...], at: int) -> bool:
    """The object of the verb is there already: "animate this picture", "animate it"."""
    for item in items[at : at + 8]:
        if item.has(SOURCE, "this", "pronoun") or item.phrase in ("the", "it", "them"):
            return True
        if item.phrase in ("a", "an") or item.has("stop"):
            return False
    return False


def pronoun(items: tuple[Item, ...], at: int, until: Item | None = None) -> bool:
    """ "make it a video", "make her hair red"."""
    near = [item for item in items[at : at + 3] if until is None or item.first < until.first]
    return any(item.has("pronoun") or item.phrase in ("it", "them") for item in near)


def definite(items: tuple[Item, ...]) -> bool:
    """ "make something with my picture" leaves open what."""
    return not any(item.phrase in ("something", "anything", "stuff") for item in items)


def points(items: tuple[Item, ...], at: int) -> bool:
    """ "make her hair red", "make the sky purple": about something that is there."""
    following = items[at] if at < len(items) else None
    return following is not None and (
        following.has("this", "pronoun")
        or following.phrase in ("the", "it", "them", "him", "everyone")
    )


def made_of(items: tuple[Item, ...], at: int) -> bool:
    """ "a video from this photo", "a clip of it", "out of my picture"."""
    for place in range(at, len(items)):
        item = items[place]
        if item.has("and") and any(medium_of(later) for later in items[place:]):
            return False  # "an image of a lake and a video of it"
        if item.has(SOURCE):
            return True
        if medium_of(item) is Medium.IMAGE and is_existing(items, item):
            return True
        if item.phrase in _MADE_BEFORE and items[place - 1].phrase in _OF:
            return True
    return False
