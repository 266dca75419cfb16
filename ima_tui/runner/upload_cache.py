"""Cache of uploaded inputs and passed checks, for a job's next try.

In memory, for an hour: after a restart inputs are uploaded again, which costs no points.
"""

from __future__ import annotations

from dataclasses import field

from ima_tui.core.clock import Clock
from ima_tui.core.input_files import Stamp
from ima_tui.core.records import dataclass

KEPT = 3600.0
"""Seconds; uploaded files are available longer than that."""


@dataclass(slots=True)
class _OfJob:
    at: float
    uploads: dict[tuple[str, Stamp], str] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)


class UploadCache:
    """Uploads and checks by job."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[int, _OfJob] = {}

    def of(self, job_id: int) -> _OfJob:
        """Return the job's entry, to be filled in; a new one when it is too old."""
        now = self._clock.steady()
        known = self._jobs.get(job_id)
        if known is None or now - known.at >= KEPT:
            known = self._jobs[job_id] = _OfJob(now)
        return known

    def drop(self, job_id: int) -> None:
        """Drop the entry of a job that was sent or will not be."""
        self._jobs.pop(job_id, None)
