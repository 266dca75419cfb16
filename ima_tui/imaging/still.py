"""Image decoding by Pillow: open, scale, convert to the requested form. Runs in the child."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from functools import cache

from PIL import Image, ImageOps

from ima_tui.imaging.request import (
    MOST_PIXELS,
    CannotShow,
    DecodeReply,
    DecodeRequest,
    MediaFacts,
    OutputForm,
)

FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
MOST_FRAME = 40_000_000
"""Maximum pixels in one video frame; 8K has 33 million."""
ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
ORIENTATION = 0x0112
"""The EXIF tag of the camera's orientation."""
LYING = (5, 6, 7, 8)
"""Orientations that swap width and height."""
COLOURS = 192
"""Number of colours of a sixel image."""
GAP = 2
"""Pixels between the frames of a strip."""

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
MOST_WHOLE = 40_000_000
"""Pixels of a preview that is decoded whole: 300 MB at most."""
warnings.simplefilter("error", Image.DecompressionBombWarning)


@cache
def knows_heif() -> bool:
    """Tell whether the optional library for HEIC photos is installed, and register it."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.options.DECODE_THREADS = 1
    pillow_heif.register_heif_opener(thumbnails=False)
    return True


def opened(path: str, *more: str) -> Image.Image:
    """Open the image, not decoded yet. Raises `CannotShow` for one that is too large."""
    formats = (*FORMATS, *more)
    picture = Image.open(path, formats=[name for name in formats if _is_known(name)])
    try:
        # a JPEG is decoded at reduced size; others need memory for every pixel
        refuse_too_large(*picture.size, MOST_PIXELS if picture.format == "JPEG" else MOST_WHOLE)
    except CannotShow:
        picture.close()
        raise
    return picture


def _is_known(name: str) -> bool:
    """Tell whether this Pillow knows the format; some are built without AVIF."""
    Image.init()
    return name in Image.OPEN


def show(request: DecodeRequest) -> DecodeReply:
    """Return the picture; of an animation the requested frames. Raises `CannotShow`."""
    with opened(request.path) as picture:
        turn = picture.getexif().get(ORIENTATION, 1)
        width, height = picture.size[::-1] if turn in LYING else picture.size
        frames = getattr(picture, "n_frames", 1)
        facts = MediaFacts("picture", picture.format or "", width, height)
        if frames > 1 and picture.format in ANIMATED:
            return _animation(picture, frames, facts, request)
        box = _box(request.crop, width, height)
        size = fit(box[2] - box[0], box[3] - box[1], request.width, request.height)
        if request.crop == (0.0, 0.0, 1.0, 1.0):
            # decodes a large JPEG at reduced size
            picture.draft("RGB", size[::-1] if turn in LYING else size)
            small = _scaled(picture, size[::-1] if turn in LYING else size, request.background)
            small.getexif()[ORIENTATION] = turn
            return reply(ImageOps.exif_transpose(small), facts, request.form)
        image = ImageOps.exif_transpose(picture).crop(box)
        return reply(_scaled(image, size, request.background), facts, request.form)


def refuse_too_large(width: int, height: int, most: int = MOST_PIXELS) -> None:
    """Raise `CannotShow` above the maximum number of pixels."""
    if width * height > most:
        raise CannotShow("viewer.too_big")


def fit(width: int, height: int, most_wide: int, most_high: int) -> tuple[int, int]:
    """Return the largest size with these proportions that fits."""
    scale = min(most_wide / max(1, width), most_high / max(1, height))
    return (
        max(1, min(most_wide, round(width * scale))),
        max(1, min(most_high, round(height * scale))),
    )


def _box(
    crop: tuple[float, float, float, float], width: int, height: int
) -> tuple[int, int, int, int]:
    left, top, right, bottom = crop
    x, y = int(left * width), int(top * height)
    return x, y, max(x + 1, round(right * width)), max(y + 1, round(bottom * height))


def _scaled(image: Image.Image, size: tuple[int, int], ground: str) -> Image.Image:
    """Return `image` in RGB at `size`, over the background."""
    if "transparency" in image.info or image.mode not in ("RGB", "RGBA", "L", "LA"):
        image = image.convert("RGBA")
    small = _nearly(image, size).resize(size, reducing_gap=2.0)
    if small.mode not in ("RGBA", "LA"):
        return small.convert("RGB")
    below = Image.new("RGBA", size, ground)
    below.alpha_composite(small.convert("RGBA"))
    return below.convert("RGB")


def _nearly(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Reduce a large image by bands, because Pillow copies one with transparency to resize it."""
    factor = min(image.width // (3 * size[0]), image.height // (3 * size[1]))
    if factor < 2 or image.mode not in ("RGBA", "LA"):
        return image
    band = factor * 32
    smaller = Image.new(image.mode, (-(-image.width // factor), -(-image.height // factor)))
    for top in range(0, image.height, band):
        box = (0, top, image.width, min(image.height, top + band))
        smaller.paste(image.crop(box).reduce(factor), (0, top // factor))
    return smaller


def _animation(
    opened: Image.Image, frames: int, facts: MediaFacts, request: DecodeRequest
) -> DecodeReply:
    opened.load()  # WebP has a frame's duration only then
    length = float(opened.info.get("duration", 100) or 100) / 1000 * frames
    facts = MediaFacts("film", facts.format, facts.width, facts.height, round(length, 2))
    size = fit(facts.width, facts.height, request.width, request.height)
    if request.reel:
        count = max(1, min(request.frames or frames, frames, round(length * request.rate)))
        return reel(
            [_frame(opened, at, frames, count, size, request) for at in range(count)], facts
        )
    if request.frames:
        size = with_strip(request, facts)
    large = _frame(opened, 0, frames, 1, size, request)
    if count := request.frames:
        small = strip_size(request, facts)
        pictures = [_frame(opened, at, frames, count, small, request) for at in range(count)]
        large = contact(large, pictures, request)
    return reply(large, facts, request.form)


def _frame(
    opened: Image.Image,
    at: int,
    frames: int,
    count: int,
    size: tuple[int, int],
    request: DecodeRequest,
) -> Image.Image:
    opened.seek(min(frames - 1, at * frames // count))
    return _scaled(opened, size, request.background)


# ------------------------------------------------------------------- videos as one picture

STRIP_SHARE = 4
"""The strip takes this fraction (one part in …) of the height."""


def strip_size(request: DecodeRequest, facts: MediaFacts) -> tuple[int, int]:
    """Return the size of each small frame, in pixels."""
    wide = max(1, (request.width - GAP * (request.frames - 1)) // max(1, request.frames))
    return fit(facts.width, facts.height, wide, max(2, request.height // STRIP_SHARE))


def with_strip(request: DecodeRequest, facts: MediaFacts) -> tuple[int, int]:
    """Return the size of the large frame above a strip, in pixels."""
    high = max(2, request.height - strip_size(request, facts)[1] - GAP)
    return fit(facts.width, facts.height, request.width, high)


def contact(
    large: Image.Image, small: Sequence[Image.Image], request: DecodeRequest
) -> Image.Image:
    """Return the large frame with the strip below it."""
    strip_wide = sum(image.width for image in small) + GAP * (len(small) - 1)
    wide = max(large.width, strip_wide)
    high = large.height + GAP + max(image.height for image in small)
    sheet = Image.new("RGB", (wide, high), request.background)
    sheet.paste(large, ((wide - large.width) // 2, 0))
    x = (wide - strip_wide) // 2
    for image in small:
        sheet.paste(image, (x, large.height + GAP))
        x += image.width + GAP
    return sheet


def reel(pictures: Sequence[Image.Image], facts: MediaFacts) -> DecodeReply:
    """Return frames of one size, one after the other."""
    data = b"".join(image.tobytes() for image in pictures)
    return DecodeReply(facts, pictures[0].width, pictures[0].height, data, len(pictures))


# -------------------------------------------------------------------------------------------- forms


def reply(image: Image.Image, facts: MediaFacts, form: OutputForm) -> DecodeReply:
    """Return `image` (RGB) in the requested form."""
    match form:
        case OutputForm.RGB:
            data = image.tobytes()
        case OutputForm.FEW:
            data = _in_few_colours(image).tobytes()
        case OutputForm.DOTS:
            grey = ImageOps.autocontrast(image.convert("L"), cutoff=1)
            data = grey.convert("1").convert("L").tobytes()
        case OutputForm.SIXEL:
            data = _sixel(image)
        case OutputForm.PNG | OutputForm.JPEG:
            buffer = io.BytesIO()
            image.save(buffer, form.value, **({"quality": 88} if form is OutputForm.JPEG else {}))
            data = buffer.getvalue()
    return DecodeReply(facts, image.width, image.height, data)


def _sixel(image: Image.Image) -> bytes:
    found = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    flat = image.quantize(palette=found, dither=Image.Dither.FLOYDSTEINBERG)
    raw = flat.getpalette() or []
    palette = [(raw[i], raw[i + 1], raw[i + 2]) for i in range(0, len(raw) - 2, 3)]
    return encode_sixel(flat.tobytes(), palette, flat.width, flat.height)


def _in_few_colours(image: Image.Image) -> Image.Image:
    """Dither at half strength, between the bands of no dithering and the noise of full."""
    nearest = image.quantize(palette=_palette(), dither=Image.Dither.NONE).convert("RGB")
    halfway = Image.blend(nearest, image, 0.5)
    return halfway.quantize(palette=_palette()).convert("RGB")


@cache
def _palette() -> Image.Image:
    """Return the 216 colours and 24 greys of 256-colour terminals."""
    steps = (0, 95, 135, 175, 215, 255)
    colours = [(r, g, b) for r in steps for g in steps for b in steps]
    colours += [(grey, grey, grey) for grey in range(8, 248, 10)]
    image = Image.new("P", (1, 1))
    image.putpalette([part for colour in colours for part in colour])
    return image


BAND = 6
_CHARACTERS = bytes(63 + value if value < 64 else 63 for value in range(256))
_RUN = re.compile(rb"(.)\1{3,}", re.DOTALL)


def encode_sixel(
    pixels: bytes, palette: Sequence[tuple[int, int, int]], width: int, height: int
) -> bytes:
    """Return a picture as sixels (DEC STD 070), from DCS to ST.

    `pixels` are indices into `palette`, row by row. Bands have six rows, with one pass per colour;
    every step over pixels is one call into C: rows are translated to bits and joined as integers.
    """
    parts = [b'\x1bP0;1;0q"1;1;%d;%d' % (width, height)]
    parts += [_sixel_register(index, palette[index]) for index in sorted(set(pixels))]
    for top in range(0, height, BAND):
        rows = [pixels[y * width : (y + 1) * width] for y in range(top, min(top + BAND, height))]
        parts.append(
            b"$".join(_sixel_pass(rows, colour, width) for colour in sorted(set(b"".join(rows))))
        )
        parts.append(b"-")
    parts[-1] = b"\x1b\\"
    return b"".join(parts)


def _sixel_register(index: int, colour: tuple[int, int, int]) -> bytes:
    red, green, blue = (round(part * 100 / 255) for part in colour)
    return b"#%d;2;%d;%d;%d" % (index, red, green, blue)


def _sixel_pass(rows: Sequence[bytes], colour: int, width: int) -> bytes:
    """Encode one colour of one band."""
    bits = 0
    for number, row in enumerate(rows):
        if colour in row:
            bits |= int.from_bytes(row.translate(_sixel_bit(colour, number)), "big")
    line = bits.to_bytes(width, "big").translate(_CHARACTERS).rstrip(b"?")
    return b"#%d%b" % (colour, _RUN.sub(lambda run: b"!%d%b" % (len(run[0]), run[1]), line))


@cache
def _sixel_bit(colour: int, number: int) -> bytes:
    """Return the table that maps `colour` to its bit in row `number` of a band, all others to 0."""
    table = bytearray(256)
    table[colour] = 1 << number
    return bytes(table)
