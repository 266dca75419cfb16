"""Layout of a scrolling grid of tiles in groups with headings. Arithmetic only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from ima_tui.core.records import dataclass


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
