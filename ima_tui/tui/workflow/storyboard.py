"""Storyboard widget: tiles with a picture each, one of them under the cursor.

Timeline of a film: its shots, sounds and state over time, one line each.
"""

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
from textual.widget import Widget

from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.film.timeline import Role, spoken_seconds
from ima_tui.i18n import say
from ima_tui.tui.images.graphics import graphics_of
from ima_tui.tui.images.thumbnails import Key, Shown, Thumbnails, key_of, picture_line
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.app_context import AppContext, context
from ima_tui.tui.widgets.cells import cut, fit, width
from ima_tui.tui.widgets.lines import Part
from ima_tui.tui.workflow import board_tiles
from ima_tui.tui.workflow.board_tiles import BoardFacts, BoardTile

LEAST, MOST = 24, 60
"""Cells of a tile."""
WORDS = 3
"""Lines of a tile beside its picture: title, caption, states."""
LEAST_PICTURE, MOST_PICTURE = 3, 18


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


def layout(count: int, cells: int, lines: int) -> BoardLayout:
    """Return the layout with the largest pictures with which all tiles are in view.

    Where that is impossible: the one with most tiles beside each other.
    """
    most = max(1, min(count, cells // LEAST))
    room = max(LEAST_PICTURE, lines - WORDS)
    for across in range(max(1, min(most, -(-cells // MOST))), most + 1):
        wide = cells // across
        picture = max(LEAST_PICTURE, min(MOST_PICTURE, -(-(wide - 3) * 9 // 32), room))
        found = BoardLayout(across, wide, picture)
        if -(-count // across) * found.high - 1 <= lines:
            return found
    wide = cells // most
    picture = max(LEAST_PICTURE, min(MOST_PICTURE, -(-(wide - 3) * 9 // 32), room))
    return BoardLayout(most, wide, picture)


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
        self.virtual_size = Size(self.size.width, max(0, rows * shape.high - 1))
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
            max(1, shape.wide - 3),
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
        room = shape.wide - 2
        inner = self._inner(tile, line, room, shape, ground)
        gap = Segment(" ", self._style("text", "background"))
        return [Segment(bar, self._style(role, ground)), *inner, gap]

    def _inner(
        self, tile: BoardTile, line: int, room: int, shape: BoardLayout, ground: str
    ) -> list[Segment]:
        if line == 0:
            title: list[Part] = [(f"{tile.title} ", "strong"), (tile.sign, tile.sign_role)]
            taken = sum(width(text) for text, _ in title) + 1
            fits = taken + width(tile.length) <= room
            return self._parts(title, tile.length if fits else "", room, ground)
        if line <= shape.picture:
            shown: Shown = tile.empty
            if tile.result is not None:
                graphics = graphics_of(self)
                shown = self._thumbnails.of(tile.result, max(1, shape.wide - 3), graphics)
            plain = self._style("muted", ground)
            return picture_line(shown, line - 1, room, shape.picture, plain)
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
        shape, room = self._layout, self.size.height
        top = self._at // shape.across * shape.high
        if not room:
            return
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
        elif top + shape.high - 1 > self.scroll_offset.y + room:
            self.scroll_to(y=top + shape.high - 1 - room, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Act on the tile under the mouse."""
        shape = self._layout
        row = (event.y + self.scroll_offset.y) // shape.high
        place = row * shape.across + min(event.x // shape.wide, shape.across - 1)
        if place < len(self._tiles):
            self._go(place)
            if event.chain == 2:
                self.post_message(self.Selected())


LABEL = 8
"""Cells of the name before each line."""
MOST_TICKS = 9

Lines = list[list[Part]]


def lines(facts: BoardFacts, tiles: Sequence[BoardTile], cells: int, most: int) -> Lines:
    """Return at most `most` lines of `cells` cells: the film and the shots go last."""
    room = max(1, cells - LABEL - 1)
    shots = [_label("board.line_shots"), *_shots(facts, tiles, room)]
    film = [_label("board.line_film"), *_film(facts, room)]
    sounds = [
        [_label(f"board.line_{tile.id}"), *_sound(facts, tile, room)]
        for tile in tiles
        if board_tiles.is_sound(tile)
    ]
    found: Lines = [shots, *sounds, film]
    if len(found) < most and board_tiles.film_seconds(facts):
        found.insert(0, [("", "muted"), (" " * LABEL + _ticks(facts, room), "muted")])
    if len(found) > most:
        found = [shots, film][:most]
    return found


def _label(key: str) -> Part:
    return fit(f" {say(key)}", LABEL), "muted"


def _ticks(facts: BoardFacts, room: int) -> str:
    """Return seconds above the line, as many as there is room for."""
    total = board_tiles.film_seconds(facts)
    step = next((s for s in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600) if total / s <= MOST_TICKS), 0)
    line = ""
    for second in range(0, int(total) + 1, step or int(total) + 1):
        at = round(second / total * room)
        told = say("board.seconds", seconds=second)
        if at >= width(line) and at + width(told) <= room:
            line += " " * (at - width(line)) + told
    return line


def _shots(facts: BoardFacts, tiles: Sequence[BoardTile], room: int) -> list[Part]:
    """Return a bar a shot: full where it is made."""
    shown = [tile for tile in tiles if tile.shot]
    lengths = [board_tiles.shot_seconds(facts, shot) or 5.0 for shot in facts.film.shots]
    whole = sum(lengths)
    found: list[Part] = []
    begins = at = 0.0
    for place, (tile, seconds) in enumerate(zip(shown, lengths, strict=True), 1):
        at += seconds
        cells = max(3, round(at / whole * room) - round(begins / whole * room))
        begins = at
        is_made = tile.sign_role == "ok"
        head = f"{'|' if facts.glyphs.ascii else '▏'}{place} "
        bar = (facts.glyphs.full if is_made else facts.glyphs.empty) * max(
            0, cells - len(head) - width(tile.sign)
        )
        found += [(head, "strong"), (tile.sign, tile.sign_role)]
        found.append((bar, "video" if is_made else "muted"))
    return found


def _sound(facts: BoardFacts, tile: BoardTile, room: int) -> list[Part]:
    """Return when a sound plays, and what it is."""
    track = next(
        each
        for each in facts.film.tracks
        if (each.role is Role.MUSIC) == (tile.id == board_tiles.MUSIC)
    )
    total = board_tiles.film_seconds(facts) or 1.0
    begins = min(room // 2, round(track.start / total * room))
    lasts = spoken_seconds(track.text) if track.text else total
    cells = max(1, min(room - begins, round(lasts / total * room)))
    told = f"{one_line(tile.caption, 60)}  {tile.length}"
    told = cut(told, max(0, room - begins - 3))
    role = "music" if track.role is Role.MUSIC else "speech"
    bar = _bar(facts.glyphs, cells - width(told) - 3)
    return [
        (" " * begins, "muted"),
        (tile.sign, tile.sign_role),
        (f" {told} ", "text"),
        (bar, role),
    ]


def _bar(glyphs: Glyphs, cells: int) -> str:
    return glyphs.full * max(0, cells)


def _film(facts: BoardFacts, room: int) -> list[Part]:
    told, role = board_tiles.film_words(facts)
    found: list[Part] = []
    if (progress := facts.state.progress) is not None:
        cells = max(6, min(30, room - width(told) - 2))
        found.append((facts.glyphs.bar(int(progress.share * 100), cells) + " ", "accent"))
    found.append((told, role))
    settings = f"  {board_tiles.settings_words(facts.film)}"
    if sum(width(text) for text, _ in found) + width(settings) <= room:
        found.append((settings, "muted"))
    return found


class FilmTimeline(Widget):
    """The lines above, for a storyboard."""

    DEFAULT_CSS = "FilmTimeline { height: 5; }"

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._facts: BoardFacts | None = None
        self._tiles: tuple[BoardTile, ...] = ()

    def show(self, facts: BoardFacts, tiles: tuple[BoardTile, ...]) -> None:
        """Show these."""
        self._facts, self._tiles = facts, tiles
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        theme, room = self.app.theme, self.size.width
        plain = style(theme, "text", "surface")
        found = lines(self._facts, self._tiles, room, self.size.height) if self._facts else []
        parts = found[y] if y < len(found) else []
        return Strip(
            Segment(text, style(theme, role, "surface")) for text, role in parts if text
        ).adjust_cell_length(room, plain)
