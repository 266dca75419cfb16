"""When the ledger was last restored, and messages about that and about unsaved tasks."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ima_tui.core.errors import EXIT_UNKNOWN, ImaError
from ima_tui.core.records import dataclass
from ima_tui.i18n import say

if TYPE_CHECKING:
    from ima_tui.core.events import TaskUnsaved


Why = Literal["damaged", "gone", "older"]


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What was wrong and what was done.

    `aside`: where the old file is; `listing`: the jobs that could be read in it; `jobs`: how many
    are in the ledger now; `copied_at`: time of the copy it was restored from, in seconds since the
    epoch; `read_only`: shown like this without writing anything; `traced`: how many jobs only
    result files, batch manifests or the log knew.
    """

    why: Why
    aside: Path | None
    listing: Path | None
    jobs: int
    copied_at: float | None
    read_only: bool = False
    traced: int = 0


def describe(done: RepairReport) -> list[str]:
    """Return a few sentences about a repair, to show once."""
    values: dict[str, str | int] = {"why": say(f"ledger.{done.why}"), "jobs": done.jobs}
    if done.read_only:
        more = [say("ledger.traced", n=done.traced)] if done.traced else []
        return [say("ledger.looked", **values), *more]
    if done.copied_at is None:
        words = [say("ledger.mended_bare", **values)]
    else:
        when = datetime.fromtimestamp(done.copied_at).astimezone().strftime("%Y-%m-%d %H:%M")
        words = [say("ledger.mended", when=when, **values)]
    if done.traced:
        words.append(say("ledger.traced", n=done.traced))
    if done.aside is not None:
        words.append(say("ledger.aside", aside=str(done.aside)))
    if done.listing is not None and done.jobs:
        words.append(say("ledger.listing", path=str(done.listing)))
    return words


def unsaved_error(event: TaskUnsaved) -> ImaError:
    """Return an error for an unsaved task id, with all that is needed to find the task."""
    order = event.job.order
    error = ImaError(
        "error.unwritten",
        id=event.job.id,
        task=event.task_id,
        points=order.total,
        model=order.model_name,
        where=say("ledger.unwritten_in", path=event.where)
        if event.where
        else say("ledger.unwritten_nowhere"),
    )
    error.exit_code = EXIT_UNKNOWN
    return error


def saved_text(event: TaskUnsaved) -> str:
    """Return the message that the task id was saved after all."""
    return say("ledger.written", id=event.job.id, task=event.task_id)


def note_repair(path: Path) -> None:
    """Record the restore: until the user agrees, no batch pays for rows again."""
    with suppress(OSError):
        _repair_file(path).write_text(f"{time.time()}\n", "utf-8")


def last_repair(path: Path) -> float | None:
    """Return when the ledger was last restored, in seconds since the epoch, or None."""
    try:
        return float(_repair_file(path).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def forget_repair(path: Path) -> None:
    """Forget the restore; a new ledger has nothing that may have been sent before."""
    with suppress(OSError):
        _repair_file(path).unlink(missing_ok=True)


def _repair_file(path: Path) -> Path:
    return path.with_name(path.name + ".repaired")
