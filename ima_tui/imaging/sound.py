"""Waveforms of sounds: WAV by the standard library, others by PyAV. Runs in the child."""

from __future__ import annotations

import sys
import wave
from array import array
from typing import Any

from ima_tui.imaging import film
from ima_tui.imaging.request import CannotShow, DecodeReply, DecodeRequest, MediaFacts

CONTAINERS = {
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "mp4",
    "audio/wav": "wav",
    "audio/aac": "aac",
}
STRETCHES = 4
"""Samples taken per column, so that an hour reads as fast as a second."""
STRETCH = 400


def show(request: DecodeRequest, mime: str) -> DecodeReply:
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
        channels, depth = source.getnchannels(), source.getsampwidth()
        looks = request.width * STRETCHES
        peaks = []
        for look in range(looks):
            source.setpos(frames * look // looks)
            peaks.append(_peak(source.readframes(STRETCH), depth))
    facts = MediaFacts("sound", "WAV", seconds=frames / rate, rate=rate)
    merged = [max(peaks[i : i + STRETCHES]) for i in range(0, looks, STRETCHES)]
    del channels  # all channels are in the peak
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
        container = film.opened(request.path, CONTAINERS[mime])
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
