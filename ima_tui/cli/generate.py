"""`ima-tui generate`: one job to its end. Takes every flag of the founding document's script."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ima_tui.catalogue import choice, form, order, price
from ima_tui.cli import session
from ima_tui.cli.models import print_models
from ima_tui.cli.output import error_json, print_json, talk
from ima_tui.config import Settings
from ima_tui.domain import Draft, Job, Leaf, Order, State, TaskType, Value
from ima_tui.errors import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    ImaError,
    OverLimit,
    UsageError,
)
from ima_tui.lifecycle import OPEN
from ima_tui.messages import explain, say
from ima_tui.studio import Studio
from ima_tui.text import one_line, seconds_range


def run(arguments: argparse.Namespace) -> int:
    settings = session.settle(arguments)
    if arguments.download is None:
        settings = session.without_downloads(settings)
    elif arguments.download:
        settings = replace(settings, folder=Path(arguments.download).expanduser(), download=True)
    else:
        settings = replace(settings, download=True)
    return session.run(_generate(arguments, settings))


async def _generate(arguments: argparse.Namespace, settings: Settings) -> int:
    async with session.session(arguments, settings) as studio:
        task_type = _task_type(arguments.task_type)
        if arguments.list_models:
            await studio.fresh(task_type)
            print_models(studio, [task_type], "", as_json=arguments.json)
            return EXIT_DONE
        _check_prompt(arguments)
        leaf = await _leaf(studio, arguments, task_type)
        placed, quote = await _order(studio, arguments, task_type, leaf)
        warnings = _changes(quote)
        if arguments.dry_run:
            return _dry_run(placed, warnings, as_json=arguments.json)
        _check_price(arguments, placed, warnings)
        if arguments.remember_model and not await studio.prefer(task_type, leaf):
            talk(say("error.prefs_read_only", path=str(settings.preferences)))
        return await _send(studio, arguments, placed)


def _task_type(written: str | None) -> TaskType:
    known = ", ".join(task_type.value for task_type in TaskType)
    if written is None:
        raise UsageError("error.no_task_type", known=known)
    try:
        return TaskType(written.strip().lower())
    except ValueError as error:
        shown = one_line(written, 60)
        raise UsageError("error.unknown_task_type", task_type=shown, known=known) from error


def _prompt(arguments: argparse.Namespace) -> str:
    return str(arguments.prompt if arguments.prompt is not None else arguments.text or "")


def _check_prompt(arguments: argparse.Namespace) -> None:
    """Before anything is fetched: an empty wish needs no list."""
    if not _prompt(arguments).strip():
        raise UsageError("error.empty_prompt")


async def _leaf(studio: Studio, arguments: argparse.Namespace, task_type: TaskType) -> Leaf:
    """The named model, else the preferred, else the default one."""
    if arguments.model_id is None and studio.preferences.trouble is not None:
        raise studio.preferences.trouble  # a wish that can't be read is not replaced by a guess
    leaves = await studio.fresh(task_type)
    if arguments.model_id is not None:
        return choice.pick(leaves, arguments.model_id, arguments.version_id)
    leaf = studio.suggested(task_type)
    if leaf is None:
        raise UsageError("error.no_models")
    return choice.pick(leaves, leaf.model_id, arguments.version_id)


async def _order(
    studio: Studio, arguments: argparse.Namespace, task_type: TaskType, leaf: Leaf
) -> tuple[Order, price.Quote]:
    inputs = tuple(arguments.input_images)
    draft = Draft(
        task_type=task_type,
        model_id=leaf.model_id,
        version=leaf.version,
        prompt=_prompt(arguments),
        chosen=_chosen(arguments, leaf),
        inputs=inputs,
        n=arguments.n,
    )
    placed, quote = order.place(leaf, draft)
    facts = await studio.inspect_inputs(leaf, inputs)
    return replace(placed, inputs=tuple(fact.source for fact in facts)), quote


def _chosen(arguments: argparse.Namespace, leaf: Leaf) -> tuple[tuple[str, Value], ...]:
    """--extra-params, then --size, then --param: the later and more exact one wins."""
    written: dict[str, object] = dict(_extra_params(arguments.extra_params))
    if arguments.size is not None:
        written["size"] = arguments.size
    for text in arguments.param:
        name, separator, value = text.partition("=")
        if not separator or not name.strip():
            raise UsageError("error.bad_parameter", text=one_line(text, 80))
        written[name.strip()] = value
    return tuple(form.accept(leaf, name, value) for name, value in written.items())


def _extra_params(text: str | None) -> Mapping[str, object]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError("error.bad_json", text=one_line(text, 80)) from error
    if not isinstance(found, dict):
        raise UsageError("error.bad_json", text=one_line(text, 80))
    return found


def _changes(quote: price.Quote) -> list[str]:
    """What the nearest price rule would set otherwise, one phrase each."""
    return [
        f"{change.name} = {change.becomes}"
        if change.asked is None
        else f"{change.name} {change.asked} → {change.becomes}"
        for change in quote.changes
    ]


def _check_price(arguments: argparse.Namespace, placed: Order, changes: Sequence[str]) -> None:
    if changes and not arguments.yes:
        raise UsageError("error.would_change", changes=", ".join(changes))
    limit = arguments.max_credits
    if limit is not None and placed.total > limit:
        raise OverLimit("error.over_limit", total=placed.total, limit=limit)


def _dry_run(placed: Order, warnings: list[str], *, as_json: bool) -> int:
    from ima_tui.api.wire import create_payload

    urls = [_as_url(source) for source in placed.inputs]
    payload = create_payload(placed, urls)
    if any(url.startswith("file:") for url in urls):
        warnings.append(say("cli.uploaded_first"))
    if as_json:
        print_json({"payload": payload, "total_credit": placed.total, "warnings": warnings})
        return EXIT_DONE
    print_json(payload)
    talk(say("cli.would_cost", points=placed.total, model=placed.model_name))
    for warning in warnings:
        talk(warning)
    return EXIT_DONE


def _as_url(source: str) -> str:
    return source if "://" in source else Path(source).as_uri()


async def _send(studio: Studio, arguments: argparse.Namespace, placed: Order) -> int:
    if not arguments.json and placed.estimate is not None:
        usual = seconds_range(placed.estimate.low, placed.estimate.high)
        talk(say("cli.sending", model=placed.model_name, points=placed.total, time=usual))
    job = await studio.submit(placed)
    interrupted = False
    try:
        job = await session.wait_for(studio, job, until_sent=arguments.no_wait)
    except asyncio.CancelledError:
        interrupted = True
        job = await studio.job(job.id) or job
    return await _conclude(studio, arguments, job, interrupted)


async def _conclude(
    studio: Studio, arguments: argparse.Namespace, job: Job, interrupted: bool
) -> int:
    sent_is_enough = arguments.no_wait and job.state in OPEN and bool(job.task_id)
    error = None if sent_is_enough else _problem(job, interrupted)
    if arguments.json:
        print_json(await job_json(studio, job, error))
    else:
        _print_result(job)
        if error is not None:
            talk(explain(error))
    if interrupted:
        return EXIT_INTERRUPTED
    return EXIT_DONE if sent_is_enough else session.exit_code(job)


def _problem(job: Job, interrupted: bool) -> ImaError | None:
    if interrupted:
        return ImaError("error.interrupted", id=job.id)
    if job.state in OPEN:
        return ImaError("error.still_running", id=job.id)
    if job.state is State.DONE and job.failure is None:
        return None
    return session.failure_of(job)


def _print_result(job: Job) -> None:
    for media in job.medias:
        print(media.path or media.url)
    if job.state is State.DONE:
        talk(say("cli.done", points=job.order.total, seconds=round(job.elapsed(job.updated_at))))


async def job_json(studio: Studio, job: Job, error: ImaError | None) -> dict[str, object]:
    """The one shape of a job in JSON, wherever it is printed."""
    placed, estimate = job.order, job.order.estimate
    events = await studio.timeline(job.id)
    medias = [
        {
            "url": media.url,
            "cover": media.cover or None,
            "format": media.format or None,
            "width": media.width,
            "height": media.height,
            "duration": media.duration or None,
            "path": media.path or None,
        }
        for media in job.medias
    ]
    return {
        "job_id": job.id,
        "task_id": job.task_id or None,
        "task_type": placed.task_type.value,
        "model_id": placed.model_id,
        "model_name": placed.model_name,
        "model_version": placed.version,
        "credit": placed.points,
        "n": placed.n,
        "total_credit": placed.total,
        "status": job.state.value,
        "elapsed_s": round(job.elapsed(studio.clock.time()), 1),
        "estimated_s": [estimate.low, estimate.high] if estimate else None,
        "medias": medias,
        "url": medias[0]["url"] if medias else None,
        "attempts": [
            {"at": event.at, "status": event.state.value, "message": say(event.key, **event.values)}
            for event in events
        ],
        "error": error_json(error) if error is not None else None,
    }
