"""Why a generation failed, read off the service's own words: which sentence a person needs.

The service gives its reasons as free text in two languages. What is looked for here are the
causes of the founding document's error tables; what none of them fits stays the general sentence.
"""

from __future__ import annotations

import re

from ima_tui.domain import Medium, TaskType

GENERAL = "error.generation_failed"

_CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"polic|moderat|sensitiv|nsfw|prohibit|violat|inappropriate|unsafe|敏感|违规|审核|不合规",
        "error.moderated",
    ),
    (r"lyric|歌词", "error.lyrics"),
    (
        r"unavailab|not available|offline|maintenance|overload|503|下线|不可用|维护",
        "error.model_away",
    ),
    (r"time.?d?.?out|deadline|超时", "error.timed_out"),
    (r"insufficient|points|credit|余额|积分不足", "error.too_few_points"),
    (r"rate.?limit|too many|频繁", "error.limited"),
    (r"face|real.?person|人脸|真人", "error.faces"),
)
_LENGTH = re.compile(r"too (long|short)|length|exceed|字数|过长|过短|长度")


def cause(reason: str, task_type: TaskType) -> str:
    """The message key for `reason` (cleaned)."""
    text = reason.casefold()
    if _LENGTH.search(text):
        return {
            Medium.SPEECH: "error.speech_length",
            Medium.MUSIC: "error.music_length",
        }.get(task_type.medium, "error.prompt_length")
    for pattern, key in _CAUSES:
        if re.search(pattern, text):
            return key
    return GENERAL
