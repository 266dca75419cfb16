"""Clauses in English, and in languages written like it: what is asked for, not what is mentioned.

A request begins with its verb, or is a bare noun phrase. The noun phrase ends at a preposition;
its last media noun is its head: "a video game character portrait of …" asks for a portrait.
"""

from __future__ import annotations

from dataclasses import replace

from ima_tui.core.domain import Medium
from ima_tui.intent.english_openings import (
    RELATIVE,
    compares,
    is_done,
    is_statement,
    refuse,
    resumes,
    skip_politeness,
    skip_use,
    wanting,
    without_thanks,
)
from ima_tui.intent.objects import (
    aloud,
    definite,
    doing,
    existing,
    held,
    is_existing,
    made_of,
    made_to_move,
    points,
    pronoun,
    works_on,
)
from ima_tui.intent.scan import LISTED, OTHERS, QUOTE, Clause, Item
from ima_tui.intent.wants import (
    BOTH,
    SOUND,
    ClauseReading,
    is_noun,
    medium_of,
    names_models,
    want_of,
)

_ARTICLES = frozenset(
    {"a", "an", "some", "the", "another", "my", "our", "this", "one", "two", "me"}
)


def read_english(clause: Clause) -> ClauseReading:
    """Read one clause in English or in a language written like it."""
    reading = ClauseReading(clause)
    written = next((p for p, item in enumerate(clause.items) if p and item.has("about")), None)
    items = without_thanks(clause.items[:written])
    if items[0].has("label") or items[-1].has("label"):
        reading.content = True
        return reading
    if (clause.after == "," and items[0].phrase in RELATIVE) or compares(items):
        reading.content = True  # "…, who loves to sing", "like a film scene"
        return reading
    if items[0].has("first", "first.last") and len(items) > 1 and items[1].phrase == "the":
        reading.given = True  # "start on the seed photo"
        return reading
    reading.motion = next((item for item in items if item.has("motion")), None)
    reading.motion = reading.motion or made_to_move(items)
    reading.existing = existing(items)
    if items[0].phrase == "as" and len(items) > 2 and items[1].phrase in ("a", "an"):
        _noun_phrase(reading, items, 2, asked=True)  # "…, as an oil painting"
        return reading
    at = skip_politeness(items, 0)
    if items[0].has("first", "first.last") and len(items) > 2 and items[1].phrase in ("a", "an"):
        _request(reading, items, 1, asked=True)  # "finish with a video of it"
        return reading
    if at >= len(items) or (items[0].phrase in OTHERS and not wanting(items)):
        return reading  # "he used to sing"
    at, role = skip_use(items, at)
    reading.done = is_done(items, at)
    if role or reading.done or is_statement(items, at):
        reading.given = True
        return reading
    if items[at].has("neg"):
        at = refuse(reading, items, at)
        rest = next((p for p in range(at, len(items)) if resumes(items[p])), None)
        if rest is not None and reading.refused:
            _request(reading, items, rest, asked=True)
        return reading
    asked = at > 0 and any(item.has("seq") for item in items[:at])
    _request(reading, items, at, asked or clause.after in _STEPS)
    if not reading.wants and (form := _as_what(items, at)) is not None:
        reading.wants.append(want_of(reading, form, medium_of(form), asked=True))
    if not reading.wants:
        _mentioned(reading, items, at)
    if not reading.wants:
        _voiced(reading, items[-1])
    return reading


def _voiced(reading: ClauseReading, last: Item) -> None:
    """ "A calm female voice: Welcome aboard": the words to be spoken stand behind the colon."""
    clause = reading.clause
    opens = clause.index == 0 or clause.after == LISTED
    if opens and clause.before == ":" and last.under("voice"):
        reading.speech_from = last.end
        reading.wants.append(want_of(reading, last, Medium.SPEECH, asked=True))


_STEPS = frozenset({"then", "and then", "and", "but", "after that", "finally", "next", "also"})


def _request(reading: ClauseReading, items: tuple[Item, ...], at: int, asked: bool) -> None:
    """Read the verb at `at`, or a bare noun phrase."""
    item = items[at]
    kind = item.under("verb")
    following = items[at + 1] if at + 1 < len(items) else None
    if kind in ("make", "want") and (form := _form(items, at)) is not None:
        reading.wants.append(want_of(reading, form, medium_of(form), asked=True))
    elif item.under("task"):
        medium = Medium(item.under("task").rsplit("_to_", 1)[-1])
        reading.wants.append(want_of(reading, item, medium, asked=True))
    elif kind == "film" and following is not None and following.phrase in _ARTICLES:
        reading.wants.append(want_of(reading, item, Medium.VIDEO, asked=True))
    elif item.phrase == "record" and _is_line(items, at + 1):
        reading.wants.append(want_of(reading, item, Medium.SPEECH, asked=True))
    elif kind == "image" and not (_is_head(items, at) or (item.under("voice") and not following)):
        head, end = _head(items, at + 1)
        other = head is not None and medium_of(head) not in (Medium.IMAGE, None)
        _take(reading, items, head if other and head else item, Medium.IMAGE, at, end)
    elif _into_video(items, at) is not None:
        target = items[at + 2]
        reading.wants.append(want_of(reading, target, Medium.VIDEO, works_on=True, asked=True))
    elif kind == "video":
        on = works_on(items, at + 1)
        reading.wants.append(want_of(reading, item, Medium.VIDEO, works_on=on, asked=True))
        _extras(reading, items, at + 1, reading.wants[-1].medium)
    elif kind == "music":
        head, end = _head(items, at + 1)
        _take(reading, items, head or item, Medium.MUSIC, at, end)
    elif kind == "speech" and _speaks(reading.clause, item, following):
        reading.speech_from = item.end
        reading.wants.append(want_of(reading, item, Medium.SPEECH, asked=True))
    elif kind == "turn":
        _turn(reading, items, at)
    elif reading.motion and (works_on(items, at + 1) or reading.existing or item.phrase == "bring"):
        if reading.motion.first >= item.first or item.has("motion"):
            reading.wants.append(
                want_of(reading, reading.motion, Medium.VIDEO, works_on=True, asked=True)
            )
    elif item.phrase == "read" and (aloud(items, at) or _reads_out(reading.clause, following)):
        reading.speech_from = item.end
        reading.wants.append(want_of(reading, item, Medium.SPEECH, asked=True))
    elif "verb.edit" in item.tags and not _asks_for_noun(items, at):
        reading.edit = item
    else:
        _noun_phrase(reading, items, at, asked or kind in ("make", "want", "edit"))


def _reads_out(clause: Clause, following: Item | None) -> bool:
    """ "read: …", "read in a slow male voice: …"."""
    how = any(item.under(kind) for item in clause.items for kind in _SPOKEN_HOW)
    return clause.before == ":" and (following is None or how)


def _into_video(items: tuple[Item, ...], at: int) -> Item | None:
    """ "illustration to clip": what is to become what."""
    if at + 2 >= len(items) or items[at + 1].phrase not in ("to", "into"):
        return None
    moves = medium_of(items[at]) is Medium.IMAGE and medium_of(items[at + 2]) is Medium.VIDEO
    return items[at + 2] if moves else None


def _is_line(items: tuple[Item, ...], at: int) -> bool:
    """ "record "Hello"", "record this line "Hello"": words that stand there in quotes."""
    rest = items[at : at + 4]
    quoted = next((p for p, item in enumerate(rest) if item.has(QUOTE)), None)
    return quoted == 0 or (quoted is not None and any(i.phrase in _LINES for i in rest[:quoted]))


_LINES = frozenset({"line", "sentence", "message", "greeting", "phrase", "words", "announcement"})
_ACTED = frozenset({"of", "for", "is", "in", "should"})
_LABELS = frozenset({"voice", "speak", "say", "announce"})


def _speaks(clause: Clause, item: Item, following: Item | None) -> bool:
    """A verb of speaking as an order; "voice: female" is a label."""
    if following is None:
        return item.phrase != "voice" and (clause.before == ":" or item.phrase not in _LABELS)
    if following.phrase == "in" and item.phrase != "voice":
        near = clause.items[clause.items.index(item) + 1 :][:7]
        return any(each.under(kind) for each in near for kind in _SPOKEN_HOW)
    return following.phrase not in _ACTED


_SPOKEN_HOW = ("voice", "speed", "pitch", "volume")


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
                    want_of(reading, head, medium, works_on=True, edit=edit, asked=True)
                )
                _extras(reading, items, place + 1, medium)
                return
            if head is not None and head.under("noun") == SOUND:
                written = any(item.phrase in _WRITTEN for item in items[at:place])
                written = written or reading.clause.before == ":"
                heard = Medium.SPEECH if written else None
                reading.wants.append(want_of(reading, head, heard, asked=True))
                return
    if (form := _as_what(items, at)) is not None:
        medium = medium_of(form)
        edit = medium is Medium.IMAGE
        reading.wants.append(want_of(reading, form, medium, works_on=True, edit=edit, asked=True))
        return
    reading.edit = items[at]


_WRITTEN = frozenset({"text", "script", "paragraph", "article", "passage", "sentence", "words",
                      "letter", "message", "email", "essay", "transcript", "chapter"})  # fmt: skip
"""Turned into a sound, they are read aloud."""


def _form(items: tuple[Item, ...], at: int) -> Item | None:
    """ "I need it as a photo"."""
    told = at + 1 < len(items) and items[at + 1].has("pronoun")
    return _as_what(items, at) if told else None


def _as_what(items: tuple[Item, ...], at: int) -> Item | None:
    """ "… as a video": the form that something is to take, at the end of its clause."""
    for place in range(len(items) - 1, at, -1):
        if items[place].phrase in ("as", "in") and place + 2 < len(items):
            head, end = _head(items, place + 2)
            articled = items[place + 1].phrase in ("a", "an")
            found = articled and head is not None and medium_of(head) is not None
            if items[place].phrase == "in":  # "make the vampire smile in a video"
                found = found and head is not None and medium_of(head) is Medium.VIDEO
            if found and (end == len(items) or items[end].phrase in _SETTING):
                return head
    return None


_SETTING = frozenset({"in", "at", "with", "for"})
"""Behind "as a clip" stands how large it is to be, or what for."""


def _noun_phrase(reading: ClauseReading, items: tuple[Item, ...], at: int, asked: bool) -> None:
    head, end = _head(items, at)
    if head is None:
        rest = next((p for p in range(at + 1, len(items)) if _late_request(items, p)), None)
        if rest is not None:
            _request(reading, items, rest, asked)
        elif asked and definite(items) and (reading.existing or points(items, at + 1)):
            reading.edit = items[at]
        return
    if is_existing(items, head):
        reading.existing = reading.existing or head
        if asked or _acts_on(items, at):
            reading.edit = items[at]
        return
    medium = medium_of(head)
    start = items[at].start
    if medium is Medium.IMAGE and any(
        i.phrase == "animated" for i in items[at : items.index(head)]
    ):
        medium = Medium.VIDEO  # an animated birthday card
    if head.under("noun") == SOUND:
        _extras(reading, items, end, None)
        if not reading.wants:
            reading.wants.append(want_of(reading, head, None, asked=asked))
        return
    on = pronoun(items, at + 1, head) or made_of(items, end)
    want = want_of(reading, head, medium, works_on=on, asked=asked, phrase=(start, head.end))
    first = reading.clause.index == 0 or reading.clause.after == ":"
    opens = first and end - at <= _SHORT_HEAD
    opens = opens and items[at].phrase not in _SUBJECTS
    want = replace(want, heads=opens and (end == len(items) or items[end].has("stop")))
    reading.wants.append(want)
    if head.under("noun") == BOTH:
        reading.wants.append(replace(want, medium=Medium.MUSIC, extra=True))
    _extras(reading, items, end, medium)


_SUBJECTS = frozenset({"the", "it", "there", "he", "she", "i", "we", "they", "you"})
_SHORT_HEAD = 6
"""Words of a noun phrase at the very start that can only be what is wanted: "cover for …"."""


def _acts_on(items: tuple[Item, ...], at: int) -> bool:
    """ "cartoonify my portrait": a word that we don't know, right before what it acts on."""
    return not items[at].tags and at + 1 < len(items) and items[at + 1].has("this")


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
    reading.wants.append(want_of(reading, item, medium, asked=True, phrase=phrase))
    _extras(reading, items, end, medium)


_ENDS = ("stop", "neg", "first", "first.last", "reference", "source")


def _head(items: tuple[Item, ...], at: int) -> tuple[Item | None, int]:
    """The last media noun of the noun phrase at `at`, and where that phrase ends."""
    head: Item | None = None
    place = at
    while place < len(items):
        item = items[place]
        if place > at and item.has(*_ENDS) and not is_noun(item):
            if head is None and items[place - 1].has("copies") and item.phrase in ("of", "for"):
                place += 1
                continue  # "two versions of a ringtone"
            break
        if (head is not None and item.has("and")) or (place > at and doing(items, place)):
            break
        if is_noun(item) and not (head is not None and _belongs(head, item)):
            head = head if names_models(items, place) or held(items, place) else item
        place += 1
    return head, place


def _belongs(head: Item, item: Item) -> bool:
    """ "a jazz loop", "a techno intro": of music."""
    return medium_of(head) is Medium.MUSIC and item.phrase in _OF_EITHER


_OF_EITHER = frozenset({"loop", "loops", "intro", "outro", "short"})


def _extras(
    reading: ClauseReading, items: tuple[Item, ...], at: int, medium: Medium | None
) -> None:
    """Further media beside the head: "… and a theme song", "… with a voiceover"."""
    taken = {medium}
    asked = not reading.wants or any(want.asked for want in reading.wants)
    for place in range(at, len(items)):
        item = items[place]
        joined, accompanied = item.has("and"), item.has("with")
        if not (joined or accompanied) or item.has("neg"):
            continue
        beside_it = medium_of(items[place - 1]) if place > at else None
        pointed = beside_it is not None and is_existing(items, items[place - 1])
        if beside_it is not None and beside_it not in taken and not pointed:
            continue  # "a song about a photograph and a film": beside what it is about
        other, end = _head(items, place + 1)
        beside = medium_of(other) if other else None
        if other is None or beside is None or beside in taken:
            continue
        # "for my video and calm music": what is described anew is not mine yet
        paired = beside_it is not None and end - place <= 2  # "my photos and videos"
        own = items if paired else items[place + 1 : end]
        if is_existing(own, other):
            continue
        at_end = other.last == items[end - 1].last or other.phrase == "spoken"  # a spoken welcome
        sounding = beside in (Medium.MUSIC, Medium.SPEECH)
        apart = item.phrase in ("plus", "and also", "as well as", "along with") and sounding
        if (at_end or apart) and (joined or sounding) and end - place <= 7:
            taken.add(beside)
            on = beside is Medium.VIDEO and made_of(items, end)
            want = want_of(reading, other, beside, works_on=on, asked=asked)
            reading.wants.append(replace(want, extra=True))


def _mentioned(reading: ClauseReading, items: tuple[Item, ...], at: int) -> None:
    """Nouns anywhere in the clause, for when nothing is asked for outright."""
    for place in range(at, len(items)):
        item = items[place]
        medium = medium_of(item)
        if place > at and doing(items, place):
            return
        if medium is not None and not is_existing(items, item):
            reading.weak.append(want_of(reading, item, medium))
