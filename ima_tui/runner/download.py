"""Downloads of results to files. Failures here cost no points and never cause a new generation."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ima_tui.api.rate_limit import Connectivity, RateLimit
from ima_tui.config.loader import Settings
from ima_tui.core.clock import backoff, first_of
from ima_tui.core.domain import Failure, Job, Media, Medium, State
from ima_tui.core.errors import ImaError, Unreachable
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.runner import outputs, polling_schedule, result_files
from ima_tui.runner.transitions import Service, Transitions

log = logging.getLogger(__name__)

MOST_FETCHES = 3
MOST_TRIES = 3
NO_WAY = "error.download_unreachable"
PASSING = (
    "error.link_denied",
    "error.link_trouble",
    "error.not_the_medium",
    "error.download_broken",
    "error.result_cut",
)
"""Temporary failures: another try later may succeed."""
PAUSES = (2.0, 4.0, 8.0, 16.0)
"""Seconds between tries while a script waits for the end."""
LONG_PAUSES = (*PAUSES, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0)
"""Seconds between tries when nobody waits: about an hour in total."""

Where = Callable[[Job], Path]
LookAgain = Callable[[Job], Awaitable[tuple[tuple[Media, ...], Failure]]]
MissingFrames = Callable[[Path], Awaitable[tuple[int, int] | None]]
"""Of a video that was cut off: the frames that can be decoded, and those it should have."""


async def _nobody_counts(path: Path) -> None:
    """Count nothing."""


@dataclass(eq=False)
class Fetcher:
    """Downloads the results of finished jobs.

    `patient`: wait for a missing network instead of giving up. `stays`: nobody waits for this run's
    end, so a refused link is retried for longer. `folder` returns a job's folder. `look_again` asks
    the service for current links. `missing_frames` finds videos that were cut off.
    """

    _record: Transitions
    _connect: Callable[[], Awaitable[Service]]
    _connectivity: Connectivity
    _rate_limit: RateLimit
    _settings: Settings
    folder: Where
    look_again: LookAgain
    patient: bool
    stays: bool
    missing_frames: MissingFrames = _nobody_counts

    def __post_init__(self) -> None:
        self._pauses_between = LONG_PAUSES if self.stays else PAUSES
        self._fetches = asyncio.Semaphore(MOST_FETCHES)
        self._devices: dict[Path, int] = {}
        self._pauses: dict[int, asyncio.Event] = {}

    def try_now(self, job_id: int) -> None:
        """End the pause before the next try; the user asked for the results."""
        if job_id in self._pauses:
            self._pauses[job_id].set()

    async def fetch(self, job: Job) -> None:
        """Download every missing result, with retries, and finish the job."""
        for pause in (*self._pauses_between, None):
            job, problem = await self._fetch_all(job)
            passing = problem is not None and problem.key in PASSING
            if problem is None or not passing or pause is None:
                break
            job, gone = await self._wait(job, problem, pause)
            if gone is not None:
                problem = gone
                break
        await self._conclude(job, problem)

    async def _conclude(self, job: Job, problem: ImaError | None) -> None:
        """Finish the job; an order with missing outputs stays partial."""
        key = "event.done" if problem is None else "event.done_unfetched"
        failure = Failure(problem.key, values=problem.values) if problem else outputs.NONE
        if outputs.is_partial(job) and job.failure is not None:
            failure = job.failure
        await self._record.step(job, State.DONE, key, medias=job.medias, failure=failure)

    async def _fetch_all(self, job: Job) -> tuple[Job, ImaError | None]:
        """Try each missing result once; return the last problem."""
        medias = list(job.medias)
        problem: ImaError | None = None
        for index, media in enumerate(medias, 1):
            if await asyncio.to_thread(result_files.is_here, media):
                continue
            try:
                medias[index - 1] = await self._fetch_one(job, media, index)
            except ImaError as error:
                problem = error
                medias[index - 1] = replace(media, path="")
                await self._record.note(job, "event.fetch_failed", {"index": index})
        return replace(job, medias=tuple(medias)), problem

    async def _wait(self, job: Job, problem: ImaError, pause: float) -> tuple[Job, ImaError | None]:
        """Record the problem and the next try, wait, and get current links.

        Also returns why another try is pointless, if so.
        """
        pause = max(pause, polling_schedule.floor(job.order.task_type))
        again = time.strftime("%H:%M", time.localtime(self._record.clock.time() + pause))
        values = {**problem.values, "id": job.id, "time": again}
        self._pauses[job.id] = asyncio.Event()
        why = problem.key.replace("error.", "waiting.")
        await self._record.delay(job, why, values, job.medias)
        await self._pause(job.id, pause)
        try:
            medias, _ = await self.look_again(job)
        except ImaError as error:
            return job, error if error.key == "error.result_deleted" else None
        same = [media.url for media in medias] == [media.url for media in job.medias]
        denied = problem.key == "error.link_denied"
        if same and denied and self._record.clock.time() > job.links_expire_at:
            return job, ImaError("error.link_expired")
        return replace(job, medias=medias[: len(job.medias)]), None

    async def _pause(self, job_id: int, seconds: float) -> None:
        """Wait `seconds`, or until `try_now`."""
        now = self._pauses.setdefault(job_id, asyncio.Event())
        try:
            await first_of(self._record.clock.sleep(seconds), now.wait())
        finally:
            self._pauses.pop(job_id, None)

    async def _fetch_one(self, job: Job, media: Media, index: int) -> Media:
        service = await self._connect()
        folder = self.folder(job)
        part = result_files.part_path(folder, job, index)
        tries = 0
        while True:
            try:
                async with self._fetches:
                    await asyncio.to_thread(self._make_folder, folder, job, index)
                    await service.download(media.url, part)
                await self._count_frames(part, job)
                return await asyncio.to_thread(self._settle, part, job, media, index)
            except OSError as error:
                raise ImaError("error.disk", reason=error.strerror or "—") from error
            except ImaError as error:
                tries += 1
                if error.key != NO_WAY:
                    raise
                if tries < MOST_TRIES:
                    await self._connectivity.wait(backoff(tries))
                elif self.patient and await self._is_away(service, job):
                    await self._record.note(job, "event.fetch_waits", {"index": index})
                    while await self._is_away(service, job):
                        pass  # each check waits for its time to try the connection
                    tries = 0
                else:
                    raise
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

    async def _count_frames(self, part: Path, job: Job) -> None:
        """Raise `error.result_cut` for a video that opens, but is not all there."""
        if job.order.task_type.medium is Medium.VIDEO:
            missing = await self.missing_frames(part)
            if missing is not None:
                raise ImaError("error.result_cut", found=missing[0], claimed=missing[1])

    async def _is_away(self, service: Service, job: Job) -> bool:
        """Tell whether the service is unreachable too, so that the network is at fault."""
        try:
            async with self._connectivity.passage(), self._rate_limit.request():
                await service.detail(job.task_id, lambda: None)
        except Unreachable as error:
            self._connectivity.broke(error)
            return True
        except ImaError:
            return False
        self._connectivity.works()
        return False

    def _make_folder(self, folder: Path, job: Job, index: int) -> None:
        """Create the folder.

        One that disappeared with its drive is not created on the disk below it.
        """
        before = self._devices.get(folder)
        if before is not None and not folder.exists():
            under = next(each for each in folder.parents if each.exists())
            if under.stat().st_dev != before:
                raise ImaError("error.folder_gone", path=one_line(folder, 300))
        folder.mkdir(parents=True, exist_ok=True)
        self._devices[folder] = folder.stat().st_dev
        result_files.sweep(folder, job, index)

    def _write_into(self, part: Path, job: Job) -> None:
        """Write the prompt into the file; a file that has no place for it stays as it is."""
        try:
            result_files.write(part, job.order)
        except (result_files.NoPlace, OSError) as error:
            log.warning("job %s: nothing embedded: %r", job.id, error)

    def _settle(self, part: Path, job: Job, media: Media, index: int) -> Media:
        result_files.check(part, job.order.task_type.medium)
        if self._settings.embed:
            self._write_into(part, job)
        final = result_files.settle(part, job, index, self._settings.name)
        tag = self._record.ledger.tag
        with_prompt = self._settings.prompt_in_sidecar
        result_files.sidecar(final, job, media, with_prompt, tag, index)
        return replace(media, path=str(final))
