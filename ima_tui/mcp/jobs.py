"""Tools on jobs of the ledger: list, get, wait, fetch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from ima_tui.cli import exit_status
from ima_tui.cli.commands import jobs_change
from ima_tui.cli.commands.jobs import GROUPS
from ima_tui.cli.exit_status import problem_of
from ima_tui.cli.json_documents import job_status_json
from ima_tui.core.domain import Job, State
from ima_tui.core.events import JobChanged, Notice
from ima_tui.core.text import duration
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.records import ENDED, FOLLOWED, OPEN, is_held
from ima_tui.mcp.call import Call, Document
from ima_tui.runner import outputs

SETTLING_SECONDS = 20.0
"""How long an order waits for the service to take it before it is told as it is."""
WAIT_SECONDS = 60.0
"""How long `wait_job` waits unless told otherwise."""
PROGRESS_SECONDS = 5.0
"""Seconds between two notes of progress while nothing changes."""
LISTED = 20
"""Jobs in a list unless told otherwise."""


async def listed(call: Call) -> Document:
    """Return the newest jobs, as `jobs list --json` tells them."""
    given = call.arguments
    status = given.get("status", "")
    named = (State(status),) if status in set(State) else ()
    among = JobFilter(
        states=GROUPS.get(status, named),
        search=given.get("search", ""),
        client=call.client if given.get("mine", True) else "",
        needs_approval=status == "held",
    )
    history = call.studio.history
    jobs = await history.listed(among, given.get("before", 0), given.get("limit", LISTED))
    events = await history.timelines([job.id for job in jobs])
    return {
        "jobs": [
            await job_status_json(call.studio, job, problem_of(job), events[job.id]) for job in jobs
        ]
    }


async def get(call: Call) -> Document:
    """Return one job, as `jobs show --json` tells it."""
    return await told(call, await call.studio.jobs.require(call.arguments["job_id"]))


async def wait(call: Call) -> Document:
    """Wait for the end of a job, at most so long; what it waits for is told."""
    job = await call.studio.jobs.require(call.arguments["job_id"])
    await follow(call, job)
    return await told(call, await until(call, job, call.arguments.get("seconds", WAIT_SECONDS)))


async def fetch(call: Call) -> Document:
    """Download the results of a job that is done, or will be shortly."""
    job = await call.studio.jobs.require(call.arguments["job_id"])
    jobs_change.check_fetchable(job)
    await jobs_change.begin_fetch(call.studio, job)
    return await told(call, await until(call, job, WAIT_SECONDS))


async def follow(call: Call, job: Job) -> None:
    """Follow a job that the service has, or an own one, where no live process does.

    A job that needs approval stays as it is: only the user releases it.
    """
    if job.state in FOLLOWED or (job.state in OPEN and job.order.client == call.client):
        await call.studio.jobs.adopt(job.id)


async def told(call: Call, job: Job) -> Document:
    """Return the document of a job, with what the agent does next."""
    document = await job_status_json(call.studio, job, problem_of(job))
    return {**document, "next": _next(job)}


def _next(job: Job) -> str | None:
    if is_held(job):
        return say("agents.next_approval", id=job.id, points=job.order.total)
    if job.state is State.NEEDS_REVIEW:
        return say("agents.next_review", id=job.id)
    if job.state in OPEN:
        return say("agents.next_wait", id=job.id)
    if outputs.unfetched(job):
        return say("agents.next_fetch", id=job.id)
    return None


async def until(call: Call, job: Job, seconds: float, *, until_sent: bool = False) -> Job:
    """Return the job at its end, or as it is after `seconds`; progress is told meanwhile.

    `until_sent`: also when it needs approval or is at the service.
    """
    (job,) = await until_all(call, [job], seconds, until_sent=until_sent)
    return job


async def until_all(
    call: Call, jobs: Sequence[Job], seconds: float, *, until_sent: bool = False
) -> list[Job]:
    """Return the jobs when `until` has nothing to wait for with any, or after `seconds`."""
    news = asyncio.Event()
    ids = [job.id for job in jobs]

    def hear(notice: Notice) -> None:
        if isinstance(notice, JobChanged) and notice.job.id in ids:
            news.set()

    loop = asyncio.get_running_loop()
    began = loop.time()
    unsubscribe = call.studio.subscribe(hear)
    try:
        found = [await call.studio.jobs.require(each) for each in ids]
        while waiting := [job for job in found if not _enough(job, until_sent=until_sent)]:
            waited = loop.time() - began
            if waited >= seconds:
                break
            await call.progress(
                waited, _status_words(waiting, len(found), call.studio.clock.time())
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(min(PROGRESS_SECONDS, seconds - waited)):
                    await news.wait()
            news.clear()
            for job in waiting:  # who approved it may have left it to others
                await follow(call, await call.studio.jobs.require(job.id))
            found = [await call.studio.jobs.require(each) for each in ids]
    finally:
        unsubscribe()
    return found


def _enough(job: Job, *, until_sent: bool) -> bool:
    if job.state in ENDED or job.state is State.TIMED_OUT:
        return True
    return until_sent and (is_held(job) or job.state in FOLLOWED)


def _status_words(waiting: Sequence[Job], of: int, now: float) -> str:
    """Where the jobs stand, in one sentence."""
    job = waiting[0]
    if of > 1:
        held = sum(is_held(each) for each in waiting)
        return say("agents.standing_many", ended=of - len(waiting), n=of, held=held)
    if is_held(job):
        return say("agents.needs_approval", id=job.id, points=job.order.total)
    state = say(f"state.{job.state.value}")
    words = exit_status.holds_up(job, now) or say("agents.standing", id=job.id, state=state)
    return f"{words} ({duration(job.elapsed(now))})" if job.sent_at else words
