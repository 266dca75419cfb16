"""Opens and checks the files of a film by PyAV; which frames are copied, which encoded anew.

Runs in the worker.

Frames are counted in slots of the film's frame rate. A copied piece begins at a clean key frame and
ends where no kept frame needs a later one; what is left of a shot at its ends, and each crossfade,
is encoded. Copied and encoded pieces go into one H.264 track: the encoder uses parameter sets of
another id, and the track's header holds both.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import av

from ima_tui.core.input_files import HEAD, sniff
from ima_tui.core.records import dataclass
from ima_tui.film.timeline import CannotAssemble, Film, Shot, largest_within
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


LEAST_COPY = 6
"""Frames; a shorter piece is encoded with its neighbours."""
MOST_PIECE = 240
"""Frames of an encoded piece: at most this much is lost when the program is killed."""
USUAL_FPS = 24
LOWEST_FPS, HIGHEST_FPS = Fraction(239, 10), Fraction(30)


@dataclass(frozen=True, slots=True)
class ShotFacts:
    """What the worker found in a shot's file.

    `begins`: time of the first frame in its file. `rate`: frames per second if they are evenly
    spaced, else 0; `guess`: the nearest usual rate.
    `entries`: frames where copying may begin; `exits`: where it may end. `header`: a digest of the
    decoder's configuration, "" where the stream can't be copied; `alone`: only without encoded
    pieces, whose parameter sets have the same id. `rotation` in degrees.
    """

    digest: str
    width: int
    height: int
    seconds: float
    frames: int
    rate: Fraction
    guess: Fraction
    begins: Fraction = Fraction(0)
    rotation: int = 0
    square: bool = True
    header: str = ""
    alone: bool = False
    entries: tuple[int, ...] = ()
    exits: tuple[int, ...] = ()
    has_sound: bool = False

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as shown."""
        turned = self.rotation % 180 != 0
        return (self.height, self.width) if turned else (self.width, self.height)


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` to `last` (exclusive) of a shot."""

    shot: int
    first: int
    last: int

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.last - self.first


class Copy(Span):
    """Frames of a shot, copied."""


class Encode(Span):
    """Slots of a shot, encoded; beyond its end the last one holds."""


@dataclass(frozen=True, slots=True)
class Crossfade:
    """`frames` slots: of one shot from `first`, fading into the next one from `next_first`."""

    shot: int
    first: int
    next_first: int
    frames: int


Piece = Copy | Encode | Crossfade


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """The whole film: pieces in order, and each shot's place in it, in frames."""

    size: tuple[int, int]
    fps: Fraction
    pieces: tuple[Piece, ...]
    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    fades: tuple[int, ...]
    """Frames of the crossfade after each shot."""
    cropped: bool = False
    """Whether shots of another shape are cropped to the size, else padded."""

    @property
    def frames(self) -> int:
        """Number of frames of the film."""
        return sum(piece.frames for piece in self.pieces)

    @property
    def seconds(self) -> float:
        """Length of the film."""
        return float(self.frames / self.fps)

    @property
    def encoded(self) -> int:
        """Number of frames that are encoded."""
        return sum(p.frames for p in self.pieces if not isinstance(p, Copy))


def plan(film: Film, facts: Sequence[ShotFacts]) -> PicturePlan:
    """Return the plan for a film whose shots have these facts."""
    fps = Fraction(film.fps) if film.fps else _commonest_rate(facts)
    size = film.size if film.size != (0, 0) else _commonest_size(facts)
    width, height = largest_within(size, film.ratio)
    size = (max(2, width // 2 * 2), max(2, height // 2 * 2))
    drawn = film.burned and bool(film.cues)  # then no picture stays as it is
    header = "" if drawn else _commonest_header(facts, size, fps)
    found = _plan(film.shots, facts, size, fps, header)
    if found.encoded and any(each.alone for each in facts if each.header == header):
        found = _plan(film.shots, facts, size, fps, "")
    return replace(found, cropped=film.ratio != (0, 0))


def _plan(
    shots: Sequence[Shot],
    facts: Sequence[ShotFacts],
    size: tuple[int, int],
    fps: Fraction,
    header: str,
) -> PicturePlan:
    ranges = [_range(shot, each, fps) for shot, each in zip(shots, facts, strict=True)]
    fades = _fades(shots, ranges, fps)
    pieces: list[Piece] = []
    starts: list[int] = []
    at = 0
    for number, (first, last) in enumerate(ranges):
        before = fades[number - 1] if number else 0
        starts.append(at - before)
        body = (first + before, last - fades[number])
        copies = bool(header) and _copies(facts[number], size, fps, header)
        pieces += _body(number, body, facts[number], copies=copies)
        if fades[number]:
            next_first = ranges[number + 1][0]
            pieces.append(Crossfade(number, body[1], next_first, fades[number]))
        at += body[1] - body[0] + fades[number]
    lengths = tuple(last - first for first, last in ranges)
    return PicturePlan(size, fps, tuple(pieces), tuple(starts), lengths, tuple(fades))


def slots(seconds: float, fps: Fraction) -> int:
    """Return a time in frames."""
    return round(seconds * fps)


def _range(shot: Shot, facts: ShotFacts, fps: Fraction) -> tuple[int, int]:
    whole = max(1, slots(facts.seconds, fps))
    first = min(slots(shot.start, fps), whole - 1)
    last = min(slots(shot.end, fps), whole) if shot.end else whole
    return first, max(first + 1, last) + slots(shot.hold, fps)


def _fades(shots: Sequence[Shot], ranges: Sequence[tuple[int, int]], fps: Fraction) -> list[int]:
    """Return the crossfade after each shot: never more than half of either shot."""
    found: list[int] = []
    for number, shot in enumerate(shots):
        if number == len(shots) - 1 or shot.fade <= 0:
            found.append(0)
            continue
        least = min(last - first for first, last in ranges[number : number + 2])
        found.append(min(slots(shot.fade, fps), least // 2))
    return found


def _body(
    number: int, body: tuple[int, int], facts: ShotFacts, *, copies: bool
) -> Iterator[Copy | Encode]:
    """Yield the pieces of a shot between its crossfades."""
    first, last = body
    begins = next((at for at in facts.entries if at >= first), last) if copies else last
    ends = max((at for at in facts.exits if at <= last), default=0) if copies else 0
    if ends - begins >= LEAST_COPY:
        yield from _encoded(number, first, begins)
        yield Copy(number, begins, ends)
        yield from _encoded(number, ends, last)
    else:
        yield from _encoded(number, first, last)


def _encoded(number: int, first: int, last: int) -> Iterator[Encode]:
    while first < last:
        until = last if last - first < MOST_PIECE * 3 // 2 else first + MOST_PIECE
        yield Encode(number, first, until)
        first = until


def _commonest_rate(facts: Sequence[ShotFacts]) -> Fraction:
    rates = Counter(each.rate or each.guess for each in facts)
    found = max(rates, key=lambda rate: (rates[rate], rate))
    if LOWEST_FPS <= found <= HIGHEST_FPS:
        return found
    if found > HIGHEST_FPS:
        return found / 2 if LOWEST_FPS <= found / 2 <= HIGHEST_FPS else HIGHEST_FPS
    doubled = next((found * n for n in (2, 3, 4) if LOWEST_FPS <= found * n <= HIGHEST_FPS), None)
    return doubled or Fraction(USUAL_FPS)


def _commonest_size(facts: Sequence[ShotFacts]) -> tuple[int, int]:
    sizes = Counter(each.upright for each in facts)
    return max(sizes, key=lambda size: (sizes[size], size[0] * size[1]))


def _commonest_header(facts: Sequence[ShotFacts], size: tuple[int, int], fps: Fraction) -> str:
    """Return the decoder configuration that saves most encoding, "" for none."""
    frames = Counter[str]()
    for each in facts:
        if each.header and _copies(each, size, fps, each.header):
            frames[each.header] += each.frames
    return max(frames, key=lambda header: (frames[header], header)) if frames else ""


def _copies(facts: ShotFacts, size: tuple[int, int], fps: Fraction, header: str) -> bool:
    same = (facts.width, facts.height) == size and facts.rate == fps and facts.header == header
    return same and facts.square and not facts.rotation
