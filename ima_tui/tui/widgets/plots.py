"""Plots of block characters: bars over days, bars of shares, durations on a scale. No widget.

Each function returns text of exactly the cells that it is given; with `plain` in ASCII.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_HALVES = " #"
_NICE = (1, 2, 2.5, 3, 4, 5, 6, 8, 10)


def ceiling(value: float) -> int:
    """Return a round number for the top of an axis: at least `value`, and 1 or more."""
    if value <= 1:
        return 1
    size = 10.0 ** floor(log10(value))
    return next(ceil(step * size) for step in _NICE if step * size >= value)


def columns(values: Sequence[float], rows: int, top: float, *, plain: bool = False) -> list[str]:
    """Return `rows` lines, the highest first, with a character for each value; what is more than
    nothing is seen."""
    signs = _HALVES if plain else _EIGHTHS
    steps = len(signs) - 1
    heights = [
        max(1, round(value / top * rows * steps)) if value > 0 and top > 0 else 0
        for value in values
    ]
    return [
        "".join(signs[max(0, min(steps, height - row * steps))] for height in heights)
        for row in reversed(range(rows))
    ]


def spread(line: str, cells: int) -> str:
    """Return a line of `columns` stretched to `cells`: each column as wide as fits, with a blank
    behind it where that leaves two cells or more. A line that is longer stays as it is."""
    if cells < 2 * len(line):
        return line
    edges = [at * cells // len(line) for at in range(len(line) + 1)]
    return "".join(
        sign * (end - start - 1) + " "
        for sign, start, end in zip(line, edges, edges[1:], strict=False)
    )


def labelled(lines: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Return spread columns with a label above each that is narrower than its column; where a
    column fills all lines, it has none."""
    cells = len(lines[0]) if lines else 0
    edges = [at * cells // max(1, len(labels)) for at in range(len(labels) + 1)]
    found = [list(line) for line in lines]
    for label, start, end in zip(labels, edges, edges[1:], strict=False):
        above = max((y for y, line in enumerate(lines) if line[start] == " "), default=-1)
        if label and above >= 0 and len(label) < end - start:
            at = start + (end - start - 1 - len(label)) // 2
            found[above][at : at + len(label)] = label
    return ["".join(line) for line in found]


def bar(share: float, cells: int, *, plain: bool = False) -> str:
    """Return a bar of that share (0 to 1) of the cells."""
    share = max(0.0, min(1.0, share))
    if plain:
        return ("#" * ceil(share * cells)).ljust(cells)
    whole, rest = divmod(ceil(share * cells * 2), 2)
    return ("━" * whole + "╸" * rest).ljust(cells)


def durations(
    times: Sequence[float], estimate: float | None, cells: int, *, plain: bool = False
) -> str:
    """Return a line from 0 to the longest: the middle half of the times is thick, their median a
    point, the estimate an upright."""
    if not times or cells < 8:
        return " " * max(0, cells)
    ordered = sorted(times)
    end = max(ordered[-1], estimate or 0.0) or 1.0
    line, thick, point, upright = "-=#|" if plain else "─━●│"

    def at(seconds: float) -> int:
        return min(cells - 1, int(seconds / end * (cells - 1)))

    drawn = [line] * cells
    quarter = max(0, len(ordered) // 4)
    first, last = at(ordered[quarter]), at(ordered[len(ordered) - 1 - quarter])
    drawn[first : last + 1] = [thick] * (last + 1 - first)
    if estimate is not None:
        drawn[at(estimate)] = upright
    drawn[at(ordered[len(ordered) // 2])] = point
    return "".join(drawn)
