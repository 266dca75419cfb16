"""What can be done with jobs: which verb fits which job, and the question before it where it
costs points or can't be taken back. The studio does it; the news then brings what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui.domain import Job, State
from ima_tui.errors import ImaError
from ima_tui.lifecycle import ENDED, UNSENT
from ima_tui.messages import say
from ima_tui.tui.jobs import may_become

if TYPE_CHECKING:
    from ima_tui.tui.screens.place import Place


def _may_follow(job: Job) -> bool:
    stopped = job.state is State.STOPPED and bool(job.task_id)
    return job.held or stopped or job.state is State.PARKED


FITS: Mapping[str, Callable[[Job], bool]] = {
    "again": lambda job: job.state in ENDED or job.state is State.PARKED,
    "stop": lambda job: may_become(job, State.STOPPED),
    "follow": _may_follow,
    "fetch": lambda job: job.state is State.DONE,
    "forget": lambda job: may_become(job, State.FORGOTTEN),
    "duplicate": lambda job: True,
    "copy": lambda job: any(media.url for media in job.medias),
    "open": lambda job: any(media.path for media in job.medias),
    "view": lambda job: bool(job.medias),
}
"""A verb and whether it means anything for a job."""


class JobVerbs:
    """The verbs, for one place, which asks and complains."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def do(self, verb: str, jobs: Sequence[Job]) -> None:
        """Do `verb` with those of `jobs` that it fits."""
        fitting = [job for job in jobs if FITS[verb](job)]
        if fitting:
            method: Callable[[list[Job]], Awaitable[None]] = getattr(self, verb)
            await method(fitting)

    async def again(self, jobs: list[Job]) -> None:
        key = "queue.ask_again"
        if len(jobs) == 1 and jobs[0].state is State.UNKNOWN:
            key = "queue.ask_again_unknown"
        self._ask(key, jobs, self._place.studio.again)

    async def stop(self, jobs: list[Job]) -> None:
        unsent = [job for job in jobs if job.state in UNSENT]
        await self._each(unsent, self._place.studio.stop)
        sent = [job for job in jobs if job not in unsent]
        if sent:
            self._ask("queue.ask_stop", sent, self._place.studio.stop)

    async def follow(self, jobs: list[Job]) -> None:
        held = [job for job in jobs if job.held]
        await self._each([job for job in jobs if job not in held], self._place.studio.follow)
        if held:
            self._ask("queue.ask_send", held, self._place.studio.follow)

    async def fetch(self, jobs: list[Job]) -> None:
        await self._each(jobs, self._place.studio.fetch)

    async def forget(self, jobs: list[Job]) -> None:
        self._ask("queue.ask_forget", jobs, self._place.studio.forget)

    async def duplicate(self, jobs: list[Job]) -> None:
        await self._place.ima.compose_from(jobs[0])

    async def copy(self, jobs: list[Job]) -> None:
        links = [media.url for job in jobs for media in job.medias if media.url]
        self._place.ima.copy_to_clipboard("\n".join(links))
        self._place.notify(say("app.copied"))

    async def open(self, jobs: list[Job]) -> None:
        path = next(media.path for media in jobs[0].medias if media.path)
        if not open_file(path):
            self._place.notify(say("queue.file_is", path=path))

    def _ask(self, key: str, jobs: list[Job], then: Callable[[int], Awaitable[object]]) -> None:
        """Ask once for all of them, with what they cost together."""
        points = sum(job.order.total for job in jobs)
        words = (
            say(key, id=jobs[0].id, points=points)
            if len(jobs) == 1
            else say(f"{key}_many", n=len(jobs), points=points)
        )

        async def answer() -> None:
            await self._each(jobs, then)

        self._place.ask(words, answer)

    async def _each(self, jobs: list[Job], do: Callable[[int], Awaitable[object]]) -> None:
        for job in jobs:
            try:
                await do(job.id)
            except ImaError as error:
                self._place.complain(error)
                return


def open_file(path: str) -> bool:
    """Hand a file to the desktop's own program; False where there is no desktop to see it on."""
    local = "SSH_CONNECTION" not in os.environ and "SSH_TTY" not in os.environ
    desktop = sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    if not (local and desktop and Path(path).is_file()):
        return False
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.Popen(
            [opener, path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    return True
