"""When the ledger was last restored: from then on, what it calls unsent may have been sent."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path


def note(path: Path) -> None:
    """Note that the ledger was restored: until a person agrees, no batch pays for rows anew."""
    with suppress(OSError):
        _file(path).write_text(f"{time.time()}\n", "utf-8")


def last(path: Path) -> float | None:
    """When the ledger was last restored, in seconds since the epoch."""
    try:
        return float(_file(path).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def forget(path: Path) -> None:
    """A fresh start has nothing that may have been sent before."""
    with suppress(OSError):
        _file(path).unlink(missing_ok=True)


def _file(path: Path) -> Path:
    return path.with_name(path.name + ".repaired")
