"""`ima-tui jobs send`, `stop`, `retry` and `again`: jobs that wait or are followed, and new ones.

`retry` sends the same orders once more, as new jobs that name the old; `again` what jobs were made
of, with another model or a new seed. Both are charged.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import replace

from ima_tui.catalogue import choice
from ima_tui.catalogue.order import reseeded
from ima_tui.cli import exit_status, session
from ima_tui.cli.commands.jobs import GROUPS, chosen, end_of, not_retried, print_end, require
from ima_tui.cli.confirm import Unconfirmed, ask, somebody_is_here
from ima_tui.cli.json_documents import job_json, standing_json
from ima_tui.cli.output import print_json, talk
from ima_tui.compose import confirmation
from ima_tui.config.loader import Settings
from ima_tui.core import labels
from ima_tui.core.domain import Job, Order, State
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED, KeyMissing, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.job_states import OPEN, UNSENT
from ima_tui.runner import outputs
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
            return await follow(studio, arguments, ())
        for job in jobs:
            if job.state not in UNSENT:
                raise UsageError("error.already_sent", id=job.id)
        if not studio.connection.has_key:
            raise KeyMissing
        if not await _approved(arguments, jobs):
            talk(say("batch.declined"))
            return EXIT_INTERRUPTED
        return await follow(studio, arguments, [await _let_go(studio, job) for job in jobs])


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


def retry(arguments: argparse.Namespace) -> int:
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
        if not await _agreed_to_retry(studio, arguments, olds):
            talk(say("batch.declined"))
            return EXIT_INTERRUPTED
        news: list[Job] = []
        for old in olds:
            job = await studio.jobs.again(old.id)
            talk(say("jobs.sent_again", old=old.id, id=job.id, points=job.order.total))
            news.append(job)
        return await follow(studio, arguments, news)


async def _agreed_to_retry(
    studio: Studio, arguments: argparse.Namespace, olds: Sequence[Job]
) -> bool:
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


def again(arguments: argparse.Namespace) -> int:
    """Send what jobs were made of as new jobs."""
    settings = session.settle(arguments)
    if arguments.download is not None:
        settings = session.downloads(settings, arguments.download)
    if arguments.project is not None:
        arguments.project = labels.project(arguments.project)
    return session.run(_again(arguments, settings))


async def _again(arguments: argparse.Namespace, settings: Settings) -> int:
    """Nothing is sent before every order was made and the whole price was agreed to."""
    async with session.session(arguments, settings) as studio:
        jobs = [await require(studio, job_id) for job_id in dict.fromkeys(arguments.id)]
        orders = [await _order(studio, arguments, job) for job in jobs]
        if not studio.connection.has_key:
            raise KeyMissing
        if not await _agreed(arguments, orders):
            talk(say("batch.declined"))
            return EXIT_INTERRUPTED
        news: list[Job] = []
        for old, order in zip(jobs, orders, strict=True):
            job = await studio.jobs.submit(order)
            talk(say("jobs.sent_again", old=old.id, id=job.id, points=job.order.total))
            news.append(job)
        return await follow(studio, arguments, news)


async def _order(studio: Studio, arguments: argparse.Namespace, job: Job) -> Order:
    """Return the new order. Raises `UsageError`, or `Unconfirmed` where it would differ."""
    if job.order.prompt_is_lost:
        raise UsageError("error.prompt_lost", id=job.id)
    before, order = studio.catalogue.model_of(job.order), replace(job.order, client="")
    if arguments.model_id is not None:
        models = await studio.catalogue.fresh(order.task_type)
        model = choice.pick(models, arguments.model_id, arguments.version_id)
        order, unmet = confirmation.instead(model, order, before)
        warnings = confirmation.sentences(unmet)
        if warnings and not arguments.yes:
            raise Unconfirmed(warnings)
        for warning in warnings:
            talk(warning)
    if arguments.new_seed:
        order = reseeded(order, studio.catalogue.model_of(order))
    if arguments.project is not None:
        order = replace(order, project=arguments.project)
    return replace(order, confirmed=order.total)


async def _agreed(arguments: argparse.Namespace, orders: Sequence[Order]) -> bool:
    points = sum(order.total for order in orders)
    if arguments.yes:
        return True
    if not somebody_is_here():
        raise UsageError("error.retry_confirm", points=points)
    return await ask(say("jobs.ask_new", n=len(orders), points=points))
