"""Opens the ledger file: writable, repaired first where damaged, or read-only."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

from ima_tui.core.atomic_file import NotAFile
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.i18n import reason
from ima_tui.ledger import (
    backup,
    merge,
    presence_lock,
    queries,
    read_only,
    repair,
    repair_report,
    schema,
    trail,
    unsaved_tasks,
)
from ima_tui.ledger.records import LedgerError
from ima_tui.ledger.traces import Places

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

KEYS = (
    (schema.NewerLedger, "error.ledger_newer"),
    (presence_lock.InUse, "error.ledger_in_use"),
    (presence_lock.NoLocks, "error.ledger_no_locks"),
    (repair.Replaced, "error.ledger_replaced"),
    (backup.Poorer, "error.ledger_replaced"),
)
LOOKED_AT = frozenset(
    {
        "error.ledger_unwritable",
        "error.ledger_no_copy",
        "error.ledger_no_locks",
        "error.ledger_busy",
        "error.ledger_in_use",
    }
)
"""Errors that prevent writing, but not reading."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open ledger file."""

    connection: sqlite3.Connection
    presence: int | None = None
    repair_report: repair_report.RepairReport | None = None
    newest: int = 0
    """The newest revision when it was opened."""
    locked_out: bool = False

    @property
    def lineage(self) -> int:
        """The ledger's random id, shared with its copies and its trail."""
        return schema.lineage(self.connection)


def to_write(path: Path, places: Places | None = None) -> Opened:
    """Open for writing, restored first where damaged or outdated.

    Raises `sqlite3.Error` or `OSError`.
    """
    _refuse_special(path)
    if not _may_be_opened(path, places):
        report = repair.mend(path, connect, places)
        return _entered(path, report)
    presence = presence_lock.enter(path)
    try:
        connection, newest = _whole(path)
        return Opened(_take_in(path, connection), presence, newest=newest)
    except sqlite3.DatabaseError as error:
        presence_lock.leave(presence)
        if repair.is_damage(error):
            repair.mark(path)  # so that it is checked, however large
        elif not isinstance(error, backup.Poorer):
            raise
    except BaseException:
        presence_lock.leave(presence)
        raise
    return _entered(path, repair.mend(path, connect, places))


def _refuse_special(path: Path) -> None:
    """Raise `NotAFile` for a pipe or a device, in which SQLite would wait or read without end."""
    for each in (path, path.with_name(f"{path.name}-journal")):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if not stat.S_ISREG(each.stat().st_mode):
                raise NotAFile


def _entered(path: Path, report: repair_report.RepairReport | None) -> Opened:
    presence = presence_lock.enter(path)
    try:
        connection = _converted(path)
        newest = queries.revision(connection)
        return Opened(_take_in(path, connection), presence, report, newest)
    except BaseException:
        presence_lock.leave(presence)
        raise


def _may_be_opened(path: Path, places: Places | None) -> bool:
    """Return False where SQLite must not open it yet.

    It would create an empty file, or roll another file's journal into this one.
    """
    if presence_lock.is_abandoned(path):
        return False
    if path.exists() and path.stat().st_size:
        return True
    if repair.wrong_with(path, places=places) is not None:
        return False
    if repair.is_missing(path):
        repair_report.forget_repair(path)
    return True


def _whole(path: Path) -> tuple[sqlite3.Connection, int]:
    """Open, check and compare the file.

    The newest revision is read first, so that the first commit notices a file swapped meanwhile.
    """
    connection = _converted(path)
    try:
        newest = queries.revision(connection)
        repair.check(path, connection)
        repair.compare(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection, newest


def _take_in(path: Path, connection: sqlite3.Connection) -> sqlite3.Connection:
    """Take in task ids that an earlier run could not write.

    Those that still can't be written stay in their files.
    """
    lineage = schema.lineage(connection)
    try:
        with contextlib.suppress(sqlite3.Error, OSError):
            taken = unsaved_tasks.take(path)
            lines = [line for each in taken for line in trail.read(each)]
            if lines:
                with schema.transaction(connection):
                    before = trail.position(connection)
                    merge.Merge(connection, renumber=True).lines(iter(lines), {lineage})
                    changed = trail.changes(connection, before)
                trail.Trail(path, lineage).append(changed)
            for each in taken:
                each.unlink(missing_ok=True)
    except BaseException:
        connection.close()
        raise
    return connection


def read_only_file(path: Path, places: Places | None = None) -> Opened:
    """Open without ever writing. Raises `sqlite3.Error` or `OSError`."""
    _refuse_special(path)
    looked = read_only.connect(path, len(schema.MIGRATIONS), schema.migrate, connect, places)
    return Opened(
        looked.connection, repair_report=looked.repair_report, locked_out=looked.locked_out
    )


def _converted(path: Path) -> sqlite3.Connection:
    """Connect; a file of an older version is kept beside the migrated one."""
    return connect(path, lambda version: backup.keep_version(path, version))


def connect(path: Path, keep: Callable[[int], None] = lambda version: None) -> sqlite3.Connection:
    """Connect with our pragmas, and migrate the schema. Raises `sqlite3.Error` or `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        schema.version(connection)  # a newer file is left as it is, its journal mode, too
        path.chmod(0o600)  # prompts are private
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=EXTRA")
        connection.execute("PRAGMA fullfsync=ON")  # macOS; no effect elsewhere
        connection.execute("PRAGMA foreign_keys=ON")
        schema.migrate(connection, keep)
    except BaseException:
        connection.close()
        raise
    return connection


def ledger_error(path: Path, error: Exception) -> LedgerError:
    """Return the `LedgerError` for an error of SQLite or the file system; marks damage."""
    if repair.is_damage(error):
        repair.mark(path)
        return LedgerError("error.ledger_damaged", path=str(path))
    for kind, key in KEYS:
        if isinstance(error, kind):
            return LedgerError(key, path=str(path))
    if isinstance(error, backup.NotKept):
        return LedgerError("error.ledger_no_copy", path=str(path), reason=str(error))
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return LedgerError("error.ledger_replaced", path=str(path))
    if code is not None and code & 0xFF == sqlite3.SQLITE_BUSY:
        return LedgerError("error.ledger_busy", path=str(path))
    key = "error.ledger_unwritable" if _is_for_looking(error) else "error.ledger"
    why = reason(error) if isinstance(error, OSError) else one_line(error, 200)
    return LedgerError(key, path=str(path), reason=why)


def _is_for_looking(error: Exception) -> bool:
    """Tell whether the file can't be written (permissions, full disk) but may be readable."""
    if isinstance(error, OSError):
        return not isinstance(error, NotAFile)
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in UNWRITABLE
