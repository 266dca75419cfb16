"""List of log entries, newest on top; draws only those in view.

It holds no file: it is handed a stretch of entries, and says when an end of it comes near.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.logs.entry import LogEntry, LogLevel
from ima_tui.logs.filter import Pattern
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.painter import Cell, Painter, Row

COLUMNS = (
    Column("mark", 1),
    Column("time", 11, "logs.col_time"),
    Column("level", 5, "logs.col_level", drop=1),
    Column("tool", 11, "logs.col_tool", drop=3),
    Column("function", 16, "logs.col_function", drop=4),
    Column("message", 34, "logs.col_message", flex=1),
    Column("more", 4, align="right", drop=2),
)
MARKS = {
    LogLevel.DEBUG: (" ", " ", "muted"),
    LogLevel.INFO: ("·", ".", "muted"),
    LogLevel.WARNING: ("!", "!", "warn"),
    LogLevel.ERROR: ("✗", "x", "bad"),
    LogLevel.CRITICAL: ("✗", "X", "bad"),
}
"""Of a level: its sign, the one in ASCII, and its role."""
WORDS = {LogLevel.WARNING: "WARN", LogLevel.CRITICAL: "FATAL"}
MOST_SHOWN = 600
"""Characters of a message that can matter for a line."""
WHEEL = 3


class LogTitles(Widget):
    """Titles of the columns, above the lines; shown from 120 columns on."""

    DEFAULT_CSS = "LogTitles { height: 1; display: none; }"

    def render_line(self, y: int) -> Strip:
        """Return the cells of the only line."""
        glyphs = context(self).glyphs
        return Painter(COLUMNS, self.size.width, self.app.theme, glyphs).titles()


class LogLines(Widget, can_focus=True):
    """`cursor` and `top` are indices into `entries`."""

    DEFAULT_CSS = "LogLines { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "move(-1)", "bind.up", "logs.up"),
        bind("down", "move(1)", "bind.down", "logs.down"),
        bind("page_up", "page(-1)", "bind.page_up", "logs.page_up"),
        bind("page_down", "page(1)", "bind.page_down", "logs.page_down"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor stands on another entry, or there are others."""

        lines: LogLines

        @property
        def control(self) -> LogLines:
            """The widget that sent it."""
            return self.lines

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[LogEntry] = ()
        self.cursor = 0
        self.top = 0
        self.empty = ""
        """Shown while there are none."""
        self.midnight = 0.0
        """When today began: entries of other days show their day."""
        self.pattern: Pattern | None = None
        self._painter: Painter | None = None

    @property
    def current(self) -> LogEntry | None:
        """The entry under the cursor."""
        return self.entries[self.cursor] if self.cursor < len(self.entries) else None

    # ------------------------------------------------------------------------------ the entries

    def show(self, entries: Sequence[LogEntry], shift: int | None, *, live: bool) -> None:
        """Show these. `shift`: by how many they have moved down, so that what is looked at stays
        where it is, unless the newest is looked at (`live`). Draws only if it looks different."""
        before = self._seen()
        self.entries = entries
        if shift is None or live:
            self.cursor = self.top = 0
        else:
            self.cursor, self.top = self.cursor + shift, self.top + shift
        self._hold()
        if self._seen() != before:
            self.refresh()
        self.post_message(self.Moved(self))

    def say_when_empty(self, words: str) -> None:
        """Shown while there are no entries."""
        if words != self.empty:
            self.empty = words
            if not self.entries:
                self.refresh()

    def move_to(self, index: int, *, centre: bool = False) -> None:
        """Set the cursor; `centre`: with what is round it in sight."""
        before, top = self.cursor, self.top
        self.cursor = index
        if centre:
            self.top = index - self.size.height // 2
        self._hold()
        if self.top != top:
            self.refresh()
        elif self.cursor != before:
            self.refresh_line(before - top)
            self.refresh_line(self.cursor - top)
        self.post_message(self.Moved(self))

    def look_for(self, pattern: Pattern | None) -> None:
        """Point out where `pattern` is found."""
        self.pattern = pattern
        self.refresh()

    def _hold(self) -> None:
        """Keep the cursor on an entry, and in sight."""
        last = max(0, len(self.entries) - 1)
        self.cursor = max(0, min(self.cursor, last))
        height = max(1, self.size.height)
        self.top = max(0, min(self.top, len(self.entries) - height))
        self.top = min(self.top, self.cursor)
        self.top = max(self.top, self.cursor - height + 1)

    def _seen(self) -> tuple[int, Sequence[LogEntry]]:
        return self.cursor - self.top, self.entries[self.top : self.top + self.size.height]

    # --------------------------------------------------------------------------------- drawing

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        painter = self._painted()
        index = self.top + y
        if index >= len(self.entries):
            return painter.below(y, "" if self.entries else self.empty)
        row = self._row(self.entries[index])
        return painter.row(row, here=index == self.cursor, focused=self.has_focus, marked=False)

    def _painted(self) -> Painter:
        painter, theme = self._painter, self.app.theme
        if painter is None or (painter.total, painter.theme) != (self.size.width, theme):
            glyphs = context(self).glyphs
            painter = self._painter = Painter(COLUMNS, self.size.width, theme, glyphs)
        return painter

    def _row(self, entry: LogEntry) -> Row:
        fancy, plain, role = MARKS[entry.level]
        ascii_only = context(self).glyphs.ascii
        loud = role if entry.level >= LogLevel.WARNING else "muted"
        message = entry.message[:MOST_SHOWN].replace("\t", " ")
        return (
            Cell(plain if ascii_only else fancy, role),
            Cell(self._when(entry.time), "muted"),
            Cell(WORDS.get(entry.level, entry.level.name), loud),
            Cell(entry.tool, "muted"),
            Cell(entry.function, "muted", self._matched(entry.function)),
            Cell(
                message,
                "muted" if entry.level is LogLevel.DEBUG else "text",
                self._matched(message),
            ),
            Cell(f"+{entry.lines - 1}" if entry.more else "", "info"),
        )

    def _when(self, seconds: float) -> str:
        try:
            when = datetime.fromtimestamp(seconds)  # noqa: DTZ006 - the time here
        except (ValueError, OverflowError, OSError):
            return "?"
        today = self.midnight <= seconds < self.midnight + 86_400
        return when.strftime("%H:%M:%S" if today else "%m-%d %H:%M")

    def _matched(self, text: str) -> tuple[int, ...]:
        if self.pattern is None:
            return ()
        try:
            spans = self.pattern.spans(text)
        except UsageError:
            return ()  # it was said when it was looked for
        return tuple(index for first, end in spans for index in range(first, end))

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._hold()
        self.refresh()
        self.post_message(self.Moved(self))

    @on(events.Focus)
    @on(events.Blur)
    def _show_focus(self) -> None:
        self.refresh_line(self.cursor - self.top)

    def refresh_line(self, y: int) -> None:
        """Redraw one line of the view."""
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    # --------------------------------------------------------------------------------- moving

    def action_move(self, by: int) -> None:
        """Move the cursor or the choice by that many."""
        self.move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move by that many pages."""
        self.move_to(self.cursor + by * max(1, self.size.height - 1))

    def on_mouse_scroll_down(self) -> None:
        """Move the cursor down."""
        self.move_to(self.cursor + WHEEL)

    def on_mouse_scroll_up(self) -> None:
        """Move the cursor up."""
        self.move_to(self.cursor - WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Act on the row or cell under the mouse."""
        if self.top + event.y < len(self.entries):
            self.move_to(self.top + event.y)
