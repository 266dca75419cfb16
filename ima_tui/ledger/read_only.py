"""Read-only access to the ledger, as it is or as it would be restored."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from ima_tui.core.records import dataclass
from ima_tui.ledger import backup, repair, schema, traces
from ima_tui.ledger.repair import Connect
from ima_tui.ledger.repair_report import RepairReport, Why
from ima_tui.ledger.traces import Places

Migrate = Callable[[sqlite3.Connection], None]
BUSY_SECONDS = 5.0


_NO_LOCK = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_IOERR_LOCK,
        sqlite3.SQLITE_IOERR_RDLOCK,
        sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
    }
)
"""What SQLite makes of the errors other than ENOLCK of file systems without locks."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A read-only ledger. `locked_out`: the file could not be locked, so a recent copy is shown."""

    connection: sqlite3.Connection
    repair_report: RepairReport | None = None
    locked_out: bool = False


def connect(
    path: Path, version: int, migrate: Migrate, to_write: Connect, places: Places | None = None
) -> Looked:
    """Open the file itself where possible, so that changes by others show.

    Else a copy in memory: of a missing file, an older schema, a file whose last writer died, or one
    that can't be locked. Where copies know more, the ledger as the next start would restore it.
    """
    connection: sqlite3.Connection | None = None
    why: Why | None = None
    locked_out = False
    try:
        connection, locked_out = _live(path, version)
        connection = connection or _copy(path, migrate)
        if path.exists():
            repair.check(path, connection, clear=False)
        why = repair.wrong_with(path, connection if path.exists() else None, places)
    except sqlite3.DatabaseError as error:
        if not repair.is_damage(error):
            raise
        why = "damaged"
    if why is None and connection is not None:
        return Looked(_closed(connection), None, locked_out)
    if connection is not None:
        connection.close()
    return _restored(path, why or "damaged", to_write, places)


def _live(path: Path, version: int) -> tuple[sqlite3.Connection | None, bool]:
    """Return the file's connection; else None, and whether a lock prevented it."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error:
        return None, False
    locked_out = False
    try:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found <= version:
            connection.execute("SELECT COUNT(*) FROM jobs").fetchone()
    except sqlite3.Error as error:
        found = -1
        locked_out = is_locked_out(error)
    if found > version:
        connection.close()
        raise schema.NewerLedger("written by a newer ima-tui")
    if found != version:
        connection.close()
        return None, locked_out
    return connection, False


def is_locked_out(error: sqlite3.Error) -> bool:
    """Tell whether a file could not be locked: for now, or because its file system has no locks."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY or code in _NO_LOCK


def _copy(path: Path, migrate: Migrate) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if path.exists():
        with tempfile.TemporaryDirectory(prefix="ima-tui-") as folder:
            copy = Path(folder) / path.name
            shutil.copyfile(path, copy)
            with suppress(OSError):  # the journal of a writer that died
                journal = path.with_name(path.name + "-journal")
                shutil.copyfile(journal, copy.with_name(copy.name + "-journal"))
            _into(memory, copy)
    migrate(memory)
    return memory


def _into(memory: sqlite3.Connection, copy: Path) -> None:
    """Read a private file without locks, which may not be available on this machine."""
    with closing(sqlite3.connect(f"{copy.as_uri()}?nolock=1", uri=True)) as opened:
        backup.bounded(opened, memory)


def _restored(path: Path, why: Why, to_write: Connect, places: Places | None) -> Looked:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with tempfile.TemporaryDirectory(prefix="ima-tui-") as folder:
        part = Path(folder) / path.name
        found = traces.collect(path, places)
        done, _ = repair.restored(path, part, to_write, why, places, found)
        _into(memory, part)
    return Looked(_closed(memory), replace(done, read_only=True))


def _closed(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only=ON")
    return connection
