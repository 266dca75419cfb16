"""Why what an agent orders needs the user's approval as a whole, before it is recorded.

Each job is held by its own price and by the day's in `ledger.admission`. Together, jobs are held by
their total: else an agent could order a hundred cheap ones without asking.
"""

from __future__ import annotations

from ima_tui.cli import after_repair
from ima_tui.ledger.writing import Why
from ima_tui.studio.studio import Studio


def needed(studio: Studio, points: int, n: int) -> Why | None:
    """Return why `n` new jobs for `points` in all need approval, None where they don't as a whole.

    After a restored ledger each does: it may have been sent before.
    """
    if after_repair.count(studio, [None]):
        return (after_repair.RESTORED, {})
    if n > 1 and points > studio.settings.agent_approve_above:
        return ("waiting.over_agent_total", {"points": points, "n": n})
    return None
