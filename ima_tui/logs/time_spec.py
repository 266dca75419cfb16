"""Parser of times as users type them: `2h` ago, `14:05` today, yesterday, `2026-11-24 14:05`."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from ima_tui.core.errors import UsageError
from ima_tui.core.text import folded, one_line

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
