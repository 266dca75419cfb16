"""Layout of a scrolling grid of tiles in groups, and drawing of one. No widget here.

A result is a tile with an image, or a line.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

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

    def line(self, result: Result, state: TileState) -> list[Segment]:
        """One result on one line."""
        ground, muted = state.ground, self._style("muted", state.ground)
        room = self.wide - BAR - MARK - TAG
        length = fit(length_words(result.length), LENGTH, "right")
        end = f" {length} {clock_words(result.at)} " if room >= 30 else ""
        model = self._fitted(result.model, MODEL) if room >= AIRY else ""
        room -= STAR * result.mark.star
        text = self._fitted(result.prompt, room - width(end) - width(model))
        return [
            *self._begin(result, state),
            *self._star(result, ground),
            Segment(text, self._style("text", ground)),
            Segment(model + end, muted),
        ]

    def tile(self, result: Result, state: TileState, line: int, shown: Shown) -> list[Segment]:
        """One line of a tile."""
        if line > self.picture_high:
            return self.blank()
        if line == self.picture_high:
            return self._caption(result, state)
        room = self.wide - BAR
        return [self._bar(state), *self._picture(shown, line, room, state.ground)]

    def _begin(self, result: Result, state: TileState) -> list[Segment]:
        mark = self.glyphs.mark if state.marked else " "
        medium = result.task_type.medium
        return [
            self._bar(state),
            Segment(fit(mark, MARK), self._style("accent", state.ground)),
            Segment(
                fit(say(f"task.tag_{medium}"), TAG),
                self._style(MEDIUM_ROLE[medium], state.ground),
            ),
        ]

    def _star(self, result: Result, ground: str) -> list[Segment]:
        if not result.mark.star:
            return []
        return [Segment(fit(self.glyphs.star, STAR), self._style("accent", ground))]

    def _bar(self, state: TileState) -> Segment:
        role = "accent" if state.focused else "muted"
        sign = self.glyphs.cursor if state.here else " "
        return Segment(sign, self._style(role, state.ground))

    def _caption(self, result: Result, state: TileState) -> list[Segment]:
        end = f" {length_words(result.length)} " if result.length else " "
        room = self.wide - BAR - MARK - TAG - width(end) - STAR * result.mark.star
        return [
            *self._begin(result, state),
            *self._star(result, state.ground),
            Segment(self._fitted(result.prompt, room), self._style("text", state.ground)),
            Segment(end, self._style("muted", state.ground)),
        ]

    def _picture(self, shown: Shown, line: int, room: int, ground: str) -> list[Segment]:
        return picture_line(shown, line, room, self.picture_high, self._style("muted", ground))

    def _fitted(self, text: str, cells: int) -> str:
        return fit(one_line(text, 200), max(0, cells), "left", self.glyphs.ellipsis)

    def _style(self, role: str, ground: str) -> Style:
        return style(self.theme, role, ground)


class TileRow(NamedTuple):
    """A heading (`tiles` 0), or a row of tiles: its first line, and the first of its tiles."""

    top: int
    first: int
    tiles: int
    group: int


class TileLayout:
    """`sizes`: how many tiles each group has. `across`: tiles beside each other. `high`: lines of
    a tile."""

    def __init__(self, sizes: Sequence[int], across: int, high: int) -> None:
        self.across = max(1, across)
        self.high = max(1, high)
        self._rows: list[TileRow] = []
        top = first = 0
        for group, size in enumerate(sizes):
            self._rows.append(TileRow(top, first, 0, group))
            top += 1
            for before in range(0, size, self.across):
                count = min(self.across, size - before)
                self._rows.append(TileRow(top, first + before, count, group))
                top += self.high
            first += size
        self.lines = top
        self.count = first

    def at(self, line: int) -> tuple[TileRow, int] | None:
        """Return the row on this line, and which of its lines that is; None: nothing any more."""
        if not 0 <= line < self.lines:
            return None
        row = self._rows[bisect_right(self._rows, line, key=lambda row: row.top) - 1]
        return row, line - row.top

    def _number(self, tile: int) -> int:
        """Return the number of a tile's row."""
        return bisect_right(self._rows, tile, key=lambda row: row.first) - 1

    def lines_of(self, tile: int) -> tuple[int, int]:
        """The first line of a tile, and the one below its last."""
        top = self._rows[self._number(tile)].top
        return top, top + self.high

    def column_of(self, tile: int) -> int:
        """Return the column of a tile, from 0."""
        return tile - self._rows[self._number(tile)].first

    def is_below_heading(self, tile: int) -> bool:
        """Return whether a tile is in the first row of its group."""
        return self._rows[self._number(tile) - 1].tiles == 0

    def moved(self, tile: int, rows: int) -> int:
        """The tile so many rows further down, as near to the same column as there is one."""
        column, number = self.column_of(tile), self._number(tile)
        step = 1 if rows > 0 else -1
        for _ in range(abs(rows)):
            beyond = number + step
            while 0 <= beyond < len(self._rows) and not self._rows[beyond].tiles:
                beyond += step
            if not 0 <= beyond < len(self._rows):
                break
            number = beyond
        row = self._rows[number]
        return row.first + min(column, row.tiles - 1)

    def seen(self, top: int, lines: int) -> range:
        """The tiles of which something is on these lines."""
        begin = max(0, bisect_right(self._rows, top, key=lambda row: row.top) - 1)
        end = bisect_left(self._rows, top + lines, key=lambda row: row.top)
        found = [row for row in self._rows[begin:end] if row.tiles and top < self.lines]
        return range(found[0].first, found[-1].first + found[-1].tiles) if found else range(0)
