"""Grid of results as tiles or lines; only those in view are loaded and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events, on
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ima_tui.core.domain import Result
from ima_tui.core.records import dataclass
from ima_tui.tui.gallery.arrangement import ResultGroup
from ima_tui.tui.gallery.tiles import TileLayout, TilePainter, TileState
from ima_tui.tui.images.graphics import graphics_of
from ima_tui.tui.images.thumbnails import Key, Thumbnails
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.app_context import AppContext, context
from ima_tui.tui.widgets.cells import wrap

TILE = 24
"""Cells that a tile has at least."""
MOST = 56
"""Cells that a tile has at most."""
LARGE = 100
"""Cells of the wall from which on tiles are larger."""


class TileGrid(ScrollView, can_focus=True):
    """`find` gives the result of a key."""

    DEFAULT_CSS = "TileGrid { overflow-x: hidden; overflow-y: auto; height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "move(-1)", "bind.up", "wall.up"),
        bind("down", "move(1)", "bind.down", "wall.down"),
        bind("left", "step(-1)", "bind.left", "wall.left"),
        bind("right", "step(1)", "bind.right", "wall.right"),
        bind("page_up", "page(-1)", "bind.page_up", "wall.page_up"),
        bind("page_down", "page(1)", "bind.page_down", "wall.page_down"),
        bind("first", "end(-1)", "bind.first", "wall.first"),
        bind("last", "end(1)", "bind.last", "wall.last"),
        bind("mark", "mark", "bind.mark", "wall.mark"),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor moved to a result, or to none."""

        key: Key | None

    @dataclass
    class Selected(Message):
        """A result was clicked twice; `enter` is the screen's own binding."""

        key: Key

    @dataclass
    class Marked(Message):
        """The marks changed."""

    def __init__(self, find: Callable[[Key], Result | None]) -> None:
        super().__init__(id="wall")
        self._find = find
        self.empty = ""
        """Shown while there are no results."""
        self.cursor: Key | None = None
        self.marked: list[Key] = []
        self.tiles = False
        self._groups: tuple[ResultGroup, ...] = ()
        self.keys: list[Key] = []
        """Everything that is shown, in its order."""
        self._at: dict[Key, int] = {}
        self._hanging = TileLayout((), 1, 1)
        self._spare = 0
        """Lines for each row of tiles that are left where all are in sight."""
        self._thumbnails = Thumbnails(self, self._refresh_tile)

    @property
    def ima(self) -> AppContext:
        """The app."""
        return context(self)

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.watch(self.app, "theme", self._look, init=False)

    # ------------------------------------------------------------------------------ what hangs here

    def show(self, groups: Sequence[ResultGroup]) -> None:
        """Show exactly these. The cursor stays on its result, or near where it was."""
        before = self._at.get(self.cursor, 0) if self.cursor is not None else 0
        self._groups = tuple(groups)
        self.keys = [key for group in groups for key in group.keys]
        self._at = {key: place for place, key in enumerate(self.keys)}
        self.marked = [key for key in self.marked if key in self._at]
        self._arrange()
        if self.cursor not in self._at:
            near = max(0, min(before, len(self.keys) - 1))
            self.cursor = self.keys[near] if self.keys else None
            self.post_message(self.Highlighted(self.cursor))
        self._reveal()
        self.refresh()
        self._look()

    def turn(self, tiles: bool) -> None:
        """Hang pictures, or show a line each."""
        if self.tiles != tiles:
            self.tiles = tiles
            self._arrange()
            self._reveal()
            self.refresh()
            self._look()

    def _arrange(self) -> None:
        sizes = [len(group.keys) for group in self._groups]
        if self.tiles:
            self._spare = 0
            found = _fitted(sizes, self.size, lambda across: self._hung(across).high)
            rows = sum(-(-size // found.across) for size in sizes)
            self._spare = max(0, self.size.height - found.lines) // max(1, rows)
            self._hanging = TileLayout(sizes, found.across, self._hung(found.across).high)
        else:
            self._hanging = TileLayout(sizes, 1, 1)
        self.virtual_size = Size(self.size.width, self._hanging.lines)

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._arrange()
        self._reveal()
        self.refresh()
        self._look()

    # ------------------------------------------------------------------------------------ pictures

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Load the thumbnails that came into view."""
        super().watch_scroll_y(old_value, new_value)
        self._look()

    def _look(self) -> None:
        """Have the pictures of what is in sight, a moment after it came to stand still."""
        if not self.tiles or not self.is_mounted:
            return
        seen = self._hanging.seen(self.scroll_offset.y, self.size.height)
        found = (self._find(self.keys[place]) for place in seen)
        results = [result for result in found if result is not None]
        self._thumbnails.want(
            results, self._painter.picture_wide, self._painter.picture_high, graphics_of(self)
        )

    # -------------------------------------------------------------------------------- drawing

    @property
    def _painter(self) -> TilePainter:
        return self._hung(self._hanging.across)

    def _hung(self, across: int) -> TilePainter:
        """What draws tiles of which so many are beside each other."""
        wide = max(1, self.size.width - 1) // across
        return TilePainter(self.app.theme, self.ima.glyphs, wide).grown(self._spare)

    @on(events.Focus)
    @on(events.Blur)
    def _show_focus(self) -> None:
        self._refresh_tile(self.cursor)

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        room = self.size.width
        plain = style(self.app.theme, "muted", "background")
        if not self.keys:
            words = wrap(self.empty, max(8, room - 6))
            text = "   " + words[y - 1] if 1 <= y <= len(words) else ""
            return Strip([Segment(text, plain)]).adjust_cell_length(room, plain)
        spot = self._hanging.at(y + self.scroll_offset.y)
        if spot is None:
            return Strip.blank(room, plain)
        row, line = spot
        if not row.tiles:
            group = self._groups[row.group]
            segments = self._painter.heading(group.name, len(group.keys), room)
        else:
            keys = self.keys[row.first : row.first + row.tiles]
            segments = [segment for key in keys for segment in self._cells(key, line)]
        return Strip(segments).adjust_cell_length(room, plain)

    def _cells(self, key: Key, line: int) -> list[Segment]:
        """One line of a tile, or the line that stands for a result."""
        result, painter = self._find(key), self._painter
        if result is None:
            return painter.blank()
        state = TileState(key == self.cursor, self.has_focus, key in self.marked)
        if self.tiles:
            wide, high = painter.picture_wide, painter.picture_high
            shown = self._thumbnails.of(result, wide, high, graphics_of(self))
            return painter.tile(result, state, line, shown)
        return painter.line(result, state)

    # --------------------------------------------------------------------------- cursor and marks

    def move_to(self, key: Key) -> None:
        """Set the cursor on a result."""
        if key == self.cursor or key not in self._at:
            return
        self._refresh_tile(self.cursor)
        self.cursor = key
        self._reveal()
        self._refresh_tile(key)
        self.post_message(self.Highlighted(key))

    def unmark(self) -> None:
        """Remove marks."""
        for key in (marked := self.marked):
            self._refresh_tile(key)
        self.marked = []
        if marked:
            self.post_message(self.Marked())

    def _reveal(self) -> None:
        # forced: there may be no scrollbar yet for rows that have just come
        if self.cursor is None or self.size.height < 2:
            return
        place = self._at[self.cursor]
        first, end = self._hanging.lines_of(place)
        if self._hanging.is_below_heading(place):
            first -= 1
        top, room = self.scroll_offset.y, self.size.height
        if first < top or end - first > room:
            self.scroll_to(y=first, animate=False, force=True)
        elif end > top + room:
            self.scroll_to(y=end - room, animate=False, force=True)

    def _refresh_tile(self, key: Key | None) -> None:
        if key is not None and key in self._at:
            for line in range(*self._hanging.lines_of(self._at[key])):
                self.refresh_line(line)

    def action_move(self, rows: int) -> None:
        """Move the cursor or the choice by that many."""
        if self.cursor is not None:
            self.move_to(self.keys[self._hanging.moved(self._at[self.cursor], rows)])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        return self.tiles if action == "step" else True

    def action_step(self, by: int) -> None:
        """Move the cursor by that many."""
        if self.cursor is not None:
            place = max(0, min(len(self.keys) - 1, self._at[self.cursor] + by))
            self.move_to(self.keys[place])

    def action_page(self, by: int) -> None:
        """Move by that many pages."""
        self.action_move(by * max(1, (self.size.height - 1) // self._hanging.high))

    def action_end(self, way: int) -> None:
        """Move to the first or the last."""
        self.action_step(way * len(self.keys))

    def action_mark(self) -> None:
        """Mark or unmark the current one."""
        if self.cursor is None:
            return
        if self.cursor in self.marked:
            self.marked.remove(self.cursor)
        else:
            self.marked.append(self.cursor)
        self._refresh_tile(self.cursor)
        self.post_message(self.Marked())
        self.action_step(1)

    def on_click(self, event: events.Click) -> None:
        """Act on the row or cell under the mouse."""
        spot = self._hanging.at(event.y + self.scroll_offset.y)
        if spot is None or not spot[0].tiles:
            return
        row, _ = spot
        key = self.keys[row.first + min(event.x // self._painter.wide, row.tiles - 1)]
        self.move_to(key)
        if event.chain == 2:
            self.post_message(self.Selected(key))


def _fitted(sizes: Sequence[int], size: Size, high: Callable[[int], int]) -> TileLayout:
    """Lay tiles out that grow with the room, as long as all are in sight.

    `high`: lines of a tile of which so many are beside each other.
    """
    room = size.width - 1
    least = TILE if room < LARGE else TILE * 4 // 3
    fewest = max(1, -(-room // MOST))
    most = max(fewest, min(room // least, max(sizes, default=1)))
    layouts = (TileLayout(sizes, each, high(each)) for each in range(fewest, most))
    found = next((one for one in layouts if one.lines <= size.height), None)
    return found or TileLayout(sizes, most, high(most))
