"""Filter, sort and group the jobs of the queue. No widget here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import groupby

from ima_tui.core.domain import Job, TaskType
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.tui.widgets import job_text as words

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
