"""Intent of a text: what it asks for, with the words that gave each part.

All frozen: a screen may keep the last one and compare. Spans are (start, end) in the text as it
was typed.
"""

from __future__ import annotations

import re

from ima_tui.catalogue.choice import ModelTier, Reason
from ima_tui.core.domain import (
    Medium,
    ModelVersion,
    TaskType,
    Value,
)
from ima_tui.core.records import dataclass
from ima_tui.intent.kinds import Confidence, IntentQuestion, PreferenceAction, RequestKind
from ima_tui.intent.scan import Scan

Span = tuple[int, int]
LYRICS, TITLE = "lyrics", "title"
"""Parameters of a song that are quoted from the prompt."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that gave one part: `media`, `task_type`, `model`, `tier`, `preference`,
    `unsupported`, `images_role` or `params.NAME`."""

    part: str
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in its canonical form: duration 10, aspect_ratio 16:9, audio True."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class PreferencePhrase:
    """A request about the preferred model; without `model_id` it only clears."""

    action: PreferenceAction
    model_id: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A requirement that nobody here can meet: `code` says why, `possible` what can be had instead,
    `models` who can (model ids), `param` what was asked for."""

    code: str
    asked: str
    possible: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    param: Parameter | None = None


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A model that the text names for something that it does not make: `span` is where,
    `medium` what it makes."""

    model_id: str
    medium: Medium
    span: Span


@dataclass(frozen=True, slots=True)
class Refusal:
    """A parameter that the chosen model doesn't have, or not with that value."""

    name: str
    asked: Value
    possible: tuple[Value, ...] = ()
    both: bool = False
    """It has the value, but not beside `possible[0]`, which was asked for, too."""


@dataclass(frozen=True, slots=True)
class Roles:
    """What each input is for: places in `Intent.inputs`."""

    source: tuple[int, ...] = ()
    first_frame: int | None = None
    last_frame: int | None = None
    reference: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        told = (self.source, self.reference, self.first_frame, self.last_frame)
        return any(part not in ((), None) for part in told)


@dataclass(frozen=True, slots=True)
class IntentStep:
    """One job of a workflow. `uses` is the step (by place) whose result it is made of."""

    task_type: TaskType
    model_id: str = ""
    params: tuple[Parameter, ...] = ()
    uses: int | None = None


@dataclass(frozen=True, slots=True)
class IntentAlternative:
    """Another way to read a part: `part` as in Evidence, `value` its JSON value."""

    part: str
    value: str


@dataclass(frozen=True, slots=True)
class Command:
    """Words that are no description: `parts` (as in Evidence) is what they set."""

    span: Span
    parts: tuple[str, ...]
    instead: str = ""
    """What goes out in its place: the path of an input becomes "this image"."""


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """What else the text may mean. A workflow has no single task type."""

    kind: RequestKind
    task_type: TaskType | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """What one text asks for.

    `model_id` is the model that the text names or its tier resolves to, never a default; `version`
    the version that a word picked; `model` the live one that all of it leads to, when a
    catalogue was given; `bound` the parameters in that model's own names and values; `refused` what
    it can't do. `absent` are names of models that are not to be had here.
    """

    kind: RequestKind
    medium: Medium | None = None
    task_type: TaskType | None = None
    question: IntentQuestion | None = None
    confidence: Confidence = Confidence.SURE
    runner_up: RunnerUp | None = None
    guessed: bool = False
    """The text only mentions what the rules chose; nothing in it asks for it."""
    explicit: bool = False
    """A verb, a marker or the head of the text asks for what the rules chose."""
    asked: bool = False
    """A verb or a marker does."""
    brief: bool = False
    """A long text, or one whose middle mentions what nobody asks for."""
    wonders: bool = False
    """It is worded as a question."""
    bare: bool = False
    """A few words that name a subject and nothing else ("a cute cat"), or words that leave the
    medium open."""
    vague: bool = False
    """Nothing says what is to become of the inputs."""
    steps: tuple[IntentStep, ...] = ()
    model_id: str = ""
    version: str = ""
    picks: bool = False
    """The words choose the model outright (用X, "use X"): more than a mention of it."""
    tier: ModelTier | None = None
    params: tuple[Parameter, ...] = ()
    inapplicable: tuple[Parameter, ...] = ()
    """Settings that the medium does not have: the length of a picture."""
    preference: PreferencePhrase | None = None
    limits: tuple[Limit, ...] = ()
    roles: Roles = Roles()
    inputs: tuple[str, ...] = ()
    spoken: Span | None = None
    """The words to be spoken, where the text tells them apart from the request."""
    description: str = ""
    """Of music: the text without lyrics and title."""
    style: str = ""
    """Of music: what the description says about the music, without the request."""
    commands: tuple[Command, ...] = ()
    """What does not go out inside the prompt, once it is met."""
    evidence: tuple[Evidence, ...] = ()
    alternatives: tuple[IntentAlternative, ...] = ()
    absent: tuple[str, ...] = ()
    misplaced: tuple[Misplaced, ...] = ()
    model: ModelVersion | None = None
    reason: Reason | None = None
    """Why `model_id` is meant; where there is a live model, why that one serves."""
    bound: tuple[tuple[str, Value], ...] = ()
    refused: tuple[Refusal, ...] = ()

    @property
    def requirements(self) -> tuple[Parameter, ...]:
        """Every parameter that was asked for, those that nobody offers and those that the medium
        does not have too."""
        limits = (limit.param for limit in self.limits)
        offered = (param for param in limits if param is not None)
        return (*self.params, *offered, *self.inapplicable)

    def param(self, name: str) -> Value | None:
        """The value of that canonical parameter, None if the text gives none."""
        return next((param.value for param in self.params if param.name == name), None)

    def spans(self, part: str) -> tuple[Span, ...]:
        """Where the text says that part; a parameter also where nobody offers its value."""
        found = tuple(each.span for each in self.evidence if each.part == part)
        if found or not part.startswith("params."):
            return found
        limits = zip(self.spans("unsupported"), self.limits, strict=False)
        name = part.removeprefix("params.")
        return tuple(span for span, limit in limits if limit.param and limit.param.name == name)


@dataclass(frozen=True, slots=True)
class FoundParameter:
    """A parameter with its place in the folded text."""

    name: str
    value: Value
    start: int
    end: int


TURNED_DOWN = re.compile(
    r"(?:不用|不要|别用|别要|不是|\bnot|\bno|\bwithout|\binstead of|\brather than)\s*(?:an?\s+)?$"
)
"""不用16:9, "not instrumental": what stands behind is not wanted."""


def written(scan: Scan, first: int, last: int) -> str:
    """The person's own words, folded in width and case only: an intent is the same in capitals."""
    import unicodedata

    start, end = scan.plain.span(first, last)
    return unicodedata.normalize("NFKC", scan.plain.original[start:end]).casefold().strip(" :,、")


_BREAKS = ",.;:!?，。；：、\n"
_LEADS = re.compile(
    r"(?:\b(?:in|at|as|an?|make it|about|for)|用|要|时长|长度|duration|length|约|比例)\s*$"
)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Nothing stands beside it in its clause but a word that leads to it."""
    before = text[max(0, start - 24) : start]
    before = _LEADS.sub("", before).rstrip(" ")
    behind = text[end : end + 2].lstrip(" ")
    return (not before or before[-1] in _BREAKS) and (not behind or behind[0] in _BREAKS)
