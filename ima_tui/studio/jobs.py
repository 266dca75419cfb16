"""The jobs: every verb that both front ends use on them. The ledger keeps them, the scheduler runs
them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from ima_tui.api.connection import Connection
from ima_tui.catalogue import form, times
from ima_tui.core.clock import Clock, midnight
from ima_tui.core.domain import (
    Estimate,
    Event,
    Job,
    Order,
    Outcome,
    State,
)
from ima_tui.core.errors import ImaError, KeyMissing, UsageError
from ima_tui.core.event_bus import EventBus
from ima_tui.core.events import JobChanged, Totals
from ima_tui.ledger import job_states
from ima_tui.runner import outputs
from ima_tui.runner.transitions import log_step
from ima_tui.studio.catalogue_service import CatalogueService
from ima_tui.studio.engine import Engine

log = logging.getLogger(__name__)

NEWS_SECONDS = 1.0
"""How often the ledger is asked whether another process changed it, while somebody listens."""


class Jobs:
    """Submit, look at, stop, follow, forget. A verb that names no job raises `UsageError`."""

    def __init__(
        self,
        engine: Engine,
        offer: CatalogueService,
        connection: Connection,
        clock: Clock,
        broadcast: EventBus,
    ) -> None:
        self._engine = engine
        self._offer = offer
        self._connection = connection
        self._clock = clock
        self._broadcast = broadcast

    def _tell(self, job: Job) -> None:
        self._broadcast.tell(JobChanged(job))

    async def submit(
        self,
        order: Order,
        intent: str = "",
        repeats: int | None = None,
        after: int | None = None,
    ) -> Job:
        """Write the intent to disk and wake the scheduler. Raises `KeyMissing`.

        An `intent` that is known already brings its job back, and sends nothing: see
        `Ledger.add`. `repeats` names the job that this one tries again. `after` names one that
        must be done first; inputs such as `job:41#1` (the first result of job 41) name theirs.
        """
        await self._may_pay()
        order = replace(order, estimate=await self._expect(order))
        now = self._clock.time()
        job = await (await self._engine.ledger()).add(
            order, now, repeats=repeats, intent=intent, after=after
        )
        log_step(job, "again" if repeats is not None else "queued")
        self._tell(job)
        if repeats is not None:  # what waited in vain for that one waits for this one now
            for each in await (await self._engine.ledger()).waiting_for(job.id):
                self._tell(each)
        if intent and job.created_at != now:  # it may be another's, perhaps just being sent
            await (await self._engine.scheduler()).adopt(job.id)
        else:
            await (await self._engine.scheduler()).follow(job)
        return job

    async def put_back(self, order: Order, intent: str, known: Outcome) -> Job:
        """A job that the ledger lost and something else still knows; nothing is sent for it."""
        ledger = await self._engine.ledger()
        job = await ledger.put_back(order, self._clock.time(), intent, known)
        log_step(job, "event.put_back")
        self._tell(job)
        return job

    async def submit_all(self, orders: Sequence[tuple[str, Order]]) -> list[Job]:
        """Write every (intent, order) to disk, and only then wake the scheduler for all of them.

        An intent that is known brings its job back: whoever was interrupted between two of them
        submits the same again, and pays for none twice. Raises `KeyMissing`.
        """
        await self._may_pay()
        ledger = await self._engine.ledger()
        jobs: list[Job] = []
        for intent, order in orders:
            order = replace(order, estimate=await self._expect(order))
            job = await ledger.add(order, self._clock.time(), intent=intent)
            self._tell(job)
            jobs.append(job)
        await self.adopt(*(job.id for job in jobs))
        return jobs

    async def edit(self, old: int, order: Order) -> Job:
        """`order` in the place of the unsent job `old`: in the line, and for what waits for it.

        Raises `UsageError` when that was sent meanwhile (what came then would be a second charge)
        and `KeyMissing`; nothing was changed then.
        """
        await self._may_pay()
        ledger, scheduler = await self._engine.ledger(), await self._engine.scheduler()
        order = replace(order, estimate=await self._expect(order))
        await scheduler.leave(old)
        try:
            job = await ledger.add(order, self._clock.time(), instead=old)
        except job_states.ImpossibleTransition as error:
            await scheduler.adopt(old)
            raise UsageError("error.no_longer_unsent", id=old) from error
        log_step(job, "queued")
        for each in (await self._require(old), job, *await ledger.waiting_for(job.id)):
            self._tell(each)
        await scheduler.follow(job)
        return job

    async def _expect(self, order: Order) -> Estimate | None:
        """How long it should take: the list knows, or the table, or our own history."""
        model = self._offer.model_of(order)
        if model is None:
            return order.estimate
        return times.estimate(model, await (await self._engine.ledger()).durations(order))

    async def _may_pay(self) -> None:
        """Whatever forbids to pay: no key, or no room for what would come of it."""
        if not self._connection.has_key:
            raise KeyMissing
        await self._engine.prepare_folder()

    def order_again(self, before: Job) -> Order:
        """What running a job again would send and cost: of one that came out in part only what is
        missing, where the model makes that many."""
        lacking = outputs.missing(before)
        if not outputs.is_partial(before) or not lacking:
            return before.order
        model = self._offer.model_of(before.order)
        if model is not None and lacking not in form.counts(model):
            return before.order
        order = replace(before.order, n=lacking)
        return replace(order, confirmed=order.total)

    async def again(self, job_id: int) -> Job:
        """The same order, or what is missing of it, as a new job: a new charge.

        Jobs that waited in vain for the old one's result wait for the new one's; those that are
        held go on when the person says so (`follow`).
        """
        before = await self._require(job_id)
        return await self.submit(self.order_again(before), repeats=job_id)

    async def by_intents(self, intents: Collection[str]) -> dict[str, Job]:
        """What became of orders that were submitted under these intents."""
        return await (await self._engine.ledger()).by_intents(intents)

    async def waiting_for(self, first: int) -> tuple[Job, ...]:
        """Jobs that take what the job `first` makes, or go when it is done."""
        return await (await self._engine.ledger()).waiting_for(first)

    async def repeats_of(self, ids: Collection[int]) -> dict[int, Job]:
        """The newest tries of jobs that were run again, by the job they repeat."""
        return await (await self._engine.ledger()).repeats_of(ids)

    async def page(self, after: int, since: float, limit: int) -> tuple[Job, ...]:
        """A stretch of the whole ledger, oldest first: jobs above the id `after`."""
        return await (await self._engine.ledger()).page(after, since, limit)

    async def recent(self, limit: int = 500) -> tuple[Job, ...]:
        return await (await self._engine.ledger()).recent(limit)

    async def newest(self) -> Job | None:
        return await (await self._engine.ledger()).newest()

    async def get(self, job_id: int) -> Job | None:
        return await (await self._engine.ledger()).job(job_id)

    async def timeline(self, job_id: int) -> tuple[Event, ...]:
        return await (await self._engine.ledger()).timeline(job_id)

    async def totals(self) -> Totals:
        ledger = await self._engine.ledger()
        return Totals(
            today=await ledger.spent(midnight(self._clock.time())),
            session=await ledger.spent(0.0, ledger.session),
            out=await ledger.out(),
        )

    async def stop(self, job_id: int) -> Job:
        """Stop following; an unsent job is taken out. What was sent stays paid."""
        await (await self._engine.scheduler()).leave(job_id)
        job = await self._require(job_id)
        if job.state not in job_states.OPEN:
            return job
        if State.STOPPED not in job_states.TRANSITIONS[job.state]:
            raise UsageError("error.busy_job")  # another window is just sending it
        unsent = job.state in job_states.UNSENT
        key = await self._removal(job_id) if unsent else "event.stopped"
        job = await self._step(job_id, State.STOPPED, key)
        await (await self._engine.scheduler()).leave(
            job_id
        )  # a renewal may have taken it up meanwhile
        return job

    async def _removal(self, job_id: int) -> str:
        """What the timeline says when an unsent job is removed: an earlier try may be paid for."""
        faulty = any(event.key == job_states.FAULT for event in await self.timeline(job_id))
        return "event.taken_out_after_fault" if faulty else "event.taken_out"

    async def remove_from_queue(self, job_id: int) -> Job:
        """Take an unsent job out, for who means to pay nothing.

        Raises `UsageError` when it was sent meanwhile: then it is paid for, and followed on.
        """
        scheduler = await self._engine.scheduler()
        await scheduler.leave(job_id)
        job = await self._require(job_id)
        if job.state in job_states.UNSENT:
            job = await self._step(job_id, State.STOPPED, await self._removal(job_id))
            await scheduler.leave(job_id)  # a renewal may have taken it up meanwhile
            return job
        await scheduler.adopt(job_id)
        raise UsageError("error.sent_meanwhile", id=job_id)

    async def follow(self, job_id: int) -> Job:
        """Follow again what was stopped or parked, or send what waited for a word."""
        job = await self._require(job_id)
        if job.needs_approval and job.state in job_states.UNSENT:
            await (await self._engine.scheduler()).adopt(
                job_id
            )  # first: whoever takes a dead run's job holds it
            job = await self._release(job)
        elif job.state is State.STOPPED and not job.task_id:
            raise UsageError("error.never_sent")
        elif job.state in (State.STOPPED, State.TIMED_OUT):
            await (await self._engine.scheduler()).leave(job_id)
            job = await self._step(job_id, State.RUNNING, "event.followed_again")
        await (await self._engine.scheduler()).adopt(
            job_id
        )  # a window that lives and owns it follows it itself
        return job

    async def _release(self, job: Job) -> Job:
        """The person's word that a held job may be sent, at the price it has now."""
        await self._engine.prepare_folder()
        ledger = await self._engine.ledger()
        agreed = replace(job.order, confirmed=job.order.total)
        values = {"points": agreed.total}
        try:
            await ledger.reorder(job.id, agreed, self._clock.time(), "event.released", values)
        except job_states.ImpossibleTransition as error:  # another window was just faster
            raise UsageError("error.busy_job") from error
        job = await ledger.hold(job.id, held=False)
        log_step(job, "event.released")
        self._tell(job)
        return job

    async def adopt(self, *job_ids: int) -> None:
        """Follow these jobs if nobody alive does; else they are watched in the ledger alone."""
        await (await self._engine.scheduler()).adopt(*job_ids)

    async def arrange(self, ids: Sequence[int]) -> None:
        """Let unsent jobs wait in this order, in the places that they have between them."""
        for job in await (await self._engine.ledger()).arrange(ids):
            self._tell(job)
        (await self._engine.scheduler()).look()

    async def forget(self, job_id: int) -> None:
        """Take an ended or unsent job off the list; its row stays in the ledger."""
        job = await self._require(job_id)
        if State.FORGOTTEN not in job_states.TRANSITIONS[job.state]:
            raise UsageError("error.busy_job")
        await (await self._engine.scheduler()).leave(job_id)
        job = await self._require(job_id)
        if State.FORGOTTEN not in job_states.TRANSITIONS[job.state]:
            raise UsageError("error.busy_job")  # it was just being sent
        await self._step(job_id, State.FORGOTTEN, "event.forgotten")

    async def fetch(self, job_id: int) -> Job:
        """Download the results of a finished job that are not here; it costs nothing.

        Where fewer came out than were ordered the service is asked once more. Raises `UsageError`
        for a job that has none, and `ImaError` where the service can't be asked.
        """
        job, scheduler = await self._require(job_id), await self._engine.scheduler()
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
            job = await self._require(job_id)
            if job.state is not State.FETCHING:  # else another process was just faster
                raise
            return job
        await scheduler.follow(job)
        return job

    async def _fetch_now(self, job: Job) -> Job:
        """Whoever fetches it, here or in another process, tries now."""
        scheduler = await self._engine.scheduler()
        try:
            job = await (await self._engine.ledger()).delay(job.id, self._clock.time())
        except job_states.ImpossibleTransition:
            return await self._require(job.id)  # it has just come to its end
        self._tell(job)
        scheduler.try_now(job.id)
        await scheduler.adopt(job.id)
        return job

    async def _require(self, job_id: int) -> Job:
        job = await (await self._engine.ledger()).job(job_id)
        if job is None:
            raise UsageError("error.no_job", id=job_id)
        return job

    async def _step(self, job_id: int, after: State, key: str, **columns: Any) -> Job:
        ledger = await self._engine.ledger()
        try:
            job = await ledger.step(job_id, after, self._clock.time(), key, **columns)
        except job_states.ImpossibleTransition as error:  # another window was just faster
            raise UsageError("error.busy_job") from error
        log_step(job, key)
        self._tell(job)
        (await self._engine.scheduler()).look()
        return job

    async def watch(self) -> None:
        """What other processes do to the jobs shows by itself, too."""
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
            except (ImaError, job_states.ImpossibleTransition) as error:
                log.warning("news: %r", error)  # a busy file is asked again in a second
