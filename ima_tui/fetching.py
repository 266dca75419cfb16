"""From ready to done: every result becomes a file. What fails here costs no points, and is never a
reason to generate again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ima_tui import polling, results
from ima_tui.domain import Failure, Job, Media, State
from ima_tui.errors import ImaError, Unreachable
from ima_tui.link import Link
from ima_tui.pace import Pace
from ima_tui.record import Record, Service

MOST_FETCHES = 3
MOST_TRIES = 3
NO_WAY = "error.download_unreachable"
AGAIN = ("error.download_broken", NO_WAY)


class Fetcher:
    """`patient`: a network that is away is waited for, instead of going without the result."""

    def __init__(
        self,
        record: Record,
        connect: Callable[[], Awaitable[Service]],
        link: Link,
        pace: Pace,
        *,
        folder: Path,
        with_prompt: bool,
        patient: bool,
    ) -> None:
        self._record = record
        self._connect = connect
        self._folder = folder
        self._with_prompt = with_prompt
        self._link = link
        self._pace = pace
        self._patient = patient
        self._fetches = asyncio.Semaphore(MOST_FETCHES)

    async def fetch(self, job: Job) -> None:
        medias = list(job.medias)
        problem: ImaError | None = None
        for index, media in enumerate(medias, 1):
            if await asyncio.to_thread(_is_here, media):
                continue
            try:
                medias[index - 1] = await self._fetch_one(job, media, index)
            except ImaError as error:
                problem = error
                await self._record.note(job, "event.fetch_failed", {"index": index})
        key = "event.done" if problem is None else "event.done_unfetched"
        failure = Failure(problem.key, values=problem.values) if problem else Failure("")
        await self._record.step(job, State.DONE, key, medias=tuple(medias), failure=failure)

    async def _fetch_one(self, job: Job, media: Media, index: int) -> Media:
        service = await self._connect()
        part = results.part_path(self._folder, job, index)
        tries = 0
        while True:
            try:
                async with self._fetches:
                    await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
                    await service.download(media.url, part)
                return await asyncio.to_thread(self._settle, part, job, media, index)
            except OSError as error:
                raise ImaError("error.disk", reason=error.strerror or "—") from error
            except ImaError as error:
                tries += 1
                if error.key not in AGAIN:
                    raise
                if tries < MOST_TRIES:
                    await self._link.wait(polling.backoff(tries))
                elif error.key == NO_WAY and self._patient and await self._is_away(service, job):
                    await self._record.note(job, "event.fetch_waits", {"index": index})
                    while await self._is_away(service, job):
                        pass  # each look waits for its time to try the way
                    tries = 0
                else:
                    raise
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

    async def _is_away(self, service: Service, job: Job) -> bool:
        """Whether the service can't be reached either: then it is our network, not the place
        where the result lies."""
        try:
            async with self._link.passage(), self._pace.request():
                await service.detail(job.task_id, lambda: None)
        except Unreachable as error:
            self._link.broke(error)
            return True
        except ImaError:
            return False
        self._link.works()
        return False

    def _settle(self, part: Path, job: Job, media: Media, index: int) -> Media:
        final = results.settle(part, job, media, index)
        results.sidecar(final, job, media, self._with_prompt)
        return replace(media, path=str(final))


def _is_here(media: Media) -> bool:
    return bool(media.path) and Path(media.path).exists()
