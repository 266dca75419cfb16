"""Names of results: `step:7#1` of a step, `job:41#1` of a job in the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ima_tui.core.domain import Job, State
from ima_tui.core.input_files import living

_RESULT = re.compile(r"step:([0-9]{1,4})#([0-9]{1,4})")
_JOB = re.compile(r"job:([0-9]{1,9})#([0-9]{1,4})")
_SAID = re.compile(r"(?:step[ :]?|第 ?|步骤 ?)([0-9]{1,4})(?: ?步)?(?:#([0-9]{1,4}))?", re.I)


def result_of(source: str) -> tuple[int, int] | None:
    """Return the step and the result number (from 1) of an input such as `step:1#1`, else None."""
    found = _RESULT.fullmatch(source)
    return (int(found[1]), int(found[2])) if found else None


def source_of(step_id: int, index: int = 1) -> str:
    """Return the input that names a step's result."""
    return f"step:{step_id}#{index}"


def source_said(written: str) -> str:
    """Normalise `step 1`, `step:1#2`, `第1步`, `步骤 1`; other text is returned unchanged."""
    found = _SAID.fullmatch(written.strip())
    return source_of(int(found[1]), int(found[2] or 1)) if found else written


def job_of(source: str) -> tuple[int, int] | None:
    """Return the job and the result number (from 1) of a source such as `job:41#1`, else None."""
    found = _JOB.fullmatch(source)
    return (int(found[1]), int(found[2])) if found else None


def for_queue(source: str, made: Mapping[int, Job], now: float) -> str:
    """Return a step's result as the queue names it.

    A removed job can't be waited for, so its result is given by link, or by file once the link has
    expired.
    """
    found = result_of(source)
    if found is None:
        return source
    step_id, index = found
    job = made[step_id]
    if job.state is State.FORGOTTEN and index <= len(job.medias):
        return living(job, index, now)
    return f"job:{job.id}#{index}"
