"""Layout of a scrolling grid of tiles in groups, and drawing of one. No widget here.

A result is a tile with an image, or a line.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from rich.segment import Segment
from rich.style import Style

from ima_tui.core.domain import Result
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.tui.images.thumbnails import Shown, picture_line
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, Glyphs
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.cells import (
    cut,
    fit,
    width,
)
from ima_tui.tui.widgets.job_text import clock_words, length_words

PICTURE = (6, 18)
"""Lines of a tile's picture, at least and at most."""
BAR = 1
"""The cursor's, before everything."""
TAG = 4
MARK = 2
STAR = 2
LENGTH = 5
MODEL = 16
AIRY = 56
"""From this width on a line also names the model."""


@dataclass(frozen=True, slots=True)
class TileState:
    """How a result stands on the wall."""

    here: bool
    focused: bool
    marked: bool

    @property
    def ground(self) -> str:
        """The role of the background."""
        return "raised" if self.here else "background"


@dataclass(frozen=True, slots=True)
class TilePainter:
    """For tiles (or lines) `wide` cells wide, in one theme."""

    theme: str
    glyphs: Glyphs
    wide: int
    tall: int = 0
    """Lines that pictures take where there is room for more than those of 16:9."""

    @property
    def picture_wide(self) -> int:
        """Cells that a picture may take."""
        return max(1, self.wide - BAR - 2)

    @property
    def picture_high(self) -> int:
        """Lines that a picture takes: those of 16:9 in cells twice as high as wide, or more."""
        return max(self.tall, PICTURE[0], min(PICTURE[1], -(-self.picture_wide * 9 // 32)))

    def grown(self, by: int) -> TilePainter:
        """Return the painter of tiles that are higher by so many lines, up to a square."""
        most = max(self.picture_high, self.picture_wide // 2)
        return replace(self, tall=min(most, self.picture_high + by))

    @property
    def high(self) -> int:
        """Lines of a tile: picture, caption, and a blank line."""
        return self.picture_high + 2

    def heading(self, name: str, count: int, room: int) -> list[Segment]:
        """Return the line with the name of a group."""
        title = Segment(cut(f" {name}", room - 8), self._style("title", "background"))
        return [title, Segment(f"  {count}", self._style("muted", "background"))]

    def blank(self) -> list[Segment]:
        """Return an empty line."""
        return [Segment(" " * self.wide, self._style("text", "background"))]

    def line(self, result: Result, standing: TileState) -> list[Segment]:
        """One result on one line."""
        ground, muted = standing.ground, self._style("muted", standing.ground)
        room = self.wide - BAR - MARK - TAG
        length = fit(length_words(result.length), LENGTH, "right")
        end = f" {length} {clock_words(result.at)} " if room >= 30 else ""
        model = self._fitted(result.model, MODEL) if room >= AIRY else ""
        room -= STAR * result.mark.star
        text = self._fitted(result.prompt, room - width(end) - width(model))
        return [
            *self._begin(result, standing),
            *self._star(result, ground),
            Segment(text, self._style("text", ground)),
            Segment(model + end, muted),
        ]

    def tile(self, result: Result, standing: TileState, line: int, shown: Shown) -> list[Segment]:
        """One line of a tile."""
        if line > self.picture_high:
            return self.blank()
        if line == self.picture_high:
            return self._caption(result, standing)
        room = self.wide - BAR
        return [self._bar(standing), *self._picture(shown, line, room, standing.ground)]

    def _begin(self, result: Result, standing: TileState) -> list[Segment]:
        mark = self.glyphs.mark if standing.marked else " "
        medium = result.task_type.medium
        return [
            self._bar(standing),
            Segment(fit(mark, MARK), self._style("accent", standing.ground)),
            Segment(
                fit(say(f"task.tag_{medium}"), TAG),
                self._style(MEDIUM_ROLE[medium], standing.ground),
            ),
        ]

    def _star(self, result: Result, ground: str) -> list[Segment]:
        if not result.mark.star:
            return []
        return [Segment(fit(self.glyphs.star, STAR), self._style("accent", ground))]

    def _bar(self, standing: TileState) -> Segment:
        role = "accent" if standing.focused else "muted"
        sign = self.glyphs.cursor if standing.here else " "
        return Segment(sign, self._style(role, standing.ground))

    def _caption(self, result: Result, standing: TileState) -> list[Segment]:
        end = f" {length_words(result.length)} " if result.length else " "
        room = self.wide - BAR - MARK - TAG - width(end) - STAR * result.mark.star
        return [
            *self._begin(result, standing),
            *self._star(result, standing.ground),
            Segment(self._fitted(result.prompt, room), self._style("text", standing.ground)),
            Segment(end, self._style("muted", standing.ground)),
        ]

    def _picture(self, shown: Shown, line: int, room: int, ground: str) -> list[Segment]:
        return picture_line(shown, line, room, self.picture_high, self._style("muted", ground))

    def _fitted(self, text: str, cells: int) -> str:
        return fit(one_line(text, 200), max(0, cells), "left", self.glyphs.ellipsis)

    def _style(self, role: str, ground: str) -> Style:
        return style(self.theme, role, ground)


@dataclass(frozen=True, slots=True)
class TilePosition:
    """What is on a line: a heading (`row` is -1), or line `line` of a row of tiles, whose first is
    number `first` of all tiles, and of which there are `count`."""

    group: int
    row: int
    line: int
    first: int
    count: int


class TileLayout:
    """`sizes`: how many tiles each group has. `across`: tiles beside each other. `high`: lines of
    a tile."""

    def __init__(self, sizes: Sequence[int], across: int, high: int) -> None:
        self.sizes = tuple(sizes)
        self.across = max(1, across)
        self.high = max(1, high)
        self._tops: list[int] = []
        self._firsts: list[int] = []
        top = first = 0
        for size in self.sizes:
            self._tops.append(top)
            self._firsts.append(first)
            top += 1 + self.rows_of(size) * self.high
            first += size
        self.lines = top
        self.count = first

    def rows_of(self, size: int) -> int:
        """Return the rows that a group of that size takes."""
        return -(-size // self.across)

    def at(self, line: int) -> TilePosition | None:
        """What is on this line; None: nothing any more."""
        if not 0 <= line < self.lines:
            return None
        group = bisect_right(self._tops, line) - 1
        below = line - self._tops[group] - 1
        if below < 0:
            return TilePosition(group, -1, 0, self._firsts[group], 0)
        row, inner = divmod(below, self.high)
        before = row * self.across
        count = min(self.across, self.sizes[group] - before)
        return TilePosition(group, row, inner, self._firsts[group] + before, count)

    def group_of(self, tile: int) -> int:
        """Return the group of a tile."""
        return bisect_right(self._firsts, tile) - 1

    def lines_of(self, tile: int) -> tuple[int, int]:
        """The first line of a tile, and the one below its last."""
        group = self.group_of(tile)
        row = (tile - self._firsts[group]) // self.across
        top = self._tops[group] + 1 + row * self.high
        return top, top + self.high

    def column_of(self, tile: int) -> int:
        """Return the column of a tile, from 0."""
        return (tile - self._firsts[self.group_of(tile)]) % self.across

    def is_below_heading(self, tile: int) -> bool:
        """Return whether a tile is in the first row of its group."""
        group = self.group_of(tile)
        return tile - self._firsts[group] < self.across

    def moved(self, tile: int, rows: int) -> int:
        """The tile so many rows further down, as near to the same column as there is one."""
        column = self.column_of(tile)
        step = 1 if rows > 0 else -1
        for _ in range(abs(rows)):
            group = self.group_of(tile)
            row = (tile - self._firsts[group]) // self.across + step
            if not 0 <= row < self.rows_of(self.sizes[group]):
                group += step
                if not 0 <= group < len(self.sizes):
                    break
                row = 0 if step > 0 else self.rows_of(self.sizes[group]) - 1
            before = row * self.across
            last = min(self.across, self.sizes[group] - before) - 1
            tile = self._firsts[group] + before + min(column, last)
        return tile

    def seen(self, top: int, lines: int) -> range:
        """The tiles of which something is on these lines."""
        found: list[int] = []
        line = top
        while line < min(self.lines, top + lines):
            spot = self.at(line)
            if spot is None:
                break
            if spot.row < 0:
                line += 1
                continue
            found += (spot.first, spot.first + spot.count)
            line += self.high - spot.line
        return range(min(found), max(found)) if found else range(0)
