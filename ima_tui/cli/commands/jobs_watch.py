"""`ima-tui jobs watch`: every change of every job as it happens, whoever follows it."""

from __future__ import annotations

import argparse
import asyncio
from datetime import datetime

from ima_tui.cli import exit_status, session
from ima_tui.cli.json_documents import job_json
from ima_tui.cli.output import ProgressLine, print_line, print_plain, talk
from ima_tui.config.loader import Settings
from ima_tui.core.domain import Job
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say
from ima_tui.ledger.job_states import ENDED, OPEN, SPENT, UNSENT
from ima_tui.studio.studio import Studio

LOOK_SECONDS = 0.5


def run(arguments: argparse.Namespace) -> int:
    """Print every change until all jobs have ended."""
    return session.run(_watch(arguments, session.settle(arguments)))


async def _watch(arguments: argparse.Namespace, settings: Settings) -> int:
    async with session.session(arguments, settings, patient=True) as studio:
        try:
            return await _Watch(studio, as_json=arguments.json).to_the_end()
        except asyncio.CancelledError:
            return EXIT_INTERRUPTED


class _Watch:
    """Reads the ledger, which all processes write; takes over what nobody alive follows."""

    def __init__(self, studio: Studio, *, as_json: bool) -> None:
        self._studio = studio
        self._json = as_json
        self._shown: dict[int, Job] = {}
        self._progress = ProgressLine()

    async def to_the_end(self) -> int:
        try:
            while True:
                for job in await self._changed():
                    await self._print(job)
                still = [job for job in self._shown.values() if job.state in OPEN]
                if all(_waits_for_a_word(job) for job in still):
                    break
                self._show(still)
                if self._studio.connection.has_key:
                    await self._studio.jobs.adopt(*(job.id for job in still))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._progress.clear()
        if not self._shown:
            talk(say("jobs.none_open"))
        return EXIT_DONE

    async def _changed(self) -> list[Job]:
        """Open jobs that stand otherwise than they were shown, and those that have ended."""
        now = {job.id: job for job in await self._studio.jobs.recent(0)}
        for job_id, job in self._shown.items():
            if job.state in OPEN and job_id not in now:
                now[job_id] = await self._studio.jobs.get(job_id) or job
        changed = [job for i, job in sorted(now.items()) if _face(job) != _face(self._shown.get(i))]
        self._shown |= {job.id: job for job in changed}
        return changed

    async def _print(self, job: Job) -> None:
        problem = exit_status.failure_of(job) if job.failure is not None else None
        if self._json:
            print_line(await job_json(self._studio, job, problem))
            return
        self._progress.clear()
        clock = datetime.fromtimestamp(job.updated_at).astimezone().strftime("%H:%M:%S")
        state = say("state.held" if _waits_for_a_word(job) else f"state.{job.state.value}")
        words = [clock, f"#{job.id}", state, job.order.model_name, one_line(job.order.prompt, 48)]
        print("  ".join(words), flush=True)
        for media in job.medias if job.state in ENDED else ():
            print_plain(f"  {media.path or media.url}")
        if problem is not None:
            talk(f"#{job.id}  {explain(problem)}")

    def _show(self, still: list[Job]) -> None:
        waiting = sum(job.state in UNSENT for job in still)
        points = sum(job.order.total for job in still if job.state in SPENT)
        running = len(still) - waiting
        self._progress.show(say("jobs.watch", running=running, waiting=waiting, points=points))


def _waits_for_a_word(job: Job) -> bool:
    return job.needs_approval and job.state in UNSENT


def _face(job: Job | None) -> object:
    """What a change is: the state, and whether it waits for a word."""
    return None if job is None else (job.state, _waits_for_a_word(job))
