"""Admission control: which queued jobs may be sent, by limits shared by all processes.

An admitted job (column `turn`) has one of the slots at the service until it is ready, ends, times
out or is held. Other jobs record why they wait; what exceeds a spending limit is held until the
user approves. All runs share one queue: a job of another live run that may be sent keeps its slot
ahead of those behind it, until that run admits it or its lease ends.

Unsent jobs go by id, unless the user moved them: only the positions of the named jobs are
redistributed, so nothing else moves, positions stay unique, and a new job is always last.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import field

from ima_tui.config.schema import ProjectLimits
from ima_tui.core.clock import month_start
from ima_tui.core.domain import Job, State
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.ledger import process_id
from ima_tui.ledger.job_states import WITHOUT_RESULT
from ima_tui.ledger.queries import CHARGED, MOST_NAMED, OPEN, at_risk, of_whom, require
from ima_tui.ledger.records import job_of
from ima_tui.ledger.writing import GRACE, WAIVED, Why, write_event

PLACE = "COALESCE(place, id)"


def arrange(connection: sqlite3.Connection, ids: tuple[int, ...]) -> tuple[Job, ...]:
    """Put those of `ids` that are still queued in this order; returns the jobs that moved."""
    places = _places(connection, ids)
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


def _places(connection: sqlite3.Connection, ids: tuple[int, ...]) -> dict[int, int]:
    found: dict[int, int] = {}
    for start in range(0, len(ids), MOST_NAMED):
        named = ids[start : start + MOST_NAMED]
        rows = connection.execute(
            f"SELECT id, {PLACE} FROM jobs WHERE state = ? AND id IN"
            f" ({', '.join('?' * len(named))})",
            (State.QUEUED, *named),
        )
        found |= {row[0]: row[1] for row in rows}
    return found


ABANDONED = 900.0
"""Seconds that a job which no run follows still counts as running at the service."""


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """Maximum concurrent jobs (all, per task type) and spending limits in points; 0: no limit."""

    running: int = 8
    per_task_type: int = 0
    per_job: int = 0
    per_session: int = 0
    per_day: int = 0
    per_month: int = 0
    agent_per_job: int = 0
    agent_per_day: int = 0
    agent_approve_above: int = 0
    """Of a job that an agent ordered; 0: each of them needs the user's approval."""
    projects: Mapping[str, ProjectLimits] = field(default_factory=dict)
    """By folded name."""


def settled(job: Job) -> bool:
    """Tell whether the job waits for nothing more: admitted, held, or no longer queued."""
    return job.needs_approval or job.state is not State.QUEUED or not job.waiting


def admit(
    connection: sqlite3.Connection,
    session: str,
    ids: tuple[int, ...],
    limits: AdmissionLimits,
    now: float,
    midnight: float,
) -> tuple[Job, ...]:
    """Admit jobs; see `Ledger.admit`."""
    check = _AdmissionCheck(connection, session, limits, now, midnight)
    changed: list[Job] = []
    asked = {row["id"]: row for row in _rows(connection, ids)}
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


def _rows(connection: sqlite3.Connection, ids: tuple[int, ...]) -> list[sqlite3.Row]:
    found: list[sqlite3.Row] = []
    for start in range(0, len(ids), MOST_NAMED):
        named = ids[start : start + MOST_NAMED]
        among = f"id IN ({', '.join('?' * len(named))})"
        found += connection.execute(f"SELECT {_COLUMNS} FROM jobs WHERE {among}", named)
    return found


def _others(connection: sqlite3.Connection, session: str, now: float) -> list[sqlite3.Row]:
    """Return the jobs that wait for admission in other live runs."""
    rows = connection.execute(
        f"SELECT {_COLUMNS}, lease_until FROM jobs WHERE {OPEN} AND state = ? AND NOT held"
        " AND NOT turn AND owner NOT IN ('', ?) AND lease_until >= ?",
        (State.QUEUED, session, now - GRACE),
    ).fetchall()
    owners = {row["owner"] for row in rows}
    gone, here = (
        set(filter(process_id.is_gone, owners)),
        set(filter(process_id.is_here, owners)),
    )
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
        limits: AdmissionLimits,
        now: float,
        midnight: float,
    ) -> None:
        self._connection = connection
        self._session = session
        self._limits = limits
        self._task_types = Counter(_running(connection, session, now))
        self._this_session = _committed(connection, 0.0, session) if limits.per_session else 0
        self._today = _committed(connection, midnight, "") if limits.per_day else 0
        month = month_start(now) if limits.per_month else 0.0
        self._month = _committed(connection, month, "") if limits.per_month else 0
        of_agents = " AND client != ''"
        self._agents = (
            _committed(connection, midnight, "", narrowed=of_agents) if limits.agent_per_day else 0
        )
        self._since = (midnight, month_start(now))
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
        self._today += row["points"]
        self._month += row["points"]
        if row["client"]:
            self._agents += row["points"]
        for at, spent in enumerate(self._projects.get(folded(row["project"]), ())):
            self._projects[folded(row["project"])][at] = spent + row["points"]
        if row["session"] == self._session:
            self._this_session += row["points"]
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
        if ours and 0 < limits.per_session < self._this_session + points:
            spent, limit = self._this_session, limits.per_session
            return "waiting.over_session", {"points": points, "spent": spent, "limit": limit}
        if 0 < limits.per_day < self._today + points:
            spent, limit = self._today, limits.per_day
            return "waiting.over_day", {"points": points, "spent": spent, "limit": limit}
        if 0 < limits.per_month < self._month + points:
            spent, limit = self._month, limits.per_month
            return "waiting.over_month", {"points": points, "spent": spent, "limit": limit}
        return self._over_project(row) if row["project"] else None

    def _over_project(self, row: sqlite3.Row) -> Why | None:
        name, points = folded(row["project"]), row["points"]
        limits = self._limits.projects.get(name)
        if limits is None:
            return None
        if name not in self._projects:
            self._projects[name] = [
                _committed(self._connection, since, "", row["project"]) for since in self._since
            ]
        pairs = zip(self._projects[name], (limits.per_day, limits.per_month), strict=True)
        for word, (spent, limit) in zip(("day", "month"), pairs, strict=True):
            if 0 < limit < spent + points:
                figures = {"points": points, "spent": spent, "limit": limit}
                return f"waiting.over_project_{word}", {"project": row["project"], **figures}
        return None

    def _over_for_agents(self, row: sqlite3.Row) -> Why | None:
        points, limits = row["points"], self._limits
        if 0 < limits.agent_per_job < points:
            return "waiting.over_agent_job", {"points": points, "limit": limits.agent_per_job}
        if 0 < limits.agent_per_day < self._agents + points:
            spent, limit = self._agents, limits.agent_per_day
            return "waiting.over_agent_day", {"points": points, "spent": spent, "limit": limit}
        if limits.agent_approve_above < points:
            return "waiting.over_agent_ask", {"points": points}
        return None

    def _full(self, task_type: str) -> Why | None:
        if self._task_types.total() >= self._limits.running > 0:
            return "waiting.running", {"limit": self._limits.running}
        if self._task_types[task_type] >= self._limits.per_task_type > 0:
            return "waiting.kind", {"limit": self._limits.per_task_type}
        return None


def _running(connection: sqlite3.Connection, session: str, now: float) -> list[str]:
    """Return the task type of each job that occupies a slot. A dead run's unsent job has none."""
    rows = connection.execute(
        f"SELECT task_type FROM jobs WHERE turn = 1 AND {OPEN}"
        " AND (owner = ? OR lease_until >= ? OR (sent_at IS NOT NULL AND sent_at > ?))",
        (session, now, now - ABANDONED),
    )
    return [row[0] for row in rows]


def _committed(
    connection: sqlite3.Connection,
    since: float,
    session: str,
    project: str = "",
    narrowed: str = "",
) -> int:
    """Return the points that were charged, may have been, or are about to be.

    `narrowed`: a further condition on the jobs.
    """
    among, named = of_whom(session, project)
    row = connection.execute(
        f"SELECT COALESCE(SUM(points), 0) FROM jobs WHERE {among}"
        f" ((sent_at IS NULL AND turn = 1) OR (sent_at >= ? AND ({CHARGED}))){narrowed}",
        (*named, since),
    ).fetchone()
    return int(row[0]) + at_risk(connection, since, session, project)
