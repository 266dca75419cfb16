"""Files as cells: pictures in half blocks, a film's first frame, the waveform of a sound.

Slow, so it runs in a thread; no widget here. What a file says about itself is not believed: the
formats are named, pixels and bytes have ceilings, and everything that goes wrong in a decoder
becomes one `CannotShow`.
"""

from __future__ import annotations

import math
import wave
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from rich.style import Style

from ima_tui.text import duration

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MOST_PIXELS = 40_000_000
"""A picture of 8K has 33 million; four bytes each are all the memory that one may take."""
MOST_BYTES = 300_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_FILMS = frozenset({".mp4", ".webm", ".mov", ".mkv"})
_SOUNDS = frozenset({".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aac"})

Lines = tuple[tuple[Segment, ...], ...]


class CannotShow(Exception):
    """`key` is the sentence for the person."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class Rendered:
    """Lines of cells, as wide as the picture came out, and facts on the file."""

    lines: Lines
    width: int
    facts: str


def render(path: str, columns: int, rows: int, *, coarse: bool = False) -> Rendered:
    """The file as at most `columns` x `rows` cells; `coarse`: in the colours of a terminal that
    has 256. Raises `CannotShow`."""
    file = Path(path)
    try:
        facts = file.stat()
    except OSError as error:
        raise CannotShow("viewer.gone", path=path) from error
    if facts.st_size > MOST_BYTES:
        raise CannotShow("viewer.too_big")
    return _render(path, facts.st_mtime_ns, max(1, columns), max(1, rows), coarse)


@lru_cache(maxsize=48)
def _render(path: str, changed: int, columns: int, rows: int, coarse: bool) -> Rendered:
    kind = Path(path).suffix.lower()
    try:
        if kind in _SOUNDS:
            return _sound(path, columns, rows)
        if kind in _FILMS:
            return _film(path, columns, rows, coarse)
        return _picture(path, columns, rows, coarse)
    except CannotShow:
        raise
    except Exception as error:  # decoders fail in every way there is
        raise CannotShow("viewer.broken") from error


# ---------------------------------------------------------------------------------- pictures


def fit_pixels(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """The size, in half-cell pixels, that keeps the shape within columns x rows cells."""
    scale = min(columns / width, rows * 2 / height)
    wide = max(1, min(columns, round(width * scale)))
    high = max(2, min(rows * 2, round(height * scale)))
    return wide, high + high % 2 if high + high % 2 <= rows * 2 else high - high % 2


def _picture(path: str, columns: int, rows: int, coarse: bool) -> Rendered:
    from PIL import Image

    with Image.open(path, formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise CannotShow("viewer.too_big")
        size = fit_pixels(width, height, columns, rows)
        opened.draft("RGB", size)
        return _blocks(opened, size, f"{width}x{height}", coarse)


def _blocks(image: Picture, size: tuple[int, int], facts: str, coarse: bool) -> Rendered:
    """Two pixels a cell: the upper in the foreground, the lower behind it."""
    from PIL import Image

    if image.mode not in ("RGB", "RGBA", "L", "LA"):  # those shrink as they are: no second copy
        image = image.convert("RGBA")
    small = _nearly(image, size).resize(size, reducing_gap=2.0).convert("RGBA")
    ground = Image.new("RGBA", size, (18, 20, 28, 255))
    ground.alpha_composite(small)
    plain = ground.convert("RGB")
    if coarse:
        plain = _in_few_colours(plain)
    data = plain.tobytes()
    wide, high = size
    lines = tuple(_block_line(data, wide, y) for y in range(0, high, 2))
    return Rendered(lines, wide, facts)


def _nearly(image: Picture, size: tuple[int, int]) -> Picture:
    """A large picture made smaller by bands: Pillow copies one with transparency to resize it."""
    from PIL import Image

    factor = min(image.width // (3 * size[0]), image.height // (3 * size[1]))
    if factor < 2 or image.mode not in ("RGBA", "LA"):
        return image
    band = factor * 32
    smaller = Image.new(image.mode, (-(-image.width // factor), -(-image.height // factor)))
    for top in range(0, image.height, band):
        box = (0, top, image.width, min(image.height, top + band))
        smaller.paste(image.crop(box).reduce(factor), (0, top // factor))
    return smaller


def _in_few_colours(image: Picture) -> Picture:
    """Dithered, for the terminal's own rounding makes bands; but by half, for at this size full
    dithering makes noise."""
    from PIL import Image

    nearest = image.quantize(palette=_palette(), dither=Image.Dither.NONE).convert("RGB")
    halfway = Image.blend(nearest, image, 0.5)
    return halfway.quantize(palette=_palette()).convert("RGB")


@cache
def _palette() -> Picture:
    """The 216 colours and 24 greys that every terminal with 256 colours has."""
    from PIL import Image

    steps = (0, 95, 135, 175, 215, 255)
    colours = [(r, g, b) for r in steps for g in steps for b in steps]
    colours += [(grey, grey, grey) for grey in range(8, 248, 10)]
    image = Image.new("P", (1, 1))
    image.putpalette([part for colour in colours for part in colour])
    return image


def _block_line(data: bytes, wide: int, y: int) -> tuple[Segment, ...]:
    upper = data[y * wide * 3 : (y + 1) * wide * 3]
    lower = data[(y + 1) * wide * 3 : (y + 2) * wide * 3]
    found: list[Segment] = []
    run, before = 0, b""
    for x in range(0, wide * 3, 3):
        pair = upper[x : x + 3] + lower[x : x + 3]
        if pair != before and run:
            found.append(_block(before, run))
            run = 0
        before, run = pair, run + 1
    found.append(_block(before, run))
    return tuple(found)


@lru_cache(maxsize=4096)
def _pair_style(pair: bytes) -> Style:
    return Style(color=f"#{pair[:3].hex()}", bgcolor=f"#{pair[3:].hex()}")


def _block(pair: bytes, count: int) -> Segment:
    """Neighbours of one colour are one segment: half the bytes of a plain sky."""
    return Segment("▀" * count, _pair_style(pair))


# --------------------------------------------------------------------------- films and sounds


def _film(path: str, columns: int, rows: int, coarse: bool) -> Rendered:
    try:
        import av
    except ImportError as error:
        raise CannotShow("viewer.no_film") from error
    with av.open(path) as container:
        stream = container.streams.video[0]
        if stream.width * stream.height > MOST_PIXELS:
            raise CannotShow("viewer.too_big")
        seconds = (container.duration or 0) / 1_000_000
        frame = cast("Picture", next(container.decode(stream)).to_image())  # type: ignore[no-untyped-call]
    size = fit_pixels(frame.width, frame.height, columns, rows)
    return _blocks(frame, size, f"{frame.width}x{frame.height}  {duration(seconds)}", coarse)


_EIGHTHS = " ▁▂▃▄▅▆▇█"


def _sound(path: str, columns: int, rows: int) -> Rendered:
    if not path.lower().endswith(".wav"):
        raise CannotShow("viewer.no_sound")
    with wave.open(path, "rb") as opened:
        frames, rate = opened.getnframes(), opened.getframerate()
        channels, depth = opened.getnchannels(), opened.getsampwidth()
        peaks = [_loudest(opened, frames * i // columns, channels, depth) for i in range(columns)]
    top = max(peaks, default=0.0) or 1.0
    high = min(rows, 8)
    heights = [max(1, round(math.sqrt(peak / top) * high * 8)) for peak in peaks]
    style = Style(color="#6fd6c4")
    lines = tuple(
        (Segment("".join(_eighth(h, line) for h in heights), style),)
        for line in range(high - 1, -1, -1)
    )
    return Rendered(lines, columns, f"WAV  {rate / 1000:g} kHz  {duration(frames / rate)}")


def _eighth(height: int, line: int) -> str:
    return _EIGHTHS[max(0, min(8, height - line * 8))]


def _loudest(opened: wave.Wave_read, start: int, channels: int, depth: int) -> float:
    """The peak of a short stretch: enough for the shape, and an hour reads as fast as a second."""
    opened.setpos(start)
    data = opened.readframes(512)
    if depth == 1:
        return max((abs(byte - 128) / 128 for byte in data), default=0.0)
    step, limit = depth * channels, float(1 << (depth * 8 - 1))
    return max(
        (
            abs(int.from_bytes(data[i : i + depth], "little", signed=True)) / limit
            for i in range(0, len(data) - depth + 1, step)
        ),
        default=0.0,
    )
