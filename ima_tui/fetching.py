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
from ima_tui.errors import ImaError
from ima_tui.record import Record, Service

MOST_FETCHES = 3
MOST_TRIES = 3


class Fetcher:
    def __init__(
        self,
        record: Record,
        connect: Callable[[], Awaitable[Service]],
        *,
        folder: Path,
        with_prompt: bool,
    ) -> None:
        self._record = record
        self._connect = connect
        self._folder = folder
        self._with_prompt = with_prompt
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
            tries += 1
            try:
                async with self._fetches:
                    await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
                    await service.download(media.url, part)
                return await asyncio.to_thread(self._settle, part, job, media, index)
            except OSError as error:
                raise ImaError("error.disk", reason=error.strerror or "—") from error
            except ImaError as error:
                if error.key != "error.download_broken" or tries >= MOST_TRIES:
                    raise
                await self._record.clock.sleep(polling.backoff(tries))
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

    def _settle(self, part: Path, job: Job, media: Media, index: int) -> Media:
        final = results.settle(part, job, media, index)
        results.sidecar(final, job, media, self._with_prompt)
        return replace(media, path=str(final))


def _is_here(media: Media) -> bool:
    return bool(media.path) and Path(media.path).exists()
