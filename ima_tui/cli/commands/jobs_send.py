"""`ima-tui jobs send` and `jobs stop`: what happens to jobs that wait, or that are followed."""

from __future__ import annotations

import argparse

from ima_tui.cli import session
from ima_tui.cli.commands import jobs_retry
from ima_tui.cli.commands.jobs import require
from ima_tui.cli.commands.jobs_chosen import GROUPS, chosen
from ima_tui.cli.confirm import ask, somebody_is_here
from ima_tui.cli.json_documents import standing_json
from ima_tui.cli.output import print_json, talk
from ima_tui.config.loader import Settings
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED, KeyMissing, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.job_states import OPEN, UNSENT
from ima_tui.studio.studio import Studio

TRIES = 3
"""A job of a run that died is held only once somebody takes it over: it is let go once more."""


def send_jobs(arguments: argparse.Namespace) -> int:
    """Approve jobs that need approval."""
    settings = session.settle(arguments)
    if arguments.download is not None:
        settings = session.downloads(settings, arguments.download)
    return session.run(_send(arguments, settings))


async def _send(arguments: argparse.Namespace, settings: Settings) -> int:
    async with session.session(arguments, settings) as studio:
        jobs = await chosen(studio, arguments, JobFilter(needs_approval=True))
        if not jobs:
            return await jobs_retry.follow(studio, arguments, ())
        for job in jobs:
            if job.state not in UNSENT:
                raise UsageError("error.already_sent", id=job.id)
        if not studio.connection.has_key:
            raise KeyMissing
        if not await _approved(arguments, jobs):
            talk(say("batch.declined"))
            return EXIT_INTERRUPTED
        return await jobs_retry.follow(
            studio, arguments, [await _let_go(studio, job) for job in jobs]
        )


async def _approved(arguments: argparse.Namespace, jobs: list[Job]) -> bool:
    """The price of each is shown before anything is sent, also where it was agreed to."""
    for job in jobs:
        order = job.order
        words = {"model": order.model_name, "prompt": one_line(order.prompt, 60)}
        talk(say("jobs.to_send", id=job.id, points=order.total, **words))
        if job.waiting:
            talk(say("jobs.waits", id=job.id, why=say(job.waiting, **job.waiting_values)))
    points = sum(job.order.total for job in jobs)
    if arguments.yes:
        return True
    if not somebody_is_here():
        raise UsageError("error.send_confirm", points=points)
    return await ask(say("jobs.ask_send", n=len(jobs), points=points))


async def _let_go(studio: Studio, job: Job) -> Job:
    agreed = job.order.total
    for _ in range(TRIES):
        await studio.jobs.follow(job.id)
        job = await require(studio, job.id)
        if job.state not in UNSENT or not job.needs_approval or job.order.total > agreed:
            break
    return job


def stop_jobs(arguments: argparse.Namespace) -> int:
    """Stop following jobs, and remove unsent ones from the queue."""
    settings = session.settle(arguments)
    return session.run(_stop(arguments, settings))


async def _stop(arguments: argparse.Namespace, settings: Settings) -> int:
    """All that were named, or none where one has ended."""
    async with session.session(arguments, settings, with_key=False) as studio:
        jobs = await chosen(studio, arguments, JobFilter(states=GROUPS["open"]))
        for job in jobs:
            if job.state not in OPEN and job.state is not State.STOPPED:
                raise UsageError("error.has_ended", id=job.id)
        stopped = [await _stop_one(studio, job) for job in jobs]
        if arguments.json:
            print_json({"jobs": [await standing_json(studio, job, None) for job in stopped]})
    return EXIT_DONE


async def _stop_one(studio: Studio, job: Job) -> Job:
    if job.state is State.STOPPED:
        talk(say("jobs.stopped_already", id=job.id))
    elif job.state in UNSENT:
        job = await studio.jobs.remove_from_queue(job.id)
        talk(say("jobs.removed", id=job.id))
    else:
        job = await studio.jobs.stop(job.id)
        talk(say("jobs.stopped", id=job.id))
    return job
