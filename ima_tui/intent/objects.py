"""In English, what a verb acts on: a picture that is pointed at, or a pronoun for one.

"this photo" and "my picture" are there already; "it" is what was made before; "out of these" tells
what something is made of.
"""

from __future__ import annotations

from functools import cache

from ima_tui.core.domain import Medium
from ima_tui.intent.scan import SOURCE, Item
from ima_tui.intent.vocabulary import vocabulary
from ima_tui.intent.wants import EXISTING_BEFORE, medium_of

_DETERMINERS = frozenset({"a", "an", "the", "his", "her", "its", "their", "my", "some", "two"})


@cache
def _holders() -> frozenset[str]:
    return frozenset(vocabulary().around["holders"])


def held(items: tuple[Item, ...], place: int) -> bool:
    """ "voiceover artist", "film crew": the medium tells which artist, and is not wanted."""
    following = items[place + 1] if place + 1 < len(items) else None
    if following is not None and following.phrase in _MANNERS:
        return medium_of(items[place]) is not Medium.IMAGE  # "lofi vibes", but "comic style"
    return following is not None and following.phrase in _holders()


_MANNERS = frozenset({"vibe", "vibes", "style", "styled", "aesthetic", "aesthetics", "feel", "mood",
                      "look", "inspired", "themed", "energy", "era"})  # fmt: skip


def doing(items: tuple[Item, ...], place: int) -> bool:
    """ "… watching a movie": behind such a verb stands what somebody does."""
    following = items[place + 1] if place + 1 < len(items) else None
    word = items[place].phrase
    if following is None or len(word) < 6 or not word.endswith("ing"):
        return False
    return following.phrase in _DETERMINERS and not items[place].under("noun")


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
    if noun.phrase == "spoken":
        return False  # "I'd like this spoken"
    place = items.index(noun)
    if place + 1 < len(items) and items[place + 1].has("given"):
        return True  # "the clip I have"
    altered = any("verb.edit" in item.tags for item in items[:2])
    placed = place > 1 and items[place - 1].phrase == "the"
    if altered and placed and items[place - 2].phrase in ("in", "on", "from"):
        return True
    for before in reversed(items[max(0, place - EXISTING_BEFORE) : place]):
        if before.has("stop") or before.under("verb") in ("make", "turn", "image"):
            return False
        if before.phrase in _NEEDS:
            return False
        if before.phrase in ("a", "an", "new"):
            return False
        if before.has("this"):
            return not _authored(items[:place], noun)
    return False


_NEEDS = frozenset({"needs", "need", "wants", "want", "requires", "deserves", "lacks"})
"""Our band needs cover art: ours is the band, and the art is not there yet."""


def _authored(before: tuple[Item, ...], noun: Item) -> bool:
    """ "write their hit single", "record my voicemail greeting": it is not there yet."""
    heard = medium_of(noun) in (Medium.MUSIC, Medium.SPEECH)
    return heard and any(item.phrase in _AUTHORS for item in before)


_AUTHORS = frozenset({"write", "compose", "record", "produce", "sing"})


def works_on(items: tuple[Item, ...], at: int) -> bool:
    """The object of the verb is there already: "animate this picture", "animate it"."""
    for item in items[at : at + 8]:
        if item.has(SOURCE, "this", "pronoun") or item.phrase in ("the", "it", "them", "him"):
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
    """ "a video from this photo", "a clip of it"; but not "for my website background"."""
    led = ""
    for place in range(at, len(items)):
        item = items[place]
        led = item.phrase if item.has("stop") else led
        if item.has("and"):
            return False  # "an image of a lake and a video of it", "and some accordion with it"
        if item.has(SOURCE):
            return True
        last = place + 1 == len(items) or bool(items[place + 1].tags)
        if led in _MADE_WITH and last and _is_there(items, item):
            return True
        if item.phrase in _MADE_BEFORE and items[place - 1].phrase in _OF:
            return True
    return False


def _is_there(items: tuple[Item, ...], item: Item) -> bool:
    return medium_of(item) is Medium.IMAGE and is_existing(items, item)


_MADE_WITH = _OF | {"", "in", "on", "by", "as"}


_STILL = frozenset(
    (
        "look",
        "be",
        "wear",
        "hold",
        "appear",
        "become",
        "have",
        "seem",
        "red",
        "blue",
        "green",
        "older",
    )
)


_CAUSES = frozenset({"let", "have", "make", "get"})


def _does(item: Item, cause: str) -> bool:
    """ "make it *move*", "get it *moving*"."""
    word = item.phrase
    if word in _moves():
        return True
    stem = word.removesuffix("ing")
    return cause == "get" and stem != word and {stem, stem + "e", stem[:-1]} & _moves() != set()


@cache
def _moves() -> frozenset[str]:
    return frozenset(vocabulary().around["moves"])


def made_to_move(items: tuple[Item, ...]) -> Item | None:
    """ "Let him yawn", "have her turn", "make the dog wag its tail": somebody in the picture is to
    do something."""
    if not any(item.phrase in _CAUSES for item in items[:3]):
        return None
    told = [item for item in items if not item.has("polite", "seq", "and")]
    if len(told) < 3 or told[0].phrase not in _CAUSES:
        return None
    does = any(_does(item, told[0].phrase) for item in told[2:5])
    if told[0].phrase in ("make", "get"):
        return told[0] if does and told[1].phrase not in ("a", "an", "me") else None
    pointed = told[1].has("pronoun", "this") or told[1].phrase in ("him", "her", "them", "the")
    return told[0] if pointed and not any(item.phrase in _STILL for item in told[2:4]) else None


def aloud(items: tuple[Item, ...], at: int) -> bool:
    """ "read the menu aloud"."""
    return any(item.phrase in ("aloud", "out loud", "out") for item in items[at + 1 : at + 8])
