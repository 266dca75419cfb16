"""Events that the studio publishes, and the bus. Each holds the newest facts: the last one wins."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from ima_tui.core.records import dataclass

if TYPE_CHECKING:  # the first paint must not wait for these
    from ima_tui.core.domain import Job, ModelVersion, TaskType
    from ima_tui.core.errors import ImaError

ModelKey = tuple[str, str]
"""Identifies a model within its task type: model id and version."""


@dataclass(frozen=True, slots=True)
class ListChanges:
    """Difference between a product list and the one known at `since` (seconds; 0: there was none).

    `was`: the former price range, in points, of each model whose prices changed.
    """

    since: float = 0.0
    new: frozenset[ModelKey] = frozenset()
    gone: tuple[ModelVersion, ...] = ()
    was: Mapping[ModelKey, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProductList:
    """The models of one task type as last seen.

    `as_of`: seconds since the epoch, None if never seen. `live`: fetched by this process, not read
    from the cache. `problem`: why the last fetch failed.
    """

    task_type: TaskType
    models: tuple[ModelVersion, ...] = ()
    as_of: float | None = None
    live: bool = False
    problem: ImaError | None = None
    changes: ListChanges = field(default_factory=ListChanges)
    """Since the last run, or since the first fetch of this one."""


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job changed."""

    job: Job


@dataclass(frozen=True, slots=True)
class ListChanged:
    """A product list was fetched, or its fetch failed."""

    product_list: ProductList


@dataclass(frozen=True, slots=True)
class ConnectivityChanged:
    """The connection to the service broke or works again (`problem` None)."""

    problem: ImaError | None


@dataclass(frozen=True, slots=True)
class Paused:
    """The service asked for a pause of `seconds`; no requests are sent meanwhile."""

    seconds: float


@dataclass(frozen=True, slots=True)
class PreferencesChanged:
    """The preferred models changed."""


@dataclass(frozen=True, slots=True)
class TaskUnsaved:
    """A task id of the service could not be saved to the ledger.

    `where` it is kept until then ("": nowhere); `written`: it was saved to the ledger after all.
    """

    job: Job
    task_id: str
    where: str = ""
    written: bool = False


@dataclass(frozen=True, slots=True)
class GuidesChanged:
    """A guide in the knowledge folder was added, changed or removed."""


@dataclass(frozen=True, slots=True)
class SubjectsChanged:
    """A subject was added, changed or removed."""


@dataclass(frozen=True, slots=True)
class EndingChanged:
    """What a workflow ends with began, went on or is over."""

    workflow_id: str


Notice = (
    JobChanged
    | ListChanged
    | ConnectivityChanged
    | Paused
    | PreferencesChanged
    | TaskUnsaved
    | GuidesChanged
    | SubjectsChanged
    | EndingChanged
)


@dataclass(frozen=True, slots=True)
class Totals:
    """Points spent. `out` is charged for jobs without a result yet."""

    today: int = 0
    session: int = 0
    out: int = 0


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
