"""Detail pane of a log entry: source, message and further lines."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ima_tui.i18n import say
from ima_tui.logs.entry import LogEntry

MOST_LINES = 2_000


class LogDetail(VerticalScroll, can_focus=False):
    """Scrolls by the screen's own keys."""

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield Static(id="log-facts")
        yield Static(id="log-text")

    def show(self, entry: LogEntry | None, file_name: str) -> None:
        """Show an entry; None clears the pane."""
        self.query_one("#log-facts", Static).update(Content(_facts(entry, file_name)))
        self.query_one("#log-text", Static).update(Content(_text(entry)))
        self.scroll_home(animate=False)


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
