"""Time of the last restore, since when unsent jobs may actually have been sent."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path


def note(path: Path) -> None:
    """Record the restore: until the user agrees, no batch pays for rows again."""
    with suppress(OSError):
        _file(path).write_text(f"{time.time()}\n", "utf-8")


def last(path: Path) -> float | None:
    """Return when the ledger was last restored, in seconds since the epoch, or None."""
    try:
        return float(_file(path).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def forget(path: Path) -> None:
    """Forget the restore; a new ledger has nothing that may have been sent before."""
    with suppress(OSError):
        _file(path).unlink(missing_ok=True)


def _file(path: Path) -> Path:
    return path.with_name(path.name + ".repaired")
