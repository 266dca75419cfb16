"""The Workflow screen: steps with their inputs, prices and results.

`PlanVerbs` does what can be done; the screen shows the plan and hears the news. Reached from
Compose, where a prompt is about several things, and from the list of plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.timer import Timer

from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.tui.keys.actions import key_of
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.theme import styles
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.lines import Rule
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.widgets.update_batcher import Updates
from ima_tui.tui.workflow import step_rows
from ima_tui.tui.workflow.actions import WorkflowActions
from ima_tui.tui.workflow.graph import StepDetail, WorkflowGraph, WorkflowLine
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import Workflow

PULSE = 1.0
"""Seconds between two looks at the clock while something runs."""


def _do(verb: str, name: str, *, show: bool = True) -> Binding:
    """Return the binding of a verb to the action of that name."""
    return bind(verb, f"do('{name}')", f"bind.plan_{name}", f"plan.{name}", show=show)


class WorkflowScreen(BaseScreen):
    """One plan at a time."""

    SCREEN_ID = "plan"
    HOME = "#graph"
    CSS_PATH = styles.path("workflow")
    BINDINGS: ClassVar[list[BindingType]] = [
        _do("send", "run"),
        _do("open", "view"),
        _do("edit", "edit"),
        Binding("enter", "do('edit')", "bind.plan_edit", show=False, id="plan.edit_too"),
        _do("model", "model"),
        _do("delete", "remove"),
        _do("earlier", "up", show=False),
        _do("later", "down", show=False),
        _do("job", "queue", show=False),
        _do("", "drop", show=False),
        Binding("pageup", "scroll_facts(-5)", "bind.detail_up", show=False, id="plan.page_up"),
        Binding("pagedown", "scroll_facts(5)", "bind.detail_down", show=False, id="plan.page_down"),
        bind("back", "back", "bind.plan_back", "plan.back", show=True),
    ]
    graph = getters.query_one(WorkflowGraph)

    def __init__(self) -> None:
        super().__init__()
        self.plan: Workflow | None = None
        self.status: WorkflowStatus | None = None
        self.verbs = WorkflowActions(self)
        self._came_from = "compose"
        self._note = ("", "")
        """What happened last, and the role it is said in."""
        self._clock: Timer | None = None

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        yield WorkflowLine("background", widget_id="workflow-title")
        yield Rule()
        with Container(id="body"):
            yield WorkflowGraph(widget_id="graph")
            yield StepDetail()
        yield Rule()
        yield DraftMessage(widget_id="said")
        yield WorkflowLine(widget_id="workflow-total")

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self._clock = self.set_interval(PULSE, self._tick, pause=True, name="plan clock")
        self.graph.focus()

    # ------------------------------------------------------------------------------- the facts

    async def open(self, plan: Workflow, came_from: str, notes: Sequence[str] = ()) -> None:
        """Show `plan`; `notes` is what has to be said about how it came about."""
        self.plan = plan
        if came_from != self.SCREEN_ID:
            self._came_from = came_from
        self._note = ("  ".join(notes), "warn")
        self.graph.action_step(-99)
        self.graph.focus()
        await self.reload()

    async def put(self, plan: Workflow) -> None:
        """The plan was changed."""
        self.plan, self._note = plan, ("", "")
        await self.reload()

    async def heard(self, news: Updates) -> None:
        """Redraw what the news concern."""
        if news.jobs or news.lists:
            await self.reload()

    async def reload(self) -> None:
        """Show everything again from current data."""
        if self.plan is not None:
            before, self.status = self.status, await self.studio.workflows.status(self.plan)
            if before is not None and before.moving and not self.status.moving:
                self._note = ("", "")  # what was said when it began is over
            self._show()

    def _show(self) -> None:
        status, plan = self.status, self.plan
        if status is None or plan is None:
            return
        title = [(f" {say('workflow.title')}  ", "title"), (one_line(plan.prompt, 400), "text")]
        self.query_one("#workflow-title", WorkflowLine).show(title, [])
        self.graph.show(step_rows.rows(status, self.studio.clock.time(), self.ima.glyphs))
        self.query_one("#workflow-total", WorkflowLine).show(*step_rows.total(status))
        self._show_detail()
        self.speak()
        self._wind()
        self.refresh_bindings()

    def _show_detail(self) -> None:
        status, current = self.status, self.graph.current
        if status is None or current is None:
            return
        each = status.step_status(current)
        medias = each.job.medias if each.job else ()
        shown = next((media for media in medias if media.path), None)
        eager = shown if self.studio.settings.preview else None
        facts = step_rows.detail(each, self.studio.clock.time())
        self.query_one(StepDetail).show(facts, eager, each.step.task_type.medium)

    def remark(self, sentence: str, role: str) -> None:
        """Say what happened."""
        self._note = (sentence, role)
        self.speak()

    def speak(self) -> None:
        """One sentence: what happened, else what is wrong, else what can be done."""
        said, status = self.query_one(DraftMessage), self.status
        wrong = step_rows.problems(status.steps) if status else ()
        if self._note[0]:
            said.say(*self._note)
        elif wrong:
            said.say(say("workflow.mend_step", id=wrong[0].step.id), "bad")
        elif status is not None and status.failures:
            said.say(say("workflow.failed", id=status.failures[0].step.id), "warn")
        elif status is not None and (told := self._told_of_film(status)):
            said.say(told, "ok")
        elif status is not None and status.is_done:
            said.say(say("workflow.look_at_it"), "ok")
        elif status is not None and not status.begun:
            said.say(say("workflow.look_first"), "muted")
        else:
            said.say("", "muted")

    def _told_of_film(self, status: WorkflowStatus) -> str:
        path = self.studio.workflows.path(status.workflow.id)
        return step_rows.film_sentence(status, path, key_of(self.ima.screen, "plan.run"))

    # ------------------------------------------------------------------------------- the clock

    @on(events.ScreenSuspend)
    @on(events.ScreenResume)
    def _wind(self) -> None:
        """Let the clock go while something runs and somebody looks; else stop it."""
        moving = self.status is not None and any(
            each.job is not None and each.job.state in words.MOVING for each in self.status.steps
        )
        if self._clock is not None:
            (self._clock.resume if moving and self.is_current else self._clock.pause)()

    def _tick(self) -> None:
        if self.status is not None:
            now = self.studio.clock.time()
            self.graph.show(step_rows.rows(self.status, now, self.ima.glyphs))

    # ------------------------------------------------------------------------------ the user

    @on(WorkflowGraph.Highlighted)
    def _highlighted(self) -> None:
        self._show_detail()
        self.query_one(StepDetail).rewind()
        self.refresh_bindings()

    @on(WorkflowGraph.Selected)
    async def _selected(self) -> None:
        await self.verbs.do("view" if self.verbs.can("view") else "edit")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if action == "do":
            return self.is_mounted and self.verbs.can(str(parameters[0]))
        return super().check_action(action, parameters)

    async def action_do(self, verb: str) -> None:
        """Run an action by its name."""
        await self.verbs.do(verb)

    def action_scroll_facts(self, by: int) -> None:
        """Scroll the details."""
        self.query_one(StepDetail).scroll_facts(by)

    async def action_back(self) -> None:
        """Return to the screen from which this one was opened."""
        await self.ima.action_go(self._came_from)
