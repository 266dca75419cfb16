"""The person's limits on points, and how much of each is used."""

from __future__ import annotations

from dataclasses import dataclass

from ima_tui.cli.output import talk
from ima_tui.core.clock import midnight, month_start
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


async def limits(studio: Studio) -> list[Limit]:
    """Return every limit that is set for more than one run."""
    now, settings = studio.clock.time(), studio.settings
    known = (
        ("day", settings.per_day, midnight(now)),
        ("month", settings.per_month, month_start(now)),
    )
    return [
        Limit(name, await studio.history.spent(since), limit)
        for name, limit, since in known
        if limit
    ]


async def warn(studio: Studio) -> None:
    """Name each limit that is nearly used up."""
    for each in await limits(studio):
        if each.spent * 100 >= each.limit * NEAR:
            percent = each.spent * 100 // each.limit
            facts = {"spent": each.spent, "limit": each.limit, "percent": percent}
            talk(say(f"spending.near_{each.name}", **facts))
