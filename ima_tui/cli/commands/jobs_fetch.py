"""`ima-tui jobs fetch`, `open`, `mark` and `verify`: what jobs have brought. All are free.

`mark` sets stars and tags of results, and the project of jobs; `verify` compares the ledger with
manifests, log, sidecars and files, and changes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping

from ima_tui.cli import exit_status, session
from ima_tui.cli.commands.jobs import chosen, end_of, print_end, require
from ima_tui.cli.json_documents import error_json, job_json, standing_json
from ima_tui.cli.output import print_json, print_plain, talk
from ima_tui.config.loader import Settings
from ima_tui.core import labels
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, ImaError, UsageError
from ima_tui.core.labels import MarkChange
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.store import Ledger
from ima_tui.ledger.traces import Places
from ima_tui.ledger.verification import Difference
from ima_tui.runner import outputs, result_files
from ima_tui.studio.gallery import open_file
from ima_tui.studio.studio import Studio

_NEVER_SENT = (State.STOPPED, State.FAILED)


def fetch_jobs(arguments: argparse.Namespace) -> int:
    """Download results that are not on this machine."""
    settings = session.downloads(session.settle(arguments), arguments.download or "")
    result_files.prepare(settings.for_writing().folder)
    return session.run(_fetch(arguments, settings))


async def _fetch(arguments: argparse.Namespace, settings: Settings) -> int:
    """To the ends of all that were named; what is not ready yet is waited for."""
    async with session.session(arguments, settings) as studio:
        jobs = await chosen(studio, arguments, JobFilter(states=(State.DONE,)), outputs.unfetched)
        for job in jobs:
            check_fetchable(job)
        problems: dict[int, ImaError] = {}
        for job in jobs:
            try:
                await begin_fetch(studio, job)
            except ImaError as error:
                problems[job.id] = error
        waited = [job for job in jobs if job.id not in problems]
        try:
            ended = await asyncio.gather(*(exit_status.wait_for(studio, job) for job in waited))
        except asyncio.CancelledError:
            return EXIT_INTERRUPTED
        found = {job.id: job for job in ended}
        return await _conclude(
            studio, arguments, [found.get(job.id, job) for job in jobs], problems
        )


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


async def _conclude(
    studio: Studio,
    arguments: argparse.Namespace,
    jobs: list[Job],
    problems: Mapping[int, ImaError],
) -> int:
    told = {job.id: problems.get(job.id) or _problem(job) for job in jobs}
    if arguments.json:
        print_json({"jobs": [await job_json(studio, job, told[job.id]) for job in jobs]})
    else:
        for job in jobs:
            if job.id in problems:
                talk(f"#{job.id}  {explain(problems[job.id])}")
            else:
                print_end(job)
    codes = [
        problems[job.id].exit_code
        if job.id in problems
        else exit_status.exit_code(job, wanted=True)
        for job in jobs
    ]
    return exit_status.worst(codes)


def _problem(job: Job) -> ImaError | None:
    return end_of(job) or exit_status.shortcoming(job, wanted=True)


def open_job(arguments: argparse.Namespace) -> int:
    """Open a job's first file with the desktop's program."""
    settings = session.settle(arguments)
    return session.run(_open(arguments, settings))


async def _open(arguments: argparse.Namespace, settings: Settings) -> int:
    async with session.session(arguments, settings, with_key=False) as studio:
        job = await require(studio, arguments.id)
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


def mark(arguments: argparse.Namespace) -> int:
    """Set stars, tags and projects."""
    settings = session.settle(arguments)
    project = None if arguments.project is None else labels.project(arguments.project)
    change = MarkChange(arguments.star, _tags(arguments.tag), _tags(arguments.untag), project)
    if change == MarkChange():
        raise UsageError("error.mark_nothing")
    return session.run(_mark(arguments, settings, change))


def _tags(written: list[str]) -> tuple[str, ...]:
    return tuple(tag for each in written for tag in labels.tags(each))


async def _mark(arguments: argparse.Namespace, settings: Settings, change: MarkChange) -> int:
    """Mark all that were named, or none where one does not exist."""
    async with session.session(arguments, settings, with_key=False) as studio:
        wanted: dict[int, set[int]] = {}
        for job_id, index in arguments.id:
            job = await require(studio, job_id)
            if index > max(job.order.n, len(job.medias)):
                raise UsageError("error.no_such_result", id=job_id, index=index)
            wanted.setdefault(job_id, set()).add(index)
        jobs: list[Job] = []
        for job_id, indices in wanted.items():
            only = () if 0 in indices else tuple(sorted(indices))
            jobs.append(await studio.jobs.mark(job_id, change, only))
        if arguments.json:
            print_json({"jobs": [await standing_json(studio, job, None) for job in jobs]})
        talk(say("jobs.marked", n=len(jobs)))
    return EXIT_DONE


def verify(arguments: argparse.Namespace) -> int:
    """Exit code 0 where everything fits, else 1."""
    return session.run(_verify(arguments, session.settle(arguments)))


async def _verify(arguments: argparse.Namespace, settings: Settings) -> int:
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
