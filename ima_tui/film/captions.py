"""Subtitles and titles drawn into the pictures with Pillow. Runs in the worker.

A card holds all that is shown at a moment; it is drawn once and laid over frames by a filter, which
takes about a millisecond a frame. A font that lacks a character of the text is not used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import av.filter
from PIL import Image, ImageDraw, ImageFont

from ima_tui.core.records import dataclass
from ima_tui.film.timeline import Cue

Font = ImageFont.FreeTypeFont
FONTS = (
    *("NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf"),
    *("wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf"),
    *("PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc", "Arial Unicode.ttf"),
    *("msyh.ttc", "simhei.ttf", "simsun.ttc", "arial.ttf", "Arial.ttf", "DejaVuSans.ttf"),
)
"""Names of usual fonts; Pillow looks for them in the system's folders."""
_TEXT, _TITLE = 18, 11
"""Parts of the shorter side that a line's height is."""
_WIDEST, _MARGIN = 0.88, 0.05
_MOST_LINES = 4


def font_for(text: str, names: Sequence[str] = FONTS) -> str | None:
    """Return the first font with all characters of the text, "" for Pillow's own, None for none."""
    wanted = sorted({letter for letter in text if not letter.isspace()})
    for name in (*names, ""):
        font = _font(name, 24)
        if font is not None and _has(font, wanted):
            return name
    return None


def _font(name: str, size: int) -> Font | None:
    try:
        if name:
            return ImageFont.truetype(name, size)
        found = ImageFont.load_default(size)
    except OSError:
        return None
    return found if isinstance(found, ImageFont.FreeTypeFont) else None


def _has(font: Font, letters: Sequence[str]) -> bool:
    """Tell whether none of the letters looks like the sign for a missing one."""
    missing = bytes(font.getmask("\U0010ffff"))
    return not any(bytes(font.getmask(letter)) in (missing, b"") for letter in letters)


@dataclass(eq=False)
class Captions:
    """Draws cues into frames. `font`: as returned by `font_for`."""

    _cues: Sequence[Cue]
    _size: tuple[int, int]
    _fps: Fraction
    _name: str

    def drawn(self, frames: Iterator[Any], first: int) -> Iterator[Any]:
        """Yield the frames with what is said at their time; the first is number `first`."""
        shown: tuple[Cue, ...] = ()
        overlay: _Overlay | None = None
        for number, frame in enumerate(frames, first):
            at = float(number / self._fps)
            now = tuple(cue for cue in self._cues if cue.start <= at < cue.end)
            if now != shown:
                shown = now
                overlay = _Overlay(self.card(now), frame) if now else None
            yield overlay.over(frame) if overlay is not None else frame

    def card(self, cues: Sequence[Cue]) -> Image.Image:
        """Return what is shown at once, on a transparent picture of the film's size."""
        width, height = self._size
        card = Image.new("RGBA", self._size, (0, 0, 0, 0))
        draw = ImageDraw.Draw(card)
        for cue in cues:
            font, lines = self._fitted(draw, cue)
            text = "\n".join(lines)
            stroke = max(1, round(font.size / 12))
            top = height / 2 if cue.is_title else height * (1 - _MARGIN)
            draw.multiline_text(
                (width / 2, top),
                text,
                (255, 255, 255, 255),
                font,
                anchor="mm" if cue.is_title else "md",
                align="center",
                stroke_width=stroke,
                stroke_fill=(0, 0, 0, 255),
            )
        return card

    def _fitted(self, draw: ImageDraw.ImageDraw, cue: Cue) -> tuple[Font, list[str]]:
        """Return the largest font that needs few lines, and those."""
        size = min(self._size) // (_TITLE if cue.is_title else _TEXT)
        while True:
            font = _font(self._name, max(8, size))
            if font is None:
                raise OSError("the font is gone")
            lines = _lines(draw, cue.text, font, self._size[0] * _WIDEST)
            if len(lines) <= _MOST_LINES or size <= 8:
                return font, lines[:_MOST_LINES]
            size = size * 4 // 5


def _lines(draw: ImageDraw.ImageDraw, text: str, font: Font, widest: float) -> list[str]:
    """Break a text into lines, at blanks or between Chinese characters."""
    lines = [""]
    for word in _words(text):
        longer = lines[-1] + word
        if lines[-1].strip() and draw.textlength(longer.rstrip(), font) > widest:
            lines.append(word.lstrip())
        else:
            lines[-1] = longer
    return [line.strip() for line in lines if line.strip()]


def _words(text: str) -> Iterator[str]:
    word = ""
    for letter in " ".join(text.split()):
        if letter == " " or "\u2e80" <= letter <= "\uffef":
            closes = letter in "，。！？；：、”’》」』）…"  # never at a line's beginning
            if word and not closes:
                yield word
                word = ""
        word += letter
    if word:
        yield word


class _Overlay:
    """Lays one card over frames. The graph is kept as long as its filters are used."""

    def __init__(self, card: Image.Image, like: Any) -> None:
        box = card.getbbox() or (0, 0, 2, 2)
        left, top = box[0] // 2 * 2, box[1] // 2 * 2
        card = card.crop((left, top, box[2] + box[2] % 2, box[3] + box[3] % 2))
        tick = Fraction(1, 1000)
        graph: Any = av.filter.Graph()
        self._first: Any = graph.add_buffer(
            width=like.width, height=like.height, format="yuv420p", time_base=tick
        )
        drawn: Any = graph.add_buffer(
            width=card.width, height=card.height, format="rgba", time_base=tick
        )
        over: Any = graph.add("overlay", f"x={left}:y={top}:eof_action=repeat")
        plain: Any = graph.add("format", "yuv420p")
        self._last: Any = graph.add("buffersink")
        self._first.link_to(over, 0, 0)
        drawn.link_to(over, 0, 1)
        over.link_to(plain)
        plain.link_to(self._last)
        graph.configure()
        drawn.push(_frame(card, tick))
        drawn.push(None)
        self._graph = graph
        self._count = 0

    def over(self, frame: Any) -> Any:
        """Return the frame with the card."""
        frame.pts, frame.time_base = self._count, Fraction(1, 1000)
        self._count += 1
        self._first.push(frame)
        shown = self._last.pull()
        shown.pict_type = 0
        return shown


def _frame(card: Image.Image, tick: Fraction) -> Any:
    frame: Any = av.VideoFrame(card.width, card.height, "rgba")
    plane = frame.planes[0]
    raw, row = card.tobytes(), card.width * 4
    gap = bytes(plane.line_size - row)
    rows = (raw[at : at + row] + gap for at in range(0, len(raw), row))
    plane.update(b"".join(rows))
    frame.pts, frame.time_base = 0, tick
    return frame
