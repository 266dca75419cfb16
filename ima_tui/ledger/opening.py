"""Opening the file: to write, mended first where it is damaged, or only to look."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ima_tui.ledger import looking, mending, schema
from ima_tui.ledger.records import LedgerError
from ima_tui.text import one_line

BUSY_SECONDS = 15.0
UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)


@dataclass(frozen=True, slots=True)
class Opened:
    connection: sqlite3.Connection
    presence: int | None = None
    mended: mending.Mended | None = None


def to_write(path: Path) -> Opened:
    presence = mending.enter(path)
    try:
        return Opened(_whole(path), presence)
    except sqlite3.DatabaseError as error:
        mending.leave(presence)
        if not mending.is_damage(error):
            raise
    except BaseException:
        mending.leave(presence)
        raise
    mended = mending.mend(path, connect)
    return Opened(connect(path), mending.enter(path), mended)


def _whole(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    try:
        mending.check(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def to_look(path: Path) -> Opened:
    return Opened(looking.connect(path, len(schema.MIGRATIONS), schema.migrate))


def connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        path.chmod(0o600)  # prompts stand in it
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=EXTRA")
        connection.execute("PRAGMA foreign_keys=ON")
        schema.migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def ledger_error(path: Path, error: Exception) -> LedgerError:
    if mending.is_damage(error):
        mending.mark(path)
        return LedgerError("error.ledger_damaged", path=str(path))
    if isinstance(error, mending.InUse):
        return LedgerError("error.ledger_in_use", path=str(path))
    key = "error.ledger_unwritable" if _is_for_looking(error) else "error.ledger"
    return LedgerError(key, path=str(path), reason=one_line(error, 200))


def _is_for_looking(error: Exception) -> bool:
    """A place that can't be written, or has no room: it may still be read."""
    if isinstance(error, OSError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in UNWRITABLE
