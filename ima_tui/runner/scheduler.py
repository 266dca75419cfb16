"""Scheduler: follows this process's jobs, one coroutine each, from queued to done.

A coroutine waits for admission, prepares inputs and sends once (`submit`), polls (`poll`), and
downloads (`download`). A lease in the ledger says who follows a job; it is renewed while this
process lives, and other processes take over when it does not.

`Admission` is where queued jobs wait until the ledger admits them. Order and limits are decided in
`ledger.admission`, shared by all processes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from functools import partial

from ima_tui.api.rate_limit import Alarm, Connectivity, RateLimit
from ima_tui.config.loader import Settings
from ima_tui.core.clock import Clock, midnight, settle
from ima_tui.core.domain import Failure, Job, Media, ModelVersion, Order, State
from ima_tui.core.errors import ImaError, OverLimit
from ima_tui.core.events import TaskUnsaved
from ima_tui.core.records import dataclass
from ima_tui.ledger import records
from ima_tui.ledger.admission import settled
from ima_tui.ledger.records import LedgerError
from ima_tui.ledger.store import Ledger
from ima_tui.runner.download import Fetcher
from ima_tui.runner.input_checks import InputChecks
from ima_tui.runner.poll import Lease, Poller
from ima_tui.runner.submit import Submitter
from ima_tui.runner.transitions import Service, Transitions, log_step

log = logging.getLogger(__name__)

LEASE_SECONDS = 30.0
TICK_SECONDS = 5.0
TICKS_PER_RENEWAL = 2
SLEPT_SECONDS = 20.0
"""A tick longer than this: the machine was suspended, or its clock was set."""
SHUTDOWN_SECONDS = 20.0
_AT_THE_SERVICE = frozenset({State.UPLOADING, State.VERIFYING, State.SENDING, State.RUNNING})
_OVER = "waiting.over"
LEFT_SECONDS = 15.0
"""Seconds that a window has to take over an unattended job before a script does."""


@dataclass(eq=False)
class Scheduler:
    """Follows jobs.

    `patient`: wait for a missing network. `asks`: a user can approve a job over a limit, else it
    fails. `usual`: the settings for jobs that it took over, without the flags of this run.
    """

    _ledger: Ledger
    _clock: Clock
    _connect: Callable[[], Awaitable[Service]]
    _find_model: Callable[[Order, bool], Awaitable[ModelVersion]]
    _input_checks: InputChecks
    settings: Settings
    usual: Settings
    rate_limit: RateLimit
    patient: bool
    asks: bool
    tell_job: Callable[[Job], None]
    tell_connectivity: Callable[[ImaError | None], None]
    tell_unsaved: Callable[[TaskUnsaved], None]

    def __post_init__(self) -> None:
        self.connectivity = Connectivity(self._clock, self.tell_connectivity)
        self._alarm = Alarm(self._clock)
        self._lease = Lease(self._clock)
        self._left: set[int] = set()
        """Jobs that were taken over."""
        self._seen_left: dict[int, float] = {}
        self._record = Transitions(self._ledger, self._clock, self._tell)
        self._admission = Admission(self._ledger, self._clock, self.settings, self._tell)
        self._sender = Submitter(
            self._record,
            self._connect,
            self._find_model,
            self._input_checks,
            self.connectivity,
            self.rate_limit,
            patient=self.patient,
            tell_unsaved=self.tell_unsaved,
        )
        self._asker = Poller(
            self._record,
            self._connect,
            self.connectivity,
            self.rate_limit,
            self._alarm,
            self._lease,
            download=lambda job: self._settings_of(job).download,
            patient=self.patient,
        )
        self._fetcher = Fetcher(
            self._record,
            self._connect,
            self.connectivity,
            self.rate_limit,
            self.settings,
            folder=lambda job: self._settings_of(job).folder_of(job.order.project),
            look_again=self._asker.look_again,
            patient=self.patient,
            stays=self.asks,
            missing_frames=self._input_checks.missing_frames,
        )
        self._stories: dict[int, asyncio.Task[None]] = {}
        self._keepers: tuple[asyncio.Task[None], ...] = ()
        self._everything = False
        self._alone_until = float("-inf")
        """After a suspend: until the other runs had time to renew their leases."""

    def limit(self, limits: Settings) -> None:
        """Admit jobs by the limits of other settings from now on."""
        self._admission.limit(limits)

    @property
    def unsaved(self) -> tuple[TaskUnsaved, ...]:
        """Task ids that the ledger could not save yet."""
        return tuple(self._sender.unwritten.values())

    def _tell(self, job: Job) -> None:
        if job.state not in _AT_THE_SERVICE:
            self._admission.look()  # a slot or a result may be free for another job
        self.tell_job(job)

    def _settings_of(self, job: Job) -> Settings:
        return self.usual if job.id in self._left else self.settings

    # ----------------------------------------------------------------------------- running

    async def start(self, *, everything: bool) -> None:
        """Renew leases from now on; `everything`: also follow jobs that no live process follows."""
        self._everything = everything
        await self._renew()
        self._keepers = (
            asyncio.create_task(self._keep_leases(), name="leases"),
            asyncio.create_task(self._admission.run(), name="turns"),
        )

    async def aclose(self) -> None:
        """Stop following. Waits for creates in progress, because their answers are worth points."""
        self._ledger.hasten()
        tasks: list[asyncio.Task[None]] = [*self._stories.values(), *self._keepers]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(round(SHUTDOWN_SECONDS)):
            saved = self._sender.unwritten  # saved outside of a ledger that can't be written
            waited_for = {
                job: it for job, it in self._sender.deliveries.items() if job not in saved
            }
            if not waited_for:
                break
            await settle(waited_for.values(), 1.0)
        try:
            await self._ledger.release(hold=not self._everything)
        except LedgerError as error:
            log.warning("leases: %r", error)  # they expire by themselves

    async def _keep_leases(self) -> None:
        """Renew every other tick, and detect a suspend between two ticks."""
        ticks = 0
        while True:
            clocks = self._clock.time, self._clock.steady
            before = [each() for each in clocks]
            await self._clock.sleep(TICK_SECONDS)
            ticks += 1
            passed = [each() - began for each, began in zip(clocks, before, strict=True)]
            slept = any(abs(each - TICK_SECONDS) > SLEPT_SECONDS for each in passed)
            if slept:
                self._alone_until = self._clock.steady() + LEASE_SECONDS
            try:
                if slept or ticks % TICKS_PER_RENEWAL == 0:
                    await self._renew()
                if self._stories:
                    await self._follow_left()
            except (LedgerError, records.ImpossibleTransition) as error:
                log.warning("leases: %r", error)  # a busy file must not end the renewals
            if slept:
                self._alarm.wake()
            self._admission.look()

    async def _renew(self) -> None:
        now, busy, steady = self._clock.time(), self._busy(), self._clock.steady()
        alone = not self._everything or steady < self._alone_until
        only: Collection[int] | None = set(self._stories) if alone else None
        ours = await self._ledger.claim(now, now + LEASE_SECONDS, only)
        await self._take_up(ours, busy)
        for job_id in busy.intersection(self._stories) - {job.id for job in ours}:
            job = await self._ledger.job(job_id)
            if job is not None and job_id not in self._sender.deliveries:
                await self.leave(job_id)  # another run took it over
        self._lease.renew(steady + LEASE_SECONDS)

    async def _follow_left(self) -> None:
        """Take over sent jobs that no live process follows.

        They block other jobs, and their results would never arrive. Slow runs keep theirs.
        """
        now, busy = self._clock.time(), self._busy()
        if self._everything or now < self._alone_until:
            return
        left = await self._ledger.unowned(now)
        self._seen_left = {each: self._seen_left.get(each, now) for each in left}
        due = {each for each, seen in self._seen_left.items() if now - seen >= LEFT_SECONDS}
        if not due:
            return
        ours = await self._ledger.claim(now, now + LEASE_SECONDS, due)
        taken = [job for job in ours if job.id in due - busy]
        self._left |= {job.id for job in taken}
        await self._take_up(taken, busy)

    def _busy(self) -> set[int]:
        """Return the jobs being worked on right now.

        What the ledger said of them may be outdated.
        """
        return {*self._sender.deliveries, *self._stories}

    async def _take_up(self, jobs: Collection[Job], busy: Collection[int]) -> None:
        """Follow those that were not worked on (`busy`) when they were read."""
        for job in jobs:
            if job.id not in busy:
                await self.follow(job)

    async def follow(self, job: Job) -> None:
        """Continue a job from its current state."""
        if (
            job.id in self._stories
            or job.state not in records.OPEN
            or job.id in self._sender.deliveries
        ):
            return
        if job.state in records.UNSENT:
            self._sender.agree(job)
        if job.state is State.SENDING:  # its process died and took the answer along
            job = await self._record.step(job, State.NEEDS_REVIEW, "event.unknown_after_crash")
        elif job.state in (State.UPLOADING, State.VERIFYING):
            job = await self._record.step(job, State.QUEUED, "event.requeued")
        waits_for_a_word = job.needs_approval and job.state in records.UNSENT
        if job.state in records.OPEN and not waits_for_a_word:
            log_step(job, "followed")
            coroutine = asyncio.create_task(self._run_job(job), name=f"job {job.id}")
            self._stories[job.id] = coroutine
            coroutine.add_done_callback(partial(self._ended, job.id))

    async def look_again(self, job: Job) -> tuple[tuple[Media, ...], Failure]:
        """Ask for the current results of a finished job, and what is missing."""
        return await self._asker.look_again(job)

    def try_now(self, job_id: int) -> None:
        """Retry a job's downloads without the pause."""
        self._fetcher.try_now(job_id)

    def look(self) -> None:
        """Check admissions again after a change from outside."""
        self._admission.look()

    async def heard(self, jobs: Collection[Job]) -> None:
        """React to changes by another process: leave stopped jobs, follow released ones."""
        for job in jobs:
            if job.id in self._stories and job.state not in records.OPEN:
                await self.leave(job.id)
            elif job.state is State.FETCHING and not job.waiting:
                self.try_now(job.id)
        busy = self._busy()
        await self._take_up(await self._ledger.owned(), busy)
        self.look()

    async def adopt(self, *job_ids: int) -> None:
        """Take over these jobs if no live process follows them."""
        self._left.difference_update(job_ids)
        now, busy = self._clock.time(), self._busy()
        ours = await self._ledger.claim(now, now + LEASE_SECONDS, job_ids)
        await self._take_up([job for job in ours if job.id in job_ids], busy)

    def _ended(self, job_id: int, coroutine: asyncio.Task[None]) -> None:
        """Log a failed coroutine, a bug or a full disk; the next renewal takes the job up again."""
        self._stories.pop(job_id, None)
        if not coroutine.cancelled() and (error := coroutine.exception()) is not None:
            level = logging.INFO if isinstance(error, records.NotOwner) else logging.ERROR
            log.log(level, "job %s: %r", job_id, error)

    async def leave(self, job_id: int) -> None:
        """Stop following one job. If it is just being sent, its answer comes first."""
        coroutine = self._stories.get(job_id)
        if coroutine is not None:
            coroutine.cancel()
            await asyncio.wait({coroutine})
        if delivery := self._sender.deliveries.get(job_id):
            await asyncio.wait({delivery})

    # ---------------------------------------------------------------- one job's coroutine

    async def _run_job(self, job: Job) -> None:
        if job.state is State.QUEUED:
            job = await self._admission.take(job)
            if job.needs_approval and job.waiting.startswith(_OVER) and not self.asks:
                key = job.waiting.replace("waiting.", "error.")
                await self._record.fail(job, OverLimit(key, **job.waiting_values))
                return
            if job.state is State.QUEUED and not job.needs_approval:
                job = await self._sender.send(job)
        if job.state in (State.RUNNING, State.TIMED_OUT):
            job = await self._asker.until_ready(job)
        if job.state is State.FETCHING:
            await self._fetcher.fetch(job)


BUSY_PAUSE = 2.0


@dataclass(eq=False)
class Admission:
    """Waits for admission of this run's queued jobs.

    `tell` gets jobs whose reason to wait changed.
    """

    _ledger: Ledger
    _clock: Clock
    _limits: Settings
    _tell: Callable[[Job], None]

    def __post_init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Job]] = {}
        self._reasons: set[int] = set()
        """Jobs that were told to wait."""
        self._look = asyncio.Event()

    def limit(self, limits: Settings) -> None:
        """Hold the next jobs by other limits."""
        self._limits = limits
        self.look()

    def look(self) -> None:
        """Check again: something changed that may admit a job."""
        if self._waiting:
            self._look.set()

    async def take(self, job: Job) -> Job:
        """Wait until `job` may be sent, is held, or is no longer queued.

        Returns its current state.
        """
        turn: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        self._waiting[job.id] = turn
        self._look.set()
        try:
            return await turn
        finally:
            self._waiting.pop(job.id, None)
            self._reasons.discard(job.id)

    async def run(self) -> None:
        """Admit jobs whenever something changed, for ever."""
        while True:
            await self._look.wait()
            self._look.clear()
            try:
                await self._admit()
            except LedgerError as error:
                log.warning("turns: %r", error)
                await self._clock.sleep(BUSY_PAUSE)
                self.look()

    async def _admit(self) -> None:
        now = self._clock.time()
        ids = tuple(self._waiting)
        for job in await self._ledger.admit(ids, self._limits, now, midnight(now)):
            if job.needs_approval or job.waiting:
                log_step(job, job.waiting or "held")
            if job.needs_approval or job.waiting or job.id in self._reasons:
                self._tell(job)  # an admitted job has nothing new to report
            self._reasons.add(job.id)
            turn = self._waiting.get(job.id)
            if settled(job) and turn is not None and not turn.done():
                turn.set_result(job)
