"""The `finish` of a workflow file, version 2.

"finish": [{"do": "crop", "steps": [1], "ratio": "7:3"},
{"do": "join", "steps": [2, 3, 4], "seconds": 300, "crossfade": 3}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ima_tui.film.timeline import MOST_SECONDS
from ima_tui.intent.limits import CROSSFADE
from ima_tui.workflow.document import DocumentReader, at_key
from ima_tui.workflow.finishing import Crop, Finish, Join, ratio_of, ratio_text

KEY = "finish"
_MOST = 40
_KEYS = {"crop": {"do", "steps", "ratio"}, "join": {"do", "steps", "seconds", "crossfade"}}


def to_json(finish: Sequence[Finish]) -> list[dict[str, object]]:
    """Return it as JSON, in the format above."""
    return [
        {"do": "crop", "steps": list(each.steps), "ratio": ratio_text(each.ratio)}
        if isinstance(each, Crop)
        else {
            "do": "join",
            "steps": list(each.steps),
            "seconds": each.seconds,
            "crossfade": each.crossfade,
        }
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
