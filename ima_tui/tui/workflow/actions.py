"""What can be done with a plan: which verb fits where the plan stands, and the question before it
costs points. The studio does it; the news then brings what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from ima_tui.compose import confirmation
from ima_tui.compose.draft import switch
from ima_tui.core.domain import State
from ima_tui.core.errors import ImaError, KeyMissing, UsageError
from ima_tui.i18n import explain, say
from ima_tui.tui.shell import model_picker
from ima_tui.tui.workflow import step_rows
from ima_tui.workflow.pricing import price_step
from ima_tui.workflow.status import StepStatus, WorkflowStatus
from ima_tui.workflow.steps import (
    Workflow,
    WorkflowStep,
    move,
    put,
    remove,
)

if TYPE_CHECKING:
    from ima_tui.tui.workflow.screen import WorkflowScreen

Verb = Callable[[], Awaitable[None]]


class WorkflowActions:
    """The verbs, for the plan's screen, which asks and says what came of it."""

    def __init__(self, place: WorkflowScreen) -> None:
        self._place = place
        self._verbs: Mapping[str, Verb] = {
            "run": self.run,
            "view": self.view,
            "edit": self.edit,
            "model": self.model,
            "remove": self.remove,
            "up": partial(self.move, -1),
            "down": partial(self.move, 1),
            "queue": self.queue,
            "drop": self.drop,
        }

    @property
    def current(self) -> StepStatus | None:
        """The step under the cursor."""
        status, step_id = self._place.status, self._place.graph.current
        return status.step_status(step_id) if status is not None and step_id is not None else None

    def can(self, verb: str) -> bool:
        status, each = self._place.status, self.current
        if status is None or each is None:
            return False
        job = each.job
        match verb:
            case "run":
                return not status.is_done and (not status.moving or bool(status.failures))
            case "view":
                return job is not None and bool(job.medias)
            case "queue":
                return job is not None and job.state is not State.FORGOTTEN
        return not status.moving  # what is on its way is not changed under its feet

    async def do(self, verb: str) -> None:
        if self.can(verb):
            await self._verbs[verb]()

    # ------------------------------------------------------------------------ what costs points

    async def run(self) -> None:
        """Look the prices up, ask, and hand the steps to the queue."""
        place = self._place
        if place.plan is None:
            return
        if not place.studio.connection.has_key:
            self._welcome()
            return
        plans = place.studio.workflows
        try:
            before = await plans.agreed_before(place.plan)
            status = await plans.status(before, fetch=True)
        except ImaError as error:
            place.remark(explain(error), "bad")
            return
        wrong = step_rows.problems(status.to_send(again=True))
        if wrong:
            place.graph.move_to(wrong[0].step.id)
            problem = wrong[0].priced.problem or UsageError("error.no_models")
            place.remark(
                say("workflow.step", id=wrong[0].step.id, sentence=explain(problem)), "bad"
            )
            return
        unknown = any(
            each.job is not None and each.job.state is State.NEEDS_REVIEW
            for each in status.failures
        )
        place.ask(_question(status), partial(self._go, status), deliberate=unknown)

    async def _go(self, status: WorkflowStatus) -> None:
        place, plans = self._place, self._place.studio.workflows
        try:
            agreed = await plans.agree(status)
            await plans.go(status, again=True)
        except KeyMissing:
            self._welcome()
            return
        except ImaError as error:
            place.remark(explain(error), "bad")
            return
        await place.put(agreed)
        place.remark(say("workflow.sent", n=len(status.to_send(again=True))), "ok")

    def _welcome(self) -> None:
        from ima_tui.tui.shell.welcome import WelcomeScreen

        self._place.app.push_screen(WelcomeScreen())

    # ------------------------------------------------------------------------------- changes

    async def edit(self) -> None:
        from ima_tui.tui.workflow.step_editor import StepEditor

        each = self.current
        plan = self._place.plan
        if each is None or plan is None:
            return
        model = each.priced.model or self._place.studio.catalogue.suggested(each.step.task_type)
        await self._place.app.push_screen(StepEditor(plan, each.step, model), self._changed)

    async def _changed(self, step: WorkflowStep | None) -> None:
        if step is not None:
            await self._attempt(lambda plan: put(plan, step))

    async def model(self) -> None:
        """The same step on another model; what that can't do is left out, and said."""
        place, each = self._place, self.current
        if each is None:
            return
        step, studio = each.step, place.studio
        models = studio.catalogue.models(step.task_type)

        async def chosen(number: int | None) -> None:
            if number is None:
                return
            model = models[number]
            draft, lost = switch(step_rows.draft_of(step), model)
            changed = step_rows.step_of(step, model, draft)
            await self._changed(price_step(changed, {model.task_type: (model,)}).step)
            if lost:
                names = ", ".join(lost)
                place.remark(say("compose.lost", names=names, model=model.name), "warn")

        if models:
            chooser = model_picker.models(
                studio, step.task_type, each.priced.model, place.ima.glyphs
            )
            await place.app.push_screen(chooser, chosen)

    async def remove(self) -> None:
        if (each := self.current) is not None:
            await self._attempt(lambda plan: remove(plan, each.step.id))

    async def move(self, by: int) -> None:
        if (each := self.current) is not None:
            await self._attempt(lambda plan: move(plan, each.step.id, by))

    async def _attempt(self, change: Callable[[Workflow], Workflow]) -> None:
        """Change the plan and keep it, or say why it can't be."""
        place = self._place
        if place.plan is None:
            return
        try:
            changed = await place.studio.workflows.look(change(place.plan))
            await place.studio.workflows.keep(changed)
        except ImaError as error:
            place.remark(explain(error), "bad")
            return
        await place.put(changed)

    # ------------------------------------------------------------------------------ the rest

    async def view(self) -> None:
        from ima_tui.tui.shell.viewer import JobResults, ViewerScreen

        each = self.current
        if each is not None and each.job is not None:
            self._place.app.push_screen(ViewerScreen(JobResults(each.job)))

    async def queue(self) -> None:
        each = self.current
        if each is not None and each.job is not None:
            await self._place.ima.show_job(each.job.id)

    async def drop(self) -> None:
        plan = self._place.plan
        if plan is not None:
            self._place.ask(say("workflow.ask_drop"), partial(self._drop, plan))

    async def _drop(self, plan: Workflow) -> None:
        await self._place.studio.workflows.drop(plan.id)
        self._place.plan = self._place.status = None
        await self._place.action_back()


def _question(status: WorkflowStatus) -> str:
    """What differs from what was asked for, how many steps, for how much; and what would be paid
    for once more."""
    sending = {each.step.id for each in status.to_send(again=True)}
    differing = confirmation.sentences(each for at, each in status.workflow.unmet if at in sending)
    return " ".join((*differing, _cost(status)))


def _cost(status: WorkflowStatus) -> str:
    points, n = status.to_pay(again=True), len(status.to_send(again=True))
    failed = [each for each in status.failures if each.job is not None]
    unknown = [each for each in failed if each.job and each.job.state is State.NEEDS_REVIEW]
    if unknown:
        maybe = sum(each.step.total for each in unknown)
        return say("workflow.ask_unknown", id=unknown[0].step.id, n=n, points=points, maybe=maybe)
    if failed:
        return say("workflow.ask_again", id=failed[0].step.id, n=n, points=points)
    return say("workflow.ask_on" if status.begun else "workflow.ask_run", n=n, points=points)
