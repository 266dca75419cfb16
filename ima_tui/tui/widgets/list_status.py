"""Status beside a filter: how many rows are shown, which, and how sorted."""

from __future__ import annotations

from ima_tui.tui.widgets.lines import Line, Part, measure


class ListStatus(Line):
    """As wide as its words, a blank before and behind them."""

    GROUND = "background"

    def __init__(self) -> None:
        super().__init__()
        self.words: list[Part] = []

    def say(self, words: list[Part]) -> None:
        """Show these parts."""
        self.words = words
        self.styles.width = measure(words) + 2
        self.refresh()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        return [], [*self.words, (" ", "text")]
