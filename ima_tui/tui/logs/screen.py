"""The Logs screen: entries of all IMA tools, newest first, followed live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input
from textual.worker import WorkType

from ima_tui.core.clock import midnight
from ima_tui.core.errors import ImaError
from ima_tui.i18n import say
from ima_tui.logs.entry import LogLevel
from ima_tui.logs.filter import LogFilter, moment
from ima_tui.logs.window import export
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.logs.feed import LogFeed, LogSearch
from ima_tui.tui.logs.lines import LogLines, LogTitles
from ima_tui.tui.logs.panes import EntrySide, LogDetail, LogStatusLine, source_picker
from ima_tui.tui.logs.reader import LogReader
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.app_context import Updates
from ima_tui.tui.widgets.lines import Pane
from ima_tui.tui.widgets.text_fields import AskInput

if TYPE_CHECKING:
    from ima_tui.studio.jobs import Jobs

LOOK_SECONDS = 1.0
"""How often the folder is looked at, while somebody looks at this screen."""
LEVELS = (LogLevel.DEBUG, LogLevel.INFO, LogLevel.WARNING, LogLevel.ERROR)

MATCHES = ("older", "newer", "only")


class LogsScreen(BaseScreen):
    """The lines, what narrows them, and one entry in detail."""

    SCREEN_ID = "logs"
    HOME = "LogLines"
    CSS_PATH = theme.path("logs")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("open", "detail", "bind.log_detail", "logs.detail", show=True),
        bind("filter", "ask('find')", "bind.log_find", "logs.find", show=True),
        bind("view_after", "narrow('level')", "bind.log_level", "logs.level", show=True),
        bind("type", "narrow('source')", "bind.log_source", "logs.source", show=True),
        bind("play", "pause", "bind.log_pause", "logs.pause", show=True),
        bind("next", "go('older')", "bind.log_next", "logs.next"),
        bind("previous", "go('newer')", "bind.log_previous", "logs.previous"),
        bind("layout", "go('only')", "bind.log_only", "logs.only"),
        bind("log", "narrow('job')", "bind.log_job", "logs.job"),
        bind("job", "show_job", "bind.log_show_job", "logs.show_job"),
        bind("", "ask('time')", "bind.log_time", "logs.time"),
        bind("first", "go('newest')", "bind.log_newest", "logs.newest"),
        bind("last", "go('oldest')", "bind.log_oldest", "logs.oldest"),
        bind("copy", "copy", "bind.log_copy", "logs.copy"),
        bind("write", "export", "bind.log_export", "logs.export"),
        bind("scroll_down", "scroll(3)", "bind.detail_down", "logs.detail_down"),
        bind("scroll_up", "scroll(-3)", "bind.detail_up", "logs.detail_up"),
        bind("back", "leave_field", "bind.leave", "place.leave", show=True),
        bind("back", "clear", "bind.log_clear", "logs.clear"),
    ]

    def __init__(self) -> None:
        super().__init__()
        reader = LogReader(self.studio.settings.logs)
        self.feed = LogFeed(self, reader, on_open=lambda: self.search.count())
        self.search = LogSearch(self, self.feed)
        self._asked = "find"
        self._timer: Timer | None = None
        self._is_made = True
        """Not so while the language changes: then the widgets are others from one moment on."""

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        with Container(id="log-body"):
            with Pane(say("place.logs"), widget_id="lines-pane"):
                yield LogStatusLine()
                yield AskInput(widget_id="ask", max_length=300)
                yield LogTitles()
                yield LogLines()
            yield EntrySide()

    @property
    def lines(self) -> LogLines:
        """The lines that show the entries."""
        return self.query_one(LogLines)

    # ------------------------------------------------------------------------------- the facts

    def on_mount(self) -> None:
        """Read the newest entries, and look for new ones each second."""
        self.lines.focus()
        self._timer = self.set_interval(LOOK_SECONDS, self.feed.look)
        self.feed.want(LogFilter())

    def on_unmount(self) -> None:
        """End the reading thread."""
        self.feed.reader.close()

    @on(events.ScreenSuspend)
    @on(events.ScreenResume)
    def _look_while_shown(self) -> None:
        self.lines.midnight = midnight(self.studio.clock.time())
        if self._timer is not None:
            (self._timer.resume if self.is_current else self._timer.pause)()

    async def retell(self) -> None:
        """The lines are made anew as well: nothing reads for them meanwhile."""
        if self.is_in_language:
            return
        stood = None if self.feed.is_live else self.lines.current
        self._is_made = False
        self.feed.rest()
        try:
            await super().retell()
        finally:
            self._is_made = True
        self._look_while_shown()
        self.feed.resume(stood)

    @on(LogLines.Moved)
    def _moved(self) -> None:
        self.query_one(LogTitles).visible = bool(self.lines.entries)
        self.feed.moved()
        self._show_entry()

    def _show_entry(self) -> None:
        self.query_one(EntrySide).show(self.lines.current, self.feed.reader)
        self.refresh_bindings()

    def on_resize(self) -> None:
        """The side may have come in sight."""
        self.call_after_refresh(self._show_entry)

    async def heard(self, news: Updates) -> None:
        """Show what became of the job beside the lines."""
        current = self.lines.current
        if current is not None and current.job in news.jobs:
            self._show_entry()

    # -------------------------------------------------------------------------- what is wanted

    async def show_job(self, job_id: int) -> None:
        """Only what was done for this job, whatever was filtered before."""
        self.feed.paused = False
        self.feed.wanted = LogFilter()
        self.search.look_for("")
        self.feed.want(await _of_job(self.studio.jobs, LogFilter(), job_id))
        self.lines.focus()

    async def action_narrow(self, by: str) -> None:
        """Show less: `job`, only what the line's job did, or all again; from the next `level` on,
        after the last one all again; of one `source`, chosen from the list of tools."""
        wanted = self.feed.wanted
        if by == "job":
            current = self.lines.current
            spoken_of = current.job if current is not None else None
            job = None if wanted.job is not None else spoken_of
            self.feed.want(await _of_job(self.studio.jobs, wanted, job))
        elif by == "level":
            at = LEVELS.index(wanted.level) + 1
            self.feed.want(replace(wanted, level=LEVELS[at % len(LEVELS)]))
        else:
            _choose_source(self, wanted)

    def action_clear(self) -> None:
        """Clear the filter and the search."""
        self.feed.wanted = LogFilter()
        self.search.look_for("")
        self.feed.want(LogFilter())

    # --------------------------------------------------------------------------- what is asked

    def action_ask(self, what: str) -> None:
        """Open the field for a search or a time."""
        self._asked = what
        self.add_class("-asking")
        field = self.query_one("#ask", AskInput)
        field.takes = f"bind.field_{what}"
        field.placeholder = say(f"logs.ask_{what}")
        before = self.search.pattern
        field.value = before.written if what == "find" and before else ""
        field.focus()

    @on(Input.Submitted, "#ask")
    def _answered(self, event: Input.Submitted) -> None:
        words = event.value.strip()
        self.action_leave_field()
        if self._asked == "find":
            self.search.look_for(words)
            self.search.to_the_first()
        elif words:
            try:
                self.feed.go_to(moment(words, self.studio.clock.time()))
            except ImaError as error:
                self.complain(error)

    def action_leave_field(self) -> None:
        """Leave the text field."""
        self.remove_class("-asking")
        super().action_leave_field()

    # --------------------------------------------------------------------------- the actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if not (self.is_mounted and self._is_made):
            return True
        current, wanted = self.lines.current, self.feed.wanted
        match action:
            case "go" if parameters[0] in MATCHES:
                return self.search.pattern is not None
            case "narrow" if parameters[0] == "job":
                return wanted.job is not None or bool(current and current.job is not None)
            case "show_job":
                return bool(current and current.job is not None)
            case "copy" | "export":
                return current is not None
            case "detail":
                return current is not None and not self.has_class("-huge")
            case "scroll":
                return self.query_one(EntrySide).is_open
            case "clear":
                return self.search.pattern is not None or wanted != LogFilter()
        return super().check_action(action, parameters)

    def action_go(self, where: str) -> None:
        """Move to the `newest` or `oldest` entry, or to the next `older` or `newer` match; `only`
        shows matches only, or all again."""
        if where == "only":
            self.search.only_hits()
        elif where in MATCHES:
            self.search.hit(older=where == "older")
        elif where == "newest":
            self.feed.newest()
        else:
            self.feed.oldest()

    def action_detail(self) -> None:
        """Show or hide the details."""
        self.toggle_class("-detail")
        self._show_entry()

    def action_scroll(self, by: int) -> None:
        """Scroll by that many lines."""
        self.query_one(LogDetail).scroll_relative(y=by, animate=False)

    def action_pause(self) -> None:
        """Pause or resume following."""
        self.feed.paused = not self.feed.paused
        self.feed.tell()

    async def action_show_job(self) -> None:
        """Open the queue on the job of the entry."""
        current = self.lines.current
        if current is None or current.job is None:
            return
        if await self.studio.jobs.get(current.job) is None:
            self.notify(say("logs.job_unknown", id=current.job), severity="warning")
            return
        await self.ima.show_job(current.job)

    def action_copy(self) -> None:
        """Copy the line."""
        if (current := self.lines.current) is not None:
            self.ima.copy(current.line())

    def action_export(self) -> None:
        """All that is shown, into a file."""
        settings, wanted = self.studio.settings, self.feed.wanted

        async def write() -> None:
            try:
                path, count, whole = await export(settings, wanted, self.studio.clock.time())
            except ImaError as error:
                self.complain(error)
                return
            key = "logs.exported" if whole else "logs.exported_part"
            self.notify(say(key, n=count, path=str(path)), timeout=10)

        work: WorkType[None] = write
        self.run_worker(work, name="export logs", group="log export", exclusive=True)


async def _of_job(jobs: Jobs, wanted: LogFilter, job_id: int | None) -> LogFilter:
    """Return the filter for what was done for one job; None: for any."""
    job = None if job_id is None else await jobs.get(job_id)
    tasks = (job.task_id,) if job is not None and job.task_id else ()
    return replace(wanted, job=job_id, tasks=tasks)


def _choose_source(screen: LogsScreen, wanted: LogFilter) -> None:
    """Open the list of tools, and show the lines of the one that is chosen."""
    tools = screen.feed.reader.view.tools

    def take(chosen: int | None) -> None:
        if chosen is not None:
            source = tools[chosen - 1] if chosen else ""
            screen.feed.want(replace(wanted, source=source))

    screen.app.push_screen(source_picker(tools, wanted.source), take)
