"""Removes what stopped or killed workers left behind: pieces, half films. Runs in the worker."""

from __future__ import annotations

import glob
import os
import time
from pathlib import Path

MOST_CACHE = 4_000_000_000
STALE = 7 * 86_400.0
"""Seconds after which pieces of an unfinished film are removed."""


def prune(cache: Path) -> None:
    """Remove what unfinished films left behind: old pieces, and the oldest above the limit."""
    now, size = time.time(), 0
    found = sorted(((path.stat(), path) for path in cache.iterdir() if path.is_file()),
                   key=lambda each: each[0].st_mtime, reverse=True)  # fmt: skip
    for facts, path in found:
        size += facts.st_size
        if size > MOST_CACHE or now - facts.st_mtime > STALE or _is_orphan(path):
            path.unlink(missing_ok=True)


def remove_beside(target: Path) -> None:
    """Remove half films that a killed worker left beside the target."""
    for path in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        if _is_orphan(path):
            path.unlink(missing_ok=True)


def _is_orphan(path: Path) -> bool:
    """Tell whether the process that wrote an unfinished file has ended."""
    if path.suffix != ".part":
        return False
    owner = path.suffixes[-2].lstrip(".") if len(path.suffixes) > 1 else ""
    if not owner.isdigit():
        return True
    try:
        os.kill(int(owner), 0)
    except OSError:
        return True
    return False
