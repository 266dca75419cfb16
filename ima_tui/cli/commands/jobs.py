"""`ima-tui jobs`: the ledger, looked at, waited for and watched.

`chosen` says which jobs a verb means: by number, or by the filters that `jobs list` has. `watch`
tells every change of every job as it happens, whoever follows it.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ima_tui.cli import exit_status, session
from ima_tui.cli.exit_status import end_of
from ima_tui.cli.json_documents import job_json, job_status_json
from ima_tui.cli.output import ProgressLine, print_json, print_line, print_plain, talk
from ima_tui.compose import parameter_names
from ima_tui.core import labels
from ima_tui.core.domain import Job, Order, State
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED, ImaError, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.records import ENDED, FOLLOWED, OPEN, SPENT, TRANSITIONS, UNSENT, is_held
from ima_tui.logs.filter import moment
from ima_tui.studio.studio import Studio


@session.verb(with_key=False)
async def show_job(studio: Studio, arguments: Namespace) -> None:
    """Print a job and its history."""
    job = await studio.jobs.require(arguments.id)
    problem = exit_status.problem_of(job)
    if arguments.json:
        print_json(await job_status_json(studio, job, problem))
        return
    order = job.order
    print(f"#{job.id}  {order.model_name}  {say(f'state.{job.state.value}')}")
    if job.waiting:
        print(say(job.waiting, **job.waiting_values))
    print(one_line(order.prompt, 400))
    print(f"{order.total} pts  {', '.join(_settings(order))}")
    for event in await studio.jobs.timeline(job.id):
        print(f"{_clock(event.at, '%Y-%m-%d %H:%M:%S')}  {say(event.key, **event.values)}")
    exit_status.print_results(job)
    if problem is not None:
        talk(explain(problem))
        if job.failure is not None and job.failure.reason:
            talk(f"“{job.failure.reason}”")
        exit_status.say_how_to_fetch(job)


def _settings(order: Order) -> Iterator[str]:
    """`speed=1.2`: each setting as `--set` takes it; behind a voice's id its name."""
    for name, value in order.parameters:
        if value == "":
            continue
        known_as = parameter_names.value(name, value)
        is_named = name.casefold() in parameter_names.VOICES and known_as != str(value)
        yield f"{name}={value} ({known_as})" if is_named else f"{name}={value}"


def _clock(at: float, form: str) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime(form)


async def named(studio: Studio, ids: Sequence[int]) -> list[Job]:
    """Return the jobs of these numbers, each once. Raises `UsageError`."""
    return [await studio.jobs.require(job_id) for job_id in dict.fromkeys(ids)]


async def ends(
    studio: Studio,
    jobs: Iterable[Job],
    *,
    until_sent: bool = False,
    seconds: float | None = None,
) -> list[Job] | None:
    """Return all jobs when the last one ends, as `wait_for` does; None after an interruption."""
    waits = [
        exit_status.wait_for(studio, job, until_sent=until_sent, seconds=seconds) for job in jobs
    ]
    try:
        return list(await asyncio.gather(*waits))
    except asyncio.CancelledError:
        return None


@session.verb()
async def wait_jobs(studio: Studio, arguments: Namespace) -> int:
    """Follow the named jobs (none named: all open ones) to their ends; the worst one counts."""
    jobs = await named(studio, arguments.id)
    if not arguments.id:
        jobs = [job for job in await studio.jobs.recent() if job.state in FOLLOWED]
    for number, job in enumerate(jobs):
        if job.state is State.TIMED_OUT:
            jobs[number] = await studio.jobs.follow(job.id)  # polled now, not in five minutes
        elif job.state in OPEN:
            await studio.jobs.adopt(job.id)
    ended = await ends(studio, jobs, seconds=arguments.timeout)
    return EXIT_INTERRUPTED if ended is None else await conclude(studio, arguments, ended)


async def conclude(
    studio: Studio,
    arguments: Namespace,
    jobs: Sequence[Job],
    *,
    sent: Collection[Job] = (),
    wanted: bool = False,
    problems: Mapping[int, ImaError] | None = None,
) -> int:
    """Print how jobs ended and return the exit code.

    `sent`: jobs that need not have ended; `wanted`: files were to be here, too; `problems`: what
    went wrong with fetching them, where that is what the verb is about.
    """
    found = problems or {}
    if arguments.json:
        about_files = problems is not None
        told = [(job, found.get(job.id) or end_of(job, wanted=about_files)) for job in jobs]
        print_json({"jobs": [await job_json(studio, *each) for each in told]})
    codes: list[int] = []
    for job in jobs:
        problem = found.get(job.id)
        code = problem.exit_code if problem else exit_status.exit_code(job, wanted=wanted)
        codes.append(EXIT_DONE if job in sent else code)
        if problem is not None and not arguments.json:
            talk(f"#{job.id}  {explain(problem)}")
        elif job not in sent and not arguments.json:
            exit_status.print_end(job)
    return exit_status.worst(codes)


@session.verb(with_key=False)
async def forget_jobs(studio: Studio, arguments: Namespace) -> None:
    """Take jobs off the list: all that were named, or none where one can't be."""
    jobs = await named(studio, arguments.id)
    for job in jobs:
        if State.FORGOTTEN not in TRANSITIONS[job.state] and job.state is not State.FORGOTTEN:
            raise UsageError("error.retry_open", id=job.id)
    listed = [job for job in jobs if job.state is not State.FORGOTTEN]
    for job in listed:
        await studio.jobs.forget(job.id)
    if arguments.json:
        await print_jobs(studio, await named(studio, arguments.id))
    talk(say("jobs.forgotten", n=len(listed)))


async def print_jobs(studio: Studio, jobs: Iterable[Job]) -> None:
    """Print one document of jobs as they stand, also failed ones without an error."""
    print_json({"jobs": [await job_status_json(studio, job, None) for job in jobs]})


MOST_AT_ONCE = 500
"""Jobs held in memory at once."""
GROUPS: dict[str, tuple[State, ...]] = {
    "open": tuple(sorted(OPEN)),
    "unsent": tuple(sorted(UNSENT)),
    "ended": tuple(sorted(ENDED - {State.FORGOTTEN})),
}


def filter_of(arguments: Namespace) -> JobFilter:
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
    arguments: Namespace,
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
        return await named(studio, arguments.id)
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


LOOK_SECONDS = 0.5


@session.verb(patient=True)
async def watch(studio: Studio, arguments: Namespace) -> None:
    """Print every change until all jobs have ended."""
    await _Watch(studio, as_json=arguments.json).to_the_end()


class _Watch:
    """Reads the ledger, which all processes write; takes over what nobody alive follows."""

    def __init__(self, studio: Studio, *, as_json: bool) -> None:
        self._studio = studio
        self._json = as_json
        self._shown: dict[int, Job] = {}
        self._progress = ProgressLine()

    async def to_the_end(self) -> None:
        try:
            while True:
                for job in await self._changed():
                    await self._print(job)
                still = [job for job in self._shown.values() if job.state in OPEN]
                if all(map(is_held, still)):
                    break
                self._show(still)
                if self._studio.connection.has_key:
                    await self._studio.jobs.adopt(*(job.id for job in still))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._progress.clear()
        if not self._shown:
            talk(say("jobs.none_open"))

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
        problem = exit_status.problem_of(job)
        if self._json:
            print_line(await job_json(self._studio, job, problem))
            return
        self._progress.clear()
        clock, state = _clock(job.updated_at, "%H:%M:%S"), exit_status.state_of(job)
        words = [clock, f"#{job.id}", state, job.order.model_name]
        words.append(one_line(job.order.prompt, 48))
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


def _face(job: Job | None) -> object:
    """What a change is: the state, and whether it waits for a word."""
    return None if job is None else (job.state, is_held(job))
