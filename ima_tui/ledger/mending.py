"""A damaged ledger: set aside under a name that says so, its jobs listed in a readable file, and
made anew from the last good copy and from what can still be read.

What may have been sent since the copy was made must not be sent again, so whatever is unsent
in the mended ledger waits for a person's word.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ima_tui.domain import Job
from ima_tui.ledger import backup
from ima_tui.ledger.records import job_of

DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
SMALL = 4 * 1024 * 1024
"""Bytes up to which a file is checked whenever it is opened: that takes a few milliseconds."""
PATIENCE = 10.0
"""Seconds for another window to let go of a damaged file."""
MOST_GAPS = 200
"""Unreadable places in the damaged file after which the search for jobs ends."""

Connect = Callable[[Path], sqlite3.Connection]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done. `listing` names the jobs that could be read; `copied_at`: the moment (seconds
    since the epoch) of the copy it was made from, None without one."""

    aside: Path
    listing: Path
    jobs: int
    copied_at: float | None


class Damaged(sqlite3.DatabaseError):
    """The file fails SQLite's own check."""


class InUse(sqlite3.OperationalError):
    """Another window still has the damaged file open."""


def is_damage(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, Damaged) or (code is not None and code & 0xFF in DAMAGE)


# ---------------------------------------------------------------------------------- who is here


def enter(path: Path) -> int | None:
    """Say that this process has the ledger open, so that nobody mends it under its feet. None
    where the system has no such locks; else give it to `leave`."""
    try:
        import fcntl

        number = os.open(path.with_name(path.name + ".open"), os.O_RDWR | os.O_CREAT, 0o600)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(number, fcntl.LOCK_SH)
    except OSError:
        os.close(number)
        return None
    return number


def leave(presence: int | None) -> None:
    if presence is not None:
        os.close(presence)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While nobody has the ledger open. Raises `InUse`."""
    presence = enter(path)
    try:
        if presence is not None:
            import fcntl

            due = time.monotonic() + PATIENCE
            while True:
                try:
                    fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError as error:
                    if time.monotonic() > due:
                        raise InUse("another window has it open") from error
                    time.sleep(0.05)
        yield
    finally:
        leave(presence)


# ------------------------------------------------------------------------------ noticing damage


def mark(path: Path) -> None:
    """Damage was met while working: the next start checks the file, however large."""
    with contextlib.suppress(OSError):
        _marker(path).touch(0o600)


def check(path: Path, connection: sqlite3.Connection) -> None:
    """Raise `Damaged` for a file that is; large files are checked when they were marked."""
    marked = _marker(path).exists()
    if not marked and path.stat().st_size > SMALL:
        return
    if not backup.is_whole(connection):
        raise Damaged("file fails its check")
    if marked:
        _marker(path).unlink(missing_ok=True)


def _marker(path: Path) -> Path:
    return path.with_name(path.name + ".damaged")


# -------------------------------------------------------------------------------------- mending


def mend(path: Path, connect: Connect) -> Mended | None:
    """None when another process did it meanwhile. Raises `InUse`, `sqlite3.Error` or `OSError`."""
    with _alone(path):
        try:
            with closing(connect(path)) as opened:
                check(path, opened)
            return None
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
        rows = _salvaged(path)
        aside = _set_aside(path)
        listing = _listed(aside, rows)
        copied_at = _restore(path)
        with closing(connect(path)) as opened:
            opened.execute("BEGIN IMMEDIATE")
            for row in rows:
                _put_back(opened, row)
            _hold_unsent(opened)
            opened.execute("COMMIT")
        _marker(path).unlink(missing_ok=True)
        return Mended(aside, listing, len(rows), copied_at)


def _salvaged(path: Path) -> list[Row]:
    """Every job that can still be read and makes sense, by id."""
    found: dict[int, Row] = {}
    with contextlib.suppress(sqlite3.Error):
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as opened:
            opened.row_factory = sqlite3.Row
            for order, sign in (("ASC", ">"), ("DESC", "<")):
                found |= _readable(opened, order, sign)
    return [found[number] for number in sorted(found)]


def _readable(opened: sqlite3.Connection, order: str, sign: str) -> dict[int, Row]:
    """Rows from one end, stepping over unreadable places while they are few."""
    found: dict[int, Row] = {}
    at = 0 if order == "ASC" else 2**62
    for gap in range(MOST_GAPS):
        try:
            rows = opened.execute(
                f"SELECT * FROM jobs NOT INDEXED WHERE id {sign} ? ORDER BY id {order}", (at,)
            )
            for row in rows:
                at = row["id"]
                if _makes_sense(row):
                    found[at] = dict(row)
            break
        except (sqlite3.DatabaseError, UnicodeDecodeError, OverflowError):
            at += (gap + 1) if order == "ASC" else -(gap + 1)
    return found


def _makes_sense(row: sqlite3.Row) -> bool:
    try:
        job: Job = job_of(row)
    except Exception:  # noqa: BLE001 - whatever damage made of it
        return False
    return job.id > 0 and isinstance(job.task_id, str)


def _set_aside(path: Path) -> Path:
    moment = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    aside, number = path.with_name(f"ledger.damaged-{moment}.sqlite3"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"ledger.damaged-{moment}-{number}.sqlite3")
    path.rename(aside)
    with contextlib.suppress(FileNotFoundError):
        path.with_name(path.name + "-journal").rename(aside.with_name(aside.name + "-journal"))
    return aside


def _listed(aside: Path, rows: list[Row]) -> Path:
    """Task ids are what the service knows of a paid job; no prompt stands in this file."""
    listing = aside.with_suffix(".jobs.txt")
    lines = ["job\ttask id\tstate\tmodel\tpoints\tmade"]
    for row in rows:
        made = datetime.fromtimestamp(row["created_at"]).astimezone().isoformat(" ", "seconds")
        cells = (row["id"], row["task_id"] or "-", row["state"], row["model_id"], row["points"])
        lines.append("\t".join(map(str, (*cells, made))))
    number = os.open(listing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8", errors="replace") as handle:
        handle.write("\n".join(lines) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    return listing


def _restore(path: Path) -> float | None:
    """The newest whole copy, put where the ledger belongs; returns its moment."""
    for copy in backup.paths(path):
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            shutil.copyfile(copy, part)
            part.chmod(0o600)
            with closing(sqlite3.connect(part)) as opened:
                whole = backup.is_whole(opened)
            if whole:
                part.replace(path)
                return copy.stat().st_mtime
        except (OSError, sqlite3.Error):
            continue
        finally:
            part.unlink(missing_ok=True)
    return None


def _put_back(opened: sqlite3.Connection, row: Row) -> None:
    """A job as it was last read, unless the copy knows it newer. What does not fit stays out; it
    is in the listing all the same."""
    known = {each[1] for each in opened.execute("PRAGMA table_info(jobs)")}
    values = {name: value for name, value in row.items() if name in known}
    values |= {"owner": "", "lease_until": 0}
    before = opened.execute("SELECT revision FROM jobs WHERE id = ?", (row["id"],)).fetchone()
    if before is not None and before[0] >= row.get("revision", 0):
        return
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    updates = ", ".join(f"{name} = excluded.{name}" for name in values if name != "id")
    with contextlib.suppress(sqlite3.IntegrityError):
        opened.execute(
            f"INSERT INTO jobs ({names}) VALUES ({marks}) ON CONFLICT(id) DO UPDATE SET {updates}",
            tuple(values.values()),
        )


def _hold_unsent(opened: sqlite3.Connection) -> None:
    opened.execute("UPDATE jobs SET owner = '', lease_until = 0")
    opened.execute(
        "UPDATE jobs SET held = 1, waiting = 'waiting.restored', waiting_json = '{}'"
        " WHERE state IN ('queued', 'uploading', 'verifying')"
    )
