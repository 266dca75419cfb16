"""Video and sound decoding: a frame, a strip of frames, a reel; waveforms. Runs in the child.

By PyAV, if installed; WAV by the standard library.
"""

from __future__ import annotations

import sys
import time
import wave
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ima_tui.imaging import still
from ima_tui.imaging.request import (
    CONTAINERS,
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
        size = still.fit(facts.width, facts.height, request.width, request.height)
        if request.frames:
            size = still.with_strip(request, facts)
        (large,) = _at(container, stream, facts.seconds, 1, size)
        if request.frames:
            small = still.strip_size(request, facts)
            pictures = list(_at(container, stream, facts.seconds, request.frames, small))
            large = still.contact(large, pictures, request)
        return still.reply(large, facts, request.form)


def count(request: CountFrames, mime: str) -> DecodeReply:
    """Return how many frames can be decoded, and how many the file claims to have."""
    if not mime.startswith("video/"):
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
        is_enough = len(found) >= min(request.frames or MOST_FRAMES, MOST_FRAMES)
        if is_enough or time.monotonic() > until:
            break
    if not found:
        raise CannotShow("viewer.broken")
    return still.reel(found, facts)


def _picture(frame: Any, size: tuple[int, int]) -> Picture:
    picture: Picture = frame.to_image(width=size[0], height=size[1])
    return picture


STRETCHES = 4
"""Samples taken per column, so that an hour reads as fast as a second."""
STRETCH = 400


def show_sound(request: DecodeRequest, mime: str) -> DecodeReply:
    """Return `request.width` peaks. Raises `CannotShow`."""
    if mime == "audio/wav":
        try:
            return _wav(request)
        except wave.Error:
            pass  # floating point or compressed: PyAV reads these
    return _other(request, mime)


def _wav(request: DecodeRequest) -> DecodeReply:
    with wave.open(request.path, "rb") as source:
        frames, rate = source.getnframes(), source.getframerate()
        if not frames or not rate:
            raise CannotShow("viewer.broken")
        depth, looks = source.getsampwidth(), request.width * STRETCHES  # all channels are one
        peaks = []
        for look in range(looks):
            source.setpos(frames * look // looks)
            peaks.append(_peak(source.readframes(STRETCH), depth))
    facts = MediaFacts("sound", "WAV", seconds=frames / rate, rate=rate)
    merged = [max(peaks[i : i + STRETCHES]) for i in range(0, looks, STRETCHES)]
    return _reply(facts, merged)


def _peak(data: bytes, depth: int) -> float:
    if depth == 1:
        return max((abs(byte - 128) / 128 for byte in data), default=0.0)
    if depth == 3:
        data = b"".join(data[i + 1 : i + 3] for i in range(0, len(data) - 2, 3))
        depth = 2
    samples = array("h" if depth == 2 else "i")
    samples.frombytes(data[: len(data) // depth * depth])
    if sys.byteorder == "big":
        samples.byteswap()
    limit = float(1 << (depth * 8 - 1))
    return max(max(samples), -min(samples)) / limit if samples else 0.0


def _other(request: DecodeRequest, mime: str) -> DecodeReply:
    try:
        container = opened(request.path, CONTAINERS[mime])
    except CannotShow as error:
        raise CannotShow("viewer.no_sound") from error
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=8000)
    with container:
        stream = container.streams.audio[0]
        seconds = (container.duration or 0) / 1_000_000
        facts = MediaFacts(
            "sound", mime.partition("/")[2].upper(), seconds=seconds, rate=stream.rate
        )
        peaks = [
            _loudest(container, stream, resampler, seconds * column / request.width)
            for column in range(request.width)
        ]
    return _reply(facts, peaks)


def _loudest(container: Any, stream: Any, resampler: Any, at: float) -> float:
    """Return the peak of a short section from `at`, in seconds."""
    container.seek(int(at * 1_000_000))
    loudest = 0.0
    for number, frame in enumerate(container.decode(stream)):
        for part in resampler.resample(frame):
            loudest = max(loudest, _peak(bytes(part.planes[0])[: part.samples * 2], 2))
        if number >= 2:
            break
    return loudest


def _reply(facts: MediaFacts, peaks: list[float]) -> DecodeReply:
    top = max(peaks, default=0.0) or 1.0
    data = bytes(min(255, round(peak / top * 255)) for peak in peaks)
    return DecodeReply(facts, len(data), 1, data)
