"""`ima-tui workflow plan`, `show` and `assemble`: what would be made, how it stands, its film.

The film is free, at the end of `workflow run` too.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ima_tui.cli import exit_status, session
from ima_tui.cli.commands import film
from ima_tui.cli.commands.generate_order import UNSURE, check_preferences
from ima_tui.cli.commands.inputs import named_in
from ima_tui.cli.json_documents import error_json, job_json
from ima_tui.cli.output import (
    ProgressLine,
    heads,
    print_json,
    print_plain,
    print_table,
    talk,
    text_encoding,
)
from ima_tui.compose import confirmation, parameter_names
from ima_tui.compose.other_requests import answer
from ima_tui.config.loader import Settings
from ima_tui.core import atomic_file, labels
from ima_tui.core.errors import EXIT_DONE, EXIT_USAGE, UsageError
from ima_tui.core.text import one_line
from ima_tui.film import timeline
from ima_tui.i18n import explain, say, usual_time
from ima_tui.intent.kinds import IntentQuestion, PreferenceAction, RequestKind
from ima_tui.studio import films
from ima_tui.studio.studio import Studio
from ima_tui.workflow import file, film_edits, film_plan
from ima_tui.workflow.film_plan import FilmPlan
from ima_tui.workflow.lanes import lanes
from ima_tui.workflow.status import PricedStep, WorkflowStatus
from ima_tui.workflow.status import finish_sentences as sentences
from ima_tui.workflow.steps import Workflow, WorkflowStep, digest, takes

_NODE = "o"


# -------------------------------------------------------------------------------------- plan


def _before_plan(arguments: Namespace, settings: Settings) -> Settings:
    arguments.file = atomic_file.expand(arguments.output) if arguments.output else None
    return settings


@session.verb(before=_before_plan)
async def make(studio: Studio, arguments: Namespace) -> int:
    """Plan a workflow from a prompt."""
    check_preferences(studio)
    workflow, notes, problems = await planned(studio, arguments.text, arguments.input_images)
    workflow = replace(workflow, project=labels.project(arguments.project))
    warnings = confirmation.sentences(each for _, each in workflow.unmet)
    if arguments.yes:
        workflow = replace(workflow, unmet=())  # agreed to
    if arguments.file is not None:
        await asyncio.to_thread(file.write, arguments.file, workflow)
    if arguments.json:
        more = {"notes": notes, "warnings": warnings}
        print_json(file.to_json(workflow) | more | {"problems": problems_json(problems)})
    else:
        why = {step: say(each.key, **each.values) for step, each in problems.items()}
        print_workflow(workflow, why, studio.workflows.price(workflow)[1])
    for note in (*warnings, *(() if arguments.json else notes)):
        talk(note)
    return _conclude(arguments, workflow, problems)


async def planned(
    studio: Studio, text: str, inputs: Sequence[str]
) -> tuple[Workflow, list[str], dict[int, UsageError]]:
    """The workflow, what has to be said about it, and why some steps can't be as they are."""
    images = [
        str(atomic_file.expand(each).absolute()) if _is_path(each) else each for each in inputs
    ]
    named_in(studio, text)
    made = await studio.workflow_maker.make(text, images, films=True)
    if not made.workflow.steps:
        intent = made.shared.intent
        if intent.kind is RequestKind.QUESTION:
            lists = studio.catalogue.all_models()
            raise UsageError("error.route_question", answer=answer(intent, lists))
        raise UsageError(_nothing(intent.kind, intent.question))
    notes = list(made.notes)
    try:
        films.need_pyav(made.workflow)
    except UsageError as error:
        notes.append(explain(error))
    preference = made.shared.intent.preference
    if preference is not None and preference.action is not PreferenceAction.ONCE:
        notes.append(say("workflow.not_remembered"))
    _, priced = studio.workflows.price(made.workflow)
    notes += await studio.workflows.input_notes(priced)
    return made.workflow, notes, problems_of(priced)


def problems_of(priced: Iterable[PricedStep]) -> dict[int, UsageError]:
    """Return what keeps steps from having a price, by their ids."""
    return {each.step.id: each.problem for each in priced if each.problem is not None}


def _is_path(written: str) -> bool:
    return "://" not in written and not written.lower().startswith(("data:", "file:"))


def _nothing(kind: RequestKind, question: IntentQuestion | None) -> str:
    if kind is RequestKind.CLARIFY and question is not None:
        return UNSURE[question]
    return "error.route_preference" if kind is RequestKind.PREFERENCE else "error.plan_nothing"


def _conclude(arguments: Namespace, workflow: Workflow, problems: Mapping[int, UsageError]) -> int:
    for step, problem in problems.items():
        talk(say("workflow.step", id=step, sentence=explain(problem)))
    if problems:
        talk(say("workflow.mend"))
    if workflow.unmet:
        talk(say("workflow.unmet"))
    if problems or workflow.unmet:
        return EXIT_USAGE
    if arguments.output:
        shown = one_line(arguments.output, 200)
        talk(say("workflow.run_it", path=shown, hash=digest(workflow)))
    elif not arguments.json:
        talk(say("workflow.keep_it"))
    return EXIT_DONE


def problems_json(problems: Mapping[int, UsageError]) -> list[dict[str, object]]:
    """Return why steps have no price, as JSON."""
    return [{"step": step, "error": error_json(each)} for step, each in problems.items()]


# -------------------------------------------------------------------------------------- show


def _read(arguments: Namespace, settings: Settings) -> Settings:
    arguments.workflow = file.read(atomic_file.expand(arguments.file))
    return settings


@session.verb(with_key=False, before=_read)
async def show(studio: Studio, arguments: Namespace) -> None:
    """Print how a workflow stands."""
    workflows = studio.workflows
    status = await workflows.status(await workflows.agreed_before(arguments.workflow), priced=False)
    if arguments.json:
        print_json(await status_json(studio, status))
        return
    print_steps(status)
    for each in status.steps:
        for media in each.job.medias if each.job else ():
            print_plain(f"{each.step.id}: {media.path or media.url}")


def print_steps(status: WorkflowStatus) -> None:
    """Print a line for each step with its state."""
    jobs = {each.step.id: each.job for each in status.steps if each.job is not None}
    states = {step: f"{exit_status.state_of(job)} #{job.id}" for step, job in jobs.items()}
    print_workflow(status.workflow, states, [each.priced for each in status.steps])


def print_workflow(
    workflow: Workflow, notes: Mapping[int, str], priced: Sequence[PricedStep]
) -> None:
    """The steps with their connections, what is made at the end, the total and the hash."""
    shown = heads("workflow.head_", "step", "kind", "model", "what", "points", "note")
    drawn = lanes(workflow.steps, ascii_only=text_encoding() != "utf-8")
    rows = [
        _cells(step, f"{lane.before}{_NODE}{lane.after} {step.id}", notes.get(step.id, ""))
        for step, lane in zip(workflow.steps, drawn, strict=True)
    ]
    print_table(shown, rows, right=("points",), gives="what")
    if workflow.film is not None:
        print(film_words(workflow, workflow.film))
    for sentence in sentences(workflow, priced):
        print(sentence)
    count = len(workflow.steps)
    print(say("workflow.total", n=count, points=workflow.total, hash=digest(workflow)))


def film_words(workflow: Workflow, film: FilmPlan) -> str:
    """What will be assembled, and how long everything takes."""
    fades = any(shot.transition == "fade" for shot in film.shots)
    joined = say("film.with_fades" if fades else "film.with_cuts")
    seconds = film_plan.seconds(film, lambda shot: film_edits.step_seconds(workflow, shot))
    shown = f"{seconds:g}" if seconds else "?"
    counts = {"n": len(film.shots), "sounds": len(film.tracks)}
    told = say("film.planned", seconds=shown, joined=joined, **counts)
    usual = takes(workflow)
    if usual is None:
        return told
    return f"{told} {say('film.time', time=usual_time(usual.low, usual.high))}"


def _cells(step: WorkflowStep, place: str, note: str) -> list[str]:
    settings = " ".join(parameter_names.settings(step.chosen, 24))
    model = f"{step.model_name} {settings}".strip() + (f" ×{step.n}" if step.n > 1 else "")
    kind = say(f"task.{step.task_type.value}")
    return [place, kind, model, one_line(step.title, 40), str(step.total), one_line(note, 60)]


async def status_json(
    studio: Studio, status: WorkflowStatus, more: Iterable[tuple[str, object]] = ()
) -> dict[str, object]:
    """A workflow with what became of it: the workflow's own document, each step with its job."""
    document = file.to_json(status.workflow)
    steps = document["steps"]
    assert isinstance(steps, list)  # noqa: S101 - made two lines above
    for raw, each in zip(steps, status.steps, strict=True):
        job = each.job
        ended = job is not None and (each.failed or each.is_done)
        problem = exit_status.problem_of(job) if job and ended else None
        raw["status"] = job.state.value if job else None
        raw["job"] = await job_json(studio, job, problem) if job else None
    return document | dict(more)


def _before_assembly(arguments: Namespace, settings: Settings) -> Settings:
    settings = _read(arguments, settings)
    workflow: Workflow = arguments.workflow
    if not workflow.ends:
        raise UsageError("error.film_none")
    if workflow.film is not None:
        arguments.workflow = replace(workflow, film=_changed(workflow.film, arguments))
    elif arguments.output:
        raise UsageError("error.finish_no_output")
    return settings


@session.verb(with_key=False, before=_before_assembly)
async def assemble(studio: Studio, arguments: Namespace) -> None:
    """Assemble the film of a workflow again; crop or join what one without a film made."""
    workflows = studio.workflows
    status = await workflows.status(await workflows.look(arguments.workflow), priced=False)
    if arguments.workflow.film is not None:
        output = arguments.output
        target = str(atomic_file.expand(output).absolute()) if output else ""
        job = await films.request(studio.jobs, status, studio.settings, target)
        job = replace(job, replace=arguments.replace)
        await film.assembled(job, as_json=arguments.json)
        return
    made = await finish_rest(studio, status)
    if arguments.json:
        print_json({"status": "done", "files": [each.path for each in made]})
    else:
        print_finished(made)


def _changed(plan: FilmPlan, arguments: Namespace) -> FilmPlan:
    """Return the film as the flags want it."""
    if arguments.transition or arguments.fade is not None:
        seconds = timeline.FADE if arguments.fade is None else film.seconds(arguments.fade)
        plan = film_plan.with_transition(plan, arguments.transition or "fade", seconds)
    if arguments.music_volume is not None:
        plan = film_plan.with_volume(plan, film.volume(arguments.music_volume))
    if arguments.own_sound is not None:
        own = film.volume(arguments.own_sound)
        shots = tuple(replace(shot, own_sound=own) for shot in plan.shots)
        plan = replace(plan, shots=shots)
    if arguments.burn:
        plan = replace(plan, burned=True)
    if arguments.loudness == "keep":
        plan = replace(plan, loudness=0.0)
    return plan


async def finish_rest(studio: Studio, status: WorkflowStatus) -> list[films.Finished]:
    """Make crops and joined music. Raises `UsageError` and `FilmError`."""
    progress = ProgressLine()
    try:
        return await studio.films.finish(
            status, lambda told: progress.show(say("finish.joining", share=int(told.share * 100)))
        )
    finally:
        progress.clear()


def print_finished(made: Sequence[films.Finished]) -> None:
    """Print the paths; say where music had to be repeated."""
    for each in made:
        print_plain(each.path)
        if each.repeats:
            talk(say("finish.repeated", n=each.repeats))


async def finish(studio: Studio, status: WorkflowStatus) -> Mapping[str, object]:
    """Assemble the film of a workflow that is done. Raises `UsageError` and `FilmError`."""
    return await film.with_progress(await films.request(studio.jobs, status, studio.settings))
