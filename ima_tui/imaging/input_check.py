"""Full decoding of input files, and conversion for models that don't accept their format.

In the child.
"""

from __future__ import annotations

import io
import time
from contextlib import suppress
from typing import Any

from PIL import Image, ImageCms, ImageOps

from ima_tui.imaging import file_headers, film, still
from ima_tui.imaging.request import (
    CONTAINERS,
    MOST_ANSWER,
    CannotShow,
    Check,
    DecodeReply,
    MediaFacts,
)

BUDGET = 20.0
"""Time limit for the frames of one video; after that only its packets are read."""
MOST_SENT = 50_000_000
"""Maximum pixels of a converted image; no model makes as many."""
MOST_LOSSLESS = 16_000_000
"""Pixels above which an image becomes a JPEG."""
MOST_ANIMATION = 400_000_000
"""Maximum decoded pixels of all frames of one animation."""
_RAW_TAGS = (50706, 33421)
"""TIFF tags that only camera raw files have: DNG version, colour filter array."""
_SUBFILE = 254


def check(request: Check, mime: str) -> DecodeReply:
    """Decode the file to its end, or convert it. Raises `CannotShow`."""
    try:
        if mime.startswith("image/"):
            return _convert(request, mime) if request.convert_to else _image(request.path, mime)
        if request.convert_to:
            raise CannotShow("viewer.broken")
        file_headers.check(request.path, mime)
        return DecodeReply(_film_or_sound(request.path, mime), 0, 0, b"")
    except MemoryError as error:
        raise CannotShow("error.input_memory") from error


def _opened(path: str, mime: str) -> Image.Image:
    if mime in ("image/heic", "image/heif"):
        if not still.knows_heif():
            raise CannotShow("error.input_heif")
        return still.opened(path, "HEIF")
    opened = still.opened(path)
    if opened.format == "TIFF" and _is_raw(opened):
        opened.close()
        raise CannotShow("error.input_raw")
    return opened


def _is_raw(opened: Image.Image) -> bool:
    tags: Any = getattr(opened, "tag_v2", {})
    return any(tag in tags for tag in _RAW_TAGS) or bool(tags.get(_SUBFILE, 0) & 1)


def _image(path: str, mime: str) -> DecodeReply:
    if mime == "image/jpeg":
        file_headers.check_jpeg(path)
    if mime == "image/png":
        with still.opened(path) as opened:
            opened.verify()  # checksums, which decoding ignores
    with _opened(path, mime) as opened:
        facts = _facts(opened)
        if opened.format in ("JPEG", "MPO"):
            # reads all data with less memory
            opened.draft("RGB", (max(1, opened.width // 8), max(1, opened.height // 8)))
        opened.load()
        if opened.format in still.ANIMATED and facts.frames > 1:
            _load_frames(opened, facts)
    return DecodeReply(facts, 0, 0, b"")


def _load_frames(opened: Image.Image, facts: MediaFacts) -> None:
    most = max(1, MOST_ANIMATION // max(1, facts.width * facts.height))
    for number in range(1, min(facts.frames, most)):
        opened.seek(number)
        opened.load()


def _facts(opened: Image.Image) -> MediaFacts:
    width, height = opened.size
    turn = opened.getexif().get(still.ORIENTATION, 1)
    if turn in still.LYING:
        width, height = height, width
    frames = int(getattr(opened, "n_frames", 1))
    deep = any(";16" in str(tile[3]) for tile in getattr(opened, "tile", ())) or opened.mode[
        :1
    ] in ("I", "F")
    plain = turn in (0, 1) and frames == 1 and not deep and opened.mode not in ("CMYK", "LAB")
    alpha = "A" in opened.mode or "a" in opened.mode or "transparency" in opened.info
    shown = frames if opened.format in (*still.ANIMATED, "TIFF") else 1
    return MediaFacts(
        "picture", opened.format or "", width, height, frames=shown, plain=plain, alpha=alpha
    )


# -------------------------------------------------------------------------------------- conversion


def _convert(request: Check, mime: str) -> DecodeReply:
    with _opened(request.path, mime) as opened:
        facts = _facts(opened)
        pixels = opened.width * opened.height
        if pixels > MOST_SENT and opened.format in ("JPEG", "MPO"):
            opened.draft("RGB", (-(-opened.width // 2), -(-opened.height // 2)))
        profile = opened.info.get("icc_profile")
        opened.load()
        image = ImageOps.exif_transpose(_in_eight_bits(opened, profile))
    if opened.mode == "CMYK":
        profile = None
    if image.width * image.height > MOST_SENT:
        image = image.reduce(2)
    image.info.clear()  # removes location, camera and comments
    target = request.convert_to
    if target == "image/png" and pixels > MOST_LOSSLESS and request.may_be_jpeg:
        target = "image/jpeg"
    data = _encoded(image, target, profile, min(request.most or MOST_ANSWER, MOST_ANSWER))
    sent = MediaFacts("picture", target, image.width, image.height, frames=facts.frames)
    return DecodeReply(sent, image.width, image.height, data)


def _in_eight_bits(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to 8 bits: RGB, RGBA or grey."""
    if image.mode == "CMYK":
        with suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            if profile:
                source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
                target = ImageCms.createProfile("sRGB")
                found = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
                if found is not None:
                    return found
        return image.convert("RGB")
    if image.mode[:1] == "I":
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode == "L" else image.convert("RGB")


def _encoded(image: Image.Image, mime: str, profile: bytes | None, most: int) -> bytes:
    """Encode the image in at most `most` bytes. Raises `CannotShow` where that is impossible."""
    more: dict[str, Any] = {"icc_profile": profile} if profile else {}
    if mime == "image/png":
        attempts: list[dict[str, Any]] = [{"format": "PNG", "compress_level": 4}]
    elif mime == "image/webp":
        attempts = [{"format": "WEBP", "quality": 95}, {"format": "WEBP", "quality": 85}]
    else:
        image = _on_white(image)
        attempts = [{"format": "JPEG", "quality": q, "subsampling": 0} for q in (95, 90, 80)]
    for settings in attempts:
        sink = io.BytesIO()
        image.save(sink, **settings, **more)
        if sink.tell() <= most:
            return sink.getvalue()
    raise CannotShow("error.input_large")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    below = Image.new("RGBA", image.size, "white")
    below.alpha_composite(image)
    return below.convert("RGB")


# ------------------------------------------------------------------------------- films and sounds


def _film_or_sound(path: str, mime: str) -> MediaFacts:
    container_name = CONTAINERS.get(mime)
    if container_name is None:
        raise CannotShow("viewer.broken")
    try:
        container = film.opened(path, container_name)
    except CannotShow:  # without PyAV: use the headers
        return MediaFacts("film" if mime.startswith("video/") else "sound",
                     seconds=file_headers.seconds(path, mime))  # fmt: skip
    with container:
        return _decoded(container, mime)


def _decoded(container: Any, mime: str) -> MediaFacts:
    """Read every packet; decode every key frame of a video, all of a sound."""
    is_film = mime.startswith("video/")
    streams = container.streams.video if is_film else container.streams.audio
    if not streams:
        raise CannotShow("viewer.broken")
    stream = streams[0]
    stream.thread_type = "NONE"
    if is_film:
        still.refuse_too_large(stream.width, stream.height, still.MOST_FRAME)
        stream.codec_context.skip_frame = "NONKEY"
    until = time.monotonic() + BUDGET
    frames, last = 0, 0.0
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise CannotShow("viewer.broken")
        if packet.pts is not None and packet.time_base is not None:
            last = max(last, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if not frames or time.monotonic() < until:
            frames += len(packet.decode())
    if not frames:
        raise CannotShow("viewer.broken")
    told = (container.duration or 0) / 1_000_000
    return MediaFacts(
        "film" if is_film else "sound",
        mime.partition("/")[2].upper(),
        stream.width if is_film else 0,
        stream.height if is_film else 0,
        told or last,
    )
