"""Outcome of a task: which partial results are kept, how many are missing and why. Pure.

An order of several outputs is paid for as a whole, so ready ones are kept even where others failed.
Such a job is done, with the failure `error.partial`.

The service's failure texts (two languages) are classified to message keys. The causes are those of
the founding document's error tables; other texts get the general message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from ima_tui.core.domain import Failure, Job, Media, Medium, Order, State, TaskType
from ima_tui.core.errors import ImaError, Refused

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
    cause = cause_of(reason, order.task_type) if broken else LATE
    values: dict[str, str | int | float] = {
        "ready": count,
        "n": order.n,
        "points": order.total,
        "cause": cause if cause != GENERAL else "",
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


GENERAL = "error.generation_failed"

REFUSED_BY_WORDS = frozenset({"error.moderated"})
"""Texts that prove the order itself was refused, whatever the code: nothing was accepted."""
_ACCOUNT = frozenset({401, 429, 4008, 4014})
"""Codes about the account; their texts explain nothing about the order."""

_SUBJECT = r"(?:prompt|content|text|words?|image|picture|photo|input|material|request)"
_VERDICT = (
    r"(?:blocked|rejected|flagged|banned|forbidden|filtered|disallowed|not (?:allowed|permitted))"
)
_MODERATED = "|".join(
    (
        r"(?<!limit )(?<!retry )(?<!quota )(?<!cache )polic(?:y|ies)",
        r"moderat(?:ion|ed|or)",
        r"(?<!case )(?<!case-)(?<!time-)sensitiv",
        r"nsfw|prohibited|inappropriate|unsafe|offensive|porn|nudity|sexual|violence|hate speech",
        r"(?<!constraint )violat(?!\w* (?:of )?(?:a |the )?(?:\w+ )?(?:constraint|schema|rate))",
        r"(?:restricted|illegal|harmful|risky|banned|forbidden|disallowed) (?:words?|content|text)",
        rf"{_SUBJECT} (?:(?:was|is|were|are|has been|have been|contents?) )?{_VERDICT}",
        rf"{_VERDICT} (?:words?|content|prompt|by (?:the |our )?(?:content|safety|security))",
        r"(?:content|safety|security|risk) (?:filter|review|check|audit|control|system|guideline)",
        r"community (?:guideline|standard)|safety guideline",
        "敏感|违规|违禁|违法|审核(?!中)|不合规|色情|涉黄|暴力|涉政|风控|内容安全|安全审查|不良信息",
        "禁用词|屏蔽词|不适宜|不当内容|不雅|含有禁止|不被允许的内容|内容政策",
    )
)

_CAUSES: tuple[tuple[str, str], ...] = (
    (_MODERATED, "error.moderated"),
    (r"lyric|歌词", "error.lyrics"),
    (r"time.?d?.?out|deadline|超时", "error.timed_out"),
    (r"rate.?limit|too many (request|task)|too frequent|\b429\b|频繁", "error.limited"),
    (
        r"(insufficient|not enough).{0,12}(point|credit|balance)|余额不足|积分不足",
        "error.too_few_points",
    ),
    (
        r"unavailab|not available|offline|maintenance|overload|capacity|\b503\b"
        r"|下线|不可用|维护|繁忙",
        "error.model_away",
    ),
    (r"\bfaces?\b|real.?person|人脸|真人", "error.faces"),
)
_LENGTH = r"too (long|short)|length|exceed|字数|过长|过短|长度"
"""Tried last: a deadline or a rate can be exceeded, too."""


def cause_of(reason: str, task_type: TaskType) -> str:
    """Return the message key for `reason` (cleaned)."""
    text = reason.casefold()
    for pattern, key in _CAUSES:
        if re.search(pattern, text):
            return key
    if re.search(_LENGTH, text):
        return {
            Medium.SPEECH: "error.speech_length",
            Medium.MUSIC: "error.music_length",
        }.get(task_type.medium, "error.prompt_length")
    return GENERAL


def of_refusal(error: Refused, task_type: TaskType) -> str:
    """Return the message key of a refused create.

    The text decides where it blames the order or the code is unspecific, else the code.
    """
    if error.code in _ACCOUNT:
        return error.key
    found = cause_of(error.message, task_type)
    if found in REFUSED_BY_WORDS:
        return found
    return error.key if found == GENERAL or error.code in Refused.KEYS else found
