"""Opens the ledger file: writable, repaired first where damaged, or read-only.

Read-only, it is seen as it is, or as it would be restored.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
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
    repair,
    repair_report,
    schema,
    task_ids,
    traces,
    trail,
)
from ima_tui.ledger.records import LedgerError
from ima_tui.ledger.repair_report import RepairReport, Why
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
    repair_report: RepairReport | None = None
    newest: int = 0
    """The newest revision when it was opened."""
    locked_out: bool = False
    """The file could not be locked, so a recent copy is shown."""

    @property
    def lineage(self) -> int:
        """The ledger's random id, shared with its copies and its trail."""
        return schema.lineage(self.connection)


def to_write(path: Path, places: Places | None = None) -> Opened:
    """Open for writing, restored first where damaged or outdated.

    Raises `sqlite3.Error` or `OSError`.
    """
    _refuse_special(path)
    if _may_be_opened(path, places):
        try:
            return _entered(path, None, checked=True)
        except sqlite3.DatabaseError as error:
            if repair.is_damage(error):
                repair.mark(path)  # so that it is checked, however large
            elif not isinstance(error, backup.Poorer):
                raise
    return _entered(path, repair.mend(path, connect, places), checked=False)


def _refuse_special(path: Path) -> None:
    """Raise `NotAFile` for a pipe or a device, in which SQLite would wait or read without end."""
    for each in (path, path.with_name(f"{path.name}-journal")):
        with suppress(FileNotFoundError, NotADirectoryError):
            if not stat.S_ISREG(each.stat().st_mode):
                raise NotAFile


def _entered(path: Path, report: RepairReport | None, *, checked: bool) -> Opened:
    """Open the file with its presence lock; `checked`: check and compare it, too.

    The newest revision is read first, so that the first commit notices a file swapped meanwhile.
    """
    presence = presence_lock.enter(path)
    try:
        # a file of an older version is kept beside the migrated one
        connection = connect(path, lambda version: backup.keep_version(path, version))
        try:
            newest = queries.revision(connection)
            if checked:
                repair.check(path, connection)
                repair.compare(path, connection)
            _take_in(path, connection)
        except BaseException:
            connection.close()
            raise
    except BaseException:
        presence_lock.leave(presence)
        raise
    return Opened(connection, presence, report, newest)


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


def _take_in(path: Path, connection: sqlite3.Connection) -> None:
    """Take in task ids that an earlier run could not write.

    Those that still can't be written stay in their files.
    """
    lineage = schema.lineage(connection)
    with suppress(sqlite3.Error, OSError):
        taken = task_ids.take(path)
        lines = [line for each in taken for line in trail.read(each)]
        if lines:
            with schema.transaction(connection):
                before = trail.position(connection)
                merge.Merge(connection, renumber=True).lines(iter(lines), {lineage})
                changed = trail.changes(connection, before)
            trail.Trail(path, lineage).append(changed)
        for each in taken:
            each.unlink(missing_ok=True)


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


READER_BUSY_SECONDS = 5.0
_NO_LOCK = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_IOERR_LOCK,
        sqlite3.SQLITE_IOERR_RDLOCK,
        sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
    }
)
"""What SQLite makes of the errors other than ENOLCK of file systems without locks."""


def read_only_file(path: Path, places: Places | None = None) -> Opened:
    """Open without ever writing: the file itself where possible, so that changes by others show.

    Else a copy in memory: of a missing file, an older schema, a file whose last writer died, or one
    that can't be locked. Where copies know more, the ledger as the next start would restore it.
    Raises `sqlite3.Error` or `OSError`.
    """
    _refuse_special(path)
    connection: sqlite3.Connection | None = None
    why: Why | None = None
    locked_out = False
    try:
        connection, locked_out = _live(path)
        connection = connection or _copy(path)
        if path.exists():
            repair.check(path, connection, clear=False)
        why = repair.wrong_with(path, connection if path.exists() else None, places)
    except sqlite3.DatabaseError as error:
        if not repair.is_damage(error):
            raise
        why = "damaged"
    if why is None and connection is not None:
        return Opened(_closed(connection), locked_out=locked_out)
    if connection is not None:
        connection.close()
    return _restored(path, why or "damaged", places)


def _live(path: Path) -> tuple[sqlite3.Connection | None, bool]:
    """Return the file's connection; else None, and whether a lock prevented it."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=READER_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error:
        return None, False
    locked_out = False
    try:
        found = schema.version(connection)
        connection.execute("SELECT COUNT(*) FROM jobs").fetchone()
        if found == schema.newest():
            return connection, False
    except schema.NewerLedger:
        connection.close()
        raise
    except sqlite3.Error as error:
        locked_out = is_locked_out(error)
    connection.close()
    return None, locked_out


def is_locked_out(error: sqlite3.Error) -> bool:
    """Tell whether a file could not be locked: for now, or because its file system has no locks."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY or code in _NO_LOCK


def _copy(path: Path) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if path.exists():
        with tempfile.TemporaryDirectory(prefix="ima-tui-") as folder:
            copy = Path(folder) / path.name
            shutil.copyfile(path, copy)
            with suppress(OSError):  # the journal of a writer that died
                journal = path.with_name(path.name + "-journal")
                shutil.copyfile(journal, copy.with_name(copy.name + "-journal"))
            _into(memory, copy)
    schema.migrate(memory)
    return memory


def _into(memory: sqlite3.Connection, copy: Path) -> None:
    """Read a private file without locks, which may not be available on this machine."""
    with closing(sqlite3.connect(f"{copy.as_uri()}?nolock=1", uri=True)) as opened:
        backup.bounded(opened, memory)


def _restored(path: Path, why: Why, places: Places | None) -> Opened:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with tempfile.TemporaryDirectory(prefix="ima-tui-") as folder:
        part = Path(folder) / path.name
        found = traces.collect(path, places)
        done, _ = repair.restored(path, part, connect, why, places, found)
        _into(memory, part)
    return Opened(_closed(memory), repair_report=replace(done, read_only=True))


def _closed(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only=ON")
    return connection
