"""What the Spending screen shows: figures of a range of days, as rows and as a plot. No widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from ima_tui.core.records import dataclass
from ima_tui.core.text import duration
from ima_tui.i18n import say
from ima_tui.ledger.history import ReportRow
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import plots
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.painter import Cell, Row

RANGES = (7, 30, 90, 365)
"""Days that can be looked at."""
SORTS: dict[str, Callable[[ReportRow], tuple[object, ...]]] = {
    "points": lambda row: (-row.points, row.key),
    "jobs": lambda row: (-row.jobs, row.key),
    "success": lambda row: (row.success if row.success is not None else 2.0, row.key),
    "time": lambda row: (-(row.median_time or 0.0), row.key),
    "name": lambda row: (row.key,),
}
WIDE = 160
"""Columns of the screen from which on bars and durations take more cells, and more is shown."""


LEAST_BAR = 100
"""Columns of the screen from which on a bar takes more cells than a name needs."""
SLOW = 1.2
"""How many times its estimate a median time is before it stands out."""


def plot_cells(total: int) -> tuple[int, int]:
    """Return the cells of a bar and of a row's durations on a screen of that width."""
    return (18, 26) if total >= WIDE else (14 if total >= LEAST_BAR else 8, 20)


def columns(total: int) -> tuple[Column, ...]:
    """Return the columns for a screen of that width."""
    bar, spread = plot_cells(total)
    return (*_FIRST, Column("bar", bar, drop=4), *_REST, Column("spread", spread, SPREAD, drop=6))


SPREAD = "spending.col_spread"
_FIRST = (Column("name", 16, "spending.col_name", flex=1),)
_REST = (
    Column("points", 7, "queue.col_points", align="right"),
    Column("jobs", 5, "spending.col_jobs", align="right", drop=3),
    Column("success", 8, "spending.col_success", align="right", drop=2),
    Column("time", 8, "spending.col_median", align="right", drop=1),
    Column("estimate", 8, "spending.col_estimate", align="right", drop=5),
)


WEEK = 7
"""Days that a plot shows at least."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Figures of the last `days` days up to `today`: by day, and by what is looked at."""

    today: date
    days: int
    by_day: tuple[ReportRow, ...] = ()
    rows: tuple[ReportRow, ...] = ()

    @property
    def total(self) -> int:
        """All points of these days."""
        return sum(row.points for row in self.by_day)

    @property
    def jobs(self) -> int:
        """All jobs of these days."""
        return sum(row.jobs for row in self.by_day)

    def points(self) -> list[int]:
        """Return the points of each day, the oldest first; days without a job count 0."""
        found = {row.key: row.points for row in self.by_day}
        first = self.today - timedelta(days=self.days - 1)
        return [found.get(str(first + timedelta(days=day)), 0) for day in range(self.days)]

    @property
    def plotted(self) -> int:
        """The days from the first with points on, but a week at least: they share the width."""
        first = next((at for at, points in enumerate(self.points()) if points), 0)
        return min(self.days, max(WEEK, self.days - first))


# ------------------------------------------------------------------------------------- the rows


def arranged(rows: Iterable[ReportRow], sort: str) -> list[ReportRow]:
    """Return the rows in that order."""
    return sorted(rows, key=SORTS[sort])


def drawn(row: ReportRow, name: str, most: int, glyphs: Glyphs, total: int) -> Row:
    """Return a row's cells, in the order of `columns`, for a screen of `total` columns."""
    bar, cells = plot_cells(total)
    rate = row.success
    role = "text" if rate is None or rate >= GOOD else "warn"
    longer = (row.median_time or 0.0) > SLOW * (row.median_estimate or row.median_time or 0.0)
    share = row.points / most if most else 0.0
    spread = plots.durations(row.times, row.median_estimate, cells, plain=glyphs.ascii)
    return (
        Cell(name),
        Cell(plots.bar(share, bar, plain=glyphs.ascii), "accent"),
        Cell(f"{row.points:,}", "strong"),
        Cell(str(row.jobs)),
        Cell("" if rate is None else say("spending.percent", n=f"{rate * 100:.0f}"), role),
        Cell(_time(row.median_time), "warn" if longer else "text"),
        Cell(_time(row.median_estimate), "muted"),
        Cell(spread, "muted"),
    )


GOOD = 0.9
"""The share of jobs that succeed from which on nothing stands out."""


def _time(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


# ------------------------------------------------------------------------------------- the plot


def plot(found: Spending, cells: int, rows: int, glyphs: Glyphs) -> list[tuple[str, str]]:
    """Return lines of the points of each day, each as (axis, bars); the last says the dates."""
    days = found.plotted
    parts = _parts(rows)
    values, top = _scaled(found.points()[-days:], cells, parts)
    axis = len(f"{top:,}") + 1
    room = max(1, cells - axis - 2)
    ticks = {rows - rows * part // parts: top * part // parts for part in range(1, parts + 1)}
    upright, tick, corner, ground = "|++-" if glyphs.ascii else "│┤▔▔"
    lines: list[tuple[str, str]] = []
    bars = plots.columns(values, rows, top, plain=glyphs.ascii)
    bars = [plots.spread(line, room) for line in bars]
    if rows >= TALL:
        bars = plots.labelled(bars, [f"{value:,}" if value else "" for value in values])
    for number, line in enumerate(bars):
        label = f"{ticks[number]:,}" if number in ticks else ""
        lines.append((f"{label:>{axis}} {tick if label else upright}", line))
    wide = len(plots.spread("x" * len(values), room))
    lines.append((f"{'0':>{axis}} {corner}", ground * wide))
    lines.append((" " * (axis + 2), _dates(found.today, days, wide)))
    return lines


def _parts(rows: int) -> int:
    """Return into how many equal parts, each of whole rows, ticks divide the axis."""
    parts = (4, 2, 3, 5) if rows >= TALL else (2, 3, 5)
    return next((count for count in parts if rows % count == 0), 1)


def _scaled(days: Sequence[int], cells: int, parts: int) -> tuple[list[int], int]:
    """Return the columns, each of as many days as their room asks for, and the axis' top, whose
    parts are round numbers."""
    step = 0
    while True:
        step += 1
        values = [sum(days[at : at + step]) for at in range(0, len(days), step)]
        top = parts * plots.ceiling(max(values) / parts)
        if len(values) <= max(1, cells - len(f"{top:,}") - 3):
            return values, top


TALL = 8
"""Rows of bars from which on each says its points."""
DATE_GAP = 14
"""Cells between two dates at least."""


def _dates(today: date, days: int, cells: int) -> str:
    """Return days below their columns: the first, the last, and as many between as have room."""
    size = len("11-29")
    if cells < size * 2 + 1:
        return f"{today:%m-%d}".rjust(cells)[-cells:]
    count = max(2, min(days, 1 + (cells - size) // (size + DATE_GAP)))
    if days == WEEK:  # a whole number of days between two dates
        count = max(each for each in (2, 3, 4, 7) if each <= count)
    line = ""
    for number in range(count):
        back = round((days - 1) * (1 - number / (count - 1)))
        day = today - timedelta(days=back)
        at = round((cells - size) * (days - 1 - back) / max(1, days - 1))
        line += " " * (at - len(line)) + f"{day:%m-%d}"
    return line
