"""Everyone who wants to hear of changes, and what they were told last."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ima_tui.core.events import JobChanged, Notice

if TYPE_CHECKING:
    from ima_tui.core.domain import Job

log = logging.getLogger(__name__)

Listener = Callable[[Notice], None]


class EventBus:
    """Tells listeners, on the event loop, and never an older state of a job after a newer one."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._told: dict[int, int] = {}
        """The newest revision of each job that was told."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear of every change; returns the unsubscriber."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def heard(self) -> bool:
        """Whether somebody listens."""
        return bool(self._listeners)

    def is_news(self, job: Job) -> bool:
        """Whether this state of the job was not told yet."""
        return job.revision > self._told.get(job.id, 0)

    def tell(self, notice: Notice) -> None:
        if isinstance(notice, JobChanged):
            job = notice.job
            if job.revision < self._told.get(job.id, 0):
                return  # another process was faster, and its news were told already
            self._told[job.id] = job.revision
        for listener in tuple(self._listeners):
            try:
                listener(notice)
            except Exception:  # a screen's fault must not break the story of a paid job
                log.exception("listener")
