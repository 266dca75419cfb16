"""Beside the lines of the logs: status, one entry and its job in detail, a picker of IMA's tools.

The status says whether they are live or paused, what they are filtered by, and how many match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.logs.entry import LogEntry, LogLevel
from ima_tui.logs.filter import LogFilter
from ima_tui.tui.logs.reader import LogReader
from ima_tui.tui.shell.job_detail import JobDetail
from ima_tui.tui.shell.picker import Picker, PickerItem
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import Column, cut
from ima_tui.tui.widgets.lines import Line, Pane, Part, measure
from ima_tui.tui.widgets.table import Cell

MOST_WORDS = 24
NARROW = 80
"""Below, a sign alone says that this is not the newest: what is looked for needs the room."""


@dataclass(frozen=True, slots=True)
class LogStatus:
    """`words`: what is looked for, `hits`: in how many entries it is (None: not counted yet). `at`:
    when the entry under the cursor was written."""

    live: bool = True
    paused: bool = False
    unseen: int = 0
    wanted: LogFilter = field(default_factory=LogFilter)
    only_hits: bool = False
    words: str = ""
    hits: int | None = None
    all_counted: bool = True
    looking: bool = False
    at: float | None = None
    problem: str = ""
    trouble: str = ""
    """Why the folder can't be read."""


class LogStatusLine(Line):
    """Draws only when what it says has changed."""

    GROUND = "background"

    def __init__(self) -> None:
        super().__init__(id="log-status")
        self.status = LogStatus()

    def show(self, status: LogStatus) -> None:
        """Show a status."""
        if status != self.status:
            self.status = status
            self.refresh()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        left = [(" ", "text"), *self._follow(cells)]
        room = cells - 2
        right = self._where()
        for words, role in [*self._problem(), *self._found(), *self._filters()]:
            space = room - measure(left) - 3
            new = [(" · ", "muted"), (cut(words, space) if role == "bad" else words, role)]
            if measure([*left, *new]) > room:
                break
            left += new
        if measure([*left, *right]) + 2 > cells:
            right = []
        return left, right

    def _follow(self, cells: int) -> list[Part]:
        status = self.status
        if status.live:
            return [(say("logs.live"), "ok")]
        words = say("logs.paused") if status.paused else say("logs.back")
        words = words[:1] if cells < NARROW and not status.paused else words
        found: list[Part] = [(words, "warn" if status.paused else "muted")]
        if status.unseen:
            found += [(" · ", "muted"), (say("logs.unseen", n=status.unseen), "info")]
        return found

    def _problem(self) -> list[Part]:
        words = self.status.trouble or self.status.problem
        return [(words, "bad")] if words else []

    def _found(self) -> list[Part]:
        status = self.status
        if not status.words:
            return []
        words = cut(status.words, MOST_WORDS)
        if status.hits is None:
            return [(say("logs.searching", text=words), "accent")]
        many = f"{status.hits}" if status.all_counted else f"{status.hits}+"
        key = "logs.only_hits" if status.only_hits else "logs.hits"
        return [(say(key, n=many, text=words), "accent" if status.hits else "warn")]

    def _filters(self) -> list[Part]:
        wanted = self.status.wanted
        found: list[Part] = []
        if self.status.looking:
            found.append((say("logs.looking"), "info"))
        if wanted.job is not None:
            found.append((say("logs.of_job", id=wanted.job), "accent"))
        if wanted.level > LogLevel.DEBUG:
            found.append((say("logs.from_level", level=wanted.level.name.lower()), "accent"))
        if wanted.source:
            found.append((cut(wanted.source, MOST_WORDS), "accent"))
        return found

    def _where(self) -> list[Part]:
        if self.status.at is None:
            return []
        try:
            when = datetime.fromtimestamp(self.status.at)  # noqa: DTZ006 - the time here
        except (ValueError, OverflowError, OSError):
            return []
        return [(when.strftime("%Y-%m-%d %H:%M:%S") + " ", "muted")]


MOST_LINES = 2_000


class LogDetail(VerticalScroll, can_focus=False):
    """Scrolls by the screen's own keys."""

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield Static(id="log-facts")
        yield Static(id="log-text")

    def show(self, entry: LogEntry | None, reader: LogReader) -> None:
        """Show an entry; None clears it."""
        file_name = reader.name_of(entry) if entry is not None else ""
        self.query_one("#log-facts", Static).update(Content(_facts(entry, file_name)))
        self.query_one("#log-text", Static).update(Content(_text(entry)))
        self.scroll_home(animate=False)


class EntrySide(Vertical):
    """One entry in detail; where it is very wide, the job that it speaks of, too."""

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Pane(say("pane.detail"), widget_id="entry-pane"):
            yield LogDetail()
        yield JobDetail()

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.screen.has_class("-detail") or self.screen.has_class("-huge")

    def show(self, entry: LogEntry | None, reader: LogReader) -> None:
        """Show an entry, where this is shown."""
        if self.is_open:
            self.query_one(LogDetail).show(entry, reader)
            self.show_job(entry.job if entry is not None else None)

    @work(group="log job", exclusive=True, exit_on_error=False)
    async def show_job(self, job_id: int | None) -> None:
        """Show a job of this history, where there is room for it."""
        studio = context(self).studio
        job = None
        if job_id is not None and self.screen.has_class("-huge"):
            job = await studio.jobs.get(job_id)
        happened = await studio.jobs.timeline(job.id) if job is not None else ()
        self.set_class(job is not None, "-job")
        self.query_one(JobDetail).show(job, happened, studio.clock.time())


def _facts(entry: LogEntry | None, file_name: str) -> str:
    if entry is None:
        return ""
    try:
        when = datetime.fromtimestamp(entry.time).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ006
    except (ValueError, OverflowError, OSError):
        when = "?"
    words = [when, entry.level.name, entry.function]
    words += [say("logs.of_job", id=entry.job)] if entry.job is not None else []
    return " · ".join(word for word in [*words, file_name or entry.tool] if word)


def _text(entry: LogEntry | None) -> str:
    if entry is None:
        return ""
    lines = entry.more.split("\n") if entry.more else []
    if hidden := len(lines) - MOST_LINES:
        lines = lines[:MOST_LINES] + ([say("logs.more_lines", n=hidden)] if hidden > 0 else [])
    return "\n".join([entry.message, *lines])


def source_picker(tools: Sequence[str], current: str) -> Picker:
    """All of them first (number 0), then each tool."""
    names = [say("logs.all_sources"), *tools]
    choices = [PickerItem((Cell(name), Cell("")), folded(name)) for name in names]
    at = tools.index(current) + 1 if current in tools else 0
    columns = (Column("tool", 20, flex=1), Column("nothing", 1))
    return Picker(say("logs.choose_source"), columns, choices, at)
