"""Async interface of the ledger: each public method is atomic and runs on one writer thread.

What it returns is on disk: the intent before the request leaves, the task id as soon as it comes,
the results as a step of their own. A rollback journal with `synchronous=EXTRA`, not WAL: see
docs/decisions.md. Jobs are written on state changes only, never per status request.

`LedgerReader` has the queries: jobs by id, state and what they wait for; points and durations.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Collection, Mapping
from pathlib import Path

from ima_tui.core.domain import Event, Failure, Job, Media, Order, Outcome, Result, State
from ima_tui.core.labels import MarkChange
from ima_tui.ledger import (
    admission,
    queries,
    records,
    task_ids,
    traces,
    trail,
    verification,
    writing,
)
from ima_tui.ledger.admission import AdmissionLimits
from ima_tui.ledger.file import LedgerFile
from ima_tui.ledger.traces import Places
from ima_tui.ledger.writing import Why


class LedgerReader(LedgerFile):
    """What can be asked of the ledger; lists and reports over many jobs are in `history`."""

    async def job(self, job_id: int) -> Job | None:
        """Return one job, or None."""
        return await self.read(queries.find, job_id)

    async def news(self) -> tuple[Job, ...]:
        """Return the jobs changed since the last call, if another process changed any.

        Nearly free when none did. Our own changes may be included.
        """
        return await self.read(self._news)

    def _news(self, connection: sqlite3.Connection) -> tuple[Job, ...]:
        version = queries.version(connection)
        if version == self._version:
            return ()
        jobs = queries.news(connection, self._revision)
        if jobs:
            self._revision = jobs[-1].revision
        if len(jobs) < queries.MOST_NEWS:
            self._version = version
        return jobs

    async def waiting_for(self, first: int) -> tuple[Job, ...]:
        """Return the jobs that use results of the job `first`."""
        return await self.read(queries.waiting_for, first)

    async def unowned(self, now: float) -> tuple[int, ...]:
        """Return the ids of open, sent jobs that no live process follows."""
        return await self.read(queries.unowned, self.session, now)

    async def owned(self) -> tuple[Job, ...]:
        """Return the open jobs that this run follows."""
        return await self.read(queries.owned, self.session)

    async def by_intents(self, intents: Collection[str]) -> dict[str, Job]:
        """Return the known jobs of these intents."""
        return await self.read(queries.by_intents, tuple(intents))

    async def repeats_of(self, ids: Collection[int]) -> dict[int, Job]:
        """Return the newest repetition of each job."""
        return await self.read(queries.repeats_of, tuple(ids))

    async def recent(self, limit: int) -> tuple[Job, ...]:
        """Return every open job and the newest ended ones, newest first, without forgotten ones."""
        return await self.read(queries.recent, limit)

    async def newest(self) -> Job | None:
        """Return the newest job that is not forgotten."""
        return await self.read(queries.newest)

    async def results(self, below: int, limit: int) -> tuple[tuple[Result, ...], int]:
        """Return results of jobs with ids below `below`, newest first, and the next `below`.

        0: end.
        """
        return await self.read(queries.results, below, limit)

    async def timeline(self, job_id: int) -> tuple[Event, ...]:
        """Return the timeline of a job, oldest entry first."""
        return await self.read(queries.timeline, job_id)

    async def spent(self, since: float, session: str = "") -> int:
        """Return the points of jobs that the service accepted, or may have, since then."""
        return await self.read(queries.spent, since, session)

    async def out(self) -> int:
        """Return the points charged for jobs that have no result yet."""
        return await self.read(queries.out)

    async def durations(self, order: Order, count: int = 20) -> tuple[float, ...]:
        """Return the seconds that past runs of this model at this price took, newest first."""
        return await self.read(queries.durations, order, count)

    async def traced(self) -> int:
        """Return how many jobs were put back from result files, manifests or the log."""
        return await self.read(queries.traced)

    async def costing(self, points: int, project: str = "") -> frozenset[int]:
        """Return the ids of all jobs of at least so many points."""
        return await self.read(queries.costing, points, project)

    async def verify(
        self, now: float, *, wants_files: bool, places: Places
    ) -> tuple[verification.Verification, list[verification.Difference]]:
        """Compare with manifests, log, sidecars and result files. Reads them all."""
        found = await asyncio.to_thread(traces.collect, self._path, places)
        return await self.read(
            lambda connection: verification.verify(
                queries.with_intents(connection), found, now, wants_files=wants_files
            )
        )

    async def healthy(self) -> bool:
        """Run SQLite's own check of the whole file."""
        return await self.read(queries.healthy)


Values = Mapping[str, str | int | float]
SQLITE_VERSION = sqlite3.sqlite_version


class Ledger(LedgerReader):
    """Every change of a job; `LedgerReader` has the queries, `LedgerFile` opens and closes it."""

    async def save_unsaved_task(
        self, job: Job, now: float, task_id: str, deadline: float | None
    ) -> Path | None:
        """Save the task id of a create that can't be written here to a file of its own.

        Returns its path, None where no place is writable. The next start takes it in.
        """
        row = records.running_row(job, now, task_id, deadline, self.session)
        events = [[now, State.RUNNING.value, "event.running", "{}"]]
        line: trail.Line = {"job": job.id, "made": job.created_at, "row": row, "events": events}
        return await asyncio.to_thread(task_ids.save, self._path, self.session, line, self._lineage)

    async def drop_unsaved_tasks(self) -> None:
        """Delete such a file of this run once everything in it is in the ledger."""
        await asyncio.to_thread(task_ids.drop, self._path, self.session)

    async def add(
        self,
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
        return await self.write(
            writing.add, order, now, self.session, repeats, intent, after, instead, hold
        )

    async def put_back(self, order: Order, now: float, intent: str, known: Outcome) -> Job:
        """Record a job that the ledger lost and another file still knows.

        A known intent returns its existing job.
        """
        return await self.write(writing.put_back, order, now, self.session, intent, known)

    async def step(
        self,
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
        columns: dict[str, object] = {}
        if order is not None:
            columns |= {"order_json": records.dump_order(order), "points": order.total}
        if task_id is not None:
            columns["task_id"] = task_id
        if deadline is not None:
            columns["deadline"] = deadline
        if medias is not None:
            columns["medias_json"] = records.dump_medias(medias)
        if failure is not None:
            columns["failure_json"] = records.dump_failure(failure)
        return await self.write(
            writing.step, self.session, job_id, after, now, key, dict(values or {}), columns, ours
        )

    async def note(self, job_id: int, now: float, key: str, values: Values | None = None) -> None:
        """Add a timeline entry without a change of state."""
        await self.write(writing.note, job_id, now, key, dict(values or {}))

    async def note_once(self, job_id: int, now: float, key: str) -> bool:
        """Add a timeline entry unless the job has one with that key; False if it has."""
        return await self.write(writing.note_once, job_id, now, key)

    async def delay(
        self,
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
        return await self.write(
            writing.delay, self.session, job_id, now, why, dict(values or {}), medias
        )

    async def mark_missing(self, job_id: int, index: int, now: float, key: str) -> Job:
        """Record that the file of a result (from 1) is missing, with a timeline entry."""
        return await self.write(writing.mark_missing, job_id, index, now, key)

    async def mark(self, job_id: int, indices: Collection[int], change: MarkChange) -> Job:
        """Change the marks of these results (from 1), or of all where none is named."""
        return await self.write(writing.mark, job_id, tuple(indices), change)

    async def reorder(
        self, job_id: int, order: Order, now: float, key: str, values: Values | None = None
    ) -> Job:
        """Change an unsent job's order, with a timeline entry."""
        return await self.write(writing.reorder, job_id, order, now, key, dict(values or {}))

    async def hold(
        self, job_id: int, held: bool, why: str = "", values: Values | None = None
    ) -> Job:
        """Hold an unsent job until it is approved (`why`: a message key), or release it.

        A job released from a spending limit is not held by it again.
        """
        return await self.write(writing.hold, job_id, held, why, dict(values or {}))

    async def arrange(self, ids: Collection[int]) -> tuple[Job, ...]:
        """Reorder unsent jobs within the queue positions that they have.

        Jobs that are no longer queued are ignored. Returns the jobs that moved.
        """
        return await self.write(admission.arrange, tuple(ids))

    async def admit(
        self, ids: Collection[int], limits: AdmissionLimits, now: float, midnight: float
    ) -> tuple[Job, ...]:
        """Admit queued jobs to the service, by queue position, as far as the limits allow.

        Another run's job ahead of them keeps its slot. Returns the jobs that need not be asked for
        again (admitted, held, or no longer queued) and those whose reason to wait changed;
        `admission.settled` tells them apart.
        """
        return await self.write(admission.admit, self.session, tuple(ids), limits, now, midnight)

    async def claim(
        self, now: float, until: float, only: Collection[int] | None = None
    ) -> tuple[Job, ...]:
        """Take over open jobs that no live run follows until `until`, and renew our own leases.

        `only`: these jobs, or all. Returns every job that is ours now.
        """
        return await self.write(writing.claim, self.session, now, until, only)

    async def release(self, *, hold: bool = False) -> None:
        """Give up every lease of this run, so that others may follow at once.

        `hold`: unsent jobs need the user's approval from then on.
        """
        await self.write(writing.release, self.session, hold)
