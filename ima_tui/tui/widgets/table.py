"""Table of up to many thousand rows that redraws only changed cells.

Each cell sent to the terminal costs bytes, and over SSH bytes are what a user waits for. So a
changed row is compared with what stands on the screen, and only the differing cells are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import chain
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from ima_tui.core.records import dataclass
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.painter import (
    Cell,
    Painter,
    Row,
    is_heading,
)

__all__ = ["Cell", "LazyRows", "Row", "RowId", "Table"]

RESTING = 0.15
"""Seconds that the cursor rests on a row before others are told of it, over a slow line."""

RowId = int | str


class LazyRows(MutableMapping[RowId, Row]):
    """Rows that are made when they are first looked at: of thousands few are ever seen."""

    def __init__(self, ids: Iterable[RowId], make: Callable[[RowId], Row]) -> None:
        self._ids = dict.fromkeys(ids)
        self._make = make
        self._made: dict[RowId, Row] = {}

    def __getitem__(self, row_id: RowId) -> Row:
        if row_id not in self._made:
            if row_id not in self._ids:
                raise KeyError(row_id)
            self._made[row_id] = self._make(row_id)
        return self._made[row_id]

    def __setitem__(self, row_id: RowId, row: Row) -> None:
        self._ids.setdefault(row_id)
        self._made[row_id] = row

    def __delitem__(self, row_id: RowId) -> None:
        del self._ids[row_id]
        self._made.pop(row_id, None)

    def __iter__(self) -> Iterator[RowId]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._ids


@dataclass
class FromTable:
    """A message of a table."""

    table: Table

    @property
    def control(self) -> Table:
        """The widget that sent it."""
        return self.table


class Table(ScrollView, can_focus=True):
    """Rows by id, in an order. Its first line are the titles of the columns."""

    DEFAULT_CSS = "Table { overflow-x: hidden; overflow-y: auto; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "move(-1)", "bind.up", "table.up"),
        bind("down", "move(1)", "bind.down", "table.down"),
        bind("page_up", "page(-1)", "bind.page_up", "table.page_up"),
        bind("page_down", "page(1)", "bind.page_down", "table.page_down"),
        bind("first", "end(-1)", "bind.first", "table.first"),
        bind("last", "end(1)", "bind.last", "table.last"),
        bind("mark", "mark", "bind.mark", "table.mark"),
        bind("mark_all", "mark_all", "bind.mark_all", "table.mark_all"),
    ]

    @dataclass
    class RowHighlighted(FromTable, Message):
        """The cursor moved to a row, or to none. Over a slow line it is sent once the cursor rests:
        what is told of a row costs more than moving to the next one."""

        row_id: RowId | None

    @dataclass
    class RowSelected(FromTable, Message):
        """A row was clicked twice; `enter` is the screen's own binding."""

        row_id: RowId

    @dataclass
    class HeadingClicked(FromTable, Message):
        """The title of a column was clicked."""

        column: str

    @dataclass
    class Marked(FromTable, Message):
        """The marks changed."""

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
        """Shown while there are no rows."""
        self.cursor: RowId | None = None
        self.moved: Callable[[], None] = lambda: None
        """Called as the cursor moves: what it changes in rows is drawn with it, not after it."""
        self.rows: MutableMapping[RowId, Row] = {}
        self.order: list[RowId] = []
        """The ids of the rows as they are."""
        self._at: dict[RowId, int] = {}
        self._painter: Painter | None = None
        self._rests: Timer | None = None

    # ------------------------------------------------------------------------------- the rows

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show rows of these columns from now on; `set_rows` is called next."""
        if self.columns != tuple(columns):
            self.columns, self._painter = tuple(columns), None
            self.rows, self.order, self._at = {}, [], {}
            self.refresh()

    def in_sight(self) -> Sequence[RowId]:
        """The ids of the rows that can be seen now."""
        top = self.scroll_offset.y
        return self.order[top : top + max(0, self.size.height - 1)]

    def set_rows(self, rows: Mapping[RowId, Row]) -> None:
        """Show exactly these, in this order. The cursor stays on its row, or near where it was.
        Rows that are made when they are looked at (`LazyRows`) are made as they come in sight."""
        order = list(rows)
        before, old_rows = self.order, self.rows
        self.rows = rows if isinstance(rows, LazyRows) else dict(rows)
        if order == before:
            for row_id in self.in_sight():
                self._redraw(row_id, old_rows[row_id], self.rows[row_id])
            return
        at = self._at.get(self.cursor, 0) if self.cursor is not None else 0
        self.order = order
        self._at = {row_id: index for index, row_id in enumerate(order)}
        self.marked &= self._at.keys()
        self.virtual_size = Size(self.size.width, len(order) + 1)
        if self.cursor not in self._at:
            self.cursor = self._row_near(at, 1)
            self._tell()
        self._reveal()
        self.refresh()

    def update_row(self, row_id: RowId, row: Row) -> None:
        """Change one row; of what is on the screen only the cells that differ are drawn again."""
        before = self.rows[row_id]
        self.rows[row_id] = row
        self._redraw(row_id, before, row)

    def _redraw(self, row_id: RowId, before: Row, row: Row) -> None:
        if row == before:
            return
        y = self._at[row_id] + 1 - self.scroll_offset.y
        if not 1 <= y < self.size.height:
            return
        for x, cells in self._painted().changed(before, row):
            self.refresh(Region(x, y, cells, 1))

    # ------------------------------------------------------------------------------- drawing

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self.virtual_size = Size(self.size.width, len(self.order) + 1)
        self._reveal()
        self.refresh()

    def _painted(self) -> Painter:
        """The painter for the width and the theme there are now."""
        painter, theme = self._painter, self.app.theme
        if painter is None or (painter.total, painter.theme) != (self.size.width, theme):
            glyphs = context(self).glyphs
            painter = self._painter = Painter(self.columns, self.size.width, theme, glyphs)
        return painter

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        painter = self._painted()
        if y == 0:
            return painter.titles()
        index = y - 1 + self.scroll_offset.y
        if index >= len(self.order):
            return painter.below(y - 1, "" if self.order else self.empty)
        row_id = self.order[index]
        return painter.row(
            self.rows[row_id],
            here=row_id == self.cursor,
            focused=self.has_focus,
            marked=row_id in self.marked,
        )

    # ---------------------------------------------------------------------- cursor and marks

    def move_to(self, row_id: RowId) -> None:
        """Set the cursor on a row."""
        if row_id == self.cursor or row_id not in self._at:
            return
        self._refresh_cursor()
        self.cursor = row_id
        self.moved()
        self._reveal()
        self._refresh_cursor()
        if self._rests is not None:
            self._rests.stop()
        if context(self).studio.settings.quiet:
            self._rests = self.set_timer(RESTING, self._tell)
        else:
            self._tell()

    def _tell(self) -> None:
        self.post_message(self.RowHighlighted(self, self.cursor))

    def chosen(self) -> tuple[RowId, ...]:
        """The marked rows in order, or the one under the cursor."""
        if self.marked:
            return tuple(row_id for row_id in self.order if row_id in self.marked)
        return () if self.cursor is None else (self.cursor,)

    def mark(self, row_ids: Iterable[RowId]) -> None:
        """Mark those of `row_ids` that are shown."""
        found = (set(row_ids) & self._at.keys()) - self.marked
        if found:
            self.marked |= found
            self.refresh()
            self.post_message(self.Marked(self))

    def unmark(self, row_ids: Iterable[RowId]) -> None:
        """Remove marks."""
        for row_id in set(row_ids) & self.marked:
            self.marked.discard(row_id)
            self._refresh_row(row_id)
        self.post_message(self.Marked(self))

    def _reveal(self) -> None:
        # forced: there may be no scrollbar yet for rows that have just come
        if self.cursor is None or self.size.height < 2:
            return
        index, room = self._at[self.cursor], self.size.height - 1
        top = self.scroll_offset.y
        if index and index <= top and is_heading(self.rows[self.order[index - 1]]):
            self.scroll_to(y=index - 1, animate=False, force=True)
        elif index < top:
            self.scroll_to(y=index, animate=False, force=True)
        elif index >= top + room:
            self.scroll_to(y=index - room + 1, animate=False, force=True)

    @on(events.Focus)
    @on(events.Blur)
    def _refresh_cursor(self) -> None:
        if self.cursor is not None:
            self._refresh_row(self.cursor)

    def _refresh_row(self, row_id: RowId) -> None:
        self.refresh_line(self._at[row_id] + 1)

    def _row_near(self, index: int, way: int) -> RowId | None:
        """The row at `index`; where that is a heading, the next one on that side, else before."""
        if not self.order:
            return None
        last = len(self.order) - 1
        start = max(0, min(last, index))
        beyond = range(start, last + 1) if way > 0 else range(start, -1, -1)
        back = range(start, -1, -1) if way > 0 else range(start, last + 1)
        found = (self.order[at] for at in chain(beyond, back))
        return next((row_id for row_id in found if not is_heading(self.rows[row_id])), None)

    def action_move(self, by: int) -> None:
        """Move the cursor or the choice by that many."""
        at = self._at.get(self.cursor, 0) if self.cursor is not None else 0
        target = self._row_near(at + by, by)
        if target is not None:
            self.move_to(target)

    def action_page(self, by: int) -> None:
        """Move by that many pages."""
        self.action_move(by * max(1, self.size.height - 2))

    def action_end(self, way: int) -> None:
        """Move to the first or the last."""
        self.action_move(way * len(self.order))

    def action_mark(self) -> None:
        """Mark or unmark the current one."""
        if self.cursor is not None:
            self.marked ^= {self.cursor}
            self._refresh_cursor()
            self.post_message(self.Marked(self))
            self.action_move(1)

    def action_mark_all(self) -> None:
        """All rows that are shown; none, where all are marked already."""
        every = {row_id for row_id, row in self.rows.items() if not is_heading(row)}
        self.marked = set() if self.marked == every else every
        self.refresh()
        self.post_message(self.Marked(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        return self.markable if action in ("mark", "mark_all") else True

    def on_click(self, event: events.Click) -> None:
        """Act on the row or cell under the mouse."""
        index = event.y - 1 + self.scroll_offset.y
        if event.y == 0 and (column := self._painted().column_at(event.x)):
            self.post_message(self.HeadingClicked(self, column))
        elif event.y > 0 and index < len(self.order):
            if is_heading(self.rows[self.order[index]]):
                return
            self.move_to(self.order[index])
            if event.chain == 2:
                self.post_message(self.RowSelected(self, self.order[index]))
