"""In English, what stands before a request: politeness, "use Kling to", what is only told, and
what is turned down.
"""

from __future__ import annotations

from ima_tui.intent.scan import NAME, Item
from ima_tui.intent.wants import ClauseReading, is_noun


def compares(items: tuple[Item, ...]) -> bool:
    """ "Like a scene from a film", "it reminds me of a song": what something is compared with."""
    if items[0].phrase == "like" and len(items) > 2:
        return items[1].phrase in ("a", "an", "the", "in", "some", "those", "one")
    words = [item.phrase for item in items[:5]]
    likened = words.index("like") if "like" in words else 0
    told = "reminds" in words or bool(_IS & set(words[:likened]))
    told = told and not any(map(is_noun, items[:likened]))  # "a video that feels like a song"
    return told and not any(item.under("verb") for item in items[:2])


_IS = frozenset({"is", "was", "feels", "feel", "looks", "sounds", "it's", "felt", "were", "are"})


def without_thanks(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items without "please" and "thanks" at their end."""
    while len(items) > 1 and items[-1].has("polite") and not items[-1].has("seq"):
        items = items[:-1]
    return items


def resumes(item: Item) -> bool:
    """ "rather than an image I'd prefer …": the request behind what is turned down."""
    return bool(item.under("verb") or item.under("preference"))


def skip_politeness(items: tuple[Item, ...], at: int) -> int:
    """The place behind politeness, "and" and names of models at `at`."""
    while at < len(items) and (
        items[at].has("polite", "seq", "and", NAME) and not items[at].has("noun.image", "neg")
    ):
        at += 1
    return at


def skip_use(items: tuple[Item, ...], at: int) -> tuple[int, bool]:
    """Past "use Kling to", "with Suno,": (where the request begins, whether it tells a role)."""
    if at >= len(items) or items[at].phrase not in _USE:
        return at, False
    named = False
    for place in range(at + 1, min(len(items), at + 12)):
        item = items[place]
        named = named or item.has(NAME)
        if item.phrase in _LINKS:
            if item.phrase == "as":
                return _past_role(items, place, at)
            rest = skip_politeness(items, place + 1)
            return (rest, False) if rest < len(items) else (at, False)
        if item.under("verb") and item.under("verb") not in ("film",) and place > at + 1:
            return place, False
    if not named:
        role = next((p for p, item in enumerate(items) if item.has(*_ROLES)), None)
        return (at, False) if role is None else _past_role(items, role, at)
    past = next(place for place in range(at, len(items)) if items[place].has(NAME)) + 1
    return (past, False) if past < len(items) else (at, False)


_ROLES = ("first", "first.last", "reference")


def _past_role(items: tuple[Item, ...], place: int, at: int) -> tuple[int, bool]:
    """ "use both as references for a video": the request behind the role, if there is one."""
    for later in range(place + 1, len(items)):
        if items[later].phrase in ("for", "to", "in", "of") and any(map(is_noun, items[later:])):
            return later + 1, False
    return at, True


def is_statement(items: tuple[Item, ...], at: int) -> bool:
    """ "Here are two photos", "the first image is the opening frame": about inputs, no request."""
    first = items[at]
    if first.has("given") or _busy(items, at):
        return True
    if not (first.has("this") or first.under("ordinal") or first.phrase == "the"):
        return False
    told = any(item.phrase in _BE for item in items[at : at + 6])
    if is_noun(items[-1]) and any(_is_form(items, place) for place in range(at, len(items))):
        return False  # "that same crane flying off as a video"
    return told and not first.under("verb")


def _is_form(items: tuple[Item, ...], place: int) -> bool:
    """ "as a …"."""
    following = items[place + 1 : place + 2]
    return items[place].phrase == "as" and any(i.phrase in ("a", "an") for i in following)


def _busy(items: tuple[Item, ...], at: int) -> bool:
    """ "I'm writing a song": what somebody does, and no request; "I'm looking for" is one."""
    if items[at].phrase not in _PERSONS or at + 2 >= len(items):
        return False
    doing_now = items[at + 1].phrase
    return doing_now.endswith("ing") and doing_now not in _WISHING


def is_done(items: tuple[Item, ...], at: int) -> bool:
    """ "I wrote a song called Blue": it is there already."""
    if items[at].phrase not in _SOMEBODY:
        return False
    return any(item.phrase in _MADE for item in items[at + 1 : at + 4])


def wanting(items: tuple[Item, ...]) -> bool:
    """ "She wants a poster": a request, by whomever."""
    return any(item.under("verb") == "want" or item.phrase in _WANTS for item in items[1:3])


_WANTS = frozenset({"wants", "needs", "asked", "asks", "need", "want", "would", "should", "'d"})
_SOMEBODY = frozenset({"i", "we", "i've", "we've", "ive", "he", "she", "they"})
_MADE = frozenset({"wrote", "written", "made", "drew", "drawn", "recorded", "composed", "filmed",
                   "shot", "painted", "finished", "produced", "created", "designed"})  # fmt: skip


_PERSONS = frozenset({"i'm", "we're", "i am", "we are", "im", "she's", "he's", "they're"})


_WISHING = frozenset({"looking", "trying", "hoping", "wanting", "needing", "thinking", "going",
                      "asking", "after", "missing", "dying", "searching", "wondering"})  # fmt: skip


def refuse(reading: ClauseReading, items: tuple[Item, ...], at: int) -> int:
    """Note the noun that is turned down; where the rest begins."""
    for place in range(at, min(len(items), at + 8)):
        if is_noun(items[place]):
            reading.refused.append(items[place])
            return place + 1
    return len(items)


RELATIVE = frozenset({"who", "whose", "where", "which", "whom"})


_USE = frozenset({"use", "using", "with", "via", "try", "please use", "run", "prefer", "by"})


_LINKS = frozenset({"to", "for", "and", "as"})


_BE = frozenset({"is", "are", "as", "be", "should", "was"})
