"""Status of a workflow: each step's newest job, what remains to be paid, what was approved.

`price_step` prices by the current lists, or says why a step is unavailable; `finish_sentences` say
what a workflow ends with beside its film.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ima_tui.catalogue import choice, order, price
from ima_tui.core.domain import (
    Job,
    Medium,
    ModelVersion,
    Order,
    State,
    TaskType,
)
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.film.timeline import largest_within
from ima_tui.i18n import say
from ima_tui.ledger import records
from ima_tui.workflow import finishing
from ima_tui.workflow.finishing import Crop
from ima_tui.workflow.steps import Workflow, WorkflowStep, digest, trouble


def brought_nothing(job: Job) -> bool:
    """Tell whether a job ended without a result. A removed done job stays done."""
    if job.state is State.FORGOTTEN:
        return not job.medias
    never_sent = job.state is State.STOPPED and not job.task_id
    return job.state in (State.FAILED, State.NEEDS_REVIEW) or never_sent


@dataclass(frozen=True, slots=True)
class StepStatus:
    """Status of one step: `job` is its newest try, `intent` that of its first.

    `blocked`: it needs a step that ended without a result.
    """

    priced: PricedStep
    intent: str
    job: Job | None = None
    blocked: bool = False

    @property
    def step(self) -> WorkflowStep:
        """The step at its current price."""
        return self.priced.step

    @property
    def is_done(self) -> bool:
        """Whether it has a result."""
        return self.job is not None and records.is_done(self.job)

    @property
    def failed(self) -> bool:
        """Whether it ended without a result, so that only another order helps."""
        return self.job is not None and brought_nothing(self.job)

    @property
    def unsent(self) -> bool:
        """Whether nothing was sent for it yet."""
        return self.job is None or self.job.state in records.UNSENT

    @property
    def waits_for_approval(self) -> bool:
        """Whether an agent ordered it and the user has not approved it."""
        return self.job is not None and records.waits_as_agents(self.job)

    def price(self) -> int:
        """Return the points that sending it would cost; 0 once sent."""
        if self.job is not None and self.job.state in records.UNSENT:
            return max(self.job.order.total, self.step.total if self.job.needs_approval else 0)
        return self.step.total if self.job is None or self.failed else 0


@dataclass(frozen=True, slots=True)
class WorkflowStatus:
    """A workflow at current prices (`before`: as read), with each step's status."""

    before: Workflow
    workflow: Workflow
    steps: tuple[StepStatus, ...]

    def step_status(self, step_id: int) -> StepStatus:
        """Return the status of one step."""
        return next(each for each in self.steps if each.step.id == step_id)

    @property
    def failures(self) -> tuple[StepStatus, ...]:
        """The steps that ended without a result."""
        return tuple(each for each in self.steps if each.failed)

    @property
    def is_done(self) -> bool:
        """Whether every step has a result."""
        return all(each.is_done for each in self.steps)

    @property
    def waits_for_approval(self) -> bool:
        """Whether a step that an agent ordered needs the user's approval, in the queue."""
        return any(each.waits_for_approval for each in self.steps)

    @property
    def begun(self) -> bool:
        """Whether any step has a job."""
        return any(each.job is not None for each in self.steps)

    @property
    def moving(self) -> bool:
        """Whether a job of it is in progress."""
        return any(
            each.job is not None and each.job.state in records.OPEN and not each.job.needs_approval
            for each in self.steps
            if not (each.blocked and each.unsent)
        )

    def to_send(self, *, again: bool) -> tuple[StepStatus, ...]:
        """Return the steps to send; `again`: failed ones included.

        What an agent ordered is approved job by job, in the queue.
        """
        mine = [each for each in self.steps if not each.waits_for_approval]
        if again:
            return tuple(each for each in mine if each.unsent or each.failed)
        return tuple(each for each in mine if each.unsent and not each.blocked)

    def to_pay(self, *, again: bool) -> int:
        """Return the points of the steps to send."""
        return sum(each.price() for each in self.to_send(again=again))

    @property
    def paid(self) -> int:
        """Points of the steps that were sent; failed ones are not charged."""
        sent = (each.job for each in self.steps if not (each.unsent or each.failed))
        return sum(job.order.total for job in sent if job is not None)

    def look_first(self, ask_above: int, *, again: bool) -> frozenset[int]:
        """Return the film's master image and the steps it needs, where it is checked first.

        That is so where it is missing and the other steps cost more than `ask_above`.
        """
        film = self.workflow.film
        first = self.with_needs({film.master} if film is not None else set())
        missing = any(not each.is_done for each in self.steps if each.step.id in first)
        rest = (each for each in self.to_send(again=again) if each.step.id not in first)
        ahead = sum(each.price() for each in rest) > ask_above
        return first if missing and ahead else frozenset()

    def with_needs(self, ids: Collection[int]) -> frozenset[int]:
        """Return these steps and all that they need."""
        found = set(ids)
        for each in reversed(self.steps):
            if each.step.id in found:
                found.update(each.step.needs)
        return frozenset(found)

    def hash(self, *, again: bool) -> str:
        """Return the hash to approve, which covers current prices and retried failures."""
        failed = [each.job.id for each in self.failures if each.job is not None]
        return digest(self.workflow, failed if again else ())

    def agreed(self, given: str, *, again: bool) -> bool:
        """Tell whether `given`, or the last approval (""), covers what would be paid."""
        if not self.to_pay(again=again):
            return True
        if given == self.hash(again=again):
            return True
        if (again and self.failures) or more_expensive(self.before, self.workflow):
            return False
        return (given or (self.begun and self.before.confirmed)) == digest(self.before)


Lists = Mapping[TaskType, Sequence[ModelVersion]]
UNWRITTEN = "…"
"""Placeholder for an empty prompt, which does not change the price."""


@dataclass(frozen=True, slots=True)
class PricedStep:
    """A step at its current price with the order for it; or `problem`, with the stored price."""

    step: WorkflowStep
    model: ModelVersion | None = None
    order: Order | None = None
    problem: UsageError | None = None


def price_step(step: WorkflowStep, lists: Lists) -> PricedStep:
    """Price one step; problems are returned, not raised."""
    model = choice.exactly(lists.get(step.task_type, ()), step.model_id, step.version)
    if model is None:
        return PricedStep(step, problem=UsageError("error.model_gone", model=step.model_name))
    try:
        placed, quote = order.place(model, step.draft(UNWRITTEN))
    except UsageError as problem:
        return PricedStep(step, model, problem=problem)
    told = replace(
        step, points=placed.points, model_name=model.name, estimate=price.estimate(model)
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


_SIZE = re.compile(r"(\d{3,5})\s*[x*×]\s*(\d{3,5})")
_LINES = re.compile(r"(\d{3,4})p", re.I)


def finish_sentences(workflow: Workflow, priced: Iterable[PricedStep] = ()) -> list[str]:
    """Return a sentence for each: what is made, how large, and that it is free.

    `priced`: the steps with their orders, from which sizes are known.
    """
    steps = {each.step.id: each for each in priced}
    found: list[str] = []
    for each in workflow.finish:
        if isinstance(each, Crop):
            media = {workflow.step(step_id).task_type.medium for step_id in each.steps}
            key = "finish.crop" if media == {Medium.IMAGE} else "finish.crop_video"
            sizes = [_size(steps.get(step_id)) for step_id in each.steps]
            found.append(say(key, ratio=_ratio(each.ratio, sizes)))
        else:
            seconds = f"{each.seconds:g}"
            found.append(say("finish.join", n=len(each.steps), seconds=seconds))
    if workflow.film is not None and workflow.film.ratio != (0, 0):
        videos = (each for each in steps.values() if each.step.task_type.medium is Medium.VIDEO)
        ratio = _ratio(workflow.film.ratio, [_size(each) for each in videos])
        found.append(say("finish.crop_film", ratio=ratio))
    return found


def _ratio(ratio: tuple[int, int], sizes: list[tuple[int, int]]) -> str:
    """Return proportions, with the size that a crop will have where all have the same one."""
    words, known = finishing.words_of(ratio), set(sizes)
    if len(known) != 1 or (0, 0) in known:
        return words
    width, height = largest_within(known.pop(), ratio)
    return say("finish.ratio_size", ratio=words, width=width, height=height)


def _size(priced: PricedStep | None) -> tuple[int, int]:
    """Return the size of what a step makes, by its parameters; (0, 0): not known."""
    if priced is None or priced.order is None:
        return 0, 0
    values = dict(priced.order.parameters)
    if size := _SIZE.search(str(values.get("size", ""))):
        return int(size[1]), int(size[2])
    lines = _LINES.fullmatch(str(values.get("resolution", "")))
    ratio = finishing.ratio_of(str(values.get("aspect_ratio", "")))
    if lines is None or ratio is None:
        return 0, 0
    short, (wide, high) = int(lines[1]), ratio
    return (short * wide // high, short) if wide > high else (short, short * high // wide)
