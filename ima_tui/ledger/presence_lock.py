"""Presence locks: who has the ledger open, so that nobody restores it meanwhile."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE = 10.0
"""Seconds to wait for other windows before a restore."""
NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})


class InUse(sqlite3.OperationalError):
    """Another window has a file open that must be restored first."""


class NoLocks(sqlite3.OperationalError):
    """The file system has no locks, so two windows could write at once."""


def enter(path: Path) -> int | None:
    """Mark the ledger as open in this process, so that nobody restores it meanwhile.

    Returns a handle for `leave`, None where that is impossible. Raises `InUse` where another window
    holds the file for longer than restoring takes, `NoLocks` where there are no locks.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # the very first start
        number = os.open(_lock_file(path), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    try:
        fcntl.lockf(number, fcntl.LOCK_SH | fcntl.LOCK_NB)  # as SQLite does
    except OSError as error:
        if error.errno in NO_LOCKS:
            os.close(number)
            raise NoLocks("the file system has no locks") from error
    try:
        _locked(number, fcntl.LOCK_SH)
    except InUse:
        os.close(number)
        raise
    except OSError:
        os.close(number)
        return None
    return number


def has_locks(path: Path) -> bool:
    """Tell whether files beside the ledger can be locked. Writes nothing; unknown counts as yes."""
    try:
        number = os.open(_lock_file(path), os.O_RDONLY)
    except OSError:
        return True
    try:
        fcntl.lockf(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in NO_LOCKS
    finally:
        os.close(number)
    return True


def _lock_file(path: Path) -> Path:
    return path.with_name(path.name + ".open")


def _locked(number: int, kind: int, patience: float | None = None) -> None:
    """Lock the file. Raises `InUse` when the lock does not come, `OSError` when there are none."""
    due = time.monotonic() + (PATIENCE if patience is None else patience)
    while True:
        try:
            fcntl.flock(number, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= due:
                raise InUse("another window has it open") from error
            time.sleep(0.05)


def leave(presence: int | None) -> None:
    """Release the handle of `enter`."""
    if presence is not None:
        os.close(presence)


@contextlib.contextmanager
def alone(path: Path, patience: float | None = None) -> Iterator[None]:
    """Context in which no other process has the ledger open. Raises `InUse`."""
    presence = enter(path)
    try:
        if presence is not None:
            with contextlib.suppress(OSError):
                _locked(presence, fcntl.LOCK_EX, patience)
        yield
    finally:
        leave(presence)


def is_abandoned(path: Path) -> bool:
    """Tell whether a commit was left unfinished by a process that is gone."""
    journal = path.with_name(path.name + "-journal")
    try:
        if not journal.stat().st_size:
            return False
        with alone(path, 0.0):
            return journal.stat().st_size > 0
    except (OSError, InUse):
        return False
