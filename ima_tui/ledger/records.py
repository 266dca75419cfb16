"""Conversion between ledger rows and domain types, and the state machine of jobs.

A job is *sending* from the moment before the request leaves until its answer is on disk. A job
found *sending* after a crash may have been charged, so it then needs review (stored value
`unknown`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from ima_tui.core.domain import Estimate, Failure, Job, Media, Order, State, TaskType
from ima_tui.core.errors import ImaError
from ima_tui.core.labels import UNMARKED, Mark
from ima_tui.core.text import encodable


class LedgerError(ImaError):
    """The ledger can't be opened, read or written, or the requested job does not exist."""


class JobRow(Protocol):
    """A row by column name."""

    def __getitem__(self, name: str, /) -> Any: ...


def job_of(row: JobRow) -> Job:
    """Return the job that a row describes."""
    medias = tuple(
        Media(**{**media, "path": located(media.get("path", ""))})
        for media in json.loads(row["medias_json"])
    )
    failure = Failure(**json.loads(row["failure_json"])) if row["failure_json"] else None
    return Job(
        id=row["id"],
        order=load_order(row["order_json"], row["project"], row["client"]),
        state=State(row["state"]),
        needs_approval=bool(row["held"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        task_id=row["task_id"],
        sent_at=row["sent_at"],
        ended_at=row["ended_at"],
        deadline=row["deadline"],
        medias=medias,
        failure=failure,
        waiting=row["waiting"],
        waiting_values=json.loads(row["waiting_json"]),
        revision=row["revision"],
        queue_position=row["place"],
        marks=load_marks(row["marks_json"]),
    )


def located(path: str) -> str:
    """Return the absolute path of a result.

    Version 0.1.0 stored some as typed: they are searched in the working directory and at home, and
    stay as they are if not found.
    """
    if not path or path.startswith("/"):
        return path
    with suppress(OSError, ValueError, RuntimeError):
        for base in (Path.cwd(), Path.home()):
            if (base / path).is_file():
                return str(base / path)
    return path


def dump(value: object) -> str:
    """Dump readable JSON; surrogates stay escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if encodable(text) == text else json.dumps(value)


def dump_order(order: Order) -> str:
    """Dump an order as JSON, without its project and client, which have columns of their own."""
    facts = asdict(order)
    del facts["project"], facts["client"]
    return dump(facts)


@lru_cache(maxsize=4096)
def load_order(text: str, project: str = "", client: str = "") -> Order:
    """Parse an order; cached, because lease renewals read all open jobs again and again."""
    raw = json.loads(text)
    raw["task_type"] = TaskType(raw["task_type"])
    raw["parameters"] = tuple((name, value) for name, value in raw["parameters"])
    raw["inputs"] = tuple(raw["inputs"])
    raw["estimate"] = Estimate(**raw["estimate"]) if raw["estimate"] else None
    return Order(**raw, project=project, client=client)


def load_marks(text: str) -> dict[int, Mark]:
    """Parse the marks of a job's results."""
    found = json.loads(text) if text else {}
    return {int(index): Mark(each["star"], tuple(each["tags"])) for index, each in found.items()}


def dump_marks(marks: Mapping[int, Mark]) -> str:
    """Dump marks as JSON, the empty ones left out; "" for none."""
    real = {index: asdict(mark) for index, mark in sorted(marks.items()) if mark != UNMARKED}
    return dump(real) if real else ""


def dump_failure(failure: Failure) -> str:
    """Dump a failure as JSON; "" for an empty one."""
    return dump(asdict(failure)) if failure.kind else ""


def dump_medias(medias: tuple[Media, ...]) -> str:
    """Dump results as JSON."""
    return dump([asdict(media) for media in medias])


def running_row(
    job: Job, now: float, task_id: str, deadline: float | None, session: str
) -> dict[str, Any]:
    """Build a row for a job at the service without reading the ledger.

    Columns left out keep their value.
    """
    order = job.order
    return {
        "id": job.id,
        "state": State.RUNNING.value,
        "task_type": order.task_type.value,
        "model_id": order.model_id,
        "order_json": dump_order(order),
        "points": order.total,
        "project": order.project,
        "client": order.client,
        "task_id": task_id,
        "session": session,
        "turn": 1,
        "created_at": job.created_at,
        "updated_at": now,
        "sent_at": job.sent_at or now,
        "deadline": deadline,
        "failure_json": "",
        "revision": job.revision + 1,
    }


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
