"""Share a table's width among its columns. Arithmetic only."""

from __future__ import annotations

from collections.abc import Sequence

from ima_tui.core.records import dataclass
from ima_tui.tui.widgets.cells import Align


@dataclass(frozen=True, slots=True)
class Column:
    """`width` is fixed, or the least where `flex` shares out what is left.

    `drop`: when it is narrow, the column with the highest goes first; 0 always stays.
    """

    key: str
    width: int
    title: str = ""
    """A message key."""
    flex: int = 0
    align: Align = "left"
    drop: int = 0
    most: int = 0
    """Cells that a flexible column takes at most; 0: any."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one column stands: `index` in the row, from cell `x`, `width` cells."""

    index: int
    x: int
    width: int


def layout(columns: Sequence[Column], total: int, left: int = 0, gap: int = 2) -> tuple[Slot, ...]:
    """The columns that fit into `total` cells, from cell `left` on."""
    kept = list(range(len(columns)))

    def needed() -> int:
        return sum(columns[i].width for i in kept) + gap * (len(kept) - 1)

    while needed() > total - left:
        first_to_go = max(kept, key=lambda i: columns[i].drop)
        if columns[first_to_go].drop == 0:
            break
        kept.remove(first_to_go)
    spare = max(0, total - left - needed())
    flexible = [i for i in kept if columns[i].flex]
    shares = sum(columns[i].flex for i in flexible)
    slots: list[Slot] = []
    x = left
    for i in kept:
        width = columns[i].width
        if columns[i].flex:
            extra = spare * columns[i].flex // shares
            if columns[i].most:
                extra = min(extra, columns[i].most - width)
            spare, shares = spare - extra, shares - columns[i].flex
            width += extra
        slots.append(Slot(i, x, max(0, min(width, total - x))))
        x += width + gap
    return tuple(slots)
