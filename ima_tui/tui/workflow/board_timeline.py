"""Timeline of a film: its shots, sounds and state over time, one line each."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from ima_tui.core.text import one_line
from ima_tui.film.timeline import Role, spoken_seconds
from ima_tui.i18n import say
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.cells import cut, fit, width
from ima_tui.tui.widgets.lines import Part, clipped, measure
from ima_tui.tui.workflow import board_tiles
from ima_tui.tui.workflow.board_tiles import BoardFacts, BoardTile

LABEL = 8
"""Cells of the name before each line."""
MOST_TICKS = 9
ROOMY = 12
"""Lines from which on each shot says what it is, and a blank one stands between the lines."""

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
    if most >= ROOMY:
        found = [shots, *_told_of_shots(facts, tiles, room), []]
        for each in sounds:
            found += [each, []]
        found.append(film)
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
    found: list[Part] = []
    for place, (tile, cells) in enumerate(_cells_of_shots(facts, tiles, room), 1):
        is_made = tile.sign_role == "ok"
        head = f"{'|' if facts.glyphs.ascii else '▏'}{place} "
        bar = (facts.glyphs.full if is_made else facts.glyphs.empty) * max(
            0, cells - len(head) - width(tile.sign)
        )
        found += [(head, "strong"), (tile.sign, tile.sign_role)]
        found.append((bar, "video" if is_made else "muted"))
    return found


def _cells_of_shots(
    facts: BoardFacts, tiles: Sequence[BoardTile], room: int
) -> list[tuple[BoardTile, int]]:
    """Return the tile of each shot, and the cells of its bar."""
    shown = [tile for tile in tiles if tile.shot]
    lengths = [board_tiles.shot_seconds(facts, shot) or 5.0 for shot in facts.film.shots]
    whole = sum(lengths)
    found: list[tuple[BoardTile, int]] = []
    begins = at = 0.0
    for tile, seconds in zip(shown, lengths, strict=True):
        at += seconds
        found.append((tile, max(3, round(at / whole * room) - round(begins / whole * room))))
        begins = at
    return found


def _told_of_shots(facts: BoardFacts, tiles: Sequence[BoardTile], room: int) -> Lines:
    """Return two lines below the bars: what each shot is, and what it is made of."""
    captions: list[Part] = []
    states: list[Part] = []
    for tile, cells in _cells_of_shots(facts, tiles, room):
        captions.append(("   " + fit(tile.caption, cells - 3), "text"))
        kept = clipped(tile.states, cells - 3)
        blank = " " * (cells - 3 - measure(kept))
        states += [("   ", "text"), *kept, (blank, "text")]
    margin: Part = (" " * LABEL, "muted")
    return [[margin, *captions], [margin, *states]]


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
        plain = style(theme, "text", "background")
        found = lines(self._facts, self._tiles, room, self.size.height) if self._facts else []
        parts = found[y] if y < len(found) else []
        return Strip(
            Segment(text, style(theme, role, "background")) for text, role in parts if text
        ).adjust_cell_length(room, plain)
