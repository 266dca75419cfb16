"""The connections between steps, drawn beside their rows as a version tree is. Text only.

●      1 a master picture
│
├─●    2 a film that starts with it
│
●      3 another one; the last that needs a step stands right below it
│
●      4 music, when the third is done
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ima_tui.core.records import dataclass
from ima_tui.workflow.steps import WorkflowStep

MOST_LANES = 6
"""More lanes would be unreadable."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Text left and right of a step's sign, and on the line below; equally wide for all steps."""

    before: str
    after: str
    below: str


@dataclass(frozen=True, slots=True)
class _Signs:
    down: str
    branch: str
    branch_left: str
    end: str
    end_left: str
    across: str
    cross: str


_FANCY = _Signs("│", "├", "┤", "╰", "╯", "─", "┼")
_PLAIN = _Signs("|", "+", "+", "`", "'", "-", "+")


def lanes(steps: Sequence[WorkflowStep], *, ascii_only: bool = False) -> tuple[Lanes, ...]:
    """Return one entry per step, in order."""
    drawer = _Drawer(steps, _PLAIN if ascii_only else _FANCY)
    rows = [drawer.row(step) for step in steps]
    cells = 2 * min(MOST_LANES, max((len(below) for _, _, below in rows), default=1)) - 1
    return tuple(_joined(at, line, below, cells) for at, line, below in rows)


def _joined(at: int, line: list[str], below: list[str], cells: int) -> Lanes:
    text = "".join(line)
    whole = text[:cells].ljust(cells)
    place = min(2 * at, cells - 1)
    down = "".join(sign + " " for sign in below)[:cells].ljust(cells)
    return Lanes(whole[:place], whole[place + 1 :], down)


class _Drawer:
    """Draws the steps from top to bottom; `_open` holds the source step of each lane."""

    def __init__(self, steps: Sequence[WorkflowStep], signs: _Signs) -> None:
        self._signs = signs
        self._left = Counter(needed for step in steps for needed in step.needs)
        self._open: list[int] = []

    def row(self, step: WorkflowStep) -> tuple[int, list[str], list[str]]:
        """Return (the step's lane, its line, the signs of the lanes below)."""
        came = [self._open.index(needed) for needed in step.needs if needed in self._open]
        self._left.subtract(step.needs)
        ended = {lane for lane in came if self._left[self._open[lane]] <= 0}
        own = self._own_lane(came, ended)
        line = self._line(own, came, ended)
        for lane in ended:
            self._open[lane] = 0
        self._open[own] = step.id if self._left[step.id] > 0 else 0
        while self._open and not self._open[-1]:
            self._open.pop()
        below = [self._signs.down if source else " " for source in self._open]
        return own, line, below if len(below) > own else [*below, *" " * (own + 1 - len(below))]

    def _own_lane(self, came: Sequence[int], ended: set[int]) -> int:
        """Choose a lane: right below its source if free, else beside it."""
        if came and came[0] in ended:
            return came[0]
        first = came[0] + 1 if came else 0
        for lane in range(first, len(self._open)):
            if not self._open[lane]:
                return lane
        while len(self._open) <= first:
            self._open.append(0)
        if self._open[first]:
            self._open.append(0)
            return len(self._open) - 1
        return first

    def _line(self, own: int, came: Sequence[int], ended: set[int]) -> list[str]:
        signs = self._signs
        line: list[str] = []
        for source in self._open:
            line += [signs.down if source else " ", " "]
        for lane in came:
            if lane == own:
                continue
            low, high = min(lane, own), max(lane, own)
            for cell in range(2 * low + 1, 2 * high):
                line[cell] = signs.cross if line[cell] == signs.down else signs.across
            if lane < own:
                line[2 * lane] = signs.end if lane in ended else signs.branch
            else:
                line[2 * lane] = signs.end_left if lane in ended else signs.branch_left
        return line
