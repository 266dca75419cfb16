"""Questions to the person at the terminal, where there is one.

After the ledger was restored no flag alone pays for what may have been sent before: it is asked.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ima_tui.core.domain import Job
from ima_tui.core.errors import UsageError
from ima_tui.core.text import clean, folded
from ima_tui.i18n import say
from ima_tui.ledger import repair_report
from ima_tui.ledger.job_states import UNSENT

if TYPE_CHECKING:
    from ima_tui.cli.commands.batch_rows import PricedRow
    from ima_tui.studio.studio import Studio

YES = frozenset({"y", "yes", "是", "好", "嗯", "可以"})


def somebody_is_here() -> bool:
    """Whether stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def ask(question: str) -> bool:
    """Ask on stderr; anything but a yes is a no. Can be interrupted while it waits."""
    print(clean(question), end=" ", file=sys.stderr, flush=True)
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not typed.done():
            typed.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin.fileno(), read)
    try:
        return folded(await typed) in YES
    finally:
        loop.remove_reader(sys.stdin.fileno())


DAYS = 30
"""After a restore; a row that the ledger does not know may have been sent before it."""
RESTORED = "waiting.restored"


def unsure_rows(studio: Studio, errands: Sequence[PricedRow]) -> int:
    """How many of these rows may have been sent before the ledger was restored."""
    return count_unsure(studio, [errand.job for errand in errands if errand.repeats is None])


def count_unsure(studio: Studio, jobs: Sequence[Job | None]) -> int:
    """Of what is to be sent: without a job of its own, or held back since the restore."""
    held = sum(job is not None and job.state in UNSENT and job.waiting == RESTORED for job in jobs)
    at = repair_report.last_repair(studio.settings.ledger)
    recently = at is not None and abs(studio.clock.time() - at) < DAYS * 86_400.0
    return held + (sum(job is None for job in jobs) if recently else 0)


def ask_after_repair(studio: Studio, n: int, points: int) -> str:
    """What a person is asked. Raises `UsageError` where nobody is here."""
    if not somebody_is_here():
        raise UsageError("error.after_repair", n=n, points=points)
    at = repair_report.last_repair(studio.settings.ledger) or studio.clock.time()
    when = datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
    return say("batch.ask_after_repair", n=n, points=points, when=when)
