"""Films of workflows: finds their files, downloads what is missing, assembles and finds them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ima_tui.config.loader import Settings
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.film import assembler
from ima_tui.film.assembler import Tell
from ima_tui.film.request import AssembleJob
from ima_tui.studio.jobs import Jobs
from ima_tui.workflow import film_plan
from ima_tui.workflow.sources import job_of, result_of
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import Workflow

FOLDER = "films"
"""Folder of pieces in the cache."""


@dataclass(frozen=True, slots=True)
class MadeFilm:
    """A film on the disk. `made` False: the same one was there before."""

    path: str
    at: float
    made: bool = True
    facts: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a film still lacks: steps without a result, and jobs whose files are not here."""

    steps: tuple[int, ...] = ()
    jobs: tuple[int, ...] = ()


class Films:
    """Films of workflows. Everything here is free."""

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        self._settings = settings
        self._jobs = jobs

    async def lacking(self, status: WorkflowStatus) -> Lacking:
        """Return what the film can't be assembled without.

        Raises `UsageError` without PyAV, without a film, and for a job or file that is gone.
        """
        plan = status.workflow.film
        if plan is None:
            raise UsageError("error.film_none")
        assembler.need_pyav()
        steps: list[int] = []
        jobs: list[int] = []
        for source in plan.sources:
            step = result_of(source)
            if step is not None and not status.step_status(step[0]).is_done:
                steps.append(step[0])
                continue
            found = await _job(self._jobs, status, source)
            if found is None:
                if not await asyncio.to_thread(Path(source).is_file):
                    raise UsageError("error.film_no_file", path=one_line(Path(source).name, 120))
            elif not await _is_here(*found):
                jobs.append(found[0].id)
        return Lacking(tuple(dict.fromkeys(steps)), tuple(dict.fromkeys(jobs)))

    async def download(self, lacking: Lacking) -> None:
        """Begin to download the files that are not here; the jobs tell when they are.

        Raises `UsageError` and `ImaError`.
        """
        for job_id in lacking.jobs:
            job = await self._jobs.get(job_id)
            if job is None or job.state is not State.FETCHING:
                await self._jobs.fetch(job_id)

    async def assemble(self, status: WorkflowStatus, tell: Tell | None = None) -> MadeFilm:
        """Assemble the film in a process of its own, which ends when this is cancelled.

        Raises `UsageError` and `FilmError`.
        """
        self._settings.for_writing()
        job = await request(self._jobs, status, self._settings)
        done = await assembler.assemble(job, tell)
        path = Path(str(done["path"]))
        changed = await asyncio.to_thread(_changed_at, path)
        return MadeFilm(str(path), changed, bool(done["made"]), done)

    async def latest(self, workflow: Workflow) -> MadeFilm | None:
        """Return the newest film of a workflow that is in the results folder, or its project's."""
        folders = {self._settings.folder, self._settings.folder_of(workflow.project)}
        return await asyncio.to_thread(_latest, folders, _stem(workflow.id))


def _latest(folders: Iterable[Path], stem: str) -> MadeFilm | None:
    paths = (path for folder in folders for path in folder.glob(f"{stem}-*.mp4"))
    found = [MadeFilm(str(path), _changed_at(path)) for path in paths]
    return max(found, key=lambda film: film.at, default=None)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _stem(workflow_id: str) -> str:
    return f"film-{workflow_id[:8]}"


async def request(
    jobs: Jobs, status: WorkflowStatus, settings: Settings, target: str = ""
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
    stem = _stem(status.workflow.id)
    folder = settings.folder_of(status.workflow.project)
    return AssembleJob(film, str(settings.cache / FOLDER), target, str(folder), stem)


async def _file(jobs: Jobs, status: WorkflowStatus, source: str) -> str:
    found = await _job(jobs, status, source)
    if found is None:
        return await asyncio.to_thread(lambda: str(Path(source).absolute()))
    job, index = found
    if not await _is_here(job, index):
        path = _path(job, index)
        shown = one_line(Path(path).name, 120) if path else f"#{job.id}"
        raise UsageError("error.film_not_here", path=shown, id=job.id)
    return _path(job, index)


async def _job(jobs: Jobs, status: WorkflowStatus, source: str) -> tuple[Job, int] | None:
    """Return the job of a source and the number of its result, None for a file of one's own.

    Raises `UsageError` where there is none.
    """
    step, named = result_of(source), job_of(source)
    if step is not None:
        each = status.step_status(step[0])
        if not each.is_done or each.job is None:
            raise UsageError("error.film_not_made", step=step[0])
        return each.job, step[1]
    if named is None:
        return None
    job = await jobs.get(named[0])
    if job is None:
        raise UsageError("error.film_no_job", id=named[0])
    return job, named[1]


def _path(job: Job, index: int) -> str:
    return job.medias[index - 1].path if 0 < index <= len(job.medias) else ""


async def _is_here(job: Job, index: int) -> bool:
    path = _path(job, index)
    return bool(path) and await asyncio.to_thread(Path(path).is_file)
