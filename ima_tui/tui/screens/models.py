"""Models: what there is, and what it costs."""

from __future__ import annotations

from textual.app import ComposeResult

from ima_tui.tui.screens.place import Place
from ima_tui.tui.widgets.lines import Rule


class ModelsScreen(Place):
    PLACE = "models"

    def body(self) -> ComposeResult:
        yield Rule()
