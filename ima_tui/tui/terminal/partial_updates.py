"""Send the cells that changed, and no others.

Textual draws a changed region as a whole: all rows of an editor, with their padding, at each key,
and a row of a table from its left edge. Over SSH these bytes are what a user waits for.
`ShownCells` remembers what the terminal shows; an update is compared with it cell by cell. The
exact pin of Textual keeps this true.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region

from ima_tui.core.records import dataclass
from ima_tui.tui.terminal.wide_characters import Piece

GAP = 6
"""Cells that did not change are sent too where moving the cursor over them costs more."""
_BEHIND = 0x1F000
"""From here on terminals disagree on widths: what follows on the line is sent with it."""
_SKIPPED = 5
"""From so many erased cells on, moving the cursor over them costs less than blanks."""
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27", "9": "29"}
"""What turns an attribute off again."""
USUAL_TERMINAL = "xterm-256color"
_SEEN_ON_BLANKS = frozenset("479")
"""Attributes that are seen where no character is: underline, reverse, strike."""


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and attributes as sequences name them; `front` None: it can't be seen."""

    front: str | None = ""
    back: str = ""
    attributes: frozenset[str] = frozenset()


Cell = tuple[str, Look]
"""A character and its look; of a wide one, the second cell has no character."""


@lru_cache(maxsize=4096)
def _look(style: Style | None, colours: ColorSystem | None) -> tuple[Look, Look]:
    """The look of a style, and that of a blank in it."""
    codes = style._make_ansi_codes(colours) if style and colours is not None else ""
    front = back = ""
    attributes: list[str] = []
    rest = codes.split(";") if codes else []
    while rest:
        size = {"5": 3, "2": 5}.get(rest[1], 1) if rest[0] in ("38", "48") else 1
        one, rest = rest[:size], rest[size:]
        number = int(one[0])
        if number in (*range(30, 40), *range(90, 98)):
            front = ";".join(one)
        elif number in (*range(40, 50), *range(100, 108)):
            back = ";".join(one)
        else:
            attributes.append(one[0])
    look = Look(front, back, frozenset(attributes))
    return look, look if look.attributes & _SEEN_ON_BLANKS else Look(None, back)


class ShownCells:
    """What the terminal shows, as far as we drew it."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, Cell]] = {}

    def forget(self, region: Region | None = None) -> None:
        """Know nothing of `region` any more (None: of the whole screen): it is drawn again."""
        if region is None:
            self._rows.clear()
            return
        for y in range(region.y, region.bottom):
            row = self._rows.get(y, {})
            for x in range(region.x, region.right):
                row.pop(x, None)

    def runs(
        self, y: int, x: int, drawn: list[Cell], whole: bool
    ) -> Iterator[tuple[int, list[Cell]]]:
        """Yield what has to be sent for `drawn` at row `y` from cell `x`: (first cell, cells).
        From then on it is what is shown. `whole`: where anything changed, all of it."""
        row = self._rows.setdefault(y, {})
        changed = [at for at, cell in enumerate(drawn, x) if row.get(at) != cell]
        if whole and changed:
            changed = list(range(x, x + len(drawn)))
        row.update(enumerate(drawn, x))
        at = 0
        while at < len(changed):
            first = last = changed[at]
            while at < len(changed) and changed[at] - last <= GAP:
                last = changed[at]
                at += 1
            while first > x and not drawn[first - x][0]:
                first -= 1  # not from the middle of a wide character
            while last + 1 < x + len(drawn) and not drawn[last + 1 - x][0]:
                last += 1
            yield first, drawn[first - x : last + 1 - x]


def _cells(segments: Iterable[Segment], colours: ColorSystem | None) -> tuple[list[Cell], bool]:
    """The cells of `segments`, and whether a terminal may take other widths for them."""
    cells: list[Cell] = []
    uncertain = False
    for text, style, control in segments:
        if control:
            continue
        look, blank = _look(style, colours)
        if text.isascii():
            cells += [(each, blank if each == " " else look) for each in text]
            continue
        for character in text:
            size = get_character_cell_size(character)
            uncertain = uncertain or not size or ord(character) >= _BEHIND
            if size:
                cells += [(character, blank if character == " " else look), ("", look)][:size]
            elif cells:
                at = -1 if cells[-1][0] else -2
                cells[at] = (cells[at][0] + character, cells[at][1])
    return cells, uncertain


class ChangedCells(CompositorUpdate):
    """An update of Textual's that sends the cells that differ from what is shown."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, shown: ShownCells) -> None:
        self.update = update
        self.shown = shown
        self._sequences: str | None = None

    def is_empty(self, console: Console) -> bool:
        """Return whether nothing changed."""
        return not self.render_segments(console)

    def render_segments(self, console: Console) -> str:
        """Return the sequences that draw the changed cells, which count as shown from then on."""
        if self._sequences is None:
            colours, pen = console._color_system, _Pen(erases_in_colour(os.environ.get("TERM", "")))
            for y, x, cells, uncertain in _drawn(self.update, colours):
                for first, changed in self.shown.runs(y, x, cells, uncertain):
                    pen.draw(y, first, changed)
            self._sequences = pen.drawn()
        return self._sequences


def _drawn(
    update: LayoutUpdate | ChopsUpdate, colours: ColorSystem | None
) -> Iterator[tuple[int, int, list[Cell], bool]]:
    """What an update draws: row, first cell, cells, and whether their widths are uncertain."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            segments = [segment for strip in line for segment in strip]
            yield y, update.region.x, *_cells(segments, colours)
        return
    for y, first, last in update.spans:
        for x, strip in update.chops[y].items():
            if strip is None:
                continue
            start = x + (isinstance(strip, Piece) and strip.is_late)
            if start >= last or start + strip.cell_length <= first:
                continue
            cells, uncertain = _cells(strip, colours)
            begin, end = max(0, first - start), min(len(cells), last - start)
            while begin and not cells[begin][0]:
                begin -= 1  # a wide character is drawn whole
            while end < len(cells) and not cells[end][0]:
                end += 1
            yield y, start + begin, cells[begin:end], uncertain


@cache
def erases_in_colour(term: str) -> bool:
    """Return whether the terminal erases in the colour of the background, as terminfo says. Of the
    usual one it is known: reading terminfo is 2 ms of the first paint."""
    if term == USUAL_TERMINAL:
        return True
    try:
        import curses
    except ImportError:
        return False
    try:
        curses.setupterm(term, sys.__stdout__.fileno() if sys.__stdout__ else 1)
    except (OSError, ValueError, curses.error):
        return False
    return curses.tigetflag("bce") > 0


class _Pen:
    """Sequences for cells; of a look, only what changes is named."""

    def __init__(self, erases: bool) -> None:
        self._erases = erases
        self._found: list[str] = []
        self._look = Look()

    def draw(self, y: int, x: int, cells: Sequence[Cell]) -> None:
        """Draw `cells` at a place."""
        self._found.append(f"\x1b[{y + 1};{x + 1}H")
        for _, ground in groupby(cells, lambda cell: cell[1].back):
            self._draw_ground([(cell, sum(1 for _ in same)) for cell, same in groupby(ground)])
        if self._found[-1].startswith("\x1b["):
            self._found.pop()  # a gap at the end is erased, and not skipped

    def _draw_ground(self, groups: Sequence[tuple[Cell, int]]) -> None:
        """Draw cells on one background. Where it costs less, they are erased from the first gap on,
        and the cursor skips the gaps."""
        skipped = [
            at
            for at, ((character, look), count) in enumerate(groups)
            if character == " " and look.front is None and count >= _SKIPPED
        ]
        erased = sum(count for _, count in groups[skipped[0] :]) if skipped else 0
        spared = sum(groups[at][1] - len(f"\x1b[{groups[at][1]}C") for at in skipped)
        if not self._erases or spared <= len(f"\x1b[{erased}X"):
            skipped = []
        for at, ((character, look), count) in enumerate(groups):
            if look != self._look and at not in skipped[1:]:
                self._turn(look)
            if skipped and at == skipped[0]:
                self._found.append(f"\x1b[{erased}X")
            self._found.append(f"\x1b[{count}C" if at in skipped else character * count)

    def _turn(self, wanted: Look) -> None:
        now = self._look
        front = now.front if wanted.front is None else wanted.front
        kept = now.attributes - _SEEN_ON_BLANKS if wanted.front is None else wanted.attributes
        off = {_OFF.get(each, "0") for each in now.attributes - kept}
        if "0" in off:
            off, now = {"0"}, Look()
        elif "22" in off:  # bold and dim go together
            now = Look(now.front, now.back, now.attributes - {"1", "2"})
        codes = [*sorted(off), *sorted(kept - now.attributes)]
        codes += [front or "39"] if front != now.front else []
        codes += [wanted.back or "49"] if wanted.back != now.back else []
        if codes:
            self._found.append(f"\x1b[{';'.join(codes)}m")
        self._look = Look(front, wanted.back, kept)

    def drawn(self) -> str:
        """Return all of it; the look is put back."""
        if self._look != Look():
            self._found.append("\x1b[0m")
        return "".join(self._found)
