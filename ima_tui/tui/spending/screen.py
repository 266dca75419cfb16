"""The Spending screen: points of each day, and by model, task type or day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.strip import Strip
from textual.timer import Timer

from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter, ReportRow
from ima_tui.studio import spending
from ima_tui.studio.spending import VIEWS
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.shell.job_lines import LATEST, JobLines
from ima_tui.tui.spending import report
from ima_tui.tui.spending.report import RANGES, WIDE, Spending
from ima_tui.tui.theme import theme as styles
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets import plots
from ima_tui.tui.widgets.app_context import Updates
from ima_tui.tui.widgets.cells import fit, width
from ima_tui.tui.widgets.lines import Line, Pane, Part, RowLines
from ima_tui.tui.widgets.table import LazyRows, Row, RowId, Table

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


PAUSE = 2.0
"""Seconds between two sums while jobs change."""
_DIGITS = "0123456789,"
_PIECES = re.compile(r"[0-9,-]+|[^0-9,-]+")
"""Bars, and the figures and dates among them."""
OTHERS = 2
"""Shares by other views below the table."""
BY_COLUMN = {"bar": "points", "estimate": "time", "spread": "time"}


class DayPlot(Line):
    """Bars over the days; as high as the pane."""

    GROUND = "background"

    def __init__(self) -> None:
        super().__init__(id="plot")
        self._found: Spending | None = None
        self._lines: list[tuple[str, str]] = []

    def show(self, found: Spending) -> None:
        """Show the points of its days."""
        self._found = found
        self._draw()

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._draw()

    def _draw(self) -> None:
        cells, rows = self.size.width - 2, max(1, self.size.height - 2)
        if self._found is not None and cells > 0:
            self._lines = report.plot(self._found, cells, rows, self.ima.glyphs)
            self.refresh()

    @property
    def words(self) -> str:
        """All that stands here."""
        return "\n".join(axis + bars for axis, bars in self._lines)

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        theme = self.app.theme
        axis, bars = self._lines[y] if y < len(self._lines) else ("", "")
        role = "accent" if y < len(self._lines) - 2 else "muted"
        segments = [Segment(f" {axis}", style(theme, "muted", self.GROUND))]
        segments += [
            Segment(text, style(theme, "text" if text[0] in _DIGITS else role, self.GROUND))
            for text in _PIECES.findall(bars)
        ]
        plain = style(theme, "text", self.GROUND)
        return Strip(segments).adjust_cell_length(self.size.width, plain)


class SpendingScreen(BaseScreen):
    """Where the points went. A view of the queue: `esc` leads back there."""

    SCREEN_ID = "spending"
    UNDER = "queue"
    HOME = "#spending"
    CSS_PATH = styles.path("spending")
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - so declared by Textual
        (0, "-narrow"),
        (80, "-normal"),
        (120, "-wide"),
        (WIDE, "-huge"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("view_after", "turn(1)", "bind.spending_view", "spending.view", show=True),
        bind("view_before", "turn(-1)", "bind.spending_view_before", "spending.view_before"),
        bind("more", "range(1)", "bind.spending_longer", "spending.longer", show=True),
        bind("less", "range(-1)", "bind.spending_shorter", "spending.shorter", show=True),
        bind("sort", "sort", "bind.sort", "spending.sort", show=True),
        bind("write", "write", "bind.spending_write", "spending.write"),
        bind("fetch", "reload", "bind.spending_again", "spending.refresh"),
        bind("back", "back", "bind.spending_back", "spending.back", show=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.view, self.days, self.sorted_by = VIEWS[0], 30, "points"
        self.found: Spending | None = None
        self._pause: Timer | None = None

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        with Container(id="body"):
            with Pane(say("spending.days"), widget_id="plot-pane"):
                yield DayPlot()
            with Horizontal(id="below"):
                with Vertical(id="sums"):
                    with Pane(say("place.spending"), widget_id="spending-pane"):
                        yield Table(report.columns(self.app.size.width), widget_id="spending")
                    with Horizontal(id="others"):
                        for _ in range(OTHERS):
                            with Pane(say("spending.by_type")):
                                yield Shares()
                with Pane(say("pane.latest_jobs"), widget_id="latest-pane"):
                    yield JobLines()

    @property
    def table(self) -> Table:
        """The table."""
        return self.query_one("#spending", Table)

    # ------------------------------------------------------------------------------- the facts

    async def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.table.empty = say("spending.adding")
        self.table.focus()
        await self.reload()

    async def on_resize(self) -> None:
        """Draw the rows for the new width; what stands beside them is read when it is seen."""
        self._show()
        await self._show_beside()

    async def heard(self, news: Updates) -> None:
        """Add up again a little later: jobs change in heaps."""
        if news.jobs and self._pause is None:
            self._pause = self.set_timer(PAUSE, self._again, name="add up again")

    async def _again(self) -> None:
        self._pause = None
        await self.reload()

    async def reload(self) -> None:
        """Add up the range that is looked at."""
        now, days, view = self.studio.clock.time(), self.days, self.view
        among = JobFilter(since=spending.since(now, days))
        history = self.studio.history
        by_day = await history.report("day", among)
        rows = by_day if view == "day" else await history.report(view, among)
        if (days, view) == (self.days, self.view):  # else another key was pressed meanwhile
            today = datetime.fromtimestamp(now).date()  # noqa: DTZ006 - the user's
            self.found = Spending(today, days, by_day, rows)
            self._show()
            await self._show_beside()

    @property
    def _other_views(self) -> list[str]:
        """By what the shares are below the table, which is by something else."""
        return [view for view in VIEWS if view not in (self.view, "day")][:OTHERS]

    async def _show_beside(self) -> None:
        """Read and show the shares by other views and the latest jobs, where they are seen."""
        if self.found is None or self.size.width < WIDE:
            return
        views, days = self._other_views, self.days
        among = JobFilter(since=spending.since(self.studio.clock.time(), days))
        reports = [await self.studio.history.report(view, among) for view in views]
        jobs = await self.studio.history.listed(among, 0, LATEST)
        if (views, days) != (self._other_views, self.days) or not self.is_mounted:
            return
        models = spending.model_names(self.studio)
        high = max(sum(row.points > 0 for row in rows) for rows in reports)
        for view, rows, shares in zip(views, reports, self.query(Shares), strict=True):
            names = {row.key: spending.name_of(row.key, view, models) for row in rows}
            shares.query_ancestor(Pane).say([(say(f"spending.by_{view}"), "strong")])
            shares.show(rows, names, high)
        self.query_one(JobLines).show(jobs, [] if jobs else [say("queue.no_jobs_of")])

    def _show(self) -> None:
        found = self.found
        if found is None:
            return
        rows = {row.key: row for row in report.arranged(found.rows, self.sorted_by)}
        names, most = (
            spending.model_names(self.studio),
            max((row.points for row in found.rows), default=0),
        )

        cells = self.size.width
        self.table.set_columns(report.columns(cells))

        def made(row_id: RowId) -> Row:
            row = rows[str(row_id)]
            name = spending.name_of(row.key, self.view, names)
            return report.drawn(row, name, most, self.ima.glyphs, cells)

        self.table.empty = say("spending.none", n=found.days)
        self.table.set_rows(LazyRows(rows, made))
        self.query_one(DayPlot).show(found)
        self._say_totals(found)

    def _say_totals(self, found: Spending) -> None:
        totals, dot = self.ima.totals, f" {self.ima.glyphs.dot} "
        title: list[Part] = [(say("spending.days"), "strong")]
        title.append((dot + say("spending.range", n=found.days), "text"))
        today: Part = (say("app.points_today", points=totals.today), "muted")
        whole: Part = (say("spending.total", points=f"{found.total:,}"), "strong")
        out: list[Part] = []
        if totals.out:
            out = [(dot + say("app.points_out", points=totals.out), "muted")]
        gap: Part = (dot, "muted")
        self.query_one("#plot-pane", Pane).say(
            title, [whole, gap, today, *out], [whole, gap, today], [whole]
        )
        views: list[Part] = []
        for one in VIEWS:
            name = say(f"spending.by_{one}")
            here = one == self.view
            views.append((f"[{name}]" if here else f" {name} ", "title" if here else "muted"))
        sort: Part = (say(f"spending.sort_{self.sorted_by}"), "muted")
        title = [(say("place.spending"), "strong"), (dot, "muted"), sort]
        self.query_one("#spending-pane", Pane).say(title, views)

    # ------------------------------------------------------------------------------ the user

    async def action_turn(self, by: int) -> None:
        """Show the next or previous view: by model, task type or day."""
        self.view = VIEWS[(VIEWS.index(self.view) + by) % len(VIEWS)]
        await self.reload()

    async def action_range(self, by: int) -> None:
        """Look at more or at fewer days."""
        at = max(0, min(len(RANGES) - 1, RANGES.index(self.days) + by))
        if RANGES[at] != self.days:
            self.days = RANGES[at]
            await self.reload()

    async def action_reload(self) -> None:
        """Add up again."""
        await self.reload()

    def action_sort(self) -> None:
        """Sort by the next criterion."""
        names = list(report.SORTS)
        self.sorted_by = names[(names.index(self.sorted_by) + 1) % len(names)]
        self._show()

    @on(Table.HeadingClicked)
    def _sort_by(self, event: Table.HeadingClicked) -> None:
        self.sorted_by = BY_COLUMN.get(event.column, event.column)
        self._show()

    async def action_write(self) -> None:
        """Write the rows to a CSV file of the user's own."""
        found = self.found
        if found is None:
            return
        rows = report.arranged(found.rows, self.sorted_by)
        try:
            path = await spending.export(self.studio, rows, self.view)
        except UsageError as error:
            self.complain(error)
        else:
            self.notify(say("spending.written", path=one_line(path, 300)))

    async def action_back(self) -> None:
        """Return to the queue."""
        await self.ima.action_go("queue")
