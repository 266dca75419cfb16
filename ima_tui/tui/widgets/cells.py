"""Arithmetic of terminal cells: measure, cut and pad text, share a width among columns.

`window` places the options of one choice on its line. No widget here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len, get_character_cell_size

from ima_tui.core.records import dataclass
from ima_tui.core.text import pattern

Align = Literal["left", "right"]


_JOINERS = pattern("[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")


def steady(text: str) -> str:
    """`text` without what makes emoji of several characters: terminals disagree on their width,
    and then every column behind them is crooked."""
    return text if text.isascii() else _JOINERS.sub("", text)


def width(text: str) -> int:
    """How many cells `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, cells: int, ellipsis: str = "…") -> str:
    """`text`, at most `cells` wide; what was cut off is told by an ellipsis."""
    if width(text) <= cells:
        return text
    if cells <= 0:
        return ""
    room = cells - width(ellipsis)
    taken = 0
    for index, character in enumerate(text):
        taken += get_character_cell_size(character)
        if taken > room:
            return text[:index].rstrip() + ellipsis
    return text


def fit(text: str, cells: int, align: Align = "left", ellipsis: str = "…") -> str:
    """`text`, exactly `cells` wide."""
    short = cut(steady(text), cells, ellipsis)
    blank = " " * (cells - width(short))
    return blank + short if align == "right" else short + blank


_CLOSING = frozenset("。，、；：？！）」』》】”’…%‰·")
"""What never begins a line in Chinese."""
_OPENING = frozenset("（「『《【“‘")
"""What never ends one."""


def wrap(text: str, cells: int) -> list[str]:
    """`text` in lines of at most `cells`; breaks at blanks and beside wide characters, but not
    before what closes nor behind what opens, nor between a number and its Chinese unit."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, taken, place, begun = "", 0, 0, len(lines)
        for at, character in enumerate(paragraph):
            size = get_character_cell_size(character)
            if line.strip() and _may_break(line[-1], character) and not _unit(paragraph, at):
                place = len(line)
            while line and taken + size > cells:
                place = place or len(line)
                lines.append(line[:place].rstrip(" "))
                line = line[place:].lstrip(" ")
                taken, place = width(line), 0
            if character == " " and not line and len(lines) > begun:
                continue  # the blank at which it broke
            line += character
            taken += size
        lines.append(line)
    return lines


def _unit(text: str, at: int) -> bool:
    """Whether a break at that place would part a number from its Chinese unit: 13 秒."""
    first = at if text[at] == " " else at - 1
    digit, blank, unit = text[first - 1 : first], text[first], text[first + 1 : first + 2]
    return blank == " " and digit.isdigit() and bool(unit) and get_character_cell_size(unit) == 2


def _may_break(before: str, behind: str) -> bool:
    if behind in _CLOSING or before in _OPENING:
        return False
    if before == " " or behind == " ":
        return True
    return get_character_cell_size(before) == 2 or get_character_cell_size(behind) == 2


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


FRAME = 2
"""Cells round each option: brackets, or blanks where they would be."""
HINT = 2
"""Cells that say that there are more at the left; at the right one will do."""


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


def window(labels: Sequence[str], chosen: int | None, cells: int) -> OptionWindow:
    """As many options as fit into `cells`, the `chosen` one among them.

    They stay where they are for as long as they can: a line that jumps with each key is hard
    to read.
    """
    sizes = [width(label) + FRAME for label in labels]
    wanted = chosen or 0

    def fits(first: int, last: int) -> bool:
        """Whether the options `first` to `last` - 1 do, with a sign at each end that hides some."""
        signs = (HINT if first else 0) + (last < len(sizes))
        blank = 0 if last - 1 == chosen else 1  # behind the last one: nobody misses it
        return sum(sizes[first:last]) - blank + signs <= cells

    def last_from(first: int) -> int | None:
        ends = range(len(sizes), wanted, -1)
        return next((last for last in ends if fits(first, last)), None)

    first = next((place for place in range(wanted) if last_from(place) is not None), wanted)
    last = last_from(first) or wanted + 1
    begin = HINT if first else 0
    return OptionWindow(first, _starts(sizes[first:last], begin), first > 0, last < len(sizes))


def _starts(sizes: Sequence[int], begin: int) -> tuple[int, ...]:
    starts = [begin]
    for size in sizes[:-1]:
        starts.append(starts[-1] + size)
    return tuple(starts)
