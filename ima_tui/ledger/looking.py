"""The ledger of somebody who only looks: read as it is, and never written."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

Migrate = Callable[[sqlite3.Connection], None]


def connect(path: Path, version: int, migrate: Migrate) -> sqlite3.Connection:
    """The file, where it can be read just as it is, so that what others do shows. Else a copy in
    memory: of none, of an older schema, of one whose last writer died in the middle."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=5,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error:
        return _copy(path, migrate)
    try:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("SELECT COUNT(*) FROM jobs").fetchone()
    except sqlite3.Error:
        found = -1
    if found != version:
        connection.close()
        return _copy(path, migrate)
    return _closed(connection)


def _copy(path: Path, migrate: Migrate) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if path.exists():
        with tempfile.TemporaryDirectory(prefix="ima-tui-") as folder:
            copy = Path(folder) / path.name
            shutil.copyfile(path, copy)
            with suppress(OSError):  # unfinished business of a writer that died
                journal = path.with_name(path.name + "-journal")
                shutil.copyfile(journal, copy.with_name(copy.name + "-journal"))
            with closing(sqlite3.connect(copy)) as opened:
                opened.backup(memory)
    migrate(memory)
    return _closed(memory)


def _closed(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only=ON")
    return connection
