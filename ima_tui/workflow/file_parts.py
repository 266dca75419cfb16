"""Parts of a workflow file, version 2: the film and the finish; `DocumentReader` for their values.

Every error names the place. The film:

"shots": [{"id": 1, "title": …, "source": "step:5#1", "takes": [], "trim": [0, 4], "hold": 0,
"transition": "cut", "transition_s": 0.5, "own_sound": 0}],
"tracks": [{"role": "music", "source": "step:8#1", "start": 0, "volume": 0.4, "fade_in": 0.5,
"fade_out": 2, "duck": true, "loop": true, "text": ""}],
"assemble": {"size": [0, 0], "fps": 0, "loudness": -14, "title": "", "subtitles": "none",
"burned": false, "master": 1, "ratio": "7:3"}

The finish:

"finish": [{"do": "crop", "steps": [1], "ratio": "7:3"},
{"do": "join", "steps": [2, 3, 4], "seconds": 300, "crossfade": 3}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from ima_tui.core.errors import UsageError
from ima_tui.core.text import clean, encodable, one_line
from ima_tui.film.timeline import (
    LARGEST,
    MOST_FPS,
    MOST_SECONDS,
    MOST_SHOTS,
    MOST_TRACKS,
    Role,
    Track,
)
from ima_tui.intent.limits import CROSSFADE
from ima_tui.workflow import finishing
from ima_tui.workflow.film_plan import FilmPlan, PlannedShot
from ima_tui.workflow.finishing import Crop, Finish, Join, ratio_of, ratio_text


class DocumentReader:
    """Reader of one document; `name` is its name in errors."""

    def __init__(self, name: str) -> None:
        self.name = name

    def known(self, raw: Mapping[str, object], known: set[str], at: str) -> None:
        """Raise `UsageError` for a key that is not known."""
        foreign = next((name for name in raw if name not in known), None)
        if foreign is not None:
            where = at_key(at, one_line(foreign, 60))
            raise UsageError("error.plan_unknown", path=self.name, where=where)

    def need(self, raw: Mapping[str, object], name: str, at: str) -> object:
        """Return a value that must be there."""
        if raw.get(name) is None:
            raise UsageError("error.plan_missing", path=self.name, where=at_key(at, name))
        return raw[name]

    def text(
        self, raw: Mapping[str, object], name: str, at: str, limit: int, missing: str | None = None
    ) -> str:
        """Return a text; `missing` where there is none."""
        if missing is not None and raw.get(name) is None:
            return missing
        value = self.need(raw, name, at)
        if not isinstance(value, str):
            raise self.error("error.plan_shape_text", at_key(at, name))
        return self.checked(value, at_key(at, name), limit).strip()

    def checked(self, value: str, where: str, limit: int) -> str:
        """Return a text cleaned, within its limit."""
        if len(value) > limit:
            raise self.error("error.plan_shape_short", where)
        return encodable(clean(value))

    def number(
        self,
        raw: Mapping[str, object],
        name: str,
        at: str,
        low: int,
        high: int,
        missing: int | None = None,
    ) -> int:
        """Return a whole number between two bounds."""
        if missing is not None and raw.get(name) is None:
            return missing
        value = self.need(raw, name, at)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            where = at_key(at, name)
            raise UsageError("error.plan_number", path=self.name, where=where, low=low, high=high)
        return value

    def amount(
        self,
        raw: Mapping[str, object],
        name: str,
        at: str,
        low: float,
        high: float,
        missing: float | None = None,
    ) -> float:
        """Return a number, whole or not, between two bounds."""
        value = raw.get(name, missing)
        if isinstance(value, bool) or not isinstance(value, int | float) or not is_exact(value):
            raise self.error("error.plan_shape_value", at_key(at, name))
        if not low <= value <= high:
            raise self.error("error.plan_shape_value", at_key(at, name))
        return float(value)

    def rows(
        self, raw: Mapping[str, object], name: str, most: int
    ) -> Iterator[tuple[Mapping[str, object], str]]:
        """Yield the objects of a list, each with its place; nothing where it is missing."""
        found = raw.get(name) or []
        if not isinstance(found, list):
            raise self.error("error.plan_shape_list", name)
        if len(found) > most:
            raise self.error("error.plan_shape_short", name)
        for place, each in enumerate(found):
            if not isinstance(each, dict):
                raise self.error("error.plan_shape_object", f"{name}[{place}]")
            yield each, f"{name}[{place}]"

    def error(self, key: str, where: str) -> UsageError:
        """Return the error about a place."""
        return UsageError(key, path=self.name, where=where)


def at_key(at: str, name: str) -> str:
    """Return the place of a key."""
    return f"{at}.{name}" if at else name


def is_exact(value: float) -> bool:
    """Tell whether a number survives JSON unchanged."""
    return abs(value) <= 2**53  # false for nan and infinity


KEYS = {"shots", "tracks", "assemble", "film"}
"""The last one is output of `workflow run --json`."""
_SHOT_KEYS = {
    *("id", "title", "source", "takes", "trim", "hold", "transition", "transition_s", "own_sound"),
}
_TRACK_KEYS = {
    *("role", "source", "start", "volume", "fade_in", "fade_out", "duck", "loop", "text"),
}
_SETTING_KEYS = {"size", "fps", "loudness", "title", "subtitles", "burned", "master", "ratio"}
_NONE, _TRACK = "none", "track"


def film_to_json(plan: FilmPlan) -> dict[str, object]:
    """Return the film as JSON, in the format above."""
    shots = [
        asdict(shot) | {"takes": list(shot.takes), "trim": list(shot.trim)} for shot in plan.shots
    ]
    return {
        "shots": shots,
        "tracks": [_track_to_json(track) for track in plan.tracks],
        "assemble": {
            "size": list(plan.size),
            "fps": plan.fps,
            "loudness": plan.loudness,
            "title": plan.title,
            "subtitles": _TRACK if plan.subtitles else _NONE,
            **({"burned": True} if plan.burned else {}),
            **({"ratio": finishing.ratio_text(plan.ratio)} if plan.ratio != (0, 0) else {}),
            "master": plan.master,
        },
    }


def _track_to_json(track: Track) -> dict[str, object]:
    raw = asdict(track)
    return {"role": raw.pop("role").value, "source": raw.pop("file"), **raw}


class FilmReader(DocumentReader):
    """Reads the film of a document; every error names the place."""

    def film(self, raw: Mapping[str, object]) -> FilmPlan | None:
        """Return the film, None where the document has none. Raises `UsageError`."""
        if raw.get("shots") is None:
            return None
        settings = raw.get("assemble") or {}
        if not isinstance(settings, dict):
            raise self.error("error.plan_shape_object", "assemble")
        self.known(settings, _SETTING_KEYS, "assemble")
        width, height = self._pair(settings, "size", "assemble", LARGEST)
        subtitles = self._one_of(settings, "subtitles", "assemble", (_NONE, _TRACK))
        return FilmPlan(
            tuple(self._shot(each, at) for each, at in self.rows(raw, "shots", MOST_SHOTS)),
            tuple(self._track(each, at) for each, at in self.rows(raw, "tracks", MOST_TRACKS)),
            (int(width), int(height)),
            self.number(settings, "fps", "assemble", 0, MOST_FPS, missing=0),
            self.amount(settings, "loudness", "assemble", -40.0, 0.0, -14.0),
            self.text(settings, "title", "assemble", 200, missing=""),
            subtitles == _TRACK,
            self.number(settings, "master", "assemble", 0, 9_999, missing=0),
            self._flag(settings, "burned", "assemble"),
            self._ratio(settings),
        )

    def _ratio(self, raw: Mapping[str, object]) -> tuple[int, int]:
        written = self.text(raw, "ratio", "assemble", 20, missing="")
        found = finishing.ratio_of(written)
        if written and found is None:
            raise self.error("error.plan_shape_text", "assemble.ratio")
        return found or (0, 0)

    def _shot(self, raw: Mapping[str, object], at: str) -> PlannedShot:
        self.known(raw, _SHOT_KEYS, at)
        begins, ends = self._pair(raw, "trim", at, MOST_SECONDS)
        takes = raw.get("takes") or []
        if not isinstance(takes, list) or not all(isinstance(each, str) for each in takes):
            raise self.error("error.plan_shape_list", at_key(at, "takes"))
        return PlannedShot(
            self.number(raw, "id", at, 1, 9_999),
            self.text(raw, "title", at, 200, missing=""),
            self.text(raw, "source", at, 4096),
            tuple(self.checked(each, at_key(at, "takes"), 4096) for each in takes[:MOST_SHOTS]),
            (begins, ends),
            self.amount(raw, "hold", at, 0.0, 10.0, 0.0),
            self._one_of(raw, "transition", at, ("cut", "fade")),
            self.amount(raw, "transition_s", at, 0.0, 10.0, 0.5),
            self.amount(raw, "own_sound", at, 0.0, 2.0, 0.0),
        )

    def _track(self, raw: Mapping[str, object], at: str) -> Track:
        self.known(raw, _TRACK_KEYS, at)
        return Track(
            Role(self._one_of(raw, "role", at, tuple(role.value for role in Role))),
            self.text(raw, "source", at, 4096),
            self.amount(raw, "start", at, 0.0, MOST_SECONDS, 0.0),
            self.amount(raw, "volume", at, 0.0, 2.0, 1.0),
            self.amount(raw, "fade_in", at, 0.0, 60.0, 0.0),
            self.amount(raw, "fade_out", at, 0.0, 60.0, 0.0),
            self._flag(raw, "duck", at),
            self._flag(raw, "loop", at),
            self.text(raw, "text", at, 10_000, missing=""),
        )

    # ------------------------------------------------------------------------------- values

    def _one_of(self, raw: Mapping[str, object], name: str, at: str, known: tuple[str, ...]) -> str:
        written = self.text(raw, name, at, 40, missing=known[0])
        if written not in known:
            raise self.error("error.plan_shape_text", at_key(at, name))
        return written

    def _flag(self, raw: Mapping[str, object], name: str, at: str) -> bool:
        value = raw.get(name, False)
        if not isinstance(value, bool):
            raise self.error("error.plan_shape_value", at_key(at, name))
        return value

    def _pair(
        self, raw: Mapping[str, object], name: str, at: str, high: float
    ) -> tuple[float, float]:
        value = raw.get(name) or [0, 0]
        if not isinstance(value, list) or len(value) != 2:
            raise self.error("error.plan_shape_pair", at_key(at, name))
        pair = {str(place): each for place, each in enumerate(value)}
        first, second = (self.amount(pair, key, at_key(at, name), 0.0, high, 0.0) for key in pair)
        return first, second


KEY = "finish"
_MOST = 40
_KEYS = {"crop": {"do", "steps", "ratio"}, "join": {"do", "steps", "seconds", "crossfade"}}


def finish_to_json(finish: Sequence[Finish]) -> list[dict[str, object]]:
    """Return it as JSON, in the format above."""
    return [
        {"do": "crop", "steps": list(each.steps), "ratio": ratio_text(each.ratio)}
        if isinstance(each, Crop)
        else {"do": "join", **asdict(each), "steps": list(each.steps)}
        for each in finish
    ]


class FinishReader(DocumentReader):
    """Reads it from a document; every error names the place."""

    def finish(self, raw: Mapping[str, object]) -> Iterator[Finish]:
        """Yield what is to be made at the end. Raises `UsageError`."""
        for each, at in self.rows(raw, KEY, _MOST):
            kind = self.text(each, "do", at, 10)
            if kind not in _KEYS:
                raise self.error("error.plan_shape_text", at_key(at, "do"))
            self.known(each, _KEYS[kind], at)
            steps = self._steps(each, at)
            yield self._crop(each, at, steps) if kind == "crop" else self._join(each, at, steps)

    def _steps(self, raw: Mapping[str, object], at: str) -> tuple[int, ...]:
        found, where = raw.get("steps"), at_key(at, "steps")
        if not isinstance(found, list) or not 0 < len(found) <= _MOST:
            raise self.error("error.plan_shape_list", where)
        return tuple(self.number({"steps": each}, "steps", at, 1, 9_999) for each in found)

    def _crop(self, raw: Mapping[str, object], at: str, steps: tuple[int, ...]) -> Crop:
        ratio = ratio_of(self.text(raw, "ratio", at, 20))
        if ratio is None:
            raise self.error("error.plan_shape_text", at_key(at, "ratio"))
        return Crop(steps, ratio)

    def _join(self, raw: Mapping[str, object], at: str, steps: tuple[int, ...]) -> Join:
        seconds = self.amount(raw, "seconds", at, 1.0, MOST_SECONDS)
        crossfade = self.amount(raw, "crossfade", at, 0.0, 30.0, CROSSFADE)
        return Join(steps, seconds, crossfade)
