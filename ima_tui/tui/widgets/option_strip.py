"""Positions of the options of one choice on its line. Arithmetic only."""

from __future__ import annotations

from collections.abc import Sequence

from ima_tui.core.records import dataclass
from ima_tui.tui.widgets.cells import width

FRAME = 2
"""Cells round each option: brackets, or blanks where they would be."""
HINT = 2
"""Cells at each end that say that there are more."""


@dataclass(frozen=True, slots=True)
class OptionWindow:
    """The options that are seen, and the cell where each begins."""

    first: int
    starts: tuple[int, ...]
    more_left: bool
    more_right: bool

    def at(self, cell: int, labels: Sequence[str]) -> int | None:
        """The option that stands at `cell`."""
        for index, start in enumerate(self.starts, self.first):
            if start <= cell < start + width(labels[index]) + FRAME:
                return index
        return None


def window(labels: Sequence[str], wanted: int, cells: int) -> OptionWindow:
    """As many options as fit into `cells`, the one that is `wanted` among them.

    They stay where they are for as long as they can: a line that jumps with each key is hard
    to read.
    """
    sizes = [width(label) + FRAME for label in labels]
    if sum(sizes) <= cells:
        return OptionWindow(0, _starts(sizes, 0), False, False)
    room = max(1, cells - 2 * HINT)
    first = 0
    while first < wanted and sum(sizes[first : wanted + 1]) > room:
        first += 1
    last = first + 1
    while last < len(sizes) and sum(sizes[first : last + 1]) <= room:
        last += 1
    begin = HINT if first else 0
    return OptionWindow(first, _starts(sizes[first:last], begin), first > 0, last < len(sizes))


def _starts(sizes: Sequence[int], begin: int) -> tuple[int, ...]:
    starts = [begin]
    for size in sizes[:-1]:
        starts.append(starts[-1] + size)
    return tuple(starts)
