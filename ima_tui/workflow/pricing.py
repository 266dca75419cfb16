"""Prices of steps by the current lists, or why a step is unavailable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ima_tui.catalogue import order, times
from ima_tui.core.domain import (
    Draft,
    ModelVersion,
    Order,
    TaskType,
)
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.workflow.contents import trouble
from ima_tui.workflow.steps import Workflow, WorkflowStep

Lists = Mapping[TaskType, Sequence[ModelVersion]]
_UNWRITTEN = "…"
"""Placeholder for an empty prompt, which does not change the price."""


@dataclass(frozen=True, slots=True)
class PricedStep:
    """A step at its current price with the order for it; or `problem`, with the stored price."""

    step: WorkflowStep
    model: ModelVersion | None = None
    order: Order | None = None
    problem: UsageError | None = None


def model_of(step: WorkflowStep, lists: Lists) -> ModelVersion | None:
    """Return the step's model in the lists, or None."""
    wanted = (step.model_id, step.version)
    models = lists.get(step.task_type, ())
    return next((model for model in models if (model.model_id, model.version) == wanted), None)


def price_step(step: WorkflowStep, lists: Lists) -> PricedStep:
    """Price one step; problems are returned, not raised."""
    model = model_of(step, lists)
    if model is None:
        return PricedStep(step, problem=UsageError("error.model_gone", model=step.model_name))
    words = step.prompt or _UNWRITTEN
    draft = Draft(
        step.task_type, model.model_id, model.version, words, step.chosen, step.inputs, step.n
    )
    try:
        placed, quote = order.place(model, draft)
    except UsageError as problem:
        return PricedStep(step, model, problem=problem)
    told = replace(
        step, points=placed.points, model_name=model.name, estimate=times.estimate(model)
    )
    if quote.changes:
        changes = ", ".join(f"{each.name} = {each.becomes}" for each in quote.changes)
        return PricedStep(told, model, problem=UsageError("error.plan_changes", changes=changes))
    if not step.prompt:
        speech = step.task_type is TaskType.TEXT_TO_SPEECH
        key = "error.plan_no_words" if speech else "error.empty_prompt"
        return PricedStep(told, model, problem=UsageError(key))
    return PricedStep(told, model, placed)


def price_workflow(workflow: Workflow, lists: Lists) -> tuple[Workflow, tuple[PricedStep, ...]]:
    """Return the workflow at current prices, and each priced step."""
    priced = tuple(_with_files(workflow, price_step(step, lists)) for step in workflow.steps)
    return replace(workflow, steps=tuple(each.step for each in priced)), priced


def _with_files(workflow: Workflow, priced: PricedStep) -> PricedStep:
    """Add the problem of the step's files, if there is no other."""
    if priced.problem is not None:
        return priced
    return replace(priced, problem=trouble(workflow, priced.step))


def more_expensive(before: Workflow, now: Workflow) -> tuple[WorkflowStep, ...]:
    """Return the steps of `now` that cost more than in `before`."""
    known = {step.id: step.points for step in before.steps}
    return tuple(step for step in now.steps if step.points > known.get(step.id, 0))
