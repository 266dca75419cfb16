"""Parsers for untyped values of product lists, and for the inputs that a model accepts (`files`).

Unreadable values become None or "".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from ima_tui.core.domain import Accepts, Json, TaskType, Value
from ima_tui.core.text import clean, folded, one_line

LARGEST_NUMBER = 10**15
"""Larger numbers are treated as unreadable."""


def rows(value: object) -> Iterator[Json]:
    """Yield the objects of a list."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        yield from (row for row in value if isinstance(row, Mapping))


def strings(value: object) -> list[str]:
    """Return the strings of a list."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return [item for item in value if isinstance(item, str)]
    return []


def text(value: object) -> str:
    """Return text, also of a number; else ""."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def value(found: object) -> Value | None:
    """Return a parameter value, or None where it is out of bounds or not clean."""
    if isinstance(found, float) and (found != found or found in (float("inf"), float("-inf"))):
        return None
    if isinstance(found, int) and abs(found) >= LARGEST_NUMBER:
        return None
    if isinstance(found, str) and clean(found) != found:
        return None  # it would be sent and shown as it is; an honest value is clean
    return found if isinstance(found, str | bool | int | float) else None


def name(value: object) -> str:
    """Return an id or field name; "" where it is not clean, because it is sent as it is."""
    written = text(value)
    return written if one_line(written) == written else ""


def pairs(found: object) -> tuple[tuple[str, Value], ...]:
    """Return the readable name and value pairs of an object."""
    if not isinstance(found, Mapping):
        return ()
    read = ((name(key), value(item)) for key, item in found.items())
    return tuple((key, item) for key, item in read if key and item is not None)


def number(value: object) -> float | None:
    """Return a number as a float, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < LARGEST_NUMBER else None


def whole(value: object) -> int | None:
    """Return an int, also from a string or float that is one, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}", value.strip()):
        value = int(value)
    return value if isinstance(value, int) and abs(value) < LARGEST_NUMBER else None


ANY = "*"
MOST_FILES, MOST_TYPES, LONGEST_TYPES = 16, 64, 1_000
"""Limits: entries of `files`, types of an entry, characters of a list of types."""
LEAST_BYTES = 10_000
"""Size limits without a unit are bytes from here on, below megabytes."""
SPELLINGS = {
    "image": {
        "jpg": "jpeg", "jpeg": "jpeg", "pjpeg": "jpeg", "png": "png", "webp": "webp",
        "gif": "gif", "bmp": "bmp",
    },
    "video": {"mp4": "mp4", "m4v": "mp4", "mov": "quicktime", "quicktime": "quicktime",
              "webm": "webm"},
    "audio": {
        "mp3": "mpeg", "mpeg": "mpeg", "wav": "wav", "x-wav": "wav", "wave": "wav", "ogg": "ogg",
        "flac": "flac", "x-flac": "flac", "m4a": "mp4", "x-m4a": "mp4", "mp4": "mp4",
    },
}  # fmt: skip
"""Spellings of types, and the ones used here."""


def read(files: object, task_type: TaskType) -> tuple[Accepts, ...]:
    """Parse `files`, one object or a list of objects of this task type."""
    if isinstance(files, Mapping):
        listed = [files]
    else:
        others = {other.value for other in TaskType} - {task_type.value}
        listed = [
            r for r in islice(rows(files), MOST_FILES) if text(r.get("category")) not in others
        ]
    return tuple(filter(None, map(_accepts, listed)))


def _accepts(row: Json) -> Accepts | None:
    listed = row.get("acceptType")
    parts = [listed] if isinstance(listed, str) else islice(strings(listed), MOST_TYPES)
    types = dict.fromkeys(mime for part in parts for mime in _mime_types(part[:LONGEST_TYPES]))
    least, most = _count(row.get("minLimit")), _count(row.get("maxLimit"))
    if least is not None and most is not None and least > most:
        least = None  # both can't be met
    accepts = Accepts(tuple(types)[:MOST_TYPES], least, most, _size(row), _seconds(row))
    return None if accepts == Accepts(()) else accepts


def _count(value: object) -> int | None:
    """Parse a number of files; None (no limit) for 0 and less."""
    count = whole(value)
    return count if count is not None and count > 0 else None


def _mime_types(listed: str) -> Iterator[str]:
    """`image/jpg,jpeg,png` -> image/jpeg, image/png: the family is named once, then implied."""
    family = ""
    for part in re.split(r"[,;|\s]+", listed.lower()):
        head, slash, tail = part.rpartition("/")
        if slash:
            family = head if head == ANY or re.fullmatch(r"[a-z]{1,20}", head) else ""
        if not slash and part in SPELLINGS:  # `video` alone
            family, tail = part, ANY
        tail = tail.removeprefix(".")
        by_ending = next((f for f, known in SPELLINGS.items() if tail in known), "")
        of_suffix = family if family not in ("", ANY) else by_ending
        if tail == ANY:
            yield from _every(family or ANY)
        elif of_suffix and re.fullmatch(r"[a-z0-9][a-z0-9.+-]{0,40}", tail):
            yield f"{of_suffix}/{SPELLINGS.get(of_suffix, {}).get(tail, tail)}"


def _every(family: str) -> Iterator[str]:
    for known in SPELLINGS if family == ANY else [family]:
        yield from (f"{known}/{tail}" for tail in dict.fromkeys(SPELLINGS.get(known, {}).values()))


def _size(row: Json) -> int | None:
    """Parse the maximum file size, in bytes: `10MB`, or a number of megabytes or bytes."""
    for name in ("maxSize", "maxFileSize"):
        found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)\s*([kmg]?)b?", folded(text(row.get(name))))
        if found and float(found[1]) > 0:
            number = float(found[1])
            unit = found[2] or ("" if number >= LEAST_BYTES else "m")
            return int(number * {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}[unit])
    return None


def _seconds(row: Json) -> float | None:
    """Parse the maximum duration, in seconds: `15`, `15s`."""
    found = re.fullmatch(r"(\d{1,5}(?:\.\d{1,6})?)\s*s?", folded(text(row.get("maxDuration"))))
    return float(found[1]) if found and float(found[1]) > 0 else None
