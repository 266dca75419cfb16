"""From running to ready: ask when an answer is likely, and never hold a fault of the way against
the job."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ima_tui import polling, reasons
from ima_tui.domain import Estimate, Failure, Job, State, TaskType
from ima_tui.errors import (
    ImaError,
    KeyInvalid,
    KeyMissing,
    Limited,
    Malformed,
    Refused,
    Unauthorised,
    Unreachable,
)
from ima_tui.lease import Lapsed, Lease
from ima_tui.link import LONGEST, Link
from ima_tui.pace import Alarm, Pace
from ima_tui.record import Record, Service

if TYPE_CHECKING:
    from ima_tui.api.wire import Progress

LATE = 20.0
"""Seconds after the time to ask: this machine slept, and all jobs are late at once."""
SPREAD = 5.0
USUAL = Estimate(60, 120)
FRESH = 60.0
"""Seconds that an outlook serves all jobs of its kind."""


class Asker:
    def __init__(
        self,
        record: Record,
        connect: Callable[[], Awaitable[Service]],
        link: Link,
        pace: Pace,
        alarm: Alarm,
        lease: Lease,
        *,
        download: bool,
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
        self._outlooks: dict[tuple[TaskType, str, int], tuple[polling.Outlook, float]] = {}

    async def until_ready(self, job: Job) -> Job:
        view = await self._outlook(job)
        asked: float | None = None
        began = self._record.clock.steady()
        sent = began - self._age(job)
        failures = 0
        odd = ""
        while job.state in (State.RUNNING, State.PARKED):
            if failures == 0:
                await self._wait(job, view, asked, began, sent)
            try:
                progress = await self._ask(job)
            except (Refused, Unreachable, Malformed, KeyMissing, KeyInvalid) as error:
                failures += 1  # a fault while asking is no failure of the job
                self._blame(error)
                job = await self._park_if_due(job, sent)
                seldom = polling.PARKED_GAP if job.state is State.PARKED else 0.0
                await self._wait_out(error, max(seldom, polling.backoff(failures)), view.floor)
                continue
            failures = 0
            asked = self._record.clock.steady()
            self._link.works()
            if progress.odd_status and progress.odd_status != odd:
                odd = progress.odd_status
                await self._record.note(job, "event.odd_status")
            job = await self._judge(job, progress, sent)
        return job

    def _age(self, job: Job) -> float:
        """Seconds since it was sent; a time in the future, by a clock that was set back, is now."""
        return max(0.0, self._record.clock.time() - (job.sent_at or job.updated_at))

    async def _outlook(self, job: Job) -> polling.Outlook:
        """What was known a minute ago is good enough for jobs of the same kind: a plan takes some
        milliseconds to make, and hundreds of them may be sent one after the other."""
        order, now = job.order, self._record.clock.steady()
        estimate = order.estimate or USUAL
        kind = (order.task_type, order.model_id, order.attribute_id)
        view, made_at = self._outlooks.get(kind, (None, now))
        if view is None or not 0 <= now - made_at < FRESH:
            seen = await self._record.ledger.durations(order)
            view = polling.outlook(order.task_type, estimate, seen, order.model_id)
            self._outlooks[kind] = view, now
        return view

    async def _wait(
        self, job: Job, view: polling.Outlook, asked: float | None, began: float, sent: float
    ) -> None:
        """Until an answer is likely. Who takes a job over knows not when it was last asked for.

        All times are of the steady clock: a person may set the other one while we wait.
        """
        last = asked if asked is not None else began
        if job.state is State.PARKED:
            due = last + polling.PARKED_GAP
        else:
            due = sent + polling.due(view, (sent if asked is None else asked) - sent)
        due = max(due, last + view.floor)
        late = await self._alarm.until(due + polling.jitter(due - last, random.random()))  # noqa: S311
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
            await self._pace.pause(error.retry_after or min(gap, polling.LATEST_GAP))
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
                with suppress(Lapsed):
                    return await service.detail(job.task_id, self._lease.check)
            await self._lease.wait()  # it slept with the question in hand: perhaps another's now

    async def _judge(self, job: Job, progress: Progress, sent: float) -> Job:
        if progress.failed:
            kind = reasons.cause(progress.reason, job.order.task_type)
            if progress.deleted:
                kind = "error.result_deleted"
            failure = Failure(kind, progress.reason)
            return await self._record.step(job, State.FAILED, "event.failed", failure=failure)
        if progress.done:
            after = State.FETCHING if self._download else State.DONE
            key = "event.ready" if self._download else "event.done"
            return await self._record.step(job, after, key, medias=progress.medias)
        return await self._park_if_due(job, sent)

    async def _park_if_due(self, job: Job, sent: float) -> Job:
        sent_at = job.sent_at or job.created_at
        named = None if job.deadline is None else job.deadline - sent_at
        patience = polling.deadline(named, job.order.estimate or USUAL)
        if job.state is State.RUNNING and self._record.clock.steady() > sent + patience:
            return await self._record.step(job, State.PARKED, "event.parked")
        return job
