"""Which jobs a verb means: by number, or by the filters that `jobs list` has."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace

from ima_tui.cli import session
from ima_tui.cli.commands.jobs import require
from ima_tui.cli.output import talk
from ima_tui.core import labels
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import UsageError
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.job_states import ENDED, OPEN, UNSENT
from ima_tui.logs.time_spec import moment
from ima_tui.studio.studio import Studio

PAGE = 500
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
    while page := await studio.history.listed(among, below, PAGE):
        found += filter(fits, page)
        below = page[-1].id
    if not found:
        talk(say("jobs.none_match"))
    return found[::-1]


async def not_retried(studio: Studio, jobs: Sequence[Job]) -> list[Job]:
    """Leave out jobs that were tried again already; says how many."""
    again: dict[int, Job] = {}
    for start in range(0, len(jobs), PAGE):
        again |= await studio.jobs.repeats_of([job.id for job in jobs[start : start + PAGE]])
    if again:
        talk(say("jobs.retried_before", n=len(again)))
    return [job for job in jobs if job.id not in again]
