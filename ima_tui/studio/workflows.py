"""Workflows: stored, priced, and run through the queue without paying twice.

A step's job is found by the step's intent, so a workflow that is run again, from a copy or after a
crash, finds what was paid for. Retrying a failed step uses another intent, named after the failed
job, so two runs that retry it use the same one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui.compose import confirmation
from ima_tui.core import atomic_file
from ima_tui.core.clock import Clock
from ima_tui.core.domain import Job, ModelVersion, Order, State
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.ledger import records
from ima_tui.ledger.records import ImpossibleTransition
from ima_tui.ledger.writing import Why
from ima_tui.studio.catalogue_service import CatalogueService
from ima_tui.studio.jobs import Jobs
from ima_tui.workflow import file
from ima_tui.workflow.sources import for_queue, result_of
from ima_tui.workflow.status import (
    PricedStep,
    StepStatus,
    WorkflowStatus,
    brought_nothing,
    price_workflow,
)
from ima_tui.workflow.steps import Workflow, digest, intents, look_at_files

if TYPE_CHECKING:
    from ima_tui.core.input_files import InputFacts

MOST_KEPT = 200

Inspect = Callable[[ModelVersion, Sequence[str]], Awaitable["tuple[InputFacts, ...]"]]


@dataclass(eq=False)
class Workflows:
    """Stores and runs workflows. `folder` holds those without a file of their own."""

    _jobs: Jobs
    _catalogue: CatalogueService
    _inspect: Inspect
    _folder: Path
    clock: Clock
    download: bool
    for_writing: Callable[[], object] = lambda: None

    async def look(self, workflow: Workflow) -> Workflow:
        """Return the workflow with the current hashes of its files."""
        return await asyncio.to_thread(look_at_files, workflow)

    def price(self, workflow: Workflow) -> tuple[Workflow, tuple[PricedStep, ...]]:
        """Return the workflow at the current prices, and each priced step."""
        return price_workflow(workflow, self._catalogue.all_models())

    async def keep(self, workflow: Workflow) -> None:
        """Store the workflow in place of its last version.

        Unsent jobs that are no longer part of it are removed from the queue. Raises `UsageError` in
        a read-only run.
        """
        self.for_writing()
        path = self.path(workflow.id)
        try:
            before = await asyncio.to_thread(file.read, path)
        except UsageError:
            before = workflow
        gone = set(intents(before).values()) - set(intents(workflow).values())
        for job in (await self._jobs.by_intents(gone)).values() if gone else ():
            if job.state in records.UNSENT:
                with suppress(
                    ImpossibleTransition, UsageError
                ):  # it is just being sent, so it stays
                    await self._jobs.forget(job.id)
        await asyncio.to_thread(file.write, path, workflow)

    def path(self, workflow_id: str) -> Path:
        """Return the path of a stored workflow."""
        return self._folder / f"{workflow_id}.json"

    async def changed_at(self, workflow_id: str) -> float:
        """Return when a stored workflow changed, in seconds since the epoch; 0 for never."""
        return await asyncio.to_thread(atomic_file.changed_at, self.path(workflow_id))

    async def drop(self, workflow_id: str) -> None:
        """Delete a stored workflow; its jobs stay. Raises `UsageError` in a read-only run."""
        self.for_writing()
        await asyncio.to_thread(self.path(workflow_id).unlink, missing_ok=True)

    async def kept_as(self, begins: str) -> Workflow | None:
        """Return the stored workflow whose id begins so, or None. Raises `UsageError`."""
        paths = await asyncio.to_thread(lambda: sorted(self._folder.glob(f"{begins}*.json")))
        return await asyncio.to_thread(file.read, paths[0]) if paths else None

    async def kept(self) -> tuple[tuple[Workflow, float], ...]:
        """Return the stored workflows with the time of their last change, newest first.

        Unreadable files are skipped.
        """
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

    async def agreed_before(self, workflow: Workflow) -> Workflow:
        """Return `workflow` as last approved here, with current files.

        Its hash is empty where it was not; what a file from elsewhere says about approval is not
        believed.
        """
        workflow = await self.look(workflow)
        try:
            kept = await asyncio.to_thread(file.read, self.path(workflow.id))
        except UsageError:
            return replace(workflow, confirmed="")
        points = {step.id: step.points for step in kept.steps}
        steps = tuple(replace(s, points=points.get(s.id, s.points)) for s in workflow.steps)
        workflow = replace(workflow, project=workflow.project or kept.project)
        priced = replace(workflow, steps=steps, confirmed=kept.confirmed)
        return priced if digest(priced) == kept.confirmed else replace(workflow, confirmed="")

    async def agree(self, status: WorkflowStatus) -> Workflow:
        """Record the user's approval of the workflow at current prices.

        Raises `UsageError` where a file has changed meanwhile.
        """
        if await self.look(status.workflow) != status.workflow:
            raise UsageError("error.plan_file_changed")
        agreed = replace(status.workflow, confirmed=digest(status.workflow))
        await self.keep(agreed)
        return agreed

    async def status(
        self, workflow: Workflow, *, fetch: bool = False, priced: bool = True
    ) -> WorkflowStatus:
        """Return the status of each step at current prices.

        `fetch`: refresh lists that are too old; `priced` False: use the stored prices.
        """
        if fetch:
            for task_type in sorted({step.task_type for step in workflow.steps}):
                await self._catalogue.fresh(task_type)
        now, prices = (
            self.price(workflow) if priced else (workflow, tuple(map(PricedStep, workflow.steps)))
        )
        names = intents(workflow)
        tries = await self._tries(names)
        statuses: list[StepStatus] = []
        lost: set[int] = set()
        for each in prices:
            step_id = each.step.id
            blocked = any(needed in lost for needed in each.step.needs)
            step_status = StepStatus(each, names[step_id], tries.get(step_id), blocked)
            if step_status.failed or (blocked and step_status.unsent):
                lost.add(step_id)
            statuses.append(step_status)
        return WorkflowStatus(workflow, now, tuple(statuses))

    async def _tries(self, names: Mapping[int, str]) -> dict[int, Job]:
        """Return the newest try of each step that has one."""
        jobs = await self._jobs.by_intents(tuple(names.values()))
        found = {step_id: jobs[name] for step_id, name in names.items() if name in jobs}
        while vain := [job.id for job in found.values() if brought_nothing(job)]:
            again = await self._jobs.repeats_of(vain)
            if not again:
                break
            found = {step_id: again.get(job.id, job) for step_id, job in found.items()}
        return found

    async def input_notes(self, steps: Iterable[PricedStep]) -> list[str]:
        """Decode the steps' own files; return a sentence for each of which only a part is used.

        Raises `UsageError` for a file that a step can't be made of.
        """
        notes: list[str] = []
        for each in steps:
            own = [source for source in each.step.inputs if result_of(source) is None]
            if own and each.model is not None and each.problem is None:
                notes += confirmation.input_notes(await self._inspect(each.model, own))
        return list(dict.fromkeys(notes))

    async def go(
        self,
        status: WorkflowStatus,
        *,
        again: bool,
        only: frozenset[int] = frozenset(),
        client: str = "",
        hold: Why | None = None,
    ) -> None:
        """Send missing steps, approve held ones, follow others; `again`: retry failed ones.

        `only`: these steps, none for all. The user has approved `status.to_pay`; where a `client`
        orders, `hold` says why the user has to. Raises `KeyMissing`, and `UsageError` before
        anything is sent where a step is impossible.
        """
        orders: dict[int, Order] = {}
        stale = await self._stale(status)
        chosen = [each for each in status.steps if not only or each.step.id in only]
        for each in status.to_send(again=again):
            if each not in chosen:
                continue
            if each.job is None or each.failed or each.step.id in stale:
                order = await self._order(each)
                project = status.workflow.project
                orders[each.step.id] = replace(order, project=project, client=client)
        made: dict[int, Job] = {}
        for each in chosen:
            order_of = orders.get(each.step.id)
            job = await self._further(each, order_of, made, again=again, hold=hold)
            if job is not None:
                made[each.step.id] = job

    async def _stale(self, status: WorkflowStatus) -> frozenset[int]:
        """Return the steps whose unsent job waits for one that was replaced or removed."""
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

    async def _order(self, step_status: StepStatus) -> Order:
        """Return the step's order with its files checked.

        Results of other steps are still named by step.
        """
        priced = step_status.priced
        if priced.problem is not None or priced.order is None or priced.model is None:
            problem = priced.problem or UsageError("error.no_models")
            raise UsageError(problem.key, **problem.values)
        sources = [
            source
            if result_of(source)
            else (await self._inspect(priced.model, (source,)))[0].source
            for source in priced.order.inputs
        ]
        return replace(priced.order, inputs=tuple(sources))

    async def _further(
        self,
        each: StepStatus,
        order: Order | None,
        made: Mapping[int, Job],
        *,
        again: bool,
        hold: Why | None,
    ) -> Job | None:
        """Advance one step; returns its job, None where it can't continue."""
        if each.blocked and not again:
            return each.job
        if order is not None:
            if any(needed not in made for needed in each.step.needs):
                return None
            failed = each.job
            if failed is not None and failed.state in records.UNSENT:  # it would be blocked
                await self._jobs.forget(failed.id)
            intent = each.intent if failed is None else f"{each.intent}:after-{failed.id}"
            after = made[each.step.after] if each.step.after else None
            return await self._jobs.submit(
                replace(order, inputs=await asyncio.to_thread(self._sources, order, made)),
                intent,
                repeats=failed.id if failed else None,
                after=after.id if after and after.state is not State.FORGOTTEN else None,
                hold=hold,
            )
        return await self._take_up(each.job) if each.job is not None else None

    def _sources(self, order: Order, made: Mapping[int, Job]) -> tuple[str, ...]:
        now = self.clock.time()
        return tuple(for_queue(source, made, now) for source in order.inputs)

    async def _take_up(self, job: Job) -> Job:
        """Follow an open, held, timed out or stopped job: all of it was approved.

        What an agent ordered is not: its approval is the job's own.
        """
        if job.state in records.OPEN:
            await self._jobs.adopt(job.id)
            job = await self._jobs.get(job.id) or job
        stopped = job.state is State.STOPPED and bool(job.task_id)
        lacks_files = job.state is State.DONE and any(not media.path for media in job.medias)
        with suppress(ImpossibleTransition, UsageError):  # another window was faster
            if lacks_files and self.download:
                await self._jobs.fetch(job.id)
            elif stopped or job.state is State.TIMED_OUT or records.waits_as_users(job):
                await self._jobs.follow(job.id)
        return await self._jobs.get(job.id) or job
