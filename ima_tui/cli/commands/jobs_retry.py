"""`ima-tui jobs retry`: the same orders again, as new jobs that name the old; new charges."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from ima_tui.cli import exit_status, session
from ima_tui.cli.commands.jobs import end_of, print_end
from ima_tui.cli.commands.jobs_chosen import chosen, not_retried
from ima_tui.cli.confirm import ask, somebody_is_here
from ima_tui.cli.json_documents import job_json
from ima_tui.cli.output import print_json, talk
from ima_tui.config.loader import Settings
from ima_tui.core.domain import Job, Order, State
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED, KeyMissing, UsageError
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.job_states import OPEN
from ima_tui.runner import outputs
from ima_tui.studio.studio import Studio


def run(arguments: argparse.Namespace) -> int:
    """Send failed jobs again."""
    settings = session.settle(arguments)
    if arguments.download is not None:
        settings = session.downloads(settings, arguments.download)
    return session.run(_retry(arguments, settings))


async def _retry(arguments: argparse.Namespace, settings: Settings) -> int:
    async with session.session(arguments, settings) as studio:
        olds = await chosen(studio, arguments, JobFilter(states=(State.FAILED,)))
        if not arguments.id:
            olds = await not_retried(studio, olds)
        if not olds:
            return await follow(studio, arguments, ())
        if not await _agreed(studio, arguments, olds):
            talk(say("batch.declined"))
            return EXIT_INTERRUPTED
        news: list[Job] = []
        for old in olds:
            job = await studio.jobs.again(old.id)
            talk(say("jobs.sent_again", old=old.id, id=job.id, points=job.order.total))
            news.append(job)
        return await follow(studio, arguments, news)


async def _agreed(studio: Studio, arguments: argparse.Namespace, olds: Sequence[Job]) -> bool:
    """Nothing is sent before every job was looked at and the whole price was agreed to."""
    for old in olds:
        if old.state in OPEN:
            raise UsageError("error.retry_open", id=old.id)
        if old.state is State.NEEDS_REVIEW:
            if not arguments.yes_unknown:
                raise UsageError("error.retry_unknown", id=old.id, points=old.order.total)
            talk(say("jobs.maybe_paid", id=old.id, points=old.order.total))
        if outputs.is_partial(old):
            talk(_in_part(old, studio.jobs.order_again(old)))
    if not studio.connection.has_key:
        raise KeyMissing
    points = sum(studio.jobs.order_again(old).total for old in olds)
    if arguments.yes:
        return True
    if not somebody_is_here():
        raise UsageError("error.retry_confirm", points=points)
    return await ask(say("jobs.ask_retry", n=len(olds), points=points))


def _in_part(old: Job, order: Order) -> str:
    """What of a job that came out in part is made again, and for how much."""
    n, lacking = old.order.n, outputs.missing(old)
    key = "jobs.retry_missing" if order.n == lacking else "jobs.retry_whole"
    facts = {"ready": len(old.medias), "n": n, "missing": lacking, "points": order.total}
    return say(key, id=old.id, **facts)


async def follow(studio: Studio, arguments: argparse.Namespace, news: Sequence[Job]) -> int:
    """To their ends, or until the service has them: what is not sent yet would wait for a word."""
    waits = [exit_status.wait_for(studio, job, until_sent=arguments.no_wait) for job in news]
    try:
        jobs = list(await asyncio.gather(*waits))
    except asyncio.CancelledError:
        talk(say("jobs.interrupted"))
        return EXIT_INTERRUPTED
    sent = [job for job in jobs if arguments.no_wait and job.state in OPEN and job.task_id]
    if arguments.json:
        print_json({"jobs": [await job_json(studio, job, end_of(job)) for job in jobs]})
    for job in jobs:
        if not arguments.json and job not in sent:
            print_end(job)
    wanted = arguments.download is not None
    return exit_status.worst(
        EXIT_DONE if job in sent else exit_status.exit_code(job, wanted=wanted) for job in jobs
    )
