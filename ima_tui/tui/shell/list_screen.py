"""Base class of the screens with a filtered list, and the words at the end of its filter."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.widgets import Input

from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.widgets.lines import Part, ToldLine, measure


class ListScreen(BaseScreen):
    """A screen with a list, a field `#filter` that narrows it, and one row in detail."""

    DETAIL: ClassVar[str] = ""
    """A selector: what scrolls by the keys for details."""

    def action_filter(self) -> None:
        """Move the focus to the filter."""
        self.add_class("-filtering")
        self.query_one("#filter", Input).focus()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.action_leave_field()

    def action_scroll_facts(self, by: int) -> None:
        """Scroll the details by so many lines."""
        self.query_one(self.DETAIL).scroll_relative(y=by, animate=False)


class ListStatus(ToldLine):
    """As wide as its words, a blank before and behind them."""

    def __init__(self) -> None:
        super().__init__(ground="background")

    def say(self, words: list[Part]) -> None:
        """Show these parts."""
        self.styles.width = measure(words) + 2
        self.show([], [*words, (" ", "text")])
