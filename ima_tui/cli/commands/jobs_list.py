"""`ima-tui jobs list`, `report` and `export`: many jobs, filtered in the ledger, page by page.

An export is for scripts and spreadsheets. No secret is in it, and what people wrote only when they
ask for it.
"""

from __future__ import annotations

import csv
import json
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import asdict, replace

from ima_tui.cli import session
from ima_tui.cli.commands.jobs import MOST_AT_ONCE, filter_of
from ima_tui.cli.exit_status import problem_of
from ima_tui.cli.json_documents import iso_time, job_status_json, made_from
from ima_tui.cli.output import heads, print_array, print_json, print_line, print_table
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import UsageError
from ima_tui.core.text import duration, nearest, one_line, redact, spreadsheet_safe
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter, ReportRow
from ima_tui.runner import outputs
from ima_tui.studio.job_documents import job_facts
from ima_tui.studio.studio import Studio

PAGE = 200
"""Jobs held in memory at once."""
_HEADS = {
    "job_id": "job",
    "state": "state",
    "model_name": "model",
    "prompt": "prompt",
    "elapsed": "time",
    "total_credit": "points",
}
USUAL = tuple(_HEADS)


@session.verb(with_key=False)
async def list_jobs(studio: Studio, arguments: Namespace) -> None:
    """Print jobs in the wanted format."""
    way = "json" if arguments.json else arguments.format
    columns = _columns(arguments.columns)
    pages = _pages(studio, filter_of(arguments), max(1, arguments.limit), arguments.sort)
    if way in ("json", "jsonl"):
        documents = _documents(studio, pages, arguments.columns and columns)
        if way == "json":
            await print_array("jobs", documents)
            return
        async for document in documents:
            print_line(document)
    elif way == "csv":
        print_row(columns)
        async for page in pages:
            now = studio.clock.time()
            for job in page:
                print_row(_picked(job, now, columns).values())
    else:
        await _print_table(studio, pages, columns)


async def _pages(
    studio: Studio, among: JobFilter, limit: int, order: str
) -> AsyncIterator[tuple[Job, ...]]:
    """Yield the jobs, newest first; unsent ones as they will be sent, from the last to the next."""
    if order == "points":
        ids = await studio.history.costliest(among, limit)
        for start in range(0, len(ids), PAGE):
            yield await studio.history.named(ids[start : start + PAGE])
        return
    line = iter(await studio.history.queued(among))
    below = 0
    while limit > 0:
        page = await studio.history.listed(among, below, min(PAGE, limit))
        if not page:
            return
        below, limit = page[-1].id, limit - len(page)
        yield tuple(next(line, job) if job.state is State.QUEUED else job for job in page)


async def _documents(
    studio: Studio, pages: AsyncIterator[tuple[Job, ...]], columns: Sequence[str] | None
) -> AsyncIterator[dict[str, object]]:
    async for page in pages:
        if columns:
            now = studio.clock.time()
            for job in page:
                yield _picked(job, now, columns)
            continue
        events = await studio.history.timelines([job.id for job in page])
        for job in page:
            yield await job_status_json(studio, job, problem_of(job), events[job.id])


async def _print_table(
    studio: Studio, pages: AsyncIterator[tuple[Job, ...]], columns: Sequence[str]
) -> None:
    """Print each page as soon as it is read; the first one sets the widths."""
    known = {name: say(f"cli.head.{head}") for name, head in _HEADS.items()}
    shown = {name: known.get(name, name) for name in columns}
    right = ("job_id", "elapsed", "total_credit", "credit", "n", "elapsed_s")
    widths: list[int] = []
    async for page in pages:
        now = studio.clock.time()
        picked = [_picked(job, now, columns) for job in page]
        rows = [[_shown(*cell) for cell in each.items()] for each in picked]
        widths = print_table(shown, rows, right, widths=widths)
    if not widths:
        print_table(shown, [])


def _shown(name: str, value: object) -> str:
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, bool):
        value = "*" if value else ""
    return "" if value is None else one_line(value, 48 if name == "prompt" else 200)


def _columns(written: str | None) -> list[str]:
    if written is None:
        return list(USUAL)
    names = [name.strip() for name in written.split(",") if name.strip()]
    for name in names:
        if name not in COLUMNS:
            near = " ".join(nearest(name, list(COLUMNS), 1)) or ", ".join(COLUMNS)
            raise UsageError("error.column", name=one_line(name, 60), known=near)
    return names or list(USUAL)


def _status_words(job: Job) -> str:
    """The state, or why it is not sent yet."""
    words = say(job.waiting, **job.waiting_values) if job.waiting else ""
    if job.state is State.DONE and outputs.is_partial(job):
        words = say("queue.state_partial", ready=len(job.medias), n=job.order.n)
    return one_line(words, 40) or say(f"state.{job.state.value}")


COLUMNS = (
    *("job_id", "state", "status", "task_id", "task_type", "model_id", "model_name"),
    *("model_version", "prompt", "credit", "n", "total_credit", "created_at", "sent_at"),
    *("ended_at", "elapsed", "elapsed_s", "error", "project", "client", "starred", "tags"),
    *("urls", "paths"),
)
"""What `--columns` can name."""


def _picked(job: Job, now: float, names: Sequence[str]) -> dict[str, object]:
    """Return these columns of a job; an export has more of them."""
    facts = {
        **job_facts(job, now),
        "state": _status_words(job),
        **made_from(job),
        "sent_at": iso_time(job.sent_at),
        "ended_at": iso_time(job.ended_at),
        "elapsed": duration(job.elapsed(now)) if job.sent_at else None,
        "error": job.failure.kind.removeprefix("error.") if job.failure else None,
        "starred_results": [index for index, mark in job.marks.items() if mark.star],
        "urls": [redact(media.url) for media in job.medias],
        "paths": [media.path for media in job.medias if media.path],
    }
    return {name: facts[name] for name in names}


# ---------------------------------------------------------------------------------------- report


@session.verb(with_key=False)
async def report(studio: Studio, arguments: Namespace) -> None:
    """Print points, success rates and times."""
    rows = await studio.history.report(arguments.by, filter_of(arguments))
    by, total = arguments.by.split(","), _total(rows)
    if arguments.format == "csv":
        print_row([*by, *_figures(total)])
        for row in rows:
            print_row([*row.keys, *_figures(row).values()])
        return
    limits = await session.limits_of(studio)
    if arguments.json or arguments.format == "json":
        documents = [
            {"key": " ".join(row.keys), **dict(zip(by, row.keys, strict=True)), **_figures(row)}
            for row in rows
        ]
        told = {"by": arguments.by, "rows": documents, "total": _figures(total)}
        print_json({**told, "limits": [asdict(limit) for limit in limits]})
        return
    names = ("jobs", "done", "failed", "success", "points", "median", "estimate")
    last = [say("report.total"), *[""] * (len(by) - 1), *_cells(total)]
    table = [*([*(key or "—" for key in row.keys), *_cells(row)] for row in rows), last]
    print_table(heads("report.", *by, *names), table, right=names)
    for limit in limits:
        print(limit.words("report.limit"))


def _total(rows: Sequence[ReportRow]) -> ReportRow:
    total = ReportRow("")
    for row in rows:
        for name in ("jobs", "done", "failed", "points"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
        total.times.extend(row.times)
        total.estimates.extend(row.estimates)
    return total


def _figures(row: ReportRow) -> dict[str, object]:
    return {
        "jobs": row.jobs,
        "done": row.done,
        "failed": row.failed,
        "success_rate": None if row.success is None else round(row.success, 4),
        "points": row.points,
        "median_s": row.median_time,
        "median_estimate_s": row.median_estimate,
    }


def _cells(row: ReportRow) -> list[str]:
    rate = "—" if row.success is None else f"{row.success:.0%}"
    medians = (row.median_time, row.median_estimate)
    times = ("—" if each is None else duration(each) for each in medians)
    return [str(row.jobs), str(row.done), str(row.failed), rate, str(row.points), *times]


# ---------------------------------------------------------------------------------------- export


EXPORTED = (
    *("job_id", "status", "task_id", "task_type", "model_id", "model_name", "model_version"),
    *("credit", "n", "total_credit", "created_at", "sent_at", "ended_at", "project", "client"),
    *("starred", "starred_results", "tags", "error", "urls", "paths"),
)
WITH_PROMPTS = (*EXPORTED, "prompt", "parameters", "inputs")


@session.verb(with_key=False)
async def export(studio: Studio, arguments: Namespace) -> None:
    """Print jobs as JSON lines or CSV."""
    names = WITH_PROMPTS if arguments.with_prompts else EXPORTED
    among = replace(filter_of(arguments), forgotten=True)
    after = 0
    while jobs := await studio.history.page(among, after, MOST_AT_ONCE):
        if arguments.format == "csv" and not after:
            print_row(names)
        for job in jobs:
            facts = _picked(job, 0.0, names)
            if arguments.format == "csv":
                print_row(facts.values())
            else:
                print_line(facts)
        after = jobs[-1].id


def print_row(values: Iterable[object]) -> None:
    """Print a row of CSV."""
    csv.writer(sys.stdout, lineterminator="\n").writerow(map(_cell, values))


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return spreadsheet_safe(value) if isinstance(value, str) else value
