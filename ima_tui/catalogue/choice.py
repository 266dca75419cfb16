"""Model lookup (by id, name, version), default models, and alternatives.

The tables of defaults, tiers and fallbacks hold facts of the founding document. A model that is
missing from the live list is never chosen. An alternative is in the list now, accepts the same
inputs, and is priced from the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from ima_tui.catalogue import names, order, price
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded, nearest, one_line


class ModelTier(StrEnum):
    """Price and quality tiers of the founding document."""

    DEFAULT = "default"
    BUDGET = "budget"
    PREMIUM = "premium"
    ARTISTIC = "artistic"


class Reason(StrEnum):
    """Why a model was chosen, by priority."""

    REQUEST = "request"
    TIER = "tier"
    PREFERENCE = "preference"
    RECOMMENDATION = "recommendation"
    DEFAULT = "default"
    FIRST = "first"


_IMAGE_TIERS = {
    ModelTier.DEFAULT: "doubao-seedream-4.5",
    ModelTier.BUDGET: "gemini-3.1-flash-image",
    ModelTier.PREMIUM: "gemini-3-pro-image",
    ModelTier.ARTISTIC: "midjourney",
}
TIERS: Mapping[TaskType, Mapping[ModelTier, str]] = {
    TaskType.TEXT_TO_IMAGE: _IMAGE_TIERS,
    TaskType.IMAGE_TO_IMAGE: _IMAGE_TIERS,
    TaskType.TEXT_TO_VIDEO: {
        ModelTier.DEFAULT: "wan2.6-t2v",
        ModelTier.BUDGET: "viduq2",
        ModelTier.PREMIUM: "MiniMax-Hailuo-2.3",
    },
    TaskType.IMAGE_TO_VIDEO: {ModelTier.DEFAULT: "wan2.6-i2v", ModelTier.PREMIUM: "kling-v2-6"},
    TaskType.FIRST_LAST_FRAME: {ModelTier.DEFAULT: "kling-video-o1"},
    TaskType.REFERENCE_TO_VIDEO: {ModelTier.DEFAULT: "kling-video-o1"},
    TaskType.TEXT_TO_MUSIC: {ModelTier.DEFAULT: "sonic", ModelTier.BUDGET: "GenBGM"},
    TaskType.TEXT_TO_SPEECH: {ModelTier.DEFAULT: "seed-tts-2.0"},
}


def exactly(models: Iterable[ModelVersion], model_id: str, version: str) -> ModelVersion | None:
    """Return the model of this id and version, None where it is gone."""
    wanted = (model_id, version)
    return next((model for model in models if (model.model_id, model.version) == wanted), None)


def search_terms(model_version: ModelVersion) -> str:
    """Return everything that users may type to find this model, normalised."""
    aliases = names.aliases().get(model_version.model_id, ())
    return folded(
        " ".join(
            (
                model_version.name,
                model_version.model_id,
                model_version.version,
                model_version.group,
                *aliases,
            )
        )
    )


def pick(models: Sequence[ModelVersion], model: str, version: str = "") -> ModelVersion:
    """Return the model with this id, display name or alias; of several the newest version.

    Raises `UsageError` naming the nearest models.
    """
    wanted = folded(model)
    found = [model_version for model_version in models if folded(model_version.model_id) == wanted]
    found = found or [
        model_version
        for model_version in models
        if wanted in (folded(model_version.name), folded(model_version.version))
    ]
    found = found or [
        model_version
        for model_version in models
        if wanted in map(folded, names.aliases().get(model_version.model_id, ()))
    ]
    if not found:
        known = list(
            dict.fromkeys(
                x for model_version in models for x in (model_version.model_id, model_version.name)
            )
        )
        near = nearest(model, known) or known[:6]
        raise UsageError("error.unknown_model", model=one_line(model, 60), known=", ".join(near))
    if not version:
        return newest(found)
    wanted = folded(version)
    pinned = [
        model_version
        for model_version in found
        if folded(model_version.version) == wanted or folded(model_version.name) == wanted
    ]
    if not pinned:
        known = [model_version.version for model_version in found]
        raise UsageError(
            "error.unknown_version", version=one_line(version, 60), known=", ".join(known)
        )
    return pinned[0]


def is_called(model_version: ModelVersion, name: str) -> bool:
    """Tell whether `name` is the model's name in the list, even if unknown to our tables."""
    return folded(name) in (folded(model_version.name), folded(model_version.model_id))


def newest(models: Iterable[ModelVersion]) -> ModelVersion:
    """Return the model with the highest version number in its name, else the first."""
    found = list(models)
    return max(found, key=_version_number) if len(found) > 1 else found[0]


def _version_number(model_version: ModelVersion) -> tuple[int, ...]:
    numbers = re.findall(r"\d+(?:\.\d+)*", model_version.name)
    return tuple(int(part) for part in numbers[-1].split(".")) if numbers else ()


def tier_model(
    models: Sequence[ModelVersion], task_type: TaskType, tier: ModelTier
) -> ModelVersion | None:
    """Return the table's model; if it is gone, its nearest live relative without a tier."""
    table = TIERS[task_type]
    model_id = table.get(tier)
    if model_id is None:
        return None
    found = [model_version for model_version in models if model_version.model_id == model_id]
    if not found:
        others = [
            model_version.model_id
            for model_version in models
            if model_version.model_id not in table.values()
        ]
        found = [
            model_version
            for model_version in models
            if model_version.model_id in nearest(model_id, others, 1)
        ]
    return newest(found) if found else None


def tiers_of(model_version: ModelVersion) -> tuple[ModelTier, ...]:
    """Return the tiers that this model has in its task type."""
    return tuple(
        tier
        for tier, model_id in TIERS[model_version.task_type].items()
        if model_id == model_version.model_id
    )


def serving(
    models: Sequence[ModelVersion], task_type: TaskType, preferred: str = "", recommended: str = ""
) -> tuple[ModelVersion, Reason] | None:
    """Return the model for a request that names none, and why.

    Priority: preferred, recommended, default of the table or a relative, first of the list.
    """
    for model_id, reason in (
        (preferred, Reason.PREFERENCE),
        (recommended, Reason.RECOMMENDATION),
    ):
        if model_id and (
            mine := [
                model_version for model_version in models if model_version.model_id == model_id
            ]
        ):
            return newest(mine), reason
    if (usual := tier_model(models, task_type, ModelTier.DEFAULT)) is not None:
        return usual, Reason.DEFAULT
    return (models[0], Reason.FIRST) if models else None


def default_model(
    models: Sequence[ModelVersion], task_type: TaskType, preferred: str = "", recommended: str = ""
) -> ModelVersion | None:
    """Return the model of `serving`."""
    found = serving(models, task_type, preferred, recommended)
    return found[0] if found is not None else None


def near_ids(models: Sequence[ModelVersion], model_id: str, count: int = 3) -> list[str]:
    """Return the live models most similar to an unavailable one, else the first of the list."""
    known = list(dict.fromkeys(model_version.model_id for model_version in models))
    return nearest(model_id, known, count) or known[:count]


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
            yield newest(kin)
    for model in models:
        yield newest([one for one in models if one.model_id == model.model_id])


def _takes(model: ModelVersion, inputs: int) -> bool:
    try:
        order.check_inputs(model, ("",) * inputs)
    except UsageError:
        return False
    return True


def inexpensive(
    models: Sequence[ModelVersion], task_type: TaskType, inputs: int = 0
) -> Iterator[ModelVersion]:
    """Yield the budget and the default model, if they take that many inputs."""
    for tier in (ModelTier.BUDGET, ModelTier.DEFAULT):
        model = tier_model(models, task_type, tier)
        if model is not None and _takes(model, inputs):
            yield model
