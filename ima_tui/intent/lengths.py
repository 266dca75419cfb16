"""How long something is to be: 10 s, 十秒, half a minute, 1分30秒; not "in 5 seconds", 3秒后."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ima_tui.intent import numerals

_N = numerals.ANY
_ONE = r"(?:an?|one)"
_LENGTH = re.compile(
    rf"(?<![a-z0-9.])(?P<m>{_N})\s*-?\s*(?:minutes?|mins?|分钟?)\s*(?:and\s*)?(?P<ms>{_N})\s*-?\s*(?:seconds?|secs?|s\b|秒)"
    rf"|(?<![a-z0-9.])(?P<halfm>{_N})\s*分半"
    rf"|(?<![a-z0-9.])(?P<half>半分钟|half[ -](?:an?[ -])?minute|half of a minute)"
    rf"|(?<![a-z0-9.])(?P<oneandhalf>(?:{_N})\s*(?:and a half)\s*-?minutes?)"
    rf"|(?<![a-z0-9.])(?P<min>{_N}|{_ONE}(?= minute))\s*(?:个)?\s*-?\s*(?:minutes?|mins?|分钟)(?![a-z])"
    rf"|(?<![a-z0-9.:])(?P<sec>{_N})\s*-?\s*(?:seconds?|secs?|s|秒钟?)(?![a-z0-9])"
    rf"|(?:duration|时长|长度)\s*(?:is|of|为|是|:|=)?\s*(?P<dur>{_N})(?![\d.:])"
)
_NOT_BEFORE = re.compile(
    r"(?:第|每|每隔|after|every|within|last|first|倒数|倒计时|before|过了|在|takes?|in|前|最后|still|only|剩|限时|读秒|about \w+ for|下午|上午|点)\s*(?:about|约|the)?\s*$"
)
_NOT_AFTER = re.compile(
    r"^\s*(?:后|前|之后|之前|later|before|after|ago|内|之内|倒计时|countdown|until|till|to go|left|钟?后|rule|的倒计时|from now|delay|每|一次|per|记忆|定律|exposure|曝光|old|into|快门)"
)
_CONTENT_BEFORE = ("in", "在")


@dataclass(frozen=True, slots=True)
class Length:
    """A length in seconds, with its place in the folded text."""

    seconds: float
    start: int
    end: int


def lengths(text: str) -> Iterator[Length]:
    """Every length that is not part of what is described."""
    for found in _LENGTH.finditer(text):
        if _NOT_BEFORE.search(text[max(0, found.start() - 16) : found.start()]):
            continue
        if _NOT_AFTER.match(text[found.end() : found.end() + 16]):
            continue
        seconds = _seconds(found)
        if seconds:
            yield Length(seconds, found.start(), found.end())


def _seconds(found: re.Match[str]) -> float | None:
    if found["half"]:
        return 30
    if found["halfm"]:
        minutes = numerals.number(found["halfm"])
        return None if minutes is None else minutes * 60 + 30
    if found["m"]:
        minutes, seconds = numerals.number(found["m"]), numerals.number(found["ms"])
        return None if minutes is None or seconds is None else minutes * 60 + seconds
    if found["oneandhalf"]:
        return 90
    if found["min"]:
        minutes = 1.0 if found["min"] in ("a", "an") else numerals.number(found["min"])
        return None if minutes is None else minutes * 60
    return numerals.number(found["sec"] or found["dur"])
