"""Queue: every job, where it stands, what it costs, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input

from ima_tui.core.domain import Job, State
from ima_tui.core.errors import ImaError
from ima_tui.i18n import say
from ima_tui.tui.queue.arrangement import QueueArrangement, moved, next_in
from ima_tui.tui.queue.job_table import JobTable
from ima_tui.tui.queue.summary import QueueSummary
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.shell.job_actions import JobActions
from ima_tui.tui.shell.job_detail import JobDetail
from ima_tui.tui.theme import styles
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.lines import Rule
from ima_tui.tui.widgets.prompt import LineInput
from ima_tui.tui.widgets.table import Table
from ima_tui.tui.widgets.update_batcher import Updates


class QueueScreen(BaseScreen):
    """The table of jobs, and the one under the cursor in detail."""

    PLACE = "queue"
    HOME = "#jobs"
    CSS_PATH = styles.path("queue")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "view", "bind.view", id="queue.view"),
        Binding("u", "undo", "bind.undo", id="queue.undo"),
        Binding("r", "do('again')", "bind.again", id="queue.again"),
        Binding("R", "do('instead')", "bind.instead", id="queue.instead"),
        Binding("s", "do('stop')", "bind.stop", id="queue.stop"),
        Binding("f", "do('follow')", "bind.follow", id="queue.follow"),
        Binding("e", "do('edit')", "bind.edit", id="queue.edit"),
        Binding("d", "do('duplicate')", "bind.duplicate", id="queue.duplicate"),
        Binding("slash", "filter", "bind.filter", id="queue.filter"),
        Binding("t", "timeline", "bind.timeline", id="queue.timeline"),
        Binding("S", "arrange('sort')", "bind.sort_jobs", id="queue.sort"),
        Binding("b", "arrange('group')", "bind.group", id="queue.group"),
        Binding("n", "line('next')", "bind.send_next", show=False, id="queue.send_next"),
        Binding(
            "less_than_sign,ctrl+up",
            "line('earlier')",
            "bind.earlier",
            show=False,
            id="queue.earlier",
        ),
        Binding(
            "greater_than_sign,ctrl+down",
            "line('later')",
            "bind.later",
            show=False,
            id="queue.later",
        ),
        Binding("l", "log", "bind.job_log", show=False, id="queue.log"),
        Binding("y", "do('copy')", "bind.copy", id="queue.copy"),
        Binding("o", "do('open')", "bind.open", id="queue.open"),
        Binding("f", "do('fetch')", "bind.fetch", show=False, id="queue.fetch"),
        Binding("x,delete", "do('forget')", "bind.forget", id="queue.forget"),
        Binding(
            "J,shift+down",
            "scroll_facts(3)",
            "bind.detail_down",
            show=False,
            id="queue.detail_down",
        ),
        Binding(
            "K,shift+up", "scroll_facts(-3)", "bind.detail_up", show=False, id="queue.detail_up"
        ),
        Binding("escape", "leave_field", "bind.leave", id="place.leave"),
        Binding("escape", "clear", "bind.clear", show=False, id="queue.clear"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[int, Job] = {}
        self.how = QueueArrangement()
        self.timeline_first = False
        self.verbs = JobActions(self)

    def body(self) -> ComposeResult:
        yield QueueSummary()
        yield LineInput(widget_id="filter", placeholder=say("queue.filter"))
        yield Rule()
        with Container(id="body"):
            yield JobTable()
            yield JobDetail()

    @property
    def table(self) -> JobTable:
        return self.query_one(JobTable)

    # ------------------------------------------------------------------------------- the facts

    async def on_mount(self) -> None:
        self.table.focus()
        await self.reload()

    async def on_unmount(self) -> None:
        await self.verbs.forgetting.end_all()

    async def reload(self) -> None:
        self.jobs = {job.id: job for job in await self.studio.jobs.recent()}
        self._show_all()
        await self._show_detail()

    async def heard(self, news: Updates) -> None:
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
        self.action_clear()
        await self.reload()
        self.table.move_to(job_id)
        self.table.focus()

    def _show_all(self) -> None:
        self.how = replace(self.how, hidden=self.verbs.forgetting.ids)
        self.table.empty = say("queue.none_match" if self.how.filter else "queue.empty")
        self.table.show(self.how.of(self.jobs.values()))
        self._sum_up()

    def _sum_up(self) -> None:
        every = [job for job in self.jobs.values() if job.id not in self.how.hidden]
        marked = self.table.chosen_jobs() if self.table.marked else []
        self.query_one(QueueSummary).show(every, self.table.jobs(), marked, self.how)

    @on(events.ScreenSuspend)
    @on(events.ScreenResume)
    def _open_or_close(self) -> None:
        self.table.wind()

    # ---------------------------------------------------------------------------- the cursor

    @on(Table.RowHighlighted)
    async def _highlighted(self) -> None:
        await self._show_detail()

    @on(Table.Marked)
    def _marked(self) -> None:
        self._sum_up()
        self.refresh_bindings()

    async def _show_detail(self) -> None:
        job = self.table.current
        happened = await self.studio.jobs.timeline(job.id) if job else ()
        if job is self.table.current:  # the cursor may have moved on meanwhile
            now = self.studio.clock.time()
            detail = self.query_one(JobDetail)
            place = self._place_in_line(job) if job else ""
            detail.show(job, happened, now, place, timeline=self.timeline_first)
            self.refresh_bindings()

    def _line(self, jobs: Iterable[Job]) -> list[Job]:
        """Those of `jobs` that will be sent when their turn comes, in the order of their turns."""
        return sorted(filter(words.stands_in_line, jobs), key=lambda job: job.queue_key)

    def _place_in_line(self, job: Job) -> str:
        line = [each.id for each in self._line(self.jobs.values())]
        if len(line) < 2 or job.id not in line:
            return ""
        return say("queue.in_line", place=line.index(job.id) + 1, of=len(line))

    # --------------------------------------------------------------------------- the actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        current = [self.table.current] if self.table.current else []
        match action:
            case "do":
                return self.verbs.can(str(parameters[0]), self.table.chosen_jobs())
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

    async def action_do(self, verb: str) -> None:
        await self.verbs.do(verb, self.table.chosen_jobs())

    @on(Table.RowSelected)
    async def action_view(self) -> None:
        if self.table.current is not None:
            await self.verbs.do("view", [self.table.current])

    async def action_line(self, where: str) -> None:
        """Move what is chosen in the line of unsent jobs, past what is shown; or before all."""
        chosen = {job.id for job in self.table.chosen_jobs()}
        if where == "next":
            ids = next_in(self._line(self.jobs.values()), chosen)
        else:
            by = -1 if where == "earlier" else 1
            ids = moved(self._line(self.table.jobs()), chosen, by)
        try:
            await self.studio.jobs.arrange(ids)
        except ImaError as error:
            self.complain(error)

    async def action_undo(self) -> None:
        await self.verbs.undo()

    def action_arrange(self, what: str) -> None:
        """Sort by, or group by, the next thing there is."""
        self.how = self.how.next_sort() if what == "sort" else self.how.next_group()
        self._show_all()

    async def action_timeline(self) -> None:
        self.timeline_first = not self.timeline_first
        await self._show_detail()

    async def action_log(self) -> None:
        if self.table.current is not None:
            await self.ima.show_log(self.table.current.id)

    def action_scroll_facts(self, by: int) -> None:
        self.query_one(JobDetail).scroll_facts(by)

    def action_filter(self) -> None:
        self.add_class("-filtering")
        self.query_one("#filter", Input).focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self.how = replace(self.how, filter=event.value)
        self._show_all()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.table.focus()

    def action_clear(self) -> None:
        """Everything is shown again, nothing is marked."""
        self.how = replace(self.how, filter="")
        self.table.unmark(tuple(self.table.marked))
        self.query_one("#filter", Input).value = ""
        self.remove_class("-filtering")
