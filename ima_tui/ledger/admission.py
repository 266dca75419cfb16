"""Admission control: which queued jobs may be sent, by limits shared by all processes; leases.

An admitted job (column `turn`) has one of the slots at the service until it is ready, ends, times
out or is held. Other jobs record why they wait; what exceeds a spending limit is held until the
user approves. All runs share one queue: a job of another live run that may be sent keeps its slot
ahead of those behind it, until that run admits it or its lease ends.

Unsent jobs go by id, unless the user moved them: only the positions of the named jobs are
redistributed, so nothing else moves, positions stay unique, and a new job is always last.

A run owns the jobs it follows for as long as their leases last (`claim`, `release`).
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection

from ima_tui.config.loader import Settings
from ima_tui.core.clock import month_start
from ima_tui.core.domain import Job, State
from ima_tui.core.text import folded
from ima_tui.ledger import process_id
from ima_tui.ledger.queries import LONG_GONE, OPEN, UNSENT, require, rows_in, spent
from ima_tui.ledger.records import WITHOUT_RESULT, job_of
from ima_tui.ledger.writing import WAIVED, Why, write_event

PLACE = "COALESCE(place, id)"


def arrange(connection: sqlite3.Connection, ids: tuple[int, ...]) -> tuple[Job, ...]:
    """Reorder unsent jobs within the queue positions that they have.

    Jobs that are no longer queued are ignored. Returns the jobs that moved.
    """
    statement = f"SELECT id, {PLACE} FROM jobs WHERE state = ? AND id"
    rows = rows_in(connection, statement, (State.QUEUED,), ids)
    places: dict[int, int] = {row[0]: row[1] for row in rows}
    waiting = [each for each in dict.fromkeys(ids) if each in places]
    moved = [
        (place, each)
        for place, each in zip(sorted(places.values()), waiting, strict=True)
        if places[each] != place
    ]
    connection.executemany("UPDATE jobs SET place = ? WHERE id = ?", moved)
    rows = connection.execute(f"SELECT * FROM jobs WHERE {OPEN} AND state = ?", (State.QUEUED,))
    changed = {each for _, each in moved}
    return tuple(job_of(row) for row in rows if row["id"] in changed)


GRACE = 90.0
"""Extra seconds for a run whose process exists: it may be slow, or suspended with ctrl+z."""
LONGEST_LEASE = 600.0
"""Maximum seconds of a lease."""
ABANDONED = 900.0
"""Seconds that a job which no run follows still counts as running at the service."""


def settled(job: Job) -> bool:
    """Tell whether the job waits for nothing more: admitted, held, or no longer queued."""
    return job.needs_approval or job.state is not State.QUEUED or not job.waiting


def admit(
    connection: sqlite3.Connection,
    session: str,
    ids: tuple[int, ...],
    limits: Settings,
    now: float,
    midnight: float,
) -> tuple[Job, ...]:
    """Admit queued jobs to the service, by queue position, as far as the limits allow.

    Another run's job ahead of them keeps its slot. Returns the jobs that need not be asked for
    again (admitted, held, or no longer queued) and those whose reason to wait changed; `settled`
    tells them apart.
    """
    check = _AdmissionCheck(connection, session, limits, now, midnight)
    changed: list[Job] = []
    rows = rows_in(connection, f"SELECT {_COLUMNS} FROM jobs WHERE id", (), ids)
    asked = {row["id"]: row for row in rows}
    line = {row["id"]: row for row in _others(connection, session, now)} | asked
    for row in sorted(line.values(), key=lambda row: row["place"]):
        settled_already = row["held"] or row["state"] != State.QUEUED or row["turn"]
        if row["id"] in asked and settled_already:
            changed.append(require(connection, row["id"]))
            continue
        if row["owner"] not in ("", session):
            check.leave_to(row)
            continue
        hold, (key, values) = check.judge(row)
        if key and not hold and (row["waiting"], json.loads(row["waiting_json"])) == (key, values):
            continue
        connection.execute(
            "UPDATE jobs SET turn = ?, held = ?, waiting = ?, waiting_json = ? WHERE id = ?",
            (not key, hold, key, json.dumps(values), row["id"]),
        )
        if hold:
            write_event(connection, row["id"], now, State.QUEUED, key, values)
        changed.append(require(connection, row["id"]))
    return tuple(changed)


_COLUMNS = (
    "id, state, held, turn, task_type, points, session, owner, client, waived, waiting,"
    " waiting_json, project,"
    f" {PLACE} AS place, EXISTS (SELECT 1 FROM needs WHERE job = jobs.id) AS needy"
)
"""Orders are not read: hundreds of jobs may wait."""


def _others(connection: sqlite3.Connection, session: str, now: float) -> list[sqlite3.Row]:
    """Return the jobs that wait for admission in other live runs."""
    rows = connection.execute(
        f"SELECT {_COLUMNS}, lease_until FROM jobs WHERE {OPEN} AND state = ? AND NOT held"
        " AND NOT turn AND owner NOT IN ('', ?) AND lease_until >= ?",
        (State.QUEUED, session, now - GRACE),
    ).fetchall()
    owners = {row["owner"] for row in rows}
    gone = set(filter(process_id.is_gone, owners))
    here = set(filter(process_id.is_here, owners))
    return [
        row
        for row in rows
        if row["owner"] in here or (row["owner"] not in gone and row["lease_until"] >= now)
    ]


class _AdmissionCheck:
    """The remaining slots and points, while jobs are judged one after the other."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        session: str,
        limits: Settings,
        now: float,
        midnight: float,
    ) -> None:
        self._connection = connection
        self._session = session
        self._limits = limits
        self._task_types = Counter(_running(connection, session, now))
        self._since = (midnight, month_start(now))

        def committed(limit: int, since: float, session: str = "", narrowed: str = "") -> int:
            if not limit:
                return 0
            return spent(connection, since, session, admitted=True, narrowed=narrowed)

        self._spent = {
            "session": committed(limits.per_session, 0.0, session),
            "day": committed(limits.per_day, midnight),
            "month": committed(limits.per_month, month_start(now)),
            "agent_day": committed(limits.agent_per_day, midnight, "", " AND client != ''"),
        }
        self._projects: dict[str, list[int]] = {}

    def judge(self, row: sqlite3.Row) -> tuple[bool, Why]:
        """Return whether to hold the job, and why it can't be sent; an empty key: it can."""
        if row["needy"] and (verdict := self._needs(row["id"])):
            return verdict
        if not row["waived"] & WAIVED and (over := self._over(row)):
            return True, over
        if row["client"] and not row["waived"] and (over := self._over_for_agents(row)):
            return True, over
        if full := self._full(row["task_type"]):
            return False, full
        self._task_types[row["task_type"]] += 1
        counts = {"session": row["session"] == self._session, "agent_day": bool(row["client"])}
        for limit in self._spent:
            self._spent[limit] += row["points"] if counts.get(limit, True) else 0
        for at, spent_there in enumerate(self._projects.get(folded(row["project"]), ())):
            self._projects[folded(row["project"])][at] = spent_there + row["points"]
        return False, ("", {})

    def leave_to(self, row: sqlite3.Row) -> None:
        """Reserve a slot for another run's job, unless that could not be sent now either.

        That run's limits may be lower than ours; it recorded what it waits for.
        """
        task_type, stated = row["task_type"], json.loads(row["waiting_json"]).get("limit", 0)
        full_there = {
            "waiting.running": self._task_types.total() >= stated,
            "waiting.kind": self._task_types[task_type] >= stated,
        }
        if full_there.get(row["waiting"]) or self._full(task_type):
            return
        if not (row["needy"] and self._needs(row["id"])):
            self._task_types[task_type] += 1

    def _needs(self, job_id: int) -> tuple[bool, Why] | None:
        rows = self._connection.execute(
            "SELECT first, state FROM needs JOIN jobs ON jobs.id = first WHERE job = ?", (job_id,)
        ).fetchall()
        for row in rows:
            if State(row["state"]) in WITHOUT_RESULT:
                return True, ("waiting.in_vain", {"id": row["first"]})
        for row in rows:
            if row["state"] != State.DONE:
                return False, ("waiting.after", {"id": row["first"]})
        return None

    def _over(self, row: sqlite3.Row) -> Why | None:
        points, limits = row["points"], self._limits
        if 0 < limits.per_job < points:
            return "waiting.over_job", {"points": points, "limit": limits.per_job}
        ours = row["session"] == self._session
        return (
            self._above("session", limits.per_session if ours else 0, points)
            or self._above("day", limits.per_day, points)
            or self._above("month", limits.per_month, points)
            or self._over_project(row)
        )

    def _above(self, name: str, limit: int, points: int) -> Why | None:
        if not 0 < limit < self._spent[name] + points:
            return None
        return f"waiting.over_{name}", {
            "points": points,
            "spent": self._spent[name],
            "limit": limit,
        }

    def _over_project(self, row: sqlite3.Row) -> Why | None:
        name, points = folded(row["project"]), row["points"]
        limits = self._limits.projects.get(name)
        if limits is None:
            return None
        if name not in self._projects:
            self._projects[name] = [
                spent(self._connection, since, project=row["project"], admitted=True)
                for since in self._since
            ]
        pairs = zip(self._projects[name], (limits.per_day, limits.per_month), strict=True)
        for word, (known, limit) in zip(("day", "month"), pairs, strict=True):
            if 0 < limit < known + points:
                figures = {"points": points, "spent": known, "limit": limit}
                return f"waiting.over_project_{word}", {"project": row["project"], **figures}
        return None

    def _over_for_agents(self, row: sqlite3.Row) -> Why | None:
        points, limits = row["points"], self._limits
        if 0 < limits.agent_per_job < points:
            return "waiting.over_agent_job", {"points": points, "limit": limits.agent_per_job}
        if over := self._above("agent_day", limits.agent_per_day, points):
            return over
        if limits.agent_approve_above < points:
            return "waiting.over_agent_ask", {"points": points}
        return None

    def _full(self, task_type: str) -> Why | None:
        if self._task_types.total() >= self._limits.running > 0:
            return "waiting.running", {"limit": self._limits.running}
        if self._task_types[task_type] >= self._limits.running_per_kind > 0:
            return "waiting.kind", {"limit": self._limits.running_per_kind}
        return None


def _running(connection: sqlite3.Connection, session: str, now: float) -> list[str]:
    """Return the task type of each job that occupies a slot. A dead run's unsent job has none."""
    rows = connection.execute(
        f"SELECT task_type FROM jobs WHERE turn = 1 AND {OPEN}"
        " AND (owner = ? OR lease_until >= ? OR (sent_at IS NOT NULL AND sent_at > ?))",
        (session, now, now - ABANDONED),
    )
    return [row[0] for row in rows]


def claim(
    connection: sqlite3.Connection,
    session: str,
    now: float,
    until: float,
    only: Collection[int] | None = None,
) -> tuple[Job, ...]:
    """Take over open jobs that no live run follows until `until`, and renew our own leases.

    `only`: these jobs, or all. Returns every job that is ours now.
    """
    ids = tuple(only or ())
    among = "" if only is None else f" AND id IN ({', '.join('?' * len(ids))})"
    others = [
        row[0]
        for row in connection.execute(
            f"SELECT DISTINCT owner FROM jobs WHERE {OPEN} AND owner NOT IN ('', ?)", (session,)
        )
    ]
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
        f" WHERE owner NOT IN ('', ?) AND {UNSENT} AND {ours_to_be}",
        (session, *named),
    )
    # the sender pays: the session limit also counts what an earlier run left
    connection.execute(
        f"UPDATE jobs SET session = CASE WHEN {UNSENT} THEN ? ELSE session END,"
        f" owner = ?, lease_until = ? WHERE {ours_to_be}",
        (session, session, until, *named),
    )
    # +id: else SQLite scans all jobs to have them in order
    rows = connection.execute(
        f"SELECT * FROM jobs WHERE {OPEN} AND owner = ? ORDER BY +id", (session,)
    )
    return tuple(map(job_of, rows))


def release(connection: sqlite3.Connection, session: str, *, hold: bool = False) -> None:
    """Give up every lease of this run, so that others may follow at once.

    `hold`: unsent jobs need the user's approval from then on.
    """
    mine = f"{OPEN} AND owner = ?"
    if hold:
        connection.execute(
            "UPDATE jobs SET waiting = 'waiting.word', waiting_json = '{}', held = 1"
            f" WHERE {UNSENT} AND NOT held AND {mine}",
            (session,),
        )
    connection.execute(
        f"UPDATE jobs SET turn = turn AND NOT {UNSENT}, owner = '', lease_until = 0 WHERE {mine}",
        (session,),
    )
