"""SELECT statements of the ledger. Each function runs inside one transaction.

The last functions read a ledger file at once, for the shell's completion, which waits for it.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ima_tui.core.domain import PROMPT_BEGINNING, Event, Job, Order, Result, State, TaskType
from ima_tui.core.labels import UNMARKED
from ima_tui.ledger import process_id
from ima_tui.ledger.records import FAULT, LedgerError, job_of, load_marks, located

OPEN = "state NOT IN ('done', 'failed', 'unknown', 'stopped', 'forgotten')"
"""As in the partial index: open jobs are few, ended ones may be a hundred thousand."""
UNSENT = "state IN ('queued', 'uploading', 'verifying')"
CHARGED = (
    "task_id != '' OR state IN ('sending', 'unknown') OR (state = 'forgotten' AND EXISTS"
    " (SELECT 1 FROM events WHERE job = jobs.id AND events.state = 'unknown'))"
)
"""A job that was charged, or may have been."""

PROJECTS = "SELECT project FROM jobs WHERE project != '' GROUP BY project ORDER BY MAX(id) DESC"
TAGS = "SELECT marks_json FROM jobs WHERE marks_json != '' ORDER BY id DESC LIMIT ?"
MOST_NAMED = 500
"""Maximum values in one statement; SQLite has a limit."""
MOST_NEWS = 1000
LONG_GONE = 600.0
"""Seconds without a lease renewal after which a process id is assumed to be reused."""


def find(connection: sqlite3.Connection, job_id: int) -> Job | None:
    """Return one job, or None."""
    row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    return job_of(row) if row else None


def rows_in(
    connection: sqlite3.Connection,
    statement: str,
    values: Sequence[object],
    named: Collection[object],
    order: str = "",
) -> Iterator[sqlite3.Row]:
    """Yield the rows in which the column that ends `statement` is one of `named`, however many.

    `values`: those of the statement; `order`: of what is read at once.
    """
    every = tuple(named)
    for start in range(0, len(every), MOST_NAMED):
        some = every[start : start + MOST_NAMED]
        among = f"{statement} IN ({', '.join('?' * len(some))}) {order}"
        yield from connection.execute(among, (*values, *some))


def by_intents(connection: sqlite3.Connection, intents: Collection[str]) -> dict[str, Job]:
    """Return the known jobs of these intents."""
    rows = rows_in(connection, "SELECT * FROM jobs WHERE intent != '' AND intent", (), intents)
    return {row["intent"]: job_of(row) for row in rows}


def by_key(connection: sqlite3.Connection, intent: str) -> Job | None:
    """Return the job whose intent has the same key: the part of `intent` before its slash."""
    key = intent.partition("/")[0]
    row = connection.execute(  # "0" follows "/"
        "SELECT * FROM jobs WHERE intent != '' AND intent >= ? AND intent < ? LIMIT 1",
        (f"{key}/", f"{key}0"),
    ).fetchone()
    return job_of(row) if row else None


def repeats_of(connection: sqlite3.Connection, ids: Collection[int]) -> dict[int, Job]:
    """Return the newest repetition of each of `ids`; repetitions have higher ids."""
    above = (min(ids, default=0),)
    among = "SELECT * FROM jobs WHERE id > ? AND repeats"
    rows = rows_in(connection, among, above, ids, "ORDER BY id")
    return {row["repeats"]: job_of(row) for row in rows}


def costing(connection: sqlite3.Connection, points: int, project: str = "") -> frozenset[int]:
    """Return the ids of all jobs of at least so many points, of one project where named."""
    where, named = ("AND project = ?", (project,)) if project else ("", ())
    rows = connection.execute(f"SELECT id FROM jobs WHERE points >= ? {where}", (points, *named))
    return frozenset(row[0] for row in rows)


def with_intents(connection: sqlite3.Connection) -> Iterator[tuple[Job, str]]:
    """Yield every job with its intent, oldest first, a page in memory at a time."""
    after = 0
    while rows := connection.execute(
        "SELECT * FROM jobs WHERE id > ? ORDER BY id LIMIT 500", (after,)
    ).fetchall():
        for row in rows:
            yield job_of(row), str(row["intent"])
        after = rows[-1]["id"]


def require(connection: sqlite3.Connection, job_id: int) -> Job:
    """Return a job. Raises `LedgerError` where there is none."""
    job = find(connection, job_id)
    if job is None:
        raise LedgerError("error.no_job", id=job_id)
    return job


def recent(connection: sqlite3.Connection, limit: int) -> tuple[Job, ...]:
    """Return every open job and the newest ended ones, newest first, without forgotten ones."""
    still_open = connection.execute(f"SELECT * FROM jobs WHERE {OPEN}").fetchall()
    ended = connection.execute(
        f"SELECT * FROM jobs WHERE NOT ({OPEN}) AND state != 'forgotten' ORDER BY id DESC LIMIT ?",
        (limit,),
    ).fetchall()
    return tuple(sorted(map(job_of, still_open + ended), key=lambda job: -job.id))


def newest(connection: sqlite3.Connection) -> Job | None:
    """Return the newest job that is not forgotten, or None."""
    row = connection.execute(
        "SELECT * FROM jobs WHERE state != 'forgotten' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return job_of(row) if row is not None else None


def event_of(row: sqlite3.Row) -> Event:
    """Return the timeline entry that a row describes."""
    return Event(row["at"], State(row["state"]), row["key"], json.loads(row["values_json"]))


def timeline(connection: sqlite3.Connection, job_id: int) -> tuple[Event, ...]:
    """Return the timeline of a job, oldest entry first."""
    rows = connection.execute("SELECT * FROM events WHERE job = ? ORDER BY id", (job_id,))
    return tuple(map(event_of, rows))


def spent(
    connection: sqlite3.Connection,
    since: float,
    session: str = "",
    project: str = "",
    *,
    admitted: bool = False,
    narrowed: str = "",
) -> int:
    """Return the points of jobs that the service accepted since then, or may have.

    `admitted`: also of those that are about to be sent. `narrowed`: a further condition on jobs.
    """
    among, named = of_whom(session, project)
    charged = f"sent_at >= ? AND ({CHARGED})"
    counted = f"((sent_at IS NULL AND turn = 1) OR ({charged}))" if admitted else charged
    row = connection.execute(
        f"SELECT COALESCE(SUM(points), 0) FROM jobs WHERE {among}{counted}{narrowed}",
        (*named, since),
    ).fetchone()
    return int(row[0]) + at_risk(connection, since, session, project)


def of_whom(session: str, project: str) -> tuple[str, tuple[str, ...]]:
    """Return the condition for jobs of a run and of a project, where named, and its values."""
    among, named = ("session = ? AND ", (session,)) if session else ("", ())  # each has its index
    # +: by the time they were sent, because most jobs may be of one project
    return (f"{among}+project = ? AND ", (*named, project)) if project else (among, named)


def at_risk(connection: sqlite3.Connection, since: float, session: str, project: str = "") -> int:
    """Sum the points of tries that a smaller order followed.

    The service may have charged them before it reported its fault.
    """
    among, named = of_whom(session, project)
    row = connection.execute(
        "SELECT COALESCE(SUM(json_extract(values_json, '$.at_risk')), 0)"
        f" FROM events JOIN jobs ON jobs.id = job WHERE {among} key = '{FAULT}' AND at >= ?",
        (*named, since),
    ).fetchone()
    return int(row[0])


def projects(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the names of all projects, that of the newest job first."""
    return tuple(row[0] for row in connection.execute(PROJECTS))


def tags(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the tags of the newest jobs with marks."""
    return _tags_in(connection.execute(TAGS, (MOST_NAMED,)))


def _tags_in(rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    marks = [mark for row in rows for mark in load_marks(row[0]).values()]
    return tuple(dict.fromkeys(tag for mark in marks for tag in mark.tags))


def out(connection: sqlite3.Connection) -> int:
    """Return the points charged for jobs that have no result yet."""
    row = connection.execute(
        f"SELECT COALESCE(SUM(points), 0) FROM jobs WHERE {OPEN} AND sent_at IS NOT NULL"
    ).fetchone()
    return int(row[0])


def durations(connection: sqlite3.Connection, order: Order, count: int = 20) -> tuple[float, ...]:
    """Return the seconds that past runs of this model at this price took, newest first."""
    rows = connection.execute(
        "SELECT ended_at - sent_at FROM jobs WHERE state = 'done' AND task_type = ?"
        " AND model_id = ? AND json_extract(order_json, '$.attribute_id') = ?"
        " AND sent_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?",
        (order.task_type, order.model_id, order.attribute_id, count),
    )
    return tuple(float(row[0]) for row in rows)


def healthy(connection: sqlite3.Connection) -> bool:
    """Run SQLite's own check of the whole file."""
    return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def news(connection: sqlite3.Connection, since: int) -> tuple[Job, ...]:
    """Return the jobs changed after the revision `since`, in the order of the changes."""
    rows = connection.execute(
        "SELECT * FROM jobs WHERE revision > 0 AND revision > ? ORDER BY revision LIMIT ?",
        (since, MOST_NEWS),
    )
    return tuple(map(job_of, rows))


def revision(connection: sqlite3.Connection) -> int:
    """Return the newest revision of any job."""
    row = connection.execute("SELECT MAX(revision) FROM jobs WHERE revision > 0").fetchone()
    return int(row[0] or 0)


def version(connection: sqlite3.Connection) -> int:
    """Return SQLite's data version, which changes with each commit of another connection."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def owned(connection: sqlite3.Connection, session: str) -> tuple[Job, ...]:
    """Return the open jobs that this run follows."""
    rows = connection.execute(f"SELECT * FROM jobs WHERE {OPEN} AND owner = ?", (session,))
    return tuple(map(job_of, rows))


def unowned(connection: sqlite3.Connection, session: str, now: float) -> tuple[int, ...]:
    """Return the ids of open, sent jobs that no live process follows.

    For other machines only the lease counts; on this one a process id may have been reused.
    """
    rows = connection.execute(
        f"SELECT id, owner, lease_until FROM jobs WHERE {OPEN} AND owner != ?"
        " AND sent_at IS NOT NULL ORDER BY +id LIMIT ?",
        (session, MOST_NAMED),
    ).fetchall()
    return tuple(
        row["id"]
        for row in rows
        if not row["owner"]
        or process_id.is_gone(row["owner"])
        or row["lease_until"] < now - (LONG_GONE if process_id.is_here(row["owner"]) else 0.0)
    )


def traced(connection: sqlite3.Connection) -> int:
    """Return how many jobs were put back from result files, manifests or the log."""
    found = connection.execute("SELECT COUNT(*) FROM events WHERE key GLOB 'waiting.from_*'")
    return int(found.fetchone()[0])


def waiting_for(connection: sqlite3.Connection, first: int) -> tuple[Job, ...]:
    """Return the jobs that use results of the job `first`."""
    rows = connection.execute(
        "SELECT jobs.* FROM needs JOIN jobs ON jobs.id = needs.job WHERE first = ?", (first,)
    )
    return tuple(map(job_of, rows))


def results(
    connection: sqlite3.Connection, below: int, limit: int
) -> tuple[tuple[Result, ...], int]:
    """Return results of jobs below the id `below`, newest first, and the next `below`; 0: end.

    Whole jobs are not read: for 20,000 jobs that saves four fifths of time and memory.
    """
    rows = connection.execute(
        "SELECT id, state, task_type, COALESCE(ended_at, updated_at) AS at, medias_json,"
        " json_extract(order_json, '$.model_name') AS model,"
        " substr(json_extract(order_json, '$.prompt'), 1, ?) AS prompt, project, marks_json"
        " FROM jobs WHERE id < ? AND state IN ('done', 'fetching') AND medias_json != '[]'"
        " ORDER BY id DESC LIMIT ?",
        (PROMPT_BEGINNING, below, limit),
    ).fetchall()
    found = tuple(
        Result(
            row["id"],
            index,
            row["at"],
            TaskType(row["task_type"]),
            sys.intern(row["model"]),
            row["prompt"],
            located(media.get("path", "")),
            media.get("duration", ""),
            row["state"] == State.FETCHING,
            sys.intern(row["project"]),
            load_marks(row["marks_json"]).get(index, UNMARKED),
        )
        for row in rows
        for index, media in enumerate(json.loads(row["medias_json"]), 1)
    )
    return found, rows[-1]["id"] if len(rows) == limit else 0


def _read(ledger: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows; none where the file is missing, locked, or of an older version."""
    if not ledger.is_file():
        return []
    uri = f"{ledger.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=0.2)) as opened:
            return opened.execute(statement, values).fetchall()
    except sqlite3.Error:
        return []


def jobs(ledger: Path, most: int) -> list[tuple[int, str, str]]:
    """Number, state and model id, newest first; none where the file is missing or locked."""
    return _read(
        ledger,
        "SELECT id, state, model_id FROM jobs WHERE state != 'forgotten' ORDER BY id DESC LIMIT ?",
        most,
    )


def read_projects(ledger: Path) -> list[str]:
    """Return the names of the projects, the last used first."""
    return [name for (name,) in _read(ledger, PROJECTS)]


def read_tags(ledger: Path, most: int) -> list[str]:
    """Return the tags of the newest `most` jobs that have marks."""
    return list(_tags_in(_read(ledger, TAGS, most)))
