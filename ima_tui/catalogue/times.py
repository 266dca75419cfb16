"""Time estimates: from the list's tag, the founding document's table, or the ledger's history."""

from __future__ import annotations

from collections.abc import Sequence

from ima_tui.core.domain import Estimate, Medium, ModelVersion, TaskType

_BY_MODEL = {
    "doubao-seedream-4.5": (25, 60),
    "gemini-3.1-flash-image": (20, 40),
    "gemini-3-pro-image": (60, 120),
    "midjourney": (40, 90),
    "wan2.6-t2v": (60, 120),
    "wan2.6-i2v": (60, 120),
    "MiniMax-Hailuo-02": (60, 120),
    "MiniMax-Hailuo-2.3": (60, 120),
    "viduq2": (60, 120),
    "viduq2-pro": (60, 120),
    "pixverse": (60, 120),
    "doubao-seedance-1.5-pro": (90, 180),
    "kling-v2-6": (90, 180),
    "veo-3.1-generate-preview": (90, 180),
    "kling-video-o1": (180, 360),
    "sora-2-pro": (180, 360),
    "sonic": (20, 45),
    "GenBGM": (10, 25),
    "GenSong": (10, 25),
}
_LONG_FORMS = frozenset({TaskType.FIRST_LAST_FRAME, TaskType.REFERENCE_TO_VIDEO})
_BY_MEDIUM = {
    Medium.IMAGE: (25, 60),
    Medium.VIDEO: (60, 120),
    Medium.MUSIC: (20, 45),
    Medium.SPEECH: (5, 30),
}


LEAST_HISTORY = 3
"""Minimum number of past runs for an estimate."""


def estimate(model: ModelVersion, seen: Sequence[float] = ()) -> Estimate:
    """Return the estimated seconds.

    `seen`: durations of past runs of this model and size, used if neither the list nor the table
    has an estimate.
    """
    if model.estimate is not None:
        return model.estimate
    if known := _BY_MODEL.get(model.model_id):
        return Estimate(180, 360) if model.task_type in _LONG_FORMS else Estimate(*known)
    if len(seen) >= LEAST_HISTORY:
        return learned(seen)
    if model.task_type in _LONG_FORMS:
        return Estimate(180, 360)
    return Estimate(*_BY_MEDIUM[model.task_type.medium])


def learned(seen: Sequence[float]) -> Estimate:
    """Return the median and the upper quartile of past durations."""
    ordered = sorted(seen)
    middle, upper = len(ordered) // 2, (3 * len(ordered)) // 4
    median = ordered[middle] if len(ordered) % 2 else sum(ordered[middle - 1 : middle + 1]) / 2
    return Estimate(median, max(median, ordered[upper]))
