"""Spending of a range of days: names of its rows, and the CSV file of them."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui.core import atomic_file
from ima_tui.core.domain import TaskType
from ima_tui.core.text import spreadsheet_safe
from ima_tui.i18n import say

if TYPE_CHECKING:
    from ima_tui.ledger.history import ReportRow
    from ima_tui.studio.studio import Studio

VIEWS = ("model", "type", "project", "day")


def since(now: float, days: int) -> float:
    """Return the time at which the first of the last `days` days began."""
    first = datetime.fromtimestamp(now).date() - timedelta(days=days - 1)  # noqa: DTZ006 - the user's
    return datetime.combine(first, datetime.min.time()).timestamp()


def model_names(studio: Studio) -> dict[str, str]:
    """Return the names of all models that are offered now, by their ids."""
    models = studio.catalogue.models
    task_types = {
        (one.model_id, one.name): task_type for task_type in TaskType for one in models(task_type)
    }
    shared = Counter(name for _, name in task_types)
    return {
        model_id: say("spending.model_of", model=name, task=say(f"task.{task_type}"))
        if shared[name] > 1
        else name
        for (model_id, name), task_type in task_types.items()
    }


def name_of(key: str, view: str, models: Mapping[str, str]) -> str:
    """Return what people call a row: a model's name, a task type, a date."""
    if view == "type":
        known = key in TaskType.__members__.values()
        return say(f"task.{key}") if known else key
    if view == "project" and not key:
        return say("spending.no_project")
    return models.get(key, key) if view == "model" else key


def as_csv(rows: Sequence[ReportRow], view: str, models: Mapping[str, str]) -> str:
    """Return the rows as CSV, a heading first. Times are in seconds."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow([view, "name", "points", "jobs", "done", "failed", "median_s", "estimate_s"])
    for row in rows:
        times = (row.median_time, row.median_estimate)
        shown = ("" if one is None else f"{one:.1f}" for one in times)
        key, name = map(spreadsheet_safe, (row.key, name_of(row.key, view, models)))
        write.writerow([key, name, row.points, row.jobs, row.done, row.failed, *shown])
    return out.getvalue()


async def export(studio: Studio, rows: Sequence[ReportRow], view: str) -> Path:
    """Write the rows into a file that only its owner can read. Raises `UsageError`."""
    folder = studio.settings.for_writing().data / "exports"
    now = datetime.fromtimestamp(studio.clock.time())  # noqa: DTZ006 - the user's
    path = folder / now.strftime(f"ima-spending-{view}-%Y%m%d-%H%M%S.csv")
    await asyncio.to_thread(_write, path, as_csv(rows, view, model_names(studio)))
    return path


def _write(path: Path, text: str) -> None:
    with atomic_file.new_text(path, with_folder=True) as out:
        out.write(text)
