"""Hint line of each screen until it was used; remembered between runs.

Used is: the user pressed a key there that does something, and went on to another screen.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path

from ima_tui.core import atomic_file

HINTED = ("models", "compose", "queue", "gallery", "preferences", "logs")
MOST_BYTES = 10_000


class SeenHints:
    """Which places were used, kept in a file in the data folder. A file that can't be read or
    written is as if there were none: hints are no reason to trouble anybody."""

    def __init__(self, data: Path, *, wanted: bool) -> None:
        self._path = data / "used_places.json"
        self._wanted = wanted
        self._places: set[str] | None = None

    async def load(self) -> None:
        """Read which screens were used."""
        if self._wanted:
            self._places = await asyncio.to_thread(_read, self._path)

    def wants_hint(self, place: str) -> bool:
        """False, too, before it was read: better late than for a blink."""
        return self._places is not None and place in HINTED and place not in self._places

    async def add(self, place: str) -> None:
        """Remember that a screen was used."""
        if self._places is None or place in self._places:
            return
        self._places.add(place)
        await asyncio.to_thread(_write, self._path, sorted(self._places))


def _read(path: Path) -> set[str]:
    with suppress(OSError, ValueError):
        found = json.loads(atomic_file.read_small(path, MOST_BYTES)[0])
        if isinstance(found, list):
            return {place for place in found if place in HINTED}
    return set()


def _write(path: Path, places: list[str]) -> None:
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(places), "utf-8")
        part.replace(path)
