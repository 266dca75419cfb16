"""Task ids that the ledger doesn't have: spilled to files, or recovered from the shared log.

A create's answer is worth points. Where the ledger can't be written (full disk, read-only or
replaced file, a lock that never comes) it goes to a small file beside it or, failing that, to the
temporary folder. The next start takes it into the ledger and deletes the file.

The log is read for jobs that a restored ledger calls unsent or sending. Log lines name a job by its
number, and other profiles log the same numbers to the same folder. So jobs are also matched by the
time they were queued; where a number was queued more than once no task id is used, and the job
needs review instead of being sent again.
"""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from ima_tui.core.records import dataclass
from ima_tui.ledger import trail
from ima_tui.ledger.trail import Line


def save(ledger: Path, session: str, line: Line, lineage: int) -> Path | None:
    """Save a line; returns the file's path, None where no place is writable."""
    for path in _places(ledger, session):
        try:
            trail.write(path, [line], lineage)
        except OSError:
            with suppress(OSError):
                if not any(trail.read(path)):
                    path.unlink()  # nothing whole is in it
            continue
        return path
    return None


def drop(ledger: Path, session: str) -> None:
    """Delete this run's files."""
    for path in _places(ledger, session):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def take(ledger: Path) -> list[Path]:
    """Rename the existing files, so that nobody appends to them any more. Raises `OSError`."""
    taken: list[Path] = []
    for path in files(ledger):
        name = path.with_name(f"{path.stem.partition('.taken')[0]}.taken{os.getpid()}.jsonl")
        taken.append(path.rename(name))
    return taken


def _places(ledger: Path, session: str) -> list[Path]:
    own = f"{sha256(session.encode()).hexdigest()[:16]}.jsonl"
    folder = _temporary()
    beside = ledger.with_name(f"ledger.unwritten-{own}")
    return [beside, *([folder / f"ledger.unwritten-{_name(ledger)}{own}"] if folder else [])]


def files(ledger: Path) -> list[Path]:
    """Return the existing files of any run of this user."""
    found = list(ledger.parent.glob("ledger.unwritten-*.jsonl"))
    folder = _temporary()
    if folder is not None:
        found += folder.glob(f"ledger.unwritten-{_name(ledger)}*.jsonl")
    return sorted(each for each in found if _is_ours(each))


def unsaved_lines(ledger: Path, lineages: Collection[int]) -> list[Line]:
    """Return the lines of these lineages from all files."""
    return [
        line
        for path in files(ledger)
        for line in trail.read(path)
        if line.get("ledger") in lineages and line.get("row")
    ]


def _name(ledger: Path) -> str:
    return sha256(os.fsencode(ledger.absolute())).hexdigest()[:16] + "-"


def _temporary() -> Path | None:
    """Return this user's private folder in the temporary folder, which everybody can write to."""
    folder = Path(tempfile.gettempdir()) / f"ima-tui-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        facts = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(facts.st_mode) and not facts.st_mode & 0o077
    return folder if private and facts.st_uid == os.getuid() else None


def _is_ours(path: Path) -> bool:
    try:
        facts = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_uid == os.getuid()


LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) \| \w+ *\| \S+ *\| job (\d{1,9}) (.{1,300})")
TASK = re.compile(r"(?:sending|unknown) -> running .*?task (\S{1,200})")
SLACK = 2.0
"""Tolerance in seconds between a job's creation and its log line."""
LARGEST = 64 * 1024 * 1024


@dataclass
class _Seen:
    """One job of the log."""

    queued: float
    at: float = 0.0
    sent: bool = False
    task_id: str = ""


def apply(opened: sqlite3.Connection, logs: Path) -> None:
    """Add task ids found in the log; jobs sent without one become *sending*."""
    rows = opened.execute(
        "SELECT id, created_at FROM jobs WHERE task_id = ''"
        " AND state IN ('queued', 'uploading', 'verifying', 'sending')"
    ).fetchall()
    if not rows:
        return
    seen = _read(logs)
    for number, made in rows:
        near = [one for one in seen.get(number, []) if abs(one.queued - made) <= SLACK]
        if not near or not near[-1].sent:
            continue
        known, alone = near[-1], len(seen[number]) == 1
        state = "running" if known.task_id and alone else "sending"
        opened.execute(
            "UPDATE jobs SET state = ?, task_id = ?, sent_at = ?, updated_at = ?, turn = 1,"
            " waiting = '', waiting_json = '{}' WHERE id = ?",
            (state, known.task_id if alone else "", known.at, known.at, number),
        )
        opened.execute(
            "INSERT INTO events (job, at, state, key) VALUES (?, ?, ?, ?)",
            (number, known.at, state, f"event.{state}"),
        )


def _read(logs: Path) -> dict[int, list[_Seen]]:
    """Map each number to every time it was queued, in the order of the log."""
    seen: dict[int, list[_Seen]] = {}
    for line in log_lines(logs):
        _take(seen, line)
    return seen


def log_lines(logs: Path) -> Iterator[str]:
    """Yield every line of our log files, oldest file first."""
    for path in sorted(logs.glob("ima_tui_*.log"), key=_day_and_number):
        with suppress(OSError):
            if path.is_file() and path.stat().st_size <= LARGEST:
                yield from path.read_text("utf-8", "replace").split("\n")


def _day_and_number(path: Path) -> tuple[str, int]:
    day, _, number = path.name.removesuffix(".log").partition(".")
    return day, int(number) if number.isdecimal() and len(number) < 6 else 0


def _take(seen: dict[int, list[_Seen]], line: str) -> None:
    found = LINE.match(line)
    if found is None:
        return
    at = datetime.fromisoformat(found[1]).timestamp()
    jobs, words = seen.setdefault(int(found[2]), []), found[3]
    if words.startswith("queued ") and "->" not in words:
        jobs.append(_Seen(at, at))
    elif jobs and (task := TASK.match(words)):
        jobs[-1].at, jobs[-1].sent, jobs[-1].task_id = at, True, task[1]
    elif jobs and " -> sending" in words:
        jobs[-1].at, jobs[-1].sent = at, True
    elif jobs and "sending -> queued" in words:
        jobs[-1].sent = False  # it was refused
