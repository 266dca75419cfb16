"""Alternative models, from the founding document's fallback table and the live list.

An alternative is in the list now, accepts the same inputs, and is priced from the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ima_tui.catalogue import choice, order, price
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass

ANY = "*"
_STILL = {
    "doubao-seedream-4.5": ("gemini-3.1-flash-image", "gemini-3-pro-image"),
    "gemini-3.1-flash-image": ("doubao-seedream-4.5", "gemini-3-pro-image"),
    "gemini-3-pro-image": ("doubao-seedream-4.5", "gemini-3.1-flash-image"),
    ANY: ("doubao-seedream-4.5", "gemini-3.1-flash-image"),
}
_GUIDED = {
    "kling-video-o1": ("kling-v2-6", "veo-3.1-generate-preview"),
    ANY: ("kling-video-o1", "veo-3.1-generate-preview"),
}
FALLBACKS: Mapping[TaskType, Mapping[str, tuple[str, ...]]] = {
    TaskType.TEXT_TO_IMAGE: _STILL,
    TaskType.IMAGE_TO_IMAGE: _STILL,
    TaskType.TEXT_TO_VIDEO: {
        "kling-video-o1": ("wan2.6-t2v", "viduq2"),
        "veo-3.1-generate-preview": ("kling-video-o1", "sora-2-pro"),
        ANY: ("wan2.6-t2v", "MiniMax-Hailuo-02"),
    },
    TaskType.IMAGE_TO_VIDEO: {
        "wan2.6-i2v": ("kling-video-o1", "MiniMax-Hailuo-02"),
        ANY: ("wan2.6-i2v", "viduq2-pro"),
    },
    TaskType.FIRST_LAST_FRAME: _GUIDED,
    TaskType.REFERENCE_TO_VIDEO: _GUIDED,
    TaskType.TEXT_TO_MUSIC: {
        "sonic": ("GenBGM", "GenSong"),
        "GenBGM": ("GenSong", "sonic"),
        "GenSong": ("GenBGM", "sonic"),
        ANY: ("sonic", "GenBGM"),
    },
    TaskType.TEXT_TO_SPEECH: {},
}


MOST = 2


@dataclass(frozen=True, slots=True)
class Alternative:
    """A model that could do the same, and the price of one output with its defaults, in points."""

    model: ModelVersion
    points: int


def alternatives(
    models: Sequence[ModelVersion],
    task_type: TaskType,
    model_id: str,
    inputs: int = 0,
    *,
    below: int | None = None,
    most: int | None = MOST,
) -> tuple[Alternative, ...]:
    """Return models to try instead of `model_id`, for as many `inputs`, the likeliest first.

    `below`: only models that cost fewer points. `most`: so many; None: all.
    """
    found: list[Alternative] = []
    for model in _candidates(models, task_type, model_id):
        if model.model_id == model_id or any(one.model.model_id == model.model_id for one in found):
            continue
        usual = price.quote_or_none(model, {})
        if usual is None or not _takes(model, inputs):
            continue
        if below is None or usual.rule.points < below:
            found.append(Alternative(model, usual.rule.points))
    return tuple(found[:most])


def _candidates(
    models: Sequence[ModelVersion], task_type: TaskType, model_id: str
) -> Iterator[ModelVersion]:
    """Yield the table's models that are live; without any, the rest of the list."""
    table = FALLBACKS[task_type]
    for wanted in table.get(model_id, table.get(ANY, ())):
        kin = [model for model in models if model.model_id == wanted]
        if kin:
            yield choice.newest(kin)
    for model in models:
        yield choice.newest([one for one in models if one.model_id == model.model_id])


def _takes(model: ModelVersion, inputs: int) -> bool:
    try:
        order.check_inputs(model, ("",) * inputs)
    except UsageError:
        return False
    return True


def cheaper(
    models: Sequence[ModelVersion], task_type: TaskType, points: int, inputs: int = 0
) -> Alternative | None:
    """Return the budget or default model if one output costs less than `points`."""
    for tier in (choice.ModelTier.BUDGET, choice.ModelTier.DEFAULT):
        model = choice.tier_model(models, task_type, tier)
        usual = price.quote_or_none(model, {}) if model is not None else None
        if model and usual and usual.rule.points < points and _takes(model, inputs):
            return Alternative(model, usual.rule.points)
    return None
