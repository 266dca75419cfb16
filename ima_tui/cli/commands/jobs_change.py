"""`ima-tui jobs send`, `stop`, `retry`, `again`, `fetch`, `open`, `mark` and `verify`.

`retry` sends the same orders once more, as new jobs that name the old; `again` what jobs were made
of, with another model or a new seed. Both are charged; what jobs have brought is free. `mark` sets
stars and tags of results, and the project of jobs; `verify` compares the ledger with manifests,
log, sidecars and files, and changes nothing.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace

from ima_tui.catalogue import choice
from ima_tui.catalogue.order import reseeded
from ima_tui.cli import session
from ima_tui.cli.commands.jobs import MOST_AT_ONCE, chosen, conclude, ends, named, print_jobs
from ima_tui.cli.confirm import Unconfirmed, ask, somebody_is_here
from ima_tui.cli.json_documents import error_json
from ima_tui.cli.output import print_json, print_plain, talk
from ima_tui.compose import confirmation
from ima_tui.config.loader import Settings
from ima_tui.core import labels
from ima_tui.core.domain import Job, Order, State
from ima_tui.core.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    ImaError,
    KeyMissing,
    UsageError,
)
from ima_tui.core.labels import MarkChange
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.records import OPEN, UNSENT, is_held
from ima_tui.ledger.store import Ledger
from ima_tui.ledger.traces import Places
from ima_tui.ledger.verification import Difference
from ima_tui.runner import outputs, result_files
from ima_tui.studio.gallery import open_file
from ima_tui.studio.studio import Studio

TRIES = 3
"""A job of a run that died is held only once somebody takes it over: it is let go once more."""


@session.verb(before=session.if_asked)
async def send_jobs(studio: Studio, arguments: Namespace) -> int:
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


async def _agreed(arguments: Namespace, action: str, orders: Sequence[Order]) -> bool:
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
async def stop_jobs(studio: Studio, arguments: Namespace) -> None:
    """Stop following jobs and remove unsent ones: all that were named, or none where one ended."""
    jobs = await chosen(studio, arguments, JobFilter(states=tuple(sorted(OPEN))))
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
async def retry(studio: Studio, arguments: Namespace) -> int:
    """Send failed jobs again, once every one was looked at and the whole price was agreed to."""
    olds = await chosen(studio, arguments, JobFilter(states=(State.FAILED,)))
    if not arguments.id:
        olds = await _not_retried(studio, olds)
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


async def _not_retried(studio: Studio, jobs: Sequence[Job]) -> list[Job]:
    """Leave out jobs that were tried again already; says how many."""
    again: dict[int, Job] = {}
    for start in range(0, len(jobs), MOST_AT_ONCE):
        some = jobs[start : start + MOST_AT_ONCE]
        again |= await studio.jobs.repeats_of([job.id for job in some])
    if again:
        talk(say("jobs.retried_before", n=len(again)))
    return [job for job in jobs if job.id not in again]


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


async def follow(studio: Studio, arguments: Namespace, news: Sequence[Job]) -> int:
    """To their ends, or until the service has them: what is not sent yet would wait for a word."""
    jobs = await ends(studio, news, until_sent=arguments.no_wait)
    if jobs is None:
        talk(say("jobs.interrupted"))
        return EXIT_INTERRUPTED
    sent = [job for job in jobs if arguments.no_wait and job.state in OPEN and job.task_id]
    wanted = arguments.download is not None
    return await conclude(studio, arguments, jobs, sent=sent, wanted=wanted)


def _before_again(arguments: Namespace, settings: Settings) -> Settings:
    if arguments.project is not None:
        arguments.project = labels.project(arguments.project)
    return session.if_asked(arguments, settings)


@session.verb(before=_before_again)
async def again(studio: Studio, arguments: Namespace) -> int:
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


async def _order(studio: Studio, arguments: Namespace, job: Job) -> Order:
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


# -------------------------------------------------------------------------- what jobs brought


_NEVER_SENT = (State.STOPPED, State.FAILED)


def _into(arguments: Namespace, settings: Settings) -> Settings:
    settings = session.downloads(settings, arguments.download or "")
    result_files.prepare(settings.for_writing().folder)
    return settings


@session.verb(before=_into)
async def fetch_jobs(studio: Studio, arguments: Namespace) -> int:
    """Download results that are not on this machine; what is not ready yet is waited for."""
    jobs = await chosen(studio, arguments, JobFilter(states=(State.DONE,)), outputs.unfetched)
    for job in jobs:
        check_fetchable(job)
    problems: dict[int, ImaError] = {}
    for job in jobs:
        try:
            await begin_fetch(studio, job)
        except ImaError as error:
            problems[job.id] = error
    ended = await ends(studio, (job for job in jobs if job.id not in problems))
    if ended is None:
        return EXIT_INTERRUPTED
    found = {job.id: job for job in ended}
    jobs = [found.get(job.id, job) for job in jobs]
    return await conclude(studio, arguments, jobs, wanted=True, problems=problems)


def check_fetchable(job: Job) -> None:
    """Raise `UsageError` for a job that can't have results."""
    never = job.state in _NEVER_SENT and not job.task_id
    taken = (State.RUNNING, State.TIMED_OUT, State.FETCHING, State.DONE, *_NEVER_SENT)
    if never or job.state not in taken:
        state = say(f"state.{job.state.value}")
        raise UsageError("error.nothing_to_fetch", id=job.id, state=state)


async def begin_fetch(studio: Studio, job: Job) -> None:
    """Follow the job, or download what is missing."""
    if job.state in (State.STOPPED, State.TIMED_OUT):
        await studio.jobs.follow(job.id)
    elif job.state is State.RUNNING:
        await studio.jobs.adopt(job.id)
    elif job.state is not State.DONE or outputs.missing(job) or not await _all_here(job):
        await studio.jobs.fetch(job.id)


async def _all_here(job: Job) -> bool:
    return await asyncio.to_thread(lambda: all(map(result_files.is_here, job.medias)))


@session.verb(with_key=False)
async def open_job(studio: Studio, arguments: Namespace) -> int:
    """Open a job's first file with the desktop's program."""
    job = await studio.jobs.require(arguments.id)
    here = await asyncio.to_thread(lambda: list(filter(result_files.is_here, job.medias)))
    if not here:
        raise UsageError("error.no_file", id=job.id)
    opened = await asyncio.to_thread(open_file, here[0].path)
    if arguments.json:
        error = None if opened else error_json(ImaError("error.no_viewer"))
        print_json({"path": here[0].path, "error": error})
    elif not opened:
        print_plain(here[0].path)
    if opened:
        return EXIT_DONE
    talk(say("error.no_viewer"))
    return EXIT_FAILED


def _change_of(arguments: Namespace) -> MarkChange:
    project = None if arguments.project is None else labels.project(arguments.project)
    return MarkChange(arguments.star, _tags(arguments.tag), _tags(arguments.untag), project)


def _tags(written: list[str]) -> tuple[str, ...]:
    return tuple(tag for each in written for tag in labels.tags(each))


def _before_mark(arguments: Namespace, settings: Settings) -> Settings:
    if _change_of(arguments) == MarkChange():
        raise UsageError("error.mark_nothing")
    return settings


@session.verb(with_key=False, before=_before_mark)
async def mark(studio: Studio, arguments: Namespace) -> None:
    """Set stars, tags and projects: of all that were named, or of none where one is missing."""
    wanted: dict[int, set[int]] = {}
    for job_id, index in arguments.id:
        job = await studio.jobs.require(job_id)
        if index > max(job.order.n, len(job.medias)):
            raise UsageError("error.no_such_result", id=job_id, index=index)
        wanted.setdefault(job_id, set()).add(index)
    jobs: list[Job] = []
    for job_id, indices in wanted.items():
        only = () if 0 in indices else tuple(sorted(indices))
        jobs.append(await studio.jobs.mark(job_id, _change_of(arguments), only))
    if arguments.json:
        await print_jobs(studio, jobs)
    talk(say("jobs.marked", n=len(jobs)))


def verify(arguments: Namespace) -> int:
    """Exit code 0 where everything fits, else 1."""
    return session.run(_verify(arguments, session.settle(arguments)))


async def _verify(arguments: Namespace, settings: Settings) -> int:
    places = Places(settings.logs, (settings.folder,))
    ledger = await Ledger.open_read_only(settings.ledger, "verify", places=places)
    try:
        whole = await ledger.healthy() and ledger.repair_report is None
        looked, differences = await ledger.verify(
            session.clock.time(), wants_files=settings.download, places=places
        )
    finally:
        await ledger.aclose()
    if not whole:
        differences.insert(0, Difference("damaged", path=str(settings.ledger)))
    if arguments.json:
        rows = [_row(each) for each in differences]
        print_json({"jobs": looked.jobs, "files": looked.files, "differences": rows})
    else:
        for each in differences:
            print(f"{_found(each)} {_advice(each)}")
    talk(say("verify.looked", jobs=looked.jobs, files=looked.files, n=len(differences)))
    return EXIT_FAILED if differences else EXIT_DONE


def _row(each: Difference) -> dict[str, object]:
    return {
        "kind": each.kind,
        "job_id": each.job or None,
        "task_id": each.task_id or None,
        "path": each.path or None,
        "source": each.source or None,
        "found": _found(each),
        "advice": _advice(each),
    }


def _found(each: Difference) -> str:
    source = say(f"verify.from_{each.source}") if each.source else ""
    task, path = one_line(each.task_id, 80), one_line(each.path, 300)
    return say(f"verify.{each.kind}", source=source, id=each.job, task=task, path=path)


def _advice(each: Difference) -> str:
    if each.kind in ("file_missing", "file_empty", "not_fetched"):
        return say("verify.fetch" if each.alive else "verify.expired", id=each.job)
    return say(f"verify.{each.kind}.advice", id=each.job)
