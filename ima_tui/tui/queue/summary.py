"""Summary line of the queue: jobs by state, marks and points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ima_tui.core.domain import Job
from ima_tui.i18n import say
from ima_tui.tui.queue.arrangement import QueueArrangement
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.lines import Part
from ima_tui.tui.widgets.pane import Pane

NAMES = ("needs", "running", "waiting", "failed", "done", "stopped")
ROLES = {"needs": "warn", "failed": "bad"}


class QueueSummary(Pane):
    """The pane of the jobs: how many of each, and the points, in its title."""

    def __init__(self) -> None:
        super().__init__(say("place.queue"), widget_id="jobs-pane")

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
        title: list[Part] = [(say("place.queue"), "strong")]
        self.say(_spaced([*title, *parts]), *self._asides(how))

    def _asides(self, how: QueueArrangement) -> list[list[Part]]:
        """The points of today and of this session, and the order; then today's alone."""
        totals = context(self).totals
        spent: Part = (say("queue.spent", today=totals.today, session=totals.session), "muted")
        today: Part = (say("app.points_today", points=totals.today), "muted")
        order: list[Part] = []
        if how.sort != "state":
            order.append((say(f"queue.sort_{how.sort}"), "info"))
        if how.group != "none":
            order.append((say(f"queue.group_{how.group}"), "info"))
        return [_spaced([*order, spent]), _spaced([*order, today]), [today]]


def _spaced(parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        found += [(" · ", "muted"), part] if found else [part]
    return found
