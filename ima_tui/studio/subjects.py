"""Subjects for both front ends: the last known ones at once, changes off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from ima_tui.config.loader import Settings
from ima_tui.core.clock import Clock
from ima_tui.core.domain import Job
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.events import Notice, SubjectsChanged
from ima_tui.subjects.store import Subject, SubjectStore

FOLDER = "subjects"


class Subjects:
    """The named references of one user."""

    def __init__(self, settings: Settings, clock: Clock, tell: Callable[[Notice], None]) -> None:
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._store = SubjectStore(settings.data / FOLDER)
        self.all: tuple[Subject, ...] = ()
        """The subjects as last read."""
        self.trouble: ImaError | None = None
        """Why they can't be read."""

    async def load(self) -> bool:
        """Read them again; returns whether anything is different."""
        before = (self.all, self.trouble)
        try:
            self.all, self.trouble = await asyncio.to_thread(self._store.all), None
        except UsageError as error:
            self.trouble = error
        return before[0] != self.all or (before[1] is None) != (self.trouble is None)

    async def add(self, name: str, files: Sequence[Path], jobs: Sequence[str] = ()) -> Subject:
        """Add pictures to a subject. `jobs`: the result of each file, `job:41#1`.

        Raises `UsageError` and `ImaError`.
        """
        self._settings.for_writing()
        sources = dict(zip(files, jobs, strict=False))
        now = self._clock.time()
        made = await asyncio.to_thread(self._store.add, name, files, now, sources)
        await self._changed()
        return made

    async def add_result(self, name: str, job: Job, index: int) -> Subject:
        """Add a result (from 1) to a subject. Raises `UsageError` and `ImaError`."""
        path = job.medias[index - 1].path if 0 < index <= len(job.medias) else ""
        if not path:
            raise UsageError("error.film_not_here", path=f"#{job.id}", id=job.id)
        return await self.add(name, [Path(path)], [f"job:{job.id}#{index}"])

    async def remove(self, name: str) -> Subject:
        """Remove a subject with its files. Raises `UsageError` and `ImaError`."""
        self._settings.for_writing()
        gone = await asyncio.to_thread(self._store.remove, name)
        await self._changed()
        return gone

    async def export(self, target: Path) -> int:
        """Write all of them to a ZIP archive; returns how many. Raises as `SubjectStore.export`."""
        return await asyncio.to_thread(self._store.export, target)

    async def _changed(self) -> None:
        if await self.load():
            self._tell(SubjectsChanged())
