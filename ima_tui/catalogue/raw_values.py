"""Values of an unsure type, as lists from outside have them: what can't be read is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ima_tui.core.domain import Json, Value
from ima_tui.core.text import clean, one_line

LARGEST_NUMBER = 10**15
"""From here on it is no number that anybody meant."""


def rows(value: object) -> Iterator[Json]:
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        yield from (row for row in value if isinstance(row, Mapping))


def strings(value: object) -> list[str]:
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return [item for item in value if isinstance(item, str)]
    return []


def text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def value(found: object) -> Value | None:
    if isinstance(found, float) and (found != found or found in (float("inf"), float("-inf"))):
        return None
    if isinstance(found, int) and abs(found) >= LARGEST_NUMBER:
        return None
    if isinstance(found, str) and clean(found) != found:
        return None  # it would have to go out as it is, and be shown: nothing honest looks so
    return found if isinstance(found, str | bool | int | float) else None


def name(value: object) -> str:
    """An id or a field's name: goes out as it is, so an unclean one is none."""
    written = text(value)
    return written if one_line(written) == written else ""


def pairs(found: object) -> tuple[tuple[str, Value], ...]:
    if not isinstance(found, Mapping):
        return ()
    read = ((name(key), value(item)) for key, item in found.items())
    return tuple((key, item) for key, item in read if key and item is not None)


def number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < LARGEST_NUMBER else None


def whole(value: object) -> int | None:
    """An int, or a string or float that is one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}", value.strip()):
        value = int(value)
    return value if isinstance(value, int) and abs(value) < LARGEST_NUMBER else None
