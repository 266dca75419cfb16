"""Show the newest job beside the prompt, updated live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ima_tui.core.domain import Job, State
from ima_tui.i18n import say
from ima_tui.tui.shell.job_detail import JobDetail

if TYPE_CHECKING:
    from ima_tui.tui.compose.draft_screen import DraftScreen


class LatestJob:
    """Follows whatever was written down last, by this window or another."""

    def __init__(self, screen: DraftScreen) -> None:
        self._screen = screen
        self._job: Job | None = None
        self._looked = False

    async def look_again(self) -> None:
        """Where it was looked before: the first paint does not wait for the ledger."""
        if self._looked:
            await self.look()

    async def look(self) -> None:
        """Anything may have happened: ask the ledger."""
        self._looked = True
        await self._show(await self._screen.studio.jobs.newest())

    async def hear(self, jobs: Mapping[int, Job]) -> None:
        """Follow changed jobs, by id."""
        known = self._job
        newest = max(jobs, default=0)
        if known is not None and newest < known.id:
            return
        if jobs[newest].state is State.FORGOTTEN:
            await self.look()
        elif known is None or newest > known.id or jobs[newest].revision >= known.revision:
            await self._show(jobs[newest])

    async def _show(self, job: Job | None) -> None:
        self._job = job
        studio = self._screen.studio
        happened = await studio.jobs.timeline(job.id) if job is not None else ()
        if job is self._job and self._screen.is_complete:
            now, nothing = studio.clock.time(), say("compose.latest")
            self._screen.query_one(JobDetail).show(job, happened, now, nothing=nothing)
