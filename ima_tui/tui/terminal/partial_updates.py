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
from textual.strip import Strip

from ima_tui.core.records import dataclass

GAP = 6
"""Cells that did not change are sent too where moving the cursor over them costs more."""
_BEHIND = 0x1F000
"""From here on terminals disagree on widths: what follows on the line is sent with it."""
_LONG = 8
"""So many blanks are erased with one sequence, where the terminal erases in the background's
colour."""
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27", "9": "29"}
"""What turns an attribute off again."""
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

    def render_segments(self, console: Console) -> str:
        """Return the sequences that draw the changed cells."""
        colours, pen = console._color_system, _Pen(erases_in_colour(os.environ.get("TERM", "")))
        for y, x, segments in _drawn(self.update):
            for first, cells in self.shown.runs(y, x, *_cells(segments, colours)):
                pen.draw(y, first, cells)
        return pen.drawn()


def _drawn(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, list[Segment]]]:
    """What an update draws: row, first cell, segments."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            yield y, update.region.x, [segment for strip in line for segment in strip]
        return
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x >= last or end <= first:
                continue
            start, stop = max(x, first), min(end, last)
            # what a toast or window covered by half is drawn whole again, not as a blank
            start -= start > x and _is_wide(strip, start - 1 - x)
            stop += stop < end and _is_wide(strip, stop - 1 - x)
            yield y, start, list(strip.crop(start - x, stop - x))


def _is_wide(strip: Strip, cell: int) -> bool:
    """Whether a character of two cells begins at this one."""
    text = strip.crop(cell, cell + 2).text
    return len(text) == 1 and get_character_cell_size(text) == 2


@cache
def erases_in_colour(term: str) -> bool:
    """Return whether the terminal erases in the colour of the background, as terminfo says."""
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
        for cell, same in groupby(cells):
            character, look = cell
            count = sum(1 for _ in same)
            if look != self._look:
                self._turn(look)
            if self._erases and character == " " and look.front is None and count >= _LONG:
                self._found.append(f"\x1b[{count}X\x1b[{count}C")
            else:
                self._found.append(character * count)

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
