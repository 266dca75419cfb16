"""Flow layout of text chunks: side by side while they fit, then below. No widget here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ima_tui.core.records import dataclass
from ima_tui.tui.widgets.cells import cut, wrap
from ima_tui.tui.widgets.lines import Part, measure

Chunk = list[Part]
"""What is torn apart only where a line of its own is too short for it."""


def flow(chunks: Sequence[Chunk], cells: int, indent: int, gap: int = 2) -> list[list[Part]]:
    """Lines of at most `cells`; all but the first begin `indent` cells in."""
    lines: list[list[Part]] = [[]]
    for chunk in (piece for each in chunks for piece in _torn(each, cells - indent)):
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


def _torn(chunk: Chunk, cells: int) -> Iterator[Chunk]:
    """`chunk` in pieces of at most `cells`, where it is wider than that."""
    if measure(chunk) <= cells:
        yield chunk
        return
    roles = [role for text, role in chunk for _ in text]
    text, place = "".join(text for text, _ in chunk), 0
    for line in wrap(text, cells):
        place = text.index(line, place)
        yield [(letter, roles[place + i]) for i, letter in enumerate(line)]
        place += len(line)


@dataclass(frozen=True, slots=True)
class FlowBlock:
    """Lines about one thing. `least`: so many of them stay for as long as anything can; those of
    the highest `yields` go first."""

    lines: list[list[Part]]
    least: int
    yields: int


def within(blocks: Sequence[FlowBlock], most: int, cells: int) -> list[list[Part]]:
    """All lines, at most `most`: where some had to go, the one before them ends in a sign."""
    kept = [len(block.lines) for block in blocks]
    by_rank = sorted(range(len(blocks)), key=lambda i: blocks[i].yields, reverse=True)
    for floor in ([block.least for block in blocks], [0] * len(blocks)):
        for i in by_rank:
            kept[i] = max(min(floor[i], kept[i]), kept[i] - max(0, sum(kept) - most))
    lines: list[list[Part]] = []
    for block, count in zip(blocks, kept, strict=True):
        lines += block.lines[:count]
        if count < len(block.lines) and lines and block.least:
            lines[-1] = _going_on(lines[-1], cells)
    return lines


def _going_on(line: list[Part], cells: int) -> list[Part]:
    """`line` with the sign that more would follow."""
    taken = measure(line)
    return [*line, (" …", "muted")] if taken + 2 <= cells else clipped(line, taken - 1)
