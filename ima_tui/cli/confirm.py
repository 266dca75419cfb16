"""Questions to the person at the terminal, where there is one.

After the ledger was restored no flag alone pays for what may have been sent before: it is asked.

Requirements that an order would not meet are refused by name, or said where `--yes` agrees.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from ima_tui.catalogue.choice import Alternative
from ima_tui.compose import confirmation, other_requests
from ima_tui.compose.confirmation import Unmet
from ima_tui.core.domain import Job, Medium, Order, TaskType
from ima_tui.core.errors import ImaError, OverLimit, UsageError
from ima_tui.core.text import clean, folded
from ima_tui.i18n import joined, say
from ima_tui.intent.intent import Intent
from ima_tui.intent.limits import music_pieces
from ima_tui.ledger import repair_report
from ima_tui.ledger.records import UNSENT
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


def check_limit(points: int, limit: int | None) -> None:
    """Raise `OverLimit` above `--max-credits`."""
    if limit is not None and points > limit:
        raise OverLimit("error.over_limit", total=points, limit=limit)


DAYS = 30
"""After a restore; a row that the ledger does not know may have been sent before it."""
RESTORED = "waiting.restored"


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


class Unconfirmed(UsageError):
    """The order differs from what was asked for, and nobody agreed to that. `alternatives` are
    models that could be asked instead."""

    def __init__(self, warnings: Sequence[str], alternatives: Sequence[Alternative] = ()) -> None:
        super().__init__("error.would_change", changes=joined(*warnings))
        self.alternatives = tuple(alternatives)


def exactly(text: str, intent: Intent | None, order: Order) -> str:
    """Say which verb makes what no model does: a film, a crop, music of a length; else ""."""
    if other_requests.shots(text, intent):
        return say("finish.exactly_film")
    for limit in intent.limits if intent is not None else ():
        medium = order.task_type.medium
        if limit.code == "aspect_ratio_custom" and medium in (Medium.IMAGE, Medium.VIDEO):
            return say("finish.exactly_crop", ratio=limit.asked, points=order.total)
        if limit.code == "music_duration" and limit.param is not None:
            count = music_pieces(float(str(limit.param.value)), order.model_id)
            if count:
                points = count * order.total
                return say("finish.exactly_join", length=limit.asked, n=count, points=points)
    return ""


async def warnings_of(
    studio: Studio, unmet: Sequence[Unmet], task_type: TaskType
) -> tuple[list[str], tuple[Alternative, ...]]:
    """(a sentence for each, and for a model that can't have it what is available instead; those
    models). Fetches the lists of the media that the named models make."""
    media = {each.medium for each in unmet}
    for one in TaskType:
        if one.medium in media:
            with suppress(ImaError):  # one alternative less, and nothing that the order needs
                await studio.catalogue.fresh(one)
    return confirmation.told(unmet, task_type, studio.catalogue.all_models())
