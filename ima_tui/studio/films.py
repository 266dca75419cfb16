"""Films of workflows: finds the files of their shots and sounds, and what is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ima_tui.core.domain import Job
from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.film.request import AssembleJob
from ima_tui.studio.jobs import Jobs
from ima_tui.workflow import film_plan
from ima_tui.workflow.sources import job_of, result_of
from ima_tui.workflow.status import WorkflowStatus

FOLDER = "films"
"""Folder of pieces in the cache."""


async def request(
    jobs: Jobs, status: WorkflowStatus, folder: Path, cache: Path, target: str = ""
) -> AssembleJob:
    """Return what to assemble for a workflow whose steps are done.

    The film is named after the workflow and its request, so that another one replaces nothing.
    Raises `UsageError` where a shot or sound is not made or not on this machine.
    """
    plan = status.workflow.film
    if plan is None:
        raise UsageError("error.film_none")
    files = {source: await _file(jobs, status, source) for source in plan.sources}
    film = film_plan.film(plan, lambda source: files[source])
    stem = f"film-{status.workflow.id[:8]}"
    return AssembleJob(film, str(cache / FOLDER), target, str(folder), stem)


async def _file(jobs: Jobs, status: WorkflowStatus, source: str) -> str:
    step, job_source = result_of(source), job_of(source)
    if step is not None:
        each = status.step_status(step[0])
        if not each.is_done or each.job is None:
            raise UsageError("error.film_not_made", step=step[0])
        return await _local(each.job, step[1])
    if job_source is not None:
        job = await jobs.get(job_source[0])
        if job is None:
            raise UsageError("error.film_no_job", id=job_source[0])
        return await _local(job, job_source[1])
    return await asyncio.to_thread(lambda: str(Path(source).absolute()))


async def _local(job: Job, index: int) -> str:
    """Return the file of a result."""
    path = job.medias[index - 1].path if 0 < index <= len(job.medias) else ""
    if not path or not await asyncio.to_thread(Path(path).is_file):
        shown = one_line(Path(path).name, 120) if path else f"#{job.id}"
        raise UsageError("error.film_not_here", path=shown, id=job.id)
    return path
