"""Log filter: by level, text, source, job and time.

`places` tests raw bytes, fast and without false negatives; `takes` tests the parsed entry. Times
are read as users type them: `2h` ago, `14:05` today, yesterday, `2026-11-24 14:05`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cached_property
from math import inf, prod
from typing import Protocol, cast

from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded, one_line
from ima_tui.logs.entry import LogEntry, LogLevel
from ima_tui.logs.files import LogFile

MOST_PATTERN = 300
MOST_REPEATS = 20_000
"""Maximum product of a pattern's repetition counts; each costs memory in advance."""
PATIENCE = 0.05
"""Time limit in seconds for one text."""
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
_NOT_LOCAL = re.compile(r"[\^$]|\(\?|[*+?}]\+|\\[ABGmMZz]")
_COUNT = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")


class _Compiled(Protocol):
    def finditer(self, _: str, *, timeout: float) -> Iterator[re.Match[str]]: ...


class Pattern:
    """A case-insensitive pattern: plain text, or a regular expression with a time limit.

    Python's `re` can't be interrupted, and users type `(a+)+$` by accident; so anything but plain
    text uses the `regex` library, which stops after a time.
    Raises `UsageError` for an invalid expression. `literal`: take all characters as they are.
    """

    def __init__(self, written: str, *, literal: bool = False) -> None:
        self.written = written
        self.plain = literal or _SPECIAL.search(written) is None
        self.local = _NOT_LOCAL.search(written) is None
        """A match in a text is also a match in any longer text."""
        self._words = re.compile(re.escape(written), re.IGNORECASE) if self.plain else None
        self._regex = None if self.plain else _compiled(written)

    def spans(self, text: str, *, empty: bool = False) -> list[tuple[int, int]]:
        """Return (start, end) of every match; `empty`: empty ones included.

        Raises `UsageError` when it takes too long.
        """
        found = ((m.start(), m.end()) for m in self._found(text))
        return [(first, end) for first, end in found if empty or end > first]

    def is_in(self, text: str) -> bool:
        """Tell whether it matches. Raises `UsageError` when that takes too long."""
        return next(self._found(text), None) is not None

    def _found(self, text: str) -> Iterator[re.Match[str]]:
        if self._words is not None:
            yield from self._words.finditer(text)
        elif self._regex is not None:
            try:
                yield from self._regex.finditer(text, timeout=PATIENCE)
            except TimeoutError as error:
                shown = one_line(self.written, 60)
                raise UsageError("error.pattern_slow", pattern=shown) from error


def literally(written: str) -> Pattern:
    """Return `written` as a pattern, as plain text where it is not a valid expression."""
    try:
        return Pattern(written)
    except UsageError:
        return Pattern(written, literal=True)


def _compiled(written: str) -> _Compiled:
    import regex

    shown = one_line(written, 60)
    counts = (int(most or least or 1) for least, most in _COUNT.findall(written))
    if len(written) > MOST_PATTERN or prod(max(1, count) for count in counts) > MOST_REPEATS:
        raise UsageError("error.pattern_long", pattern=shown)
    try:
        return cast(_Compiled, regex.compile(written, regex.IGNORECASE | regex.MULTILINE))
    except (regex.error, RecursionError, ValueError, OverflowError) as error:
        raise UsageError("error.pattern", pattern=shown, reason=one_line(error, 80)) from error


Probe = Callable[[bytes, LogFile], list[int] | None]
_WORDS: dict[LogLevel, tuple[str, ...]] = {
    LogLevel.WARNING: ("WARN",),
    LogLevel.ERROR: ("ERROR",),
    LogLevel.CRITICAL: ("CRITICAL", "FATAL"),
}
_CONTROLS = (b"\x1b", b"\0", b"\b", b"\x7f", b"\a")
_ODD = bytes([*range(9), *range(11, 32), 0x7F, 0xC2, 0xD8, 0xE2, 0xEF, 0xF3])
"""Bytes that may begin something that cleaning removes, so that raw bytes prove nothing."""


@dataclass(frozen=True)
class LogFilter:
    """Criteria for entries.

    `tasks`: the service's ids of the job's tasks, by which other tools know it. `source` is
    searched in file and function names. `among`: lines of these jobs only. Times
    in seconds since the epoch.
    """

    level: LogLevel = LogLevel.DEBUG
    text: Pattern | None = None
    source: str = ""
    job: int | None = None
    tasks: tuple[str, ...] = ()
    among: frozenset[int] | None = None
    since: float = -inf
    until: float = inf

    def with_text(self, text: Pattern | None) -> LogFilter:
        """Return the same filter with another text pattern."""
        return replace(self, text=text)

    def places(self, raw: bytes, file: LogFile) -> list[int] | None:
        """Return offsets in `raw` such that every matching entry contains one.

        None: any entry may match.
        """
        fewest: list[int] | None = None
        for probe in self._probes:
            found = probe(raw, file)
            if found is not None and (fewest is None or len(found) < len(fewest)):
                fewest = found
                if not found:
                    break
        return fewest

    def takes(self, entry: LogEntry, file: LogFile) -> bool:
        """Tell whether the entry matches. Raises `UsageError` when the pattern takes too long."""
        if entry.level < self.level or not self.since <= entry.time <= self.until:
            return False
        if self.source and not (
            _names(file, self.source) or folded(self.source) in folded(entry.function)
        ):
            return False
        if self.job is not None and not self._is_of_job(entry):
            return False
        if self.among is not None and entry.job not in self.among:
            return False
        if self.text is None or self.text.is_in(entry.text):
            return True
        return bool(entry.function) and self.text.is_in(entry.function)

    def _is_of_job(self, entry: LogEntry) -> bool:
        if entry.job is not None:
            return entry.job == self.job
        text = entry.text
        return any(task in text for task in self.tasks)

    @cached_property
    def _probes(self) -> tuple[Probe, ...]:
        found: list[Probe] = []
        if self.text is not None:
            plain = self.text.plain
            found.append(_caseless(self.text.written) if plain else _somewhere(self.text))
        if self.job is not None:
            found.append(_exactly(f"job {self.job}", f"job #{self.job}", *self.tasks))
        if self.among is not None:
            found.append(_exactly("job "))
        if self.level > LogLevel.INFO:
            words = [w for level, ws in _WORDS.items() if level >= self.level for w in ws]
            found.append(_exactly(*words))
        if self.source:
            source, inside = self.source, _caseless(self.source)
            found.append(lambda raw, file: None if _names(file, source) else inside(raw, file))
        return tuple(found)


def _names(file: LogFile, source: str) -> bool:
    return folded(source) in folded(file.path.name)


def _exactly(*words: str) -> Probe:
    needles = [word.encode("utf-8", "replace") for word in words if word]

    def probe(raw: bytes, _: LogFile) -> list[int]:
        return sorted(place for needle in needles for place in _found(raw, needle))

    return probe


def _caseless(written: str) -> Probe:
    """Search ignoring the case of a to z; other letters can't be compared as bytes."""
    needle = written.lower().encode("utf-8", "replace")
    plain = all(c.isascii() or c.lower() == c.upper() for c in written)

    def probe(raw: bytes, _: LogFile) -> list[int] | None:
        if not plain:
            return None
        found = _found(raw.lower(), needle)
        return None if _is_odd(raw) else found

    return probe


def _somewhere(pattern: Pattern) -> Probe:
    """Search the whole text at once, where a match there implies one in an entry."""

    def probe(raw: bytes, _: LogFile) -> list[int] | None:
        if not pattern.local or _is_odd(raw):
            return None
        text = raw.decode("utf-8", "replace")
        try:
            spans = pattern.spans(text, empty=True)
        except UsageError:
            return None  # too slow for this much text; a line may work
        if "\ufffd" in text or any(first == end or "\n" in text[first:end] for first, end in spans):
            return None  # spans lines, so it may hide another match
        places, at, done = [], 0, 0
        for first, _end in spans:
            at += first - done if raw.isascii() else len(text[done:first].encode())
            places.append(at)
            done = first
        return places

    return probe


def _is_odd(raw: bytes) -> bool:
    """Tell whether cleaning may join separate parts of `raw`.

    In plain ASCII, escape sequences and overwriting do; testing for every control would take longer
    than the search.
    """
    if raw.isascii():
        return any(control in raw for control in _CONTROLS)
    return len(raw.translate(None, _ODD)) < len(raw)


def _found(raw: bytes, needle: bytes) -> list[int]:
    places: list[int] = []
    at = raw.find(needle)
    while at >= 0:
        places.append(at)
        at = raw.find(needle, at + len(needle))
    return places


UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGO = re.compile(r"(\d{1,6})\s*([smhdw])(?:\s*ago)?", re.ASCII)
_HENCE = re.compile(r"(\d{1,6})\s*([smhdw])", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)


_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAYS = {"today": 0, "今天": 0, "yesterday": 1, "昨天": 1}
"""Days before today; each begins at midnight."""


def moment(written: str, now: float) -> float:
    """Return seconds since the epoch. A time of day is its last occurrence. Raises `UsageError`."""
    words = folded(written)
    if words in _DAYS:
        day = datetime.fromtimestamp(now).astimezone().date() - timedelta(days=_DAYS[words])
        return datetime.combine(day, time()).timestamp()
    if ago := _AGO.fullmatch(words):
        return now - int(ago[1]) * UNITS[ago[2]]
    today = datetime.fromtimestamp(now).astimezone()
    try:
        if clock := _CLOCK.fullmatch(words):
            hour, minute, second = (int(part or 0) for part in clock.groups())
            then = today.replace(hour=hour, minute=minute, second=second, microsecond=0)
            return (then if then <= today else then - timedelta(days=1)).timestamp()
        return datetime.fromisoformat(words.upper()).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError("error.moment", text=one_line(written, 40)) from error


def day_names(at: float, now: float) -> str:
    """Return what people call the day of a moment: its date, and today or yesterday."""
    day, today = (datetime.fromtimestamp(each).astimezone().date() for each in (at, now))
    ago = (today - day).days
    return " ".join([day.isoformat(), *(name for name, days in _DAYS.items() if days == ago)])


def day(written: str, now: float) -> tuple[float, float] | None:
    """Return begin and end of a day that is named or a date; None for anything else."""
    words = folded(written)
    if words not in _DAYS and not _DATE.fullmatch(words):
        return None
    begin = moment(words, now)
    return begin, begin + UNITS["d"]


def coming(written: str, now: float) -> float:
    """Return a time to come: `2h` from now, the next 06:00, or a date. Raises `UsageError`."""
    words = folded(written)
    if hence := _HENCE.fullmatch(words):
        return now + int(hence[1]) * UNITS[hence[2]]
    found = moment(written, now)
    if _CLOCK.fullmatch(words) and found <= now:
        tomorrow = datetime.fromtimestamp(found).astimezone() + timedelta(days=1)
        return tomorrow.timestamp()
    return found
