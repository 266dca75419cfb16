"""Tools that read, price and order: `understand`, `quote`, `generate`, `run_batch`, `run_workflow`.

Idempotency keys are intents of the ledger, `agent:KEY/REQUEST`: hashes of client and key, and of
what was asked for. The ledger returns the job of a known intent, and refuses a known key with
another request, in the transaction that records the job. So a retry pays for nothing twice, whoever
crashed in between. A batch is priced and recorded together under one key; the steps of a workflow
feed each other.
"""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeVar

from ima_tui.batch import rows as batch
from ima_tui.batch.rows import BadRow, Row
from ima_tui.cli import confirm
from ima_tui.cli.commands import batch as batch_verb
from ima_tui.cli.commands import generate, generate_order, route
from ima_tui.cli.commands import workflow as workflow_verb
from ima_tui.cli.commands.batch_rows import RowPricer
from ima_tui.cli.commands.generate_order import Prepared
from ima_tui.cli.commands.models import from_cache
from ima_tui.cli.commands.workflow_run import check_run
from ima_tui.cli.confirm import check_limit
from ima_tui.cli.exit_status import problem_of
from ima_tui.cli.json_documents import error_json
from ima_tui.cli.parser import build
from ima_tui.compose import confirmation
from ima_tui.core import labels
from ima_tui.core.domain import Job, Order
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.i18n import explain, say
from ima_tui.intent.kinds import RequestKind
from ima_tui.intent.route import route as read
from ima_tui.ledger.records import OPEN, is_held
from ima_tui.ledger.writing import Why
from ima_tui.mcp.call import Call, Document
from ima_tui.mcp.jobs import SETTLING_SECONDS, follow, told, until, until_all
from ima_tui.studio.studio import Studio
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import Workflow

T = TypeVar("T")

_submissions: set[asyncio.Task[Any]] = set()
"""Orders being recorded: a cancelled call does not cut one short."""


async def understand(call: Call) -> Document:
    """Return what a text would do, as `route --json` tells it. Nothing is sent or stored."""
    studio, text = call.studio, str(call.arguments["text"])
    lists = studio.catalogue.all_models()
    preferred = studio.preferences.preferred()
    images = list(call.arguments.get("input_images", ()))
    intent = await asyncio.to_thread(
        read, text, images, lists, preferred, studio.guides.recommended
    )
    return route.intent_document(text, intent, preferred, studio.guides)


async def quote(call: Call) -> Document:
    """Return payload, price and warnings of a job that is not sent."""
    found = await _prepared(call.studio, _words(call))
    warnings = found.told()
    if note := from_cache(call.studio, [found.order.task_type]):
        warnings.append(note)
    return generate.quote_json(found.order, warnings)


async def order(call: Call) -> Document:
    """Order one job, or return the one of the same key; it ends in the ledger either way.

    Returns when the job needs approval, is at the service, has ended, or after some seconds.
    """
    key = str(call.arguments["idempotency_key"])
    intent = intent_of(call.client, key, call.arguments)
    job = (await call.studio.jobs.by_intents((intent,))).get(intent)
    if job is None:
        words = _words(call)
        found = await _prepared(call.studio, words)
        if not words.yes:
            found.agree()
        confirm.check_limit(found.order.total, words.max_credits)
        ordered = replace(found.order, client=call.client)
        hold = approval_needed(call.studio, ordered.total, 1)
        job = await recorded(call.studio.jobs.submit(ordered, intent, hold=hold))
    else:
        await follow(call, job)
    return await told(call, await until(call, job, SETTLING_SECONDS, until_sent=True))


async def recorded(submission: Coroutine[Any, Any, T]) -> T:
    """Record an order to the end, also where the call is cancelled meanwhile."""
    task = asyncio.create_task(submission)
    _submissions.add(task)
    task.add_done_callback(_submissions.discard)
    return await asyncio.shield(task)


def _words(call: Call) -> Namespace:
    """Return the arguments as the verb `generate` has them after parsing."""
    given = call.arguments
    words: Namespace = build(["generate"]).parse_args(["generate"])
    words.prompt = given["prompt"]
    words.task_type = given.get("task_type")
    words.model_id = given.get("model_id")
    words.version_id = given.get("version_id") or words.version_id
    words.n = given.get("n")
    words.input_images = list(given.get("input_images", ()))
    words.extra_params = json.dumps(given.get("parameters", {}))
    words.max_credits = given.get("max_credits")
    words.project = given.get("project", "")
    words.yes = bool(given.get("accept_changes"))
    generate_order.read_made_from(words)
    return words


async def _prepared(studio: Studio, words: Namespace) -> Prepared:
    """Price what is asked for. A text that only changes preferences is no order."""
    generate_order.settle_count(words)
    generate_order.check_prompt(words)
    intent = await generate.understood(studio, words)
    if intent is not None and intent.kind is RequestKind.PREFERENCE:
        raise UsageError("error.agent_preference")
    return await generate.prepare(studio, words, intent)


def approval_needed(studio: Studio, points: int, n: int) -> Why | None:
    """Return why `n` new jobs for `points` in all need approval, None where they don't as a whole.

    Each job is held by its own price and by the day's in `ledger.admission`. Together, they are
    held by their total: else an agent could order a hundred cheap ones without asking. After a
    restored ledger each is: it may have been sent before.
    """
    if confirm.count_unsure(studio, [None]):
        return (confirm.RESTORED, {})
    if n > 1 and points > studio.settings.agent_approve_above:
        return ("waiting.over_agent_total", {"points": points, "n": n})
    return None


_NOT_THE_ORDER = frozenset(
    {"idempotency_key", "max_credits", "accept_changes", "seconds", "dry_run", "confirm"}
)
"""Arguments that say how to order, not what."""


def intent_of(client: str, key: str, arguments: Mapping[str, object]) -> str:
    """Return the intent of what `client` asks for under `key`."""
    asked = {name: arguments[name] for name in arguments.keys() - _NOT_THE_ORDER}
    return f"agent:{_digest([client, key], 32)}/{_digest(asked, 16)}"


def row_intents(
    client: str, key: str, arguments: Mapping[str, object], count: int
) -> tuple[str, ...]:
    """Return the intents of a batch's rows. The first one's key is that of a single order."""
    first, _, request = intent_of(client, key, arguments).partition("/")
    rest = (f"agent:{_digest([client, key, place], 32)}" for place in range(1, count))
    return tuple(f"{each}/{request}" for each in (first, *rest))


def workflow_id_of(client: str, key: str, arguments: Mapping[str, object]) -> tuple[str, str]:
    """Return the id of what `client` asks for under `key`, and how every id of that key begins."""
    begins = _digest([client, key, "workflow"], 24)
    return begins + intent_of("", "", arguments)[-8:], begins


def _digest(value: object, length: int) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:length]


MOST_ROWS = 200
MOST_NAMED = 5
"""Bad rows that an error names; `dry_run` names all."""


async def run_batch(call: Call) -> Document:
    """Order what the rows ask for, or return the jobs of the same key. All or nothing is ordered.

    `dry_run`: what it would cost and what is wrong with it. Raises `UsageError` and `OverLimit`.
    """
    given = call.arguments
    rows = [_row(line, each) for line, each in enumerate(given["rows"], 1)]
    intents = row_intents(call.client, given["idempotency_key"], call.arguments, len(rows))
    known = await call.studio.jobs.by_intents(intents)
    missing = [
        (intent, row) for intent, row in zip(intents, rows, strict=True) if intent not in known
    ]
    pricer = RowPricer(call.studio, "", lenient=False, agreed=bool(given.get("accept_changes")))
    priced, bad = await pricer.price([row for _, row in missing])
    if given.get("dry_run"):
        return batch_verb.dry_run_json(priced, bad, batch.duplicates(rows))
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
    check_limit(to_pay, limit)


async def _order(
    call: Call, orders: Sequence[tuple[str, Order]], known: Sequence[Job], rows: int
) -> None:
    """Record the missing rows; the first one's key is refused where it was used for others."""
    points = sum(order.total for _, order in orders) + sum(job.order.total for job in known)
    hold = approval_needed(call.studio, points, rows)
    await recorded(call.studio.jobs.submit_all(orders, hold))


def _told(call: Call, jobs: Sequence[Job]) -> Document:
    held = [job for job in jobs if is_held(job)]
    return {
        "rows": [_row_json(line, job) for line, job in enumerate(jobs, 1)],
        "total_credit": sum(job.order.total for job in jobs),
        "needs_approval": len(held),
        "next": next_of(jobs),
    }


def next_of(jobs: Sequence[Job]) -> str | None:
    """What the agent does next about several jobs of one order."""
    if held := [job for job in jobs if is_held(job)]:
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
        "needs_approval": is_held(job),
        "total_credit": job.order.total,
        "urls": [media.url for media in job.medias],
        "paths": [media.path for media in job.medias if media.path],
        "error": None if problem is None else error_json(problem),
    }


async def run_workflow(call: Call) -> Document:
    """Plan, and order the workflow whose hash is `confirm`; or return the status of the key's one.

    Raises `UsageError` and `OverLimit` before anything is ordered.
    """
    given, workflows = call.arguments, call.studio.workflows
    workflow_id, begins = workflow_id_of(call.client, given["idempotency_key"], given)
    kept = await workflows.kept_as(begins)
    if kept is not None and kept.id != workflow_id:
        raise UsageError("error.workflow_key_reused")
    workflow, notes = (kept, []) if kept is not None else await _planned(call, workflow_id)
    status = await workflows.status(await workflows.agreed_before(workflow), fetch=True)
    if any(each.job is None for each in status.steps):
        confirm = str(given.get("confirm", ""))
        if not status.agreed(confirm, again=False):
            return await _unconfirmed(call, status, notes, changed=bool(confirm))
        check_run(status, again=False, agreed=bool(given.get("accept_changes")),
                  limit=given.get("max_credits"))  # fmt: skip
        await recorded(_order_steps(call, status))
    return await _status(call, status.workflow)


async def _planned(call: Call, workflow_id: str) -> tuple[Workflow, list[str]]:
    given = call.arguments
    inputs = list(given.get("input_images", ()))
    workflow, notes, _ = await workflow_verb.planned(call.studio, str(given["prompt"]), inputs)
    project = labels.project(given.get("project", ""))
    notes += confirmation.sentences(each for _, each in workflow.unmet)
    return replace(workflow, id=workflow_id, project=project), notes


async def _unconfirmed(
    call: Call, status: WorkflowStatus, notes: Sequence[str], *, changed: bool
) -> Document:
    """The workflow, what has to be said about it, and the hash that orders it."""
    problems = workflow_verb.problems_of(each.priced for each in status.steps)
    points, confirm = status.to_pay(again=False), status.hash(again=False)
    told: Document = {
        "status": "unconfirmed",
        "to_pay": points,
        "confirm": confirm,
        "warnings": list(notes),
        "problems": workflow_verb.problems_json(problems),
        "changed": changed,
        "next": None if problems else say("agents.next_confirm", points=points, hash=confirm),
    }
    return await workflow_verb.status_json(call.studio, status, told.items())


async def _order_steps(call: Call, status: WorkflowStatus) -> None:
    workflow = await call.studio.workflows.agree(status)
    hold = approval_needed(call.studio, workflow.total, len(workflow.steps))
    await call.studio.workflows.go(status, again=False, client=call.client, hold=hold)


async def _status(call: Call, workflow: Workflow) -> Document:
    """How an ordered plan stands after some waiting; its film where all is made."""
    studio = call.studio
    status = await studio.workflows.status(workflow, priced=False)
    jobs = [each.job for each in status.steps if each.job is not None and not each.blocked]
    for job in jobs:
        await follow(call, job)
    jobs = await until_all(call, jobs, call.arguments.get("seconds", 0))
    status = await studio.workflows.status(workflow, priced=False)
    told: Document = {
        "status": "done" if status.is_done else "unfinished",
        "needs_approval": sum(is_held(job) for job in jobs),
        "next": next_of(jobs),
    }
    failed = next((each.job for each in status.failures if each.job is not None), None)
    if failed is not None:
        told["error"] = error_json(problem_of(failed) or ImaError("error.generation_failed"))
    if workflow.film is not None:
        told["film"] = None
    if workflow.finish:
        told["files"] = []
    if status.is_done:
        try:
            async with studio.endings.alone(workflow.id):
                if workflow.film is not None:
                    told["film"] = (await studio.films.assemble(status)).path
                if workflow.finish:
                    told["files"] = [each.path for each in await studio.films.finish(status)]
        except ImaError as error:
            told["error"] = error_json(error)
    return await workflow_verb.status_json(studio, status, told.items())
