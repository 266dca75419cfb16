"""The Queue screen: every job with its state, price and results."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Input

from ima_tui.core.domain import Job, State
from ima_tui.core.errors import ImaError
from ima_tui.i18n import say
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.queue.job_table import (
    JobTable,
    QueueArrangement,
    QueueSummary,
    moved,
    next_in,
    place_in_line,
    sending_line,
)
from ima_tui.tui.shell.job_actions import JobActions, are_unsent
from ima_tui.tui.shell.job_detail import JobDetail
from ima_tui.tui.shell.list_screen import ListScreen
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.app_context import Updates
from ima_tui.tui.widgets.table import Table
from ima_tui.tui.widgets.text_fields import FilterInput

BY_COLUMN = {"state": "state", "prompt": "newest", "time": "time", "points": "points"}
"""The order that a click on a heading chooses."""

FEW = 10
"""So many rows leave room below the table."""
LEAST = 3
"""Rows of a short list that have room at least."""
AROUND = 4
"""Lines of the list beside its rows: the frame, the filter and the titles."""


class QueueScreen(ListScreen):
    """The table of jobs, and the one under the cursor in detail."""

    SCREEN_ID = "queue"
    HOME = "#jobs"
    DETAIL = "JobDetail VerticalScroll"
    CSS_PATH = theme.path("queue")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("open", "view", "bind.view", "queue.view", show=True),
        bind("approve", "do('approve')", "bind.approve", "queue.approve", show=True),
        bind("undo", "undo", "bind.undo", "queue.undo", show=True),
        bind("retry", "do('again')", "bind.again", "queue.again", show=True),
        bind("stop", "do('stop')", "bind.stop", "queue.stop", show=True),
        bind("duplicate", "do('duplicate')", "bind.duplicate", "queue.duplicate", show=True),
        bind("use", "do('use')", "bind.use_as_input", "queue.use", show=True),
        bind("fetch", "do('follow')", "bind.follow", "queue.follow", show=True),
        bind("filter", "filter", "bind.filter", "queue.filter", show=True),
        bind("retry_other", "do('instead')", "bind.instead", "queue.instead"),
        bind("similar", "do('similar')", "bind.similar", "queue.similar"),
        bind("edit", "do('edit')", "bind.edit", "queue.edit"),
        bind("star", "do('star')", "bind.star", "queue.star"),
        bind("tags", "do('tags')", "bind.tags", "queue.tags"),
        bind("project", "do('project')", "bind.project", "queue.project"),
        bind("layout", "timeline", "bind.timeline", "queue.timeline"),
        bind("sort", "arrange('sort')", "bind.sort_jobs", "queue.sort"),
        bind("", "arrange('group')", "bind.group", "queue.group"),
        bind("front", "line('next')", "bind.send_next", "queue.send_next"),
        bind("earlier", "line('earlier')", "bind.earlier", "queue.earlier"),
        bind("later", "line('later')", "bind.later", "queue.later"),
        bind("log", "log", "bind.job_log", "queue.log"),
        bind("copy", "do('copy')", "bind.copy", "queue.copy"),
        bind("open_file", "do('open')", "bind.open", "queue.open"),
        bind("fetch", "do('fetch')", "bind.fetch", "queue.fetch"),
        bind("delete", "do('forget')", "bind.forget", "queue.forget"),
        bind("scroll_down", "scroll_facts(3)", "bind.detail_down", "queue.detail_down"),
        bind("scroll_up", "scroll_facts(-3)", "bind.detail_up", "queue.detail_up"),
        bind("back", "leave_field", "bind.leave", "place.leave", show=True),
        bind("back", "clear", "bind.clear", "queue.clear"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[int, Job] = {}
        self.how = QueueArrangement()
        self.timeline_first = False
        self.verbs = JobActions(self)

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        with Container(id="body"):
            with QueueSummary():
                yield FilterInput(widget_id="filter", placeholder=say("queue.filter"))
                yield JobTable()
            yield JobDetail()

    @property
    def table(self) -> JobTable:
        """The table."""
        return self.query_one(JobTable)

    # ------------------------------------------------------------------------------- the facts

    async def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.table.focus()
        await self.reload()

    async def on_unmount(self) -> None:
        """Carry out pending deletes."""
        await self.verbs.forgetting.end_all()

    async def reload(self) -> None:
        """Show everything again from current data."""
        self.jobs = {job.id: job for job in await self.studio.jobs.recent()}
        self._show_all()
        await self._show_detail()

    async def heard(self, news: Updates) -> None:
        """Redraw what the news concern."""
        for job in news.jobs.values():
            known = self.jobs.get(job.id)
            if known is not None and known.revision > job.revision:
                continue  # the list was read after this was told
            if job.state is State.FORGOTTEN:
                self.jobs.pop(job.id, None)
            else:
                self.jobs[job.id] = job
        self._show_all()
        if self.table.cursor in news.jobs:
            await self._show_detail()

    async def show_job(self, job_id: int) -> None:
        """Set the cursor on a job, whatever was filtered before."""
        self.table.unmark(tuple(self.table.marked))
        self.action_clear()
        await self.reload()
        self.table.move_to(job_id)
        self.table.focus()

    def _show_all(self) -> None:
        now = self.studio.clock.time()
        self.how = replace(self.how, hidden=self.verbs.forgetting.ids, now=now)
        self.table.empty = say("queue.none_match" if self.how.filter else "queue.empty")
        self.table.show(self.how.of(self.jobs.values()))
        _share_room(self)
        _sum_up(self)

    def on_resize(self) -> None:
        """Share the room of the new size."""
        _share_room(self)

    @on(events.ScreenSuspend)
    @on(events.ScreenResume)
    def _open_or_close(self) -> None:
        self.table.wind()

    # ---------------------------------------------------------------------------- the cursor

    @on(Table.Marked)
    def _marked(self) -> None:
        _sum_up(self)
        self.refresh_bindings()

    @on(Table.RowHighlighted)
    async def _show_detail(self) -> None:
        job = self.table.current
        happened = await self.studio.jobs.timeline(job.id) if job else ()
        if job is self.table.current:  # the cursor may have moved on meanwhile
            now = self.studio.clock.time()
            detail = self.query_one(JobDetail)
            place = place_in_line(self.jobs.values(), job) if job else ""
            detail.show(job, happened, now, place, timeline=self.timeline_first)
            self.refresh_bindings()

    # --------------------------------------------------------------------------- the actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if not self.is_mounted:
            return True
        current = [self.table.current] if self.table.current else []
        match action:
            case "do":
                verb = str(parameters[0])  # where only the marks are in the way, that is said
                return self.verbs.can(verb, [*self.table.chosen_jobs(), *current])
            case "view":
                return self.verbs.can("view", current)
            case "clear":
                return bool(self.how.filter or self.table.marked)
            case "timeline" | "log":
                return bool(current)
            case "line":
                seen = parameters[0] == "next" or self.how.sort == "state"
                return seen and any(map(words.stands_in_line, self.table.chosen_jobs()))
            case "undo":
                return bool(self.verbs.forgetting.ids)
            case "arrange":
                return bool(self.jobs)
        return super().check_action(action, parameters)

    def words_now(self, name: str) -> str:
        """Return the word for an action where it is another one for the chosen jobs."""
        chosen = self.table.chosen_jobs() if name == "queue.stop" and self.is_mounted else []
        return "bind.stop_unsent" if are_unsent(chosen) else ""

    async def action_do(self, verb: str) -> None:
        """Run an action by its name."""
        jobs = self.table.chosen_jobs()
        if self.verbs.can(verb, jobs):
            await self.verbs.do(verb, jobs)
        else:
            self.notify(say("queue.not_for_marked", n=len(jobs)), severity="warning")

    @on(Table.RowSelected)
    async def action_view(self) -> None:
        """Open the result at full size."""
        if self.table.current is not None:
            await self.verbs.do("view", [self.table.current])

    async def action_line(self, where: str) -> None:
        """Move what is chosen in the line of unsent jobs, past what is shown; or before all."""
        chosen = {job.id for job in self.table.chosen_jobs()}
        if where == "next":
            ids = next_in(sending_line(self.jobs.values()), chosen)
        else:
            by = -1 if where == "earlier" else 1
            ids = moved(sending_line(self.table.jobs()), chosen, by)
        try:
            await self.studio.jobs.arrange(ids)
        except ImaError as error:
            self.complain(error)

    async def action_undo(self) -> None:
        """Undo the last change."""
        await self.verbs.forgetting.undo()

    def action_arrange(self, what: str) -> None:
        """Sort by, or group by, the next thing there is."""
        self.how = self.how.next_sort() if what == "sort" else self.how.next_group()
        self._show_all()

    @on(Table.HeadingClicked)
    def _sort_by(self, event: Table.HeadingClicked) -> None:
        self.how = replace(self.how, sort=BY_COLUMN.get(event.column, self.how.sort))
        self._show_all()

    async def action_timeline(self) -> None:
        """Show the timeline first, or last again."""
        self.timeline_first = not self.timeline_first
        await self._show_detail()

    async def action_log(self) -> None:
        """Open the logs on the job."""
        if self.table.current is not None:
            await self.ima.show_log(self.table.current.id)

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self.how = replace(self.how, filter=event.value)
        self._show_all()

    def action_clear(self) -> None:
        """One step back: nothing is marked; then everything is shown again."""
        if self.table.marked:
            self.table.unmark(tuple(self.table.marked))
            return
        self.how = replace(self.how, filter="")
        self.query_one("#filter", Input).value = ""
        self.remove_class("-filtering")


def _share_room(screen: QueueScreen) -> None:
    """Leave to the job what a short list does not need."""
    count = len(screen.table.order)
    is_few = 0 < count <= FEW and not screen.has_class("-narrow")
    screen.set_class(is_few, "-few")
    screen.set_class(not count, "-none")
    rows = screen.query_one(QueueSummary).styles
    if is_few:
        rows.height = max(LEAST, count) + AROUND
    else:
        rows.clear_rule("height")


def _sum_up(screen: QueueScreen) -> None:
    every = [job for job in screen.jobs.values() if job.id not in screen.how.hidden]
    marked = screen.table.chosen_jobs() if screen.table.marked else []
    screen.query_one(QueueSummary).show(every, screen.table.jobs(), marked, screen.how)
