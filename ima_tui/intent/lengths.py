"""How long something is to be: 10 s, 十秒, half a minute, 1分30秒; not "in 5 seconds", 3秒后."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ima_tui.core.records import dataclass
from ima_tui.intent import numerals
from ima_tui.intent.vocabulary import vocabulary

_N = numerals.ANY
_MINUTE = r"(?:minutes?|mins?|分钟?)"
_SECOND = r"(?:seconds?|secs?|s\b|秒)"
_HEAD = r"(?<![a-z0-9.])"

_FILM = r"(?:long|videos?|clips?|films?|reels?|的?(?:视频|短片|影片|动画))"
_LONG_THING = (
    r"(?:[a-z]+ )?(?:videos?|clips?|films?|movies?|animations?|songs?|tracks?|music|mix|podcast)\b"
    r"|长?的?[^\W\d_a-z]{0,2}(?:视频|短片|影片|动画|电影|歌|音乐|曲)"
)
_HOUR = rf"(?:hours?|hrs?|小时|钟头)(?:[ -]long)?\s*(?={_LONG_THING})"
"""An hour is a length only right before what is to be that long, not in "a 3 hour hike"."""
_CLOCK = rf"(?:00?|[1-5](?=:\d\d\s*{_FILM}))"
"""0:08 is a length; 5:30 is one only beside a word for a film."""


@cache
def _length() -> re.Pattern[str]:
    seconds, minutes = _units("second"), _units("minute")
    return re.compile(
        rf"{_HEAD}(?P<m>{_N})\s*-?\s*{_MINUTE}\s*(?:and\s*)?(?P<ms>{_N})\s*-?\s*{_SECOND}"
        rf"|{_HEAD}(?=\d)(?:(?P<bm>\d{{1,2}})\s*(?:{_MINUTE}|'|′)\s*(?P<bs>[0-5]\d)"
        r"(?![\d:.]|\s*[^\W\d])"
        rf"|(?<![:/-])(?P<cm>{_CLOCK}):(?P<cs>[0-5]\d)(?![\d:.]|\s*(?:am|pm|[ap]\.m)\b|[-–~])"
        rf"|(?P<prime>\d{{1,2}})\s*(?:′′|''|\"(?=\s*(?:{_FILM}|[,.;]|$))))"
        rf"|{_HEAD}(?:(?P<halfh>半个?|half[ -](?:an?[ -])?)|(?P<h>{_N}|an))\s*个?\s*-?\s*{_HOUR}"
        rf"|{_HEAD}(?P<halfm>{_N})\s*分半"
        rf"|{_HEAD}(?P<half>半分钟|half[ -](?:an?[ -])?minute|half of a minute)"
        rf"|{_HEAD}(?P<quarter>(?:a )?quarter (?:of a )?minute|四分之一分钟)"
        rf"|{_HEAD}(?P<oneandhalf>(?:{_N})\s*(?:and a half)\s*-?minutes?)"
        rf"|{_HEAD}(?P<min>{_N}|an?(?= minute))\s*个?\s*-?\s*(?:{minutes})(?![a-z])"
        rf"|(?:(?<![a-z0-9.:])|(?<=\d[x×*]))(?P<sec>{_N})\s*-?\s*(?:秒钟?|{seconds})"
        r"(?:(?![a-z0-9])|(?<=秒)(?=\d{3,4}p|[248]k))"
        rf"|(?:duration|时长|长度)\s*(?:is|of|为|是|:|=)?\s*(?P<dur>{_N})(?!\d|[.:]\d)"
    )


@cache
def _time() -> re.Pattern[str]:
    units = _units("second", "minute", "longer")
    return re.compile(
        rf"(?:(?<![a-z0-9.:])|(?<=\d[x×*]))(?:{_N})\s*个?\s*-?\s*(?:{units}|分半|分)(?![a-z0-9])的?"
    )


def _units(*names: str) -> str:
    """Any of these units, the longest first; a digit may stand right before it: 10s."""
    words = {word for name in names for word in vocabulary().around[name]}
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


def times(text: str) -> Iterator[tuple[int, int]]:
    """Where a number with a unit of time stands, whatever it tells: never how many to make."""
    for pattern in (_time(), _length()):
        for found in pattern.finditer(text):
            yield found.span()


@cache
def _moment() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What before and behind a number of seconds makes it a moment."""
    words = vocabulary()
    before = rf"(?:{words.any_of('moment_before')})\s*(?:about|约|the)?\s*$"
    behind = rf"\s*(?:{words.any_of('moment_behind')})"
    return re.compile(before), re.compile(behind)


_SET = re.compile(r"(?:控制|保持|维持|限制|设定?|定|缩短|压缩|剪)(?:在|到|为)\s*$")
"""控制在12秒 sets a length, where 在12秒 would tell a moment."""


@dataclass(frozen=True, slots=True)
class Length:
    """A length in seconds, with its place in the folded text."""

    seconds: float
    start: int
    end: int


def lengths(text: str) -> Iterator[Length]:
    """Every length that is not part of what is described."""
    before, behind = _moment()
    for found in _length().finditer(text):
        told = text[max(0, found.start() - 16) : found.start()]
        if before.search(told) and not _SET.search(told):
            continue
        if behind.match(text, found.end()):
            continue
        seconds = _seconds(found)
        if seconds:
            yield Length(seconds, found.start(), found.end())


def _seconds(found: re.Match[str]) -> float | None:
    if found["half"] or found["quarter"]:
        return 30 if found["half"] else 15
    if found["halfh"]:
        return 1800
    if found["h"]:
        hours = 1.0 if found["h"] == "an" else numerals.number(found["h"])
        return None if hours is None else hours * 3600
    if found["halfm"]:
        minutes = numerals.number(found["halfm"])
        return None if minutes is None else minutes * 60 + 30
    if found["m"]:
        minutes, seconds = numerals.number(found["m"]), numerals.number(found["ms"])
        return None if minutes is None or seconds is None else minutes * 60 + seconds
    for minutes_part, seconds_part in (("bm", "bs"), ("cm", "cs")):
        if found[minutes_part]:
            return int(found[minutes_part]) * 60 + int(found[seconds_part])
    if found["prime"]:
        return int(found["prime"])
    if found["oneandhalf"]:
        return 90
    if found["min"]:
        minutes = 1.0 if found["min"] in ("a", "an") else numerals.number(found["min"])
        return None if minutes is None else minutes * 60
    return numerals.number(found["sec"] or found["dur"])
