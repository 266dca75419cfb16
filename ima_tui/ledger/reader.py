"""Queries of the ledger: jobs by id, by state and by what they wait for; points and durations."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Collection

from ima_tui.core.domain import Event, Job, Order, Result
from ima_tui.ledger import queries, traces, verification
from ima_tui.ledger.file import LedgerFile
from ima_tui.ledger.traces import Places


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
