"""Chunks of text that stand side by side for as long as they fit, then go on below. Arithmetic
only: no widget here."""

from __future__ import annotations

from collections.abc import Sequence

from ima_tui.tui.widgets.cells import cut
from ima_tui.tui.widgets.lines import Part, measure

Chunk = list[Part]
"""What is never torn apart."""


def flow(chunks: Sequence[Chunk], cells: int, indent: int, gap: int = 2) -> list[list[Part]]:
    """Lines of at most `cells`; all but the first begin `indent` cells in."""
    lines: list[list[Part]] = [[]]
    for chunk in chunks:
        line = lines[-1]
        if line and measure(line) + gap + measure(chunk) > cells:
            lines.append([(" " * indent, "text")])
            line = lines[-1]
        elif line:
            line.append((" " * gap, "text"))
        line += clipped(chunk, cells - measure(line))
    return lines


def clipped(chunk: Sequence[Part], cells: int) -> Chunk:
    """`chunk`, at most `cells` wide."""
    kept: Chunk = []
    for text, role in chunk:
        short = cut(text, cells)
        if short:
            kept.append((short, role))
        cells -= measure([(short, role)])
    return kept
