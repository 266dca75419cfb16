"""Copies of the ledger that are whole: what it is mended from when the disk damages it.

SQLite's own backup copies a consistent state while others write. It would copy damage just as
faithfully, so the copy is checked before it takes the place of the last one. Two are kept, the
older one of another day.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

DAY = 86_400.0
BUSY_SECONDS = 5.0


def paths(ledger: Path) -> tuple[Path, Path]:
    """Where the copies are, the newer first."""
    return ledger.with_name("ledger.backup.sqlite3"), ledger.with_name("ledger.backup-2.sqlite3")


def is_due(ledger: Path) -> bool:
    """Whether the ledger changed since it was last copied. Two stats."""
    try:
        changed = ledger.stat().st_mtime_ns
    except OSError:
        return False
    try:
        return paths(ledger)[0].stat().st_mtime_ns < changed
    except FileNotFoundError:
        return True
    except OSError:
        return False


def keep(ledger: Path) -> bool:
    """Copy the ledger. False where the copy is not whole: then the last good one stays.

    Slow: call it off the event loop. Raises `sqlite3.Error` or `OSError`.
    """
    newer, older = paths(ledger)
    part = newer.with_name(f"{newer.name}.{os.getpid()}.part")
    started = time.time()
    try:
        part.touch(0o600)
        with closing(sqlite3.connect(part)) as copy:
            source = f"{ledger.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(source, uri=True, timeout=BUSY_SECONDS)) as opened:
                opened.backup(copy)
            if not is_whole(copy):
                return False
        _flush(part)
        outdated = not older.exists() or started - older.stat().st_mtime > DAY
        if outdated and newer.exists():
            newer.replace(older)
        os.utime(part, (started, started))  # what was written meanwhile is not in it
        part.replace(newer)
    finally:
        part.unlink(missing_ok=True)
    return True


def is_whole(connection: sqlite3.Connection) -> bool:
    """SQLite's own check, without the comparison of each index with its table."""
    try:
        row = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(row) and row[0] == "ok"


def _flush(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
