"""A terminal's screen (pyte) as a PNG, for the pictures in the README.

Needs DejaVu Sans Mono and Noto Sans Mono CJK (Debian: fonts-dejavu-core, fonts-noto-cjk).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pyte
from PIL import Image, ImageDraw, ImageFont

CELL = (9, 19)
SIZE = 15
INK, PAPER = "d9dce8", "12141c"
NAMED = {
    "black": "12141c",
    "red": "f07b80",
    "green": "86d993",
    "brown": "e6c46c",
    "blue": "78a9ff",
    "magenta": "8f83f7",
    "cyan": "6fd6c4",
    "white": "d9dce8",
}
LATIN = ("dejavu/DejaVuSansMono.ttf", "dejavu/DejaVuSansMono-Bold.ttf")
CHINESE = ("noto/NotoSansCJK-Regular.ttc", "noto/NotoSansCJK-Bold.ttc")


MOSAIC_WIDTH = 1620
"""Pixels: GitHub shows about 900, and twice as many on a fine display."""
GAP = 24
FRAME = "3a3f52"


def picture_of(screen: pyte.Screen) -> Image.Image:
    """Return a picture of every cell of `screen`, and its cursor."""
    width, height = CELL
    picture = Image.new("RGB", (screen.columns * width, screen.lines * height), f"#{PAPER}")
    pen = ImageDraw.Draw(picture)
    for row in range(screen.lines):
        for column in range(screen.columns):
            cell = screen.buffer[row][column]
            here = (screen.cursor.y, screen.cursor.x) == (row, column) and not screen.cursor.hidden
            _draw_cell(pen, cell, column * width, row * height, here)
    return picture


def draw(screen: pyte.Screen, path: Path) -> None:
    """Draw `screen` into `path`."""
    picture_of(screen).save(path, optimize=True)


def mosaic(pictures: Mapping[str, Image.Image]) -> Image.Image:
    """Return four sizes in one picture: 120x40 to be read, below it how the others arrange it."""
    large = _wide(pictures["120x40"], MOSAIC_WIDTH)
    widest = _wide(pictures["200x60"], MOSAIC_WIDTH * 2 // 3)
    usual = _wide(pictures["80x24"], MOSAIC_WIDTH - widest.width - GAP)
    small = pictures["60x20"]
    left = widest.height - usual.height - GAP
    small = _wide(small, small.width * left // small.height)
    below, beside = large.height + GAP, widest.width + GAP
    whole = Image.new("RGBA", (MOSAIC_WIDTH, below + widest.height))
    places = {(0, 0): large, (0, below): widest, (beside, below): usual}
    places[beside, below + usual.height + GAP] = small
    for place, each in places.items():
        whole.paste(each, place)
    return whole


def _wide(picture: Image.Image, width: int) -> Image.Image:
    """Return a picture scaled to a width, with a line around it."""
    height = round(picture.height * width / picture.width)
    scaled = picture.resize((width, height), Image.Resampling.LANCZOS)
    ImageDraw.Draw(scaled).rectangle((0, 0, width - 1, height - 1), outline=f"#{FRAME}")
    return scaled


def _draw_cell(
    pen: ImageDraw.ImageDraw, cell: pyte.screens.Char, x: int, y: int, cursor: bool
) -> None:
    ink, paper = _colour(cell.fg, INK), _colour(cell.bg, PAPER)
    if cell.reverse != cursor:
        ink, paper = paper, ink
    width, height = CELL
    wide = bool(cell.data) and ord(cell.data[0]) > 0x2E7F
    if paper != f"#{PAPER}" and cell.data:
        pen.rectangle((x, y, x + width * (2 if wide else 1) - 1, y + height - 1), fill=paper)
    if cell.data and cell.data in "▀▄█▌▐▁▂▃▅▆▇":  # the second half of a wide one is empty
        _draw_block(pen, cell.data, x, y, ink)
    elif cell.data.strip():
        font = _font(wide, cell.bold)
        pen.text((x, y + (-3 if wide else 1)), cell.data, fill=ink, font=font)
    if cell.underscore:
        pen.line((x, y + height - 2, x + width, y + height - 2), fill=ink)
    if cell.strikethrough:
        pen.line((x, y + height // 2, x + width, y + height // 2), fill=ink)


def _draw_block(pen: ImageDraw.ImageDraw, block: str, x: int, y: int, ink: str) -> None:
    """Blocks fill their part of the cell exactly; a font's would leave seams."""
    width, height = CELL
    eighths = {"▁": 1, "▂": 2, "▃": 3, "▄": 4, "▅": 5, "▆": 6, "▇": 7, "█": 8}
    left, top, right, bottom = x, y, x + width - 1, y + height - 1
    if block in eighths:
        top = y + height - height * eighths[block] // 8
    elif block == "▀":
        bottom = y + height // 2 - 1
    elif block == "▌":
        right = x + width // 2 - 1
    elif block == "▐":
        left = x + width // 2
    pen.rectangle((left, top, right, bottom), fill=ink)


def _colour(name: str, default: str) -> str:
    if name == "default":
        return f"#{default}"
    return f"#{NAMED.get(name.removeprefix('bright'), name)}"


@cache
def _font(chinese: bool, bold: bool) -> ImageFont.FreeTypeFont:
    wanted = (CHINESE if chinese else LATIN)[bold]
    for folder in ("/usr/share/fonts/truetype", "/usr/share/fonts/opentype", "/usr/share/fonts"):
        if (path := Path(folder) / wanted).exists():
            return ImageFont.truetype(str(path), SIZE, index=2 if chinese else 0)
    raise SystemExit(f"the font {wanted} is needed; Debian: fonts-dejavu-core, fonts-noto-cjk")
