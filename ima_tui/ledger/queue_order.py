"""Order of unsent jobs: by id, unless the user moved them.

Only the positions of the named jobs are redistributed, so nothing else moves, positions stay
unique, and a new job is always last.
"""

from __future__ import annotations

import sqlite3

from ima_tui.core.domain import Job, State
from ima_tui.ledger.queries import MOST_NAMED, OPEN
from ima_tui.ledger.records import job_of

PLACE = "COALESCE(place, id)"


def arrange(connection: sqlite3.Connection, ids: tuple[int, ...]) -> tuple[Job, ...]:
    """Put those of `ids` that are still queued in this order; returns the jobs that moved."""
    places = _places(connection, ids)
    waiting = [each for each in dict.fromkeys(ids) if each in places]
    moved = [
        (place, each)
        for place, each in zip(sorted(places.values()), waiting, strict=True)
        if places[each] != place
    ]
    connection.executemany("UPDATE jobs SET place = ? WHERE id = ?", moved)
    rows = connection.execute(f"SELECT * FROM jobs WHERE {OPEN} AND state = ?", (State.QUEUED,))
    changed = {each for _, each in moved}
    return tuple(job_of(row) for row in rows if row["id"] in changed)


def _places(connection: sqlite3.Connection, ids: tuple[int, ...]) -> dict[int, int]:
    found: dict[int, int] = {}
    for start in range(0, len(ids), MOST_NAMED):
        named = ids[start : start + MOST_NAMED]
        rows = connection.execute(
            f"SELECT id, {PLACE} FROM jobs WHERE state = ? AND id IN"
            f" ({', '.join('?' * len(named))})",
            (State.QUEUED, *named),
        )
        found |= {row[0]: row[1] for row in rows}
    return found
