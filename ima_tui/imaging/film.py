"""Video decoding by PyAV, if installed: a frame, a strip of frames, or a reel.

Runs in the child.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ima_tui.imaging import still
from ima_tui.imaging.request import (
    MOST_FRAMES,
    CannotShow,
    CountFrames,
    DecodeReply,
    DecodeRequest,
    MediaFacts,
)

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

COUNTING = 8.0
"""Time limit for counting frames; beyond it nothing is said about the file."""
BUDGET = 6.0
"""Time limit for decoding; then the frames found so far are used."""
CONTAINERS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "webm",
    "video/x-msvideo": "avi",
    "video/3gpp": "mp4",
}


def opened(path: str, container: str) -> Any:
    """Open the file with PyAV, as the container that its first bytes show.

    Only local data is read: a disguised playlist must not load anything else. Raises `CannotShow`
    without PyAV.
    """
    try:
        import av
    except ImportError as error:
        raise CannotShow("viewer.no_film") from error
    av.logging.set_level(None)
    return av.open(f"file:{path}", format=container, options={"protocol_whitelist": "file"})


def show(request: DecodeRequest, mime: str) -> DecodeReply:
    """Return one frame, with a strip below it if requested; or a reel. Raises `CannotShow`."""
    with opened(request.path, CONTAINERS[mime]) as container:
        stream = container.streams.video[0]
        still.refuse_too_large(stream.width, stream.height, still.MOST_FRAME)
        stream.thread_type = "NONE"  # threads take memory for every core
        facts = _facts(container, stream, mime)
        if request.reel:
            return _reel(container, stream, facts, request)
        count = request.frames
        if not count:
            size = still.fit(facts.width, facts.height, request.width, request.height)
            (large,) = _at(container, stream, facts.seconds, 1, size)
            return still.reply(large, facts, request.form)
        size = still.with_strip(request, facts)
        small = still.strip_size(request, facts)
        (large,) = _at(container, stream, facts.seconds, 1, size)
        pictures = list(_at(container, stream, facts.seconds, count, small))
        return still.reply(still.contact(large, pictures, request), facts, request.form)


def count(request: CountFrames, mime: str) -> DecodeReply:
    """Return how many frames can be decoded, and how many the file claims to have."""
    if mime not in CONTAINERS:
        raise CannotShow("viewer.broken")
    until, found = time.monotonic() + COUNTING, 0
    with opened(request.path, CONTAINERS[mime]) as container:
        stream = container.streams.video[0]
        still.refuse_too_large(stream.width, stream.height, still.MOST_FRAME)
        stream.thread_type = "NONE"
        facts, claimed = _facts(container, stream, mime), stream.frames
        with suppress(OSError, ValueError):  # how PyAV tells of damage: the rest is missing
            for _ in container.decode(stream):
                found += 1
                if time.monotonic() > until:
                    claimed = 0
                    break
    return DecodeReply(replace(facts, frames=claimed), 0, 0, b"", found)


def _facts(container: Any, stream: Any, mime: str) -> MediaFacts:
    seconds = (container.duration or 0) / 1_000_000
    return MediaFacts(
        "film",
        mime.partition("/")[2].upper(),
        stream.width,
        stream.height,
        seconds,
    )


def _at(
    container: Any,
    stream: Any,
    seconds: float,
    count: int,
    size: tuple[int, int],
) -> Iterator[Picture]:
    """Yield `count` frames, evenly spaced, beginning with the first."""
    until = time.monotonic() + BUDGET
    last: Picture | None = None
    for number in range(count):
        due = seconds * number / count
        if number and time.monotonic() > until and last is not None:
            yield last
            continue
        container.seek(int(due * 1_000_000))
        for frame in container.decode(stream):
            if (frame.time or 0.0) >= due - 0.05 or time.monotonic() > until:
                last = _picture(frame, size)
                break
        if last is None:
            raise CannotShow("viewer.broken")
        yield last


def _reel(container: Any, stream: Any, facts: MediaFacts, request: DecodeRequest) -> DecodeReply:
    size = still.fit(facts.width, facts.height, request.width, request.height)
    until = time.monotonic() + BUDGET
    found: list[Picture] = []
    due = 0.0
    for frame in container.decode(stream):
        if (frame.time or 0.0) + 0.001 < due:
            continue
        found.append(_picture(frame, size))
        due += 1 / request.rate
        if len(found) >= min(request.frames or MOST_FRAMES, MOST_FRAMES):
            break
        if time.monotonic() > until:
            break
    if not found:
        raise CannotShow("viewer.broken")
    return still.reel(found, facts)


def _picture(frame: Any, size: tuple[int, int]) -> Picture:
    picture: Picture = frame.to_image(width=size[0], height=size[1])
    return picture
