"""INSERT and UPDATE statements of the ledger. Each function runs inside one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import replace

from ima_tui.core.domain import Job, Media, Order, Outcome, State, result_of
from ima_tui.core.labels import UNMARKED, MarkChange
from ima_tui.ledger import job_states, process_id
from ima_tui.ledger.queries import LONG_GONE, OPEN, by_intents, by_key, require
from ima_tui.ledger.records import LedgerError, dump, dump_marks, dump_medias, dump_order, job_of

FIRST_LEASE = 30.0
"""Seconds that a new job is ours before the scheduler renews its lease."""
GRACE = 90.0
"""Extra seconds for a run whose process exists: it may be slow, or suspended with ctrl+z."""
LONGEST_LEASE = 600.0
"""Maximum seconds of a lease."""
_TAKEN_UP = job_states.ENDED | {State.SENDING}
"""The run that makes a transition from these states follows the job."""
UNSENT = (State.QUEUED, State.UPLOADING, State.VERIFYING)
WAIVED, APPROVED = 1, 2
"""Bits of the column `waived`: released from a spending limit; an agent's job that was approved,
whatever it waited for then."""


Why = tuple[str, Mapping[str, str | int]]
"""The key and values of a message: why a job waits."""


def add(
    connection: sqlite3.Connection,
    order: Order,
    now: float,
    session: str,
    repeats: int | None,
    intent: str,
    after: int | None,
    instead: int | None = None,
    hold: Why | None = None,
) -> Job:
    """Record a new job; see `Ledger.add`."""
    if instead is not None and require(connection, instead).state is not State.QUEUED:
        raise job_states.ImpossibleTransition(f"job {instead} is unsent no more")
    if intent and (known := by_intents(connection, (intent,))):
        return known[intent]
    if "/" in intent and (other := by_key(connection, intent)) is not None:
        raise LedgerError("error.key_reused", id=other.id)
    cursor = connection.execute(
        "INSERT INTO jobs (state, task_type, model_id, order_json, points, session, owner,"
        " lease_until, created_at, updated_at, repeats, intent, project, client, held, waiting,"
        " waiting_json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            State.QUEUED,
            order.task_type,
            order.model_id,
            dump_order(order),
            order.total,
            session,
            session,
            now + FIRST_LEASE,
            now,
            now,
            repeats,
            intent,
            _as_spelled_before(connection, order.project),
            order.client,
            hold is not None,
            hold[0] if hold else "",
            json.dumps(hold[1] if hold else {}),
        ),
    )
    job_id = cursor.lastrowid or 0
    write_event(connection, job_id, now, State.QUEUED, "event.queued", {"points": order.total})
    if hold is not None:
        write_event(connection, job_id, now, State.QUEUED, *hold)
    firsts = {found[0] for found in map(result_of, order.inputs) if found}
    for first in firsts | ({after} if after is not None else set()):
        require(connection, first)
        connection.execute("INSERT INTO needs (job, first) VALUES (?, ?)", (job_id, first))
    if repeats is not None and require(connection, repeats).state in job_states.WITHOUT_RESULT:
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
    order: Order,
    now: float,
    session: str,
    intent: str,
    known: Outcome,
) -> Job:
    """Record a job in its last known state.

    No transition applies, because it was made elsewhere.
    """
    job = add(connection, order, now, session, None, intent, None)
    if job.created_at != now or job.state is not State.QUEUED:
        return job
    sent = known.task_id or known.state is State.NEEDS_REVIEW
    connection.execute(
        "UPDATE jobs SET state = ?, task_id = ?, medias_json = ?, sent_at = ?, ended_at = ?,"
        " updated_at = ? WHERE id = ?",
        (
            known.state,
            known.task_id,
            dump_medias(known.medias),
            (known.sent_at or now) if sent else None,
            now if known.state in job_states.ENDED else None,
            now,
            job.id,
        ),
    )
    write_event(connection, job.id, now, known.state, "event.put_back", {})
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
    step(connection, session, before, State.FORGOTTEN, now, "event.forgotten", {}, {}, False)


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
        connection.execute(
            "UPDATE jobs SET order_json = ?, updated_at = ?, waiting = ?, waiting_json = ?"
            " WHERE id = ?",
            (
                dump_order(replace(job.order, inputs=inputs)),
                now,
                "waiting.word_after" if job.needs_approval else "waiting.after",
                json.dumps({"id": first}),
                job.id,
            ),
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
    values: dict[str, str | int | float],
    columns: dict[str, object],
    ours: bool,
) -> Job:
    """Make one transition with its timeline entry; see `Ledger.step`."""
    before = require(connection, job_id)
    if ours or after is State.SENDING:
        _check_owner(connection, session, job_id)
    job_states.check(before.state, after)
    columns |= {"state": after, "updated_at": now}
    if after is State.SENDING:
        columns["sent_at"] = now
    if after is not State.QUEUED:
        columns |= {"waiting": "", "waiting_json": "{}"}
    if after in (State.SENDING, State.RUNNING):
        columns["turn"] = 1
    elif after not in UNSENT:
        columns["turn"] = 0
    if after in job_states.ENDED or after is State.FETCHING:
        columns["ended_at"] = before.ended_at or now  # the service was done before the download
    else:
        columns["ended_at"] = None
    if after is State.QUEUED:
        columns["sent_at"] = None
    if after in job_states.OPEN and before.state in _TAKEN_UP:
        columns |= {"owner": session, "lease_until": now + FIRST_LEASE}
    names = ", ".join(f"{name} = ?" for name in columns)
    connection.execute(f"UPDATE jobs SET {names} WHERE id = ?", (*columns.values(), job_id))
    write_event(connection, job_id, now, after, key, values)
    return require(connection, job_id)


def _check_owner(connection: sqlite3.Connection, session: str, job_id: int) -> None:
    """Raise `NotOwner` where another run took the job over, for example during a suspend."""
    row = connection.execute("SELECT owner FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row[0] not in ("", session):
        raise job_states.NotOwner(f"job {job_id} is another run's")


def note(
    connection: sqlite3.Connection,
    job_id: int,
    now: float,
    key: str,
    values: dict[str, str | int | float],
) -> None:
    """Add a timeline entry in the job's current state."""
    job = require(connection, job_id)
    write_event(connection, job_id, now, job.state, key, values)


def note_once(connection: sqlite3.Connection, job_id: int, now: float, key: str) -> bool:
    """Add a timeline entry unless there is one with that key; see `Ledger.note_once`."""
    found = connection.execute("SELECT 1 FROM events WHERE job = ? AND key = ?", (job_id, key))
    if found.fetchone() is not None:
        return False
    note(connection, job_id, now, key, {})
    return True


def delay(
    connection: sqlite3.Connection,
    session: str,
    job_id: int,
    now: float,
    why: str,
    values: Mapping[str, str | int | float],
    medias: tuple[Media, ...] | None,
) -> Job:
    """Record why results are missing; see `Ledger.delay`."""
    job = require(connection, job_id)
    if job.state is not State.FETCHING:
        raise job_states.ImpossibleTransition(f"delay in {job.state}")
    if medias is not None:
        _check_owner(connection, session, job_id)
    connection.execute(
        "UPDATE jobs SET waiting = ?, waiting_json = ?, medias_json = ?, updated_at = ?"
        " WHERE id = ?",
        (why, json.dumps(values), dump_medias(job.medias if medias is None else medias), now,
         job_id),
    )  # fmt: skip
    if why:
        write_event(connection, job_id, now, job.state, why, values)
    return require(connection, job_id)


def write_event(
    connection: sqlite3.Connection,
    job_id: int,
    now: float,
    state: State,
    key: str,
    values: Mapping[str, str | int | float],
) -> None:
    """Insert a timeline entry."""
    connection.execute(
        "INSERT INTO events (job, at, state, key, values_json) VALUES (?, ?, ?, ?, ?)",
        (job_id, now, state, key, dump(values)),
    )


def mark_missing(
    connection: sqlite3.Connection, job_id: int, index: int, now: float, key: str
) -> Job:
    """Record that a result's file is missing; `index` counts from 1."""
    job = require(connection, job_id)
    medias = tuple(
        replace(media, path="") if at == index else media for at, media in enumerate(job.medias, 1)
    )
    connection.execute(
        "UPDATE jobs SET medias_json = ?, updated_at = ? WHERE id = ?",
        (dump_medias(medias), now, job_id),
    )
    write_event(connection, job_id, now, job.state, key, {"index": index})
    return require(connection, job_id)


def mark(
    connection: sqlite3.Connection, job_id: int, indices: Collection[int], change: MarkChange
) -> Job:
    """Change the marks of a job's results; see `Ledger.mark`."""
    job = require(connection, job_id)
    every = range(1, max(job.order.n, len(job.medias)) + 1)
    wanted = [index for index in every if not indices or index in indices]
    marks = dict(job.marks) | {index: change.of(job.marks.get(index, UNMARKED)) for index in wanted}
    project = job.order.project if change.project is None else change.project
    connection.execute(
        "UPDATE jobs SET marks_json = ?, project = ? WHERE id = ?",
        (dump_marks(marks), _as_spelled_before(connection, project), job_id),
    )
    return require(connection, job_id)


def reorder(
    connection: sqlite3.Connection,
    job_id: int,
    order: Order,
    now: float,
    key: str,
    values: dict[str, str | int | float],
) -> Job:
    """Change an unsent job's order. Raises `ImpossibleTransition` where it is no longer unsent."""
    job = require(connection, job_id)
    if job.state not in job_states.UNSENT:
        raise job_states.ImpossibleTransition(f"reorder in {job.state}")
    connection.execute(
        "UPDATE jobs SET order_json = ?, points = ?, updated_at = ? WHERE id = ?",
        (dump_order(order), order.total, now, job_id),
    )
    write_event(connection, job_id, now, job.state, key, values)
    return require(connection, job_id)


def hold(
    connection: sqlite3.Connection,
    job_id: int,
    held: bool,
    why: str,
    values: Mapping[str, str | int | float],
) -> Job:
    """Hold an unsent job or release it; see `Ledger.hold`."""
    connection.execute(
        "UPDATE jobs SET held = ?, waived = CASE WHEN ? THEN waived ELSE waived"
        " | CASE WHEN waiting LIKE 'waiting.over%' AND waiting NOT LIKE 'waiting.over_agent%'"
        " THEN ? ELSE 0 END | CASE WHEN client != '' THEN ? ELSE 0 END END,"
        " turn = turn AND NOT ?, waiting = ?, waiting_json = ? WHERE id = ?",
        (held, held, WAIVED, APPROVED, held, why, json.dumps(values), job_id),
    )
    return require(connection, job_id)


def claim(
    connection: sqlite3.Connection,
    session: str,
    now: float,
    until: float,
    only: Collection[int] | None,
) -> tuple[Job, ...]:
    """Take over jobs and renew leases; see `Ledger.claim`."""
    ids = tuple(only or ())
    among = "" if only is None else f" AND id IN ({', '.join('?' * len(ids))})"
    others = [row[0] for row in other_owners(connection, session)]
    gone = [each for each in others if process_id.is_gone(each)]
    here = [each for each in others if process_id.is_here(each)]
    ended = f" OR owner IN ({', '.join('?' * len(gone))})"
    living = f"owner IN ({', '.join('?' * len(here))})"
    # a live run's create is left to it for longer: only that run can still get the answer
    slow = (
        f"lease_until < CASE WHEN {living} THEN CASE state WHEN 'sending' THEN ? ELSE ? END"
        " ELSE ? END"
    )
    # written by a clock that was ahead; a live run corrects it within seconds
    future = f" OR (lease_until > ? AND NOT {living})"
    ours_to_be = f"{OPEN}{among} AND (owner = ? OR owner = '' OR {slow}{future}{ended})"
    leases = (now - LONG_GONE, now - GRACE, now, now + LONGEST_LEASE)
    named = (*ids, session, *here, *leases, *here, *gone)
    # an owner that ended without releasing crashed: its unsent jobs need approval
    connection.execute(
        "UPDATE jobs SET turn = 0, waiting = CASE WHEN held THEN waiting ELSE 'waiting.word' END,"
        " waiting_json = CASE WHEN held THEN waiting_json ELSE '{}' END, held = 1"
        f" WHERE owner NOT IN ('', ?) AND state IN (?, ?, ?) AND {ours_to_be}",
        (session, *UNSENT, *named),
    )
    # the sender pays: the session limit also counts what an earlier run left
    connection.execute(
        "UPDATE jobs SET session = CASE WHEN state IN (?, ?, ?) THEN ? ELSE session END,"
        f" owner = ?, lease_until = ? WHERE {ours_to_be}",
        (*UNSENT, session, session, until, *named),
    )
    # +id: else SQLite scans all jobs to have them in order
    rows = connection.execute(
        f"SELECT * FROM jobs WHERE {OPEN} AND owner = ? ORDER BY +id", (session,)
    )
    return tuple(map(job_of, rows))


def other_owners(connection: sqlite3.Connection, session: str) -> list[sqlite3.Row]:
    """Return the other runs that own open jobs."""
    return connection.execute(
        f"SELECT DISTINCT owner FROM jobs WHERE {OPEN} AND owner NOT IN ('', ?)", (session,)
    ).fetchall()


def release(connection: sqlite3.Connection, session: str, hold: bool) -> None:
    """Give up this run's leases; see `Ledger.release`."""
    mine = f"{OPEN} AND owner = ?"
    if hold:
        connection.execute(
            "UPDATE jobs SET waiting = 'waiting.word', waiting_json = '{}', held = 1"
            f" WHERE state IN (?, ?, ?) AND NOT held AND {mine}",
            (*UNSENT, session),
        )
    connection.execute(
        "UPDATE jobs SET turn = turn AND state NOT IN (?, ?, ?), owner = '', lease_until = 0"
        f" WHERE {mine}",
        (*UNSENT, session),
    )
