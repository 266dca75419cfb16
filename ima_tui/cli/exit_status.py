"""What becomes of a verb's jobs: waiting for their ends, and what those mean for a script."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ima_tui.cli.output import ProgressLine, note_job, talk
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_KEY,
    EXIT_LIMIT,
    EXIT_NOT_FETCHED,
    EXIT_STILL_RUNNING,
    EXIT_UNKNOWN,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    MISCONFIGURED,
    UNREACHABLE,
    ImaError,
    OverLimit,
)
from ima_tui.core.events import ConnectivityChanged, JobChanged, Notice
from ima_tui.core.text import duration
from ima_tui.i18n import joined, say
from ima_tui.ledger.job_states import ENDED, UNDER_WAY, UNSENT
from ima_tui.runner import outputs
from ima_tui.studio.studio import Studio

STATE_EXITS = {
    State.DONE: EXIT_DONE,
    State.FAILED: EXIT_FAILED,
    State.NEEDS_REVIEW: EXIT_UNKNOWN,
    State.STOPPED: EXIT_FAILED,
    State.FORGOTTEN: EXIT_FAILED,
}
WORST_LAST = (
    EXIT_DONE,
    EXIT_NOT_FETCHED,
    EXIT_STILL_RUNNING,
    EXIT_FAILED,
    EXIT_UNREACHABLE,
    EXIT_LIMIT,
    EXIT_KEY,
    EXIT_UNKNOWN,
)
"""What may have been charged needs a person most."""
EXITS = {
    "error.unauthorised": EXIT_KEY,
    "error.key_missing": EXIT_KEY,
    "error.too_few_points": EXIT_LIMIT,
    "error.price_rose": EXIT_LIMIT,
    "error.over_job": EXIT_LIMIT,
    "error.over_session": EXIT_LIMIT,
    "error.over_day": EXIT_LIMIT,
    "error.over_month": EXIT_LIMIT,
    "error.over_agent_ask": EXIT_LIMIT,
    "error.over_agent_job": EXIT_LIMIT,
    "error.over_agent_day": EXIT_LIMIT,
    "error.over_agent_total": EXIT_LIMIT,
    "error.over_project_day": EXIT_LIMIT,
    "error.over_project_month": EXIT_LIMIT,
    "error.unreachable": EXIT_UNREACHABLE,
    "error.malformed": EXIT_UNREACHABLE,
    "error.clock_days": EXIT_UNREACHABLE,
    "error.clock_hours": EXIT_UNREACHABLE,
    "error.clock_minutes": EXIT_UNREACHABLE,
    "error.clock_unknown": EXIT_UNREACHABLE,
    "error.lost": EXIT_UNKNOWN,
    "error.fault": EXIT_UNKNOWN,
}
LONG = 5.0
"""Seconds of an upload, a check or a create after which its wait is explained."""
OFFER_SECONDS = 30.0
"""How often a verb offers to follow the job that it waits for: as long as a lease is."""
OVER = "waiting.over_"
"""A limit on spending that the person set holds the job."""
FULL = ("waiting.running", "waiting.kind")


def exit_code(job: Job, *, wanted: bool = False) -> int:
    """What the end of a job means for a script. `wanted`: its files were to be here, too."""
    if job.state is State.FAILED and job.failure is not None:
        return failure_of(job).exit_code
    if job.state is State.DONE and job.failure is not None:
        return EXIT_FAILED if outputs.is_partial(job) else EXIT_NOT_FETCHED
    if wanted and outputs.unfetched(job):
        return EXIT_NOT_FETCHED
    if held_by_limit(job) is not None:
        return EXIT_LIMIT
    return STATE_EXITS.get(job.state, EXIT_STILL_RUNNING)


def held_by_limit(job: Job) -> OverLimit | None:
    """Return the limit of the user's that an unsent job is over, in words; None for any other."""
    if not (job.needs_approval and job.state in UNSENT and job.waiting.startswith(OVER)):
        return None
    return OverLimit(job.waiting.replace("waiting.", "error."), **job.waiting_values)


def worst(codes: Iterable[int]) -> int:
    """The exit code for several jobs: what could not be downloaded weighs least."""
    return max(codes, key=lambda code: (code != EXIT_NOT_FETCHED, code), default=EXIT_DONE)


def shortcoming(job: Job, *, wanted: bool = False) -> ImaError | None:
    """What is wrong with a job that is done: it came out in part, or its files are not here."""
    if job.state is State.DONE and job.failure is not None:
        return failure_of(job)
    return ImaError("error.not_fetched") if wanted and outputs.unfetched(job) else None


def surplus(job: Job) -> str:
    """That more came than was ordered, and how much of it is kept; or ""."""
    if not outputs.surplus(job):
        return ""
    return say("jobs.kept_more", n=job.order.n, kept=len(job.medias))


def suggestion(studio: Studio, job: Job) -> str:
    """After a failure what to take instead; after a success a tip on the usual choice; or ""."""
    n = job.order.n
    if others := [
        say("cli.alternative", model=one.model.name, points=one.points * n)
        for one in studio.catalogue.instead(job)
    ]:
        return say("cli.instead", models=say("answer.comma").join(others))
    usual = studio.catalogue.usual_instead(job.order) if job.state is State.DONE else None
    if usual is None:
        return ""
    return say("cli.mismatch", model=usual.model.name, points=usual.points * n)


def say_how_to_fetch(job: Job) -> None:
    """Name the verb that downloads what is missing."""
    if outputs.unfetched(job):
        talk(say("jobs.fetch_later", id=job.id))


def failure_of(job: Job) -> ImaError:
    """A recorded failure as the error it was, so that its words and exit code are the same."""
    error = outputs.problem_of(job)
    if error is None:
        return ImaError("error.generation_failed")
    if error.key in UNREACHABLE:
        error.exit_code = EXIT_UNREACHABLE
    elif error.key in MISCONFIGURED:
        error.exit_code = EXIT_USAGE
    else:
        error.exit_code = EXITS.get(error.key, EXIT_FAILED)
    return error


async def wait_for(
    studio: Studio,
    job: Job,
    *,
    until_sent: bool = False,
    seconds: float | None = None,
    quiet: bool = False,
) -> Job:
    """The job at its end, when it is parked, or (`until_sent`) when the service has it.

    Returns it as it is after `seconds`. `quiet`: what it waits for meanwhile is not said.
    """
    note_job(job.id)
    news: asyncio.Queue[Job] = asyncio.Queue()

    refused: list[ImaError] = []

    broken = ""

    def listen(notice: Notice) -> None:
        nonlocal broken
        if isinstance(notice, ConnectivityChanged):
            before, broken = broken, notice.problem.key if notice.problem else ""
            if notice.problem is None:
                return
            refused.extend([notice.problem] if notice.problem.exit_code == EXIT_KEY else [])
            if notice.problem.exit_code != EXIT_KEY and before != broken:
                progress.clear()
                talk(joined(say(notice.problem.key, **notice.problem.values), waits(studio)))
        if isinstance(notice, JobChanged) and notice.job.id == job.id:
            news.put_nowait(notice.job)

    progress = ProgressLine()
    unsubscribe = studio.subscribe(listen)
    progress = ProgressLine()
    told = ""
    asked = studio.clock.steady()
    due = None if seconds is None else asked + seconds
    try:
        job = await studio.jobs.get(job.id) or job
        while not _enough(job, until_sent):
            if due is not None and studio.clock.steady() >= due:
                break
            if refused:
                raise refused[0]  # nobody can ask for it with this key
            why = "" if quiet else holds_up(job, studio.clock.time())
            if why not in ("", told):
                told = why
                progress.clear()
                talk(why)
            progress.show(_line(studio, job))
            try:
                async with asyncio.timeout(0.5):
                    job = await news.get()
            except TimeoutError:  # another process may be the one that follows it
                job, asked = await _elsewhere(studio, job, asked)
    except asyncio.CancelledError:
        studio.engine.hasten()
        raise
    finally:
        progress.clear()
        unsubscribe()
    return job


async def _elsewhere(studio: Studio, job: Job, asked: float) -> tuple[Job, float]:
    """Return the job as the ledger has it, and when this run last offered to follow it.

    Its owner may have died on another machine, which only the end of its lease tells.
    """
    now = studio.clock.steady()
    if now - asked >= OFFER_SECONDS:
        asked = now
        await studio.jobs.adopt(job.id)
    return await studio.jobs.get(job.id) or job, asked


def _enough(job: Job, until_sent: bool) -> bool:
    if job.state in ENDED or job.state is State.TIMED_OUT:
        return True
    if job.needs_approval and job.state in UNSENT:
        return True  # it waits for a person's word, which this verb is not
    return until_sent and job.state in (State.RUNNING, State.FETCHING)


def holds_up(job: Job, now: float) -> str:
    """Why nothing moves, where that is worth a line of its own."""
    if job.state in UNDER_WAY and now - job.updated_at >= LONG:
        return say("jobs.waits", id=job.id, why=say(f"wait.{job.state}"))
    if job.waiting and (job.waiting in FULL or job.state is State.FETCHING):
        return say("jobs.waits", id=job.id, why=say(job.waiting, **job.waiting_values))
    return ""


def waits(studio: Studio) -> str:
    """What everything waits for at this moment, with the time that is left; or ""."""
    waiting = studio.engine.waiting
    return say(waiting[0], left=duration(waiting[1] + 0.99)) if waiting else ""


def _line(studio: Studio, job: Job) -> str:
    if paused := waits(studio):
        return f"{job.order.model_name} · {paused}"
    words = say(f"state.{job.state.value}")
    if job.state in UNDER_WAY and studio.clock.time() - job.updated_at >= LONG:
        words = f"{say(f'wait.{job.state}')} · {duration(studio.clock.time() - job.updated_at)}"
    if job.waiting:
        return f"{job.order.model_name} · {say(job.waiting, **job.waiting_values)}"
    estimate, elapsed = job.order.estimate, job.elapsed(studio.clock.time())
    if job.state is not State.RUNNING or estimate is None:
        return f"{job.order.model_name} · {words}"
    spent, usual = duration(elapsed), duration(estimate.high)
    return f"{job.order.model_name} · {words} · {estimate.progress(elapsed)} % · {spent} / {usual}"
