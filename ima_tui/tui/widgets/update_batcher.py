"""Batch the studio's notices into one redraw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from ima_tui.core.events import (
    ConnectivityChanged,
    EndingChanged,
    GuidesChanged,
    JobChanged,
    ListChanged,
    Notice,
    PreferencesChanged,
    ProductList,
    SubjectsChanged,
)
from ima_tui.core.records import dataclass

if TYPE_CHECKING:
    from ima_tui.core.domain import Job, TaskType
    from ima_tui.core.errors import ImaError

GATHERING = 0.1
"""Seconds between the first notice and the redraw."""
SLOW_GATHERING = 0.5
"""The same over a slow line."""


@dataclass(frozen=True, slots=True)
class Updates:
    """What changed since the last news; of each thing the newest facts only."""

    jobs: Mapping[int, Job] = field(default_factory=dict)
    lists: Mapping[TaskType, ProductList] = field(default_factory=dict)
    preferences: bool = False
    guides: bool = False
    subjects: bool = False
    endings: frozenset[str] = frozenset()
    """Workflows whose film, or other end, is being made or is over."""


class UpdateBatcher:
    """Hears notices, gives them back as one `Updates`."""

    def __init__(self) -> None:
        self.problem: ImaError | None = None
        """Why the service can't be reached, as last heard."""
        self._jobs: dict[int, Job] = {}
        self._lists: dict[TaskType, ProductList] = {}
        self._changed: set[type] = set()
        """Notices that only say that something is otherwise."""
        self._endings: set[str] = set()
        self._waiting = False

    def hear(self, notice: Notice) -> bool:
        """Keep `notice`; True when it is the first since `take`."""
        match notice:
            case JobChanged(job):
                before = self._jobs.get(job.id)
                if (
                    before is None or before.revision <= job.revision
                ):  # they may overtake each other
                    self._jobs[job.id] = job
            case ListChanged(product_list):
                self._lists[product_list.task_type] = product_list
            case ConnectivityChanged(problem):
                self.problem = problem
            case PreferencesChanged() | GuidesChanged() | SubjectsChanged():
                self._changed.add(type(notice))
            case EndingChanged(workflow_id):
                self._endings.add(workflow_id)
        first = not self._waiting
        self._waiting = True
        return first

    def take(self) -> Updates:
        """Everything heard since the last time."""
        news = Updates(
            self._jobs,
            self._lists,
            PreferencesChanged in self._changed,
            GuidesChanged in self._changed,
            SubjectsChanged in self._changed,
            frozenset(self._endings),
        )
        self._jobs, self._lists, self._endings, self._changed = {}, {}, set(), set()
        self._waiting = False
        return news
