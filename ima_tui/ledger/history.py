"""Questions about many jobs: filtered lists, timelines and reports, read page by page."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import field
from statistics import median

from ima_tui.core.domain import Event, Job, State
from ima_tui.core.records import dataclass
from ima_tui.core.text import encodable
from ima_tui.ledger import queries
from ima_tui.ledger.queries import CHARGED, OPEN, rows_in
from ima_tui.ledger.records import FAULT, job_of
from ima_tui.ledger.store import Ledger

_KEYS = {
    "day": "strftime('%Y-%m-%d', COALESCE(sent_at, created_at), 'unixepoch', 'localtime')",
    "model": "model_id",
    "type": "task_type",
    "project": "project",
    "client": "client",
}
_BETWEEN = "\x1f"
"""Between two keys of one group; no name has it."""
_SPENT = (
    f"points * ({CHARGED}) + COALESCE((SELECT SUM(json_extract(values_json, '$.at_risk'))"
    f" FROM events WHERE job = jobs.id AND key = '{FAULT}'), 0)"
)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs; what is left empty holds for all. Without `states` forgotten ones are left out.

    `model`: part of a model's id or name; `search`: part of the prompt. `needs_approval`: only
    unsent jobs that are held. `project`: "" means without one; `tag` and `starred`: of any result.
    """

    states: tuple[State, ...] = ()
    task_type: str = ""
    model: str = ""
    search: str = ""
    since: float = 0.0
    until: float = 0.0
    needs_approval: bool = False
    project: str | None = None
    client: str = ""
    tag: str = ""
    starred: bool = False
    forgotten: bool = False
    """Also those that were removed from the list."""

    def where(self, at: str = "created_at") -> tuple[str, tuple[str | float, ...]]:
        """Return the condition and its values; `at` is the time that `since` and `until` mean."""
        parts: list[tuple[str, tuple[str | float, ...]]] = [("1", ())]
        if self.states:
            parts.append((f"state IN ({', '.join('?' * len(self.states))})", self.states))
        elif at == "created_at" and not self.forgotten:
            parts.append(("state != 'forgotten'", ()))
        if self.needs_approval:
            parts.append(("held AND state = 'queued'", ()))
        if self.task_type:
            parts.append(("task_type = ?", (self.task_type,)))
        if self.model:
            name = f"json_extract(order_json, '$.model_name') {_LIKE}"
            parts.append((f"(model_id {_LIKE} OR {name})", (_part(self.model),) * 2))
        if self.search:
            parts.append((f"json_extract(order_json, '$.prompt') {_LIKE}", (_part(self.search),)))
        parts += self._labels()
        if self.since:
            parts.append((f"{at} >= ?", (self.since,)))
        if self.until:
            parts.append((f"{at} <= ?", (self.until,)))
        values = [encodable(v) if isinstance(v, str) else v for _, each in parts for v in each]
        return " AND ".join(part for part, _ in parts), tuple(values)

    def _labels(self) -> Iterator[tuple[str, tuple[str | float, ...]]]:
        if self.project is not None:  # the partial indices are used only where they are named
            named = ("project = ? AND project != ''", (self.project,))
            yield named if self.project else ("project = ''", ())
        if self.client:
            yield "client = ? AND client != ''", (self.client,)
        if self.starred:
            yield f"{_MARKED} json_extract(mark.value, '$.star'))", ()
        if self.tag:
            tags = "SELECT 1 FROM json_each(json_extract(mark.value, '$.tags')) AS tag"
            yield f"{_MARKED} EXISTS ({tags} WHERE tag.value = ? COLLATE NOCASE))", (self.tag,)


_MARKED = "marks_json != '' AND EXISTS (SELECT 1 FROM json_each(marks_json) AS mark WHERE"
_LIKE = "LIKE ? ESCAPE '\\'"


def _part(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


@dataclass(slots=True)
class ReportRow:
    """Figures of one group of jobs; `points` were charged, or may have been.

    `times` and `estimates` are in seconds, of jobs that are done.
    """

    key: str
    jobs: int = 0
    done: int = 0
    failed: int = 0
    points: int = 0
    times: array[float] = field(default_factory=lambda: array("d"))
    estimates: array[float] = field(default_factory=lambda: array("d"))

    @property
    def keys(self) -> tuple[str, ...]:
        """What the group has in common, one for each thing that the report is by."""
        return tuple(self.key.split(_BETWEEN))

    @property
    def success(self) -> float | None:
        """The share of ended jobs that brought results; None before one ended."""
        ended = self.done + self.failed
        return self.done / ended if ended else None

    @property
    def median_time(self) -> float | None:
        """The median duration in seconds."""
        return median(self.times) if self.times else None

    @property
    def median_estimate(self) -> float | None:
        """The median of the upper estimates in seconds."""
        return median(self.estimates) if self.estimates else None


def listed(
    connection: sqlite3.Connection, among: JobFilter, below: int, limit: int
) -> tuple[Job, ...]:
    """Return the matching jobs with ids below `below` (0: all), newest first."""
    where, values = among.where()
    rows = connection.execute(
        f"SELECT * FROM jobs WHERE id < ? AND {where} ORDER BY id DESC LIMIT ?",
        (below or 1 << 62, *values, limit),
    )
    return tuple(map(job_of, rows))


def costliest(connection: sqlite3.Connection, among: JobFilter, limit: int) -> array[int]:
    """Return the ids of the matching jobs that cost most, by what was charged, most first."""
    where, values = among.where()
    rows = connection.execute(
        f"SELECT id FROM jobs WHERE {where} ORDER BY {_SPENT} DESC, id DESC LIMIT ?",
        (*values, limit),
    )
    return array("q", (row[0] for row in rows))


def named(connection: sqlite3.Connection, ids: Collection[int]) -> tuple[Job, ...]:
    """Return these jobs in this order."""
    rows = rows_in(connection, "SELECT * FROM jobs WHERE id", (), ids)
    found = {row["id"]: job_of(row) for row in rows}
    return tuple(found[each] for each in ids if each in found)


def counted(connection: sqlite3.Connection, among: JobFilter) -> int:
    """Return how many jobs match."""
    where, values = among.where()
    return int(connection.execute(f"SELECT COUNT(*) FROM jobs WHERE {where}", values).fetchone()[0])


def page(
    connection: sqlite3.Connection, among: JobFilter, after: int, limit: int
) -> tuple[Job, ...]:
    """Return the matching jobs with ids above `after`, oldest first."""
    where, values = among.where()
    rows = connection.execute(
        f"SELECT * FROM jobs WHERE id > ? AND {where} ORDER BY id LIMIT ?", (after, *values, limit)
    )
    return tuple(map(job_of, rows))


def queued(connection: sqlite3.Connection, among: JobFilter) -> tuple[Job, ...]:
    """Return the matching unsent jobs, from the last in the queue to the next."""
    where, values = among.where()
    rows = connection.execute(
        f"SELECT * FROM jobs WHERE {OPEN} AND state = 'queued' AND {where}"
        " ORDER BY COALESCE(place, id) DESC",
        values,
    )
    return tuple(map(job_of, rows))


def timelines(connection: sqlite3.Connection, ids: Collection[int]) -> dict[int, tuple[Event, ...]]:
    """Return the timelines of these jobs, oldest entry first."""
    found: dict[int, list[Event]] = {job_id: [] for job_id in ids}
    statement = "SELECT * FROM events WHERE job"
    for row in rows_in(connection, statement, (), found, "ORDER BY job, id"):
        found[row["job"]].append(queries.event_of(row))
    return {job_id: tuple(events) for job_id, events in found.items()}


def report(connection: sqlite3.Connection, by: str, among: JobFilter) -> tuple[ReportRow, ...]:
    """Return the figures of each group, by key. Forgotten jobs count by what they cost.

    `by`: names of `_KEYS`, separated by commas.
    """
    where, values = among.where("COALESCE(sent_at, created_at)")
    key_of = f" || '{_BETWEEN}' || ".join(_KEYS[each] for each in by.split(","))
    rows = connection.execute(
        f"SELECT {key_of}, state, medias_json != '[]', {_SPENT}, ended_at - sent_at,"
        f" json_extract(order_json, '$.estimate.high') FROM jobs WHERE {where}",
        values,
    )
    groups: dict[str, ReportRow] = {}
    for key, state, came, spent, seconds, estimate in rows:
        group = groups.setdefault(key, ReportRow(key))
        group.jobs += 1
        group.points += spent
        is_done = state == State.DONE or (state == State.FORGOTTEN and bool(came))
        group.done += is_done
        group.failed += state == State.FAILED
        if is_done and seconds is not None and estimate is not None:
            group.times.append(seconds)
            group.estimates.append(estimate)
    return tuple(groups[key] for key in sorted(groups))


class History:
    """Reads many jobs of the ledger that `ledger` opens."""

    def __init__(self, ledger: Callable[[], Awaitable[Ledger]]) -> None:
        self._ledger = ledger

    async def listed(self, among: JobFilter, below: int, limit: int) -> tuple[Job, ...]:
        """Return a page of matching jobs, newest first, with ids below `below` (0: all)."""
        return await (await self._ledger()).read(listed, among, below, limit)

    async def page(self, among: JobFilter, after: int, limit: int) -> tuple[Job, ...]:
        """Return a page of matching jobs, oldest first, with ids above `after`."""
        return await (await self._ledger()).read(page, among, after, limit)

    async def costliest(self, among: JobFilter, limit: int) -> array[int]:
        """Return the ids of the matching jobs that cost most, most first."""
        return await (await self._ledger()).read(costliest, among, limit)

    async def named(self, ids: Collection[int]) -> tuple[Job, ...]:
        """Return these jobs in this order; at most 500."""
        return await (await self._ledger()).read(named, tuple(ids))

    async def queued(self, among: JobFilter) -> tuple[Job, ...]:
        """Return the matching unsent jobs, from the last in the queue to the next."""
        return await (await self._ledger()).read(queued, among)

    async def timelines(self, ids: Collection[int]) -> dict[int, tuple[Event, ...]]:
        """Return the timelines of these jobs."""
        return await (await self._ledger()).read(timelines, tuple(ids))

    async def report(self, by: str, among: JobFilter) -> tuple[ReportRow, ...]:
        """Return figures by `day`, `model`, `type`, `project`, `client`, or several of them."""
        return await (await self._ledger()).read(report, by, among)

    async def spent(self, since: float, project: str = "") -> int:
        """Return the points that were charged since then, or may have been."""
        return await (await self._ledger()).read(queries.spent, since, "", project)

    async def tags(self) -> tuple[str, ...]:
        """Return the tags of jobs that were marked, the newest job's first."""
        return await (await self._ledger()).read(queries.tags)

    async def projects(self) -> tuple[str, ...]:
        """Return the names of all projects, the last used first."""
        return await (await self._ledger()).read(queries.projects)
