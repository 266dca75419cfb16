"""Names of results: `step:7#1` of a step, `job:41#1` of a job in the ledger."""

from __future__ import annotations

import re

_RESULT = re.compile(r"step:([0-9]{1,4})#([0-9]{1,4})")
_JOB = re.compile(r"job:([0-9]{1,9})#([0-9]{1,4})")
_SAID = re.compile(r"(?:step[ :]?|第 ?)([0-9]{1,4})(?: ?步)?(?:#([0-9]{1,4}))?", re.I)


def result_of(source: str) -> tuple[int, int] | None:
    """Return the step and the result number (from 1) of an input such as `step:1#1`, else None."""
    found = _RESULT.fullmatch(source)
    return (int(found[1]), int(found[2])) if found else None


def source_of(step_id: int, index: int = 1) -> str:
    """Return the input that names a step's result."""
    return f"step:{step_id}#{index}"


def source_said(written: str) -> str:
    """Normalise `step 1`, `step:1#2`, `第1步`; other text is returned unchanged."""
    found = _SAID.fullmatch(written.strip())
    return source_of(int(found[1]), int(found[2] or 1)) if found else written


def job_of(source: str) -> tuple[int, int] | None:
    """Return the job and the result number (from 1) of a source such as `job:41#1`, else None."""
    found = _JOB.fullmatch(source)
    return (int(found[1]), int(found[2])) if found else None
