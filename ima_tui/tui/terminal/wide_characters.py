"""Keep wide characters whole where Textual composes a line of several widgets.

Textual cuts the line of every widget at the edges of all widgets that are there, covered ones too,
and a wide character that lies on such an edge becomes two blanks: a Chinese notification over a
list lost its first words. Here the character stays with the piece before the cut, as long as the
piece behind it is of the same widget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

import textual.screen
from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip


class Piece(Strip):
    """Part of a line. `is_over`: its last character goes on in the next piece's first cell;
    `is_late`: its first cell is taken by the piece before."""

    def __init__(self, segments: list[Segment], line: Strip, *, is_late: bool) -> None:
        super().__init__(segments)
        self.line = line
        self.is_late = is_late
        self.is_over = False


class WideLine(Strip):
    """A line with wide characters."""

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Divide at the cells `cuts`; a character belongs to the piece that it begins in."""
        ends = [cut for cut in cuts if cut <= self.cell_length]
        pieces: list[Piece] = []
        part: list[Segment] = []
        at = 0

        def end_piece() -> None:
            piece = Piece(part.copy(), self, is_late=bool(pieces) and pieces[-1].is_over)
            piece.is_over = at > ends[len(pieces)]
            pieces.append(piece)
            part.clear()

        for text, style, _ in self._segments:
            begin = 0
            for place, character in enumerate(text):
                size = get_character_cell_size(character)
                while size and len(pieces) < len(ends) and at >= ends[len(pieces)]:
                    part.append(Segment(text[begin:place], style))
                    begin = place
                    end_piece()
                at += size
            part.append(Segment(text[begin:], style))
        while len(pieces) < len(ends):
            end_piece()
        return pieces


class WholeCharacters(Compositor):
    """A compositor that leaves wide characters whole."""

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        for region, clip, strips in super()._get_renders(crop):
            yield region, clip, [_wide(strip) for strip in strips]

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        lines = super()._render_chops(crop, is_rendered_line)
        for line in lines:
            if any(isinstance(strip, Piece) for strip in line.values()):
                _join(cast("dict[int, Strip | None]", line))
        return lines


def _wide(strip: Strip) -> Strip:
    segments = strip._segments
    if all(segment.text.isascii() for segment in segments):
        return strip
    if strip.cell_length == sum(len(segment.text) for segment in segments):
        return strip
    return WideLine(segments, strip.cell_length)


def _join(line: dict[int, Strip | None]) -> None:
    """Put blanks where half of a character is covered by another widget."""
    before_x, before = -1, None
    for x, strip in line.items():
        late = strip if isinstance(strip, Piece) and strip.is_late else None
        if before is not None and (late is None or late.line is not before.line):
            line[before_x] = _without_last(before)
            before = None
        if late is not None and before is None:
            line[x] = strip = _with_blank(late)
        before_x = x
        before = strip if isinstance(strip, Piece) and strip.is_over else None
    if before is not None:
        line[before_x] = _without_last(before)


def _without_last(piece: Piece) -> Piece:
    left = piece.crop(0, piece.cell_length - 1)
    return Piece(list(left), piece.line, is_late=piece.is_late)


def _with_blank(piece: Piece) -> Piece:
    style = piece._segments[0].style if piece._segments else None
    found = Piece([Segment(" ", style), *piece._segments], piece.line, is_late=False)
    found.is_over = piece.is_over
    return found


def install() -> None:
    """Let screens compose with this."""
    vars(textual.screen)["Compositor"] = WholeCharacters
