"""Shares of points by another view, below the table of spending on a very wide screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ima_tui.i18n import say
from ima_tui.ledger.history import ReportRow
from ima_tui.tui.widgets import plots
from ima_tui.tui.widgets.cells import fit, width
from ima_tui.tui.widgets.lines import Part, RowLines

MOST_SHARES = 8
"""Rows of the shares; the screen's own table shows all."""
NAME = 24
"""Cells of a name at most."""


class Shares(RowLines):
    """Points of each group, as bars on one scale and in percent of all."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[tuple[str, ReportRow], ...] = ()
        self._total = 0

    def show(self, rows: Sequence[ReportRow], names: Mapping[str, str], high: int) -> None:
        """Show these, the most points first; `names` by their keys, `high`: lines that are wanted
        beside others."""
        spent = sorted((row for row in rows if row.points), key=lambda row: -row.points)
        found = tuple((names[row.key], row) for row in spent[:MOST_SHARES])
        self.styles.height = max(1, min(high, MOST_SHARES))
        if found != self._rows:
            self._rows, self._total = found, sum(row.points for row in spent)
            self.refresh()

    def row(self, y: int, cells: int) -> list[Part]:
        """Return the parts of line `y`."""
        if y >= len(self._rows):
            return [(" " + say("spending.no_points"), "muted")] if y == 0 else []
        name, row = self._rows[y]
        names = min(NAME, max(width(each) for each, _ in self._rows))
        points = f"{row.points:,}"
        most = max(len(f"{each.points:,}") for _, each in self._rows)
        percent = say("spending.percent", n=round(row.points / self._total * 100))
        room = cells - names - most - 12
        bar = plots.bar(row.points / self._rows[0][1].points, room, plain=self.ima.glyphs.ascii)
        return [
            (f" {fit(name, names)}  ", "text"),
            (bar, "accent"),
            (f"  {points:>{most}}", "strong"),
            (f"{percent:>6}", "muted"),
        ]
