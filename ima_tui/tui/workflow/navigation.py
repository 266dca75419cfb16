"""Open the workflow screen from a prompt, or from the list of saved workflows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, cast

from ima_tui.compose import confirmation
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.text import folded, one_line
from ima_tui.i18n import explain, say
from ima_tui.studio import films
from ima_tui.tui.widgets.app_context import AppContext
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.table import Cell
from ima_tui.workflow.status import finish_sentences as sentences
from ima_tui.workflow.steps import Workflow

if TYPE_CHECKING:
    from ima_tui.tui.workflow.screen import WorkflowScreen

_COLUMNS = (
    Column("when", 11, "workflow.col_when"),
    Column("prompt", 20, "workflow.col_prompt", flex=1),
    Column("steps", 5, "workflow.col_steps", align="right", drop=2),
    Column("points", 7, "workflow.col_points", align="right"),
    Column("state", 16, "workflow.col_state", drop=1),
)


async def plan_prompt(
    app: AppContext, prompt: str, inputs: Sequence[str], project: str = ""
) -> str:
    """Make a workflow of `prompt`, keep it and open it; why that can't be, else ""."""
    try:
        made = await app.studio.workflow_maker.make(prompt, inputs, fetch=False, films=True)
        if not made.workflow.steps:
            return say("error.plan_nothing")
        workflow = replace(made.workflow, project=project)
        await app.studio.workflows.keep(workflow)
    except ImaError as error:
        return explain(error)
    await open_workflow(app, workflow, made.notes)
    return ""


async def open_workflow(app: AppContext, workflow: Workflow, told: Sequence[str] = ()) -> None:
    """Show `workflow`, what it does otherwise than its prompt asked, and what else is `told`."""
    notes = [*told, *confirmation.sentences(each for _, each in workflow.unmet)]
    notes += sentences(workflow, app.studio.workflows.price(workflow)[1])
    try:
        films.need_pyav(workflow)
    except UsageError as error:
        notes.append(explain(error))
    came_from, workflow = app.current_mode, await app.studio.workflows.look(workflow)
    await app.switch_mode("plan")
    await cast("WorkflowScreen", app.screen).open(workflow, came_from, notes)


async def choose_workflow(app: AppContext) -> None:
    """The list of the workflows that are kept; the one that is taken is opened."""
    from ima_tui.tui.shell.picker import Picker, PickerItem
    from ima_tui.tui.workflow.step_rows import summary

    workflows = app.studio.workflows
    kept = await workflows.kept()
    if not kept:
        app.notify(say("workflow.none_kept"))
        return
    choices: list[PickerItem] = []
    for workflow, changed in kept:
        status = await workflows.status(workflow, priced=False)
        when = datetime.fromtimestamp(changed).strftime("%m-%d %H:%M")  # noqa: DTZ006 - the user's
        cells = (
            Cell(when, "muted"),
            Cell(one_line(workflow.prompt, 200)),
            Cell(str(len(workflow.steps)), "muted"),
            Cell(str(workflow.total)),
            Cell(summary(status), "muted"),
        )
        choices.append(PickerItem(cells, folded(workflow.prompt)))

    async def chosen(number: int | None) -> None:
        if number is not None:
            await open_workflow(app, kept[number][0])

    await app.push_screen(Picker(say("workflow.choose"), _COLUMNS, choices), chosen)
