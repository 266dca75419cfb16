"""What the verbs that talk to the service have in common: settings, key, studio, the waiting."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ima_tui import config, ground, key, messages
from ima_tui.cli.output import Progress, talk
from ima_tui.clock import Clock, SystemClock
from ima_tui.config import Settings
from ima_tui.connection import key_file
from ima_tui.domain import Job, State
from ima_tui.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_KEY,
    EXIT_STILL_RUNNING,
    EXIT_UNKNOWN,
    ImaError,
)
from ima_tui.lifecycle import ENDED, UNSENT
from ima_tui.messages import say
from ima_tui.notices import JobChanged, LinkChanged, Notice
from ima_tui.settings import Raw
from ima_tui.studio import Studio, open_studio
from ima_tui.text import duration

if TYPE_CHECKING:
    import argparse

STATE_EXITS = {
    State.DONE: EXIT_DONE,
    State.FAILED: EXIT_FAILED,
    State.UNKNOWN: EXIT_UNKNOWN,
    State.STOPPED: EXIT_FAILED,
    State.FORGOTTEN: EXIT_FAILED,
}
clock: Clock = SystemClock()
"""Every verb's; tests put a faster one here."""


def settle(arguments: argparse.Namespace) -> Settings:
    """Settings from flags, environment and file; says what is odd about them on stderr."""
    return settled(
        {
            "base_url": getattr(arguments, "base_url", None),
            "user_id": getattr(arguments, "user_id", None),
            "language": _language(getattr(arguments, "language", None)),
        }
    )


def settled(flags: Mapping[str, Raw | None]) -> Settings:
    settings = config.load(flags)
    messages.use(settings.language)
    for warning in settings.warnings:
        talk(warning)
    if settings.custom_endpoint and not settings.sandbox_origin:
        talk(say("warning.custom_endpoint", host=f"{settings.base_url} {settings.upload_url}"))
    return settings


def find_key(settings: Settings, flag: str | None = None) -> key.Key | None:
    """The key to use; a file that others could read is told of even where it is not needed."""
    file = key_file(settings)
    found = key.find(file, flag)
    if key.exposed(file):
        talk(say("warning.key_file_open", path=str(file)))
    return found


def _language(wish: str | None) -> str | None:
    return messages.detect(wish) if wish else None


@asynccontextmanager
async def session(
    arguments: argparse.Namespace,
    settings: Settings,
    *,
    with_key: bool = True,
    patient: bool = False,
) -> AsyncIterator[Studio]:
    """A studio that follows only what this verb asks for, and gives up on a dead network.

    `patient`: the network is waited for, as long as it takes.
    """
    found = find_key(settings, getattr(arguments, "api_key", None)) if with_key else None
    async with (
        logged(settings),
        open_studio(settings, clock=clock, key=found, patient=patient) as studio,
    ):
        if studio.mended is not None:
            for words in ground.mended(studio.mended):
                talk(words)
        yield studio


@asynccontextmanager
async def logged(settings: Settings) -> AsyncIterator[None]:
    """What happens inside is written to the log folder, down to the last line; who only looks
    writes nothing."""
    if settings.read_only:
        yield
        return
    from ima_tui.logbook.writer import Writer

    writer = Writer(settings.logs, clock.time)
    writer.start()
    try:
        yield
    finally:
        await asyncio.to_thread(writer.close)


def run(work: Coroutine[Any, Any, int]) -> int:
    """Run to the end; SIGTERM ends it as ctrl+c does, so that nothing is left half written."""

    async def main() -> int:
        task = asyncio.current_task()
        if task is not None:
            # where a loop takes no signals (not the main thread), the system's own way holds
            with suppress(NotImplementedError, RuntimeError):
                loop = asyncio.get_running_loop()
                loop.add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        return EXIT_INTERRUPTED


def exit_code(job: Job) -> int:
    """What the end of a job means for a script."""
    if job.state is State.FAILED and job.failure is not None:
        return failure_of(job).exit_code
    return STATE_EXITS.get(job.state, EXIT_STILL_RUNNING)


def failure_of(job: Job) -> ImaError:
    """A recorded failure as the error it was, so that its words and exit code are the same."""
    from ima_tui.errors import EXIT_KEY, EXIT_LIMIT, EXIT_UNREACHABLE

    failure = job.failure
    if failure is None:
        return ImaError("error.generation_failed")
    error = ImaError(failure.kind, **failure.values)
    error.exit_code = {
        "error.unauthorised": EXIT_KEY,
        "error.key_missing": EXIT_KEY,
        "error.too_few_points": EXIT_LIMIT,
        "error.price_rose": EXIT_LIMIT,
        "error.over_job": EXIT_LIMIT,
        "error.over_session": EXIT_LIMIT,
        "error.over_day": EXIT_LIMIT,
        "error.unreachable": EXIT_UNREACHABLE,
        "error.malformed": EXIT_UNREACHABLE,
        "error.lost": EXIT_UNKNOWN,
    }.get(failure.kind, EXIT_FAILED)
    return error


async def wait_for(
    studio: Studio, job: Job, *, until_sent: bool = False, seconds: float | None = None
) -> Job:
    """The job at its end, when it is parked, or (`until_sent`) when the service has it.

    Returns it as it stands after `seconds`.
    """
    news: asyncio.Queue[Job] = asyncio.Queue()

    refused: list[ImaError] = []

    def listen(notice: Notice) -> None:
        if isinstance(notice, LinkChanged) and notice.problem is not None:
            refused.extend([notice.problem] if notice.problem.exit_code == EXIT_KEY else [])
        if isinstance(notice, JobChanged) and notice.job.id == job.id:
            news.put_nowait(notice.job)

    unsubscribe = studio.subscribe(listen)
    progress = Progress()
    due = None if seconds is None else studio.clock.time() + seconds
    try:
        job = await studio.jobs.get(job.id) or job
        while not _enough(job, until_sent):
            if due is not None and studio.clock.time() >= due:
                break
            if refused:
                raise refused[0]  # nobody can ask for it with this key
            progress.show(_line(studio, job))
            try:
                job = await asyncio.wait_for(news.get(), 0.5)
            except TimeoutError:  # another process may be the one that follows it
                job = await studio.jobs.get(job.id) or job
    finally:
        progress.clear()
        unsubscribe()
    return job


def _enough(job: Job, until_sent: bool) -> bool:
    if job.state in ENDED or job.state is State.PARKED:
        return True
    if job.held and job.state in UNSENT:
        return True  # it waits for a person's word, which this verb is not
    return until_sent and job.state in (State.RUNNING, State.FETCHING)


def _line(studio: Studio, job: Job) -> str:
    words = say(f"state.{job.state.value}")
    if job.waiting:
        return f"{job.order.model_name} · {say(job.waiting, **job.waiting_values)}"
    estimate, elapsed = job.order.estimate, job.elapsed(studio.clock.time())
    if job.state is not State.RUNNING or estimate is None:
        return f"{job.order.model_name} · {words}"
    spent, usual = duration(elapsed), duration(estimate.high)
    return f"{job.order.model_name} · {words} · {estimate.progress(elapsed)} % · {spent} / {usual}"


def without_downloads(settings: Settings) -> Settings:
    return replace(settings, download=False)


def downloads(settings: Settings, folder: str | None) -> Settings:
    """As `--download [DIR]` says: not at all, where the settings say ("") or in a folder."""
    if folder is None:
        return without_downloads(settings)
    where = Path(folder).expanduser() if folder else settings.folder
    return replace(settings, folder=where, download=True)
