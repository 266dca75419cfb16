"""Timeline of a workflow: when each step runs, a bar a step on one scale.

What ran stands where it ran; what did not begin stands where its inputs are usually ready.
"""

from __future__ import annotations

from collections.abc import Sequence

from ima_tui.core.records import dataclass
from ima_tui.core.text import duration
from ima_tui.i18n import say
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, Glyphs
from ima_tui.tui.widgets.cells import fit, steady, width
from ima_tui.tui.widgets.lines import Part, RowLines
from ima_tui.tui.widgets.price_text import usual_time
from ima_tui.workflow.status import StepStatus, WorkflowStatus

NAME = 28
"""Cells of a step's name at most."""
TIMES = 12
"""Cells of what it took, or usually takes."""
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)
MOST_TICKS, TICK_CELLS = 10, 9


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds from the first step's start: begin, end, and until when it ran so far."""

    begin: float
    end: float
    ran: float


def spans(status: WorkflowStatus, now: float) -> dict[int, Span]:
    """Return the span of each step by its id."""
    sent = [each.job.sent_at for each in status.steps if each.job and each.job.sent_at]
    first = min(sent, default=now)
    found: dict[int, Span] = {}
    for each in status.steps:
        usual = each.step.estimate.high if each.step.estimate is not None else 0.0
        ready = max((found[need].end for need in each.step.needs if need in found), default=0.0)
        if each.job is None or each.job.sent_at is None:
            found[each.step.id] = Span(ready, ready + usual, ready)
            continue
        begin = each.job.sent_at - first
        ran = begin + each.job.elapsed(now)
        is_over = each.job.ended_at is not None
        found[each.step.id] = Span(begin, ran if is_over else max(ran, begin + usual), ran)
    return found


class StepTimeline(RowLines):
    """Seconds above, below them a line a step."""

    def __init__(self) -> None:
        super().__init__(id="step-times")
        self._status: WorkflowStatus | None = None
        self._now = 0.0

    def show(self, status: WorkflowStatus, now: float) -> None:
        """Show these steps; only lines that differ are sent."""
        self._status, self._now = status, now
        high = len(status.steps) + 1
        if self.styles.height is None or self.styles.height.value != high:
            self.styles.height = high
        self.refresh()

    def row(self, y: int, cells: int) -> list[Part]:
        """Return the parts of line `y`."""
        if self._status is None:
            return []
        return lines(self._status, self._now, cells, self.ima.glyphs)[y : y + 1][0]


def lines(status: WorkflowStatus, now: float, cells: int, glyphs: Glyphs) -> Sequence[list[Part]]:
    """Return the axis and a line for each step, of `cells` cells."""
    found = spans(status, now)
    names = min(NAME, max((width(_name(each)) for each in status.steps), default=0))
    head = names + 9
    room = max(1, cells - head - TIMES - 2)
    total = max((span.end for span in found.values()), default=0.0) or 1.0
    axis: list[Part] = [(" " * head + _axis(total, room), "muted")]
    return [
        axis,
        *(
            [*_head(each, names), *_bar(each, found[each.step.id], total, room, glyphs)]
            for each in status.steps
        ),
    ]


def _name(each: StepStatus) -> str:
    return steady(each.step.title or each.step.prompt)


def _head(each: StepStatus, names: int) -> list[Part]:
    medium = each.step.task_type.medium
    tag = fit(say(f"task.tag_{medium}"), 3)
    number: Part = (f"{each.step.id:>2} ", "muted")
    name: Part = (f"{fit(_name(each), names)}  ", "text")
    return [number, (f"{tag} ", MEDIUM_ROLE[medium]), name]


def _bar(each: StepStatus, span: Span, total: float, room: int, glyphs: Glyphs) -> list[Part]:
    """Return the bar, full as far as it ran, and behind the scale how long it took."""
    begin, ran, end = (
        min(room, round(at / total * room)) for at in (span.begin, span.ran, span.end)
    )
    begin = min(begin, room - 1)
    end = max(end, begin + 1)
    is_over = each.job is not None and each.job.ended_at is not None
    role = "bad" if each.failed else MEDIUM_ROLE[each.step.task_type.medium]
    ran = end if is_over else ran
    if is_over or span.ran > span.begin:
        took = duration(span.ran - span.begin)
    else:
        took = usual_time(each.step.estimate) if each.step.estimate is not None else ""
    return [
        (" " * begin, "text"),
        (glyphs.full * (ran - begin), role),
        (glyphs.empty * (end - ran), "muted"),
        (" " * (room - end), "text"),
        (fit(took, TIMES, "right"), "text" if is_over else "muted"),
    ]


def _axis(total: float, room: int) -> str:
    """Return times above the bars, as many as there is room for."""
    most = min(MOST_TICKS, max(1, room // TICK_CELLS))
    step = next((one for one in TICKS if total / one <= most), TICKS[-1])
    line = ""
    for number in range(int(total / step) + 1):
        at, told = round(number * step / total * room), duration(number * step)
        if at >= width(line) and at + width(told) <= room:
            line += " " * (at - width(line)) + told
    return line
