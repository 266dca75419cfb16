"""Plans on their way: made of a wish, kept, and run on the queue without paying twice.

A step's job is known in the ledger by the step's intent, so a plan that is run again, from a copy
or after a crash, finds what was paid for. A failed step that is tried again is another intent,
named after the job that failed: two runs that both try it again name the same one.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui.core.clock import Clock
from ima_tui.core.domain import (
    Job,
    ModelVersion,
    Order,
    State,
    TaskType,
)
from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import living
from ima_tui.ledger import job_states
from ima_tui.ledger.job_states import ImpossibleTransition
from ima_tui.preferences.service import PreferenceService
from ima_tui.studio.catalogue_service import CatalogueService
from ima_tui.studio.jobs import Jobs
from ima_tui.workflow import contents, file
from ima_tui.workflow.pricing import PricedStep, price_workflow
from ima_tui.workflow.status import StepStatus, WorkflowStatus, brought_nothing
from ima_tui.workflow.steps import (
    Workflow,
    digest,
    intents,
    result_of,
)

if TYPE_CHECKING:
    from ima_tui.core.input_files import InputFacts
    from ima_tui.intent.sharing import Shared

MOST_KEPT = 200
_FOR_SERIES = (TaskType.TEXT_TO_IMAGE, TaskType.IMAGE_TO_IMAGE, TaskType.IMAGE_TO_VIDEO)

Inspect = Callable[[ModelVersion, Sequence[str]], Awaitable["tuple[InputFacts, ...]"]]


@dataclass(frozen=True, slots=True)
class CreatedWorkflow:
    """A new plan, and the reading it was made of."""

    workflow: Workflow
    shared: Shared


class Workflows:
    """`folder` is where plans are kept that nobody gave a file."""

    def __init__(
        self,
        jobs: Jobs,
        offer: CatalogueService,
        wishes: PreferenceService,
        inspect: Inspect,
        folder: Path,
        *,
        clock: Clock,
        download: bool,
        for_writing: Callable[[], object] = lambda: None,
    ) -> None:
        self._jobs = jobs
        self._offer = offer
        self._wishes = wishes
        self._inspect = inspect
        self._folder = folder
        self._clock = clock
        self._download = download
        self._for_writing = for_writing

    # ------------------------------------------------------------------------------- made of

    async def make(
        self, wish: str, images: Sequence[str] = (), *, fetch: bool = True
    ) -> CreatedWorkflow:
        """The plan for a wish, by the live lists (`fetch`: fresh ones); without steps where there
        is nothing to make. Raises `UsageError`."""
        shared = await asyncio.to_thread(_share, wish, tuple(images))
        if not shared.shares:
            return CreatedWorkflow(Workflow(secrets.token_hex(8), wish, ()), shared)
        kinds = {each.task_type for each in shared.shares}
        if shared.one_subject:
            kinds |= set(_FOR_SERIES)
        if fetch:
            for kind in sorted(kinds):
                await self._offer.fresh(kind)
        return CreatedWorkflow(await self.look(self._build(shared, wish)), shared)

    async def outline(self, wish: str, images: Sequence[str] = ()) -> WorkflowStatus | None:
        """What `make` would make by the lists as they are, priced; None where that is nothing. No
        file is looked at, no job asked for: it is for showing while the wish is written."""
        shared = await asyncio.to_thread(_share, wish, tuple(images))
        if not shared.shares:
            return None
        plan, prices = self.price(self._build(shared, wish))
        names = intents(plan)
        return WorkflowStatus(
            plan, plan, tuple(StepStatus(each, names[each.step.id]) for each in prices)
        )

    def _build(self, shared: Shared, wish: str) -> Workflow:
        # with the router, which the first paint can't wait for
        from ima_tui.workflow.building import build

        preferred = self._wishes.preferred()
        return build(shared, self._lists(), preferred, secrets.token_hex(8), wish)

    async def look(self, plan: Workflow) -> Workflow:
        """The plan with what its files hold now."""
        return await asyncio.to_thread(contents.look, plan)

    def _lists(self) -> Mapping[TaskType, Sequence[ModelVersion]]:
        return {kind: self._offer.models(kind) for kind in TaskType}

    def price(self, plan: Workflow) -> tuple[Workflow, tuple[PricedStep, ...]]:
        """The plan at the prices of the lists as they are."""
        return price_workflow(plan, self._lists())

    # ---------------------------------------------------------------------------------- kept

    async def keep(self, plan: Workflow) -> None:
        """Keep it in the place of its last version; jobs of that which nobody sent yet, and which
        are no part of it any more, are taken out. Raises `UsageError` where nothing is written."""
        self._for_writing()
        path = self.path(plan.id)
        try:
            before = await asyncio.to_thread(file.read, path)
        except UsageError:
            before = plan
        gone = set(intents(before).values()) - set(intents(plan).values())
        for job in (await self._jobs.by_intents(gone)).values() if gone else ():
            if job.state in job_states.UNSENT:
                with suppress(ImpossibleTransition, UsageError):  # just being sent: it stays
                    await self._jobs.forget(job.id)
        await asyncio.to_thread(file.write, path, plan)

    def path(self, plan_id: str) -> Path:
        return self._folder / f"{plan_id}.json"

    async def drop(self, plan_id: str) -> None:
        """Away with a kept plan; its jobs stay where they are. Raises `UsageError`
        where nothing is written."""
        self._for_writing()
        await asyncio.to_thread(self.path(plan_id).unlink, missing_ok=True)

    async def kept(self) -> tuple[tuple[Workflow, float], ...]:
        """The kept plans with the time of their last change, newest first; what can't be read is
        left where it is."""
        return await asyncio.to_thread(self._read_kept)

    def _read_kept(self) -> tuple[tuple[Workflow, float], ...]:
        try:
            paths = [(path.stat().st_mtime, path) for path in self._folder.glob("*.json")]
        except OSError:
            return ()
        found: list[tuple[Workflow, float]] = []
        for changed, path in sorted(paths, reverse=True)[:MOST_KEPT]:
            with suppress(UsageError):
                found.append((file.read(path), changed))
        return tuple(found)

    async def agreed_before(self, plan: Workflow) -> Workflow:
        """`plan` with its files as they are, as it was agreed to here, prices and hash; without a
        hash where it was not. What a file from elsewhere says about that is not believed."""
        plan = await self.look(plan)
        try:
            kept = await asyncio.to_thread(file.read, self.path(plan.id))
        except UsageError:
            return replace(plan, confirmed="")
        points = {step.id: step.points for step in kept.steps}
        steps = tuple(replace(s, points=points.get(s.id, s.points)) for s in plan.steps)
        priced = replace(plan, steps=steps, confirmed=kept.confirmed)
        return priced if digest(priced) == kept.confirmed else replace(plan, confirmed="")

    async def agree(self, status: WorkflowStatus) -> Workflow:
        """Write down that a person agreed to the plan at the prices of now. Raises `UsageError`
        where a file has changed since it was asked for."""
        if await self.look(status.workflow) != status.workflow:
            raise UsageError("error.plan_file_changed")
        agreed = replace(status.workflow, confirmed=digest(status.workflow))
        await self.keep(agreed)
        return agreed

    # ------------------------------------------------------------------------------ standing

    async def status(
        self, plan: Workflow, *, fetch: bool = False, priced: bool = True
    ) -> WorkflowStatus:
        """Where each step stands, at the prices of now. `fetch` asks for lists that are too old;
        not `priced`: the prices are the plan's own."""
        if fetch:
            for kind in sorted({step.task_type for step in plan.steps}):
                await self._offer.fresh(kind)
        now, prices = self.price(plan) if priced else (plan, tuple(map(PricedStep, plan.steps)))
        names = intents(plan)
        tries = await self._tries(names)
        standings: list[StepStatus] = []
        lost: set[int] = set()
        for each in prices:
            step_id = each.step.id
            blocked = any(needed in lost for needed in each.step.needs)
            standing = StepStatus(each, names[step_id], tries.get(step_id), blocked)
            if standing.failed or (blocked and standing.unsent):
                lost.add(step_id)
            standings.append(standing)
        return WorkflowStatus(plan, now, tuple(standings))

    async def _tries(self, names: Mapping[int, str]) -> dict[int, Job]:
        """The newest try of each step that has one, wherever it was tried again."""
        jobs = await self._jobs.by_intents(tuple(names.values()))
        found = {step_id: jobs[name] for step_id, name in names.items() if name in jobs}
        while vain := [job.id for job in found.values() if brought_nothing(job)]:
            again = await self._jobs.repeats_of(vain)
            if not again:
                break
            found = {step_id: again.get(job.id, job) for step_id, job in found.items()}
        return found

    # ---------------------------------------------------------------------------------- run

    async def go(self, status: WorkflowStatus, *, again: bool) -> None:
        """Send what is missing, let go what waits for a word, take up what nobody follows; with
        `again`, failed steps once more. The person has agreed to `status.to_pay`.

        Raises `UsageError` before anything is sent where a step can't be, `KeyMissing`.
        """
        orders: dict[int, Order] = {}
        stale = await self._stale(status)
        for each in status.to_send(again=again):
            if each.job is None or each.failed or each.step.id in stale:
                orders[each.step.id] = await self._order(each)
        made: dict[int, Job] = {}
        for each in status.steps:
            job = await self._further(each, orders.get(each.step.id), made, again=again)
            if job is not None:
                made[each.step.id] = job

    async def _stale(self, status: WorkflowStatus) -> frozenset[int]:
        """The steps whose unsent job waits for one that is no part of the plan any more, or was
        taken off the list: it would wait in vain."""
        found: set[int] = set()
        for each in status.steps:
            if each.job is None or not each.unsent:
                continue
            first = [status.step_status(needed) for needed in each.step.needs]
            if any(one.job is not None and one.job.state is State.FORGOTTEN for one in first):
                found.add(each.step.id)
            elif each.step.after:
                before = status.step_status(each.step.after).job
                waiting = await self._jobs.waiting_for(before.id) if before is not None else ()
                if each.job.id not in [job.id for job in waiting]:
                    found.add(each.step.id)
        return frozenset(found)

    async def _order(self, standing: StepStatus) -> Order:
        """The step's order, its files looked at; other steps' results still by their steps."""
        priced = standing.priced
        if priced.problem is not None or priced.order is None or priced.model is None:
            problem = priced.problem or UsageError("error.no_models")
            raise UsageError(problem.key, **problem.values)
        sources: list[str] = []
        for source in priced.order.inputs:
            if result_of(source) is None:
                source = (await self._inspect(priced.model, (source,)))[0].source
            sources.append(source)
        return replace(priced.order, inputs=tuple(sources))

    async def _further(
        self, each: StepStatus, order: Order | None, made: Mapping[int, Job], *, again: bool
    ) -> Job | None:
        """One step further; None where it can't go."""
        if each.blocked and not again:
            return each.job
        if order is not None:
            if any(needed not in made for needed in each.step.needs):
                return None
            failed = each.job
            if failed is not None and failed.state in job_states.UNSENT:  # it would wait in vain
                await self._jobs.forget(failed.id)
            intent = each.intent if failed is None else f"{each.intent}:after-{failed.id}"
            after = made[each.step.after] if each.step.after else None
            return await self._jobs.submit(
                replace(order, inputs=await asyncio.to_thread(self._sources, order, made)),
                intent,
                repeats=failed.id if failed else None,
                after=after.id if after and after.state is not State.FORGOTTEN else None,
            )
        return await self._take_up(each.job) if each.job is not None else None

    def _sources(self, order: Order, made: Mapping[int, Job]) -> tuple[str, ...]:
        now = self._clock.time()
        return tuple(_source(source, made, now) for source in order.inputs)

    async def _take_up(self, job: Job) -> Job:
        """Follow what is open, held, parked or stopped: all of it was agreed to."""
        if job.state in job_states.OPEN:
            await self._jobs.adopt(job.id)
            job = await self._jobs.get(job.id) or job
        stopped = job.state is State.STOPPED and bool(job.task_id)
        lacks_files = job.state is State.DONE and any(not media.path for media in job.medias)
        with suppress(ImpossibleTransition, UsageError):  # another window was just faster
            if lacks_files and self._download:
                await self._jobs.fetch(job.id)
            elif (
                (job.needs_approval and job.state in job_states.UNSENT)
                or stopped
                or job.state is State.TIMED_OUT
            ):
                await self._jobs.follow(job.id)
        return await self._jobs.get(job.id) or job


def _share(wish: str, images: tuple[str, ...]) -> Shared:
    """Reads the vocabulary when it is first needed: call it off the event loop."""
    from ima_tui.intent.sharing import share

    return share(wish, images)


def _source(source: str, made: Mapping[int, Job], now: float) -> str:
    """A step's result as the queue knows it. A job that was taken off the list is waited for by
    nobody: its result goes by its address, or by its file once that is dead."""
    found = result_of(source)
    if found is None:
        return source
    step_id, index = found
    job = made[step_id]
    if job.state is State.FORGOTTEN and index <= len(job.medias):
        return living(job, index, now)
    return f"job:{job.id}#{index}"
