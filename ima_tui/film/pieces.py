"""Plan of a film's pictures: which frames are copied as they are, which are encoded anew.

Frames are counted in slots of the film's frame rate. A copied piece begins at a clean key frame and
ends where no kept frame needs a later one; what is left of a shot at its ends, and each crossfade,
is encoded. Copied and encoded pieces go into one H.264 track: the encoder uses parameter sets of
another id, and the track's header holds both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from ima_tui.core.records import dataclass
from ima_tui.film.timeline import Film, Shot, largest_within

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
