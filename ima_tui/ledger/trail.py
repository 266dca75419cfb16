"""The trail: what each commit changed, one JSON line per job, in a second file beside the ledger.

Copies are made every few minutes. The trail holds what was committed since, so that a ledger that
is emptied, removed or replaced by an older one can be restored to its last commit: above all,
which jobs were sent. It is written after the commit and before the caller hears of it, so nothing
leaves for the service without a line here.

A trail belongs to one ledger, named by its lineage (SQLite's `application_id`, chosen when the
ledger is made). Files are never rewritten: when the older copy is renewed the trail is renamed,
and deleted once that copy holds everything in it.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ima_tui.core import atomic_file

log = logging.getLogger(__name__)

Line = dict[str, Any]
TAIL = 128 * 1024
"""Bytes of the trail that are compared with the ledger whenever it is opened."""
MOST_PENDING = 5_000
"""Lines kept in memory while the file can't be written."""
SENT = ("sending", "running", "unknown")
"""Rows in these states are flushed to the disk: points depend on them."""


def path_of(ledger: Path) -> Path:
    return ledger.with_name("ledger.trail.jsonl")


@dataclass(frozen=True, slots=True)
class Position:
    """The newest revision of a job, and the newest event."""

    revision: int
    event: int


def position(connection: sqlite3.Connection) -> Position:
    revision = connection.execute("SELECT MAX(revision) FROM jobs WHERE revision > 0").fetchone()
    event = connection.execute("SELECT MAX(id) FROM events").fetchone()
    return Position(int(revision[0] or 0), int(event[0] or 0))


def changes(connection: sqlite3.Connection, since: Position) -> list[Line]:
    """What this transaction changed: nobody else can have written since `since`."""
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
    return int(line["row"]["revision"]) if line["row"] else 0


class Trail:
    """Appends to the trail of one ledger. Never raises: the ledger itself is the truth."""

    def __init__(self, ledger: Path, lineage: int) -> None:
        self._ledger = ledger
        self._path = path_of(ledger)
        self._lineage = lineage
        self._pending: list[Line] = []

    def append(self, lines: list[Line]) -> None:
        """What could not be written is tried again with the next lines."""
        self._pending = (self._pending + lines)[-MOST_PENDING:]
        if not self._pending:
            return
        try:
            if self._ledger.exists():  # a removed folder or ledger is not made again here
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
    """The whole lines of a file that make sense, in their order; of a missing file none."""
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
    """Every line of every trail that is here, oldest file first."""
    for path in [*_turned(ledger), path_of(ledger)]:
        yield from read(path)


def tail(ledger: Path) -> list[Line]:
    """The newest lines."""
    for path in (path_of(ledger), *reversed(_turned(ledger))):
        try:
            size = path.stat().st_size
        except OSError:
            continue
        if size:
            return list(read(path, max(0, size - TAIL)))
    return []


# -------------------------------------------------------------------------------------- turning


def _turned(ledger: Path) -> list[Path]:
    return sorted(ledger.parent.glob("ledger.trail-*.jsonl"))


def turn(ledger: Path) -> None:
    """Begin a new file; the old one stays until `tidy`."""
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    with suppress(FileNotFoundError):
        path_of(ledger).rename(ledger.with_name(f"ledger.trail-{moment}-{os.getpid()}.jsonl"))


def tidy(ledger: Path, held_since: float) -> None:
    """Delete the turned files that ended before `held_since`: the older copy holds all of them."""
    for path in _turned(ledger):
        if path.stat().st_mtime < held_since:
            path.unlink(missing_ok=True)


def put_away(ledger: Path) -> None:
    """The person deleted the ledger and its copies: what the trail says is not brought back."""
    for path in [*_turned(ledger), path_of(ledger)]:
        try:
            path.rename(ledger.with_name("ledger.trail.old"))
        except OSError:
            continue
