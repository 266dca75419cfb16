"""One-line widgets drawn cell by cell: a left part, a right part, and rules between panes."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.app_context import AppContext, context
from ima_tui.tui.widgets.cells import width

Part = tuple[str, str]
"""Text, and the role it is drawn in."""


class Line(Widget):
    """One line of parts, drawn cell by cell; no markup, so data is only ever text."""

    DEFAULT_CSS = "Line { height: 1; }"
    GROUND = "surface"

    @property
    def ima(self) -> AppContext:
        """The app."""
        return context(self)

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """What stands on the left, and on the right."""
        return [], []

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        left, right = self.parts(self.size.width)
        theme = self.app.theme
        gap = self.size.width - sum(width(text) for text, _ in (*left, *right))
        blank = [(" " * max(0, gap), "text")]
        return Strip(
            Segment(text, style(theme, role, self.GROUND))
            for text, role in (*left, *blank, *right)
            if text
        ).adjust_cell_length(self.size.width, style(theme, "text", self.GROUND))


def measure(parts: list[Part]) -> int:
    """Return the cells of all parts together."""
    return sum(width(text) for text, _ in parts)


class Rule(Line):
    """A thin line between two parts of a screen."""

    GROUND = "background"

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        return [(self.ima.glyphs.rule * cells, "rule")], []
