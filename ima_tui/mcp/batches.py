"""The tool `run_batch`: several orders under one idempotency key, priced and recorded together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ima_tui.batch import rows as batch
from ima_tui.batch.rows import BadRow, Row
from ima_tui.cli.commands import batch as verb
from ima_tui.cli.commands.batch_rows import RowPricer
from ima_tui.cli.commands.jobs import problem_of
from ima_tui.cli.json_documents import error_json
from ima_tui.core import labels
from ima_tui.core.domain import Job, Order
from ima_tui.core.errors import OverLimit, UsageError
from ima_tui.i18n import explain, say
from ima_tui.ledger.job_states import OPEN
from ima_tui.mcp import ordering
from ima_tui.mcp.call import Call, Document
from ima_tui.mcp.jobs import follow, needs_user, until_all
from ima_tui.mcp.ordering import recorded

MOST_ROWS = 200
MOST_NAMED = 5
"""Bad rows that an error names; `dry_run` names all."""


async def run(call: Call) -> Document:
    """Order what the rows ask for, or return the jobs of the same key. All or nothing is ordered.

    `dry_run`: what it would cost and what is wrong with it. Raises `UsageError` and `OverLimit`.
    """
    given = call.arguments
    rows = [_row(line, each) for line, each in enumerate(given["rows"], 1)]
    intents = ordering.row_intents(call.client, given["idempotency_key"], call.arguments, len(rows))
    known = await call.studio.jobs.by_intents(intents)
    missing = [
        (intent, row) for intent, row in zip(intents, rows, strict=True) if intent not in known
    ]
    pricer = RowPricer(call.studio, "", lenient=False, agreed=bool(given.get("accept_changes")))
    priced, bad = await pricer.price([row for _, row in missing])
    if given.get("dry_run"):
        return verb.dry_run_json(priced, bad, batch.duplicates(rows))
    _check(bad, sum(each.to_pay for each in priced), given.get("max_credits"))
    orders = [
        (intent, replace(each.order, client=call.client))
        for (intent, _), each in zip(missing, priced, strict=True)
    ]
    for job in known.values():
        await follow(call, job)
    if orders:
        await _order(call, orders, list(known.values()), len(rows))
    jobs = await call.studio.jobs.by_intents(intents)
    ended = await until_all(call, [jobs[each] for each in intents], given.get("seconds", 0))
    return _told(call, ended)


def _row(line: int, given: Mapping[str, Any]) -> Row:
    return Row(
        line=line,
        place=line,
        prompt=given["prompt"].strip(),
        task_type=given.get("task_type", ""),
        model_id=given.get("model_id", ""),
        version_id=given.get("version_id", ""),
        chosen=tuple(given.get("parameters", {}).items()),
        inputs=tuple(given.get("input_images", ())),
        n=given.get("n", 1),
        project=labels.project(given.get("project", "")),
    )


def _check(bad: Sequence[BadRow], to_pay: int, limit: int | None) -> None:
    if bad:
        named = [
            say("batch.row", line=row.line, sentence=explain(row.error)) for row in bad[:MOST_NAMED]
        ]
        raise UsageError("error.agent_rows", n=len(bad), text=" ".join(named))
    if limit is not None and to_pay > limit:
        raise OverLimit("error.over_limit", total=to_pay, limit=limit)


async def _order(
    call: Call, orders: Sequence[tuple[str, Order]], known: Sequence[Job], rows: int
) -> None:
    """Record the missing rows; the first one's key is refused where it was used for others."""
    points = sum(order.total for _, order in orders) + sum(job.order.total for job in known)
    hold = ordering.approval_needed(call.studio, points, rows)
    await recorded(call.studio.jobs.submit_all(orders, hold))


def _told(call: Call, jobs: Sequence[Job]) -> Document:
    held = [job for job in jobs if needs_user(job)]
    return {
        "rows": [_row_json(line, job) for line, job in enumerate(jobs, 1)],
        "total_credit": sum(job.order.total for job in jobs),
        "needs_approval": len(held),
        "next": next_of(jobs),
    }


def next_of(jobs: Sequence[Job]) -> str | None:
    """What the agent does next about several jobs of one order."""
    if held := [job for job in jobs if needs_user(job)]:
        points = sum(job.order.total for job in held)
        ids = " ".join(str(job.id) for job in held)
        return say("agents.next_approval_many", n=len(held), points=points, ids=ids)
    return say("agents.next_again") if any(job.state in OPEN for job in jobs) else None


def _row_json(line: int, job: Job) -> Document:
    problem = problem_of(job)
    return {
        "line": line,
        "job_id": job.id,
        "status": job.state.value,
        "needs_approval": needs_user(job),
        "total_credit": job.order.total,
        "urls": [media.url for media in job.medias],
        "paths": [media.path for media in job.medias if media.path],
        "error": None if problem is None else error_json(problem),
    }
