"""Abstract scenes: a sky with a sun over hills, a sea, a city or drifting circles.

Palette, scene and positions come from a hash of the prompt, so the same prompt always gives the
same picture. Large plain shapes stay recognisable in a thumbnail of 40 by 20 half blocks.
"""

from __future__ import annotations

import functools
import hashlib
import io
import math
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

Colour = tuple[int, int, int]
Size = tuple[int, int]

# sky above, sky below, light, far, middle, near
PALETTES: tuple[tuple[Colour, ...], ...] = tuple(
    tuple(ImageColor.getrgb(f"#{colour}")[:3] for colour in palette.split())
    for palette in (
        "262262 f68e5f ffe296 844674 542c5c 28183e",
        "56aae2 e2f3fa fff8d6 7eb28c 468860 205842",
        "0c1434 3a5896 ecf0ff 263e6c 182a50 0a142c",
        "fab08c ffe8c8 ec544e d68474 a0545c 5c2e42",
        "145c68 96debe fff4b4 2e8880 186064 0a3642",
        "5c3482 f096c8 ffecf6 965aa8 683a86 381c56",
        "debe78 fceec8 fffff4 c49052 966438 5c3a24",
        "083c46 0aa082 beffd6 085458 063842 041e28",
        "aac8dc f0f4f6 ffffff 96acbe 688096 3a4e64",
        "781028 fa783c ffd65a 8c1e32 5a102a 2c081c",
    )
)
CJK_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)


# words that select the scene (hills, sea, circles, city) or palette; else the hash does
SCENE_WORDS = (
    ("hill", "mountain", "field", "forest", "desert", "valley", "meadow", "garden", "tree", "cat",
     "dog", "fox", "山", "森", "草", "花", "猫", "狗"),
    ("sea", "ocean", "wave", "beach", "lake", "river", "boat", "ship", "lighthouse", "island", "海",
     "湖", "河", "波", "船"),
    ("planet", "abstract", "circle", "bubble", "music", "logo", "pattern", "space", "product", "星",
     "圆", "抽象", "产品"),
    ("city", "town", "street", "skyline", "tokyo", "building", "neon", "robot", "城", "街", "楼"),
)  # fmt: skip
PALETTE_WORDS = {
    0: ("sunset", "dusk", "日落", "黄昏"),
    1: ("morning", "spring", "清晨", "春"),
    2: ("night", "moon", "夜", "月"),
    6: ("desert", "gold", "沙", "金"),
    7: ("neon", "cyber", "霓虹"),
    8: ("snow", "winter", "fog", "雪", "冬", "雾"),
}


@dataclass(frozen=True)
class Caption:
    """Two lines of text under a picture: prompt and settings."""

    prompt: str
    small: str


def picture(
    prompt: str, place: int, size: Size, caption: Caption, inputs: list[bytes]
) -> Image.Image:
    """Paint a picture: the first readable input in the prompt's colours, else a scene."""
    given = next((image for image in map(opened, inputs) if image is not None), None)
    image = scene(prompt, place, size) if given is None else _recoloured(given, prompt, place, size)
    write_caption(image, caption)
    return image


def scene(prompt: str, place: int, size: Size) -> Image.Image:
    """Paint a scene without a caption."""
    dice = dice_of(f"{prompt}/{place}")
    palette = _palette(prompt, place)
    image = _sky(size, palette[0], palette[1])
    draw = ImageDraw.Draw(image)
    first = _named_scene(prompt)
    if first is None:
        first = dice_of(f"{prompt}/0").randrange(4)
    # the outputs of one order get different scenes
    painter = (_hills, _sea, _circles, _city)[(first + place) % 4]
    painter(image, draw, palette, dice)
    return image


def proportions(inputs: list[bytes]) -> float:
    """Return width by height of the first readable input, 0 for none."""
    image = next((image for image in map(opened, inputs) if image is not None), None)
    return image.width / image.height if image is not None else 0.0


def opened(data: bytes) -> Image.Image | None:
    """Open an uploaded picture; None if it is unreadable."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > 40_000_000:
                return None
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def encoded(image: Image.Image, extension: str) -> bytes:
    """Encode a picture as PNG or JPEG."""
    buffer = io.BytesIO()
    if extension == "png":
        image.save(buffer, "PNG", compress_level=4)
    else:
        image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def digest(text: str) -> bytes:
    """Return the hash of a prompt, by which its results differ from others."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def dice_of(text: str) -> random.Random:
    """Return what decides all that is random in a result."""
    return random.Random(digest(text))  # noqa: S311 - a drawing, not a secret


def _palette(prompt: str, place: int) -> tuple[Colour, ...]:
    """Return the prompt's palette; the outputs of one order differ in scene only."""
    text = prompt.lower()
    for number, words in PALETTE_WORDS.items():
        if any(word in text for word in words):
            return PALETTES[number]
    return PALETTES[(digest(prompt)[0] + place // 4) % len(PALETTES)]


def _named_scene(prompt: str) -> int | None:
    """Return the scene whose word comes first in the prompt."""
    text = prompt.lower()
    found = [
        (text.find(word), number)
        for number, words in enumerate(SCENE_WORDS)
        for word in words
        if word in text
    ]
    return min(found)[1] if found else None


def _sky(size: Size, above: Colour, below: Colour) -> Image.Image:
    mask = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, below), Image.new("RGB", size, above), mask)


def _sun(image: Image.Image, centre: tuple[float, float], radius: float, colour: Colour) -> None:
    glow = int(radius * 5)
    mask = ImageOps.invert(Image.radial_gradient("L").resize((glow, glow)))
    # zero where the gradient meets the mask's edges, or its square would show
    mask = mask.point([max(0, value - 78) ** 2 * 140 // 177**2 for value in range(256)])
    corner = (int(centre[0] - glow / 2), int(centre[1] - glow / 2))
    image.paste(Image.new("RGB", (glow, glow), colour), corner, mask)
    x, y = centre
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _ridge(size: Size, base: float, swing: float, dice: random.Random) -> list[tuple[float, float]]:
    """Return a hill line as a polygon: a few sines over a base, closed along the lower edge."""
    width, height = size
    waves = [
        (dice.uniform(0.6, 3.2), dice.uniform(0, math.tau), dice.uniform(0.4, 1)) for _ in "abc"
    ]
    points: list[tuple[float, float]] = [(0, height)]
    for step in range(65):
        x = step / 64
        rise = sum(weight * math.sin(x * turns * math.tau + at) for turns, at, weight in waves)
        points.append((x * width, height * (base - swing * rise / 3)))
    return [*points, (width, height)]


def _hills(
    image: Image.Image, draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], dice: random.Random
) -> None:
    width, height = image.size
    centre = (width * dice.uniform(0.2, 0.8), height * dice.uniform(0.22, 0.42))
    _sun(image, centre, min(width, height) * dice.uniform(0.08, 0.14), palette[2])
    for base, colour in zip((0.55, 0.68, 0.8), palette[3:], strict=True):
        draw.polygon(_ridge(image.size, base, dice.uniform(0.08, 0.16), dice), fill=colour)


def _sea(
    image: Image.Image, draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], dice: random.Random
) -> None:
    width, height = image.size
    horizon = height * dice.uniform(0.5, 0.6)
    x = width * dice.uniform(0.3, 0.7)
    radius = min(width, height) * dice.uniform(0.12, 0.18)
    _sun(image, (x, horizon - radius * dice.uniform(0.1, 0.9)), radius, palette[2])
    draw.rectangle((0, horizon, width, height), fill=palette[4])
    step = max(4.0, height * 0.035)
    for row in range(int((height - horizon) / step) + 1):
        y = horizon + row * step
        reach = radius * (1.1 - row * 0.035) * dice.uniform(0.5, 1.0)
        if reach > 0:
            draw.rectangle((x - reach, y, x + reach, y + step * 0.35), fill=palette[2])
        wave = x + width * dice.uniform(-0.7, 0.7)
        draw.rectangle((wave, y + step / 2, wave + width * 0.12, y + step * 0.7), fill=palette[3])


def _circles(
    image: Image.Image, draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], dice: random.Random
) -> None:
    width, height = image.size
    side = min(width, height)
    for turn in range(9):
        radius = side * dice.uniform(0.08, 0.3) * (1 - turn * 0.06)
        x, y = width * dice.random(), height * dice.uniform(0.05, 0.8)
        colour = palette[2 + turn % 4]
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        inner = radius * 0.55
        draw.ellipse(
            (x - inner, y - inner, x + inner, y + inner), fill=palette[(turn * 3) % len(palette)]
        )


def _city(
    image: Image.Image, draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], dice: random.Random
) -> None:
    width, height = image.size
    centre = (width * dice.uniform(0.15, 0.85), height * dice.uniform(0.15, 0.35))
    _sun(image, centre, min(width, height) * 0.1, palette[2])
    for layer, base in ((3, 0.45), (4, 0.55), (5, 0.66)):
        x = -width * 0.05
        while x < width:
            wide = width * dice.uniform(0.06, 0.13)
            top = height * (base - dice.uniform(-0.05, 0.17))
            draw.rectangle((x, top, x + wide, height), fill=palette[layer])
            pane = wide / 5
            for row in range(1, 9):
                for column in (1, 3):
                    if layer == 5 and dice.random() < 0.35:
                        left, upper = x + column * pane, top + row * pane * 1.6
                        draw.rectangle((left, upper, left + pane, upper + pane), fill=palette[2])
            x += wide * dice.uniform(1.0, 1.25)


def _recoloured(image: Image.Image, prompt: str, place: int, size: Size) -> Image.Image:
    """Paint the input picture, fitted and tinted in the prompt's palette."""
    palette = _palette(prompt, place)
    fitted = ImageOps.fit(image, size)
    washed = ImageOps.colorize(ImageOps.grayscale(fitted), palette[5], palette[2], palette[3])
    return Image.blend(fitted, washed, 0.45)


def write_caption(image: Image.Image, caption: Caption) -> None:
    """Darken a band along the lower edge and write the caption into it."""
    width, height = image.size
    large, small = max(11, height // 26), max(9, height // 38)
    band = int(large * 1.4 + small * 1.9)
    box = (0, height - band, width, height)
    image.paste(image.crop(box).point([value // 3 for value in range(256)] * 3), box)
    left = max(6, width // 60)
    for text, size, top in (
        (caption.prompt, large, height - band + large // 5),
        (caption.small, small, height - band + int(large * 1.45)),
    ):
        image.paste((245, 245, 245), (left, top), _line(text, size, width - 2 * left))


@functools.lru_cache(maxsize=4)
def _line(text: str, size: int, room: int) -> Image.Image:
    """Return one line as a mask, cut to the room. Glyphs a font lacks appear as boxes.

    All frames of a film have the same.
    """
    font = _font(size)
    mask = Image.new("L", (max(1, room), size * 2))
    draw = ImageDraw.Draw(mask)
    text = "".join(letter if letter.isprintable() else " " for letter in text[:300]).strip()
    if not isinstance(font, ImageFont.FreeTypeFont):
        text = text.encode("latin-1", "replace").decode("latin-1")
    text = text.encode("utf-8", "replace").decode("utf-8")
    shown = text
    while shown and draw.textlength(shown, font=font) > room:
        text = text[: max(0, int(len(text) * 0.9) - 1)]
        shown = f"{text}..." if text else ""
    draw.text((0, 0), shown, font=font, fill=255)
    return mask


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font with Chinese glyphs where the system has one, else Pillow's own."""
    for path in CJK_FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, size)
    return ImageFont.load_default(size)
