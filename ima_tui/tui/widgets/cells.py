"""Measure, cut and pad text in terminal cells. No widget here."""

from __future__ import annotations

import re
from typing import Literal

from rich.cells import cell_len, get_character_cell_size

Align = Literal["left", "right"]


_JOINERS = re.compile("[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")


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
