"""Append-only journal of committed changes, one JSON line per job, in a file beside the ledger.

Copies are made every few minutes. The trail has what was committed since, so that an emptied,
removed or outdated ledger can be restored to its last commit: above all, which jobs were sent. It
is written after the commit and before the caller learns of it, so nothing is sent without a line
here.

A trail belongs to one ledger, identified by its lineage (SQLite's `application_id`). Files are
never rewritten: when the older copy is renewed the trail is rotated, and deleted once that copy has
everything in it.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from ima_tui.core import atomic_file
from ima_tui.core.records import dataclass

log = logging.getLogger(__name__)

Line = dict[str, Any]
TAIL = 128 * 1024
"""Bytes of the trail that are compared with the ledger when it is opened."""
MOST_PENDING = 5_000
"""Lines kept in memory while the file can't be written."""
SENT = ("sending", "running", "unknown")
"""Rows in these states are flushed to disk, because points depend on them."""


def path_of(ledger: Path) -> Path:
    """Return the path of a ledger's trail."""
    return ledger.with_name("ledger.trail.jsonl")


@dataclass(frozen=True, slots=True)
class Position:
    """The newest revision of a job, and the newest event id."""

    revision: int
    event: int


def position(connection: sqlite3.Connection) -> Position:
    """Return the current position of the ledger."""
    revision = connection.execute("SELECT MAX(revision) FROM jobs WHERE revision > 0").fetchone()
    event = connection.execute("SELECT MAX(id) FROM events").fetchone()
    return Position(int(revision[0] or 0), int(event[0] or 0))


def changes(connection: sqlite3.Connection, since: Position) -> list[Line]:
    """Return what this transaction changed since `since`; nobody else can have written."""
    lines: dict[int, Line] = {}
    rows = connection.execute(
        "SELECT * FROM jobs WHERE revision > 0 AND revision > ? ORDER BY revision",
        (since.revision,),
    ).fetchall()
    for row in rows:
        needs = connection.execute("SELECT first FROM needs WHERE job = ?", (row["id"],))
        lines[row["id"]] = {
            "job": row["id"],
            "made": row["created_at"],
            "row": dict(row),
            "needs": [each[0] for each in needs],
            "events": [],
        }
    events = connection.execute("SELECT * FROM events WHERE id > ? ORDER BY id", (since.event,))
    for event in events.fetchall():
        line = lines.get(event["job"])
        if line is None:
            made = connection.execute("SELECT created_at FROM jobs WHERE id = ?", (event["job"],))
            line = {"job": event["job"], "made": made.fetchone()[0], "row": None, "events": []}
            lines[event["job"]] = line
        line["events"].append([event["at"], event["state"], event["key"], event["values_json"]])
    return list(lines.values())


def revision_of(line: Line) -> int:
    """Return the revision of the job in a line; 0 without one."""
    return int(line["row"]["revision"]) if line["row"] else 0


class Trail:
    """Appends to the trail of one ledger. Never raises, because the ledger is authoritative."""

    def __init__(self, ledger: Path, lineage: int) -> None:
        self._ledger = ledger
        self._path = path_of(ledger)
        self._lineage = lineage
        self._pending: list[Line] = []

    def append(self, lines: list[Line]) -> None:
        """Append lines; lines that can't be written are retried with the next ones."""
        self._pending = (self._pending + lines)[-MOST_PENDING:]
        if not self._pending:
            return
        try:
            # a removed folder is not created again; one removed ledger is why there is a trail
            if self._ledger.exists() or self._path.exists():
                write(self._path, self._pending, self._lineage)
                self._pending = []
        except OSError as error:
            log.warning("trail: %r", error)


def write(path: Path, lines: list[Line], lineage: int) -> None:
    """Append lines in one write, flushed where points depend on it. Raises `OSError`."""
    text = b"".join(json.dumps({"ledger": lineage, **line}).encode() + b"\n" for line in lines)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        if os.write(handle, text) < len(text):
            os.write(handle, b"\n")  # so that the next line is whole
            raise OSError(28, "no room for the whole line")
        if any(line["row"] and line["row"]["state"] in SENT for line in lines):
            atomic_file.sync(handle)
    finally:
        os.close(handle)


# --------------------------------------------------------------------------------------- reading


def read(path: Path, start: int = 0) -> Iterator[Line]:
    """Yield the valid lines of a file in order; none for a missing file."""
    try:
        with path.open("rb") as handle:
            handle.seek(start)
            for written in handle:
                line = _loaded(written)
                if line is not None:
                    yield line
    except OSError:
        return


def _loaded(written: bytes) -> Line | None:
    try:
        line = json.loads(written)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict) or not isinstance(line.get("events"), list):
        return None
    plain = isinstance(line.get("job"), int) and isinstance(line.get("made"), int | float)
    row = line.get("row")
    fits = row is None or (isinstance(row, dict) and row.get("id") == line["job"])
    return line if plain and fits else None


def everything(ledger: Path) -> Iterator[Line]:
    """Yield every line of every trail, oldest file first."""
    for path in [*_turned(ledger), path_of(ledger)]:
        yield from read(path)


def tail(ledger: Path) -> list[Line]:
    """Return the newest lines."""
    for path in (path_of(ledger), *reversed(_turned(ledger))):
        try:
            size = path.stat().st_size
        except OSError:
            continue
        if size:
            return list(read(path, max(0, size - TAIL)))
    return []


# ------------------------------------------------------------------------------------- rotation


def _turned(ledger: Path) -> list[Path]:
    return sorted(ledger.parent.glob("ledger.trail-*.jsonl"))


def turn(ledger: Path) -> None:
    """Rotate the file; the old one stays until `tidy`."""
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    with suppress(FileNotFoundError):
        path_of(ledger).rename(ledger.with_name(f"ledger.trail-{moment}-{os.getpid()}.jsonl"))


def tidy(ledger: Path, held_since: float) -> None:
    """Delete rotated files that ended before `held_since`; the older copy has their contents."""
    for path in _turned(ledger):
        if path.stat().st_mtime < held_since:
            path.unlink(missing_ok=True)


def begin(ledger: Path) -> None:
    """Begin a new trail with all that a restored ledger knows; the old one is set aside.

    The new one takes its place at once, so that there is a trail at every moment.
    """
    with suppress(OSError, sqlite3.Error), atomic_file.unfinished(path_of(ledger)) as part:
        with closing(sqlite3.connect(ledger)) as opened:
            opened.row_factory = sqlite3.Row
            lineage = int(opened.execute("PRAGMA application_id").fetchone()[0])
            write(part, changes(opened, Position(0, 0)), lineage)
        aside = ledger.with_name("ledger.trail.old")
        aside.unlink(missing_ok=True)
        if path_of(ledger).exists():
            aside.hardlink_to(path_of(ledger))
        part.replace(path_of(ledger))
        for path in _turned(ledger):
            path.unlink(missing_ok=True)  # merged into the ledger, and so in the new trail
