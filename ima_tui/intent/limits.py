"""What can't be made, and what is possible instead; settings that the medium does not have.

Facts of the founding document and the recorded product lists: nothing makes 8K, no video is
longer than 15 seconds, the length of music can't be chosen, Midjourney is square, and only some
video models make sound.

A setting of another medium (the length of a picture, the shape of a song) is told, never dropped
without a word. Only what can't be a description counts: a clause of nothing else, or what stands
right before the noun. "A photo of a 10 second countdown" has no length.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.intent import numerals
from ima_tui.intent.intent import FoundParameter, Limit, Parameter, stands_alone
from ima_tui.intent.lengths import Length, lengths
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.numerals import plain
from ima_tui.intent.parameters import Findings
from ima_tui.intent.scan import Scan
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
    sound = next((each for each in findings.params if each.name == "audio"), None)
    if sound is None or sound.value is not True or not model_id or model_id in _WITH_AUDIO:
        return None
    limit = Limit(
        "audio_unsupported_model",
        model_id,
        (),
        ("veo-3.1-generate-preview", "kling-video-o1"),
        Parameter(sound.name, sound.value),
    )
    return Impossible(limit, sound.start, sound.end)


def _duration(length: Length) -> Parameter:
    return Parameter("duration", numerals.plain(length.seconds))


_SHAPE = re.compile(r"(?<![\d.:])(?P<w>16|9|21|4|3|1):(?P<h>9|16|3|4|1)(?!\d|[.:]\d)")
_LONGEST = 600
_OF_MUSIC = ("16:9", "9:16", "21:9")
"""Of the shapes the ones that are no rhythm."""
_SHARP = re.compile(
    r"(?<![a-z0-9.])(?:(?P<k>[248])\s*k|(?P<p>480|720|1080|1440|2160)\s*p)(?![a-z0-9])"
)
_FPS = re.compile(r"(?<![\d.])(?P<v>24|25|30|48|50|60|120)\s*(?:fps\b|帧率?)")


def inapplicable(scan: Scan, asked: MediaRequest) -> Iterator[FoundParameter]:
    """What the text sets for the only thing asked for, though its medium has no such setting."""
    if len(asked.media) != 1:
        return
    text = scan.text[: asked.spoken_from]
    if asked.media[0] is Medium.IMAGE:
        yield from _of_picture(scan, text, asked)
    elif asked.media[0] is not Medium.VIDEO:
        yield from _of_sound(text, asked.media[0])


def _of_picture(scan: Scan, text: str, asked: MediaRequest) -> Iterator[FoundParameter]:
    noun = asked.wants[0].start
    for length in lengths(text):
        before_noun = length.end <= noun and not text[length.end : noun].strip(" -的long")
        if length.seconds > _LONGEST:
            continue  # the 1990s
        if before_noun or stands_alone(text, length.start, length.end):
            yield FoundParameter("duration", plain(length.seconds), length.start, length.end)
            break
    for clause in scan.clauses:
        last = clause.items[-1]
        if last.under("audio") == "on" and last.end <= len(text):
            yield FoundParameter("audio", True, last.start, last.end)
            break
    if (rate := _FPS.search(text)) and stands_alone(text, *rate.span()):
        yield FoundParameter("fps", int(rate["v"]), *rate.span())


def _of_sound(text: str, medium: Medium) -> Iterator[FoundParameter]:
    for found in _SHAPE.finditer(text):
        fits = medium is Medium.SPEECH or found.group() in _OF_MUSIC
        if fits and stands_alone(text, *found.span()):
            yield FoundParameter("aspect_ratio", found.group(), *found.span())
            break
    if (sharp := _SHARP.search(text)) and stands_alone(text, *sharp.span()):
        value = f"{sharp['k']}K" if sharp["k"] else f"{sharp['p']}p"
        yield FoundParameter("resolution", value, *sharp.span())
