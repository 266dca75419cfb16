"""Actions on a workflow: which are available, and confirmation of what costs points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ima_tui.compose import confirmation
from ima_tui.compose.draft import switch
from ima_tui.core.domain import State
from ima_tui.core.errors import ImaError, KeyMissing, UsageError
from ima_tui.i18n import explain, joined, listed, say
from ima_tui.tui.shell import model_picker
from ima_tui.tui.workflow import step_rows
from ima_tui.workflow.status import StepStatus, WorkflowStatus, price_step
from ima_tui.workflow.steps import (
    Workflow,
    WorkflowStep,
    move,
    put,
    remove,
)

if TYPE_CHECKING:
    from ima_tui.studio.studio import Studio
    from ima_tui.tui.shell.confirm_bar import Answer, Choice
    from ima_tui.tui.widgets.app_context import AppContext
    from ima_tui.tui.workflow.board_tiles import BoardFacts
    from ima_tui.tui.workflow.page import WorkflowPage

_MOVES = {"up": ("move", -1), "down": ("move", 1)}
"""Methods and arguments of verbs that are not the name of a method."""
_OF_STEPS = frozenset({"remove", "up", "down"})
"""Verbs that mean shots on a storyboard."""


class WorkflowHost(Protocol):
    """What the actions need of the screen that shows the workflow."""

    workflow: Workflow | None
    status: WorkflowStatus | None
    facts: BoardFacts | None

    @property
    def page(self) -> WorkflowPage:
        """The storyboard or the steps, with the cursor on one of them."""

    @property
    def ima(self) -> AppContext:
        """The app."""

    @property
    def studio(self) -> Studio:
        """The studio."""

    def ask(
        self, words: str, then: Answer, *, deliberate: bool = False, choices: Sequence[Choice] = ()
    ) -> None:
        """Ask before points are spent; `then` runs on a yes."""

    def remark(self, sentence: str, role: str) -> None:
        """Say what happened."""

    async def put(self, workflow: Workflow) -> None:
        """Show the changed workflow."""

    async def action_back(self) -> None:
        """Return to the screen from which this one was opened."""


class WorkflowActions:
    """Actions on the workflow that a host shows, by name."""

    def __init__(self, host: WorkflowHost) -> None:
        self._host = host

    @property
    def current(self) -> StepStatus | None:
        """The step under the cursor."""
        status, step_id = self._host.status, self._host.page.step
        return status.step_status(step_id) if status is not None and step_id is not None else None

    def can(self, verb: str) -> bool:
        """Return whether an action is available for the current step."""
        status, each = self._host.status, self.current
        if status is None:
            return False
        if verb == "run":
            return not status.is_done and (not status.moving or bool(status.failures))
        if verb == "drop":
            return not status.moving
        if each is None or (self._host.page.shows_board and verb in _OF_STEPS):
            return False
        job = each.job
        match verb:
            case "view":
                return job is not None and bool(job.medias)
            case "queue":
                return job is not None and job.state is not State.FORGOTTEN
        return not status.moving  # what is on its way is not changed under its feet

    async def do(self, verb: str) -> None:
        """Run an action by its name, if it is available."""
        if self.can(verb):
            name, *by = _MOVES.get(verb, (verb,))
            await getattr(self, str(name))(*by)

    # ------------------------------------------------------------------------ what costs points

    async def run(self) -> None:
        """Look the prices up, ask, and hand the steps to the queue."""
        host = self._host
        if host.workflow is None:
            return
        if not host.studio.connection.has_key:
            ask_for_key(self._host.ima)
            return
        workflows = host.studio.workflows
        try:
            before = await workflows.agreed_before(host.workflow)
            status = await workflows.status(before, fetch=True)
            sending = [each.priced for each in status.to_send(again=True)]
            notes = await workflows.input_notes(sending)
        except ImaError as error:
            host.remark(explain(error), "bad")
            return
        if not sending and status.waits_for_approval:
            host.remark(say("workflow.agents_wait"), "bad")
            return
        wrong = step_rows.problems(status.to_send(again=True))
        if wrong:
            host.page.graph.move_to(wrong[0].step.id)
            problem = wrong[0].priced.problem or UsageError("error.no_models")
            host.remark(say("workflow.step", id=wrong[0].step.id, sentence=explain(problem)), "bad")
            return
        unknown = any(
            each.job is not None and each.job.state is State.NEEDS_REVIEW
            for each in status.failures
        )
        first = status.look_first(host.studio.settings.ask_above, again=True)
        words = joined(*notes, _question(status, first))
        host.ask(words, partial(self._go, status, first), deliberate=unknown)

    async def _go(self, status: WorkflowStatus, first: frozenset[int]) -> None:
        host, agreed = self._host, await send(self._host, status, first)
        if agreed is None:
            return
        await host.put(agreed)
        host.ima.sent_prompt = agreed.prompt
        sent = [each for each in status.to_send(again=True) if not first or each.step.id in first]
        then = say("board.then" if agreed.film else "finish.then") if agreed.ends else ""
        host.remark(joined(say("workflow.sent", n=len(sent)), "" if first else then), "ok")

    # ------------------------------------------------------------------------------- changes

    async def edit(self) -> None:
        """Open the editor of the step."""
        from ima_tui.tui.workflow.step_editor import StepEditor

        each = self.current
        workflow = self._host.workflow
        if each is None or workflow is None:
            return
        model = each.priced.model or self._host.studio.catalogue.suggested(each.step.task_type)
        await self._host.ima.push_screen(StepEditor(workflow, each.step, model), self._changed)

    async def _changed(self, step: WorkflowStep | None) -> None:
        if step is not None:
            await self._attempt(lambda workflow: put(workflow, step))

    async def model(self) -> None:
        """The same step on another model; what that can't do is left out, and said."""
        host, each = self._host, self.current
        if each is None:
            return
        step, studio = each.step, host.studio
        models = studio.catalogue.models(step.task_type)

        async def chosen(number: int | None) -> None:
            if number is None:
                return
            model = models[number]
            draft, lost = switch(step.draft(), model)
            changed = step_rows.step_of(step, model, draft)
            await self._changed(price_step(changed, {model.task_type: (model,)}).step)
            if lost:
                names = listed(lost)
                host.remark(say("compose.lost", names=names, model=model.name), "warn")

        if models:
            picker = model_picker.models(studio, step.task_type, each.priced.model, host.ima.glyphs)
            await host.ima.push_screen(picker, chosen)

    async def remove(self) -> None:
        """Remove the step."""
        if (each := self.current) is not None:
            await self._attempt(lambda workflow: remove(workflow, each.step.id))

    async def move(self, by: int) -> None:
        """Move the step up or down."""
        if (each := self.current) is not None:
            await self._attempt(lambda workflow: move(workflow, each.step.id, by))

    async def _attempt(self, change: Callable[[Workflow], Workflow]) -> None:
        """Change the workflow and keep it, or say why it can't be."""
        host = self._host
        if host.workflow is None:
            return
        try:
            changed = await host.studio.workflows.look(change(host.workflow))
            await host.studio.workflows.keep(changed)
        except ImaError as error:
            host.remark(explain(error), "bad")
            return
        await host.put(changed)

    # ------------------------------------------------------------------------------ the rest

    async def view(self) -> None:
        """Open the results of the step."""
        from ima_tui.tui.shell.viewer import ViewerScreen, results_of

        each = self.current
        if each is not None and each.job is not None:
            self._host.ima.push_screen(ViewerScreen(results_of(each.job)))

    async def queue(self) -> None:
        """Open the queue on the job of the step."""
        each = self.current
        if each is not None and each.job is not None:
            await self._host.ima.show_job(each.job.id)

    async def drop(self) -> None:
        """Delete the workflow, after a yes."""
        workflow = self._host.workflow
        if workflow is not None:
            self._host.ask(say("workflow.ask_drop"), partial(self._drop, workflow))

    async def _drop(self, workflow: Workflow) -> None:
        await self._host.studio.workflows.drop(workflow.id)
        self._host.workflow = self._host.status = None
        await self._host.action_back()


async def send(host: WorkflowHost, status: WorkflowStatus, only: frozenset[int]) -> Workflow | None:
    """Send steps that the user approved; None where that was impossible, which is said."""
    workflows = host.studio.workflows
    try:
        agreed = await workflows.agree(status)
        if agreed.ends:
            await host.studio.endings.want(agreed.id)
        await workflows.go(status, again=True, only=only)
    except KeyMissing:
        ask_for_key(host.ima)
    except ImaError as error:
        host.remark(explain(error), "bad")
    else:
        return agreed
    return None


def _question(status: WorkflowStatus, first: frozenset[int]) -> str:
    """What differs from what was asked for, how many steps, for how much; and what would be paid
    for once more. `first`: the only steps that are sent now."""
    sending = {each.step.id for each in status.to_send(again=True)}
    differing = confirmation.sentences(each for at, each in status.workflow.unmet if at in sending)
    return joined(*differing, _cost_of_first(status, first) if first else _cost(status))


def _cost_of_first(status: WorkflowStatus, first: frozenset[int]) -> str:
    points = sum(status.step_status(step).price() for step in first)
    others = [each for each in status.to_send(again=True) if each.step.id not in first]
    rest = sum(each.price() for each in others)
    return say("workflow.ask_master", points=points, n=len(others), rest=rest)


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


def ask_for_key(app: AppContext) -> None:
    """Open the screen on which the API key is entered."""
    from ima_tui.tui.shell.welcome import WelcomeScreen

    app.push_screen(WelcomeScreen())
