"""Storyboard widget: tiles with a picture each, one of them under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ima_tui.core.records import dataclass
from ima_tui.tui.images.graphics import graphics_of
from ima_tui.tui.images.thumbnails import (
    Key,
    Shown,
    Thumbnails,
    key_of,
    on_ground,
    picture_line,
)
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.app_context import AppContext, context
from ima_tui.tui.widgets.cells import cut, fit, width
from ima_tui.tui.widgets.lines import Part
from ima_tui.tui.workflow.board_tiles import BoardTile

LEAST, MOST = 24, 80
"""Cells of a tile."""
WORDS = 3
"""Lines of a tile beside its picture: title, caption, states."""
LEAST_PICTURE, MOST_PICTURE = 3, 22
EDGES = 3
"""Cells of a tile beside its words and picture: the cursor, the edge behind, and the gap."""


@dataclass(frozen=True, slots=True)
class BoardLayout:
    """Tiles beside each other, cells of each, and lines of its picture."""

    across: int
    wide: int
    picture: int

    @property
    def high(self) -> int:
        """Lines of a tile with the blank one below it."""
        return self.picture + WORDS + 1

    def whole(self, lines: int) -> int:
        """Return how many rows of tiles are whole in so many lines, one at least."""
        return max(1, (lines + 1) // self.high)

    def is_stub(self, row: int, end: int) -> bool:
        """Whether less than half of a row's pictures is above line `end`, where the view ends."""
        return row > 0 and end - row * self.high - 1 < self.picture / 2


def layout(count: int, cells: int, lines: int) -> BoardLayout:
    """Return the layout with the largest pictures with which all tiles are in view.

    Where that is impossible: the one with most tiles beside each other.
    """
    most = max(1, min(count, cells // LEAST))
    best: BoardLayout | None = None
    for across in range(max(1, min(most, -(-cells // MOST))), most + 1):
        rows = -(-count // across)
        room = (lines + 1) // rows - WORDS - 1
        picture = min(_picture(cells // across), room)
        if picture >= LEAST_PICTURE and (best is None or picture > best.picture):
            best = BoardLayout(across, cells // across, picture)
    if best is not None:
        return best
    wide = cells // most
    return BoardLayout(most, wide, min(_picture(wide), max(LEAST_PICTURE, lines - WORDS)))


def _picture(wide: int) -> int:
    """Return the lines of a picture of 16:9 in a tile of that width."""
    return max(LEAST_PICTURE, min(MOST_PICTURE, -(-(wide - EDGES) * 9 // 32)))


class Storyboard(ScrollView, can_focus=True):
    """Tiles of a film, in order."""

    DEFAULT_CSS = "Storyboard { overflow-x: hidden; overflow-y: auto; height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        # the screen's own, named here too: so it stands first among the keys at the bottom
        bind("send", "screen.do('run')", "bind.plan_run", "plan.run", show=True),
        bind("up", "move(0, -1)", "bind.up", "board.up"),
        bind("down", "move(0, 1)", "bind.down", "board.down"),
        bind("left", "move(-1, 0)", "bind.left", "board.left"),
        bind("right", "move(1, 0)", "bind.right", "board.right"),
        bind("first", "move(-99, 0)", "bind.first", "board.first"),
        bind("last", "move(99, 0)", "bind.last", "board.last"),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor moved to another tile."""

    @dataclass
    class Selected(Message):
        """A tile was clicked twice."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._tiles: tuple[BoardTile, ...] = ()
        self._at = 0
        self._thumbnails = Thumbnails(self, self._drawn)

    @property
    def ima(self) -> AppContext:
        """The app."""
        return context(self)

    @property
    def current(self) -> BoardTile | None:
        """The tile under the cursor."""
        return self._tiles[self._at] if self._tiles else None

    @property
    def tiles(self) -> tuple[BoardTile, ...]:
        """Every tile."""
        return self._tiles

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.watch(self.app, "theme", self._look, init=False)

    def show(self, tiles: Sequence[BoardTile]) -> None:
        """Show exactly these; the cursor stays on its tile."""
        before, here = self._tiles, self.current
        self._tiles = tuple(tiles)
        ids = [tile.id for tile in self._tiles]
        self._at = ids.index(here.id) if here is not None and here.id in ids else 0
        if [tile.id for tile in before] != ids:
            self._arrange()
            self.refresh()
            self.post_message(self.Highlighted())
        else:
            for place, (old, new) in enumerate(zip(before, self._tiles, strict=True)):
                if old != new:
                    self._refresh_tile(place)
        if [tile.result for tile in before] != [tile.result for tile in self._tiles]:
            self._look()

    def go_to(self, tile_id: str) -> None:
        """Set the cursor on a tile."""
        ids = [tile.id for tile in self._tiles]
        if tile_id in ids:
            self._go(ids.index(tile_id))

    # ------------------------------------------------------------------------------- layout

    @property
    def _layout(self) -> BoardLayout:
        return layout(len(self._tiles), max(1, self.size.width - 1), max(1, self.size.height))

    def _arrange(self) -> None:
        shape = self._layout
        rows = -(-len(self._tiles) // shape.across)
        # with room below the last row, so that it too can be scrolled to its title
        below = (rows - shape.whole(self.size.height)) * shape.high + self.size.height
        self.virtual_size = Size(self.size.width, max(0, rows * shape.high - 1, below))
        self._reveal()

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._arrange()
        self.refresh()
        self._look()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Load the pictures that came into view."""
        super().watch_scroll_y(old_value, new_value)
        self._look()

    def _look(self) -> None:
        if not self.is_mounted or not self.size.height or not self.ima.studio.settings.preview:
            return
        shape = self._layout
        top = self.scroll_offset.y // shape.high * shape.across
        end = (-(-(self.scroll_offset.y + self.size.height) // shape.high)) * shape.across
        seen = [tile.result for tile in self._tiles[top:end] if tile.result is not None]
        self._thumbnails.want(
            [result for result in seen if result.path],
            max(1, shape.wide - EDGES),
            shape.picture,
            graphics_of(self),
        )

    # ------------------------------------------------------------------------------- drawing

    def _drawn(self, key: Key) -> None:
        for place, tile in enumerate(self._tiles):
            if tile.result is not None and key_of(tile.result) == key:
                self._refresh_tile(place)

    def _refresh_tile(self, place: int) -> None:
        shape = self._layout
        top = place // shape.across * shape.high
        for line in range(top, top + shape.high):
            self.refresh_line(line)

    @on(events.Focus)
    @on(events.Blur)
    def _show_focus(self) -> None:
        self._refresh_tile(self._at)

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        shape, room = self._layout, self.size.width
        row, line = divmod(y + self.scroll_offset.y, shape.high)
        first = row * shape.across
        if shape.is_stub(row, self.scroll_offset.y + self.size.height):
            first = len(self._tiles)
        cells: list[Segment] = []
        for place in range(first, min(first + shape.across, len(self._tiles))):
            cells += self._tile(place, line, shape)
        return Strip(cells).adjust_cell_length(room, style(self.app.theme, "text", "background"))

    def _tile(self, place: int, line: int, shape: BoardLayout) -> list[Segment]:
        """Return one line of a tile."""
        tile, here = self._tiles[place], place == self._at
        ground = "raised" if here else "background"
        if line == shape.high - 1:
            return [Segment(" " * shape.wide, self._style("text", "background"))]
        bar = self.ima.glyphs.cursor if here else " "
        role = "accent" if self.has_focus else "muted"
        inner = self._inner(tile, line, shape.wide - EDGES, shape, ground)
        edge = Segment(" ", self._style("text", ground))
        gap = Segment(" ", self._style("text", "background"))
        return [Segment(bar, self._style(role, ground)), *inner, edge, gap]

    def _inner(
        self, tile: BoardTile, line: int, room: int, shape: BoardLayout, ground: str
    ) -> list[Segment]:
        if line == 0:
            title: list[Part] = [(f"{tile.title} ", "strong"), tile.sign]
            taken = sum(width(text) for text, _ in title) + 1
            fits = taken + width(tile.length) <= room
            return self._parts(title, tile.length if fits else "", room, ground)
        if line <= shape.picture:
            shown: Shown = tile.empty
            if tile.result is not None:
                graphics = graphics_of(self)
                wide = max(1, shape.wide - EDGES)
                shown = self._thumbnails.of(tile.result, wide, shape.picture, graphics)
            plain = self._style("muted", ground)
            drawn = picture_line(shown, line - 1, room, shape.picture, plain)
            return on_ground(drawn, self._style("muted", "background"), plain)
        if line == shape.picture + 1:
            return [Segment(fit(tile.caption, room), self._style("text", ground))]
        return self._parts(tile.states, "", room, ground)

    def _parts(self, parts: Sequence[Part], end: str, room: int, ground: str) -> list[Segment]:
        left = room - width(end)
        found: list[Segment] = []
        for text, role in parts:
            short = cut(text, left)
            left -= width(short)
            found.append(Segment(short, self._style(role, ground)))
        return [*found, Segment(" " * max(0, left) + end, self._style("muted", ground))]

    def _style(self, role: str, ground: str) -> Style:
        return style(self.app.theme, role, ground)

    # -------------------------------------------------------------------------------- cursor

    def action_move(self, right: int, down: int) -> None:
        """Move the cursor by that many tiles."""
        if self._tiles:
            to = self._at + right + down * self._layout.across
            if down and not 0 <= to < len(self._tiles):
                return
            self._go(max(0, min(len(self._tiles) - 1, to)))

    def _go(self, place: int) -> None:
        if place == self._at:
            return
        self._refresh_tile(self._at)
        self._at = place
        self._refresh_tile(place)
        self._reveal()
        self.post_message(self.Highlighted())

    def _reveal(self) -> None:
        """Scroll to the row of the cursor, with a whole row at the top."""
        shape, room = self._layout, self.size.height
        if not room:
            return
        row, first = self._at // shape.across, self.scroll_offset.y // shape.high
        first = max(min(first, row), row - shape.whole(room) + 1)
        if first * shape.high != self.scroll_offset.y:
            self.scroll_to(y=first * shape.high, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Act on the tile under the mouse."""
        shape = self._layout
        row = (event.y + self.scroll_offset.y) // shape.high
        place = row * shape.across + min(event.x // shape.wide, shape.across - 1)
        if place < len(self._tiles):
            self._go(place)
            if event.chain == 2:
                self.post_message(self.Selected())
