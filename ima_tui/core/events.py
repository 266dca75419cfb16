"""What the studio tells its listeners. Each notice holds the newest facts, so the last one wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # nobody hears of anything before the first paint, which need not wait for it
    from ima_tui.core.domain import Job, ModelVersion, TaskType
    from ima_tui.core.errors import ImaError

ModelKey = tuple[str, str]
"""A leaf within its kind: model id and version."""


@dataclass(frozen=True, slots=True)
class ListChanges:
    """How a list differs from the one that was known at `since`; 0: from none.

    `was`: the points that a model ranged over whose prices are others now.
    """

    since: float = 0.0
    new: frozenset[ModelKey] = frozenset()
    gone: tuple[ModelVersion, ...] = ()
    was: Mapping[ModelKey, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProductList:
    """One task type's models as last seen. `as_of`: seconds since the epoch, None: never seen.

    `live` is True when this process fetched it; else it came from the cache. `problem` says why
    the last fetch brought nothing.
    """

    task_type: TaskType
    models: tuple[ModelVersion, ...] = ()
    as_of: float | None = None
    live: bool = False
    problem: ImaError | None = None
    changes: ListChanges = field(default_factory=ListChanges)
    """Since the last run, or since this one's first look."""


@dataclass(frozen=True, slots=True)
class JobChanged:
    job: Job


@dataclass(frozen=True, slots=True)
class ListChanged:
    product_list: ProductList


@dataclass(frozen=True, slots=True)
class ConnectivityChanged:
    """The way to the service: `problem` is None when the last request got through."""

    problem: ImaError | None


@dataclass(frozen=True, slots=True)
class Paused:
    """The service asked for a pause of so many seconds; nothing is asked of it meanwhile."""

    seconds: float


@dataclass(frozen=True, slots=True)
class PreferencesChanged:
    pass


@dataclass(frozen=True, slots=True)
class TaskUnsaved:
    """The service took the job, and the ledger can't take its task id. `where` it is kept until
    then, "": nowhere. `written`: the ledger has it after all."""

    job: Job
    task_id: str
    where: str = ""
    written: bool = False


@dataclass(frozen=True, slots=True)
class GuidesChanged:
    """A guide in the knowledge folder was added, changed or removed."""


Notice = (
    JobChanged
    | ListChanged
    | ConnectivityChanged
    | Paused
    | PreferencesChanged
    | TaskUnsaved
    | GuidesChanged
)


@dataclass(frozen=True, slots=True)
class Totals:
    """Points. `out` are charged for jobs that have brought nothing yet."""

    today: int = 0
    session: int = 0
    out: int = 0
