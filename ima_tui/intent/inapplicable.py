"""Settings that the medium asked for does not have: the length of a picture, the shape of a song.
They are told, never dropped without a word.

Only what can't be a description counts: a clause of nothing else, or what stands right before the
noun. "A photo of a 10 second countdown" has no length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ima_tui.core.domain import Medium
from ima_tui.intent.found import FoundParameter, stands_alone
from ima_tui.intent.lengths import lengths
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.numerals import plain
from ima_tui.intent.scan import Scan

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
