"""`ima-tui jobs`: the ledger, looked at and waited for."""

from __future__ import annotations

import argparse
import asyncio

from ima_tui.cli import exit_status, session
from ima_tui.cli.json_documents import job_json, standing_json
from ima_tui.cli.output import print_json, print_plain, talk
from ima_tui.config.loader import Settings
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED, ImaError, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say
from ima_tui.ledger.job_states import ENDED, FOLLOWED, OPEN, TRANSITIONS
from ima_tui.studio.studio import Studio


def problem_of(job: Job) -> ImaError | None:
    """Return why an ended job has no result; None if it has."""
    return exit_status.failure_of(job) if job.failure is not None else None


def show_job(arguments: argparse.Namespace) -> int:
    """Print a job and its history."""
    settings = session.settle(arguments)
    return session.run(_show(arguments, settings))


async def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    async with session.session(arguments, settings, with_key=False) as studio:
        job = await require(studio, arguments.id)
        if arguments.json:
            print_json(await standing_json(studio, job, problem_of(job)))
            return EXIT_DONE
        order = job.order
        print(f"#{job.id}  {order.model_name}  {say(f'state.{job.state.value}')}")
        if job.waiting:
            print(say(job.waiting, **job.waiting_values))
        print(one_line(order.prompt, 400))
        print(f"{order.total} pts  {', '.join(f'{k}={v}' for k, v in order.parameters if v != '')}")
        for event in await studio.jobs.timeline(job.id):
            print(f"{_clock(event.at)}  {say(event.key, **event.values)}")
        for media in job.medias:
            print_plain(media.path or media.url)
        problem = problem_of(job)
        if problem is not None:
            talk(explain(problem))
            if job.failure is not None and job.failure.reason:
                talk(f"“{job.failure.reason}”")
            exit_status.say_how_to_fetch(job)
    return EXIT_DONE


def _clock(at: float) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


async def require(studio: Studio, job_id: int) -> Job:
    """Return the job of that number. Raises `UsageError`."""
    job = await studio.jobs.get(job_id)
    if job is None:
        raise UsageError("error.no_job", id=job_id)
    return job


def wait_jobs(arguments: argparse.Namespace) -> int:
    """Run `jobs wait`."""
    settings = session.settle(arguments)
    return session.run(_wait(arguments, settings))


async def _wait(arguments: argparse.Namespace, settings: Settings) -> int:
    """Follow the named jobs (none named: all open ones) to their ends; the worst one counts."""
    async with session.session(arguments, settings) as studio:
        if arguments.id:
            jobs = [await require(studio, job_id) for job_id in dict.fromkeys(arguments.id)]
        else:
            jobs = [job for job in await studio.jobs.recent() if job.state in FOLLOWED]
        for job in jobs:
            if job.state in OPEN:
                await studio.jobs.adopt(job.id)
        waits = [exit_status.wait_for(studio, job, seconds=arguments.timeout) for job in jobs]
        try:
            ended = list(await asyncio.gather(*waits))
        except asyncio.CancelledError:
            return EXIT_INTERRUPTED
        if arguments.json:
            print_json({"jobs": [await job_json(studio, job, end_of(job)) for job in ended]})
        for job in ended:
            if not arguments.json:
                print_end(job)
        return exit_status.worst(exit_status.exit_code(job) for job in ended)


def end_of(job: Job) -> ImaError | None:
    """Return what keeps a job from being a success, also that it still runs."""
    if job.state not in ENDED:
        return exit_status.held_by_limit(job) or ImaError("error.still_running", id=job.id)
    return problem_of(job)


def print_end(job: Job) -> None:
    """Print the results of a job, or why there are none."""
    for media in job.medias:
        print_plain(media.path or media.url)
    problem = end_of(job)
    if problem is not None:
        talk(f"#{job.id}  {explain(problem)}")
        exit_status.say_how_to_fetch(job)
    elif job.state is not State.DONE:
        talk(say(f"state.{job.state.value}"))


def forget_jobs(arguments: argparse.Namespace) -> int:
    """Remove ended jobs from the list."""
    settings = session.settle(arguments)
    return session.run(_forget(arguments, settings))


async def _forget(arguments: argparse.Namespace, settings: Settings) -> int:
    """Take jobs off the list: all that were named, or none where one can't be."""
    async with session.session(arguments, settings, with_key=False) as studio:
        jobs = [await require(studio, job_id) for job_id in dict.fromkeys(arguments.id)]
        for job in jobs:
            if State.FORGOTTEN not in TRANSITIONS[job.state] and job.state is not State.FORGOTTEN:
                raise UsageError("error.retry_open", id=job.id)
        listed = [job for job in jobs if job.state is not State.FORGOTTEN]
        for job in listed:
            await studio.jobs.forget(job.id)
        if arguments.json:
            after = [await require(studio, job.id) for job in jobs]
            print_json({"jobs": [await standing_json(studio, job, None) for job in after]})
        talk(say("jobs.forgotten", n=len(listed)))
    return EXIT_DONE
