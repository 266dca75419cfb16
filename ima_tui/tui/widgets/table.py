"""A table of up to many thousand rows that redraws the cells that changed, and nothing else.

Each cell sent to the terminal costs bytes, and over SSH bytes are what a person waits for. So a
changed row is compared with what stands on the screen, and only the differing cells are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ima_tui.messages import say
from ima_tui.tui.theme import style
from ima_tui.tui.widgets.cells import fit, width, wrap
from ima_tui.tui.widgets.columns import Column, Slot, layout

if TYPE_CHECKING:
    from ima_tui.tui.app import ImaApp

RowId = int | str

GUTTER = 2
"""The cursor's bar, and the mark."""
MOST_STRIPS = 1_000


@dataclass(frozen=True, slots=True)
class Cell:
    """Plain text and the role it is drawn in; `matched` are characters to point out."""

    text: str
    role: str = "text"
    matched: tuple[int, ...] = ()


Row = tuple[Cell, ...]


class Table(ScrollView, can_focus=True):
    """Rows by id, in an order. Its first line are the titles of the columns."""

    DEFAULT_CSS = "Table { overflow-x: hidden; overflow-y: auto; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "bind.up", show=False, id="table.up"),
        Binding("down,j", "move(1)", "bind.down", show=False, id="table.down"),
        Binding("pageup,ctrl+u", "page(-1)", "bind.page_up", show=False, id="table.page_up"),
        Binding("pagedown,ctrl+d", "page(1)", "bind.page_down", show=False, id="table.page_down"),
        Binding("home,g", "first", "bind.first", show=False, id="table.first"),
        Binding("end,G", "last", "bind.last", show=False, id="table.last"),
        Binding("space", "mark", "bind.mark", show=False, id="table.mark"),
    ]

    @dataclass
    class RowHighlighted(Message):
        """The cursor came to stand on a row, or on none."""

        table: Table
        row_id: RowId | None

        @property
        def control(self) -> Table:
            return self.table

    @dataclass
    class RowSelected(Message):
        """A row was clicked twice; `enter` is the screen's own binding."""

        table: Table
        row_id: RowId

        @property
        def control(self) -> Table:
            return self.table

    @dataclass
    class Marked(Message):
        """The marks changed."""

        table: Table

        @property
        def control(self) -> Table:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        widget_id: str | None = None,
        markable: bool = False,
    ) -> None:
        super().__init__(id=widget_id)
        self.columns = tuple(columns)
        self.markable = markable
        self.marked: set[RowId] = set()
        self.empty = ""
        """What stands here while there are no rows."""
        self.cursor: RowId | None = None
        self._rows: dict[RowId, Row] = {}
        self._order: list[RowId] = []
        self._at: dict[RowId, int] = {}
        self._slots: tuple[Slot, ...] = ()
        self._strips: dict[tuple[object, ...], Strip] = {}

    # ------------------------------------------------------------------------------- the rows

    @property
    def order(self) -> Sequence[RowId]:
        """The ids of the rows as they stand."""
        return self._order

    def in_sight(self) -> Sequence[RowId]:
        """The ids of the rows that can be seen now."""
        top = self.scroll_offset.y
        return self._order[top : top + max(0, self.size.height - 1)]

    def set_rows(self, rows: Mapping[RowId, Row]) -> None:
        """Show exactly these, in this order. The cursor stays on its row, or near where it was."""
        order = list(rows)
        if order == self._order:
            for row_id, row in rows.items():
                self.update_row(row_id, row)
            return
        before = self._at.get(self.cursor, 0) if self.cursor is not None else 0
        self._rows, self._order = dict(rows), order
        self._at = {row_id: index for index, row_id in enumerate(order)}
        self.marked &= self._rows.keys()
        self.virtual_size = Size(self.size.width, len(order) + 1)
        if self.cursor not in self._rows:
            self.cursor = order[min(before, len(order) - 1)] if order else None
            self.post_message(self.RowHighlighted(self, self.cursor))
        self._reveal()
        self.refresh()

    def update_row(self, row_id: RowId, row: Row) -> None:
        """Change one row; of what is on the screen only the cells that differ are drawn again."""
        before = self._rows[row_id]
        if row == before:
            return
        self._rows[row_id] = row
        y = self._at[row_id] + 1 - self.scroll_offset.y
        if not 1 <= y < self.size.height:
            return
        for slot in self._slots:
            changed = self._changed(slot, before[slot.index], row[slot.index])
            if changed is not None:
                start, length = changed
                self.refresh(Region(slot.x + start, y, length, 1))

    def _changed(self, slot: Slot, before: Cell, after: Cell) -> tuple[int, int] | None:
        """(first cell, number of cells) that differ between two cells as they are drawn."""
        if before == after:
            return None
        old, new = self._fitted(slot, before), self._fitted(slot, after)
        if (before.role, before.matched) != (after.role, after.matched):
            return 0, slot.width
        if old == new:
            return None
        same = 0
        shorter = min(len(old), len(new))
        while same < shorter and old[same] == new[same]:
            same += 1
        tail = 0
        while tail < shorter - same and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        start = width(new[:same])
        return start, slot.width - start - width(new[len(new) - tail :])

    def _fitted(self, slot: Slot, cell: Cell) -> str:
        ellipsis = cast("ImaApp", self.app).glyphs.ellipsis
        return fit(cell.text, slot.width, self.columns[slot.index].align, ellipsis)

    # ------------------------------------------------------------------------------- drawing

    def on_resize(self) -> None:
        gap = 2 if self.size.width >= 94 else 1
        self._slots = layout(self.columns, self.size.width - 1, GUTTER, gap)
        self.virtual_size = Size(self.size.width, len(self._order) + 1)
        self._strips.clear()
        self._reveal()
        self.refresh()

    def on_focus(self) -> None:
        self._refresh_cursor()

    def on_blur(self) -> None:
        self._refresh_cursor()

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return self._titles()
        index = y - 1 + self.scroll_offset.y
        if index < len(self._order):
            return self._row_strip(self._order[index])
        return self._blank_line(y)

    def _row_strip(self, row_id: RowId) -> Strip:
        row, here = self._rows[row_id], row_id == self.cursor
        key = (row, here, here and self.has_focus, row_id in self.marked, self.app.theme)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) > MOST_STRIPS:
                self._strips.clear()
            strip = self._strips[key] = self._draw(row, here, row_id in self.marked)
        return strip

    def _draw(self, row: Row, here: bool, marked: bool) -> Strip:
        ground = "raised" if here else "background"
        theme, glyphs = self.app.theme, cast("ImaApp", self.app).glyphs
        plain = style(theme, "text", ground)
        bar = style(theme, "accent" if self.has_focus else "muted", ground)
        segments = [
            Segment(glyphs.cursor if here else " ", bar),
            Segment(glyphs.mark if marked else " ", style(theme, "accent", ground)),
        ]
        ends = [*(slot.x for slot in self._slots), self.size.width][1:]
        for slot, end in zip(self._slots, ends, strict=True):
            cell = row[slot.index]
            # the gap belongs to the cell before it: one style, half the bytes
            text = self._fitted(slot, cell) + " " * (end - slot.x - slot.width)
            segments += _segments(
                text, style(theme, cell.role, ground), cell.matched, style(theme, "match", ground)
            )
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    def _titles(self) -> Strip:
        theme = self.app.theme
        quiet = style(theme, "muted")
        line = ""
        for slot in self._slots:
            column = self.columns[slot.index]
            title = say(column.title) if column.title else ""
            line += " " * (slot.x - width(line)) + fit(title, slot.width, column.align)
        return Strip([Segment(line, quiet)]).adjust_cell_length(self.size.width, quiet)

    def _blank_line(self, y: int) -> Strip:
        quiet = style(self.app.theme, "muted")
        text = ""
        if not self._order and self.empty and self.size.width > 10:
            lines = wrap(self.empty, self.size.width - 6)
            text = "   " + lines[y - 2] if 0 <= y - 2 < len(lines) else ""
        return Strip([Segment(text, quiet)]).adjust_cell_length(self.size.width, quiet)

    # ---------------------------------------------------------------------- cursor and marks

    def move_to(self, row_id: RowId) -> None:
        """Set the cursor on a row."""
        if row_id == self.cursor or row_id not in self._rows:
            return
        self._refresh_cursor()
        self.cursor = row_id
        self._reveal()
        self._refresh_cursor()
        self.post_message(self.RowHighlighted(self, row_id))

    def chosen(self) -> tuple[RowId, ...]:
        """The marked rows in order, or the one under the cursor."""
        if self.marked:
            return tuple(row_id for row_id in self._order if row_id in self.marked)
        return () if self.cursor is None else (self.cursor,)

    def unmark(self, row_ids: Iterable[RowId]) -> None:
        for row_id in set(row_ids) & self.marked:
            self.marked.discard(row_id)
            self._refresh_row(row_id)
        self.post_message(self.Marked(self))

    def _reveal(self) -> None:
        if self.cursor is None or self.size.height < 2:
            return
        index, room = self._at[self.cursor], self.size.height - 1
        top = self.scroll_offset.y
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + room:
            self.scroll_to(y=index - room + 1, animate=False)

    def _refresh_cursor(self) -> None:
        if self.cursor is not None:
            self._refresh_row(self.cursor)

    def _refresh_row(self, row_id: RowId) -> None:
        self.refresh_line(self._at[row_id] + 1)

    def _step(self, by: int) -> None:
        if self._order:
            at = self._at.get(self.cursor, 0) if self.cursor is not None else 0
            self.move_to(self._order[max(0, min(len(self._order) - 1, at + by))])

    def action_move(self, by: int) -> None:
        self._step(by)

    def action_page(self, by: int) -> None:
        self._step(by * max(1, self.size.height - 2))

    def action_first(self) -> None:
        self._step(-len(self._order))

    def action_last(self) -> None:
        self._step(len(self._order))

    def action_mark(self) -> None:
        if self.cursor is not None:
            self.marked ^= {self.cursor}
            self._refresh_cursor()
            self.post_message(self.Marked(self))
            self._step(1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.markable if action == "mark" else True

    def on_click(self, event: events.Click) -> None:
        index = event.y - 1 + self.scroll_offset.y
        if event.y > 0 and index < len(self._order):
            self.move_to(self._order[index])
            if event.chain == 2:
                self.post_message(self.RowSelected(self, self._order[index]))


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
