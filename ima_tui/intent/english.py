"""Clauses in English, and in languages written like it: what is asked for, not what is mentioned.

A request begins with its verb, or is a bare noun phrase. The noun phrase ends at a preposition;
its last media noun is its head: "a video game character portrait of …" asks for a portrait.
"""

from __future__ import annotations

from dataclasses import replace

from ima_tui.domain import Medium
from ima_tui.intent.scan import NAME, SOURCE, Clause, Item
from ima_tui.intent.wants import (
    BOTH,
    EXISTING_BEFORE,
    SOUND,
    ClauseReading,
    Want,
    is_noun,
    medium_of,
    names_models,
)

_ARTICLES = frozenset(
    {"a", "an", "some", "the", "another", "my", "our", "this", "one", "two", "me"}
)
_USE = frozenset({"use", "using", "with", "via", "try", "please use", "run", "prefer", "by"})
_LINKS = frozenset({"to", "for", "and", "as"})
_OF = frozenset({"from", "of", "out", "with", "using", "based"})
_BE = frozenset({"is", "are", "as", "be", "should", "was"})


def read_english(clause: Clause) -> ClauseReading:
    reading = ClauseReading(clause)
    written = next((p for p, item in enumerate(clause.items) if p and item.has("about")), None)
    items = clause.items[:written]
    reading.motion = next((item for item in items if item.has("motion")), None)
    reading.existing = _existing(items)
    at = _skip_politeness(items, 0)
    if at >= len(items):
        return reading
    at, role = _skip_use(items, at)
    if role or _is_statement(items, at):
        reading.given = True
        return reading
    if items[at].has("neg"):
        at = _refuse(reading, items, at)
        rest = next((p for p in range(at, len(items)) if _resumes(items[p])), None)
        if rest is not None and reading.refused:
            _request(reading, items, rest, asked=True)
        return reading
    asked = at > 0 and any(item.has("seq") for item in items[:at])
    _request(reading, items, at, asked or clause.after in _STEPS)
    if not reading.wants:
        _mentioned(reading, items, at)
    return reading


_STEPS = frozenset({"then", "and then", "and", "but", "after that", "finally", "next", "also"})


def _resumes(item: Item) -> bool:
    """ "rather than an image I'd prefer …": the wish behind what is turned down."""
    return bool(item.under("verb") or item.under("wish"))


def _skip_politeness(items: tuple[Item, ...], at: int) -> int:
    while at < len(items) and (
        items[at].has("polite", "seq", "and", NAME) and not items[at].has("noun.image", "neg")
    ):
        at += 1
    return at


def _skip_use(items: tuple[Item, ...], at: int) -> tuple[int, bool]:
    """Past "use Kling to", "with Suno,": (where the wish begins, whether it tells a role)."""
    if at >= len(items) or items[at].phrase not in _USE:
        return at, False
    named = False
    for place in range(at + 1, min(len(items), at + 12)):
        item = items[place]
        named = named or item.has(NAME)
        if item.phrase in _LINKS:
            if item.phrase == "as":
                return _past_role(items, place, at)
            rest = _skip_politeness(items, place + 1)
            return (rest, False) if rest < len(items) else (at, False)
        if item.under("verb") and item.under("verb") not in ("film",) and place > at + 1:
            return place, False
    if not named:
        return at, any(item.has("first", "first.last", "reference") for item in items)
    past = next(place for place in range(at, len(items)) if items[place].has(NAME)) + 1
    return (past, False) if past < len(items) else (at, False)


def _past_role(items: tuple[Item, ...], place: int, at: int) -> tuple[int, bool]:
    """ "use both as references for a video": the wish behind the role, if there is one."""
    for later in range(place + 1, len(items)):
        if items[later].phrase in ("for", "to", "in") and any(map(is_noun, items[later:])):
            return later + 1, False
    return at, True


def _is_statement(items: tuple[Item, ...], at: int) -> bool:
    """ "Here are two photos", "the first image is the opening frame": about inputs, no wish."""
    first = items[at]
    if first.has("given"):
        return True
    if not (first.has("this") or first.under("ordinal") or first.phrase == "the"):
        return False
    told = any(item.phrase in _BE for item in items[at : at + 6])
    return told and not first.under("verb")


def _refuse(reading: ClauseReading, items: tuple[Item, ...], at: int) -> int:
    """Note the noun that is turned down; where the rest begins."""
    for place in range(at, min(len(items), at + 8)):
        if is_noun(items[place]):
            reading.refused.append(items[place])
            return place + 1
    return len(items)


def _request(reading: ClauseReading, items: tuple[Item, ...], at: int, asked: bool) -> None:
    """Read the verb at `at`, or a bare noun phrase."""
    item = items[at]
    kind = item.under("verb")
    following = items[at + 1] if at + 1 < len(items) else None
    if item.under("task"):
        medium = Medium(item.under("task").rsplit("_to_", 1)[-1])
        reading.wants.append(_want(reading, item, medium, asked=True))
    elif kind == "film" and following is not None and following.phrase in _ARTICLES:
        reading.wants.append(_want(reading, item, Medium.VIDEO, asked=True))
    elif kind == "image" and not _is_head(items, at):
        head, end = _head(items, at + 1)
        other = head is not None and medium_of(head) not in (Medium.IMAGE, None)
        _take(reading, items, head if other and head else item, Medium.IMAGE, at, end)
    elif kind == "video":
        works_on = _works_on(items, at + 1)
        reading.wants.append(_want(reading, item, Medium.VIDEO, works_on=works_on, asked=True))
        _extras(reading, items, at + 1, reading.wants[-1].medium)
    elif kind == "music":
        head, end = _head(items, at + 1)
        _take(reading, items, head or item, Medium.MUSIC, at, end)
    elif kind == "speech" and _speaks(reading.clause, item, following):
        reading.speech_from = item.end
        reading.wants.append(_want(reading, item, Medium.SPEECH, asked=True))
    elif kind == "turn" or (kind == "make" and _becomes(items, at)):
        _turn(reading, items, at)
    elif reading.motion and (_works_on(items, at + 1) or reading.existing):
        if reading.motion.first > item.first or item.has("motion"):
            reading.wants.append(
                _want(reading, reading.motion, Medium.VIDEO, works_on=True, asked=True)
            )
    elif item.phrase == "read" and following is None and reading.clause.before == ":":
        reading.speech_from = item.end
        reading.wants.append(_want(reading, item, Medium.SPEECH, asked=True))
    elif "verb.edit" in item.tags and not _asks_for_noun(items, at):
        reading.edit = item
    else:
        _noun_phrase(reading, items, at, asked or kind in ("make", "want", "edit"))


def _becomes(items: tuple[Item, ...], at: int) -> bool:
    """ "make this into a video"."""
    return any(item.phrase == "into" for item in items[at + 1 : at + 7])


_ACTED = frozenset({"of", "for", "is", "in", "should"})
_LABELS = frozenset({"voice", "speak", "say", "announce"})


def _speaks(clause: Clause, item: Item, following: Item | None) -> bool:
    """A verb of speaking as an order; "voice: female" is a label."""
    if following is None:
        return item.phrase != "voice" and (clause.before == ":" or item.phrase not in _LABELS)
    return following.phrase not in _ACTED


def _asks_for_noun(items: tuple[Item, ...], at: int) -> bool:
    """ "add background music", "give me a poster": the verb's object is what is wanted."""
    if items[at].phrase not in ("add", "give", "put", "merge", "combine", "blend"):
        return False
    head, _ = _head(items, at + 1)
    return head is not None and medium_of(head) in (Medium.MUSIC, Medium.SPEECH, Medium.VIDEO)


def _is_head(items: tuple[Item, ...], at: int) -> bool:
    """ "sketch of a cat", "a doodle": the word is a noun here."""
    following = items[at + 1] if at + 1 < len(items) else None
    return is_noun(items[at]) and (following is None or following.has("stop"))


def _turn(reading: ClauseReading, items: tuple[Item, ...], at: int) -> None:
    """ "turn this into a video": what stands behind "into" is wanted."""
    for place in range(at + 1, len(items)):
        if items[place].phrase in ("into", "to"):
            head, _ = _head(items, place + 1)
            if head is not None and medium_of(head) is not None:
                medium = medium_of(head)
                edit = medium is Medium.IMAGE
                reading.wants.append(
                    _want(reading, head, medium, works_on=True, edit=edit, asked=True)
                )
                _extras(reading, items, place + 1, medium)
                return
            if head is not None and head.under("noun") == SOUND:
                reading.wants.append(_want(reading, head, None, asked=True))
                return
    reading.edit = items[at]


def _noun_phrase(reading: ClauseReading, items: tuple[Item, ...], at: int, asked: bool) -> None:
    head, end = _head(items, at)
    if head is None:
        rest = next((p for p in range(at + 1, len(items)) if _late_request(items, p)), None)
        if rest is not None:
            _request(reading, items, rest, asked)
        elif asked and _definite(items) and (reading.existing or _points(items, at + 1)):
            reading.edit = items[at]
        return
    if _is_existing(items, head):
        reading.existing = reading.existing or head
        if asked:
            reading.edit = items[at]
        return
    medium = medium_of(head)
    start = items[at].start
    if head.under("noun") == SOUND:
        _extras(reading, items, end, None)
        if not reading.wants:
            reading.wants.append(_want(reading, head, None, asked=asked))
        return
    works_on = _pronoun(items, at + 1, head) or _made_of(items, end)
    want = _want(reading, head, medium, works_on=works_on, asked=asked, phrase=(start, head.end))
    reading.wants.append(want)
    if head.under("noun") == BOTH:
        reading.wants.append(replace(want, medium=Medium.MUSIC, extra=True))
    _extras(reading, items, end, medium)


def _late_request(items: tuple[Item, ...], place: int) -> bool:
    """A verb behind "to" or "that can": "the cheapest way to make a video of …"."""
    verb = items[place].under("verb")
    if verb not in ("make", "image", "video", "music") or place == 0:
        return False
    return items[place - 1].phrase in ("to", "you to", "can", "and")


def _take(
    reading: ClauseReading, items: tuple[Item, ...], item: Item, medium: Medium, at: int, end: int
) -> None:
    medium = medium_of(item) or medium
    phrase = (items[at].start, item.end)
    reading.wants.append(_want(reading, item, medium, asked=True, phrase=phrase))
    _extras(reading, items, end, medium)


def _want(
    reading: ClauseReading,
    item: Item,
    medium: Medium | None,
    *,
    works_on: bool = False,
    edit: bool = False,
    asked: bool = False,
    phrase: tuple[int, int] | None = None,
) -> Want:
    return Want(
        medium,
        item.start,
        item.end,
        works_on=works_on,
        edit=edit,
        asked=asked,
        phrase=phrase or (item.start, item.end),
        clause=reading.clause.index,
    )


_ENDS = ("stop", "neg", "first", "first.last", "reference", "source")


def _head(items: tuple[Item, ...], at: int) -> tuple[Item | None, int]:
    """The last media noun of the noun phrase at `at`, and where that phrase ends."""
    head: Item | None = None
    place = at
    while place < len(items):
        item = items[place]
        if place > at and item.has(*_ENDS) and not is_noun(item):
            break
        if head is not None and item.has("and"):
            break
        if is_noun(item):
            head = head if names_models(items, place) else item
        place += 1
    return head, place


def _extras(
    reading: ClauseReading, items: tuple[Item, ...], at: int, medium: Medium | None
) -> None:
    """Further media beside the head: "… and a theme song", "… with a voiceover"."""
    taken = {medium}
    for place in range(at, len(items)):
        item = items[place]
        joined, accompanied = item.has("and"), item.has("with")
        if not (joined or accompanied) or item.has("neg"):
            continue
        other, end = _head(items, place + 1)
        beside = medium_of(other) if other else None
        if other is None or beside is None or beside in taken or _is_existing(items, other):
            continue
        at_end = other.last == items[end - 1].last
        sounding = beside in (Medium.MUSIC, Medium.SPEECH)
        if at_end and (joined or sounding) and end - place <= 7:
            taken.add(beside)
            want = _want(reading, other, beside, asked=True)
            reading.wants.append(replace(want, extra=True))


def _mentioned(reading: ClauseReading, items: tuple[Item, ...], at: int) -> None:
    """Nouns anywhere in the clause, for when nothing is asked for outright."""
    for place in range(at, len(items)):
        item = items[place]
        medium = medium_of(item)
        if medium is not None and not _is_existing(items, item):
            reading.weak.append(_want(reading, item, medium))


def _existing(items: tuple[Item, ...]) -> Item | None:
    """An image that is pointed at: "this photo", "my picture", a path."""
    for item in items:
        if item.has(SOURCE):
            return item
        if medium_of(item) is Medium.IMAGE and _is_existing(items, item):
            return item
        if item.under("ordinal") and item.last - item.first > 1:
            return item
    return None


def _is_existing(items: tuple[Item, ...], noun: Item) -> bool:
    """ "this photo", "my cooking video": it is there already."""
    place = items.index(noun)
    for before in reversed(items[max(0, place - EXISTING_BEFORE) : place]):
        if before.has("stop") or before.under("verb") in ("make", "turn", "image"):
            return False
        if before.phrase in ("a", "an", "new"):
            return False
        if before.has("this"):
            return True
    return False


def _works_on(items: tuple[Item, ...], at: int) -> bool:
    """The object of the verb is there already: "animate this picture", "animate it"."""
    for item in items[at : at + 8]:
        if item.has(SOURCE, "this", "pronoun") or item.phrase in ("the", "it", "them"):
            return True
        if item.phrase in ("a", "an") or item.has("stop"):
            return False
    return False


def _pronoun(items: tuple[Item, ...], at: int, until: Item | None = None) -> bool:
    """ "make it a video", "make her hair red"."""
    near = [item for item in items[at : at + 3] if until is None or item.first < until.first]
    return any(item.has("pronoun") or item.phrase in ("it", "them") for item in near)


def _definite(items: tuple[Item, ...]) -> bool:
    """ "make something with my picture" leaves open what."""
    return not any(item.phrase in ("something", "anything", "stuff") for item in items)


def _points(items: tuple[Item, ...], at: int) -> bool:
    """ "make her hair red", "make the sky purple": about something that is there."""
    following = items[at] if at < len(items) else None
    return following is not None and (
        following.has("this", "pronoun") or following.phrase in ("the", "it", "them")
    )


def _made_of(items: tuple[Item, ...], at: int) -> bool:
    """ "a video from this photo", "a clip of it", "out of my picture"."""
    for place in range(at, len(items)):
        item = items[place]
        if item.has(SOURCE):
            return True
        if medium_of(item) is Medium.IMAGE and _is_existing(items, item):
            return True
        if item.phrase in ("it", "these", "them", "this") and items[place - 1].phrase in _OF:
            return True
    return False
