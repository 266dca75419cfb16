"""The tool `run_workflow`: steps that feed each other, planned from one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ima_tui.cli.commands import workflow as verb
from ima_tui.cli.commands.jobs import problem_of
from ima_tui.cli.commands.workflow_run import check_run
from ima_tui.cli.json_documents import error_json
from ima_tui.compose import confirmation
from ima_tui.core import labels
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.i18n import say
from ima_tui.mcp import ordering
from ima_tui.mcp.batches import next_of
from ima_tui.mcp.call import Call, Document
from ima_tui.mcp.jobs import follow, needs_user, until_all
from ima_tui.mcp.ordering import recorded
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import Workflow


async def run(call: Call) -> Document:
    """Plan, and order the plan whose hash is `confirm`; or return how the key's plan stands.

    Raises `UsageError` and `OverLimit` before anything is ordered.
    """
    given, plans = call.arguments, call.studio.workflows
    plan_id, begins = ordering.workflow_id(call.client, given["idempotency_key"], given)
    kept = await plans.kept_as(begins)
    if kept is not None and kept.id != plan_id:
        raise UsageError("error.workflow_key_reused")
    plan, notes = (kept, []) if kept is not None else await _planned(call, plan_id)
    status = await plans.status(await plans.agreed_before(plan), fetch=True)
    if any(each.job is None for each in status.steps):
        confirm = str(given.get("confirm", ""))
        if not status.agreed(confirm, again=False):
            return await _unconfirmed(call, status, notes, changed=bool(confirm))
        check_run(status, again=False, agreed=bool(given.get("accept_changes")),
                  limit=given.get("max_credits"))  # fmt: skip
        await recorded(_order(call, status))
    return await _standing(call, status.workflow)


async def _planned(call: Call, plan_id: str) -> tuple[Workflow, list[str]]:
    given = call.arguments
    inputs = list(given.get("input_images", ()))
    plan, notes, _ = await verb.planned(call.studio, str(given["prompt"]), inputs)
    project = labels.project(given.get("project", ""))
    notes += confirmation.sentences(each for _, each in plan.unmet)
    return replace(plan, id=plan_id, project=project), notes


async def _unconfirmed(
    call: Call, status: WorkflowStatus, notes: Sequence[str], *, changed: bool
) -> Document:
    """The plan, what has to be said about it, and the hash that orders it."""
    problems = [each.priced for each in status.steps if each.priced.problem is not None]
    points, confirm = status.to_pay(again=False), status.hash(again=False)
    told: Document = {
        "status": "unconfirmed",
        "to_pay": points,
        "confirm": confirm,
        "warnings": list(notes),
        "problems": [verb.problem_json(each) for each in problems],
        "changed": changed,
        "next": None if problems else say("agents.next_confirm", points=points, hash=confirm),
    }
    return await verb.status_json(call.studio, status, told.items())


async def _order(call: Call, status: WorkflowStatus) -> None:
    plan = await call.studio.workflows.agree(status)
    hold = ordering.approval_needed(call.studio, plan.total, len(plan.steps))
    await call.studio.workflows.go(status, again=False, client=call.client, hold=hold)


async def _standing(call: Call, plan: Workflow) -> Document:
    """How an ordered plan stands after some waiting; its film where all is made."""
    studio = call.studio
    status = await studio.workflows.status(plan, priced=False)
    jobs = [each.job for each in status.steps if each.job is not None and not each.blocked]
    for job in jobs:
        await follow(call, job)
    jobs = await until_all(call, jobs, call.arguments.get("seconds", 0))
    status = await studio.workflows.status(plan, priced=False)
    told: Document = {
        "status": "done" if status.is_done else "unfinished",
        "needs_approval": sum(needs_user(job) for job in jobs),
        "next": next_of(jobs),
    }
    failed = next((each.job for each in status.failures if each.job is not None), None)
    if failed is not None:
        told["error"] = error_json(problem_of(failed) or ImaError("error.generation_failed"))
    if plan.film is not None:
        told["film"] = None
    if plan.finish:
        told["files"] = []
    if status.is_done:
        try:
            async with studio.endings.alone(plan.id):
                if plan.film is not None:
                    told["film"] = (await studio.films.assemble(status)).path
                if plan.finish:
                    told["files"] = [each.path for each in await studio.films.finish(status)]
        except ImaError as error:
            told["error"] = error_json(error)
    return await verb.status_json(studio, status, told.items())
