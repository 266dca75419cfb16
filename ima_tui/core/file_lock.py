"""Locks between processes, by a file of their own beside what they protect."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock
from filelock import Timeout as Taken

__all__ = ["BaseFileLock", "Taken", "at"]

FALLS_BACK = "flock not supported"
"""Beginning of filelock's warning where the file system has no locks (ENOSYS). It then locks by the
existence of the file, which is good enough here and nothing that a user could act on."""


def at(path: Path, **settings: Any) -> BaseFileLock:
    """Return a lock that is held by one process at a time; see `filelock.FileLock`."""
    warnings.filterwarnings("ignore", message=FALLS_BACK)
    return FileLock(path, **settings)
