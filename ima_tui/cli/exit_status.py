"""What becomes of a verb's jobs: waiting for their ends, and what those mean for a script."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ima_tui.cli.output import ProgressLine, note_job, print_plain, talk
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_KEY,
    EXIT_LIMIT,
    EXIT_NOT_FETCHED,
    EXIT_STILL_RUNNING,
    EXIT_UNKNOWN,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    MISCONFIGURED,
    UNREACHABLE,
    ImaError,
    OverLimit,
)
from ima_tui.core.events import ConnectivityChanged, JobChanged, Notice
from ima_tui.core.text import duration
from ima_tui.i18n import explain, joined, say
from ima_tui.ledger.records import ENDED, OPEN, UNDER_WAY, is_done, is_held
from ima_tui.runner import outputs
from ima_tui.studio.studio import Studio

STATE_EXITS = {
    State.DONE: EXIT_DONE,
    State.FAILED: EXIT_FAILED,
    State.NEEDS_REVIEW: EXIT_UNKNOWN,
    State.STOPPED: EXIT_FAILED,
    State.FORGOTTEN: EXIT_FAILED,
}
WORST_LAST = (
    EXIT_DONE,
    EXIT_NOT_FETCHED,
    EXIT_STILL_RUNNING,
    EXIT_FAILED,
    EXIT_USAGE,
    EXIT_UNREACHABLE,
    EXIT_LIMIT,
    EXIT_KEY,
    EXIT_UNKNOWN,
)
"""What may have been charged needs a person most."""
EXITS = {
    "error.unauthorised": EXIT_KEY,
    "error.key_missing": EXIT_KEY,
    "error.too_few_points": EXIT_LIMIT,
    "error.price_rose": EXIT_LIMIT,
    "error.malformed": EXIT_UNREACHABLE,
    "error.lost": EXIT_UNKNOWN,
    "error.fault": EXIT_UNKNOWN,
    **dict.fromkeys(UNREACHABLE, EXIT_UNREACHABLE),
    **dict.fromkeys(MISCONFIGURED, EXIT_USAGE),
}
"""Of recorded failures; any other one means that the generation failed."""
EXITS_OF_KINDS = {"over_": EXIT_LIMIT, "clock_": EXIT_UNREACHABLE}
"""By how the key behind `error.` begins: limits that the user set, and a wrong clock."""
LONG = 5.0
"""Seconds of an upload, a check or a create after which its wait is explained."""
OFFER_SECONDS = 30.0
"""How often a verb offers to follow the job that it waits for: as long as a lease is."""
OVER = "waiting.over_"
"""A limit on spending that the person set holds the job."""
FULL = ("waiting.running", "waiting.kind")


def exit_code(job: Job, *, wanted: bool = False) -> int:
    """What the end of a job means for a script. `wanted`: its files were to be here, too."""
    if job.state is State.FAILED and job.failure is not None:
        return failure_of(job).exit_code
    if job.state is State.DONE and job.failure is not None:
        return EXIT_FAILED if outputs.is_partial(job) else EXIT_NOT_FETCHED
    if wanted and outputs.unfetched(job):
        return EXIT_NOT_FETCHED
    if held_by_limit(job) is not None:
        return EXIT_LIMIT
    return STATE_EXITS.get(job.state, EXIT_STILL_RUNNING)


def held_by_limit(job: Job) -> OverLimit | None:
    """Return the limit of the user's that an unsent job is over, in words; None for any other."""
    if not (is_held(job) and job.waiting.startswith(OVER)):
        return None
    return OverLimit(job.waiting.replace("waiting.", "error."), **job.waiting_values)


def worst(codes: Iterable[int]) -> int:
    """The exit code for several jobs: of what went wrong, a missing download weighs least."""
    least = (EXIT_DONE, EXIT_NOT_FETCHED)
    return max(codes, key=lambda code: (least.index(code) if code in least else 2, code), default=0)


def worst_of_rows(codes: Iterable[int]) -> int:
    """The exit code for the rows of a batch and the steps of a workflow."""
    return max(codes, key=WORST_LAST.index, default=EXIT_DONE)


def surplus(job: Job) -> str:
    """That more came than was ordered, and how much of it is kept; or ""."""
    if not outputs.surplus(job):
        return ""
    return say("jobs.kept_more", n=job.order.n, kept=len(job.medias))


def suggestion(studio: Studio, job: Job) -> str:
    """After a failure what to take instead; after a success a tip on the usual choice; or ""."""
    from ima_tui.compose import confirmation

    before = studio.catalogue.model_of(job.order)
    others = confirmation.prices_instead(studio.catalogue.instead(job), job.order, before)
    if told := [say("cli.alternative", model=name, points=points) for name, points in others]:
        return say("cli.instead", models=say("answer.comma").join(told))
    usual = studio.catalogue.usual_instead(job.order) if job.state is State.DONE else None
    offered = (usual,) if usual is not None else ()
    found = confirmation.prices_instead(offered, job.order, before)
    return say("cli.mismatch", model=found[0][0], points=found[0][1]) if found else ""


def say_how_to_fetch(job: Job) -> None:
    """Name the verb that downloads what is missing."""
    if outputs.unfetched(job):
        talk(say("jobs.fetch_later", id=job.id))


def failure_of(job: Job) -> ImaError:
    """A recorded failure as the error it was, so that its words and exit code are the same."""
    error = outputs.problem_of(job)
    if error is None:
        return ImaError("error.generation_failed")
    name = error.key.removeprefix("error.")
    kinds = (code for begin, code in EXITS_OF_KINDS.items() if name.startswith(begin))
    error.exit_code = EXITS.get(error.key, next(kinds, EXIT_FAILED))
    return error


def problem_of(job: Job) -> ImaError | None:
    """Return the recorded failure of a job; None where it has none."""
    return failure_of(job) if job.failure is not None else None


def end_of(job: Job, *, wanted: bool = False) -> ImaError | None:
    """Return what keeps a job from being a success, also that it still runs.

    `wanted`: its files were to be here, too.
    """
    if job.state in OPEN:
        return held_by_limit(job) or ImaError("error.still_running", id=job.id)
    if wanted and job.failure is None and outputs.unfetched(job):
        return ImaError("error.not_fetched")
    return problem_of(job)


def row_problem(job: Job, *, wanted: bool = False) -> ImaError | None:
    """Return why a row of a batch or a step of a workflow is not done, or not all here."""
    if job.state in (State.STOPPED, State.FORGOTTEN):
        return None if is_done(job) else ImaError("error.batch_left", id=job.id)
    if job.state is State.NEEDS_REVIEW:
        return ImaError("error.lost")
    if is_held(job):
        rise = {"before": job.order.confirmed, "points": job.order.total}
        return held_by_limit(job) or ImaError("error.price_rose", **rise)
    if job.state is State.TIMED_OUT or job.state is State.DONE:
        return end_of(job, wanted=wanted)
    return failure_of(job)


def row_exit_code(job: Job, *, wanted: bool = False) -> int:
    """Return what the end of a row or step means for a script."""
    if job.state is State.FORGOTTEN and is_done(job):
        return EXIT_DONE
    return EXIT_LIMIT if is_held(job) else exit_code(job, wanted=wanted)


def state_of(job: Job) -> str:
    """Say the state of a job, also that it needs approval."""
    return say("state.held" if is_held(job) else f"state.{job.state.value}")


def print_results(job: Job) -> None:
    """Print where each result is: its file, or else its link."""
    for media in job.medias:
        print_plain(media.path or media.url)


def print_end(job: Job) -> None:
    """Print the results of a job, or why there are none."""
    print_results(job)
    problem = end_of(job)
    if problem is not None:
        talk(f"#{job.id}  {explain(problem)}")
        say_how_to_fetch(job)
    elif job.state is not State.DONE:
        talk(say(f"state.{job.state.value}"))


async def wait_for(
    studio: Studio,
    job: Job,
    *,
    until_sent: bool = False,
    seconds: float | None = None,
    quiet: bool = False,
) -> Job:
    """The job at its end, when it is parked, or (`until_sent`) when the service has it.

    Returns it as it is after `seconds`. `quiet`: what it waits for meanwhile is not said.
    """
    note_job(job.id)
    news: asyncio.Queue[Job] = asyncio.Queue()
    refused: list[ImaError] = []
    broken = ""
    progress = ProgressLine()

    def listen(notice: Notice) -> None:
        nonlocal broken
        if isinstance(notice, ConnectivityChanged):
            before, broken = broken, notice.problem.key if notice.problem else ""
            if notice.problem is not None and notice.problem.exit_code == EXIT_KEY:
                refused.append(notice.problem)
            elif notice.problem is not None and before != broken:
                progress.clear()
                talk(joined(say(notice.problem.key, **notice.problem.values), waits(studio)))
        if isinstance(notice, JobChanged) and notice.job.id == job.id:
            news.put_nowait(notice.job)

    unsubscribe = studio.subscribe(listen)
    told = ""
    asked = studio.clock.steady()
    due = None if seconds is None else asked + seconds
    try:
        job = await studio.jobs.get(job.id) or job
        while not _enough(job, until_sent) and (due is None or studio.clock.steady() < due):
            if refused:
                raise refused[0]  # nobody can ask for it with this key
            why = "" if quiet else holds_up(job, studio.clock.time())
            if why not in ("", told):
                told = why
                progress.clear()
                talk(why)
            progress.show(_line(studio, job))
            try:
                async with asyncio.timeout(0.5):
                    job = await news.get()
            except TimeoutError:  # another process may be the one that follows it
                job, asked = await _elsewhere(studio, job, asked)
    except asyncio.CancelledError:
        studio.engine.hasten()
        raise
    finally:
        progress.clear()
        unsubscribe()
    return job


async def _elsewhere(studio: Studio, job: Job, asked: float) -> tuple[Job, float]:
    """Return the job as the ledger has it, and when this run last offered to follow it.

    Its owner may have died on another machine, which only the end of its lease tells.
    """
    now = studio.clock.steady()
    if now - asked >= OFFER_SECONDS:
        asked = now
        await studio.jobs.adopt(job.id)
    return await studio.jobs.get(job.id) or job, asked


def _enough(job: Job, until_sent: bool) -> bool:
    if job.state in ENDED or job.state is State.TIMED_OUT or is_held(job):
        return True  # what is held waits for a person's word, which this verb is not
    return until_sent and job.state in (State.RUNNING, State.FETCHING)


def holds_up(job: Job, now: float) -> str:
    """Why nothing moves, where that is worth a line of its own."""
    if job.state in UNDER_WAY and now - job.updated_at >= LONG:
        return say("jobs.waits", id=job.id, why=say(f"wait.{job.state}"))
    if job.waiting and (job.waiting in FULL or job.state is State.FETCHING):
        return say("jobs.waits", id=job.id, why=say(job.waiting, **job.waiting_values))
    return ""


def waits(studio: Studio) -> str:
    """What everything waits for at this moment, with the time that is left; or ""."""
    waiting = studio.engine.waiting
    return say(waiting[0], left=duration(waiting[1] + 0.99)) if waiting else ""


def _line(studio: Studio, job: Job) -> str:
    spent, estimate = studio.clock.time() - job.updated_at, job.order.estimate
    words = say(f"state.{job.state.value}")
    if paused := waits(studio):
        words = paused
    elif job.waiting:
        words = say(job.waiting, **job.waiting_values)
    elif job.state in UNDER_WAY and spent >= LONG:
        words = f"{say(f'wait.{job.state}')} · {duration(spent)}"
    elif job.state is State.RUNNING and estimate is not None:
        elapsed = job.elapsed(studio.clock.time())
        words += f" · {estimate.progress(elapsed)} %"
        words += f" · {duration(elapsed)} / {duration(estimate.high)}"
    return f"{job.order.model_name} · {words}"
