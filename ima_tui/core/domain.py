"""Domain types: task types, models, drafts, orders, jobs, results.

A `ModelVersion` is offered by the service, a `Draft` is being composed, an `Order` is a draft that
was priced and frozen, a `Job` is a recorded order with a history. All are immutable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from ima_tui.core.labels import UNMARKED, Mark
from ima_tui.core.records import dataclass

Value = str | int | float | bool
"""A parameter's value, in the JSON type that the service gave it."""

Json = Mapping[str, object]


class Medium(StrEnum):
    """What a job makes."""

    IMAGE = "image"
    VIDEO = "video"
    MUSIC = "music"
    SPEECH = "speech"


class TaskType(StrEnum):
    """The eight task types of the service."""

    TEXT_TO_IMAGE = "text_to_image"
    IMAGE_TO_IMAGE = "image_to_image"
    TEXT_TO_VIDEO = "text_to_video"
    IMAGE_TO_VIDEO = "image_to_video"
    FIRST_LAST_FRAME = "first_last_frame_to_video"
    REFERENCE_TO_VIDEO = "reference_image_to_video"
    TEXT_TO_MUSIC = "text_to_music"
    TEXT_TO_SPEECH = "text_to_speech"

    @property
    def medium(self) -> Medium:
        """The medium of the results, which the name ends with."""
        return _MEDIA[self]

    @property
    def inputs(self) -> tuple[int, int | None]:
        """How many inputs it takes: minimum and maximum (None: up to the model)."""
        if self is TaskType.FIRST_LAST_FRAME:
            return 2, 2
        return (0, 0) if self.value.startswith("text") else (1, None)

    @property
    def takes_inputs(self) -> bool:
        """Whether it takes inputs at all."""
        return self.inputs[0] > 0


_MEDIA = {each: Medium(each.value.rpartition("_")[2]) for each in TaskType}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Usual duration of a job, in seconds."""

    low: float
    high: float

    def progress(self, elapsed: float) -> int:
        """Return the percentage to show; at most 95 until the service reports the end."""
        return max(0, min(95, int(elapsed / self.high * 100))) if self.high > 0 else 0


@dataclass(frozen=True, slots=True)
class PriceRule:
    """A price for certain parameter values.

    `points` are per output. No attributes: one price for everything.
    """

    attribute_id: int
    points: int
    attributes: tuple[tuple[str, Value], ...] = ()
    original: int | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One allowed value of a field."""

    label: str
    value: Value
    excludes: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    """Values of other fields that can't be combined with this option."""
    about: str = ""
    """What the list says of it, such as a sample of a voice."""


@dataclass(frozen=True, slots=True)
class MappingRule:
    """Maps values of virtual fields to the value that is sent."""

    source: tuple[tuple[str, Value], ...]
    target: Value


@dataclass(frozen=True, slots=True)
class VirtualFields:
    """What the user sets (`fields`) and the parameter that is sent for it (`target`)."""

    target: str
    fields: tuple[Field, ...]
    rules: tuple[MappingRule, ...]


class FieldKind(StrEnum):
    """How a field is entered."""

    CHOICE = "choice"
    TOGGLE = "toggle"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a model's form.

    `minimum` and `maximum` count characters for text, else they are numbers; where there are
    options, only the options apply. `offered` is False where the service withdraws the field for
    this task type: its default still counts for the price, but it can't be set.
    """

    name: str
    label: str
    kind: FieldKind
    description: str = ""
    default: Value | None = None
    options: tuple[Option, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    advanced: bool = False
    offered: bool = True
    virtual: VirtualFields | None = None


PICTURES = ("image/png", "image/jpeg", "image/webp")
"""What a model accepts as inputs where its list does not say."""


@dataclass(frozen=True, slots=True)
class Accepts:
    """Accepted input files of one kind. None and an empty `types` mean that the list does not say.

    `types` are concrete MIME types, each with one spelling: `image/jpeg` (not `jpg`), `image/png`,
    `video/mp4`, `video/quicktime`, `audio/mpeg` (not `mp3`), `audio/wav`, `audio/mp4` (m4a).
    `largest` is in bytes, `longest` in seconds: limits of each single file.
    """

    types: tuple[str, ...]
    at_least: int | None = None
    at_most: int | None = None
    largest: int | None = None
    longest: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ModelVersion:
    """One model version for one task type: a leaf of the service's product tree.

    Compared by identity: in Python 5, 5.0 and True are equal, on the wire they are not.
    """

    task_type: TaskType
    model_id: str
    version: str
    name: str
    rules: tuple[PriceRule, ...]
    fields: tuple[Field, ...] = ()
    description: str = ""
    group: str = ""
    features: tuple[str, ...] = ()
    estimate: Estimate | None = None
    """From the list's EET tag; None where it has none."""
    accepts: tuple[Accepts, ...] = ()

    @property
    def points(self) -> tuple[int, int]:
        """The lowest and the highest price, in points per output."""
        prices = [rule.points for rule in self.rules]
        return (min(prices), max(prices)) if prices else (0, 0)

    @property
    def input_types(self) -> tuple[str, ...]:
        """The MIME types accepted as inputs (spelled as in `Accepts`)."""
        if not self.task_type.takes_inputs:
            return ()
        return tuple(dict.fromkeys(t for one in self.accepts for t in one.types)) or PICTURES

    def accepting(self, mime: str) -> Accepts | None:
        """Return the limits for inputs of type `mime`; None where that type is not accepted."""
        if mime not in self.input_types:
            return None
        return next((one for one in self.accepts if mime in (one.types or PICTURES)), Accepts(()))


@dataclass(frozen=True, slots=True)
class Draft:
    """A job that is being composed.

    `inputs` are paths, https URLs or results (`job:41#1`), in order.
    """

    task_type: TaskType
    model_id: str
    version: str
    prompt: str = ""
    chosen: tuple[tuple[str, Value], ...] = ()
    inputs: tuple[str, ...] = ()
    n: int = 1
    project: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A value that the price rule replaces; shown to the user before anything is sent."""

    name: str
    asked: Value | None
    becomes: Value


UNKNOWN_RULE = -1
"""Price rule of an order that the ledger lost and something else still tells of."""


@dataclass(frozen=True, slots=True)
class Order:
    """A draft, priced and frozen.

    `parameters` are exactly those sent beside prompt, n and cast. `points` are per output, `total`
    is what will be charged.
    """

    task_type: TaskType
    model_id: str
    version: str
    model_name: str
    prompt: str
    n: int
    parameters: tuple[tuple[str, Value], ...]
    attribute_id: int
    points: int
    inputs: tuple[str, ...] = ()
    estimate: Estimate | None = None
    confirmed: int = 0
    """The points that the user agreed to; nothing more expensive is sent without asking again."""
    project: str = ""
    """What it is filed under and whose limits hold; "" for none."""
    client: str = ""
    """The agent that ordered it; "" for the user."""

    @property
    def total(self) -> int:
        """Points that will be charged."""
        return self.points * self.n

    @property
    def prompt_is_lost(self) -> bool:
        """Whether only a trace without the prompt is left of it, so that it can't be repeated."""
        return self.attribute_id == UNKNOWN_RULE and not self.prompt


_RESULT = re.compile(r"job:([0-9]{1,15})#([0-9]{1,4})")
LINK_SECONDS = 7 * 24 * 3600.0
"""How long links to results work after the job's end."""


def result_of(source: str) -> tuple[int, int] | None:
    """Return job id and result number (from 1) of an input such as `job:41#1`, else None."""
    found = _RESULT.fullmatch(source)
    return (int(found[1]), int(found[2])) if found else None


class State(StrEnum):
    """States of a job; `ledger.records` holds the transitions.

    Values are stored in the ledger.
    """

    QUEUED = "queued"
    UPLOADING = "uploading"
    VERIFYING = "verifying"
    SENDING = "sending"
    RUNNING = "running"
    FETCHING = "fetching"
    DONE = "done"
    FAILED = "failed"
    NEEDS_REVIEW = "unknown"
    TIMED_OUT = "parked"
    STOPPED = "stopped"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Media:
    """One result. `path` is the local file once downloaded; `duration` is the service's text."""

    url: str
    cover: str = ""
    format: str = ""
    width: int | None = None
    height: int | None = None
    duration: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a job's timeline: a message key with its values.

    `at`: seconds since the epoch.
    """

    at: float
    state: State
    key: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed: a message key (`kind`) with values, and the service's cleaned reason.

    An empty `kind` clears an earlier failure.
    """

    kind: str
    reason: str = ""
    values: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A recorded order with its history. Times are seconds since the epoch."""

    id: int
    order: Order
    state: State
    created_at: float
    updated_at: float
    needs_approval: bool = False
    """Not sent until the user approves: its run ended unexpectedly, or a limit applies."""
    task_id: str = ""
    sent_at: float | None = None
    ended_at: float | None = None
    deadline: float | None = None
    medias: tuple[Media, ...] = ()
    failure: Failure | None = None
    waiting: str = ""
    """Message key of the reason why it is not sent yet; "" once it is sent."""
    waiting_values: Mapping[str, str | int | float] = field(default_factory=dict)
    revision: int = 0
    """Grows with every change of any job; of two snapshots of a job, the higher one is newer."""
    queue_position: int | None = None
    """Position set by the user among unsent jobs; None: its id decides."""
    marks: Mapping[int, Mark] = field(default_factory=dict)
    """The marked results, by number (from 1)."""

    @property
    def is_starred(self) -> bool:
        """Whether any of its results has a star."""
        return any(mark.star for mark in self.marks.values())

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of all its results."""
        return tuple(dict.fromkeys(tag for mark in self.marks.values() for tag in mark.tags))

    @property
    def queue_key(self) -> int:
        """Sort key among unsent jobs; lower ones are sent first."""
        return self.id if self.queue_position is None else self.queue_position

    def elapsed(self, now: float) -> float:
        """Return the seconds from acceptance by the service until `now` or the end."""
        if self.sent_at is None:
            return 0.0
        return max(0.0, (self.ended_at if self.ended_at is not None else now) - self.sent_at)

    @property
    def links_expire_at(self) -> float:
        """When the links to its results expire, in seconds since the epoch."""
        return (self.ended_at or self.updated_at) + LINK_SECONDS


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job's outcome as known outside the ledger. `sent_at`: seconds since the epoch."""

    state: State
    task_id: str
    medias: tuple[Media, ...] = ()
    sent_at: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a finished job, reduced to what a list of thousands needs.

    `index` counts from 1, as in `job:41#1`; `at` is when the job ended; `prompt` is its beginning.
    """

    job: int
    index: int
    at: float
    task_type: TaskType
    model: str
    prompt: str
    path: str = ""
    length: str = ""
    fetching: bool = False
    """Its file is being downloaded."""
    project: str = ""
    mark: Mark = UNMARKED


PROMPT_BEGINNING = 400
"""Characters of the prompt kept in a `Result`."""


def results_of(job: Job) -> tuple[Result, ...]:
    """Return every result of `job`; none before the service is done."""
    if job.state not in (State.DONE, State.FETCHING):
        return ()
    order, fetching = job.order, job.state is State.FETCHING
    of = (order.task_type, order.model_name, order.prompt[:PROMPT_BEGINNING])
    at = job.ended_at if job.ended_at is not None else job.updated_at
    return tuple(
        Result(job.id, index, at, *of, media.path, media.duration, fetching, order.project, mark)
        for index, media in enumerate(job.medias, 1)
        for mark in (job.marks.get(index, UNMARKED),)
    )
