"""From running to ready: ask when an answer is likely, and never hold a fault of the way against
the job."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ima_tui.api import failure_reasons
from ima_tui.api.connectivity import LONGEST, Connectivity
from ima_tui.api.rate_limit import Alarm, RateLimit
from ima_tui.core.clock import backoff
from ima_tui.core.domain import (
    Estimate,
    Failure,
    Job,
    Media,
    State,
    TaskType,
)
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
from ima_tui.runner import outputs, polling_schedule
from ima_tui.runner.lease import Lease, LeaseExpired
from ima_tui.runner.transitions import Service, Transitions

if TYPE_CHECKING:
    from ima_tui.api.wire import Progress

LATE = 20.0
"""Seconds after the time to ask: this machine slept, and all jobs are late at once."""
SPREAD = 5.0
USUAL = Estimate(60, 120)
FRESH = 60.0
"""Seconds that an outlook serves all jobs of its kind."""


class Poller:
    def __init__(
        self,
        record: Transitions,
        connect: Callable[[], Awaitable[Service]],
        link: Connectivity,
        pace: RateLimit,
        alarm: Alarm,
        lease: Lease,
        *,
        download: Callable[[Job], bool],
        patient: bool,
    ) -> None:
        self._record = record
        self._connect = connect
        self._link = link
        self._pace = pace
        self._alarm = alarm
        self._lease = lease
        self._download = download
        self._patient = patient
        self._outlooks: dict[
            tuple[TaskType, str, int], tuple[polling_schedule.PollingOutlook, float]
        ] = {}

    async def until_ready(self, job: Job) -> Job:
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
                progress = await self._ask(job)
            except (Refused, Unreachable, Malformed, KeyMissing, KeyInvalid) as error:
                failures += 1  # a fault while asking is no failure of the job
                self._blame(error)
                job = await self._park_if_due(job, sent)
                seldom = polling_schedule.TIMED_OUT_GAP if job.state is State.TIMED_OUT else 0.0
                await self._wait_out(error, max(seldom, backoff(failures)), view.floor)
                continue
            failures = 0
            asked = self._record.clock.steady()
            self._link.works()
            if progress.odd_status and progress.odd_status != odd:
                odd = progress.odd_status
                await self._record.note(job, "event.odd_status")
            short = short + 1 if _lists_too_few(job, progress) else 0
            if short != 1:  # a list that was still growing is longer at the next look
                job = await self._judge(job, progress, sent)
        return job

    def _age(self, job: Job) -> float:
        """Seconds since it was sent; a time in the future, by a clock that was set back, is now."""
        return max(0.0, self._record.clock.time() - (job.sent_at or job.updated_at))

    async def _outlook(self, job: Job) -> polling_schedule.PollingOutlook:
        """What was known a minute ago is good enough for jobs of the same kind: a plan takes some
        milliseconds to make, and hundreds of them may be sent one after the other."""
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
        """Until an answer is likely. Who takes a job over knows not when it was last asked for.

        All times are of the steady clock: a person may set the other one while we wait.
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

    def _blame(self, error: ImaError) -> None:
        if isinstance(error, Unreachable):
            self._link.broke(error)
        if isinstance(error, Unauthorised | KeyMissing | KeyInvalid) and not self._patient:
            self._link.broke(error)
            raise error

    async def _wait_out(self, error: ImaError, gap: float, floor: float) -> None:
        """The question may have been heard, whatever became of the answer: the next one keeps
        the distance of `floor` seconds, too."""
        again = self._record.clock.steady() + floor
        if isinstance(error, Limited):
            await self._pace.pause(error.retry_after or min(gap, polling_schedule.LATEST_GAP))
            await self._pace.rest()
        elif isinstance(error, Unreachable):
            await self._link.wait(min(gap, LONGEST))
        else:
            await self._link.wait(gap * random.uniform(0.7, 1.0))  # noqa: S311
        await self._alarm.until(again)

    async def _ask(self, job: Job) -> Progress:
        while True:
            async with self._link.passage(), self._pace.request():
                service = await self._connect()
                with suppress(LeaseExpired):
                    return await service.detail(job.task_id, self._lease.check)
            await self._lease.wait()  # it slept with the question in hand: perhaps another's now

    async def look_again(self, job: Job) -> tuple[tuple[Media, ...], Failure]:
        """What a finished job has come to by now: its results, with the links of now, and what is
        missing. Raises `ImaError` where the service can't be asked."""
        try:
            async with self._link.passage(), self._pace.request():
                service = await self._connect()
                progress = await service.detail(job.task_id, lambda: None)
        except Unreachable as error:
            self._link.broke(error)
            raise
        self._link.works()
        if progress.failed and progress.deleted:
            raise ImaError("error.result_deleted")
        found = outputs.kept(job.order, progress.medias)
        medias = outputs.renewed(job.medias, found)[: max(len(found), len(job.medias))]
        short = outputs.shortfall(job.order, len(medias), progress.reason, progress.broken)
        return medias, short

    async def _judge(self, job: Job, progress: Progress, sent: float) -> Job:
        if progress.failed:
            kind = failure_reasons.cause(progress.reason, job.order.task_type)
            if progress.deleted:
                kind = "error.result_deleted"
            failure = Failure(kind, progress.reason)
            return await self._record.step(job, State.FAILED, "event.failed", failure=failure)
        if progress.done or (progress.medias and self._is_due(job, sent)):
            return await self._keep(job, progress)
        return await self._park_if_due(job, sent)

    async def _keep(self, job: Job, progress: Progress) -> Job:
        """Take what is ready, also where the rest failed: all of it was paid for."""
        order, n = job.order, job.order.n
        medias = outputs.kept(order, progress.medias)
        came = max(progress.total, len(progress.medias))
        if len(progress.medias) > n:
            values = {"came": came, "n": n, "kept": len(medias)}
            await self._record.note(job, "event.more_than_ordered", values)
        failure = outputs.shortfall(order, len(medias), progress.reason, progress.broken)
        download = self._download(job)
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

    def _is_due(self, job: Job, sent: float) -> bool:
        """Its time is over; what is not ready by now may never be. `sent`: by the steady clock."""
        sent_at = job.sent_at or job.created_at
        named = None if job.deadline is None else job.deadline - sent_at
        patience = polling_schedule.deadline(named, job.order.estimate or USUAL)
        return job.state is State.TIMED_OUT or self._record.clock.steady() > sent + patience

    async def _park_if_due(self, job: Job, sent: float) -> Job:
        if job.state is State.RUNNING and self._is_due(job, sent):
            return await self._record.step(job, State.TIMED_OUT, "event.parked")
        return job


def _lists_too_few(job: Job, progress: Progress) -> bool:
    """All that the service lists is over, but it lists fewer outputs than were ordered."""
    listed = max(progress.total, len(progress.medias))
    return progress.done and listed < job.order.n
