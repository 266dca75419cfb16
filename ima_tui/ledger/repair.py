"""Repair of a damaged, emptied, missing or outdated ledger from everything that knows its jobs.

Sources are the readable part of the file, its copies, the trail and unsaved tasks. The new file is
complete before it replaces the old one, which is set aside: if killed, the next start finds the
same situation. To never send twice, unsent jobs of a restored ledger need the user's approval.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ima_tui.core import atomic_file
from ima_tui.core.domain import Job
from ima_tui.ledger import backup, presence_lock, repair_report, schema, task_ids, traces, trail
from ima_tui.ledger import merge as merging
from ima_tui.ledger.records import job_of
from ima_tui.ledger.repair_report import RepairReport, Why
from ima_tui.ledger.traces import Places

DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
SMALL = 4 * 1024 * 1024
"""Files up to this many bytes are checked whenever opened, which takes milliseconds."""
MOST_GAPS = 200
"""Unreadable places in the damaged file after which the search for jobs ends."""
HELD = "waiting.restored"

Connect = Callable[[Path], sqlite3.Connection]
Row = dict[str, Any]


class DamagedLedger(sqlite3.DatabaseError):
    """The file fails SQLite's own check."""


class Replaced(sqlite3.DatabaseError):
    """The file is not the one that was opened, or knows less than it did."""


def is_damage(error: BaseException) -> bool:
    """Tell whether an error means that the file is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, DamagedLedger) or (code is not None and code & 0xFF in DAMAGE)


# ---------------------------------------------------------------------------- what is wrong


def mark(path: Path) -> None:
    """Record that damage was seen: the next start checks the file, however large."""
    with contextlib.suppress(OSError):
        _marker(path).touch(0o600)


def check(path: Path, connection: sqlite3.Connection, *, clear: bool = True) -> None:
    """Raise `DamagedLedger` for a damaged file; large files are checked only when marked.

    `clear`: remove the mark of an intact file.
    """
    marked = _marker(path).exists()
    if not marked and path.stat().st_size > SMALL:
        return
    if not backup.is_whole(connection):
        raise DamagedLedger("file fails its check")
    if marked and clear:
        _marker(path).unlink(missing_ok=True)


def compare(path: Path, connection: sqlite3.Connection) -> None:
    """Raise `Poorer` for a ledger that knows less than its copies and trail."""
    if wrong_with(path, connection) is not None:
        raise backup.Poorer("a copy knows more than the ledger")


def _marker(path: Path) -> Path:
    return path.with_name(path.name + ".damaged")


def wrong_with(
    path: Path, rows: sqlite3.Connection | None = None, places: Places | None = None
) -> Why | None:
    """Return why the file is outdated compared to its copies and trail, None if it is not.

    `rows`: the ledger, already open; `places`: where traces are, for a ledger that is gone with its
    copies. Copies are read first: a ledger only grows, so one that is
    read later knows what they know. Raises `sqlite3.Error` for an unreadable file.
    """
    copies = [backup.known_of(copy) for copy in backup.paths(path)]
    lineages, newest = lineages_of(path), trail.tail(path)
    here = path.exists() and path.stat().st_size > 0
    if is_missing(path):
        known = any(line["row"] for line in newest) or traces.collect(path, places)
        return "gone" if known else None  # else it was never there
    lines = [line for line in newest if line["row"] and line.get("ledger") in lineages]
    if not here:
        return "gone" if lines or any(copy.jobs for copy in copies) else None
    with contextlib.nullcontext(rows) if rows else backup.reading(path) as opened:
        if any(backup.lacks(opened, copy) for copy in copies) or _lacks_lines(opened, lines):
            return "older"
    return None


def _lacks_lines(opened: sqlite3.Connection, lines: list[trail.Line]) -> bool:
    for line in lines:
        found = opened.execute(
            "SELECT created_at, revision FROM jobs WHERE id = ?", (line["job"],)
        ).fetchone()
        if found is None or found[0] != line["made"] or found[1] < line["row"]["revision"]:
            return True
    return False


def is_missing(path: Path) -> bool:
    """Tell whether there is neither a ledger nor a copy of one."""
    return not path.exists() and not any(copy.exists() for copy in backup.paths(path))


def lineages_of(path: Path) -> frozenset[int]:
    """Return the lineages whose jobs belong here."""
    found = {backup.lineage_of(each) for each in (path, *backup.paths(path))} - {0}
    if not found:  # unreadable, or gone with its copies
        found = {line["ledger"] for line in trail.tail(path)[-1:]}
    return frozenset(found)


def _diagnosis(path: Path, places: Places | None) -> Why | None:
    """Diagnose the file under the lock, as it will be once an unfinished commit is rolled back."""
    if not path.exists() or not path.stat().st_size:
        return wrong_with(path, places=places)
    try:
        with (
            _unfinished_taken_back(path, path.parent) as copy,
            closing(sqlite3.connect(copy, timeout=presence_lock.PATIENCE)) as opened,
        ):
            check(path, opened)
            return wrong_with(path, opened)
    except sqlite3.DatabaseError as error:
        if is_damage(error) or "no such" in str(error):
            return "damaged"
        raise


@contextlib.contextmanager
def _unfinished_taken_back(path: Path, folder: Path) -> Iterator[Path]:
    """Yield the file, or a copy of it if a journal lies beside it.

    The journal may be another file's, and SQLite would roll it into this one.
    """
    journal = path.with_name(path.name + "-journal")
    if not journal.exists():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix=".ledger-", dir=folder) as made:
        copy = Path(made) / path.name
        shutil.copyfile(path, copy)
        shutil.copyfile(journal, copy.with_name(journal.name))
        yield copy


# ------------------------------------------------------------------------------------- restoring


def mend(path: Path, connect: Connect, places: Places | None = None) -> RepairReport | None:
    """Restore the ledger if needed; None when nothing is wrong.

    Raises `InUse`, `sqlite3.Error` or `OSError`.
    """
    with presence_lock.alone(path):
        why = _diagnosis(path, places)
        if why is None:
            return None
        with atomic_file.unfinished(path) as part:
            found = traces.collect(path, places)
            bare = is_missing(path) and not trail.tail(path)
            done, rows = restored(path, part, connect, why, places, found)
            aside = set_aside(path, why)
            listing = (
                write_listing(aside, rows)
                if aside is not None and rows and why == "damaged"
                else None
            )
            if found.loose or not bare:
                repair_report.note_repair(path)
            else:  # all that was ever sent is known
                repair_report.forget_repair(path)
            part.replace(path)
        backup.renew(path)
        trail.begin(path)
        _marker(path).unlink(missing_ok=True)
        return replace(done, aside=aside, listing=listing)


def restored(
    path: Path,
    part: Path,
    connect: Connect,
    why: Why,
    places: Places | None,
    found: traces.Found,
) -> tuple[RepairReport, list[Row]]:
    """Build a ledger at `part` from all sources; also return the jobs readable in the file."""
    copied_at = _base(path, part)
    lineages = lineages_of(path)
    with contextlib.ExitStack() as stack:
        file = path
        if path.exists():
            file = stack.enter_context(_unfinished_taken_back(path, part.parent))
            with closing(sqlite3.connect(file)) as rolled:  # rolls an unfinished commit back
                backup.is_whole(rolled)
        rows = salvaged(file)
        opened = stack.enter_context(closing(connect(part)))
        opened.execute("BEGIN IMMEDIATE")
        if lineages:
            opened.execute(f"PRAGMA application_id={min(lineages)}")
        for source in (*backup.paths(path), file):
            _merge(opened, source)
        trailed = merging.Merge(opened)
        trailed.lines(trail.everything(path), lineages)
        trailed.lines(iter(task_ids.unsaved_lines(path, lineages)), lineages)
        if places is not None and places.logs is not None:
            task_ids.apply(opened, places.logs)
        traced = merging.add_traces(opened, found)
        merging.hold_unsent(opened, HELD)
        opened.execute("COMMIT")
        jobs = opened.execute("SELECT COUNT(*) FROM jobs WHERE state != 'forgotten'").fetchone()[0]
    return RepairReport(why, None, None, jobs, copied_at, traced=traced), rows


def _base(path: Path, part: Path) -> float | None:
    """Copy the richest intact backup to `part`, if there is one; returns its time."""
    part.unlink(missing_ok=True)
    for copy in sorted(backup.paths(path), key=lambda each: -backup.known_of(each).newest):
        try:
            shutil.copyfile(copy, part)
            part.chmod(0o600)
            with closing(sqlite3.connect(part)) as opened:
                if backup.is_whole(opened):
                    return copy.stat().st_mtime
        except (OSError, sqlite3.Error):
            pass
        part.unlink(missing_ok=True)
    return None


def _merge(opened: sqlite3.Connection, source: Path) -> None:
    """Merge the readable jobs of another file where they differ."""
    merge = merging.Merge(opened)
    rows = salvaged(source)
    if not rows:
        return
    with backup.reading(source, still=True) as reader:
        for row in rows:
            facts = [row[name] for name in ("created_at", "task_id")], row.get("revision", 0)
            mine = opened.execute(
                "SELECT created_at, task_id, revision FROM jobs WHERE id = ?", (row["id"],)
            ).fetchone()
            if mine is not None and ([mine[0], mine[1]], mine[2]) == facts:
                continue
            with contextlib.suppress(sqlite3.IntegrityError):
                merge.row(row, *_history(reader, row["id"]))


def _history(reader: sqlite3.Connection, job: int) -> tuple[merging.Events, list[int]]:
    """Return a job's timeline and the jobs that it waits for."""
    try:
        events = reader.execute(
            "SELECT at, state, key, values_json FROM events WHERE job = ? ORDER BY id", (job,)
        ).fetchall()
        needs = reader.execute("SELECT first FROM needs WHERE job = ?", (job,)).fetchall()
    except sqlite3.Error:
        return [], []
    return [list(event) for event in events], [need[0] for need in needs]


def salvaged(path: Path) -> list[Row]:
    """Return every readable and plausible job, by id."""
    found: dict[int, Row] = {}
    with contextlib.suppress(sqlite3.Error):
        if not path.exists():
            return []
        with backup.reading(path, still=True) as opened:
            opened.row_factory = sqlite3.Row
            for order, sign in (("ASC", ">"), ("DESC", "<")):
                found |= _readable(opened, order, sign)
    return [found[number] for number in sorted(found)]


def _readable(opened: sqlite3.Connection, order: str, sign: str) -> dict[int, Row]:
    """Read rows from one end, skipping unreadable places while they are few."""
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
        job: Job = job_of({**schema.LATER_COLUMNS, **dict(row)})
    except Exception:  # noqa: BLE001 - whatever damage made of it
        return False
    return job.id > 0 and isinstance(job.task_id, str)


# ------------------------------------------------------------------------------- what is set aside


def set_aside(path: Path, why: str) -> Path | None:
    """Rename the old file and its journal, which SQLite would take for the new file's.

    An empty file is not kept.
    """
    aside = _free_name(path, "damaged" if why == "damaged" else "before-restore")
    kept = path.exists() and path.stat().st_size > 0
    if kept:
        try:
            os.link(path, aside)
        except OSError:
            shutil.copy2(path, aside)
    with contextlib.suppress(FileNotFoundError):
        path.with_name(path.name + "-journal").rename(aside.with_name(aside.name + "-journal"))
    return aside if kept else None


def _free_name(path: Path, word: str) -> Path:
    moment = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    aside, number = path.with_name(f"ledger.{word}-{moment}.sqlite3"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"ledger.{word}-{moment}-{number}.sqlite3")
    return aside


def write_listing(aside: Path, rows: list[Row]) -> Path:
    """Write a list of task ids, by which the service knows paid jobs; without prompts."""
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
        atomic_file.sync(handle.fileno())
    return listing
