"""Classifies the service's failure texts (two languages) to message keys.

The causes are those of the founding document's error tables; other texts get the general message.
"""

from __future__ import annotations

import re

from ima_tui.core.domain import Medium, TaskType
from ima_tui.core.errors import Refused

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


def cause(reason: str, task_type: TaskType) -> str:
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
    found = cause(error.message, task_type)
    if found in REFUSED_BY_WORDS:
        return found
    return error.key if found == GENERAL or error.code in Refused.KEYS else found
