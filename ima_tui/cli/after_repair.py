"""After the ledger was restored no flag alone pays for what may have been sent before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ima_tui.cli.commands.batch_rows import PricedRow
from ima_tui.cli.confirm import somebody_is_here
from ima_tui.core.domain import Job
from ima_tui.core.errors import UsageError
from ima_tui.i18n import say
from ima_tui.ledger.job_states import UNSENT
from ima_tui.studio.studio import Studio

DAYS = 30
"""After a restore; a row that the ledger does not know may have been sent before it."""
RESTORED = "waiting.restored"


def unsure(studio: Studio, errands: Sequence[PricedRow]) -> int:
    """How many of these rows may have been sent before the ledger was restored."""
    return count(studio, [errand.job for errand in errands if errand.repeats is None])


def count(studio: Studio, jobs: Sequence[Job | None]) -> int:
    """Of what is to be sent: without a job of its own, or held back since the restore."""
    held = sum(job is not None and job.state in UNSENT and job.waiting == RESTORED for job in jobs)
    at = studio.repaired_at
    recently = at is not None and abs(studio.clock.time() - at) < DAYS * 86_400.0
    return held + (sum(job is None for job in jobs) if recently else 0)


def question(studio: Studio, n: int, points: int) -> str:
    """What a person is asked. Raises `UsageError` where nobody is here."""
    if not somebody_is_here():
        raise UsageError("error.after_repair", n=n, points=points)
    at = studio.repaired_at or studio.clock.time()
    when = datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
    return say("batch.ask_after_repair", n=n, points=points, when=when)
