"""Wishes that nobody here can fulfil, and what is possible instead.

Facts of the founding document and the recorded product lists: nothing makes 8K, no video is
longer than 15 seconds, the length of music can't be chosen, Midjourney is square, and only some
video models make sound.
"""

from __future__ import annotations

import math

from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.intent import numerals
from ima_tui.intent.found import FoundParameter
from ima_tui.intent.intent import Limit, Parameter
from ima_tui.intent.lengths import Length
from ima_tui.intent.parameters import Findings
from ima_tui.intent.shapes import STANDARD

LONGEST_VIDEO = 15
MUSIC_SECONDS = {"sonic": 120, "GenBGM": 30}
"""About how long the music of each model is."""
CROSSFADE = 3.0
"""Seconds by which pieces of music overlap where they are joined to a longer one."""
MOST_PIECES = 12
_IMAGE_MODELS = ("doubao-seedream-4.5", "gemini-3-pro-image", "gemini-3.1-flash-image")
_WITH_AUDIO = (
    "veo-3.1-generate-preview", "veo-3.1-fast-generate-preview", "veo-3.0-generate-preview",
    "kling-video-o1", "kling-v2-6", "MiniMax-Hailuo-2.3", "MiniMax-Hailuo-02", "ima-pro",
    "ima-pro-fast", "doubao-seedance-1.5-pro", "viduq2", "viduq2-pro",
)  # fmt: skip
_RATIOS = {
    "midjourney": ("1:1",),
    "doubao-seedream-4.5": ("1:1", "16:9", "9:16", "4:3", "3:4", "2:3", "3:2", "21:9"),
    "sora-2-pro": ("16:9", "9:16"),
    "veo-3.1-generate-preview": ("16:9", "9:16"),
    "kling-video-o1": ("16:9", "9:16", "1:1"),
    "kling-v2-6": ("16:9", "9:16", "1:1"),
}
"""What a model offers, where that is less than the others do."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """A limit with the place of the words that run into it."""

    limit: Limit
    start: int
    end: int


def find_limits(
    findings: Findings, media: tuple[Medium, ...], model_ids: dict[Medium, str]
) -> tuple[Impossible, ...]:
    """Everything asked for that nobody offers, or not from the model that is named."""
    visual = next((m for m in media if m in (Medium.IMAGE, Medium.VIDEO)), None)
    found: list[Impossible | None] = []
    if visual is not None:
        found.append(_eight_k(findings.eight_k))
        found.append(_ratio(findings.ratio, model_ids.get(visual, "")))
    if Medium.VIDEO in media:
        found.append(_too_long(findings))
        found.append(_silent(findings, model_ids.get(Medium.VIDEO, "")))
    elif Medium.MUSIC in media and findings.length is not None:
        length = findings.length
        limit = Limit(
            "music_duration",
            f"{length.seconds:g} s",
            tuple(f"~{seconds} s" for seconds in MUSIC_SECONDS.values()),
            tuple(MUSIC_SECONDS),
            _duration(length),
        )
        found.append(Impossible(limit, length.start, length.end))
    return tuple(each for each in found if each is not None)


def music_pieces(seconds: float, model_id: str, crossfade: float = CROSSFADE) -> int:
    """Return how many pieces of a model's music fill `seconds`; 0 for more than `MOST_PIECES`.

    An unknown model is taken to make the shorter ones.
    """
    each = MUSIC_SECONDS.get(model_id, min(MUSIC_SECONDS.values()))
    count = max(1, math.ceil((seconds - crossfade) / (each - crossfade)))
    return count if count <= MOST_PIECES else 0


def _eight_k(found: FoundParameter | None) -> Impossible | None:
    if found is None:
        return None
    param = Parameter(found.name, found.value)
    limit = Limit("8k", str(found.value), ("4K",), ("gemini-3-pro-image",), param)
    return Impossible(limit, found.start, found.end)


def _ratio(found: FoundParameter | None, model_id: str) -> Impossible | None:
    if found is None:
        return None
    asked, param = str(found.value), Parameter(found.name, found.value)
    if asked not in STANDARD:
        limit = Limit("aspect_ratio_custom", asked, closest(asked), _IMAGE_MODELS, param)
        return Impossible(limit, found.start, found.end)
    offered = _RATIOS.get(model_id)
    if offered is None or asked in offered:
        return None
    limit = Limit("model_aspect_ratio", asked, offered, _IMAGE_MODELS, param)
    return Impossible(limit, found.start, found.end)


def closest(
    ratio: str, offered: tuple[str, ...] = _RATIOS["doubao-seedream-4.5"]
) -> tuple[str, ...]:
    """The two ratios on offer that come nearest to `ratio`."""
    return tuple(sorted(offered, key=lambda each: abs(_value(each) - _value(ratio)))[:2])


def _value(ratio: str) -> float:
    width, _, height = ratio.partition(":")
    return float(width) / float(height)


def _too_long(findings: Findings) -> Impossible | None:
    length = findings.length
    if length is None or length.seconds <= LONGEST_VIDEO:
        return None
    limit = Limit(
        "video_too_long",
        f"{length.seconds:g} s",
        ("15 s", "10 s"),
        ("wan2.6-t2v", "kling-video-o1"),
        _duration(length),
    )
    return Impossible(limit, length.start, length.end)


def _silent(findings: Findings, model_id: str) -> Impossible | None:
    wish = next((each for each in findings.params if each.name == "audio"), None)
    if wish is None or wish.value is not True or not model_id or model_id in _WITH_AUDIO:
        return None
    limit = Limit(
        "audio_unsupported_model",
        model_id,
        (),
        ("veo-3.1-generate-preview", "kling-video-o1"),
        Parameter(wish.name, wish.value),
    )
    return Impossible(limit, wish.start, wish.end)


def _duration(length: Length) -> Parameter:
    return Parameter("duration", numerals.plain(length.seconds))
