"""Why a generation failed, read off the service's own words: which sentence a person needs.

The service gives its reasons as free text in two languages. What is looked for here are the
causes of the founding document's error tables; what none of them fits stays the general sentence.
"""

from __future__ import annotations

import re

from ima_tui.domain import Medium, TaskType
from ima_tui.errors import Refused

GENERAL = "error.generation_failed"

_CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"polic|moderat|sensitiv|nsfw|prohibit|violat|inappropriate|unsafe|敏感|违规|审核|不合规",
        "error.moderated",
    ),
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
_LENGTH = re.compile(r"too (long|short)|length|exceed|字数|过长|过短|长度")
"""Looked for last: a deadline or a rate can be exceeded, too."""


def cause(reason: str, task_type: TaskType) -> str:
    """The message key for `reason` (cleaned)."""
    text = reason.casefold()
    for pattern, key in _CAUSES:
        if re.search(pattern, text):
            return key
    if _LENGTH.search(text):
        return {
            Medium.SPEECH: "error.speech_length",
            Medium.MUSIC: "error.music_length",
        }.get(task_type.medium, "error.prompt_length")
    return GENERAL


def of_refusal(error: Refused, task_type: TaskType) -> str:
    """The message key of a refusal: by its code, or by its words where the code says nothing."""
    if error.code in Refused.KEYS:
        return error.key
    found = cause(error.message, task_type)
    return error.key if found == GENERAL else found
