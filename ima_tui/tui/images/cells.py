"""Draw decoded images as text cells, and paint sixel and iTerm2 images over blank cells.

Text cells are half blocks, braille, letters or waveforms. Images are painted right after Textual
drew the blank cells. Nobody counts what is on the screen: whatever is drawn over a picture takes it
off the screen by itself, and when its own cells were drawn again, and nothing covers them, it is
painted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region

from ima_tui.core.records import dataclass
from ima_tui.core.text import duration
from ima_tui.imaging import terminal
from ima_tui.imaging.request import MediaFacts
from ima_tui.tui.terminal.textual_internals import (
    is_uncovered,
    update_touches,
    visible_region,
)
from ima_tui.tui.widgets.app_context import AppContext

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget


Lines = tuple[tuple[Segment, ...], ...]

RATE = 6.0
"""Frames a second of a film that plays."""
RAMP = " .:-=+*#%@"
"""From nothing to full, in letters."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"
MOST_WAVE = 8
"""Lines that a wave takes at most: higher ones say no more."""
LEAST_BARS = 16
"""Cells from which on a wave is made of bars with gaps between them: one block is too loud."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Lines of cells, as wide as the picture came out, and facts on the file.

    `upload` has to reach the terminal before the lines do; `paint` draws over the lines, from their
    upper left cell on, whenever they were drawn. `number` is the terminal's for an upload.
    """

    lines: Lines
    width: int
    facts: MediaFacts
    upload: tuple[str, ...] = ()
    number: int = 0
    paint: str = ""

    @property
    def size(self) -> int:
        """About how many bytes it takes, for caches."""
        cells = sum(len(line) for line in self.lines) * 120
        return cells + len(self.paint) + sum(map(len, self.upload))


def words(facts: MediaFacts) -> str:
    """`640x360`, `640x360  0:05`, `WAV  16 kHz  0:08`."""
    if facts.kind == "sound":
        rate = f"{facts.rate / 1000:g} kHz" if facts.rate else ""
        return "  ".join(filter(None, (facts.format, rate, duration(facts.seconds))))
    size = f"{facts.width}x{facts.height}"
    return f"{size}  {duration(facts.seconds)}" if facts.kind == "film" else size


# -------------------------------------------------------------------------------- two pixels a cell


def blocks(data: bytes, width: int, height: int, ground: str) -> Lines:
    """Three bytes a pixel: the upper one in the foreground, the lower one behind it."""
    if height % 2:
        data += bytes.fromhex(ground.removeprefix("#")) * width
    return tuple(_block_line(data, width, y) for y in range(0, height, 2))


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


@lru_cache(maxsize=8192)
def _pair_style(pair: bytes) -> Style:
    return Style(color=f"#{pair[:3].hex()}", bgcolor=f"#{pair[3:].hex()}")


def _block(pair: bytes, count: int) -> Segment:
    """Neighbours of one colour are one segment: half the bytes of a plain sky."""
    return Segment("▀" * count, _pair_style(pair))


# ---------------------------------------------------------------------------------- without colours


_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def dots(data: bytes, width: int, height: int, style: Style, *, light: bool) -> Lines:
    """One byte a pixel, eight pixels a cell, as Braille. `light`: dark dots on a light ground."""
    wanted = 0 if light else 255
    lines = []
    for top in range(0, height, 4):
        text = ""
        for left in range(0, width, 2):
            code = 0
            for y in range(top, min(top + 4, height)):
                for x in range(left, min(left + 2, width)):
                    if data[y * width + x] == wanted:
                        code |= _DOTS[y - top][x - left]
            text += chr(0x2800 + code)
        lines.append((Segment(text, style),))
    return tuple(lines)


def letters(data: bytes, width: int, height: int, style: Style, *, light: bool) -> Lines:
    """Three bytes a pixel, two pixels a cell, in ASCII."""
    ramp = RAMP[::-1] if light else RAMP
    lines = []
    for top in range(0, height, 2):
        text = ""
        for x in range(width):
            pixels = [
                data[(y * width + x) * 3 : (y * width + x) * 3 + 3]
                for y in (top, min(top + 1, height - 1))
            ]
            bright = sum(_brightness(pixel) for pixel in pixels) / 2
            text += ramp[min(len(ramp) - 1, int(bright / 256 * len(ramp)))]
        lines.append((Segment(text, style),))
    return tuple(lines)


def _brightness(pixel: bytes) -> float:
    red, green, blue = pixel
    return (299 * red + 587 * green + 114 * blue) / 1000


# -------------------------------------------------------------------------------------------- waves


def wave(peaks: bytes, rows: int, style: Style, *, ascii_only: bool = False) -> Lines:
    """Loudness from left to right, up and down from the middle; `style` on its ground."""
    half = max(1, min(rows, MOST_WAVE) // 2)
    heights = [max(1, round(peak / 255 * half * 8)) for peak in peaks]
    if len(heights) >= LEAST_BARS:
        heights = [0 if at % 2 else max(heights[at : at + 2]) for at in range(len(heights))]
    up = [_wave_line(heights, line, ascii_only) for line in range(half - 1, -1, -1)]
    down = [_hanging_line(heights, line, ascii_only) for line in range(half)]
    below = style if ascii_only else style + Style(reverse=True)  # also without colours
    return (
        *((Segment(text, style),) for text in up),
        *((Segment(text, below),) for text in down),
    )


def _wave_line(heights: Sequence[int], line: int, ascii_only: bool) -> str:
    parts = [max(0, min(8, height - line * 8)) for height in heights]
    return "".join(("#" if part > 3 else " ") if ascii_only else _EIGHTHS[part] for part in parts)


def _hanging_line(heights: Sequence[int], line: int, ascii_only: bool) -> str:
    """What hangs from above is what stands below it, turned round."""
    if ascii_only:
        return _wave_line(heights, line, ascii_only)
    return "".join(_EIGHTHS[8 - max(0, min(8, height - line * 8))] for height in heights)


# --------------------------------------------------------------------------- pixels of the terminal


def placeholders(columns: int, rows: int, colour: str, ground: str) -> Lines:
    """Cells that kitty fills with the picture whose number `colour` is."""
    style = Style(color=colour, bgcolor=ground)
    return tuple((Segment(terminal.cells(row, columns), style),) for row in range(rows))


def blank(columns: int, rows: int, ground: str) -> Lines:
    """Cells that pixels are painted over."""
    return ((Segment(" " * columns, Style(bgcolor=ground)),),) * rows


@dataclass(slots=True)
class PlacedImage:
    """A picture on a widget, `x` from its left; `due`: it has to be painted."""

    rendered: Rendered
    x: int
    due: bool = True


class Overlay:
    """What hangs on which widget; also pictures that need no painting, so that they are kept."""

    def __init__(self, app: AppContext) -> None:
        self._app = app
        self._hung: dict[Widget, PlacedImage] = {}

    def hang(self, widget: Widget, rendered: Rendered, x: int) -> None:
        """Have `rendered` on `widget`, whenever its cells were drawn."""
        before = self._hung.get(widget)
        if before is None or (before.rendered, before.x) != (rendered, x):
            self._hung[widget] = PlacedImage(rendered, x)

    def take_down(self, widget: Widget) -> None:
        """Its cells, drawn again, take the picture off the screen."""
        self._hung.pop(widget, None)

    def has(self, rendered: Rendered) -> bool:
        """Whether it hangs anywhere."""
        return any(hung.rendered is rendered for hung in self._hung.values())

    def after(self, screen: Screen[object], update: object) -> str:
        """What has to be painted now that `update` of `screen` was drawn."""
        found = ""
        for widget, hung in tuple(self._hung.items()):
            if not widget.is_attached:
                del self._hung[widget]
            elif hung.rendered.paint and widget.screen is screen and self._app.screen is screen:
                found += self._painting(screen, widget, hung, update)
        return found

    def _painting(
        self, screen: Screen[object], widget: Widget, hung: PlacedImage, update: object
    ) -> str:
        place = visible_region(screen, widget)
        if place is None:
            hung.due = True
            return ""
        region, clip = place
        rendered = hung.rendered
        mine = Region(region.x + hung.x, region.y, rendered.width, len(rendered.lines))
        hung.due = hung.due or update_touches(update, mine)
        if not hung.due or not clip.contains_region(mine) or not is_uncovered(screen, widget, mine):
            return ""
        hung.due = False
        self._app.shown.forget(mine)  # what is drawn there next takes the picture off the screen
        return f"\x1b7\x1b[{mine.y + 1};{mine.x + 1}H{rendered.paint}\x1b8"
