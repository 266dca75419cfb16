"""A medium that no noun or verb asks for: told by lyrics, by who is to speak, by a length.

Or the text only mentions it, or names a model that makes it.

title: Paper Boats / [Verse] …            a song
radio host, cheerful: Good morning!       speech
5s 720p chimney smoke at dusk             a video
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ima_tui.core.domain import Medium
from ima_tui.intent import voices
from ima_tui.intent.lengths import lengths
from ima_tui.intent.names import Named
from ima_tui.intent.objects import is_existing
from ima_tui.intent.scan import NAME, Clause, Item, Scan
from ima_tui.intent.wants import ClauseReading, Want, medium_of, speakers

_LABELLED = re.compile(r"lyric|\bvocals?\b|\bsung\b|歌词|verse|chorus|主歌|副歌|\[")
_RECITED = re.compile(
    r"\b(?:audio|recording|sound|clip) of [^.\x00]{1,40}? (?:reading|saying|speaking|reciting)\b"
    r"[^.\x00]{0,24}(?=\x00)"
)
_TITLED = re.compile(r"(?:^|[,.;\n。])\s*(?:歌名|曲名|歌曲名|song title|track title)\s*[:是叫]")
_WORDS = re.compile(
    r"(?:^|[,.;\n。])\s*(?:text|content|script|words|line|内容|文本|文字|台词|文案)\s*:"
)
_VOICED = re.compile(
    r"\bvoice (?:saying|reading|announcing|whispering|that says)\b[^.:\x00]{0,24}(?=\x00|:)"
)
_LONGEST_FILM = 60
_CLAUSES = 4
"""Clauses before a colon that tell who speaks."""
_SHORT, _SHORT_ZH = 8, 12
"""Items of the longest clause that only tells who speaks."""


def told_by_itself(scan: Scan, sounds: bool) -> tuple[dict[Medium, Want], int]:
    """(what the text implies, where words to be spoken begin). `sounds`: it asks for some sound."""
    end = len(scan.text)
    if (sung := from_lyrics(scan)) is not None:
        return {Medium.MUSIC: sung}, end
    if (titled := _TITLED.search(scan.text)) is not None:
        return {Medium.MUSIC: Want(Medium.MUSIC, *titled.span(), asked=True)}, end
    if (announced := from_speaker(scan)) is not None:
        return {Medium.SPEECH: announced[0]}, announced[1]
    if (voiced := _VOICED.search(scan.text)) is not None:
        return {Medium.SPEECH: Want(Medium.SPEECH, *voiced.span(), asked=True)}, end
    if sounds and (recited := _RECITED.search(scan.text)) is not None:
        return {Medium.SPEECH: Want(Medium.SPEECH, *recited.span(), asked=True)}, end
    if (quoted := from_quotation(scan)) is not None:
        return {Medium.SPEECH: quoted}, end
    film = None if sounds else from_length(scan)
    return ({film.medium: film} if film is not None and film.medium else {}), end


def from_lyrics(scan: Scan) -> Want | None:
    """Lyrics are sung, where nothing else is asked for."""
    sung = scan.content.lyrics
    if sung is None or _LABELLED.search(scan.plain.text, 0, sung[1]) is None:
        return None
    return Want(Medium.MUSIC, *sung, asked=True, phrase=sung)


def from_speaker(scan: Scan) -> tuple[Want, int] | None:
    """(speech, where the words to be spoken begin): "sports commentator, yelling: …"."""
    leading: list[Clause] = []
    for clause in scan.clauses[:_CLAUSES]:
        leading.append(clause)
        if clause.before == ":":
            break
        if clause.before not in (",", "、", "-", "—"):
            return None
    if not leading or leading[-1].before != ":" or len(leading) == len(scan.clauses):
        return None
    items = [i for clause in leading for i in clause.items if not _is_owned(clause, i)]
    if any(len(clause.items) > (_SHORT_ZH if clause.chinese else _SHORT) for clause in leading):
        return None
    if any(medium_of(item) not in (None, Medium.SPEECH) for item in items):
        return None
    end = leading[-1].end
    told = speakers().search(scan.text, leading[0].start, end)
    voiced = any(item.under("voice") for item in items)
    if told is None and not voiced and voices.speaker(scan.text[: end + 1]) is None:
        return None
    span = told.span() if told is not None else (leading[0].start, end)
    words = _WORDS.search(scan.text, end)  # "Voice: elderly man. Text: …"
    return Want(Medium.SPEECH, *span, asked=True, phrase=span), words.end() if words else end + 1


def _is_owned(clause: Clause, item: Item) -> bool:
    """ "…, for my nature clip": it is there already."""
    return not clause.chinese and medium_of(item) is not None and is_existing(clause.items, item)


def from_quotation(scan: Scan) -> Want | None:
    """ "Welcome to level two." robotic, female: a quotation, and how to speak it."""
    if len(scan.content.quotes) != 1 or len(scan.clauses) > _CLAUSES + 2:
        return None
    end = scan.content.quotes[0][1]
    items = [item for clause in scan.clauses for item in clause.items]
    if any(len(clause.items) > _SHORT for clause in scan.clauses):
        return None
    if any(medium_of(item) not in (None, Medium.SPEECH) for item in items):
        return None
    behind = [item for item in items if item.start >= end]
    if not behind:
        return None
    voiced = any(item.under("voice") for item in behind)
    who = voices.speaker(f"\x00 {scan.text[end:]}")
    if not voiced and who is None and speakers().search(scan.text, end) is None:
        return None
    span = (behind[0].start, behind[-1].end)
    return Want(Medium.SPEECH, *span, asked=True, phrase=span)


def from_length(scan: Scan) -> Want | None:
    """Seconds that open the text, or stand by themselves, are those of a video.

    "40 seconds of calm piano music" says what else they are of.
    """
    for length in lengths(scan.text):
        if length.seconds > _LONGEST_FILM or "分" in scan.text[length.start : length.end]:
            continue
        clause = next((c for c in scan.clauses if c.start <= length.start < c.end), None)
        if clause is None:
            continue
        before = [item for item in clause.items if item.start < length.start]
        behind = [item for item in clause.items if item.start >= length.end]
        opens = clause.index == 0 and all(item.has(NAME) for item in before)
        wanted = all(item.under("verb") in ("want", "make") for item in before)
        alone = wanted and all(item.phrase in ("的", "钟") for item in behind)
        if opens or alone:
            span = (length.start, length.end)
            medium = Medium.MUSIC if opens and _is_music(clause, length.end) else Medium.VIDEO
            return Want(medium, *span, heads=True, phrase=span, clause=clause.index)
    return None


def _is_music(clause: Clause, start: int) -> bool:
    """Tell whether a few words behind a length end with music, and name nobody who plays it."""
    behind = [item for item in clause.items if item.start >= start]
    told = any(item.phrase in ("a", "an", "the") for item in behind)
    few = 0 < len(behind) <= _SHORT and not told
    return few and medium_of(behind[-1]) is Medium.MUSIC


def from_terms(scan: Scan) -> Want | None:
    """Said of nothing else: "120 BPM, no vocals" is music, 语速快一倍 is speech."""
    for clause in scan.clauses:
        for item in clause.items:
            span = (item.start, item.end)
            if item.under("vocals") == "none" or item.phrase == "bpm":
                return Want(Medium.MUSIC, *span, phrase=span)
            if clause.index == 0 and item.phrase in ("lyrics", "lyric", "歌词", "歌詞"):
                return Want(Medium.MUSIC, *span, phrase=span)
            if item.phrase.startswith("语速"):
                return Want(Medium.SPEECH, *span, phrase=span)
    return None


Wants = dict[Medium, Want]


def mentioned(
    scan: Scan, readings: Sequence[ClauseReading], until: int, sound: Want | None
) -> Wants:
    """What the text before `until` mentions, else what the named model makes. `sound`: some sound
    is asked for, and only a model's name can tell which."""
    if sound is not None:
        return _heard_from_names(scan, until)
    if names := _labelled(scan, until):
        return names
    for reading in readings:
        for want in reading.weak:
            if want.medium is not None:
                return {want.medium: want}
    if names := _from_names(scan, readings, until):
        return names
    term = from_terms(scan)
    return {term.medium: term} if term is not None and term.medium is not None else {}


def _labelled(scan: Scan, until: int) -> Wants:
    """ "suno: a sea shanty": the text opens with nothing but the model's name."""
    for name in scan.names[:1]:
        opening = scan.clauses[0]
        named = all(item.has("name", "polite", "use", "model_word") for item in opening.items)
        if named and opening.before in (":", "-") and opening.start <= name.start < opening.end:
            wants = {} if name.rejected or name.start >= until else _made_by(name)
            return {medium: replace(want, heads=True) for medium, want in wants.items()}
    return {}


def _heard_from_names(scan: Scan, until: int) -> Wants:
    """用豆包BGM做一段声音: the model tells which kind of sound."""
    for name in scan.names:
        audible = name.medium in (Medium.MUSIC, Medium.SPEECH)
        if audible and not name.rejected and name.start < until:
            return _made_by(name)
    return {}


def _from_names(scan: Scan, readings: Sequence[ClauseReading], until: int) -> Wants:
    has_more = bool(scan.names) and _has_more(readings)
    for name in scan.names:
        telling = name.family is not None and name.family.name.endswith(("BGM", "Song"))
        if name.rejected or name.start >= until:
            continue
        if telling or has_more:
            found = _made_by(name)
            heads = not name.everyday
            return {each: replace(want, heads=heads) for each, want in found.items()}
    return {}


def _has_more(readings: Sequence[ClauseReading]) -> bool:
    """Something beside the name and the words that ask to keep it."""
    extra = [
        item
        for reading in readings
        for item in reading.clause.items
        if not item.has("name", "polite", "use", "neg", "model_word", "this")
        and not item.under("preference")
        and not item.under("verb")
    ]
    return sum(max(1, item.end - item.start) for item in extra) >= 2


def _made_by(name: Named) -> Wants:
    span = (name.start, name.end)
    return {name.medium: Want(name.medium, *span, phrase=span)}
