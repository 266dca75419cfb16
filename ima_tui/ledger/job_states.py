"""State machine of jobs: the table of allowed transitions.

A job is *sending* from the moment before the request leaves until its answer is on disk. A job
found *sending* after a crash may have been charged, so it then needs review (stored value
`unknown`).
"""

from __future__ import annotations

from ima_tui.core.domain import Job, State

S = State

TRANSITIONS: dict[State, frozenset[State]] = {
    # to needs review: an earlier, larger try may have been charged, and no other follows
    S.QUEUED: frozenset(
        {S.UPLOADING, S.VERIFYING, S.SENDING, S.FAILED, S.NEEDS_REVIEW, S.STOPPED, S.FORGOTTEN}
    ),
    S.UPLOADING: frozenset({S.VERIFYING, S.SENDING, S.QUEUED, S.FAILED, S.NEEDS_REVIEW, S.STOPPED}),
    S.VERIFYING: frozenset({S.SENDING, S.QUEUED, S.FAILED, S.NEEDS_REVIEW, S.STOPPED}),
    # back to queued: only after a refusal, or with a smaller order after a fault of the service
    S.SENDING: frozenset({S.RUNNING, S.QUEUED, S.FAILED, S.NEEDS_REVIEW}),
    S.RUNNING: frozenset({S.FETCHING, S.DONE, S.FAILED, S.TIMED_OUT, S.STOPPED}),
    S.TIMED_OUT: frozenset({S.RUNNING, S.FETCHING, S.DONE, S.FAILED, S.STOPPED, S.FORGOTTEN}),
    S.FETCHING: frozenset({S.DONE, S.STOPPED}),
    S.DONE: frozenset({S.FETCHING, S.FORGOTTEN}),
    # to fetching: some outputs were made after all
    S.FAILED: frozenset({S.FETCHING, S.FORGOTTEN}),
    # to running: the answer came late, and named the task
    S.NEEDS_REVIEW: frozenset({S.RUNNING, S.FORGOTTEN}),
    S.STOPPED: frozenset({S.RUNNING, S.FORGOTTEN}),
    S.FORGOTTEN: frozenset(),
}

UNSENT = frozenset({S.QUEUED, S.UPLOADING, S.VERIFYING})
UNDER_WAY = frozenset({S.UPLOADING, S.VERIFYING, S.SENDING})
"""An exchange with the service runs; each has a deadline, named in the message `wait.<state>`."""
FOLLOWED = frozenset({S.RUNNING, S.TIMED_OUT, S.FETCHING})
"""At the service or being downloaded; a run must follow these."""
FAULT = "event.fault"
"""The service reported a fault of its own and a smaller order follows: `at_risk` points of the one
before may have been charged."""
ENDED = frozenset({S.DONE, S.FAILED, S.NEEDS_REVIEW, S.STOPPED, S.FORGOTTEN})
OPEN = frozenset(S) - ENDED
WITHOUT_RESULT = ENDED - {S.DONE}
"""Jobs that wait for the result of such a job are blocked."""
SPENT = frozenset({S.SENDING, S.RUNNING, S.TIMED_OUT, S.FETCHING})
"""Charged, without a result yet."""


def is_done(job: Job) -> bool:
    """Tell whether it has a result. A job removed from the list stays done."""
    return job.state is S.DONE or (job.state is S.FORGOTTEN and bool(job.medias))


def is_held(job: Job) -> bool:
    """Tell whether it is sent only after the user's approval."""
    return job.needs_approval and job.state in UNSENT


def waits_as_agents(job: Job) -> bool:
    """Tell whether an agent ordered it and it needs approval: only the job's own releases it."""
    return is_held(job) and job.order.client != ""


def waits_as_users(job: Job) -> bool:
    """Tell whether the user ordered it and it needs approval, perhaps with others at once."""
    return is_held(job) and job.order.client == ""


class ImpossibleTransition(RuntimeError):
    """A transition that is not in the table: a programming error."""


class NotOwner(ImpossibleTransition):
    """Another run follows the job now, so our knowledge of it is outdated."""


def check(before: State, after: State) -> None:
    """Raise `ImpossibleTransition` unless a job in `before` may become `after`."""
    if after not in TRANSITIONS[before]:
        raise ImpossibleTransition(f"{before} -> {after}")
