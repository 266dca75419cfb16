"""Actions on jobs for both front ends; the ledger stores jobs, the scheduler runs them.

`JobQueries` reads them: by id, the newest, timelines, points.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ima_tui.api.connection import Connection
from ima_tui.catalogue import form, price
from ima_tui.catalogue.order import reseeded
from ima_tui.core.clock import Clock, midnight
from ima_tui.core.domain import Estimate, Event, Job, Order, Outcome, State
from ima_tui.core.errors import ImaError, KeyMissing, UsageError
from ima_tui.core.events import EventBus, JobChanged, Notice, Totals
from ima_tui.core.labels import MarkChange
from ima_tui.core.records import dataclass
from ima_tui.ledger import records
from ima_tui.runner import outputs
from ima_tui.runner.transitions import log_step
from ima_tui.studio.catalogue_service import CatalogueService
from ima_tui.studio.engine import Engine

if TYPE_CHECKING:
    from ima_tui.ledger.writing import Why


NEWS_SECONDS = 1.0
"""Seconds between checks whether another process changed the ledger, while anyone listens."""


@dataclass(eq=False)
class JobQueries:
    """What is asked about jobs; nothing here changes one."""

    _engine: Engine
    _clock: Clock
    _broadcast: EventBus

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
                job = await self.require(job_id)
                held = job.needs_approval and job.state in records.UNSENT
                if held or job.state in records.ENDED or job.state is State.TIMED_OUT:
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

    async def require(self, job_id: int) -> Job:
        """Return the job of that number. Raises `UsageError`."""
        job = await (await self._engine.ledger()).job(job_id)
        if job is None:
            raise UsageError("error.no_job", id=job_id)
        return job


log = logging.getLogger(__name__)


@dataclass(eq=False)
class Jobs(JobQueries):
    """Submit, query, stop, follow and remove jobs. Actions on a missing job raise `UsageError`."""

    _catalogue: CatalogueService
    _connection: Connection

    def _tell(self, job: Job) -> None:
        self._broadcast.tell(JobChanged(job))

    async def submit(
        self,
        order: Order,
        intent: str = "",
        repeats: int | None = None,
        after: int | None = None,
        hold: Why | None = None,
    ) -> Job:
        """Record the order and wake the scheduler. Raises `KeyMissing`.

        A known `intent` returns its job and sends nothing: see `Ledger.add`, also for the
        `LedgerError` where its key was used for something else. `repeats`: the job
        that this one tries again. `after`: a job that must be done first; inputs such as `job:41#1`
        (the first result of job 41) name theirs. `hold`: why it needs the user's approval first.
        """
        await self._may_pay()
        order = replace(order, estimate=await self._expect(order))
        now, ledger = self._clock.time(), await self._engine.ledger()
        job = await ledger.add(order, now, repeats=repeats, intent=intent, after=after, hold=hold)
        if job.created_at == now:
            key = "again" if repeats is not None else "queued"
            log_step(job, key, intent=intent, ledger=ledger.tag)
        self._tell(job)
        if repeats is not None:  # jobs blocked by the old one now wait for this one
            for each in await (await self._engine.ledger()).waiting_for(job.id):
                self._tell(each)
        if intent and job.created_at != now:  # may belong to another run that is just sending it
            await (await self._engine.scheduler()).adopt(job.id)
        else:
            await (await self._engine.scheduler()).follow(job)
        return job

    async def put_back(self, order: Order, intent: str, known: Outcome) -> Job:
        """Record a job that the ledger lost and another file still knows; nothing is sent."""
        ledger = await self._engine.ledger()
        job = await ledger.put_back(order, self._clock.time(), intent, known)
        log_step(job, "event.put_back")
        self._tell(job)
        return job

    async def submit_all(
        self, orders: Sequence[tuple[str, Order]], hold: Why | None = None
    ) -> list[Job]:
        """Record every (intent, order), and only then wake the scheduler for all of them.

        A known intent returns its job: after an interruption the same submission pays for nothing
        twice. `hold`: why all need the user's approval first. Raises `KeyMissing`.
        """
        await self._may_pay()
        ledger = await self._engine.ledger()
        jobs: list[Job] = []
        for intent, order in orders:
            order = replace(order, estimate=await self._expect(order))
            job = await ledger.add(order, now := self._clock.time(), intent=intent, hold=hold)
            if job.created_at == now:
                log_step(job, "queued", intent=intent, ledger=ledger.tag)
            self._tell(job)
            jobs.append(job)
        await self.adopt(*(job.id for job in jobs))
        return jobs

    async def edit(self, old: int, order: Order) -> Job:
        """Replace the unsent job `old`, keeping its queue position and the jobs that wait for it.

        Raises `KeyMissing`, and `UsageError` when it was sent meanwhile (the new order would be a
        second charge); then nothing changed.
        """
        await self._may_pay()
        ledger, scheduler = await self._engine.ledger(), await self._engine.scheduler()
        order = replace(order, estimate=await self._expect(order))
        await scheduler.leave(old)
        try:
            job = await ledger.add(order, self._clock.time(), instead=old)
        except records.ImpossibleTransition as error:
            await scheduler.adopt(old)
            raise UsageError("error.no_longer_unsent", id=old) from error
        log_step(job, "queued", ledger=ledger.tag)
        for each in (await self.require(old), job, *await ledger.waiting_for(job.id)):
            self._tell(each)
        await scheduler.follow(job)
        return job

    async def _expect(self, order: Order) -> Estimate | None:
        """Return the expected duration: from the list, the table, or our own history."""
        model = self._catalogue.model_of(order)
        if model is None:
            return order.estimate
        return price.estimate(model, await (await self._engine.ledger()).durations(order))

    async def _may_pay(self) -> None:
        """Raise where paying is impossible: without a key, or without room for results."""
        if not self._connection.has_key:
            raise KeyMissing
        await self._engine.prepare_folder()

    def order_again(self, before: Job) -> Order:
        """Return the order for running a job again; of a partial one only what is missing.

        The user orders it now, whoever ordered it before. Raises `UsageError` where the prompt was
        lost with the ledger.
        """
        if before.order.prompt_is_lost:
            raise UsageError("error.prompt_lost", id=before.id)
        lacking = outputs.missing(before)
        own = replace(before.order, client="")
        if not outputs.is_partial(before) or not lacking:
            return own
        model = self._catalogue.model_of(before.order)
        if model is not None and lacking not in form.counts(model):
            return own
        order = replace(own, n=lacking)
        return replace(order, confirmed=order.total)

    def order_like(self, before: Job) -> Order:
        """Return the whole order of a job with another seed, where one was set.

        Without a seed the service takes another one each time. Raises `UsageError` where the
        prompt was lost with the ledger.
        """
        order = before.order
        if order.prompt_is_lost:
            raise UsageError("error.prompt_lost", id=before.id)
        return reseeded(order, self._catalogue.model_of(order))

    async def again(self, job_id: int) -> Job:
        """Submit the same order, or what is missing of it, as a new job: a new charge.

        Jobs that were blocked by the old one now wait for the new one; held ones continue when the
        user approves (`follow`).
        """
        before = await self.require(job_id)
        return await self.submit(self.order_again(before), repeats=job_id)

    async def stop(self, job_id: int) -> Job:
        """Stop following; an unsent job is removed from the queue. Sent jobs stay paid."""
        scheduler = await self._engine.scheduler()
        await scheduler.leave(job_id)
        job = await self.require(job_id)
        if job.state not in records.OPEN:
            return job
        if State.STOPPED not in records.TRANSITIONS[job.state]:
            raise UsageError("error.busy_job")  # another window is just sending it
        unsent = job.state in records.UNSENT
        key = await self._removal(job_id) if unsent else "event.stopped"
        job = await self._step(job_id, State.STOPPED, key)
        await scheduler.leave(job_id)  # a lease renewal may have taken it up meanwhile
        return job

    async def _removal(self, job_id: int) -> str:
        """What the timeline says when an unsent job is removed: an earlier try may be paid for."""
        faulty = any(event.key == records.FAULT for event in await self.timeline(job_id))
        return "event.taken_out_after_fault" if faulty else "event.taken_out"

    async def remove_from_queue(self, job_id: int) -> Job:
        """Remove an unsent job from the queue, so that nothing is paid.

        Raises `UsageError` when it was sent meanwhile: then it is paid for, and still followed.
        """
        scheduler = await self._engine.scheduler()
        await scheduler.leave(job_id)
        job = await self.require(job_id)
        if job.state in records.UNSENT:
            job = await self._step(job_id, State.STOPPED, await self._removal(job_id))
            await scheduler.leave(job_id)  # a lease renewal may have taken it up meanwhile
            return job
        await scheduler.adopt(job_id)
        raise UsageError("error.sent_meanwhile", id=job_id)

    async def follow(self, job_id: int) -> Job:
        """Follow a stopped or timed out job again, or approve a held one."""
        job, scheduler = await self.require(job_id), await self._engine.scheduler()
        if job.needs_approval and job.state in records.UNSENT:
            await scheduler.adopt(job_id)  # first: taking over a dead run's job holds it
            job = await self._release(job)
        elif job.state is State.STOPPED and not job.task_id:
            raise UsageError("error.never_sent")
        elif job.state in (State.STOPPED, State.TIMED_OUT):
            await scheduler.leave(job_id)
            job = await self._step(job_id, State.RUNNING, "event.followed_again")
        await scheduler.adopt(job_id)  # a live window that owns it follows it itself
        return job

    async def _release(self, job: Job) -> Job:
        """Approve a held job at its current price."""
        await self._engine.prepare_folder()
        ledger = await self._engine.ledger()
        agreed = replace(job.order, confirmed=job.order.total)
        values = {"points": agreed.total}
        try:
            await ledger.reorder(job.id, agreed, self._clock.time(), "event.released", values)
        except records.ImpossibleTransition as error:  # another window was faster
            raise UsageError("error.busy_job") from error
        job = await ledger.hold(job.id, held=False)
        log_step(job, "event.released")
        self._tell(job)
        return job

    async def adopt(self, *job_ids: int) -> None:
        """Follow these jobs if no live process does; else only watch them in the ledger."""
        await (await self._engine.scheduler()).adopt(*job_ids)

    async def arrange(self, ids: Sequence[int]) -> None:
        """Reorder unsent jobs within the queue positions that they have."""
        for job in await (await self._engine.ledger()).arrange(ids):
            self._tell(job)
        (await self._engine.scheduler()).look()

    async def mark(self, job_id: int, change: MarkChange, indices: Collection[int] = ()) -> Job:
        """Change star and tags of these results (from 1), or of all, and the job's project."""
        ledger = await self._engine.ledger()
        job = await ledger.mark((await self.require(job_id)).id, indices, change)
        self._tell(job)
        return job

    async def forget(self, job_id: int) -> None:
        """Remove an ended or unsent job from the list; its row stays in the ledger."""
        job = await self.require(job_id)
        if State.FORGOTTEN not in records.TRANSITIONS[job.state]:
            raise UsageError("error.busy_job")
        await (await self._engine.scheduler()).leave(job_id)
        job = await self.require(job_id)
        if State.FORGOTTEN not in records.TRANSITIONS[job.state]:
            raise UsageError("error.busy_job")  # it was just being sent
        await self._step(job_id, State.FORGOTTEN, "event.forgotten")

    async def fetch(self, job_id: int) -> Job:
        """Download missing results of a finished job; free.

        If fewer came out than were ordered, the service is asked once more. Raises `UsageError` for
        a job without results, and `ImaError` where the service can't be asked.
        """
        job, scheduler = await self.require(job_id), await self._engine.scheduler()
        if job.state is State.FETCHING:
            return await self._fetch_now(job)
        if job.state is not State.DONE and not (job.state is State.FAILED and job.task_id):
            raise UsageError("error.not_done", id=job_id)
        await self._engine.prepare_folder()
        columns: dict[str, Any] = {}
        if job.state is State.FAILED or outputs.missing(job):
            try:
                medias, failure = await scheduler.look_again(job)
                columns = {"medias": medias, "failure": failure}
            except ImaError:
                if job.state is State.FAILED:
                    raise
        if not columns.get("medias", job.medias):
            raise ImaError("error.nothing_came", id=job_id)
        try:
            job = await self._step(job_id, State.FETCHING, "event.fetching_again", **columns)
        except UsageError:
            job = await self.require(job_id)
            if job.state is not State.FETCHING:  # else another process was faster
                raise
            return job
        await scheduler.follow(job)
        return job

    async def _fetch_now(self, job: Job) -> Job:
        """Make the process that downloads it, here or elsewhere, try now."""
        scheduler = await self._engine.scheduler()
        try:
            job = await (await self._engine.ledger()).delay(job.id, self._clock.time())
        except records.ImpossibleTransition:
            return await self.require(job.id)  # it has just ended
        self._tell(job)
        scheduler.try_now(job.id)
        await scheduler.adopt(job.id)
        return job

    async def _step(self, job_id: int, after: State, key: str, **columns: Any) -> Job:
        ledger = await self._engine.ledger()
        try:
            job = await ledger.step(job_id, after, self._clock.time(), key, **columns)
        except records.ImpossibleTransition as error:  # another window was faster
            raise UsageError("error.busy_job") from error
        log_step(job, key)
        self._tell(job)
        (await self._engine.scheduler()).look()
        return job

    async def watch(self) -> None:
        """Publish changes by other processes, for ever."""
        ledger, scheduler = await self._engine.ledger(), await self._engine.scheduler()
        while True:
            await self._clock.sleep(NEWS_SECONDS)
            if not self._broadcast.has_listeners:
                continue
            try:
                fresh = [job for job in await ledger.news() if self._broadcast.is_news(job)]
                for job in fresh:
                    self._tell(job)
                if fresh:
                    await scheduler.heard(fresh)
            except (ImaError, records.ImpossibleTransition) as error:
                log.warning("news: %r", error)  # a busy file is retried in a second
