"""Reading of a workflow file's objects: strict types, bounded sizes, cleaned texts.

`file` has the format. Every error names the place; the first one ends the reading.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from ima_tui.catalogue import order
from ima_tui.catalogue.order import LONGEST_PROMPT
from ima_tui.compose.confirmation import Unmet, Why
from ima_tui.core.domain import Estimate, Medium, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.labels import shortened
from ima_tui.core.text import clean, encodable, one_line
from ima_tui.film import timeline
from ima_tui.film.timeline import MOST_SECONDS, MOST_SHOTS, MOST_TRACKS, Role, Track
from ima_tui.intent.limits import CROSSFADE
from ima_tui.workflow.film_plan import FilmPlan, PlannedShot
from ima_tui.workflow.finishing import Crop, Finish, Join, ratio_of
from ima_tui.workflow.steps import Workflow, WorkflowStep

KEYS = {
    *("ima_tui_plan", "id", "wish", "steps", "total_credit", "hash", "confirmed", "unmet"),
    *("project", "notes", "problems", "warnings", "schema", "error"),  # of `plan --json`, too
}
KEYS_OF_2 = KEYS | {"shots", "tracks", "assemble", "finish", "film", "files"}  # `run --json`
STEP_KEYS = {
    *("id", "title", "task_type", "model_id", "model_version", "model_name", "prompt"),
    *("parameters", "n", "inputs", "after", "credit", "estimated_s", "take"),
}
_UNMET_KEYS = {"step", "name", "asked", "sent", "why", "model", "model_id", "medium", "wanted"}
_SHOT_KEYS = {
    *("id", "title", "source", "takes", "trim", "hold", "transition", "transition_s", "own_sound"),
}
_TRACK_KEYS = {
    *("role", "source", "start", "volume", "fade_in", "fade_out", "duck", "loop", "text"),
}
_FILM_KEYS = {"size", "fps", "loudness", "title", "subtitles", "burned", "master", "ratio"}
_CROP_KEYS, _JOIN_KEYS = {"do", "steps", "ratio"}, {"do", "steps", "seconds", "crossfade"}
_LARGEST_ID = 9_999
_MOST = 1_000_000_000
_MOST_ENDS = _MOST_INPUTS = 40
_MOST_OUTPUTS = _MOST_PARAMETERS = 100
_MOST_TAKES = 99
_EXACT = 2**53
"""JSON keeps numbers up to here."""


class Part:
    """An object of the document, at the place `at`. Null is the same as no key.

    Methods with a `name` return the value of that key. They raise `UsageError` for a wrong one, and
    for a missing one unless `missing` stands for it.
    """

    def __init__(self, document: str, raw: Any, at: str = "") -> None:
        self.document, self.at, self.raw = document, at, raw
        if not isinstance(raw, dict):
            raise self.error("error.plan_shape_object")

    def only(self, known: Collection[str]) -> Part:
        """Refuse other keys than these."""
        unknown = next((name for name in self.raw if name not in known), None)
        if unknown is not None:
            raise self.error("error.plan_unknown", one_line(unknown, 60))
        return self

    def error(self, key: str, name: str = "", **values: str | float) -> UsageError:
        """Return the error about a key, or about the object."""
        where = f"{self.at}.{name}" if self.at and name else self.at or name
        return UsageError(key, path=self.document, where=where, **values)

    def get(self, name: str, missing: Any = None) -> Any:
        """Return a value of any type."""
        value = missing if self.raw.get(name) is None else self.raw[name]
        if value is None:
            raise self.error("error.plan_missing", name)
        return value

    def text(self, name: str, most: int = 200, missing: str | None = None) -> str:
        """Return a text."""
        return self.cleaned(self.get(name, missing), name, most).strip()

    def cleaned(self, value: Any, name: str, most: int) -> str:
        """Return a value that must be a text, without what a terminal would act on."""
        if not isinstance(value, str):
            raise self.error("error.plan_shape_text", name)
        if len(value) > most:
            raise self.error("error.plan_shape_short", name)
        return encodable(clean(value))

    def word(self, name: str, known: Collection[str], missing: str | None = None) -> str:
        """Return one of the known texts."""
        written = self.text(name, missing=missing)
        if written not in known:
            raise self.error("error.plan_shape_text", name)
        return written

    def ratio(self, name: str) -> tuple[int, int]:
        """Return proportions."""
        found = ratio_of(self.text(name, 20))
        if found is None:
            raise self.error("error.plan_shape_text", name)
        return found

    def whole(self, name: str, low: int, high: int, missing: int | None = None) -> int:
        """Return a whole number between two bounds, or `missing`, which may be another."""
        if missing is not None and self.raw.get(name) is None:
            return missing
        return self.integer(self.get(name), name, low, high)

    def integer(self, value: Any, name: str, low: int, high: int) -> int:
        """Return a value that must be a whole number between two bounds."""
        if type(value) is not int or not low <= value <= high:
            raise self.error("error.plan_number", name, low=low, high=high)
        return value

    def amount(self, name: str, low: float, high: float, missing: float | None = None) -> float:
        """Return a number between two bounds."""
        return self.number(self.get(name, missing), name, low, high)

    def number(self, value: Any, name: str, low: float, high: float) -> float:
        """Return a value that must be a number between two bounds."""
        if type(value) not in (int, float) or not low <= value <= high:
            raise self.error("error.plan_shape_value", name)
        return float(value)

    def pair(self, name: str, high: float) -> tuple[float, float]:
        """Return two numbers, zeros by default."""
        value = self.get(name, [0, 0])
        if not isinstance(value, list) or len(value) != 2:
            raise self.error("error.plan_shape_pair", name)
        first, second = (self.number(x, f"{name}[{i}]", 0, high) for i, x in enumerate(value))
        return first, second

    def flag(self, name: str) -> bool:
        """Return true or false, which is the default."""
        value = self.get(name, missing=False)
        if not isinstance(value, bool):
            raise self.error("error.plan_shape_value", name)
        return value

    def rows(self, name: str, most: int = _MOST) -> list[Any]:
        """Return a list, empty by default."""
        found = self.get(name, [])
        if not isinstance(found, list):
            raise self.error("error.plan_shape_list", name)
        if len(found) > most:
            raise self.error("error.plan_shape_short", name)
        return found

    def sources(self, name: str, most: int) -> tuple[str, ...]:
        """Return a list of texts that are not blank."""
        found = []
        for i, each in enumerate(self.rows(name, most)):
            found.append(self.cleaned(each, f"{name}[{i}]", 4096).strip())
            if not found[i]:
                raise self.error("error.plan_shape_text", f"{name}[{i}]")
        return tuple(found)

    def parts(self, name: str, known: Collection[str], most: int = _MOST) -> Iterator[Part]:
        """Yield the objects of a list."""
        for i, each in enumerate(self.rows(name, most)):
            yield Part(self.document, each, f"{name}[{i}]").only(known)


# --------------------------------------------------------------------------------- workflow


def workflow(document: Part) -> Workflow:
    """Return the workflow of a document, not checked yet. Raises `UsageError`."""
    workflow_id = document.text("id", 64)
    if not re.fullmatch("[0-9a-f]{8,64}", workflow_id):
        raise document.error("error.plan_shape_id", "id")
    document.get("steps")  # needed, if only to be told that it is empty
    return Workflow(
        id=workflow_id,
        prompt=document.text("wish", LONGEST_PROMPT, ""),
        steps=tuple(map(_step, document.parts("steps", STEP_KEYS))),
        confirmed=document.text("confirmed", 64, ""),
        unmet=tuple(map(_unmet, document.parts("unmet", _UNMET_KEYS))),
        film=_film(document) if document.raw.get("shots") is not None else None,
        finish=tuple(map(_end, document.parts("finish", _CROP_KEYS | _JOIN_KEYS, _MOST_ENDS))),
        project=shortened(document.text("project", missing="")),
    )


def _step(raw: Part) -> WorkflowStep:
    kind, model_id = raw.text("task_type", 60), raw.text("model_id")
    if kind not in list(TaskType):
        raise raw.error("error.plan_task_type", value=kind)
    chosen = _parameters(Part(raw.document, raw.get("parameters", {}), f"{raw.at}.parameters"))
    return WorkflowStep(
        id=raw.whole("id", 1, _LARGEST_ID),
        title=one_line(raw.text("title", missing="")),
        task_type=TaskType(kind),
        model_id=model_id,
        version=raw.text("model_version"),
        model_name=raw.text("model_name", missing=model_id),
        prompt=raw.text("prompt", LONGEST_PROMPT),
        chosen=tuple(pair for pair in chosen if not order.is_count(pair[0])),
        n=_count(raw, [value for name, value in chosen if order.is_count(name)]),
        inputs=raw.sources("inputs", _MOST_INPUTS),
        after=raw.whole("after", 1, _LARGEST_ID, 0),
        points=raw.whole("credit", 0, _MOST, 0),
        estimate=_estimate(raw),
        take=raw.whole("take", 1, _MOST_TAKES, 1),
    )


def _parameters(raw: Part) -> list[tuple[str, Value]]:
    if len(raw.raw) > _MOST_PARAMETERS:
        raise raw.error("error.plan_shape_short")
    found: list[tuple[str, Value]] = []
    for name, value in raw.raw.items():
        at = one_line(name, 60)
        if isinstance(value, str):
            value = raw.cleaned(value, at, LONGEST_PROMPT)
        elif not isinstance(value, bool):
            raw.number(value, at, -_EXACT, _EXACT)
        found.append((raw.cleaned(name, at, 80), value))
    return found


def _count(raw: Part, among_parameters: list[Value]) -> int:
    own = raw.whole("n", 1, _MOST_OUTPUTS, 0)
    told = [own, *among_parameters] if own else among_parameters
    if len(told) > 1:
        raise raw.error("error.plan_count_twice", "n")
    try:
        found = order.count_of(told[0]) if told else 1
    except UsageError:
        found = 0
    return raw.integer(found, "n", 1, _MOST_OUTPUTS)


def _estimate(raw: Part) -> Estimate | None:
    if raw.raw.get("estimated_s") is None:
        return None
    try:
        return Estimate(*raw.pair("estimated_s", _MOST))
    except UsageError as error:
        raise raw.error("error.plan_shape_pair", "estimated_s") from error


def _unmet(raw: Part) -> tuple[int, Unmet]:
    medium, wanted = (raw.word(name, ("", *Medium), "") for name in ("medium", "wanted"))
    return raw.whole("step", 1, _LARGEST_ID), Unmet(
        name=raw.text("name", missing=""),
        asked=raw.text("asked", missing=""),
        sent=raw.text("sent", missing=""),
        why=Why(raw.word("why", list(Why))),
        model=raw.text("model", missing=""),
        model_id=raw.text("model_id", missing=""),
        medium=Medium(medium) if medium else None,
        wanted=Medium(wanted) if wanted else None,
    )


# ------------------------------------------------------------------------------------- ends


def _film(document: Part) -> FilmPlan:
    raw = Part(document.document, document.get("assemble", {}), "assemble").only(_FILM_KEYS)
    width, height = raw.pair("size", timeline.LARGEST)
    return FilmPlan(
        shots=tuple(map(_shot, document.parts("shots", _SHOT_KEYS, MOST_SHOTS))),
        tracks=tuple(map(_track, document.parts("tracks", _TRACK_KEYS, MOST_TRACKS))),
        size=(int(width), int(height)),
        fps=raw.whole("fps", 0, timeline.MOST_FPS, 0),
        loudness=raw.amount("loudness", -40, 0, timeline.LOUDNESS),
        title=raw.text("title", missing=""),
        subtitles=raw.word("subtitles", ("none", "track"), "none") == "track",
        master=raw.whole("master", 0, _LARGEST_ID, 0),
        burned=raw.flag("burned"),
        ratio=raw.ratio("ratio") if raw.text("ratio", missing="") else (0, 0),
    )


def _shot(raw: Part) -> PlannedShot:
    return PlannedShot(
        id=raw.whole("id", 1, _LARGEST_ID),
        title=raw.text("title", missing=""),
        source=raw.text("source", 4096),
        takes=raw.sources("takes", MOST_SHOTS),
        trim=raw.pair("trim", MOST_SECONDS),
        hold=raw.amount("hold", 0, 10, 0),
        transition=raw.word("transition", ("cut", "fade"), "cut"),
        transition_s=raw.amount("transition_s", 0, 10, timeline.FADE),
        own_sound=raw.amount("own_sound", 0, 2, 0),
    )


def _track(raw: Part) -> Track:
    return Track(
        role=Role(raw.word("role", list(Role), Role.MUSIC)),
        file=raw.text("source", 4096),
        start=raw.amount("start", 0, MOST_SECONDS, 0),
        volume=raw.amount("volume", 0, 2, 1),
        fade_in=raw.amount("fade_in", 0, 60, 0),
        fade_out=raw.amount("fade_out", 0, 60, 0),
        duck=raw.flag("duck"),
        loop=raw.flag("loop"),
        text=raw.text("text", 10_000, ""),
    )


def _end(raw: Part) -> Finish:
    is_crop = raw.word("do", ("crop", "join")) == "crop"
    raw.only(_CROP_KEYS if is_crop else _JOIN_KEYS)
    steps = tuple(raw.integer(x, "steps", 1, _LARGEST_ID) for x in raw.rows("steps", _MOST_ENDS))
    if not steps:
        raise raw.error("error.plan_shape_list", "steps")
    if is_crop:
        return Crop(steps, raw.ratio("ratio"))
    seconds = raw.amount("seconds", 1, MOST_SECONDS)
    return Join(steps, seconds, raw.amount("crossfade", 0, 30, CROSSFADE))
