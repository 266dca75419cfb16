"""`ima-tui workflow run`, `resume` and `make`: the steps to their ends, each paid for once.

Nothing is sent without the hash of the workflow at today's prices. `resume` needs a hash only where
it would pay for something that was not agreed to before: a failed step once more, or a price that
has risen.

`make` goes from a prompt to its results, or its film, by one command. The workflow is written
before anything is sent: the same command, run again, goes on with it and pays for no step twice.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ima_tui.cli import confirm, exit_status, session
from ima_tui.cli.commands import workflow as workflow_verb
from ima_tui.cli.commands.film import film_words
from ima_tui.cli.commands.generate_order import check_preferences
from ima_tui.cli.commands.workflow import status_json
from ima_tui.cli.confirm import Unconfirmed, ask, check_limit
from ima_tui.cli.json_documents import error_json
from ima_tui.cli.output import print_json, print_plain, talk
from ima_tui.compose import confirmation
from ima_tui.config.loader import Settings
from ima_tui.core import atomic_file, labels
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_LIMIT,
    EXIT_USAGE,
    ImaError,
    KeyMissing,
    OverLimit,
    UsageError,
)
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say
from ima_tui.studio import films
from ima_tui.studio.studio import Studio
from ima_tui.workflow import file
from ima_tui.workflow.status import StepStatus, WorkflowStatus
from ima_tui.workflow.steps import Workflow


def _before(arguments: Namespace, settings: Settings) -> Settings:
    settings = session.as_asked(arguments, settings)
    workflow = file.read(atomic_file.expand(arguments.file))
    arguments.workflow = replace(
        workflow, project=labels.project(arguments.project) or workflow.project
    )
    if workflow.ends and arguments.download is None:
        return session.downloads(settings, "")  # a film or a crop is made of files
    return settings


@session.verb(patient=True, before=_before)
async def run(studio: Studio, arguments: Namespace) -> int:
    """Run a workflow; `arguments.again` (`workflow resume`): with the steps that failed.

    `arguments.within_limit` (`workflow make`): --max-credits is the agreement, instead of the hash
    of a workflow that was shown.
    """
    workflows, again = studio.workflows, arguments.again
    status = await workflows.status(await workflows.agreed_before(arguments.workflow), fetch=True)
    if again and not arguments.yes_unknown:
        _check_unknown(status)
    check_run(status, again=again, agreed=arguments.yes, limit=arguments.max_credits)
    to_pay = status.to_pay(again=again)
    if arguments.within_limit:  # for all of it, also what an earlier run of the command paid
        check_limit(status.paid + to_pay, arguments.max_credits)
    sending = [each.priced for each in status.to_send(again=again)]
    for note in await workflows.input_notes(sending):
        talk(note)
    given = status.hash(again=again) if arguments.within_limit else arguments.confirm.strip()
    if not status.agreed(given, again=again) or (to_pay and not given and not again):
        return await _unconfirmed(studio, arguments, status)
    if not studio.connection.has_key and not status.is_done:
        raise KeyMissing
    if to_pay and not await _agreed_after_repair(studio, arguments, status):
        talk(say("batch.declined"))
        return EXIT_INTERRUPTED
    try:
        return await _go(studio, arguments, status)
    except asyncio.CancelledError:
        studio.engine.hasten()
        talk(say("workflow.interrupted", path=one_line(arguments.file, 200)))
        return EXIT_INTERRUPTED


async def _go(studio: Studio, arguments: Namespace, status: WorkflowStatus) -> int:
    """Send what was agreed to, and follow it; the rest after the master image was looked at."""
    workflows, again = studio.workflows, arguments.again
    above = studio.settings.ask_above
    first = frozenset() if arguments.no_pause else status.look_first(above, again=again)
    if to_pay := status.to_pay(again=again):
        await workflows.agree(status)
        sent = len(first or status.to_send(again=again))
        points = sum(status.step_status(step).price() for step in first) or to_pay
        talk(say("workflow.starting", n=sent, rows=len(status.steps), points=points))
    await workflows.go(status, again=again, only=first)
    await _follow(studio, status.workflow)
    status = await workflows.status(status.workflow, priced=False)
    if first and all(status.step_status(step).is_done for step in first):
        return await _look_at_master(studio, arguments, status)
    return await _conclude(studio, arguments, status)


async def _look_at_master(studio: Studio, arguments: Namespace, status: WorkflowStatus) -> int:
    """Stop before the rest is bought: every shot will look like this picture."""
    film = status.workflow.film
    master = status.step_status(film.master if film is not None else 0)
    media = master.job.medias[0] if master.job is not None and master.job.medias else None
    path = (media.path or media.url) if media is not None else "—"
    rest = status.to_pay(again=False)
    error = OverLimit("error.film_look_first", picture=path, points=rest,
                      path=one_line(arguments.file, 200))  # fmt: skip
    if arguments.json:
        told = {"status": "needs_approval", "to_pay": rest, "error": error_json(error)}
        print_json(await status_json(studio, status, told.items()))
    else:
        print_plain(path)
        talk(explain(error))
    return EXIT_LIMIT


async def _agreed_after_repair(
    studio: Studio, arguments: Namespace, status: WorkflowStatus
) -> bool:
    """Whether steps may go that may have been sent before the ledger was restored."""
    steps = status.to_send(again=arguments.again)
    unsure = confirm.count_unsure(studio, [each.job for each in steps if not each.failed])
    if not unsure or arguments.after_repair:
        return True
    points = status.to_pay(again=arguments.again)
    return await ask(confirm.ask_after_repair(studio, unsure, points))


def _check_unknown(status: WorkflowStatus) -> None:
    """What may have been charged is not sent again unasked."""
    for each in status.failures:
        if each.job is not None and each.job.state is State.NEEDS_REVIEW:
            facts = {"step": each.step.id, "points": each.job.order.total}
            raise UsageError("error.plan_unknown_end", **facts)


def check_run(status: WorkflowStatus, *, again: bool, agreed: bool, limit: int | None) -> None:
    """Everything that forbids a run is said before anything is sent.

    `agreed`: to what differs from the request. Raises `UsageError` and `OverLimit`.
    """
    films.need_pyav(status.workflow)
    for each in status.to_send(again=again):
        problem = each.priced.problem
        if problem is not None and (each.job is None or each.failed):
            raise UsageError("error.plan_step", id=each.step.id, sentence=explain(problem))
    sending = {each.step.id for each in status.to_send(again=again)}
    unmet = [each for at, each in status.workflow.unmet if at in sending]
    if unmet and not agreed and not status.agreed("", again=again):
        raise Unconfirmed(confirmation.sentences(unmet))
    check_limit(status.to_pay(again=again), limit)


async def _unconfirmed(studio: Studio, arguments: Namespace, status: WorkflowStatus) -> int:
    """What would be paid, and the hash that agrees to it."""
    again = arguments.again
    points, agreed = status.to_pay(again=again), status.hash(again=again)
    key = "error.plan_changed" if arguments.confirm.strip() else "error.plan_confirm"
    error = UsageError(key, points=points, hash=agreed, path=one_line(arguments.file, 200),
                       verb="resume" if again else "run")  # fmt: skip
    if arguments.json:
        told = {"status": "unconfirmed", "to_pay": points, "confirm": agreed}
        print_json(await status_json(studio, status, {**told, "error": error_json(error)}.items()))
        return EXIT_USAGE
    workflow_verb.print_steps(status)
    print(say("workflow.to_pay", points=points, hash=agreed))
    talk(explain(error))
    return EXIT_USAGE


async def _follow(studio: Studio, workflow: Workflow) -> None:
    """Every step that is on its way, in their order, to its end or until it waits for somebody.

    What needs a step that brought nothing stays where it is: nobody may be following it.
    """
    for step in workflow.steps:
        each = (await studio.workflows.status(workflow, priced=False)).step_status(step.id)
        if each.job is not None and not (each.blocked and each.unsent):
            await exit_status.wait_for(studio, each.job)


async def _conclude(studio: Studio, arguments: Namespace, status: WorkflowStatus) -> int:
    ends = [(each, None if _waits_in_vain(each.job) else each.job) for each in status.steps]
    problems = [(each, exit_status.row_problem(job) if job else None) for each, job in ends]
    codes = (exit_status.row_exit_code(job) if job else EXIT_FAILED for _, job in ends)
    code = exit_status.worst_of_rows(codes)
    first = next((problem for _, problem in problems if problem is not None), None)
    made: Mapping[str, object] = {}
    finished: list[films.Finished] = []
    if status.workflow.ends and status.is_done:
        try:
            async with studio.endings.alone(status.workflow.id):
                if status.workflow.film is not None:
                    made = await workflow_verb.finish(studio, status)
                finished = await workflow_verb.finish_rest(studio, status)
        except ImaError as error:
            first = first or error
            code = code or error.exit_code
            talk(explain(error))
    if arguments.json:
        told: dict[str, object] = {
            "status": "done" if code == EXIT_DONE else "unfinished",
            "error": error_json(first) if first else None,
            **({"film": made.get("path")} if status.workflow.film is not None else {}),
            **({"files": [each.path for each in finished]} if status.workflow.finish else {}),
        }
        print_json(await status_json(studio, status, told.items()))
    else:
        _print_results(status.steps)
        if made:
            print_plain(made["path"])
            talk(film_words(made))
        workflow_verb.print_finished(finished)
    for each, problem in problems:
        if problem is not None:
            talk(say("workflow.step", id=each.step.id, sentence=explain(problem)))
    done = sum(each.is_done for each in status.steps)
    talk(say("workflow.ended", done=done, n=len(status.steps)))
    if code != EXIT_DONE:
        talk(say("workflow.resume_it", path=one_line(arguments.file, 200)))
    return code


def _print_results(steps: Sequence[StepStatus]) -> None:
    for each in steps:
        if each.job is not None:
            exit_status.print_results(each.job)
            if more := exit_status.surplus(each.job):
                talk(say("workflow.step", id=each.step.id, sentence=more))


def _waits_in_vain(job: Job | None) -> bool:
    """Whether nothing is expected of a step, for which another step is to blame."""
    return job is None or (job.needs_approval and job.waiting == "waiting.in_vain")


def make(arguments: Namespace) -> int:
    """Plan, unless the workflow is there already, and run it at up to --max-credits points."""
    path = atomic_file.expand(arguments.output)
    if not path.exists():
        code = _plan(arguments)
        if code != EXIT_DONE:
            return code
    if file.read(path).prompt.strip() != arguments.text.strip():  # also where another run was first
        raise UsageError("error.plan_other_prompt", path=one_line(path, 300))
    arguments.file, arguments.confirm = str(path), ""
    return run(arguments)


@session.verb()
async def _plan(studio: Studio, arguments: Namespace) -> None:
    """Write the workflow. Raises `UsageError` and `OverLimit` where it can't be run like that."""
    check_preferences(studio)
    workflow, notes, problems = await workflow_verb.planned(
        studio, arguments.text, arguments.input_images
    )
    for note in notes:
        talk(note)
    for step, problem in problems.items():
        raise UsageError("error.plan_step", id=step, sentence=explain(problem))
    unmet = confirmation.sentences(each for _, each in workflow.unmet)
    if unmet and not arguments.yes:
        raise Unconfirmed(unmet)
    check_limit(workflow.total, arguments.max_credits)
    project = labels.project(arguments.project)
    workflow = replace(workflow, project=project, unmet=())  # agreed to
    path = atomic_file.expand(arguments.output)
    if await asyncio.to_thread(file.write_first, path, workflow):
        shown = one_line(path, 200)
        talk(say("workflow.planned", n=len(workflow.steps), points=workflow.total, path=shown))
