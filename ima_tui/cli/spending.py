"""The person's limits on points, and how much of each is used."""

from __future__ import annotations

from collections.abc import Collection

from ima_tui.cli.output import jobs_of_this_run, talk
from ima_tui.core.clock import midnight, month_start
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.studio.studio import Studio

NEAR = 80
"""Percent of a limit from which on it is named."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that is set (`day` or `month`), and the points spent so far."""

    name: str
    spent: int
    limit: int
    project: str | None = None
    """None: for all jobs together."""

    def words(self, about: str) -> str:
        """Return the sentence of a message key that begins with `about`."""
        key = f"{about}_{self.name}" if self.project is None else f"{about}_project_{self.name}"
        percent = self.spent * 100 // self.limit
        figures = {"spent": self.spent, "limit": self.limit, "percent": percent}
        return say(key, project=self.project or "", **figures)


async def limits(studio: Studio) -> list[Limit]:
    """Return every limit that is set for more than one run."""
    now, settings = studio.clock.time(), studio.settings
    since = {"day": midnight(now), "month": month_start(now)}
    known: list[tuple[str, int, str | None]] = [
        ("day", settings.per_day, None),
        ("month", settings.per_month, None),
    ]
    for each in settings.projects.values():
        known += [("day", each.per_day, each.name), ("month", each.per_month, each.name)]
    return [
        Limit(name, await studio.history.spent(since[name], project or ""), limit, project)
        for name, limit, project in known
        if limit
    ]


async def warn(studio: Studio) -> None:
    """Name each limit that is nearly used up, of projects those that this run had jobs in."""
    projects = await _projects(studio, jobs_of_this_run())
    for each in await limits(studio):
        concerned = each.project is None or folded(each.project) in projects
        if concerned and each.spent * 100 >= each.limit * NEAR:
            talk(each.words("spending.near"))


async def _projects(studio: Studio, job_ids: Collection[int]) -> set[str]:
    if not studio.settings.projects:
        return set()
    jobs = [await studio.jobs.get(job_id) for job_id in job_ids]
    return {folded(job.order.project) for job in jobs if job is not None}
