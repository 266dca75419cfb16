"""Rules for partial results: which are kept, how many are missing and why. Pure.

An order of several outputs is paid for as a whole, so ready ones are kept even where others failed.
Such a job is done, with the failure `error.partial`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from ima_tui.api import failure_reasons
from ima_tui.core.domain import Failure, Job, Media, Order, State
from ima_tui.core.errors import ImaError

MOST_KEPT = 8
"""Maximum results kept; some models make two for one, none makes hundreds."""
PARTIAL = "error.partial"
LATE = "error.partial_late"
"""Reason for outputs that were still being worked on at the deadline."""
NONE = Failure("")


def kept(order: Order, medias: Sequence[Media]) -> tuple[Media, ...]:
    """Return the results to keep of the ready `medias`, without duplicates and excess."""
    if len(medias) <= order.n:
        return tuple(medias)
    unique = {media.url: media for media in medias}
    return tuple(unique.values())[: max(order.n, MOST_KEPT)]


def shortfall(order: Order, count: int, reason: str, broken: int) -> Failure:
    """Return the failure of an order with `count` results; empty when none is missing.

    `reason` is the service's own, `broken` the number of outputs that it called failed.
    """
    if count >= order.n:
        return NONE
    cause = failure_reasons.cause(reason, order.task_type) if broken else LATE
    values: dict[str, str | int | float] = {
        "ready": count,
        "n": order.n,
        "points": order.total,
        "cause": cause if cause != failure_reasons.GENERAL else "",
    }
    return Failure(PARTIAL, reason, values)


def is_partial(job: Job) -> bool:
    """Tell whether some ordered outputs are missing."""
    return job.failure is not None and job.failure.kind == PARTIAL


def missing(job: Job) -> int:
    """Return how many ordered outputs of a finished job were never made."""
    ended = job.state in (State.DONE, State.FETCHING) and bool(job.medias)
    return max(0, job.order.n - len(job.medias)) if ended else 0


def surplus(job: Job) -> int:
    """Return how many more results are kept than were ordered."""
    return max(0, len(job.medias) - job.order.n)


def unfetched(job: Job) -> bool:
    """Tell whether a result of this finished job is not stored here."""
    return job.state is State.DONE and any(not media.path for media in job.medias)


def renewed(before: Sequence[Media], fresh: Sequence[Media]) -> tuple[Media, ...]:
    """Return `before` with current links, new results appended.

    Links are matched by their path without the signature, else by order.
    """
    rest = list(fresh)
    result: list[Media | None] = []
    for media in before:
        same = next((each for each in rest if _path(each.url) == _path(media.url)), None)
        if same is not None:
            rest.remove(same)
        result.append(replace(same, path=media.path) if same else None)
    for place, media in enumerate(before):
        if result[place] is None:
            result[place] = replace(rest.pop(0), path=media.path) if rest else media
    return (*(each for each in result if each is not None), *rest)


def _path(url: str) -> str:
    try:
        return urlsplit(url)._replace(query="", fragment="").geturl()
    except ValueError:
        return url


def problem_of(job: Job) -> ImaError | None:
    """Return a recorded failure as an error, with the job's number among its values."""
    if job.failure is None or not job.failure.kind:
        return None
    kind = job.failure.kind
    if kind == "error.link_expired" and job.updated_at < job.links_expire_at:
        kind = "error.not_fetched"  # version 0.1.0 used this key for every refusal
    return ImaError(kind, **{"id": job.id, **job.failure.values})
