"""Reads values out of a workflow document; every error names the place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ima_tui.core.errors import UsageError
from ima_tui.core.text import clean, encodable, one_line


class DocumentReader:
    """Reader of one document; `name` is its name in errors."""

    def __init__(self, name: str) -> None:
        self.name = name

    def known(self, raw: Mapping[str, object], known: set[str], at: str) -> None:
        """Raise `UsageError` for a key that is not known."""
        foreign = next((name for name in raw if name not in known), None)
        if foreign is not None:
            where = at_key(at, one_line(foreign, 60))
            raise UsageError("error.plan_unknown", path=self.name, where=where)

    def need(self, raw: Mapping[str, object], name: str, at: str) -> object:
        """Return a value that must be there."""
        if raw.get(name) is None:
            raise UsageError("error.plan_missing", path=self.name, where=at_key(at, name))
        return raw[name]

    def text(
        self, raw: Mapping[str, object], name: str, at: str, limit: int, missing: str | None = None
    ) -> str:
        """Return a text; `missing` where there is none."""
        if missing is not None and raw.get(name) is None:
            return missing
        value = self.need(raw, name, at)
        if not isinstance(value, str):
            raise self.error("error.plan_shape_text", at_key(at, name))
        return self.checked(value, at_key(at, name), limit).strip()

    def checked(self, value: str, where: str, limit: int) -> str:
        """Return a text cleaned, within its limit."""
        if len(value) > limit:
            raise self.error("error.plan_shape_short", where)
        return encodable(clean(value))

    def number(
        self,
        raw: Mapping[str, object],
        name: str,
        at: str,
        low: int,
        high: int,
        missing: int | None = None,
    ) -> int:
        """Return a whole number between two bounds."""
        if missing is not None and raw.get(name) is None:
            return missing
        value = self.need(raw, name, at)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            where = at_key(at, name)
            raise UsageError("error.plan_number", path=self.name, where=where, low=low, high=high)
        return value

    def amount(
        self,
        raw: Mapping[str, object],
        name: str,
        at: str,
        low: float,
        high: float,
        missing: float | None = None,
    ) -> float:
        """Return a number, whole or not, between two bounds."""
        value = raw.get(name, missing)
        if isinstance(value, bool) or not isinstance(value, int | float) or not is_exact(value):
            raise self.error("error.plan_shape_value", at_key(at, name))
        if not low <= value <= high:
            raise self.error("error.plan_shape_value", at_key(at, name))
        return float(value)

    def rows(
        self, raw: Mapping[str, object], name: str, most: int
    ) -> Iterator[tuple[Mapping[str, object], str]]:
        """Yield the objects of a list, each with its place; nothing where it is missing."""
        found = raw.get(name) or []
        if not isinstance(found, list):
            raise self.error("error.plan_shape_list", name)
        if len(found) > most:
            raise self.error("error.plan_shape_short", name)
        for place, each in enumerate(found):
            if not isinstance(each, dict):
                raise self.error("error.plan_shape_object", f"{name}[{place}]")
            yield each, f"{name}[{place}]"

    def error(self, key: str, where: str) -> UsageError:
        """Return the error about a place."""
        return UsageError(key, path=self.name, where=where)


def at_key(at: str, name: str) -> str:
    """Return the place of a key."""
    return f"{at}.{name}" if at else name


def is_exact(value: float) -> bool:
    """Tell whether a number survives JSON unchanged."""
    return abs(value) <= 2**53  # false for nan and infinity
