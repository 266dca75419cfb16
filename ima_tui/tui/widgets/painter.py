"""Draw rows of cells as strips, and compare two rows.

A painter is made for one table at one width in one theme, and keeps what it has drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ima_tui.core.records import dataclass
from ima_tui.i18n import say
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.cells import (
    Column,
    Slot,
    cut,
    fit,
    layout,
    width,
    wrap,
)

GUTTER = 3
"""The cursor's bar, the mark, and a blank."""
MOST_STRIPS = 1_000
AIRY = 94
"""From this width on the columns stand two cells apart."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Plain text and the role it is drawn in; `matched` are characters to point out."""

    text: str
    role: str = "text"
    matched: tuple[int, ...] = ()


Row = tuple[Cell, ...]
"""A cell for each column; a row of one cell is a heading over the rows below it."""


def is_heading(row: Row) -> bool:
    """Return whether a row is the heading of a group."""
    return len(row) == 1


class Painter:
    """`total` is the table's width in cells; the last ones stay free, for the scroll bar."""

    def __init__(self, columns: Sequence[Column], total: int, theme: str, glyphs: Glyphs) -> None:
        self.total = total
        self.theme = theme
        self._columns = columns
        self._glyphs = glyphs
        gap = 2 if total >= AIRY else 1
        self._slots = layout(columns, total - gap, GUTTER, gap)
        self._strips: dict[tuple[object, ...], Strip] = {}

    def row(self, row: Row, *, here: bool, focused: bool, marked: bool) -> Strip:
        """A row; `here`: the cursor stands on it."""
        key = (row, here, here and focused, marked)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) > MOST_STRIPS:
                self._strips.clear()
            strip = self._strips[key] = self._draw(row, here, focused, marked)
        return strip

    def _draw(self, row: Row, here: bool, focused: bool, marked: bool) -> Strip:
        if is_heading(row):
            words = cut(row[0].text, self.total - GUTTER, self._glyphs.ellipsis)
            plain = self._style(row[0].role, "background")
            return Strip([Segment("  " + words, plain)]).adjust_cell_length(self.total, plain)
        ground = "raised" if here else "background"
        glyphs = self._glyphs
        segments = [
            Segment(
                glyphs.cursor if here else " ",
                self._style("accent" if focused else "muted", ground),
            ),
            Segment(glyphs.mark + " " if marked else "  ", self._style("accent", ground)),
        ]
        placed = [
            (slot, room) for slot, room in zip(self._slots, self._rooms(row), strict=True) if room
        ]
        ends = [*(slot.x for slot, _ in placed), self.total][1:]
        for (slot, room), end in zip(placed, ends, strict=True):
            cell = row[slot.index]
            # the gap belongs to the cell before it: one style, half the bytes
            text = self._fitted(slot, cell, room) + " " * (end - slot.x - room)
            segments += _segments(
                text, self._style(cell.role, ground), cell.matched, self._style("match", ground)
            )
        return Strip(segments).adjust_cell_length(self.total, self._style("text", ground))

    def titles(self) -> Strip:
        """Return the line of column titles."""
        line = ""
        for slot in self._slots:
            column = self._columns[slot.index]
            title = say(column.title) if column.title else ""
            line += " " * (slot.x - width(line)) + fit(title, slot.width, column.align)
        return self._quiet(line)

    def column_at(self, x: int) -> str:
        """Return the key of the column at cell `x`; "" beside them."""
        found = (slot for slot in self._slots if slot.x <= x <= slot.x + slot.width)
        return next((self._columns[slot.index].key for slot in found), "")

    def below(self, line: int, words: str) -> Strip:
        """A line where no row is: of `words`, if there are any, else blank."""
        lines = wrap(words, self.total - 6) if words and self.total > 10 else []
        return self._quiet("   " + lines[line - 1] if 1 <= line <= len(lines) else "")

    def changed(self, before: Row, after: Row) -> Iterator[tuple[int, int]]:
        """(x, number of cells) of all that looks different in `after`."""
        if is_heading(before) or is_heading(after):
            yield 0, self.total
            return
        rooms = zip(self._slots, self._rooms(before), self._rooms(after), strict=True)
        for slot, old_room, room in rooms:
            if not old_room and not room:
                continue
            old, new = before[slot.index], after[slot.index]
            if (old.role, old.matched, old_room) != (new.role, new.matched, room):
                yield slot.x, max(old_room, room)
            elif old.text != new.text:
                span = _difference(self._fitted(slot, old, room), self._fitted(slot, new, room))
                if span is not None:
                    yield slot.x + span[0], span[1]

    def _rooms(self, row: Row) -> list[int]:
        """The cells for each slot: a flexible text flows over the empty cells behind it, and
        those then have none."""
        rooms = [slot.width for slot in self._slots]
        first = None
        for at, slot in enumerate(self._slots):
            if self._columns[slot.index].flex:
                first = at
            elif row[slot.index].text:
                first = None
            elif first is not None:
                rooms[at], rooms[first] = 0, slot.x + slot.width - self._slots[first].x
        return rooms

    def _fitted(self, slot: Slot, cell: Cell, room: int) -> str:
        align = self._columns[slot.index].align
        return fit(cell.text, room, align, self._glyphs.ellipsis)

    def _style(self, role: str, ground: str) -> Style:
        return style(self.theme, role, ground)

    def _quiet(self, text: str) -> Strip:
        quiet = self._style("muted", "background")
        return Strip([Segment(text, quiet)]).adjust_cell_length(self.total, quiet)


def _difference(old: str, new: str) -> tuple[int, int] | None:
    """(first cell, number of cells) between what begins and what ends the same."""
    if old == new:
        return None
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    start = width(new[:head])
    return start, width(new) - start - width(new[len(new) - tail :])


def _segments(text: str, plain: Style, matched: tuple[int, ...], other: Style) -> list[Segment]:
    """`text` in one style, its matched characters in the other."""
    if not matched:
        return [Segment(text, plain)]
    points = set(matched)
    found: list[Segment] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or (end in points) != (start in points):
            found.append(Segment(text[start:end], other if start in points else plain))
            start = end
    return found
