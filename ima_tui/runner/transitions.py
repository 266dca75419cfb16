"""Records state changes in the ledger first, then logs and publishes them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ima_tui.core.clock import Clock
from ima_tui.core.domain import Failure, Job, Media, State
from ima_tui.core.errors import ImaError, Refused
from ima_tui.core.records import dataclass

if TYPE_CHECKING:
    from ima_tui.api.client import Created
    from ima_tui.api.wire import Progress
    from ima_tui.ledger.store import Ledger
    from ima_tui.ledger.writing import Values


log = logging.getLogger(__name__)
_LEVELS = {
    State.FAILED: logging.ERROR,
    State.NEEDS_REVIEW: logging.ERROR,
    State.TIMED_OUT: logging.WARNING,
}
_NEW = ("queued", "again", "event.repriced")


def log_step(
    job: Job,
    key: str,
    before: State | None = None,
    *,
    depth: int = 1,
    intent: str = "",
    ledger: str = "",
) -> None:
    """Log one line for a recorded change: ids, states, points, and what it is filed under.

    Nothing else that the user wrote.

    `depth`: stack frames up to the function responsible. `intent` and the `ledger`'s tag tell whose
    job it is, should the ledger be lost (`ledger.traces`).
    """
    way = f"{before.value} -> {job.state.value}" if before else job.state.value
    why = key.removeprefix("event.")
    words = [f"job {job.id}", way, "" if why == job.state.value else f"({why})"]
    if job.state is State.FAILED and job.failure is not None:
        words.append(job.failure.kind.removeprefix("error."))
    if key in _NEW:
        order = job.order
        words.append(f"{order.task_type.value} {order.model_id} x{order.n}, {order.total} points")
    if intent:
        words.append(f"intent {intent}")
    if job.task_id:
        words.append(f"task {job.task_id}")
    if ledger:
        words.append(f"ledger {ledger}")
    if key in _NEW:
        labels = {"project": job.order.project, "client": job.order.client}
        for name, label in labels.items():
            if label:
                words.append(f"{name} {json.dumps(label, ensure_ascii=False)}")
    level = _LEVELS.get(job.state, logging.INFO)
    log.log(level, " ".join(filter(None, words)), stacklevel=depth + 1)


class Service(Protocol):
    """What jobs need of the API: client and downloader; see `api.service`."""

    async def create_order(self, job: Job, urls: tuple[str, ...]) -> Created:
        """Create the task. Charged."""
        ...

    async def detail(self, task_id: str, before: Callable[[], None]) -> Progress:
        """Return the state of a task."""
        ...

    async def verify(self, url: str) -> None:
        """Have the service check an input."""
        ...

    async def upload(self, content: bytes, *, mime: str, suffix: str) -> str:
        """Upload a file; returns its URL."""
        ...

    async def download(self, url: str, part: Path) -> int:
        """Download a result; returns its size in bytes."""
        ...


@dataclass(eq=False)
class Transitions:
    """Writes transitions of this run's jobs. `tell` gets each job once recorded."""

    ledger: Ledger
    clock: Clock
    tell: Callable[[Job], None]

    async def step(self, job: Job, after: State, key: str, **columns: object) -> Job:
        """Record a step of a job that this run follows.

        Raises `NotOwner` when another took it over.
        """
        return await self._step(job, after, key, ours=True, **columns)

    async def answered(self, job: Job, after: State, key: str, **columns: object) -> Job:
        """Record the answer to a create, whoever follows the job now; it is ours again."""
        return await self._step(job, after, key, ours=False, **columns)

    async def _step(
        self, job: Job, after: State, key: str, *, ours: bool, **columns: object
    ) -> Job:
        stepped = await self.ledger.step(
            job.id,
            after,
            self.clock.time(),
            key,
            ours=ours,
            **columns,  # type: ignore[arg-type]
        )
        log_step(stepped, key, job.state, depth=3)
        self.tell(stepped)
        return stepped

    async def fail(self, job: Job, error: ImaError) -> Job:
        """Record a failure; nothing was sent that could be charged."""
        reason = error.message if isinstance(error, Refused) else ""
        failure = Failure(error.key, reason, error.values)
        return await self.step(job, State.FAILED, "event.refused", failure=failure)

    async def note(self, job: Job, key: str, values: Values | None = None) -> None:
        """Add a timeline entry without a change of state."""
        await self.ledger.note(job.id, self.clock.time(), key, values)
        log_step(job, key, depth=2)

    async def delay(self, job: Job, why: str, values: Values, medias: tuple[Media, ...]) -> Job:
        """Record why results are missing, with those that are here. Raises `NotOwner`."""
        delayed = await self.ledger.delay(job.id, self.clock.time(), why, values, medias)
        log_step(delayed, why, depth=2)
        self.tell(delayed)
        return delayed
