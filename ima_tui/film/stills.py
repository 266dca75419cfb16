"""Writes one frame of a video, or a picture, cropped where wished. Runs in the worker."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ima_tui.core.input_files import HEAD, sniff
from ima_tui.film import timeline
from ima_tui.film.request import CannotAssemble, StillJob

if TYPE_CHECKING:
    from PIL import Image

_LATE = 3.0
"""Seconds before the end from where the last frame is looked for."""
_TURNS = (90, 180, 270)
_PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_ENDINGS = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_QUALITY = 95
MOST_PIXELS = 100_000_000


def write(job: StillJob) -> dict[str, object]:
    """Write the picture and return its facts. Raises `CannotAssemble`.

    Its format follows the name: JPEG, WebP, else PNG.
    """
    target = Path(job.target)
    if target.exists() and not job.replace:
        raise CannotAssemble("film.exists", path=job.target)
    image, at = _image(job)
    image = _cropped(image, job.ratio)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    kind = _ENDINGS.get(target.suffix.lower(), "PNG")
    try:
        kept = image.convert("RGB") if kind == "JPEG" else image
        kept.save(beside, kind, **({} if kind == "PNG" else {"quality": _QUALITY}))
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return {"path": job.target, "width": image.width, "height": image.height, "at": round(at, 3)}


def _image(job: StillJob) -> tuple[Image.Image, float]:
    """Return the picture, or the frame of a video with its time in seconds."""
    try:
        with Path(job.file).open("rb") as handle:
            kind = _PICTURES.get(sniff(handle.read(HEAD)))
    except OSError as error:
        raise CannotAssemble("film.missing", path=job.file, shot=1) from error
    return (_picture(job.file, kind), 0.0) if kind is not None else _still(job)


def _picture(path: str, kind: str) -> Image.Image:
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=(kind,)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise CannotAssemble("film.too_large", path=path, shot=1)
            return ImageOps.exif_transpose(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise CannotAssemble("film.damaged_file", path=path, shot=1) from error


def _still(job: StillJob) -> tuple[Image.Image, float]:
    import av

    av.logging.set_level(None)
    try:
        found, at, rotation = _frame(job.file, job.at)
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        raise CannotAssemble("film.damaged_file", path=job.file, shot=1) from error
    image: Image.Image = found.to_image()
    turned = rotation % 360 in _TURNS
    return (image.rotate(rotation % 360, expand=True) if turned else image), at


def _frame(path: str, at: float) -> tuple[Any, float, int]:
    """Return a frame, its time in seconds, and its rotation."""
    from ima_tui.film import source

    with source.opened(path) as container:
        if not container.streams.video:
            raise CannotAssemble("film.no_pictures", path=path)
        stream = container.streams.video[0]
        begins = (stream.start_time or 0) * stream.time_base
        length = (container.duration or 0) / 1_000_000
        if at > length + 1:
            raise CannotAssemble("film.beyond", path=path, at=f"{at:g}", seconds=f"{length:.1f}")
        near = length - _LATE if at < 0 else at - 0.05
        found = _search(container, stream, begins, near, at)
        if found is None:  # the search began behind the last frame
            found = _search(container, stream, begins, 0.0, at)
        if found is None:
            raise CannotAssemble("film.no_frames", path=path)
        return found


def _search(
    container: Any, stream: Any, begins: Any, near: float, at: float
) -> tuple[Any, float, int] | None:
    container.seek(int((max(0.0, near) + float(begins)) / stream.time_base), stream=stream)
    found: Any = None
    reached = 0.0
    for frame in container.decode(stream):
        if frame.pts is None:
            continue
        here = float(frame.pts * stream.time_base - begins)
        if found is not None and 0 <= at < here - 0.001:
            break
        found, reached = frame, here
    if found is None:
        return None
    return found, reached, round(getattr(found, "rotation", 0) or 0)


def _cropped(image: Any, ratio: tuple[int, int]) -> Any:
    """Return the largest centred part with these proportions."""
    width, height = timeline.largest_within(image.size, ratio)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))
