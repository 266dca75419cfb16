"""Queue: every job, where it stands, what it costs."""

from __future__ import annotations

from textual.app import ComposeResult

from ima_tui.tui.screens.place import Place
from ima_tui.tui.widgets.lines import Rule


class QueueScreen(Place):
    PLACE = "queue"

    def body(self) -> ComposeResult:
        yield Rule()
