"""Lines of parts, as many as a widget has room for; no cursor."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip

from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.lines import Line, Part


class RowLines(Line):
    """A subclass says what each line is."""

    DEFAULT_CSS = "RowLines { height: 1fr; }"
    GROUND = "background"

    def row(self, y: int, cells: int) -> list[Part]:
        """Return the parts of line `y`."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        theme, cells = self.app.theme, self.size.width
        segments = [
            Segment(text, style(theme, role, self.GROUND))
            for text, role in self.row(y, cells)
            if text
        ]
        return Strip(segments).adjust_cell_length(cells, style(theme, "text", self.GROUND))
