"""Writes the film: pieces of one H.264 track, sound, subtitles. Runs in the worker.

What stopped or killed workers left behind is removed: pieces, half films.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ima_tui.core import atomic_file
from ima_tui.core.records import dataclass
from ima_tui.film import source
from ima_tui.film.source import Copy, PicturePlan
from ima_tui.film.timeline import Cue

_ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n"
    "Style: Default,Arial,16\n\n[Events]\nFormat: Layer, Start, End, Style, Text\n"
)


@dataclass(frozen=True, slots=True)
class Part:
    """Frames `first` to `last` of a file's video, as they are."""

    path: str
    first: int
    last: int


def parts_of(plan: PicturePlan, shots: Sequence[str], encoded: Sequence[Path]) -> list[Part]:
    """Return the parts of the film; `encoded` are the files of the encoded pieces in order."""
    files = iter(encoded)
    found: list[Part] = []
    for piece in plan.pieces:
        if isinstance(piece, Copy):
            found.append(Part(shots[piece.shot], piece.first, piece.last))
        else:
            found.append(Part(str(next(files)), 0, piece.frames))
    return found


class FilmFile:
    """One MP4 being written. Packets of video, sound and subtitles may come in any order."""

    def __init__(self, path: Path, plan: PicturePlan, parts: Sequence[Part], comment: str) -> None:
        self._plan = plan
        self._parts = parts
        # packets are written by our times; the muxer would wait for a subtitle that is far away
        self._out: Any = av.open(
            str(path),
            "w",
            format="mp4",
            options={"movflags": "+faststart", "max_interleave_delta": "0"},
        )
        self._out.metadata["comment"] = comment
        self._video = self._video_stream()
        self._delay = max(_delay(part, plan.fps) for part in parts)

    def _video_stream(self) -> Any:
        headers: list[bytes] = []
        first: Any = None
        for path in dict.fromkeys(part.path for part in self._parts):
            with source.opened(path) as container:
                stream = container.streams.video[0]
                extra = bytes(stream.codec_context.extradata or b"")
                if first is None:
                    first = self._out.add_stream_from_template(stream)
                if extra not in headers:
                    headers.append(extra)
        first.codec_context.extradata = merged(headers)
        first.time_base = 1 / self._plan.fps
        return first

    def add_sound(self) -> Any:
        """Add an AAC stream and return it for encoding."""
        stream = self._out.add_stream("aac", rate=48_000)
        stream.bit_rate = 192_000
        stream.layout = "stereo"
        return stream

    def add_subtitles(self, language: str) -> Any:
        """Add a subtitle track."""
        stream = self._out.add_stream("mov_text")
        stream.codec_context.subtitle_header = _ASS.encode()
        stream.time_base = Fraction(1, 1000)
        stream.metadata["language"] = language
        return stream

    def mux(self, packet: Any) -> None:
        """Write a packet of sound or subtitles."""
        self._out.mux(packet)

    def pictures(self, step: Callable[[], None]) -> Iterator[Fraction]:
        """Write the video packet by packet; yields the time in seconds that has been written."""
        tick = 1 / self._plan.fps
        written = 0
        begins = 0
        for part in self._parts:
            with source.opened(part.path) as container:
                for number, packet in source.numbered(container, self._plan.fps):
                    if not part.first <= number < part.last:
                        continue
                    packet.stream = self._video
                    packet.time_base = tick
                    packet.pts = begins + number - part.first
                    packet.dts = written - self._delay
                    packet.duration = 1
                    written += 1
                    self._out.mux(packet)
                    step()
                    yield written * tick
            begins += part.last - part.first

    def close(self) -> None:
        """Finish the file."""
        self._out.close()


def cue_packets(cues: Sequence[Cue], stream: Any) -> Iterator[tuple[Fraction, Any]]:
    """Yield a packet for each subtitle, and an empty one for each pause, with its time."""
    at = 0
    for cue in sorted(cues, key=lambda each: each.start):
        begins, ends = max(at, round(cue.start * 1000)), round(cue.end * 1000)
        if begins > at:
            yield Fraction(at, 1000), _cue_packet("", at, begins, stream)
        yield Fraction(begins, 1000), _cue_packet(cue.text, begins, max(ends, begins + 1), stream)
        at = max(ends, begins + 1)


def _cue_packet(text: str, begins: int, ends: int, stream: Any) -> Any:
    written = text.encode()[:4000]
    packet = av.Packet(len(written).to_bytes(2, "big") + written)
    packet.stream = stream
    packet.time_base = Fraction(1, 1000)
    packet.pts = packet.dts = begins
    packet.duration = ends - begins
    return packet


def _delay(part: Part, fps: Fraction) -> int:
    """Return how many frames decoding has to be ahead of showing."""
    place, most = 0, 0
    with source.opened(part.path) as container:
        for number, _ in source.numbered(container, fps):
            if part.first <= number < part.last:
                most = max(most, place - (number - part.first))
                place += 1
    return most


def merged(headers: Sequence[bytes]) -> bytes:
    """Merge decoder configurations (avcC) with parameter sets of different ids into one."""
    if len(headers) == 1:
        return headers[0]
    split = [_sets(header) for header in headers]
    level = max(header[3] for header in headers)
    first = headers[0]
    found = bytearray(first[:3] + bytes([level]) + first[4:5])
    sequence = list(dict.fromkeys(each for sets, _, _ in split for each in sets))
    pictures = list(dict.fromkeys(each for _, sets, _ in split for each in sets))
    found.append(0xE0 | len(sequence))
    found += b"".join(len(each).to_bytes(2, "big") + each for each in sequence)
    found.append(len(pictures))
    found += b"".join(len(each).to_bytes(2, "big") + each for each in pictures)
    return bytes(found) + split[0][2]


def _sets(header: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """Return the sequence and picture parameter sets of an avcC, and what follows them."""
    sequence, at = _read_sets(header, 6, header[5] & 31)
    pictures, at = _read_sets(header, at + 1, header[at])
    return sequence, pictures, header[at:]


def _read_sets(header: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    found: list[bytes] = []
    for _ in range(count):
        length = int.from_bytes(header[at : at + 2], "big")
        found.append(header[at + 2 : at + 2 + length])
        at += 2 + length
    return found, at


MOST_CACHE = 4_000_000_000
STALE = 7 * 86_400.0
"""Seconds after which pieces of an unfinished film are removed."""


def prune(cache: Path) -> None:
    """Remove what unfinished films left behind: old pieces, and the oldest above the limit."""
    now, size = time.time(), 0
    found = sorted(((path.stat(), path) for path in cache.iterdir() if path.is_file()),
                   key=lambda each: each[0].st_mtime, reverse=True)  # fmt: skip
    for facts, path in found:
        size += facts.st_size
        if size > MOST_CACHE or now - facts.st_mtime > STALE or atomic_file.is_orphan(path):
            path.unlink(missing_ok=True)
