"""Polling of running jobs: asks when a result is likely, while our lease on the jobs is valid.

A connection problem never fails a job. The lease makes sure that one run polls a job: after a
suspend it has expired until renewed, because another run may have taken the jobs over.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ima_tui.api.rate_limit import LONGEST, Alarm, Connectivity, RateLimit
from ima_tui.core.clock import Clock, backoff
from ima_tui.core.domain import Estimate, Failure, Job, Media, State, TaskType
from ima_tui.core.errors import (
    ImaError,
    KeyInvalid,
    KeyMissing,
    Limited,
    Malformed,
    Refused,
    Unauthorised,
    Unreachable,
)
from ima_tui.core.records import dataclass
from ima_tui.runner import outputs, polling_schedule
from ima_tui.runner.transitions import Service, Transitions

if TYPE_CHECKING:
    from ima_tui.api.wire import Progress

LATE = 20.0
"""Seconds after the due time from which all jobs are late at once: the machine was suspended."""
SPREAD = 5.0
USUAL = Estimate(60, 120)
FRESH = 60.0
"""Seconds for which an outlook is shared by jobs of the same model and price."""


@dataclass(eq=False)
class Poller:
    """Polls the service until a job is ready. `patient`: wait for a missing network."""

    _record: Transitions
    _connect: Callable[[], Awaitable[Service]]
    _connectivity: Connectivity
    _rate_limit: RateLimit
    _alarm: Alarm
    _lease: Lease
    download: Callable[[Job], bool]
    patient: bool

    def __post_init__(self) -> None:
        self._outlooks: dict[
            tuple[TaskType, str, int], tuple[polling_schedule.PollingOutlook, float]
        ] = {}

    async def until_ready(self, job: Job) -> Job:
        """Poll until the job's results are ready, it failed, or it is stopped.

        Returns its last state.
        """
        view = await self._outlook(job)
        asked: float | None = None
        began = self._record.clock.steady()
        sent = began - self._age(job)
        failures = 0
        odd = ""
        short = 0
        while job.state in (State.RUNNING, State.TIMED_OUT):
            if failures == 0:
                await self._wait(job, view, asked, began, sent)
            try:
                progress, put = await self._request_progress(job)
            except (Refused, Unreachable, Malformed, KeyMissing, KeyInvalid) as error:
                failures += 1  # a fault while polling is no failure of the job
                self._report_problem(error)
                job = await self._time_out_if_due(job, sent, self._record.clock.steady())
                seldom = polling_schedule.TIMED_OUT_GAP if job.state is State.TIMED_OUT else 0.0
                await self._wait_out(error, max(seldom, backoff(failures)), view.floor)
                continue
            failures = 0
            asked = self._record.clock.steady()
            self._connectivity.works()
            if progress.odd_status and progress.odd_status != odd:
                odd = progress.odd_status
                await self._record.note(job, "event.odd_status")
            short = short + 1 if _lists_too_few(job, progress) else 0
            if short != 1:  # a list that was still growing is longer next time
                job = await self._judge(job, progress, sent, put)
        return job

    def _age(self, job: Job) -> float:
        """Return the seconds since it was sent.

        0 for a time in the future, set by a wrong clock.
        """
        return max(0.0, self._record.clock.time() - (job.sent_at or job.updated_at))

    async def _outlook(self, job: Job) -> polling_schedule.PollingOutlook:
        """Return the outlook, cached for similar jobs because it takes milliseconds to compute."""
        order, now = job.order, self._record.clock.steady()
        estimate = order.estimate or USUAL
        kind = (order.task_type, order.model_id, order.attribute_id)
        view, made_at = self._outlooks.get(kind, (None, now))
        if view is None or not 0 <= now - made_at < FRESH:
            seen = await self._record.ledger.durations(order)
            view = polling_schedule.outlook(order.task_type, estimate, seen, order.model_id)
            self._outlooks[kind] = view, now
        return view

    async def _wait(
        self,
        job: Job,
        view: polling_schedule.PollingOutlook,
        asked: float | None,
        began: float,
        sent: float,
    ) -> None:
        """Wait until a result is likely; after a takeover the last poll's time is unknown.

        All times are monotonic, because the user may set the wall clock meanwhile.
        """
        last = asked if asked is not None else began
        if job.state is State.TIMED_OUT:
            due = last + polling_schedule.TIMED_OUT_GAP
        else:
            due = sent + polling_schedule.due(view, (sent if asked is None else asked) - sent)
        due = max(due, last + view.floor)
        late = await self._alarm.until(due + polling_schedule.jitter(due - last, random.random()))  # noqa: S311
        if late > LATE:
            await self._record.clock.sleep(random.uniform(0, SPREAD))  # noqa: S311

    def _report_problem(self, error: ImaError) -> None:
        if isinstance(error, Unreachable):
            self._connectivity.broke(error)
        if isinstance(error, Unauthorised | KeyMissing | KeyInvalid) and not self.patient:
            self._connectivity.broke(error)
            raise error

    async def _wait_out(self, error: ImaError, gap: float, floor: float) -> None:
        """Wait after a fault.

        The service may have received the request, so the minimum gap `floor` (seconds) holds as
        well.
        """
        again = self._record.clock.steady() + floor
        if isinstance(error, Limited):
            await self._rate_limit.pause(error.retry_after or min(gap, polling_schedule.LATEST_GAP))
            await self._rate_limit.rest()
        elif isinstance(error, Unreachable):
            await self._connectivity.wait(min(gap, LONGEST))
        else:
            await self._connectivity.wait(gap * random.uniform(0.7, 1.0))  # noqa: S311
        await self._alarm.until(again)

    async def _request_progress(self, job: Job) -> tuple[Progress, float]:
        """Return the answer and when the question was put, in monotonic seconds."""
        while True:
            async with self._connectivity.passage(), self._rate_limit.request():
                service = await self._connect()
                put = self._record.clock.steady()
                with suppress(LeaseExpired):
                    return await service.detail(job.task_id, self._lease.check), put
            await self._lease.wait()  # after a suspend another run may follow the job

    async def look_again(self, job: Job) -> tuple[tuple[Media, ...], Failure]:
        """Return the current results of a finished job and what is missing.

        Raises `ImaError` where the service can't be asked.
        """
        try:
            async with self._connectivity.passage(), self._rate_limit.request():
                service = await self._connect()
                progress = await service.detail(job.task_id, lambda: None)
        except Unreachable as error:
            self._connectivity.broke(error)
            raise
        self._connectivity.works()
        if progress.failed and progress.deleted:
            raise ImaError("error.result_deleted")
        found = outputs.kept(job.order, progress.medias)
        medias = outputs.renewed(job.medias, found)[: max(len(found), len(job.medias))]
        short = outputs.shortfall(job.order, len(medias), progress.reason, progress.broken)
        return medias, short

    async def _judge(self, job: Job, progress: Progress, sent: float, put: float) -> Job:
        if progress.failed:
            kind = outputs.cause_of(progress.reason, job.order.task_type)
            if progress.deleted:
                kind = "error.result_deleted"
            failure = Failure(kind, progress.reason)
            return await self._record.step(job, State.FAILED, "event.failed", failure=failure)
        if progress.done or (progress.medias and self._is_due(job, sent, put)):
            return await self._keep(job, progress)
        return await self._time_out_if_due(job, sent, put)

    async def _keep(self, job: Job, progress: Progress) -> Job:
        """Keep what is ready, even where the rest failed, because all of it was paid for."""
        order, n = job.order, job.order.n
        medias = outputs.kept(order, progress.medias)
        came = max(progress.total, len(progress.medias))
        if len(progress.medias) > n:
            values = {"came": came, "n": n, "kept": len(medias)}
            await self._record.note(job, "event.more_than_ordered", values)
        failure = outputs.shortfall(order, len(medias), progress.reason, progress.broken)
        download = self.download(job)
        after = State.FETCHING if download else State.DONE
        whole = "event.ready" if download else "event.done"
        return await self._record.step(
            job,
            after,
            "event.partial" if failure.kind else whole,
            values={"ready": len(medias), "n": n} if failure.kind else None,
            medias=medias,
            failure=failure,
        )

    def _is_due(self, job: Job, sent: float, put: float) -> bool:
        """Tell whether the deadline had passed; what was not ready then may never be.

        `sent`, and `put` of the question, are monotonic. An answer that was read late, after a
        suspend or on a busy machine, says nothing about the time since.
        """
        sent_at = job.sent_at or job.created_at
        named = None if job.deadline is None else job.deadline - sent_at
        patience = polling_schedule.deadline(named, job.order.estimate or USUAL)
        return job.state is State.TIMED_OUT or put > sent + patience

    async def _time_out_if_due(self, job: Job, sent: float, put: float) -> Job:
        if job.state is State.RUNNING and self._is_due(job, sent, put):
            return await self._record.step(job, State.TIMED_OUT, "event.parked")
        return job


def _lists_too_few(job: Job, progress: Progress) -> bool:
    """Tell whether all listed outputs are finished, but fewer are listed than ordered."""
    listed = max(progress.total, len(progress.medias))
    return progress.done and listed < job.order.n


class LeaseExpired(Exception):
    """Another run may follow the job now."""


@dataclass(eq=False)
class Lease:
    """Expiry of our lease, by the monotonic clock."""

    _clock: Clock

    def __post_init__(self) -> None:
        self._until = 0.0
        self._renewed = asyncio.Event()

    def renew(self, until: float) -> None:
        """Extend the lease until `until`; jobs taken over by others were given up before."""
        self._until = until
        self._renewed.set()

    @property
    def holds(self) -> bool:
        """Whether the lease is valid now."""
        return self._clock.steady() < self._until

    def check(self) -> None:
        """Raise `LeaseExpired` unless the lease is valid now."""
        if not self.holds:
            raise LeaseExpired

    async def wait(self) -> None:
        """Wait until the lease is valid."""
        while not self.holds:
            self._renewed.clear()
            await self._renewed.wait()
