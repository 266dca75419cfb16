"""Verified backups of the ledger, from which a damaged or missing file is restored.

SQLite's backup copies a consistent state while others write, but it would copy damage or an emptied
file as well. So a copy is checked and compared with the existing ones before it replaces one: never
by one that knows less. Two are kept, the older one of another day. They are compared by the
revisions of their jobs, which only grow.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ima_tui.core import atomic_file
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.ledger import trail

DAY = 86_400.0
BUSY_SECONDS = 5.0
MOST_COMPARED = 1000
"""Number of most recently changed jobs of a copy that the ledger must know."""


class NotKept(sqlite3.OperationalError):
    """An older ledger can't be converted, because no copy of it could be kept."""


class Poorer(sqlite3.DatabaseError):
    """The ledger knows less than one of its copies."""


@dataclass(frozen=True, slots=True)
class Known:
    """A copy's newest revision, and (id, created at, revision) of its last changed jobs."""

    jobs: tuple[tuple[int, float, int], ...] = ()
    newest: int = 0


def paths(ledger: Path) -> tuple[Path, Path]:
    """Return the paths of the copies, the newer first."""
    return ledger.with_name("ledger.backup.sqlite3"), ledger.with_name("ledger.backup-2.sqlite3")


def is_due(ledger: Path) -> bool:
    """Tell whether the ledger changed since its last copy. Costs two stats."""
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
    """Copy the ledger. Returns False where the copy is damaged; then the last good one stays.

    Slow: call it off the event loop. Raises `Poorer` where a copy knows more than the ledger,
    `sqlite3.Error` or `OSError`.
    """
    newer, older = paths(ledger)
    started = time.time()
    with atomic_file.unfinished(newer) as part:
        part.touch(0o600)
        with closing(sqlite3.connect(part)) as copy:
            source = f"{ledger.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(source, uri=True, timeout=BUSY_SECONDS)) as opened:
                bounded(opened, copy)
            if not is_whole(copy):
                return False
            if not all(_may_replace(copy, ledger, each) for each in (newer, older)):
                return True
        atomic_file.sync_path(part)
        outdated = not older.exists() or started - older.stat().st_mtime > DAY
        if outdated and newer.exists():
            trail.turn(ledger)
            newer.replace(older)
            trail.tidy(ledger, older.stat().st_mtime)
        os.utime(part, (started, started))  # what was written meanwhile is not in it
        part.replace(newer)
        atomic_file.sync_path(newer.parent)
    return True


def keep_version(ledger: Path, version: int) -> None:
    """Keep a copy of the ledger as an older ima-tui left it: `ledger.version-N.sqlite3`.

    Raises `NotKept`.
    """
    kept = ledger.with_name(f"ledger.version-{version}.sqlite3")
    try:
        with atomic_file.unfinished(kept) as part:
            part.touch(0o600)
            with closing(sqlite3.connect(part)) as copy, reading(ledger) as opened:
                bounded(opened, copy)
            atomic_file.sync_path(part)
            part.replace(kept)
            atomic_file.sync_path(kept.parent)
    except OSError as error:
        raise NotKept(error.strerror or "—") from error
    except sqlite3.Error as error:
        raise NotKept(one_line(error, 200)) from error


def renew(ledger: Path) -> None:
    """Replace copies that a restored ledger does not continue."""
    with reading(ledger) as opened:
        poor = [each for each in paths(ledger) if lacks(opened, known_of(each))]
    for copy in {paths(ledger)[0], *poor}:
        with atomic_file.unfinished(copy) as part:
            shutil.copyfile(ledger, part)
            part.chmod(0o600)
            atomic_file.sync_path(part)
            part.replace(copy)


def _may_replace(copy: sqlite3.Connection, ledger: Path, before: Path) -> bool:
    """Return False where another process has just made a newer copy. Raises `Poorer`."""
    known = known_of(before)
    if not lacks(copy, known):
        return True
    with reading(ledger) as opened:
        if lacks(opened, known):
            raise Poorer("a copy knows more than the ledger")
    return False


def bounded(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy with a time limit; SQLite would wait for a locked file without one."""
    due = time.monotonic() + BUSY_SECONDS

    def check(status: int, _: int, __: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > due:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

    source.backup(target, progress=check, sleep=0.05)


def is_whole(connection: sqlite3.Connection) -> bool:
    """Run SQLite's own check, without comparing each index with its table."""
    try:
        row = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(row) and row[0] == "ok"


# ------------------------------------------------------------------------------- what they know


@contextmanager
def reading(path: Path, *, still: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the file read-only. `still`: nobody writes it, so that no lock is needed."""
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as opened:
        yield opened


def known_of(copy: Path) -> Known:
    """Return the contents of a copy; empty where it is unreadable."""
    try:
        if not copy.exists():
            return Known()
        with reading(copy, still=True) as opened:
            return _known(opened)
    except (OSError, sqlite3.Error):
        return Known()


def _known(opened: sqlite3.Connection) -> Known:
    last = opened.execute(
        "SELECT id, created_at, revision FROM jobs ORDER BY id DESC LIMIT 1"
    ).fetchall()
    newest = opened.execute("SELECT MAX(revision) FROM jobs WHERE revision > 0").fetchone()[0] or 0
    changed = opened.execute(
        "SELECT id, created_at, revision FROM jobs WHERE revision > 0 AND revision > ?",
        (newest - MOST_COMPARED,),
    ).fetchall()
    return Known(tuple(map(tuple, [*changed, *last])), newest)


def lacks(opened: sqlite3.Connection, known: Known) -> bool:
    """Tell whether the ledger misses known jobs: each must be there, unchanged or changed later."""
    for number, made, revision in known.jobs:
        try:
            row = opened.execute(
                "SELECT created_at, revision FROM jobs WHERE id = ?", (number,)
            ).fetchone()
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                return True  # an empty file, or an older one
            raise
        if row is None or row[0] != made or not (row[1] == revision or row[1] > known.newest):
            return True
    return False


def lineage_of(path: Path) -> int:
    """Return the lineage that the file belongs to; 0: none."""
    try:
        if not path.exists():
            return 0
        with reading(path, still=True) as opened:
            return int(opened.execute("PRAGMA application_id").fetchone()[0])
    except (OSError, sqlite3.Error):
        return 0
