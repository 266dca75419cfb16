"""`ima-tui jobs again`: what jobs were made of, as new jobs: with another model, or a new seed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from ima_tui.catalogue import choice
from ima_tui.catalogue.seed import reseeded
from ima_tui.cli import session
from ima_tui.cli.commands import jobs_retry
from ima_tui.cli.commands.jobs import require
from ima_tui.cli.confirm import ask, somebody_is_here
from ima_tui.cli.confirm_changes import Unconfirmed
from ima_tui.cli.output import talk
from ima_tui.compose import confirmation
from ima_tui.config.loader import Settings
from ima_tui.core import labels
from ima_tui.core.domain import Job, Order
from ima_tui.core.errors import EXIT_INTERRUPTED, KeyMissing, UsageError
from ima_tui.i18n import say
from ima_tui.studio.studio import Studio


def run(arguments: argparse.Namespace) -> int:
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
        return await jobs_retry.follow(studio, arguments, news)


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
