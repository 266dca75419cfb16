"""Compares the ledger with what else tells of its jobs: manifests, log, sidecars, result files.

Nothing is changed. What is newer in the ledger is no difference: logs and manifests come later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from pathlib import Path

from ima_tui.core.domain import Job, State
from ima_tui.core.records import dataclass
from ima_tui.ledger.records import UNSENT
from ima_tui.ledger.traces import Found, Trace, sidecar

_CAME_OUT = frozenset({State.DONE, State.FETCHING})
_DOUBTFUL = UNSENT | {State.NEEDS_REVIEW, State.SENDING, State.FAILED, State.STOPPED}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not fit. `kind` is stable: a message key is `verify.<kind>`.

    `job`: 0 where the ledger does not know it; `source`: `manifest`, `log`, `result` or "".
    """

    kind: str
    job: int = 0
    task_id: str = ""
    path: str = ""
    source: str = ""
    alive: bool = False
    """Whether its link still works."""


@dataclass(slots=True)
class Verification:
    """Takes the jobs of a ledger one by one, then what other sources know (`rest`)."""

    now: float
    wants_files: bool
    jobs: int = 0
    files: int = 0
    _by_task: dict[str, Job] = field(default_factory=dict)
    _by_intent: dict[str, Job] = field(default_factory=dict)

    def take(self, job: Job, intent: str = "") -> Iterator[Difference]:
        """Check one job and its files. Touches the disk."""
        self.jobs += 1
        if job.task_id:
            other = self._by_task.setdefault(job.task_id, job)
            if other.id != job.id:
                yield Difference("twice", job.id, job.task_id)
        if intent:
            self._by_intent[intent] = job
        if job.state is State.DONE:
            yield from self._files(job)

    def _files(self, job: Job) -> Iterator[Difference]:
        alive = self.now < job.links_expire_at
        for media in job.medias:
            if not media.path:
                if self.wants_files:
                    yield Difference("not_fetched", job.id, job.task_id, alive=alive)
                continue
            self.files += 1
            path = Path(media.path)
            try:
                empty = path.stat().st_size == 0
            except (OSError, ValueError):
                yield Difference("file_missing", job.id, job.task_id, media.path, alive=alive)
                continue
            beside = sidecar(path.with_name(f"{path.name}.json"))
            if empty:
                yield Difference("file_empty", job.id, job.task_id, media.path, alive=alive)
            elif beside.get("task_id", job.task_id) != job.task_id:
                yield Difference("file_other", job.id, job.task_id, media.path)

    def rest(self, found: Found) -> Iterator[Difference]:
        """Yield what manifests, log and sidecars know otherwise; last, after every job."""
        for trace in found.traces:
            job = self._by_task.get(trace.task_id) or self._by_intent.get(trace.intent)
            if job is None:
                if trace.task_id or trace.state is State.NEEDS_REVIEW:
                    yield _of("lost", 0, trace)
            elif trace.task_id and trace.task_id != job.task_id and job.state in _DOUBTFUL:
                yield _of("task_unknown", job.id, trace)
            elif trace.state in _CAME_OUT and job.state in _DOUBTFUL:
                yield _of("outcome", job.id, trace)


def _of(kind: str, job: int, trace: Trace) -> Difference:
    path = next((media.path for media in trace.medias if media.path), "")
    return Difference(kind, job, trace.task_id, path, trace.source)


def verify(
    jobs: Iterable[tuple[Job, str]], found: Found, now: float, *, wants_files: bool
) -> tuple[Verification, list[Difference]]:
    """Check all jobs with their intents; returns what was looked at and every difference."""
    verification = Verification(now, wants_files)
    differences = [each for job, intent in jobs for each in verification.take(job, intent)]
    return verification, [*differences, *verification.rest(found)]
