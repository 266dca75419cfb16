"""Opens and checks the files of a film by PyAV, frame by frame. Runs in the worker."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import av

from ima_tui.core.input_files import HEAD, sniff
from ima_tui.film.pieces import ShotFacts
from ima_tui.film.request import CannotAssemble
from ima_tui.imaging.request import CONTAINERS

MOST_PIXELS = 4096 * 4096
MOST_FRAMES = 216_000
WHOLE = 0.95
"""Share of the frames that a file claims to have; with fewer it is damaged."""
_EVEN = 0.25
"""Share of a frame by which evenly spaced frames may deviate: containers round to their clock."""


def opened(path: str) -> Any:
    """Open a file as what its first bytes show; only local data is read.

    Raises `CannotAssemble`, without telling which shot it is.
    """
    try:
        with Path(path).open("rb") as handle:
            mime = sniff(handle.read(HEAD))
    except OSError as error:
        raise CannotAssemble("film.missing", path=path) from error
    if mime not in CONTAINERS:
        raise CannotAssemble("film.no_media", path=path)
    options = {"protocol_whitelist": "file"}
    return av.open(f"file:{path}", format=CONTAINERS[mime], options=options)


def digest(path: str) -> str:
    """Return the SHA-256 of a file. Raises `CannotAssemble`."""
    try:
        with Path(path).open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise CannotAssemble("film.missing", path=path) from error


def look(path: str, content: str, step: Callable[[], None]) -> ShotFacts:
    """Decode a shot to its end and return its facts; `step` is called for each frame.

    Raises `CannotAssemble` for a file without pictures, or with fewer frames than it claims.
    """
    with opened(path) as container:
        stream = _video(container, path)
        stream.thread_type = "AUTO"
        claimed = stream.frames
        times: list[int] = []
        rotation = 0
        for frame in container.decode(stream):
            if not times:
                rotation = round(getattr(frame, "rotation", 0) or 0)
            if frame.pts is not None:
                times.append(frame.pts)
            if len(times) > MOST_FRAMES:
                raise CannotAssemble("film.too_long", path=path)
            step()
        if not times:
            raise CannotAssemble("film.no_frames", path=path)
        if claimed > 0 and len(times) < claimed * WHOLE:
            raise CannotAssemble("film.damaged", path=path, found=len(times), claimed=claimed)
        base = stream.time_base
        sar = stream.sample_aspect_ratio or Fraction(1)
        has_sound = bool(container.streams.audio)
        guess = stream.guessed_rate or stream.average_rate or Fraction(24)
        width, height, codec = stream.width, stream.height, stream.codec_context.name
        plain = codec == "h264" and stream.pix_fmt == "yuv420p"
    times.sort()
    rate = _even_rate(times, base, guess)
    step_time = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 1 / (guess * base)
    seconds = len(times) / rate if rate else (times[-1] - times[0] + step_time) * base
    copying = _structure(path, rate) if plain and rate else {}
    return ShotFacts(
        content, width, height, float(seconds), len(times), rate, Fraction(guess),
        times[0] * base, rotation, sar in (0, 1), has_sound=has_sound, **copying,
    )  # fmt: skip


def _video(container: Any, path: str) -> Any:
    if not container.streams.video:
        raise CannotAssemble("film.no_pictures", path=path)
    stream = container.streams.video[0]
    if not 0 < stream.width * stream.height <= MOST_PIXELS:
        raise CannotAssemble("film.too_large", path=path)
    return stream


def _even_rate(times: Sequence[int], base: Fraction, guess: Fraction) -> Fraction:
    """Return the frame rate if all frames keep it, else 0."""
    if len(times) < 2 or not guess:
        return Fraction(0)
    rate = Fraction(guess)
    for place, pts in enumerate(times):
        if abs((pts - times[0]) * base * rate - place) > _EVEN:
            return Fraction(0)
    return rate


def _structure(path: str, rate: Fraction) -> dict[str, Any]:
    """Return what `ShotFacts` tells about copying the stream."""
    with opened(path) as container:
        stream = container.streams.video[0]
        extra = bytes(stream.codec_context.extradata or b"")
        if len(extra) < 7 or extra[0] != 1 or extra[4] & 3 != 3:
            return {}
        order = [(number, packet.is_keyframe) for number, packet in numbered(container, rate)]
    entries: list[int] = []
    exits: list[int] = []
    highest = -1
    lowest_after = _lowest_after([number for number, _ in order])
    for place, (number, is_key) in enumerate(order):
        if is_key and number > highest and lowest_after[place] > number:
            entries.append(number)
        highest = max(highest, number)
        if lowest_after[place] > highest and highest == place:
            exits.append(highest + 1)
    return {
        "header": hashlib.sha256(extra).hexdigest(),
        "alone": not _has_first_ids(extra),
        "entries": tuple(entries),
        "exits": tuple(exits),
    }


def _has_first_ids(extra: bytes) -> bool:
    """Tell whether the configuration has one parameter set of each kind, with the id 0."""
    length = int.from_bytes(extra[6:8], "big")
    pictures = 8 + length
    if extra[5] & 31 != 1 or len(extra) < pictures + 5 or extra[pictures] != 1:
        return False
    return bool(extra[8 + 4] & 0x80) and bool(extra[pictures + 4] & 0x80)  # 0 in Exp-Golomb: "1"


def _lowest_after(numbers: Sequence[int]) -> list[int]:
    lowest = list(accumulate(reversed(numbers), min, initial=1 << 60))
    return lowest[-2::-1]


def numbered(container: Any, rate: Fraction) -> Iterator[tuple[int, Any]]:
    """Yield the video packets in decoding order, each with its frame's number."""
    stream = container.streams.video[0]
    first = stream.start_time
    for packet in container.demux(stream):
        if packet.size and packet.pts is not None:
            first = packet.pts if first is None else first
            yield round((packet.pts - first) * stream.time_base * rate), packet


def chained(graph: Any, node: Any, filters: Iterable[str], sink: str) -> Any:
    """Link filters such as `scale=640:360` behind a node of a graph; returns the sink."""
    for each in (*filters, sink):
        name, _, options = each.partition("=")
        added = graph.add(name, options) if options else graph.add(name)
        node.link_to(added)
        node = added
    return node


def pulled(sink: Any) -> Iterator[Any]:
    """Yield the frames that are ready at a sink."""
    while True:
        try:
            yield sink.pull()
        except (BlockingIOError, EOFError):
            return
