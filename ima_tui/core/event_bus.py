"""Event bus: publishes changes to subscribers, newest job state only."""

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
    """Synchronous publisher on the event loop.

    It never publishes an older state of a job after a newer one.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._told: dict[int, int] = {}
        """The newest published revision of each job."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Add a listener for every event; returns the unsubscriber."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def has_listeners(self) -> bool:
        """Whether anybody is subscribed."""
        return bool(self._listeners)

    def is_news(self, job: Job) -> bool:
        """Tell whether this state of the job was not published yet."""
        return job.revision > self._told.get(job.id, 0)

    def tell(self, notice: Notice) -> None:
        """Publish `notice` to every listener.

        Older states of a job are dropped; exceptions are logged.
        """
        if isinstance(notice, JobChanged):
            job = notice.job
            if job.revision < self._told.get(job.id, 0):
                return  # another process was faster, and its state was published already
            self._told[job.id] = job.revision
        for listener in tuple(self._listeners):
            try:
                listener(notice)
            except Exception:  # a listener's fault must not interrupt the handling of a paid job
                log.exception("listener")
