"""Where a plan stands: each step with its newest job, what is still to be paid, what was agreed."""

from __future__ import annotations

from dataclasses import dataclass

from ima_tui.core.domain import Job, State
from ima_tui.ledger import job_states
from ima_tui.workflow.pricing import PricedStep, dearer
from ima_tui.workflow.steps import Workflow, WorkflowStep, digest


def brought_nothing(job: Job) -> bool:
    """Nothing will come of it any more, and nothing came. Taken off the list, it stays done."""
    if job.state is State.FORGOTTEN:
        return not job.medias
    never_sent = job.state is State.STOPPED and not job.task_id
    return job.state in (State.FAILED, State.NEEDS_REVIEW) or never_sent


@dataclass(frozen=True, slots=True)
class StepStatus:
    """Where one step stands: `job` is its newest try, `intent` the name of its first. `blocked`: it
    needs a step that brought nothing."""

    priced: PricedStep
    intent: str
    job: Job | None = None
    blocked: bool = False

    @property
    def step(self) -> WorkflowStep:
        return self.priced.step

    @property
    def is_done(self) -> bool:
        """Paid for, and something came of it. A job that was taken off the list stays done."""
        job = self.job
        return job is not None and (
            job.state is State.DONE or (job.state is State.FORGOTTEN and bool(job.medias))
        )

    @property
    def failed(self) -> bool:
        """Nothing will come of it any more; only another order would help."""
        return self.job is not None and brought_nothing(self.job)

    @property
    def unsent(self) -> bool:
        return self.job is None or self.job.state in job_states.UNSENT

    def price(self) -> int:
        """Points that sending it would cost; what was sent costs nothing any more."""
        if self.job is not None and self.job.state in job_states.UNSENT:
            return max(self.job.order.total, self.step.total if self.job.needs_approval else 0)
        return self.step.total if self.job is None or self.failed else 0


@dataclass(frozen=True, slots=True)
class WorkflowStatus:
    """A plan at the prices of now (`before`: as it was read), and where each step stands."""

    before: Workflow
    workflow: Workflow
    steps: tuple[StepStatus, ...]

    def step_status(self, step_id: int) -> StepStatus:
        return next(each for each in self.steps if each.step.id == step_id)

    @property
    def failures(self) -> tuple[StepStatus, ...]:
        return tuple(each for each in self.steps if each.failed)

    @property
    def is_done(self) -> bool:
        return all(each.is_done for each in self.steps)

    @property
    def begun(self) -> bool:
        return any(each.job is not None for each in self.steps)

    @property
    def moving(self) -> bool:
        """Something is on its way by itself."""
        return any(
            each.job is not None
            and each.job.state in job_states.OPEN
            and not each.job.needs_approval
            for each in self.steps
            if not (each.blocked and each.unsent)
        )

    def to_send(self, *, again: bool) -> tuple[StepStatus, ...]:
        """What would be sent, failed steps once more where `again` is said."""
        if again:
            return tuple(each for each in self.steps if each.unsent or each.failed)
        return tuple(each for each in self.steps if each.unsent and not each.blocked)

    def to_pay(self, *, again: bool) -> int:
        return sum(each.price() for each in self.to_send(again=again))

    def hash(self, *, again: bool) -> str:
        """What is agreed to: the plan at the prices of now, and which failures are paid anew."""
        failed = [each.job.id for each in self.failures if each.job is not None]
        return digest(self.workflow, failed if again else ())

    def agreed(self, given: str, *, again: bool) -> bool:
        """Whether `given`, or what was agreed to before (""), covers what would be paid."""
        if not self.to_pay(again=again):
            return True
        if given == self.hash(again=again):
            return True
        if (again and self.failures) or dearer(self.before, self.workflow):
            return False
        return (given or (self.begun and self.before.confirmed)) == digest(self.before)
