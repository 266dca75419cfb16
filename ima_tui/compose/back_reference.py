"""Prompts that speak of the last result: "make a video from it", 把它做成视频. Pure.

The parser of prompts knows nothing of jobs. Where a prompt points back and no input is given, the
newest image is its input, as if it were named, and it is read once more with that. What is made
of which image is told before anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ima_tui.core.domain import Job, Medium, State, TaskType
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.intent.kinds import Confidence, IntentQuestion

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent

SHOWN = 40
"""Characters of the result's prompt that are shown."""
_ASKS_FOR_INPUT = frozenset({IntentQuestion.MISSING_INPUT, IntentQuestion.MEDIA_TYPE})
_OVER = frozenset({State.FAILED, State.STOPPED, State.FORGOTTEN})

# "this" and "that" only where no noun follows: "this cat" is a cat.
_IMAGE = r"(?:picture|image|photo|pic|result|drawing|shot|one)"
_POINTER = (
    rf"(?:it|(?:this|that)(?:\s+{_IMAGE})?"
    rf"|(?:the|my|our)\s+(?:last|latest|previous|newest|new)\s+{_IMAGE}(?:\s+above)?"
    rf"|the\s+{_IMAGE}\s+(?:above|(?:i|you|we)\s+just\s+made))"
)
_IT = _POINTER + (
    r"(?=\s*(?:$|[,.;:!?\n，。；：！？])|\s+(?:with|in|into|to|at|and|for|where|but|as|by|using|a|the"
    r"|\d+|on|so|move|come)\b)"
)
_BEFORE = (
    r"^\W*(?:(?:please|now|then|ok|okay|and|so|great|nice|can|could|would|you|i|i['’]d|like|want"
    r"|need|to|have|let['’]s|make|create|generate|do|give|show|me|us|an?|another|one|the|short"
    r"|long|quick|slow|little|new|\d+(?:\.\d+)?(?:\s?-?(?:s|secs?|seconds?))?)[\s,]+)*"
)
_FILM = r"(?:video|clip|animation|film|movie|gif|loop|version|variation|variant)s?"
_VERBS = (
    r"(?:make|turn|give|change|animate|paint|colou?r|crop|redo|edit|use|convert|transform|bring)"
)
_ENGLISH_OF_IT = re.compile(rf"{_BEFORE}{_FILM}\s+(?:of|from|out\s+of|based\s+on)\s+{_IT}", re.I)
_ENGLISH_VERB = re.compile(
    rf"{_BEFORE}{_VERBS}\s+(?:it\b(?!\s+(?:rain|snow)\b|['’])|{_IT})"
    r"|^\W*(?:and\s+|now\s+)*the\s+same(?:\s+" + _IMAGE + r")?\s+(?:but|at|in|with|on|as)\b",
    re.I,
)
_ENGLISH_ANYWHERE = re.compile(rf"\b{_IT}", re.I)

_PICTURE = r"(?:图片?(?![书案纸标层腾表形])|照片|画(?![家面])|作品|结果)"
_THAT_ONE = (
    rf"(?:它(?!们)|[这那]?刚[才刚](?:的?[那这][张幅个]|生成的|做的|的)?{_PICTURE}|刚[才刚]的?[那这]?[张幅]"
    rf"|[这那此][张幅个]?{_PICTURE}|[这那][张幅](?=$|[，。,.做变改转生动])|这个(?=$|[，。,.做变改转生动])"
    rf"|上一?[张幅个](?:{_PICTURE})?|最[新后](?:那|的|一)*[张幅]?{_PICTURE})"
)
_OPENS = r"^\W*(?:请|麻烦|帮我|给我|现在|然后|接着|再|那|就|你|我想|我要|想|要)*"
_CHINESE_OPENS = re.compile(
    rf"{_OPENS}(?:把|将|用|拿|以|让|给|使|由|根据|基于|对){_THAT_ONE}"
    rf"|{_OPENS}{_THAT_ONE}(?:做成|变成|改成|转成|转为|动起来|换成)"
)
_CHINESE_OF_IT = re.compile(
    rf"{_OPENS}(?:来|做|生成|制作|拍)?(?:一|\d+)?[个段条支]?(?:\d+\s*秒的?)?{_THAT_ONE}"
    r"的?(?:\d+\s*秒的?)?(?:视频|短片|动画|动图)"
)
_CHINESE_ANYWHERE = re.compile(_THAT_ONE)


@dataclass(frozen=True, slots=True)
class LastResult:
    """An image that a prompt may speak of: its job, that job's prompt, and its file or link."""

    job: int
    prompt: str
    source: str

    @property
    def words(self) -> dict[str, str | int]:
        """The values of a sentence that names it."""
        return {"n": self.job, "prompt": one_line(self.prompt, SHOWN)}


def last_result(jobs: Sequence[Job]) -> LastResult | None:
    """Return the image of the newest job that makes images and was not given up; None while that
    one is under way: an older image would not be what "it" means."""
    newest = max((job for job in jobs if _makes_image(job)), key=lambda job: job.id, default=None)
    if newest is None or newest.state is not State.DONE or not newest.medias:
        return None
    media = newest.medias[0]
    source = media.path or media.url
    return LastResult(newest.id, newest.order.prompt, source) if source else None


def _makes_image(job: Job) -> bool:
    return job.order.task_type.medium is Medium.IMAGE and job.state not in _OVER


def points_back(text: str, question: IntentQuestion | None) -> bool:
    """Return whether `text` speaks of something that it does not name. `question`: what its
    intent leaves open. The more that is, the less has to be said."""
    if _ENGLISH_OF_IT.search(text) or _CHINESE_OF_IT.search(text) or _CHINESE_OPENS.search(text):
        return True
    if _ENGLISH_VERB.search(text):
        return True
    asks = question is IntentQuestion.MISSING_INPUT
    return asks and bool(_ENGLISH_ANYWHERE.search(text) or _CHINESE_ANYWHERE.search(text))


def read_with(
    decide: Callable[[Sequence[str]], Intent | None],
    text: str,
    intent: Intent,
    last: LastResult | None,
    settled: TaskType | None,
) -> Intent:
    """Return the intent of `text` with `last` as its input, where it points back; else `intent`.
    `decide` reads it with inputs."""
    if last is None or intent.inputs or intent.steps:
        return intent
    if settled is not None and not settled.takes_inputs:
        return intent
    if intent.question not in (None, *_ASKS_FOR_INPUT) or not points_back(text, intent.question):
        return intent
    fed = decide((last.source,))
    if fed is None or fed.steps or fed.task_type is None or not fed.task_type.takes_inputs:
        return intent
    return replace(fed, confidence=Confidence.SURE, runner_up=None)
