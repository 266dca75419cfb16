"""`ima-tui jobs`: the ledger, looked at, waited for and watched.

`chosen` says which jobs a verb means: by number, or by the filters that `jobs list` has. `watch`
tells every change of every job as it happens, whoever follows it.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from ima_tui.cli import exit_status, session
from ima_tui.cli.json_documents import job_json, standing_json
from ima_tui.cli.output import ProgressLine, print_json, print_line, print_plain, talk
from ima_tui.config.loader import Settings
from ima_tui.core import labels
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED, ImaError, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.job_states import ENDED, FOLLOWED, OPEN, SPENT, TRANSITIONS, UNSENT
from ima_tui.logs.time_spec import moment
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
        for number, job in enumerate(jobs):
            if job.state is State.TIMED_OUT:
                jobs[number] = await studio.jobs.follow(job.id)  # polled now, not in five minutes
            elif job.state in OPEN:
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


MOST_AT_ONCE = 500
"""Jobs held in memory at once."""
GROUPS: dict[str, tuple[State, ...]] = {
    "open": tuple(sorted(OPEN)),
    "unsent": tuple(sorted(UNSENT)),
    "ended": tuple(sorted(ENDED - {State.FORGOTTEN})),
}


def filter_of(arguments: argparse.Namespace) -> JobFilter:
    """Return what the flags ask for. Raises `UsageError`."""
    states: list[State] = []
    for name in arguments.status:
        states += GROUPS.get(name, ()) if name in (*GROUPS, "held") else [State(name)]
    now = session.clock.time()
    return JobFilter(
        states=tuple(dict.fromkeys(states)),
        task_type=arguments.task_type or "",
        model=arguments.model,
        search=arguments.search,
        since=moment(arguments.since, now) if arguments.since else 0.0,
        until=moment(arguments.until, now) if arguments.until else 0.0,
        needs_approval="held" in arguments.status,
        project=None if arguments.project is None else labels.project(arguments.project),
        client=arguments.client,
        tag=arguments.tag.lstrip("#"),
        starred=arguments.starred,
    )


async def chosen(
    studio: Studio,
    arguments: argparse.Namespace,
    usual: JobFilter,
    fits: Callable[[Job], bool] = lambda _: True,
) -> list[Job]:
    """Return the jobs that were named, or those that match the filters, the oldest first.

    `usual`: states, where the filters name none; `fits`: what else a match must be. Raises
    `UsageError` where nothing chooses any.
    """
    among = filter_of(arguments)
    if arguments.id:
        if among != JobFilter():
            raise UsageError("error.jobs_both")
        return [await require(studio, job_id) for job_id in dict.fromkeys(arguments.id)]
    if among == JobFilter():
        raise UsageError("error.jobs_none")
    if not among.states and not among.needs_approval:
        among = replace(among, states=usual.states, needs_approval=usual.needs_approval)
    found: list[Job] = []
    below = 0
    while page := await studio.history.listed(among, below, MOST_AT_ONCE):
        found += filter(fits, page)
        below = page[-1].id
    if not found:
        talk(say("jobs.none_match"))
    return found[::-1]


async def not_retried(studio: Studio, jobs: Sequence[Job]) -> list[Job]:
    """Leave out jobs that were tried again already; says how many."""
    again: dict[int, Job] = {}
    for start in range(0, len(jobs), MOST_AT_ONCE):
        again |= await studio.jobs.repeats_of(
            [job.id for job in jobs[start : start + MOST_AT_ONCE]]
        )
    if again:
        talk(say("jobs.retried_before", n=len(again)))
    return [job for job in jobs if job.id not in again]


LOOK_SECONDS = 0.5


def watch(arguments: argparse.Namespace) -> int:
    """Print every change until all jobs have ended."""
    return session.run(_watch(arguments, session.settle(arguments)))


async def _watch(arguments: argparse.Namespace, settings: Settings) -> int:
    async with session.session(arguments, settings, patient=True) as studio:
        try:
            return await _Watch(studio, as_json=arguments.json).to_the_end()
        except asyncio.CancelledError:
            return EXIT_INTERRUPTED


class _Watch:
    """Reads the ledger, which all processes write; takes over what nobody alive follows."""

    def __init__(self, studio: Studio, *, as_json: bool) -> None:
        self._studio = studio
        self._json = as_json
        self._shown: dict[int, Job] = {}
        self._progress = ProgressLine()

    async def to_the_end(self) -> int:
        try:
            while True:
                for job in await self._changed():
                    await self._print(job)
                still = [job for job in self._shown.values() if job.state in OPEN]
                if all(_waits_for_a_word(job) for job in still):
                    break
                self._show(still)
                if self._studio.connection.has_key:
                    await self._studio.jobs.adopt(*(job.id for job in still))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._progress.clear()
        if not self._shown:
            talk(say("jobs.none_open"))
        return EXIT_DONE

    async def _changed(self) -> list[Job]:
        """Open jobs that stand otherwise than they were shown, and those that have ended."""
        now = {job.id: job for job in await self._studio.jobs.recent(0)}
        for job_id, job in self._shown.items():
            if job.state in OPEN and job_id not in now:
                now[job_id] = await self._studio.jobs.get(job_id) or job
        changed = [job for i, job in sorted(now.items()) if _face(job) != _face(self._shown.get(i))]
        self._shown |= {job.id: job for job in changed}
        return changed

    async def _print(self, job: Job) -> None:
        problem = exit_status.failure_of(job) if job.failure is not None else None
        if self._json:
            print_line(await job_json(self._studio, job, problem))
            return
        self._progress.clear()
        clock = datetime.fromtimestamp(job.updated_at).astimezone().strftime("%H:%M:%S")
        state = say("state.held" if _waits_for_a_word(job) else f"state.{job.state.value}")
        words = [clock, f"#{job.id}", state, job.order.model_name, one_line(job.order.prompt, 48)]
        print("  ".join(words), flush=True)
        for media in job.medias if job.state in ENDED else ():
            print_plain(f"  {media.path or media.url}")
        if problem is not None:
            talk(f"#{job.id}  {explain(problem)}")

    def _show(self, still: list[Job]) -> None:
        waiting = sum(job.state in UNSENT for job in still)
        points = sum(job.order.total for job in still if job.state in SPENT)
        running = len(still) - waiting
        self._progress.show(say("jobs.watch", running=running, waiting=waiting, points=points))


def _waits_for_a_word(job: Job) -> bool:
    return job.needs_approval and job.state in UNSENT


def _face(job: Job | None) -> object:
    """What a change is: the state, and whether it waits for a word."""
    return None if job is None else (job.state, _waits_for_a_word(job))
