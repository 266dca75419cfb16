"""Lists beside the table of spending on a very wide screen: shares by other views, latest jobs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from ima_tui.core.domain import Job
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.ledger.history import ReportRow
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets import plots
from ima_tui.tui.widgets.cells import fit, width
from ima_tui.tui.widgets.lines import Line, Part

LATEST = 40
"""Jobs that are read for a tall screen."""
MOST_SHARES = 8
"""Rows of the shares; the screen's own table shows all."""
NAME = 24
"""Cells of a name at most."""


class _Rows(Line):
    """Lines of parts, as many as there is room for."""

    DEFAULT_CSS = "_Rows { height: 1fr; }"
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


class Shares(_Rows):
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


class LatestJobs(_Rows):
    """The latest jobs of the range with their points, a line each; a click shows one in Queue."""

    def __init__(self) -> None:
        super().__init__(id="latest-jobs")
        self._jobs: tuple[Job, ...] = ()

    def show(self, jobs: Sequence[Job]) -> None:
        """Show these."""
        if tuple(jobs) != self._jobs:
            self._jobs = tuple(jobs)
            self.refresh()

    def row(self, y: int, cells: int) -> list[Part]:
        """Return the parts of line `y`."""
        if y >= len(self._jobs):
            return []
        job = self._jobs[y]
        now, signs = self.ima.studio.clock.time(), self.ima.glyphs
        state, tag, _, prompt, _, _, points = words.row(job, now, signs, brief=True)
        at = time.strftime("%m-%d %H:%M", time.localtime(job.sent_at or job.created_at))
        room = cells - width(at) - width(tag.text) - 14
        return [
            (f" {state.text} ", state.role),
            (f"{at}  ", "muted"),
            (f"{tag.text} ", tag.role),
            (fit(one_line(prompt.text, 200), max(0, room)), prompt.role),
            (f"{points.text:>6} ", points.role),
        ]

    async def on_click(self, event: events.Click) -> None:
        """Show the job under the mouse in the queue."""
        if event.y < len(self._jobs):
            await self.ima.show_job(self._jobs[event.y].id)
