"""Parsers for untyped values of product lists; unreadable ones become None or ""."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ima_tui.core.domain import Json, Value
from ima_tui.core.text import clean, one_line

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
