"""Locks between processes, by a file of their own beside what they protect."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from filelock import BaseFileLock

FALLS_BACK = "flock not supported"
"""Beginning of filelock's warning where the file system has no locks (ENOSYS). It then locks by the
existence of the file, which is good enough here and nothing that a user could act on."""


def at(path: Path, **settings: Any) -> BaseFileLock:
    """Return a lock that is held by one process at a time; see `filelock.FileLock`."""
    from filelock import FileLock

    warnings.filterwarnings("ignore", message=FALLS_BACK)
    return FileLock(path, **settings)
