"""How long a job usually takes: the list's own tag, else the founding document's table."""

from __future__ import annotations

from ima_tui.domain import Estimate, Leaf, Medium, TaskType

_BY_MODEL = {
    "doubao-seedream-4.5": (25, 60),
    "gemini-3.1-flash-image": (20, 40),
    "gemini-3-pro-image": (60, 120),
    "midjourney": (40, 90),
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


def estimate(leaf: Leaf) -> Estimate:
    """Seconds, from the live tag where there is one."""
    if leaf.estimate is not None:
        return leaf.estimate
    if leaf.task_type in _LONG_FORMS:
        return Estimate(180, 360)
    low, high = _BY_MODEL.get(leaf.model_id, _BY_MEDIUM[leaf.task_type.medium])
    return Estimate(low, high)
