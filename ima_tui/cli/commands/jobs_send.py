"""`ima-tui jobs send`, `stop`, `retry` and `again`: jobs that wait or are followed, and new ones.

`retry` sends the same orders once more, as new jobs that name the old; `again` what jobs were made
of, with another model or a new seed. Both are charged.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from ima_tui.catalogue import choice
from ima_tui.catalogue.order import reseeded
from ima_tui.cli import exit_status, session
from ima_tui.cli.commands.jobs import GROUPS, chosen, ends, named, not_retried, print_jobs
from ima_tui.cli.confirm import Unconfirmed, ask, somebody_is_here
from ima_tui.cli.json_documents import job_json
from ima_tui.cli.output import print_json, talk
from ima_tui.compose import confirmation
from ima_tui.config.loader import Settings
from ima_tui.core import labels
from ima_tui.core.domain import Job, Order, State
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED, KeyMissing, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.job_states import OPEN, UNSENT, is_held
from ima_tui.runner import outputs
from ima_tui.studio.studio import Studio

TRIES = 3
"""A job of a run that died is held only once somebody takes it over: it is let go once more."""


@session.verb(before=session.if_asked)
async def send_jobs(studio: Studio, arguments: argparse.Namespace) -> int:
    """Approve jobs that need approval; the price of each is shown, also where it was agreed to."""
    jobs = await chosen(studio, arguments, JobFilter(needs_approval=True))
    if not jobs:
        return await follow(studio, arguments, ())
    for job in jobs:
        if job.state not in UNSENT:
            raise UsageError("error.already_sent", id=job.id)
    if not studio.connection.has_key:
        raise KeyMissing
    for job in jobs:
        order = job.order
        words = {"model": order.model_name, "prompt": one_line(order.prompt, 60)}
        talk(say("jobs.to_send", id=job.id, points=order.total, **words))
        if job.waiting:
            talk(say("jobs.waits", id=job.id, why=say(job.waiting, **job.waiting_values)))
    if not await _agreed(arguments, "send", [job.order for job in jobs]):
        return EXIT_INTERRUPTED
    return await follow(studio, arguments, [await _let_go(studio, job) for job in jobs])


_QUESTIONS = {
    "send": ("jobs.ask_send", "error.send_confirm"),
    "retry": ("jobs.ask_retry", "error.retry_confirm"),
    "again": ("jobs.ask_new", "error.retry_confirm"),
}


async def _agreed(arguments: argparse.Namespace, action: str, orders: Sequence[Order]) -> bool:
    """Whether the whole price is agreed to, by `--yes` or by somebody who is here."""
    question, nobody = _QUESTIONS[action]
    points = sum(order.total for order in orders)
    if arguments.yes:
        return True
    if not somebody_is_here():
        raise UsageError(nobody, points=points)
    agreed = await ask(say(question, n=len(orders), points=points))
    if not agreed:
        talk(say("batch.declined"))
    return agreed


async def _let_go(studio: Studio, job: Job) -> Job:
    agreed = job.order.total
    for _ in range(TRIES):
        await studio.jobs.follow(job.id)
        job = await studio.jobs.require(job.id)
        if not is_held(job) or job.order.total > agreed:
            break
    return job


@session.verb(with_key=False)
async def stop_jobs(studio: Studio, arguments: argparse.Namespace) -> None:
    """Stop following jobs and remove unsent ones: all that were named, or none where one ended."""
    jobs = await chosen(studio, arguments, JobFilter(states=GROUPS["open"]))
    for job in jobs:
        if job.state not in OPEN and job.state is not State.STOPPED:
            raise UsageError("error.has_ended", id=job.id)
    stopped = [await _stop_one(studio, job) for job in jobs]
    if arguments.json:
        await print_jobs(studio, stopped)


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


@session.verb(before=session.if_asked)
async def retry(studio: Studio, arguments: argparse.Namespace) -> int:
    """Send failed jobs again, once every one was looked at and the whole price was agreed to."""
    olds = await chosen(studio, arguments, JobFilter(states=(State.FAILED,)))
    if not arguments.id:
        olds = await not_retried(studio, olds)
    if not olds:
        return await follow(studio, arguments, ())
    for old in olds:
        _check_retry(studio, old, agreed=arguments.yes_unknown)
    if not studio.connection.has_key:
        raise KeyMissing
    if not await _agreed(arguments, "retry", [studio.jobs.order_again(old) for old in olds]):
        return EXIT_INTERRUPTED
    news = [_told(old, await studio.jobs.again(old.id)) for old in olds]
    return await follow(studio, arguments, news)


def _told(old: Job, new: Job) -> Job:
    talk(say("jobs.sent_again", old=old.id, id=new.id, points=new.order.total))
    return new


def _check_retry(studio: Studio, old: Job, *, agreed: bool) -> None:
    """Say what was paid before. Raises `UsageError`; `agreed`: to pay twice for an outcome."""
    if old.state in OPEN:
        raise UsageError("error.retry_open", id=old.id)
    if old.state is State.NEEDS_REVIEW:
        if not agreed:
            raise UsageError("error.retry_unknown", id=old.id, points=old.order.total)
        talk(say("jobs.maybe_paid", id=old.id, points=old.order.total))
    if outputs.is_partial(old):
        talk(_in_part(old, studio.jobs.order_again(old)))


def _in_part(old: Job, order: Order) -> str:
    """What of a job that came out in part is made again, and for how much."""
    n, lacking = old.order.n, outputs.missing(old)
    key = "jobs.retry_missing" if order.n == lacking else "jobs.retry_whole"
    facts = {"ready": len(old.medias), "n": n, "missing": lacking, "points": order.total}
    return say(key, id=old.id, **facts)


async def follow(studio: Studio, arguments: argparse.Namespace, news: Sequence[Job]) -> int:
    """To their ends, or until the service has them: what is not sent yet would wait for a word."""
    jobs = await ends(studio, news, until_sent=arguments.no_wait)
    if jobs is None:
        talk(say("jobs.interrupted"))
        return EXIT_INTERRUPTED
    sent = [job for job in jobs if arguments.no_wait and job.state in OPEN and job.task_id]
    if arguments.json:
        documents = [await job_json(studio, job, exit_status.end_of(job)) for job in jobs]
        print_json({"jobs": documents})
    for job in jobs:
        if not arguments.json and job not in sent:
            exit_status.print_end(job)
    wanted = arguments.download is not None
    return exit_status.worst(
        EXIT_DONE if job in sent else exit_status.exit_code(job, wanted=wanted) for job in jobs
    )


def _before_again(arguments: argparse.Namespace, settings: Settings) -> Settings:
    if arguments.project is not None:
        arguments.project = labels.project(arguments.project)
    return session.if_asked(arguments, settings)


@session.verb(before=_before_again)
async def again(studio: Studio, arguments: argparse.Namespace) -> int:
    """Send what jobs were made of as new jobs, once the whole price was agreed to."""
    jobs = await named(studio, arguments.id)
    orders = [await _order(studio, arguments, job) for job in jobs]
    if not studio.connection.has_key:
        raise KeyMissing
    if not await _agreed(arguments, "again", orders):
        return EXIT_INTERRUPTED
    pairs = zip(jobs, orders, strict=True)
    news = [_told(old, await studio.jobs.submit(order)) for old, order in pairs]
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
