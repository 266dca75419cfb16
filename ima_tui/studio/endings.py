"""Makes what workflows end with by itself: films, crops, joined music. Everything here is free.

Running a workflow leaves a note beside its file. Once its last step is done, one window makes its
end, one workflow at a time. The note goes when that is over, fails or is stopped; until then every
start goes on with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

from ima_tui.core.clock import Clock
from ima_tui.core.domain import State
from ima_tui.core.errors import ImaError
from ima_tui.core.events import EndingChanged, JobChanged, Notice
from ima_tui.core.records import dataclass
from ima_tui.film.assembler import FilmProgress
from ima_tui.studio.films import Films, Finished, Lacking, MadeFilm
from ima_tui.studio.jobs import Jobs
from ima_tui.studio.workflows import Workflows
from ima_tui.workflow.status import WorkflowStatus

log = logging.getLogger(__name__)

NOTE = ".due"
ELSEWHERE_SECONDS = 1.0
"""Seconds between two looks whether another window is still at it, stopped it or changed it."""


class Stage(StrEnum):
    """Where the end of a workflow stands."""

    FILES = "files"  # being downloaded
    ELSEWHERE = "elsewhere"  # another window makes it
    MAKING = "making"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of one workflow: `film` and `files` once it is done, `error` where it failed.

    `files_missing`: how many files are being downloaded.
    """

    stage: Stage
    progress: FilmProgress | None = None
    film: MadeFilm | None = None
    files: tuple[Finished, ...] = ()
    error: ImaError | None = None
    files_missing: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is neither done nor given up."""
        return self.stage not in (Stage.DONE, Stage.FAILED)


@dataclass(eq=False)
class Endings:
    """The ends of workflows that are due. `watch` makes them; `hear` is a listener of news."""

    _workflows: Workflows
    _films: Films
    _jobs: Jobs
    _clock: Clock
    _tell: Callable[[Notice], None]
    _for_writing: Callable[[], object]

    def __post_init__(self) -> None:
        self._endings: dict[str, Ending] = {}
        self._news = asyncio.Event()
        self._making: tuple[str, asyncio.Task[Ending]] | None = None
        self._fetched: set[int] = set()
        """Jobs whose files were asked for once: a second time would not bring them either."""

    def of(self, workflow_id: str) -> Ending | None:
        """Return where a workflow's end stands, None while there is nothing to tell."""
        return self._endings.get(workflow_id)

    async def want(self, workflow_id: str) -> None:
        """Make the end as soon as every step is done, also after a crash.

        Raises `UsageError` in a read-only run.
        """
        self._for_writing()
        await asyncio.to_thread(self._note(workflow_id).touch, 0o600)
        self._fetched.clear()
        self._put(workflow_id, None)
        self._news.set()

    async def stop(self, workflow_id: str) -> None:
        """Stop making the end, in whichever window; it does not begin again by itself."""
        await asyncio.to_thread(self._note(workflow_id).unlink, missing_ok=True)
        if self._making is not None and self._making[0] == workflow_id:
            self._making[1].cancel()
        self._put(workflow_id, None)

    @asynccontextmanager
    async def alone(self, workflow_id: str) -> AsyncIterator[None]:
        """Hold an end that is made by other means; waits while another program makes it."""
        lock = self._films.lock(workflow_id)
        while True:
            try:
                await asyncio.to_thread(lock.acquire)
                break
            except TimeoutError:
                await self._clock.sleep(ELSEWHERE_SECONDS)
        try:
            yield
        finally:
            await asyncio.to_thread(lock.release)

    def hear(self, notice: Notice) -> None:
        """Look again what can be made when a job is done."""
        if isinstance(notice, JobChanged) and notice.job.state in (State.DONE, State.STOPPED):
            self._news.set()

    async def watch(self) -> None:
        """Make what is due, now and after news, until it is cancelled."""
        while True:
            self._news.clear()
            is_elsewhere = False
            due = await asyncio.to_thread(self._due)
            for workflow_id in [each for each in self._endings if each not in due]:
                if self._endings[workflow_id].is_open:  # made or stopped by another window
                    self._put(workflow_id, None)
            for workflow_id in due:
                try:
                    is_elsewhere |= await self._consider(workflow_id)
                except (ImaError, OSError) as error:
                    log.warning("end of workflow %s: %r", workflow_id, error)
            if is_elsewhere:
                await self._clock.sleep(ELSEWHERE_SECONDS)
            else:
                await self._news.wait()

    async def _consider(self, workflow_id: str) -> bool:
        """Make an end whose steps are done; returns whether another window makes it."""
        workflow = await self._workflows.kept_as(workflow_id)
        if workflow is None:
            await self.stop(workflow_id)
            return False
        status = await self._workflows.status(workflow, priced=False)
        if not status.is_done:
            return False
        lock = self._films.lock(workflow_id)
        try:
            await asyncio.to_thread(lock.acquire)
        except TimeoutError:
            self._put(workflow_id, Ending(Stage.ELSEWHERE))
            return True
        try:
            if self._is_due(workflow_id):
                await self._make(status)
            else:  # the other window ended just now
                self._put(workflow_id, None)
        finally:
            await asyncio.to_thread(lock.release)
        return False

    async def _make(self, status: WorkflowStatus) -> None:
        """Download what is missing, then make it."""
        workflow_id = status.workflow.id
        try:
            lacking = await self._films.lacking(status)
            if lacking.jobs and await self._are_coming(lacking):
                self._put(workflow_id, Ending(Stage.FILES, files_missing=len(lacking.jobs)))
                return
            ending = await self._made(status)
        except ImaError as error:
            ending = Ending(Stage.FAILED, error=error)
        if ending is None:  # stopped, or the film was changed meanwhile
            self._put(workflow_id, None)
            self._news.set()
            return
        await asyncio.to_thread(self._note(workflow_id).unlink, missing_ok=True)
        self._put(workflow_id, ending)

    async def _are_coming(self, lacking: Lacking) -> bool:
        """Begin to download files, each once; returns whether any is on its way."""
        fresh = tuple(job_id for job_id in lacking.jobs if job_id not in self._fetched)
        if fresh:
            self._fetched.update(fresh)
            await self._films.download(Lacking(jobs=fresh))
            return True
        jobs = [await self._jobs.get(job_id) for job_id in lacking.jobs]
        return any(job is not None and job.state is State.FETCHING for job in jobs)

    async def _made(self, status: WorkflowStatus) -> Ending | None:
        """Make it; None where it was stopped, or the workflow was changed meanwhile."""
        workflow_id = status.workflow.id
        file = self._workflows.path(workflow_id)
        as_kept = await asyncio.to_thread(file.stat)

        def is_valid() -> bool:
            return self._is_due(workflow_id) and file.stat().st_mtime_ns == as_kept.st_mtime_ns

        def told(progress: FilmProgress) -> None:
            self._put(workflow_id, Ending(Stage.MAKING, progress))

        async def watch() -> None:
            while await asyncio.to_thread(is_valid):
                await self._clock.sleep(ELSEWHERE_SECONDS)
            task.cancel()

        async def work() -> Ending:
            workflow = status.workflow
            film = await self._films.assemble(status, told) if workflow.film else None
            files = await self._films.finish(status, told)
            return Ending(Stage.DONE, film=film, files=tuple(files))

        self._put(workflow_id, Ending(Stage.MAKING))
        task = asyncio.create_task(work(), name=f"end of workflow {workflow_id}")
        watching = asyncio.create_task(watch(), name=f"watch workflow {workflow_id}")
        self._making = workflow_id, task
        try:
            await asyncio.wait([task])
        finally:
            self._making = None
            watching.cancel()
            task.cancel()
            await asyncio.gather(task, watching, return_exceptions=True)
        if task.cancelled():
            return None
        ending = task.result()
        return ending if await asyncio.to_thread(is_valid) else None

    # ---------------------------------------------------------------------------------- notes

    def _note(self, workflow_id: str) -> Path:
        return self._workflows.path(workflow_id).with_suffix(NOTE)

    def _is_due(self, workflow_id: str) -> bool:
        return self._note(workflow_id).exists()

    def _due(self) -> list[str]:
        return sorted(path.stem for path in self._note("any").parent.glob(f"*{NOTE}"))

    def _put(self, workflow_id: str, ending: Ending | None) -> None:
        if ending == self._endings.get(workflow_id):
            return
        if ending is None:
            del self._endings[workflow_id]
        else:
            self._endings[workflow_id] = ending
        self._tell(EndingChanged(workflow_id))
