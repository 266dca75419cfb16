"""Summary line of the queue: jobs by state, marks and points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ima_tui.core.domain import Job
from ima_tui.i18n import say
from ima_tui.tui.queue.arrangement import QueueArrangement
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.lines import Line, Part, measure

NAMES = ("needs", "running", "waiting", "failed", "done", "stopped")
ROLES = {"needs": "warn", "failed": "bad"}


class QueueSummary(Line):
    """Left the jobs, right the points; what finds no room is left out, least needed first."""

    GROUND = "background"

    def __init__(self) -> None:
        super().__init__()
        self._left: list[Part] = []
        self._right: list[list[Part]] = []

    def show(
        self,
        jobs: Iterable[Job],
        shown: Sequence[Job],
        marked: Sequence[Job],
        how: QueueArrangement,
    ) -> None:
        """Count `jobs`, of which `shown` can be seen and `marked` are marked."""
        every = list(jobs)
        counts = Counter(words.summary_name(job) for job in every)
        parts = [
            (say(f"queue.sum_{name}", n=counts[name]), ROLES.get(name, "text"))
            for name in NAMES
            if counts[name]
        ]
        if hidden := len(every) - len(shown):
            parts.insert(0, (say("queue.sum_hidden", n=hidden), "warn"))
        if how.hidden:
            parts.insert(0, (say("queue.sum_forgotten", n=len(how.hidden)), "info"))
        if marked:
            points = sum(job.order.total for job in marked)
            parts.insert(0, (say("queue.sum_marked", n=len(marked), points=points), "accent"))
        left, right = _spaced(parts), [_spaced(one) for one in self._rights(how)]
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def _rights(self, how: QueueArrangement) -> list[list[Part]]:
        """What may stand on the right, the fullest first."""
        totals = self.ima.totals
        spent: Part = (say("queue.spent", today=totals.today, session=totals.session), "muted")
        order: list[Part] = []
        if how.sort != "state":
            order.append((say(f"queue.sort_{how.sort}"), "info"))
        if how.group != "none":
            order.append((say(f"queue.group_{how.group}"), "info"))
        return [[*order, spent], order, []] if order else [[spent], []]

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        left: list[Part] = [(" ", "text"), *self._left]
        for right in self._right:
            if measure(left) + measure(right) + 2 < cells:
                return left, [*right, (" ", "text")] if right else []
        return left, []


def _spaced(parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        found += [(" · ", "muted"), part] if found else [part]
    return found
