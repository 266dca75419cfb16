"""A batch's rows, fed to the scheduler a few at a time and followed to their ends."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from ima_tui.cli import exit_status
from ima_tui.cli.commands.batch_rows import PricedRow
from ima_tui.cli.exit_status import OVER
from ima_tui.cli.output import note_job
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import EXIT_KEY, EXIT_STILL_RUNNING, ImaError, UsageError
from ima_tui.core.events import JobChanged, Notice
from ima_tui.ledger.job_states import (
    ENDED,
    OPEN,
    ImpossibleTransition,
    waits_as_agents,
    waits_as_users,
)
from ima_tui.studio.studio import Studio

MOST_LIVE = 24
"""Rows handed over and not ended: some more than run at once, so that none has to wait for us."""
SWEEP_SECONDS = 2.0
"""How often the ledger is asked about rows that another process may be following."""


FOR_ALL = frozenset(
    {"error.too_few_points", "error.over_session", "error.over_day", "error.over_month"}
)
"""After these, as without a key, the next row would fare the same."""
RESTORED = "waiting.restored"


class TooLate(ImaError):
    """The time is over until which rows were to be sent."""

    exit_code = EXIT_STILL_RUNNING

    def __init__(self) -> None:
        super().__init__("error.batch_until")


class BatchFeeder:
    """`run` gives rows back as they end. `given_up` says why the rest was not sent.

    `asked`: a person said yes just now, which lets go what was over a limit; a flag does not.
    `after_repair`: what a restored ledger holds back is let go. `parallel`: the most rows at once;
    `until`: when no more rows are sent, in seconds since the epoch.
    """

    def __init__(
        self,
        studio: Studio,
        *,
        asked: bool,
        after_repair: bool = False,
        parallel: int | None = None,
        until: float | None = None,
    ) -> None:
        self._studio = studio
        self._most = min(MOST_LIVE, parallel or MOST_LIVE)
        self._until = until
        self._after_repair = asked or after_repair
        self._asked = asked
        self._live: dict[int, PricedRow] = {}
        self._settled: dict[int, Job] = {}
        self._news = asyncio.Event()
        self._swept = 0.0
        self._projects: set[str] = set()
        self.given_up: ImaError | None = None
        self.unsent = 0

    @property
    def live(self) -> int:
        """How many rows are being made."""
        return len(self._live)

    async def run(self, errands: Iterable[PricedRow]) -> AsyncGenerator[list[PricedRow], None]:
        """Errands with the jobs that they ended in, in the order of their ends."""
        waiting = deque(errands)
        self._projects = {errand.order.project for errand in waiting}
        unsubscribe = self._studio.subscribe(self._hear)
        try:
            while waiting or self._live:
                ended = await self._feed(waiting) + self._collect()
                if ended:
                    yield ended
                elif self._live:
                    await self._wait()
        finally:
            unsubscribe()

    async def _feed(self, waiting: deque[PricedRow]) -> list[PricedRow]:
        """As many as there is room for, side by side: their intents share commits."""
        chosen: list[PricedRow] = []
        late = self._until is not None and self._studio.clock.time() >= self._until
        if late and self.given_up is None and any(errand.to_pay for errand in waiting):
            self.given_up = TooLate()
        while waiting and len(self._live) + len(chosen) < self._most:
            errand = waiting.popleft()
            if self.given_up is not None and errand.to_pay:
                self.unsent += 1
            else:
                chosen.append(errand)
        ended: list[PricedRow] = []
        for errand, job in zip(chosen, await self._begin_all(chosen), strict=True):
            if settled(job):
                self._settled.pop(job.id, None)
                ended.append(self._end(errand, job))
            else:
                self._live[job.id] = errand
        return ended

    async def _begin_all(self, errands: Sequence[PricedRow]) -> list[Job]:
        """All have begun, or failed to, when this returns or raises."""
        begun = await asyncio.gather(*map(self._begin, errands), return_exceptions=True)
        jobs: list[Job] = []
        for each in begun:
            if isinstance(each, BaseException):
                raise each
            jobs.append(each)
        return jobs

    async def _begin(self, errand: PricedRow) -> Job:
        """Hand one row over: a new job, or the one it has already."""
        if errand.job is None:
            job = await self._studio.jobs.submit(errand.order, errand.intent, errand.repeats)
        else:
            job = errand.job
            if job.state in OPEN:
                await self._studio.jobs.adopt(job.id)
                job = await self._studio.jobs.get(job.id) or job
        note_job(job.id)
        lacks_files = job.state is State.DONE and any(not media.path for media in job.medias)
        with suppress(ImpossibleTransition, UsageError):  # another window was just faster
            if lacks_files and self._studio.settings.download:
                await self._studio.jobs.fetch(job.id)  # an earlier run left it; it costs nothing
            elif job.state is State.TIMED_OUT or self._may_let_go(job):
                await self._studio.jobs.follow(
                    job.id
                )  # the batch was agreed to, and with it this job
            else:
                return job
        return await self._studio.jobs.get(job.id) or job

    def _may_let_go(self, job: Job) -> bool:
        held = waits_as_users(job)
        if job.waiting == RESTORED:
            return held and self._after_repair
        return held and (self._asked or not job.waiting.startswith(OVER))

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, JobChanged) and settled(notice.job):
            self._settled[notice.job.id] = notice.job
            self._news.set()

    def _collect(self) -> list[PricedRow]:
        here, self._settled = self._settled, {}
        return [self._end(self._live.pop(i), job) for i, job in here.items() if i in self._live]

    def _end(self, errand: PricedRow, job: Job) -> PricedRow:
        if job.needs_approval and self._holds_all(job.waiting):
            self.given_up = exit_status.held_by_limit(job)
        failed_now = errand.job is None or errand.job.state in OPEN
        if job.state is State.FAILED and not job.task_id and failed_now:
            problem = exit_status.failure_of(job)
            if problem.exit_code == EXIT_KEY or problem.key in FOR_ALL:
                self.given_up = problem
        return replace(errand, job=job)

    def _holds_all(self, why: str) -> bool:
        """Tell whether the limit that holds a job would hold all the next ones, too."""
        one_project = why.startswith(f"{OVER}project") and len(self._projects) == 1
        return one_project or why in (f"{OVER}session", f"{OVER}day", f"{OVER}month")

    async def _wait(self) -> None:
        """Until something ended, or it is time to look at what other processes do."""
        loop = asyncio.get_running_loop()
        self._swept = self._swept or loop.time()
        left = self._swept + SWEEP_SECONDS - loop.time()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, left)):
                await self._news.wait()
        self._news.clear()
        if loop.time() >= self._swept + SWEEP_SECONDS:
            await self._sweep()
            self._swept = loop.time()

    async def _sweep(self) -> None:
        """A row may be another process's: take it over if that one died, see it if it ended."""
        await self._studio.jobs.adopt(*self._live)
        jobs: Mapping[str, Job] = await self._studio.jobs.by_intents(
            tuple(errand.intent for errand in self._live.values())
        )
        for job in jobs.values():
            if settled(job):
                self._hear(JobChanged(job))
            elif self._may_let_go(job):
                with suppress(ImpossibleTransition):
                    await self._studio.jobs.follow(job.id)


def settled(job: Job) -> bool:
    """Tell whether this run is done with it: ended, timed out, price risen, over a limit, or an
    agent's that needs approval."""
    rose = job.order.total > job.order.confirmed
    held_back = waits_as_users(job) and (rose or job.waiting.startswith(OVER))
    return held_back or waits_as_agents(job) or job.state in ENDED or job.state is State.TIMED_OUT
