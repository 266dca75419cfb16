"""Send the cells that changed, and no others.

Textual draws a changed region as a whole: all rows of an editor, with their padding, at each key,
and a row of a table from its left edge. Over SSH these bytes are what a user waits for.
`ShownCells` remembers what the terminal shows; an update is compared with it cell by cell. The
exact pin of Textual keeps this true.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region

GAP = 6
"""Cells that did not change are sent too where moving the cursor over them costs more."""
Cell = tuple[str, Style]
"""A character and its style; of a wide one, the second cell has no character."""
_PLAIN = Style.null()
_BEHIND = 0x1F000
"""From here on terminals disagree on widths: what follows on the line is sent with it."""


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

    def runs(self, y: int, x: int, segments: Sequence[Segment]) -> Iterator[tuple[int, list[Cell]]]:
        """Yield what has to be sent for `segments` at row `y` from cell `x`: (first cell, cells).
        From then on it is what is shown."""
        row = self._rows.setdefault(y, {})
        cells, uncertain = _cells(segments)
        changed = [at for at, cell in enumerate(cells, x) if row.get(at) != cell]
        if uncertain and changed:
            changed = list(range(x, x + len(cells)))
        row.update(enumerate(cells, x))
        at = 0
        while at < len(changed):
            first = last = changed[at]
            while at < len(changed) and changed[at] - last <= GAP:
                last = changed[at]
                at += 1
            while first > x and not cells[first - x][0]:
                first -= 1  # not from the middle of a wide character
            while last + 1 < x + len(cells) and not cells[last + 1 - x][0]:
                last += 1
            yield first, cells[first - x : last + 1 - x]


def _cells(segments: Sequence[Segment]) -> tuple[list[Cell], bool]:
    """The cells of `segments`, and whether a terminal may take other widths for them."""
    cells: list[Cell] = []
    uncertain = False
    for text, style, control in segments:
        if control:
            continue
        how = style or _PLAIN
        if text.isascii():
            cells += [(character, how) for character in text]
            continue
        for character in text:
            size = get_character_cell_size(character)
            uncertain = uncertain or not size or ord(character) >= _BEHIND
            if size:
                cells += [(character, how), ("", how)][:size]
            elif cells:
                at = -1 if cells[-1][0] else -2
                cells[at] = (cells[at][0] + character, how)
    return cells, uncertain


class ChangedCells(CompositorUpdate):
    """An update of Textual's that sends the cells that differ from what is shown."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, shown: ShownCells) -> None:
        self.update = update
        self.shown = shown

    def render_segments(self, console: Console) -> str:
        """Return the sequences that draw the changed cells."""
        pen = _Pen(console._color_system)
        for y, x, segments in _drawn(self.update):
            for first, cells in self.shown.runs(y, x, segments):
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
            start = max(x, first)
            yield y, start, list(strip.crop(start - x, min(end, last) - x))


class _Pen:
    """Sequences for cells; a style is named only where it changes."""

    def __init__(self, colours: ColorSystem | None) -> None:
        self._colours = colours
        self._found: list[str] = []
        self._style: Style | None = None

    def draw(self, y: int, x: int, cells: Sequence[Cell]) -> None:
        """Draw `cells` at a place."""
        self._found.append(f"\x1b[{y + 1};{x + 1}H")
        for character, how in cells:
            if how is not self._style and how != self._style:
                self._style = how
                codes = how._make_ansi_codes(self._colours) if self._colours is not None else ""
                self._found.append(f"\x1b[0;{codes}m" if codes else "\x1b[0m")
            self._found.append(character)

    def drawn(self) -> str:
        """Return all of it; the style is put back."""
        return "".join((*self._found, "\x1b[0m")) if self._found else ""
