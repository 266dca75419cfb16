"""Jobs as the ledger has them, for both front ends: by id, the newest, timelines, points."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

from ima_tui.core.clock import Clock, midnight
from ima_tui.core.domain import Event, Job, State
from ima_tui.core.errors import UsageError
from ima_tui.core.events import EventBus, JobChanged, Notice, Totals
from ima_tui.ledger import job_states
from ima_tui.studio.engine import Engine

NEWS_SECONDS = 1.0
"""Seconds between checks whether another process changed the ledger, while anyone listens."""


class JobQueries:
    """What is asked about jobs; nothing here changes one."""

    def __init__(self, engine: Engine, clock: Clock, broadcast: EventBus) -> None:
        self._engine = engine
        self._clock = clock
        self._broadcast = broadcast

    async def by_intents(self, intents: Collection[str]) -> dict[str, Job]:
        """Return the jobs that were submitted under these intents."""
        return await (await self._engine.ledger()).by_intents(intents)

    async def waiting_for(self, first: int) -> tuple[Job, ...]:
        """Return the jobs that use results of the job `first`, or start when it is done."""
        return await (await self._engine.ledger()).waiting_for(first)

    async def repeats_of(self, ids: Collection[int]) -> dict[int, Job]:
        """Return the newest repetition of each job."""
        return await (await self._engine.ledger()).repeats_of(ids)

    async def recent(self, limit: int = 500) -> tuple[Job, ...]:
        """Return every open job and the newest ended ones, newest first."""
        return await (await self._engine.ledger()).recent(limit)

    async def newest(self) -> Job | None:
        """Return the newest job, or None."""
        return await (await self._engine.ledger()).newest()

    async def get(self, job_id: int) -> Job | None:
        """Return one job, or None."""
        return await (await self._engine.ledger()).job(job_id)

    async def wait(self, job_id: int) -> Job:
        """Return the job once it has ended, timed out, or needs the user's approval.

        It is followed meanwhile by this run or another one. For a limit: `asyncio.timeout`; the
        job is kept.
        """
        changed = asyncio.Event()

        def hear(notice: Notice) -> None:
            if isinstance(notice, JobChanged) and notice.job.id == job_id:
                changed.set()

        unsubscribe = self._broadcast.subscribe(hear)
        try:
            while True:
                changed.clear()
                job = await self._require(job_id)
                held = job.needs_approval and job.state in job_states.UNSENT
                if held or job.state in job_states.ENDED or job.state is State.TIMED_OUT:
                    return job
                with suppress(TimeoutError):  # another process may be the one that follows it
                    async with asyncio.timeout(NEWS_SECONDS):
                        await changed.wait()
        finally:
            unsubscribe()

    async def timeline(self, job_id: int) -> tuple[Event, ...]:
        """Return the timeline of a job, oldest entry first."""
        return await (await self._engine.ledger()).timeline(job_id)

    async def totals(self) -> Totals:
        """Return the points spent today, in this session, and for jobs without a result yet."""
        ledger = await self._engine.ledger()
        return Totals(
            today=await ledger.spent(midnight(self._clock.time())),
            session=await ledger.spent(0.0, ledger.session),
            out=await ledger.out(),
        )

    async def _require(self, job_id: int) -> Job:
        job = await (await self._engine.ledger()).job(job_id)
        if job is None:
            raise UsageError("error.no_job", id=job_id)
        return job
