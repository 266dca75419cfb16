"""Parser of a model's accepted inputs (`files` in the product list)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from ima_tui.catalogue import raw_values
from ima_tui.core.domain import Accepts, Json, TaskType
from ima_tui.core.text import folded

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
            r
            for r in islice(raw_values.rows(files), MOST_FILES)
            if raw_values.text(r.get("category")) not in others
        ]
    return tuple(filter(None, map(_accepts, listed)))


def _accepts(row: Json) -> Accepts | None:
    listed = row.get("acceptType")
    parts = [listed] if isinstance(listed, str) else islice(raw_values.strings(listed), MOST_TYPES)
    types = dict.fromkeys(mime for part in parts for mime in _mime_types(part[:LONGEST_TYPES]))
    least, most = _count(row.get("minLimit")), _count(row.get("maxLimit"))
    if least is not None and most is not None and least > most:
        least = None  # both can't be met
    accepts = Accepts(tuple(types)[:MOST_TYPES], least, most, _size(row), _seconds(row))
    return None if accepts == Accepts(()) else accepts


def _count(value: object) -> int | None:
    """Parse a number of files; None (no limit) for 0 and less."""
    count = raw_values.whole(value)
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
        found = re.fullmatch(
            r"(\d{1,12}(?:\.\d{1,6})?)\s*([kmg]?)b?", folded(raw_values.text(row.get(name)))
        )
        if found and float(found[1]) > 0:
            number = float(found[1])
            unit = found[2] or ("" if number >= LEAST_BYTES else "m")
            return int(number * {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}[unit])
    return None


def _seconds(row: Json) -> float | None:
    """Parse the maximum duration, in seconds: `15`, `15s`."""
    found = re.fullmatch(
        r"(\d{1,5}(?:\.\d{1,6})?)\s*s?", folded(raw_values.text(row.get("maxDuration")))
    )
    return float(found[1]) if found and float(found[1]) > 0 else None
