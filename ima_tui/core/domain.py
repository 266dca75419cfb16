"""The nouns: task types, leaves of the product tree, drafts, orders, jobs and results.

A `Leaf` is what the service offers, a `Draft` is what a person is still shaping, an `Order` is a
draft that was priced and will not change any more, a `Job` is an order with a history. All are
frozen: to change one is to make another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | int | float | bool
"""One parameter's value, in the JSON type that the service gave it."""

Json = Mapping[str, object]


class Medium(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    MUSIC = "music"
    SPEECH = "speech"


class TaskType(StrEnum):
    """The eight categories of the service, with the number of inputs each takes."""

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
        return _MEDIA[self]

    @property
    def inputs(self) -> tuple[int, int | None]:
        """How many inputs: at least, at most (None: as many as the model takes)."""
        return _INPUTS[self]

    @property
    def takes_inputs(self) -> bool:
        return self.inputs[0] > 0


_MEDIA = {
    TaskType.TEXT_TO_IMAGE: Medium.IMAGE,
    TaskType.IMAGE_TO_IMAGE: Medium.IMAGE,
    TaskType.TEXT_TO_VIDEO: Medium.VIDEO,
    TaskType.IMAGE_TO_VIDEO: Medium.VIDEO,
    TaskType.FIRST_LAST_FRAME: Medium.VIDEO,
    TaskType.REFERENCE_TO_VIDEO: Medium.VIDEO,
    TaskType.TEXT_TO_MUSIC: Medium.MUSIC,
    TaskType.TEXT_TO_SPEECH: Medium.SPEECH,
}
_INPUTS: dict[TaskType, tuple[int, int | None]] = {
    TaskType.TEXT_TO_IMAGE: (0, 0),
    TaskType.IMAGE_TO_IMAGE: (1, None),
    TaskType.TEXT_TO_VIDEO: (0, 0),
    TaskType.IMAGE_TO_VIDEO: (1, None),
    TaskType.FIRST_LAST_FRAME: (2, 2),
    TaskType.REFERENCE_TO_VIDEO: (1, None),
    TaskType.TEXT_TO_MUSIC: (0, 0),
    TaskType.TEXT_TO_SPEECH: (0, 0),
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long a job usually takes, in seconds."""

    low: float
    high: float

    def progress(self, elapsed: float) -> int:
        """Percent to show: never more than 95 before the service says that it is done."""
        return max(0, min(95, int(elapsed / self.high * 100))) if self.high > 0 else 0


# --------------------------------------------------------------------- what the service offers


@dataclass(frozen=True, slots=True)
class PriceRule:
    """`points` are per output. No attributes: one price for everything."""

    attribute_id: int
    points: int
    attributes: tuple[tuple[str, Value], ...] = ()
    original: int | None = None


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    value: Value
    excludes: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    """Other fields' values that can't be combined with this option."""


@dataclass(frozen=True, slots=True)
class MappingRule:
    source: tuple[tuple[str, Value], ...]
    target: Value


@dataclass(frozen=True, slots=True)
class VirtualFields:
    """What the person picks (`controls`), and what goes out for it (`target`)."""

    target: str
    fields: tuple[Field, ...]
    rules: tuple[MappingRule, ...]


class FieldKind(StrEnum):
    CHOICE = "choice"
    TOGGLE = "toggle"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a leaf's form.

    `minimum` and `maximum` are characters for text, numbers else; where there are options, the
    options alone are the truth. `offered` is False where the service takes the field back for
    this task type: its default still counts for the price, but nobody may set it.
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
"""What a model takes as inputs where its list does not say."""


@dataclass(frozen=True, slots=True)
class Accepts:
    """Files that a model takes as inputs. None, and no types: the list does not say.

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
    """One model version, for one task type: a leaf of the service's product tree.

    Two leaves are never equal: 5, 5.0 and True are in Python, and on the wire they are not.
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
    """From the list's own EET tag; None where the list has none."""
    accepts: tuple[Accepts, ...] = ()

    @property
    def points(self) -> tuple[int, int]:
        """The cheapest and the dearest price, in points."""
        prices = [rule.points for rule in self.rules]
        return (min(prices), max(prices)) if prices else (0, 0)

    @property
    def input_types(self) -> tuple[str, ...]:
        """The MIME types it takes as inputs (spelled as in `Accepts`); none where it takes none."""
        if not self.task_type.takes_inputs:
            return ()
        return tuple(dict.fromkeys(t for one in self.accepts for t in one.types)) or PICTURES

    def accepting(self, mime: str) -> Accepts | None:
        """The limits for inputs of type `mime`; None where it takes none of that type."""
        if mime not in self.input_types:
            return None
        return next((one for one in self.accepts if mime in (one.types or PICTURES)), Accepts(()))


# ------------------------------------------------------------------------- what a person wants


@dataclass(frozen=True, slots=True)
class Draft:
    """A wish that is still being shaped. `inputs` are paths or https URLs, in order."""

    task_type: TaskType
    model_id: str
    version: str
    prompt: str = ""
    chosen: tuple[tuple[str, Value], ...] = ()
    inputs: tuple[str, ...] = ()
    n: int = 1


@dataclass(frozen=True, slots=True)
class Change:
    """A value that the price rules replace: shown to the person before anything is sent."""

    name: str
    asked: Value | None
    becomes: Value


@dataclass(frozen=True, slots=True)
class Order:
    """A draft, priced and frozen. `parameters` are exactly what goes out beside prompt, n and cast.

    `points` are the rule's, per output; `total` is what will be charged.
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
    """The points that the person agreed to: nothing dearer is sent unasked."""

    @property
    def total(self) -> int:
        return self.points * self.n


_RESULT = re.compile(r"job:([0-9]{1,15})#([0-9]{1,4})")


LINK_SECONDS = 7 * 24 * 3600.0
"""Links to results expire so long after the end (wire.md)."""


def result_of(source: str) -> tuple[int, int] | None:
    """The job and the result (from 1) that an input such as `job:41#1` stands for."""
    found = _RESULT.fullmatch(source)
    return (int(found[1]), int(found[2])) if found else None


# -------------------------------------------------------------------------------- what happened


class State(StrEnum):
    """Where a job stands; `lifecycle` says which may follow which."""

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
    """One result. `path` is the file here, once it was downloaded; `duration` is in words."""

    url: str
    cover: str = ""
    format: str = ""
    width: int | None = None
    height: int | None = None
    duration: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a job's timeline: a message key of `messages` and the values for its words."""

    at: float
    state: State
    key: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job ended badly: a key of `messages` with the values for its words, and the
    service's own reason, cleaned. An empty `kind`: nothing is wrong (any more)."""

    kind: str
    reason: str = ""
    values: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """An order with a history. Times are seconds since the epoch."""

    id: int
    order: Order
    state: State
    created_at: float
    updated_at: float
    needs_approval: bool = False
    """Not sent before a person says so: the run that made it ended badly."""
    task_id: str = ""
    sent_at: float | None = None
    ended_at: float | None = None
    deadline: float | None = None
    medias: tuple[Media, ...] = ()
    failure: Failure | None = None
    waiting: str = ""
    """Why it is not sent yet: a key of `messages`; no state, and empty once it is on its way."""
    waiting_values: Mapping[str, str | int | float] = field(default_factory=dict)
    revision: int = 0
    """Grows with every change of any job: of two pictures of a job, the higher one is newer."""
    queue_position: int | None = None
    """Where a person put it in the line of unsent jobs; None: where its number puts it."""

    @property
    def queue_key(self) -> int:
        """Its place among the unsent jobs: the lower is sent sooner."""
        return self.id if self.queue_position is None else self.queue_position

    def elapsed(self, now: float) -> float:
        """Seconds since the service took it, or until it ended."""
        if self.sent_at is None:
            return 0.0
        return max(0.0, (self.ended_at if self.ended_at is not None else now) - self.sent_at)

    @property
    def links_expire_at(self) -> float:
        """When the links to what it made stop working, in seconds since the epoch."""
        return (self.ended_at or self.updated_at) + LINK_SECONDS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What something else than the ledger knows of a job: `sent_at` in seconds since the epoch."""

    state: State
    task_id: str
    medias: tuple[Media, ...] = ()
    sent_at: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One media of a finished job, as far as a list of many thousands needs it.

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
    """Its file is on its way."""


PROMPT_BEGINNING = 400
"""Characters of the prompt that a `Result` holds."""


def results_of(job: Job) -> tuple[Result, ...]:
    """Every media of `job`, if it has come to its end."""
    if job.state not in (State.DONE, State.FETCHING):
        return ()
    order = job.order
    at = job.ended_at if job.ended_at is not None else job.updated_at
    prompt = order.prompt[:PROMPT_BEGINNING]
    return tuple(
        Result(
            job.id,
            index,
            at,
            order.task_type,
            order.model_name,
            prompt,
            media.path,
            media.duration,
            job.state is State.FETCHING,
        )
        for index, media in enumerate(job.medias, 1)
    )
