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


_CLOSING = frozenset("。，、；：？！）」』》】”’…%‰")
"""What never begins a line in Chinese."""


def wrap(text: str, cells: int) -> list[str]:
    """`text` in lines of at most `cells`; breaks at blanks, and between wide characters, but not
    before what closes."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, taken, space = "", 0, -1
        for character in paragraph:
            size = get_character_cell_size(character)
            if taken + size > cells and line:
                if character == " ":
                    lines.append(line)
                    line, taken, space = "", 0, -1
                    continue
                head, tail = (line[:space], line[space + 1 :]) if space > 0 else (line, "")
                if not tail and character in _CLOSING and len(line) > 1:
                    head, tail = line[:-1], line[-1]
                lines.append(head)
                line, taken, space = tail, width(tail), -1
            if character == " ":
                space = len(line)
            elif size == 2:
                space = -1  # a break may come right before it: nothing has to move down
            line += character
            taken += size
        lines.append(line)
    return lines
