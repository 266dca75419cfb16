"""Parser of log entries: a line with a time, and its continuation lines.

IMA's tools write `2026-11-25 14:05:10 | INFO | function | message`, in local time. Other formats
are accepted: a line that begins with a date and time is an entry, and the first word in capitals
that names a level is its level.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import IntEnum
from functools import lru_cache

from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, one_line, redact

HEAD = 300
"""Bytes of a line in which time, level and function are searched."""
MOST_MESSAGE = 4_000
MOST_MORE = 200_000
"""Maximum characters kept of continuation lines."""


class LogLevel(IntEnum):
    """Severity, as in Python's logging."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


NAMES = {
    "DEBUG": LogLevel.DEBUG,
    "TRACE": LogLevel.DEBUG,
    "INFO": LogLevel.INFO,
    "NOTICE": LogLevel.INFO,
    "WARNING": LogLevel.WARNING,
    "WARN": LogLevel.WARNING,
    "ERROR": LogLevel.ERROR,
    "CRITICAL": LogLevel.CRITICAL,
    "FATAL": LogLevel.CRITICAL,
}
_LEVEL = re.compile(r"\b(" + "|".join(sorted(NAMES, key=len, reverse=True)) + r")\b")
_WHEN = re.compile(
    r"\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?( ?(?:Z|[+-]\d\d:?\d\d))?\]?"
)
_COLOURS = re.compile(rb"(?:\x1b\[[\d;]*m)*")
_JOB = re.compile(r"\bjob #?(\d{1,12})\b")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry, bytes `start` to `end` of file `file` (a number of `LogFolder`).

    `time` in seconds since the epoch: its own, or that of the entry before it. `function` is ""
    where the line names none. `more` are the continuation lines, "" for most.
    """

    file: int
    start: int
    end: int
    time: float
    level: LogLevel
    tool: str
    function: str
    message: str
    more: str

    @property
    def text(self) -> str:
        """The text that patterns are matched with, besides the function's name."""
        return f"{self.message}\n{self.more}" if self.more else self.message

    @property
    def lines(self) -> int:
        """Number of lines."""
        return 1 + (self.more.count("\n") + 1 if self.more else 0)

    @property
    def job(self) -> int | None:
        """The job id that it mentions, or None."""
        found = _JOB.search(self.message)
        return int(found[1]) if found else None

    def line(self) -> str:
        """Format it as IMA's tools do, with the tool's name beside the function's."""
        when = datetime.fromtimestamp(self.time).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ006
        words = [when, f"{self.level.name:<8}", self.tool]
        words += [self.function] if self.function else []
        head = " | ".join([*words, self.message])
        return f"{head}\n{self.more}" if self.more else head


def parse(raw: bytes, *, file: int, start: int, tool: str, fallback: float) -> LogEntry:
    """Parse an entry.

    Never raises; invalid UTF-8 and unknown formats become text, and `fallback` is the time of an
    entry without one.
    """
    text = raw[: MOST_MORE * 4].decode("utf-8", "replace").rstrip()
    if not (text.isascii() and text.isprintable()):  # most lines need no cleaning
        text = clean(text, MOST_MORE).rstrip()
    head, _, more = redact(text).partition("\n")
    time, rest = _time_of(head, fallback)
    level, function, message = _parts(rest)
    return LogEntry(
        file=file,
        start=start,
        end=start + len(raw),
        time=time,
        level=level,
        tool=tool,
        function=one_line(function, 80) if len(function) > 40 else function,
        message=message[:MOST_MESSAGE],
        more=more,
    )


def time_of(raw: bytes) -> float | None:
    """Return the time of the first line of `raw`, or None."""
    bare = raw[:64]
    if bare[:1] == b"\x1b" and (colours := _COLOURS.match(bare)):
        bare = bare[colours.end() :]
    found = _WHEN.match(bare.decode("ascii", "replace"))
    return _seconds(found) if found else None


def _time_of(head: str, fallback: float) -> tuple[float, str]:
    found = _WHEN.match(head)
    when = _seconds(found) if found else None
    if found is None or when is None:
        return fallback, head
    return when, head[found.end() :]


def _seconds(found: re.Match[str]) -> float | None:
    day, clock, fraction, zone = found.groups()
    hour = _hour(f"{day} {clock[:2]}", (zone or "").strip().replace("Z", "+00:00"))
    minutes, seconds = int(clock[3:5]), int(clock[6:8])
    if hour is None or minutes > 59 or seconds > 60:
        return None
    return hour + minutes * 60 + seconds + (float(f"0.{fraction}") if fraction else 0.0)


@lru_cache(maxsize=512)
def _hour(written: str, zone: str) -> float | None:
    """Return the time of an hour; cached, because hundreds of lines share one."""
    try:
        return datetime.fromisoformat(f"{written}:00:00{zone}").timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _parts(rest: str) -> tuple[LogLevel, str, str]:
    """Return level, function and message of the text after the time."""
    fields = rest.split(" | ", 3)
    if len(fields) == 4 and not fields[0].strip():
        level = NAMES.get(fields[1].strip())
        if level is not None:
            return level, fields[2].strip(), fields[3].strip()
    found = _LEVEL.search(rest[:HEAD])
    return NAMES[found[1]] if found else LogLevel.INFO, "", rest.strip(" |:-")
