"""INSERT and UPDATE statements of the ledger. Each function runs inside one transaction.

Most are methods of `Ledger`, which fills in `connection` and `session`, the name of its run.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import replace

from ima_tui.core.domain import Failure, Job, Media, Order, Outcome, State, result_of
from ima_tui.core.labels import UNMARKED, MarkChange
from ima_tui.ledger import records
from ima_tui.ledger.queries import by_intents, by_key, require
from ima_tui.ledger.records import (
    LedgerError,
    dump,
    dump_failure,
    dump_marks,
    dump_medias,
    dump_order,
)

FIRST_LEASE = 30.0
"""Seconds that a new job is ours before the scheduler renews its lease."""
_TAKEN_UP = records.ENDED | {State.SENDING}
"""The run that makes a transition from these states follows the job."""
WAIVED, APPROVED = 1, 2
"""Bits of the column `waived`: released from a spending limit; an agent's job that was approved,
whatever it waited for then."""


Why = tuple[str, Mapping[str, str | int]]
"""The key and values of a message: why a job waits."""
Values = Mapping[str, str | int | float]


def _set(connection: sqlite3.Connection, job_id: int, **columns: object) -> None:
    names = ", ".join(f"{name} = ?" for name in columns)
    connection.execute(f"UPDATE jobs SET {names} WHERE id = ?", (*columns.values(), job_id))


def add(
    connection: sqlite3.Connection,
    session: str,
    order: Order,
    now: float,
    *,
    repeats: int | None = None,
    intent: str = "",
    after: int | None = None,
    instead: int | None = None,
    hold: Why | None = None,
) -> Job:
    """Record a new job before anything is sent.

    `intent` identifies it across runs: a known intent returns its existing job. Of an intent
    `key/request`, a known key with another request raises `LedgerError`. `after`: a job
    that must be done first; inputs such as `job:41#1` name theirs. Jobs that were blocked by
    the one that this `repeats` now wait for this one. `instead`: an unsent job that this one
    replaces, with its queue position, what it waited for, and what waited for it. Raises
    `ImpossibleTransition` where that is no longer unsent. `hold`: why it needs the user's
    approval from the start.
    """
    if instead is not None and require(connection, instead).state is not State.QUEUED:
        raise records.ImpossibleTransition(f"job {instead} is unsent no more")
    if intent and (known := by_intents(connection, (intent,))):
        return known[intent]
    if "/" in intent and (other := by_key(connection, intent)) is not None:
        raise LedgerError("error.key_reused", id=other.id)
    columns = {
        "state": State.QUEUED,
        "task_type": order.task_type,
        "model_id": order.model_id,
        "order_json": dump_order(order),
        "points": order.total,
        "session": session,
        "owner": session,
        "lease_until": now + FIRST_LEASE,
        "created_at": now,
        "updated_at": now,
        "repeats": repeats,
        "intent": intent,
        "project": _as_spelled_before(connection, order.project),
        "client": order.client,
        "held": hold is not None,
        "waiting": hold[0] if hold else "",
        "waiting_json": json.dumps(hold[1] if hold else {}),
    }
    cursor = connection.execute(
        f"INSERT INTO jobs ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        tuple(columns.values()),
    )
    job_id = cursor.lastrowid or 0
    write_event(connection, job_id, now, State.QUEUED, "event.queued", {"points": order.total})
    if hold is not None:
        write_event(connection, job_id, now, State.QUEUED, *hold)
    firsts = {found[0] for found in map(result_of, order.inputs) if found}
    for first in firsts | ({after} if after is not None else set()):
        require(connection, first)
        connection.execute("INSERT INTO needs (job, first) VALUES (?, ?)", (job_id, first))
    if repeats is not None and require(connection, repeats).state in records.WITHOUT_RESULT:
        _repoint(connection, repeats, job_id, now)
    if instead is not None:
        _take_place(connection, session, instead, job_id, now)
    return require(connection, job_id)


def _as_spelled_before(connection: sqlite3.Connection, project: str) -> str:
    """Return the project's name as its first job has it: `film` and `Film` are one project."""
    if not project:
        return ""
    row = connection.execute(
        "SELECT project FROM jobs WHERE project != '' AND project = ? LIMIT 1", (project,)
    ).fetchone()
    return project if row is None else str(row[0])


def put_back(
    connection: sqlite3.Connection,
    session: str,
    order: Order,
    now: float,
    intent: str,
    known: Outcome,
) -> Job:
    """Record a job that the ledger lost and another file still knows, in its last known state.

    A known intent returns its existing job. No transition applies, because it was made elsewhere.
    """
    job = add(connection, session, order, now, intent=intent)
    if job.created_at != now or job.state is not State.QUEUED:
        return job
    sent = known.task_id or known.state is State.NEEDS_REVIEW
    _set(
        connection,
        job.id,
        state=known.state,
        task_id=known.task_id,
        medias_json=dump_medias(known.medias),
        sent_at=(known.sent_at or now) if sent else None,
        ended_at=now if known.state in records.ENDED else None,
        updated_at=now,
    )
    write_event(connection, job.id, now, known.state, "event.put_back")
    return require(connection, job.id)


def _take_place(
    connection: sqlite3.Connection, session: str, before: int, job_id: int, now: float
) -> None:
    """Take the queue position of an edited, unsent job, with its dependencies and marks.

    A dependency through an input is not taken, because the input may have changed.
    """
    connection.execute(
        "UPDATE jobs SET (place, marks_json) ="
        " (SELECT COALESCE(place, id), marks_json FROM jobs WHERE id = ?) WHERE id = ?",
        (before, job_id),
    )
    inputs = {
        found[0] for found in map(result_of, require(connection, before).order.inputs) if found
    }
    for row in connection.execute("SELECT first FROM needs WHERE job = ?", (before,)).fetchall():
        if row[0] not in inputs:
            connection.execute("INSERT OR IGNORE INTO needs VALUES (?, ?)", (job_id, row[0]))
    _repoint(connection, before, job_id, now)
    step(connection, session, before, State.FORGOTTEN, now, "event.forgotten")


def _repoint(connection: sqlite3.Connection, before: int, first: int, now: float) -> None:
    """Let jobs that wait for `before` wait for `first`; held jobs stay held."""
    rows = connection.execute("SELECT job FROM needs WHERE first = ?", (before,)).fetchall()
    for job in [require(connection, row[0]) for row in rows]:
        if job.state is not State.QUEUED:
            continue
        old, new = f"job:{before}#", f"job:{first}#"
        inputs = tuple(
            new + each.removeprefix(old) if each.startswith(old) else each
            for each in job.order.inputs
        )
        _set(
            connection,
            job.id,
            order_json=dump_order(replace(job.order, inputs=inputs)),
            updated_at=now,
            waiting="waiting.word_after" if job.needs_approval else "waiting.after",
            waiting_json=json.dumps({"id": first}),
        )
        connection.execute(
            "UPDATE OR REPLACE needs SET first = ? WHERE job = ? AND first = ?",
            (first, job.id, before),
        )
        values = {"before": before, "id": first}
        write_event(connection, job.id, now, job.state, "event.repointed", values)


def step(
    connection: sqlite3.Connection,
    session: str,
    job_id: int,
    after: State,
    now: float,
    key: str,
    values: Values | None = None,
    *,
    order: Order | None = None,
    task_id: str | None = None,
    deadline: float | None = None,
    medias: tuple[Media, ...] | None = None,
    failure: Failure | None = None,
    ours: bool = False,
) -> Job:
    """Make one transition with its timeline entry.

    Raises `ImpossibleTransition`. `ours`: raise `NotOwner` where another run follows the job;
    *sending* always does.
    """
    facts = {
        "order_json": None if order is None else dump_order(order),
        "points": None if order is None else order.total,
        "task_id": task_id,
        "deadline": deadline,
        "medias_json": None if medias is None else dump_medias(medias),
        "failure_json": None if failure is None else dump_failure(failure),
    }
    columns: dict[str, object] = {name: fact for name, fact in facts.items() if fact is not None}
    before = require(connection, job_id)
    if ours or after is State.SENDING:
        _check_owner(connection, session, job_id)
    records.check(before.state, after)
    columns |= {"state": after, "updated_at": now}
    if after is State.SENDING:
        columns["sent_at"] = now
    if after is not State.QUEUED:
        columns |= {"waiting": "", "waiting_json": "{}"}
    if after in (State.SENDING, State.RUNNING):
        columns["turn"] = 1
    elif after not in records.UNSENT:
        columns["turn"] = 0
    if after in records.ENDED or after is State.FETCHING:
        columns["ended_at"] = before.ended_at or now  # the service was done before the download
    else:
        columns["ended_at"] = None
    if after is State.QUEUED:
        columns["sent_at"] = None
    if after in records.OPEN and before.state in _TAKEN_UP:
        columns |= {"owner": session, "lease_until": now + FIRST_LEASE}
    _set(connection, job_id, **columns)
    write_event(connection, job_id, now, after, key, values)
    return require(connection, job_id)


def _check_owner(connection: sqlite3.Connection, session: str, job_id: int) -> None:
    """Raise `NotOwner` where another run took the job over, for example during a suspend."""
    row = connection.execute("SELECT owner FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row[0] not in ("", session):
        raise records.NotOwner(f"job {job_id} is another run's")


def note(
    connection: sqlite3.Connection, job_id: int, now: float, key: str, values: Values | None = None
) -> None:
    """Add a timeline entry without a change of state."""
    job = require(connection, job_id)
    write_event(connection, job_id, now, job.state, key, values)


def note_once(connection: sqlite3.Connection, job_id: int, now: float, key: str) -> bool:
    """Add a timeline entry unless the job has one with that key; False if it has."""
    found = connection.execute("SELECT 1 FROM events WHERE job = ? AND key = ?", (job_id, key))
    if found.fetchone() is not None:
        return False
    note(connection, job_id, now, key)
    return True


def delay(
    connection: sqlite3.Connection,
    session: str,
    job_id: int,
    now: float,
    why: str = "",
    values: Values | None = None,
    medias: tuple[Media, ...] | None = None,
) -> Job:
    """Record why a job's results are missing (`why`: a message key), with those that are here.

    Without `medias`: asks the process that downloads them to try now. Raises
    `ImpossibleTransition` where the job is not being downloaded, or not by this run.
    """
    job = require(connection, job_id)
    if job.state is not State.FETCHING:
        raise records.ImpossibleTransition(f"delay in {job.state}")
    if medias is not None:
        _check_owner(connection, session, job_id)
    _set(
        connection,
        job_id,
        waiting=why,
        waiting_json=json.dumps(dict(values or {})),
        medias_json=dump_medias(job.medias if medias is None else medias),
        updated_at=now,
    )
    if why:
        write_event(connection, job_id, now, job.state, why, values)
    return require(connection, job_id)


def write_event(
    connection: sqlite3.Connection,
    job_id: int,
    now: float,
    state: State,
    key: str,
    values: Values | None = None,
) -> None:
    """Insert a timeline entry."""
    connection.execute(
        "INSERT INTO events (job, at, state, key, values_json) VALUES (?, ?, ?, ?, ?)",
        (job_id, now, state, key, dump(dict(values or {}))),
    )


def mark_missing(
    connection: sqlite3.Connection, job_id: int, index: int, now: float, key: str
) -> Job:
    """Record that the file of a result (from 1) is missing, with a timeline entry."""
    job = require(connection, job_id)
    medias = tuple(
        replace(media, path="") if at == index else media for at, media in enumerate(job.medias, 1)
    )
    _set(connection, job_id, medias_json=dump_medias(medias), updated_at=now)
    write_event(connection, job_id, now, job.state, key, {"index": index})
    return require(connection, job_id)


def mark(
    connection: sqlite3.Connection, job_id: int, indices: Collection[int], change: MarkChange
) -> Job:
    """Change the marks of these results (from 1), or of all where none is named."""
    job = require(connection, job_id)
    every = range(1, max(job.order.n, len(job.medias)) + 1)
    wanted = [index for index in every if not indices or index in indices]
    marks = dict(job.marks) | {index: change.of(job.marks.get(index, UNMARKED)) for index in wanted}
    project = job.order.project if change.project is None else change.project
    spelled = _as_spelled_before(connection, project)
    _set(connection, job_id, marks_json=dump_marks(marks), project=spelled)
    return require(connection, job_id)


def reorder(
    connection: sqlite3.Connection,
    job_id: int,
    order: Order,
    now: float,
    key: str,
    values: Values | None = None,
) -> Job:
    """Change an unsent job's order, with a timeline entry.

    Raises `ImpossibleTransition` where it is no longer unsent.
    """
    job = require(connection, job_id)
    if job.state not in records.UNSENT:
        raise records.ImpossibleTransition(f"reorder in {job.state}")
    facts = dump_order(order)
    _set(connection, job_id, order_json=facts, points=order.total, updated_at=now)
    write_event(connection, job_id, now, job.state, key, values)
    return require(connection, job_id)


def hold(
    connection: sqlite3.Connection,
    job_id: int,
    held: bool,
    why: str = "",
    values: Values | None = None,
) -> Job:
    """Hold an unsent job until it is approved (`why`: a message key), or release it.

    A job released from a spending limit is not held by it again.
    """
    connection.execute(
        "UPDATE jobs SET held = ?, waived = CASE WHEN ? THEN waived ELSE waived"
        " | CASE WHEN waiting LIKE 'waiting.over%' AND waiting NOT LIKE 'waiting.over_agent%'"
        " THEN ? ELSE 0 END | CASE WHEN client != '' THEN ? ELSE 0 END END,"
        " turn = turn AND NOT ?, waiting = ?, waiting_json = ? WHERE id = ?",
        (held, held, WAIVED, APPROVED, held, why, json.dumps(dict(values or {})), job_id),
    )
    return require(connection, job_id)
