"""Text laid out for the width it gets, with paths broken at separators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

from ima_tui.tui.widgets.cells import width, wrap

_WORD = re.compile(r"\S+")
_LEAST_COLUMN = 12
"""Cells of a column below which its text goes on at the left edge."""
_PIECE = re.compile(r"[^/_-]+[/_-]*|[/_-]+")


class Fitted(Visual):
    """`made` is asked for the text as it is for so many cells; a `Static` shows it."""

    def __init__(self, made: Callable[[int], Content]) -> None:
        self._made = lru_cache(maxsize=2)(made)  # laid out, then drawn, at one width

    def __str__(self) -> str:
        """What it says where there is room enough."""
        return str(self._made(1_000))

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """Return the lines for that width."""
        return self._made(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the width that is wanted."""
        return self._made(container_width).get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return the lines for that width."""
        return self._made(width).get_height(rules, width)


def facts(told: Content) -> Fitted:
    """`told`, its long paths and links broken at their own joints, never inside an extension, and
    its Chinese lines nowhere but where a line of Chinese may end. What stands behind a tab goes on
    below its own first cell."""
    return Fitted(lambda cells: beside_wide(at_joints(hanging(told, cells), cells), cells))


def hanging(told: Content, cells: int) -> Content:
    """`told` with the part of a line behind a tab as a column of its own."""
    if "\t" not in told.plain:
        return told
    lines: list[Content] = []
    for line in told.split("\n"):
        name, tab, value = line.plain.partition("\t")
        room = cells - width(name)
        if not tab or room < _LEAST_COLUMN:
            lines.append(line if not tab else line[: len(name)] + line[len(name) + 1 :])
            continue
        cuts, place = [], 0
        for piece in wrap(value, room):
            place = value.index(piece, place)
            cuts += [place] if place else []
            place += len(piece)
        first, *rest = line[len(name) + 1 :].divide(cuts) if cuts else [line[len(name) + 1 :]]
        lines.append(line[: len(name)] + first.rstrip(" "))
        lines += [Content(" " * width(name)) + each.rstrip(" ") for each in rest]
    return Content("\n").join(lines)


def beside_wide(told: Content, cells: int) -> Content:
    """`told` with its lines of wide characters broken as `wrap` breaks them."""
    cuts: list[int] = []
    at = 0
    for line in told.plain.split("\n"):
        if not line.isascii() and width(line) > cells:
            place = at
            for piece in wrap(line, cells):
                place = told.plain.index(piece, place)
                cuts += [place] if place > at else []
                place += len(piece)
        at += len(line) + 1
    return Content("\n").join(part.rstrip(" ") for part in told.divide(cuts)) if cuts else told


def at_joints(told: Content, cells: int) -> Content:
    """`told` with what is longer than `cells` broken behind `/`, `-` and `_`; what stands behind
    it begins a line of its own where it would not fit."""
    cuts: list[int] = []
    for word in _WORD.finditer(told.plain):
        if "/" not in word[0] or width(word[0]) <= cells:
            continue
        *found, last = _starts(word[0], cells)
        cuts += [word.start() + at for at in (*found, last) if at]
        rest = told.plain[word.end() :].partition("\n")[0]
        if rest.strip() and width(word[0][last:] + rest) > cells:
            cuts.append(word.end() + len(rest) - len(rest.lstrip()))
    return Content("\n").join(part.rstrip() for part in told.divide(cuts)) if cuts else told


def _starts(word: str, cells: int) -> Iterator[int]:
    """Where the lines begin that `word` is laid on."""
    yield 0
    taken = 0
    for piece in _PIECE.finditer(word):
        size = width(piece[0])
        if taken and taken + size > cells:
            yield piece.start()
            taken = 0
        taken += size
