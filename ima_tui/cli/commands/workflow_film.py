"""`ima-tui workflow assemble`, and the film at the end of `workflow run`: free."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ima_tui.cli import session
from ima_tui.cli.commands import film
from ima_tui.cli.commands.workflow import path_of
from ima_tui.cli.output import ProgressLine, print_json, print_plain, talk
from ima_tui.config.loader import Settings
from ima_tui.core import home_folder
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.film import timeline
from ima_tui.i18n import say
from ima_tui.studio import films
from ima_tui.studio.studio import Studio
from ima_tui.workflow import file, film_plan
from ima_tui.workflow.film_plan import FilmPlan
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import Workflow


def assemble(arguments: argparse.Namespace) -> int:
    """Assemble the film of a workflow again."""
    settings = session.settle(arguments)
    plan = file.read(path_of(arguments.file))
    if not plan.ends:
        raise UsageError("error.film_none")
    if plan.film is not None:
        plan = replace(plan, film=_changed(plan.film, arguments))
    return session.run(_assemble(arguments, settings, plan))


async def _assemble(arguments: argparse.Namespace, settings: Settings, plan: Workflow) -> int:
    if plan.film is None:
        return await _finish(arguments, settings, plan)
    target = ""
    if arguments.output:
        target = str(home_folder.expand(arguments.output).absolute())
    async with session.session(arguments, settings, with_key=False) as studio:
        status = await studio.workflows.status(await studio.workflows.look(plan), priced=False)
        job = await films.request(studio.jobs, status, studio.settings, target)
    return await film.assembled(replace(job, replace=arguments.replace), as_json=arguments.json)


def _changed(plan: FilmPlan, arguments: argparse.Namespace) -> FilmPlan:
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


async def _finish(arguments: argparse.Namespace, settings: Settings, plan: Workflow) -> int:
    """Crop or join what the workflow made."""
    if arguments.output:
        raise UsageError("error.finish_no_output")
    async with session.session(arguments, settings, with_key=False) as studio:
        status = await studio.workflows.status(await studio.workflows.look(plan), priced=False)
        made = await finish_rest(studio, status)
    if arguments.json:
        print_json({"status": "done", "files": [each.path for each in made]})
    else:
        print_finished(made)
    return EXIT_DONE


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
