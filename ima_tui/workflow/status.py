"""Status of a workflow: each step's newest job, what remains to be paid, what was approved."""

from __future__ import annotations

from collections.abc import Collection

from ima_tui.core.domain import Job, State
from ima_tui.core.records import dataclass
from ima_tui.ledger import job_states
from ima_tui.workflow.pricing import PricedStep, more_expensive
from ima_tui.workflow.steps import Workflow, WorkflowStep, digest


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
        """Whether it has a result. A job removed from the list stays done."""
        job = self.job
        return job is not None and (
            job.state is State.DONE or (job.state is State.FORGOTTEN and bool(job.medias))
        )

    @property
    def failed(self) -> bool:
        """Whether it ended without a result, so that only another order helps."""
        return self.job is not None and brought_nothing(self.job)

    @property
    def unsent(self) -> bool:
        """Whether nothing was sent for it yet."""
        return self.job is None or self.job.state in job_states.UNSENT

    @property
    def waits_for_approval(self) -> bool:
        """Whether an agent ordered it and the user has not approved it."""
        return self.job is not None and job_states.waits_as_agents(self.job)

    def price(self) -> int:
        """Return the points that sending it would cost; 0 once sent."""
        if self.job is not None and self.job.state in job_states.UNSENT:
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
            each.job is not None
            and each.job.state in job_states.OPEN
            and not each.job.needs_approval
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
