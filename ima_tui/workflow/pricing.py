"""What each step costs by the lists as they are now, or why it can't be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ima_tui.catalogue import order, times
from ima_tui.core.domain import (
    Draft,
    Leaf,
    Order,
    TaskType,
)
from ima_tui.core.errors import UsageError
from ima_tui.workflow.contents import trouble
from ima_tui.workflow.steps import Plan, Step

Lists = Mapping[TaskType, Sequence[Leaf]]
_UNWRITTEN = "…"
"""Words change no price: what lacks them has one all the same."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A step at its price of now, and the order it would be; or `problem`, and what it was."""

    step: Step
    leaf: Leaf | None = None
    order: Order | None = None
    problem: UsageError | None = None


def leaf_of(step: Step, lists: Lists) -> Leaf | None:
    wanted = (step.model_id, step.version)
    leaves = lists.get(step.task_type, ())
    return next((leaf for leaf in leaves if (leaf.model_id, leaf.version) == wanted), None)


def price_step(step: Step, lists: Lists) -> Priced:
    leaf = leaf_of(step, lists)
    if leaf is None:
        return Priced(step, problem=UsageError("error.model_gone", model=step.model_name))
    words = step.prompt or _UNWRITTEN
    draft = Draft(
        step.task_type, leaf.model_id, leaf.version, words, step.chosen, step.inputs, step.n
    )
    try:
        placed, quote = order.place(leaf, draft)
    except UsageError as problem:
        return Priced(step, leaf, problem=problem)
    told = replace(step, points=placed.points, model_name=leaf.name, estimate=times.estimate(leaf))
    if quote.changes:
        changes = ", ".join(f"{each.name} = {each.becomes}" for each in quote.changes)
        return Priced(told, leaf, problem=UsageError("error.plan_changes", changes=changes))
    if not step.prompt:
        speech = step.task_type is TaskType.TEXT_TO_SPEECH
        key = "error.plan_no_words" if speech else "error.empty_prompt"
        return Priced(told, leaf, problem=UsageError(key))
    return Priced(told, leaf, placed)


def price_plan(plan: Plan, lists: Lists) -> tuple[Plan, tuple[Priced, ...]]:
    """The plan at the prices of now, and each of its steps."""
    priced = tuple(_with_files(plan, price_step(step, lists)) for step in plan.steps)
    return replace(plan, steps=tuple(each.step for each in priced)), priced


def _with_files(plan: Plan, priced: Priced) -> Priced:
    """What is wrong with the step's files, where nothing else is wrong."""
    if priced.problem is not None:
        return priced
    return replace(priced, problem=trouble(plan, priced.step))


def dearer(before: Plan, now: Plan) -> tuple[Step, ...]:
    """The steps of `now` that cost more than in `before`."""
    known = {step.id: step.points for step in before.steps}
    return tuple(step for step in now.steps if step.points > known.get(step.id, 0))
