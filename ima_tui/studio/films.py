"""What workflows end with: finds the files, downloads what is missing, makes and finds films.

Also crops images and videos and joins music, as a workflow's `finish` says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui.config.loader import Settings
from ima_tui.core import atomic_file
from ima_tui.core.domain import Job, Medium, State
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.film import assembler
from ima_tui.film.assembler import Tell
from ima_tui.film.timeline import AssembleJob, Film, JoinJob, Shot, StillJob
from ima_tui.studio.jobs import Jobs
from ima_tui.workflow import film_plan
from ima_tui.workflow.finishing import Crop, Finish, Join
from ima_tui.workflow.sources import job_of, result_of, source_of
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import Workflow

if TYPE_CHECKING:
    from filelock import BaseFileLock

FOLDER = "films"
"""Folder of pieces in the cache."""


@dataclass(frozen=True, slots=True)
class MadeFilm:
    """A film on the disk; `facts`: those of the assembler, None for one that was found there."""

    path: str
    at: float
    facts: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a film still lacks: steps without a result, and jobs whose files are not here."""

    steps: tuple[int, ...] = ()
    jobs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """A file that was made of results, now or before.

    `repeats`: pieces of music that are heard again because all of them were too short.
    """

    path: str
    repeats: int = 0


def need_pyav(workflow: Workflow) -> None:
    """Raise `UsageError` where what a workflow ends with needs PyAV, and it is missing."""
    rest = any(isinstance(each, Join) or _is_video(workflow, each) for each in workflow.finish)
    if workflow.film is not None or rest:
        assembler.need_pyav()


def _is_video(workflow: Workflow, finish: Finish) -> bool:
    """Tell whether something is made of videos."""
    steps = finish.steps
    return any(workflow.step(step).task_type.medium is Medium.VIDEO for step in steps)


@dataclass(eq=False)
class Films:
    """What workflows end with. Everything here is free."""

    _settings: Settings
    _jobs: Jobs

    def lock(self, workflow_id: str) -> BaseFileLock:
        """Return the lock of whoever makes the end of a workflow; taking it never waits."""
        path = self._settings.cache / FOLDER / f"{workflow_id}.lock"
        return atomic_file.lock(path, timeout=0, thread_local=False)

    async def lacking(self, status: WorkflowStatus) -> Lacking:
        """Return what the film, or another end, can't be made without.

        Raises `UsageError` without PyAV, without an end, and for a job or file that is gone.
        """
        workflow = status.workflow
        if not workflow.ends:
            raise UsageError("error.film_none")
        need_pyav(workflow)
        steps: list[int] = []
        jobs: list[int] = []
        film = workflow.film.sources if workflow.film is not None else ()
        rest = [source for each in workflow.finish for source in _results(workflow, each.steps)]
        for source in (*film, *rest):
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
        changed = await asyncio.to_thread(atomic_file.changed_at, path)
        return MadeFilm(str(path), changed, done)

    async def finish(self, status: WorkflowStatus, tell: Tell | None = None) -> list[Finished]:
        """Crop images and videos and join music as the workflow says; what is there stays.

        Raises `UsageError` and `FilmError`.
        """
        if status.workflow.finish:
            self._settings.for_writing()
        folder = self._settings.folder_of(status.workflow.project)
        made: list[Finished] = []
        for each in status.workflow.finish:
            sources = _results(status.workflow, each.steps)
            files = [await _file(self._jobs, status, source) for source in sources]
            if isinstance(each, Crop) and _is_video(status.workflow, each):
                made += [await self._crop_video(Path(file), each, folder, tell) for file in files]
            elif isinstance(each, Crop):
                made += [await _crop(Path(file), each, folder) for file in files]
            else:
                made.append(await self._join(status, files, each, tell))
        return made

    async def _crop_video(
        self, file: Path, crop: Crop, folder: Path, tell: Tell | None
    ) -> Finished:
        target = _cropped_name(file, crop, folder, ".mp4")
        shot = Shot(str(file), own_sound=1.0)
        film = Film((shot,), loudness=0.0, ratio=crop.ratio)
        job = AssembleJob(film, str(self._settings.cache / FOLDER), str(target))
        await assembler.assemble(job, tell)
        return Finished(str(target))

    async def _join(
        self, status: WorkflowStatus, files: list[str], join: Join, tell: Tell | None
    ) -> Finished:
        named = sha256(repr((files, join.seconds, join.crossfade)).encode()).hexdigest()[:8]
        folder = self._settings.folder_of(status.workflow.project)
        target = folder / f"music-{status.workflow.id[:8]}-{named}.m4a"
        if await asyncio.to_thread(target.exists):
            return Finished(str(target))
        cache = str(self._settings.cache / FOLDER)
        job = JoinJob(tuple(files), str(target), cache, join.seconds, join.crossfade)
        done = await assembler.join(job, tell)
        return Finished(str(target), repeats=int(str(done["repeats"])))

    async def latest(self, workflow: Workflow) -> MadeFilm | None:
        """Return the newest film of a workflow that is in the results folder, or its project's."""
        folders = {self._settings.folder, self._settings.folder_of(workflow.project)}
        return await asyncio.to_thread(_latest, folders, _stem(workflow.id))


async def _crop(file: Path, crop: Crop, folder: Path) -> Finished:
    kept = file.suffix if file.suffix.lower() in (".jpg", ".jpeg", ".webp") else ".png"
    target = _cropped_name(file, crop, folder, kept)
    if not await asyncio.to_thread(target.exists):
        await assembler.crop(StillJob(str(file), str(target), ratio=crop.ratio))
    return Finished(str(target))


def _cropped_name(file: Path, crop: Crop, folder: Path, suffix: str) -> Path:
    wide, high = crop.ratio
    return folder / f"{file.stem}-{wide}x{high}{suffix}"


def _results(workflow: Workflow, steps: Iterable[int]) -> list[str]:
    """Return all results of some steps as sources."""
    return [
        source_of(number, index)
        for number in steps
        for index in range(1, workflow.step(number).n + 1)
    ]


def _latest(folders: Iterable[Path], stem: str) -> MadeFilm | None:
    paths = (path for folder in folders for path in folder.glob(f"{stem}-*.mp4"))
    found = [MadeFilm(str(path), atomic_file.changed_at(path)) for path in paths]
    return max(found, key=lambda film: film.at, default=None)


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
