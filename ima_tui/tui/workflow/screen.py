"""The Workflow screen: steps with their inputs, prices and results; of a film its storyboard.

`WorkflowActions` and `FilmActions` do what can be done; the screen shows the workflow and hears the
news. Reached from Compose, where a prompt is about several things, and from the list of workflows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from ima_tui.core.domain import Event
from ima_tui.i18n import say
from ima_tui.studio.endings import Ending
from ima_tui.tui.keys.actions import key_of
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.app_context import Updates
from ima_tui.tui.widgets.lines import Rule, ToldLine
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.workflow import board_tiles, step_rows
from ima_tui.tui.workflow.actions import WorkflowActions
from ima_tui.tui.workflow.board_tiles import BoardFacts
from ima_tui.tui.workflow.film_actions import FilmActions
from ima_tui.tui.workflow.graph import WorkflowGraph
from ima_tui.tui.workflow.page import WorkflowPage, film_facts
from ima_tui.tui.workflow.storyboard import Storyboard
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import Workflow

PULSE = 1.0
"""Seconds between two looks at the clock while something runs."""


def _do(verb: str, name: str, *, show: bool = True) -> Binding:
    """Return the binding of a verb to the action of that name."""
    return bind(verb, f"do('{name}')", f"bind.plan_{name}", f"plan.{name}", show=show)


def _film(verb: str, name: str, *, show: bool = False) -> Binding:
    """Return the binding of a verb to the film action of that name."""
    return bind(verb, f"film('{name}')", f"bind.board_{name}", f"board.{name}", show=show)


class WorkflowScreen(BaseScreen):
    """One workflow at a time; of one with a film its storyboard, or its steps."""

    SCREEN_ID = "plan"
    HOME = "#graph"
    CSS_PATH = theme.path("workflow")
    BINDINGS: ClassVar[list[BindingType]] = [
        _do("send", "run"),
        _film("open", "watch", show=True),
        _do("open", "view"),
        _film("assemble", "assemble", show=True),
        _film("stop", "cancel", show=True),
        _film("retry", "remake", show=True),
        _film("more", "more", show=True),
        _film("less", "less"),
        _film("use", "swap", show=True),
        _film("earlier", "earlier"),
        _film("later", "later"),
        _film("delete", "leave_out"),
        _film("undo", "undo"),
        _film("open_file", "open_file"),
        _film("edit", "settings", show=True),
        bind("layout", "turn", "bind.board_turn", "board.turn"),
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
    page = getters.query_one(WorkflowPage)

    def __init__(self) -> None:
        super().__init__()
        self.workflow: Workflow | None = None
        self.status: WorkflowStatus | None = None
        self.facts: BoardFacts | None = None
        self.verbs = WorkflowActions(self)
        self.films = FilmActions(self)
        self._happened: Mapping[int, tuple[Event, ...]] = {}
        """The timelines of the steps' jobs."""
        self._ending: Ending | None = None
        """Where the film, or another end, stood when it was last told."""
        self._came_from = "compose"
        self._note = ("", "")
        """What happened last, and the role it is said in."""
        self._clock: Timer | None = None

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        yield WorkflowPage()
        yield Rule()
        yield DraftMessage(widget_id="said")
        yield ToldLine(widget_id="workflow-total")

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self._clock = self.set_interval(PULSE, self._tick, pause=True, name="workflow clock")
        self.page.graph.focus()

    # ------------------------------------------------------------------------------- the facts

    async def open(self, workflow: Workflow, came_from: str, notes: Sequence[str] = ()) -> None:
        """Show `workflow`; `notes` is what has to be said about how it came about."""
        self.workflow = workflow
        if came_from != self.SCREEN_ID:
            self._came_from = came_from
        self._note = ("  ".join(notes), "warn")
        self.films.forget()
        self._ending = None
        self.page.graph.action_step(-99)
        await self.reload()
        self.page.focus_view()

    async def put(self, workflow: Workflow) -> None:
        """The workflow was changed."""
        self.workflow, self._note = workflow, ("", "")
        await self.reload()

    async def heard(self, news: Updates) -> None:
        """Redraw what the news concern."""
        is_ours = self.workflow is not None and self.workflow.id in news.endings
        if news.jobs or news.lists or (is_ours and not self._goes_on()):
            await self.reload()

    def _goes_on(self) -> bool:
        """Show how far the film is; False where it began or is over, so that more has changed."""
        before, now = self._ending, self._current_ending()
        if before is None or now is None or before.stage is not now.stage or not now.is_open:
            return False
        self._ending = now
        if self.facts is not None:
            self.facts = replace(self.facts, state=replace(self.facts.state, ending=now))
        self._show_page()
        return True

    def _current_ending(self) -> Ending | None:
        return self.studio.endings.of(self.workflow.id) if self.workflow is not None else None

    async def reload(self) -> None:
        """Show everything again from current data."""
        if self.workflow is not None:
            status = await self.studio.workflows.status(self.workflow)
            facts = await film_facts(self.studio, status, self._current_ending(), self.ima.glyphs)
            jobs = [each.job.id for each in status.steps if each.job is not None]
            happened = await self.studio.history.timelines(jobs)
            before, self.status = self.status, status
            self.facts, self._happened = facts, happened
            if before is not None and before.moving and not self.status.moving:
                self._note = ("", "")  # what was said when it began is over
            self._tell_ending()
            self._show()

    def _tell_ending(self) -> None:
        """Say what is to be said about a film, or another end, that is over."""
        before, self._ending = self._ending, self._current_ending()
        now = self._ending
        if now is None:
            return
        if before is not None and before.stage is now.stage and before.error is now.error:
            return
        self._note = step_rows.ended_sentence(now)
        board = self.page.board
        if now.film is not None and board.tiles and board.current == board.tiles[0]:
            board.go_to(board_tiles.FILM)  # nobody looks at another one

    def _show(self) -> None:
        status, workflow = self.status, self.workflow
        if status is None or workflow is None:
            return
        self._show_page()
        self.query_one("#workflow-total", ToldLine).show(*step_rows.total(status))
        self.page.show_detail()
        self.speak()
        self._wind()
        self.refresh_bindings()

    def _show_page(self) -> None:
        if self.status is not None:
            self.page.show(self.status, self.facts, self._happened)

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
        elif status is not None and (told := _told_of_end(self, status, self._ending)):
            said.say(told, "ok")
        elif status is not None and status.is_done and self.facts is None:
            said.say(say("workflow.look_at_it"), "ok")
        elif status is not None and not status.begun:
            said.say(say("workflow.look_first"), "muted")
        else:
            said.say("", "muted")

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
            if self.facts is not None:
                self.facts = replace(self.facts, now=self.studio.clock.time())
            self._show_page()

    # ------------------------------------------------------------------------------ the user

    @on(WorkflowGraph.Highlighted)
    @on(Storyboard.Highlighted)
    def _highlighted(self) -> None:
        self.page.show_detail()
        self.page.detail.rewind()
        self.refresh_bindings()

    @on(WorkflowGraph.Selected)
    @on(Storyboard.Selected)
    async def _selected(self) -> None:
        if self.page.shows_board and self.films.can("watch"):
            await self.films.do("watch")
        elif self.page.shows_board or self.verbs.can("view"):
            await self.verbs.do("view")
        else:
            await self.verbs.do("edit")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if action in ("do", "film", "turn") and not self.is_mounted:
            return False
        if action == "film":
            return self.films.can(str(parameters[0]))
        if action == "turn":
            return self.facts is not None
        if action == "do":
            return self.verbs.can(str(parameters[0]))
        return super().check_action(action, parameters)

    async def action_do(self, verb: str) -> None:
        """Run an action by its name."""
        await self.verbs.do(verb)

    async def action_film(self, verb: str) -> None:
        """Run a film action by its name."""
        await self.films.do(verb)

    def action_turn(self) -> None:
        """Show the steps instead of the storyboard, or the other way round."""
        self.page.as_steps = not self.page.as_steps
        self._show()
        self.page.focus_view()

    def action_scroll_facts(self, by: int) -> None:
        """Scroll the details."""
        self.page.detail.scroll_facts(by)

    async def action_back(self) -> None:
        """Return to the screen from which this one was opened."""
        await self.ima.action_go(self._came_from)


def _told_of_end(screen: WorkflowScreen, status: WorkflowStatus, ending: Ending | None) -> str:
    if ending is not None and ending.is_open:
        stop, is_film = key_of(screen.ima.screen, "board.cancel"), screen.facts is not None
        return step_rows.ending_sentence(ending, stop, is_film=is_film)
    keys = {"run": "plan.run", "assemble": "board.assemble", "watch": "board.watch"}
    told = {name: key_of(screen.ima.screen, binding) for name, binding in keys.items()}
    made = screen.facts is not None and screen.facts.state.made is not None
    return step_rows.film_sentence(status, told, made=made)
