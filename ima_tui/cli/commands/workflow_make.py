"""`ima-tui workflow make`: from a prompt to its results, or its film, by one command.

The plan is written before anything is sent: the same command, run again, goes on with it and pays
for no step twice.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

from ima_tui.cli import session
from ima_tui.cli.commands import workflow, workflow_run
from ima_tui.cli.confirm_changes import Unconfirmed
from ima_tui.cli.output import talk
from ima_tui.compose import confirmation
from ima_tui.config.loader import Settings
from ima_tui.core import labels
from ima_tui.core.errors import EXIT_DONE, OverLimit, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say
from ima_tui.workflow import file


def run(arguments: argparse.Namespace) -> int:
    """Plan, unless the plan is there already, and run it at up to --max-credits points."""
    path = workflow.path_of(arguments.output)
    if not path.exists():
        code = session.run(_plan(arguments, session.settle(arguments), path))
        if code != EXIT_DONE:
            return code
    if file.read(path).prompt.strip() != arguments.text.strip():  # also where another run was first
        raise UsageError("error.plan_other_prompt", path=one_line(path, 300))
    arguments.file, arguments.confirm = str(path), ""
    return workflow_run.begin(arguments, again=False, within_limit=True)


async def _plan(arguments: argparse.Namespace, settings: Settings, path: Path) -> int:
    """Write the plan. Raises `UsageError` and `OverLimit` where it can't be run like that."""
    async with session.session(arguments, settings) as studio:
        if studio.preferences.preferences.trouble is not None:
            raise studio.preferences.preferences.trouble
        plan, notes, problems = await workflow.planned(
            studio, arguments.text, arguments.input_images
        )
        for note in notes:
            talk(note)
        for each in problems:
            if each.problem is not None:
                sentence = explain(each.problem)
                raise UsageError("error.plan_step", id=each.step.id, sentence=sentence)
        unmet = confirmation.sentences(each for _, each in plan.unmet)
        if unmet and not arguments.yes:
            raise Unconfirmed(unmet)
        if plan.total > arguments.max_credits:
            raise OverLimit("error.over_limit", total=plan.total, limit=arguments.max_credits)
        project = labels.project(arguments.project)
        plan = replace(plan, project=project, unmet=())  # agreed to
        if not await asyncio.to_thread(file.write_first, path, plan):
            return EXIT_DONE
        talk(
            say("workflow.planned", n=len(plan.steps), points=plan.total, path=one_line(path, 200))
        )
    return EXIT_DONE
