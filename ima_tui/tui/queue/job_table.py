"""Table of jobs, its filter, order and groups, and the summary above it.

Running jobs in view are updated while the screen is open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import groupby
from typing import cast

from textual.timer import Timer

from ima_tui.core.domain import Job, TaskType
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.lines import Pane, Part
from ima_tui.tui.widgets.painter import Cell, Row
from ima_tui.tui.widgets.table import RowId, Table

PULSE = 1.0
"""Seconds between two looks at the clock while something runs."""
SLOW_PULSE = 5.0
"""The same over a slow line."""
BRIEF, DATED = 70, 122
"""Cells of a table below which states are signs, and from which on dates are shown."""


class JobTable(Table):
    """Rows are jobs, ids are theirs."""

    def __init__(self) -> None:
        super().__init__(words.COLUMNS, widget_id="jobs", markable=True)
        self._jobs: dict[int, Job] = {}
        self._groups: Sequence[JobGroup] = ()
        self._brief = self._dated = False
        self._clock: Timer | None = None
        self._ticks = False

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        quiet = context(self).studio.settings.quiet
        pulse = SLOW_PULSE if quiet else PULSE
        self._clock = self.set_interval(pulse, self.tick, pause=True, name="queue clock")

    def show(self, groups: Sequence[JobGroup]) -> None:
        """Show exactly these, in this order."""
        self._groups = groups
        self._jobs = {job.id: job for group in groups for job in group.jobs}
        rows: dict[RowId, Row] = {}
        for group in groups:
            if group.name:
                rows[group.name] = self._heading(group)
            rows |= {job.id: self._row(job) for job in group.jobs}
        self.set_rows(rows)
        self.wind()

    def on_resize(self) -> None:
        """Show the sign of a state alone where there is little room, dates where there is much."""
        now = self.size.width < BRIEF, self.size.width >= DATED
        if now != (self._brief, self._dated):
            self._brief, self._dated = now
            wide = words.DATED_COLUMNS if self._dated else words.COLUMNS
            self.set_columns(words.BRIEF_COLUMNS if self._brief else wide)
            self.show(self._groups)

    def jobs(self) -> list[Job]:
        """All that are shown, in their order."""
        return list(self._jobs.values())

    @property
    def current(self) -> Job | None:
        """The job under the cursor."""
        return self._jobs.get(cast(int, self.cursor))

    def chosen_jobs(self) -> list[Job]:
        """The marked ones, or the one under the cursor."""
        return [self._jobs[cast(int, row_id)] for row_id in self.chosen()]

    @property
    def ticking(self) -> bool:
        """Whether the clock goes."""
        return self._ticks

    def wind(self) -> None:
        """Let the clock go while something runs and somebody looks; else stop it."""
        moving = any(job.state in words.MOVING for job in self._jobs.values())
        if self._clock is not None:
            self._ticks = moving and self.screen.is_current
            (self._clock.resume if self._ticks else self._clock.pause)()

    def tick(self) -> None:
        """Redraw the running jobs in view."""
        for row_id in self.in_sight():
            job = self._jobs.get(cast(int, row_id))
            if job is not None and job.state in words.MOVING:
                self.update_row(row_id, self._row(job))

    def _heading(self, group: JobGroup) -> Row:
        count, points = len(group.jobs), group.points
        return (Cell(say("queue.group", name=group.name, n=count, points=points), "title"),)

    def _row(self, job: Job) -> Row:
        app = context(self)
        now = app.studio.clock.time()
        if self._dated:
            return words.dated_row(job, now, app.glyphs)
        return words.row(job, now, app.glyphs, brief=self._brief)


Key = Callable[[Job], tuple[float | str, ...]]

SORTS: Mapping[str, Key] = {
    "state": words.sort_key,
    "newest": lambda job: (-job.id,),
    "points": lambda job: (-job.order.total, -job.id),
    "time": lambda job: (-_seconds(job), -job.id),
}
"""The first is what the queue begins with."""
GROUPS: Mapping[str, Key] = {
    "none": lambda job: (),
    "state": lambda job: (words.sort_key(job)[0], *_state_place(job)),
    "kind": lambda job: (list(TaskType).index(job.order.task_type),),
    "project": lambda job: (not job.order.project, folded(job.order.project)),
}
NAMES: Mapping[str, Callable[[Job], str]] = {
    "state": words.group_state,
    "kind": words.group_kind,
    "project": lambda job: job.order.project or say("label.none"),
}


def _seconds(job: Job) -> float:
    """How long it took; what still runs by what it should take, so that no row jumps about."""
    if job.sent_at is not None and job.ended_at is not None:
        return job.ended_at - job.sent_at
    return job.order.estimate.high if job.order.estimate else 0.0


def _state_place(job: Job) -> tuple[float, ...]:
    return (words.STATE_ORDER.index(words.state_name(job)),)


@dataclass(frozen=True, slots=True)
class JobGroup:
    """Jobs under one heading; no `name`: nothing is grouped."""

    name: str
    jobs: tuple[Job, ...]

    @property
    def points(self) -> int:
        """The points of all jobs of the group."""
        return sum(job.order.total for job in self.jobs)


@dataclass(frozen=True, slots=True)
class QueueArrangement:
    """What the user chose; `hidden` are jobs that are being forgotten, `now` tells what
    yesterday is."""

    filter: str = ""
    sort: str = "state"
    group: str = "none"
    now: float = 0.0
    hidden: Collection[int] = field(default_factory=frozenset)

    def next_sort(self) -> QueueArrangement:
        """Return the arrangement with the next order."""
        return replace(self, sort=_after(tuple(SORTS), self.sort))

    def next_group(self) -> QueueArrangement:
        """Return the arrangement with the next grouping."""
        return replace(self, group=_after(tuple(GROUPS), self.group))

    def of(self, jobs: Iterable[Job]) -> tuple[JobGroup, ...]:
        """The jobs that are shown, sorted, in their groups."""
        wanted = folded(self.filter)
        shown = [
            job
            for job in jobs
            if job.id not in self.hidden and (not wanted or words.matches(job, wanted, self.now))
        ]
        shown.sort(key=SORTS[self.sort])
        if self.group == "none":
            return (JobGroup("", tuple(shown)),)
        shown.sort(key=GROUPS[self.group])  # stable: the order within a group stays
        groups = groupby(shown, NAMES[self.group])
        return tuple(JobGroup(head, tuple(found)) for head, found in groups)


def sending_line(jobs: Iterable[Job]) -> list[Job]:
    """Return those that will be sent when their turn comes, in the order of their turns."""
    return sorted(filter(words.stands_in_line, jobs), key=lambda job: job.queue_key)


def place_in_line(jobs: Iterable[Job], job: Job) -> str:
    """Say which place `job` has in the line of unsent jobs; "" for none, or where it is alone."""
    line = [each.id for each in sending_line(jobs)]
    if len(line) < 2 or job.id not in line:
        return ""
    return say("queue.in_line", place=line.index(job.id) + 1, of=len(line))


def moved(line: Sequence[Job], chosen: Collection[int], by: int) -> tuple[int, ...]:
    """The ids of `line` when those of `chosen` go one place earlier (-1) or later (1); who
    follows another that is chosen, too, keeps behind it."""
    ids = [job.id for job in line][::-by]  # those that go first are looked at first
    for at in range(1, len(ids)):
        if ids[at] in chosen and ids[at - 1] not in chosen:
            ids[at - 1], ids[at] = ids[at], ids[at - 1]
    return tuple(ids[::-by])


def next_in(line: Sequence[Job], chosen: Collection[int]) -> tuple[int, ...]:
    """The ids of `line` when those of `chosen` go before all others."""
    return tuple(job.id for job in sorted(line, key=lambda job: job.id not in chosen))


def _after(names: tuple[str, ...], now: str) -> str:
    return names[(names.index(now) + 1) % len(names)]


MARK_NAMES = ("needs", "running", "waiting", "failed", "done", "stopped")
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
            for name in MARK_NAMES
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
