"""`ima-tui jobs mark`: stars and tags of results, and the project of jobs."""

from __future__ import annotations

import argparse

from ima_tui.cli import session
from ima_tui.cli.commands.jobs import require
from ima_tui.cli.json_documents import standing_json
from ima_tui.cli.output import print_json, talk
from ima_tui.config.loader import Settings
from ima_tui.core import labels
from ima_tui.core.domain import Job
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.core.labels import MarkChange
from ima_tui.i18n import say


def run(arguments: argparse.Namespace) -> int:
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
