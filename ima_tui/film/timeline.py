"""Description of a film, without its pixels: shots, tracks, subtitles, size and frame rate.

Also the protocol between us and the worker that makes the film: one JSON line in, JSON lines of
progress and result out.

`split` divides a film's length among its shots, by the lengths that a model offers and their
prices.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import has_chinese

LOUDNESS = -14.0
"""LUFS that video platforms normalise to."""
FADE = 0.5
MUSIC_VOLUME = 0.4
MUSIC_FADE_IN = 0.5
MUSIC_FADE_OUT = 2.0
VOICE_START = 1.0
_WORDS_A_SECOND, _CHARACTERS_A_SECOND = 2.5, 4.5
MOST_SHOTS = 40
MOST_TRACKS = 12
MOST_CUES = 200
MOST_SECONDS = 3600.0
MOST_FPS = 60
SMALLEST, LARGEST = 16, 4096
"""Pixels of a side."""


class Role(StrEnum):
    """What a sound track is."""

    MUSIC = "music"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot. Times in seconds of its file; `end` 0: the file's end.

    `hold`: how long its last frame stays. `fade`: length of the crossfade to the next shot, 0 for a
    cut. `own_sound`: volume of the file's own sound.
    """

    file: str
    start: float = 0.0
    end: float = 0.0
    hold: float = 0.0
    fade: float = 0.0
    own_sound: float = 0.0


@dataclass(frozen=True, slots=True)
class Track:
    """A sound over the whole film, from `start` seconds. `duck`: quieter under the voice.

    `text`: the words that it speaks, to be shown as subtitles.
    """

    role: Role
    file: str
    start: float = 0.0
    volume: float = 1.0
    fade_in: float = 0.0
    fade_out: float = 0.0
    duck: bool = False
    loop: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """A subtitle between two times in seconds; `is_title`: the film's title."""

    start: float
    end: float
    text: str
    is_title: bool = False


@dataclass(frozen=True, slots=True)
class Film:
    """A film. `size` (0, 0) and `fps` 0: those of most of the shots. `loudness` 0: unchanged.

    `burned`: subtitles are drawn into the pictures, where there is a font for them. `ratio`: what
    every shot is cropped to, from its middle; (0, 0): shots of another shape are padded.
    """

    shots: tuple[Shot, ...]
    tracks: tuple[Track, ...] = ()
    cues: tuple[Cue, ...] = ()
    size: tuple[int, int] = (0, 0)
    fps: int = 0
    loudness: float = LOUDNESS
    language: str = "eng"
    burned: bool = False
    ratio: tuple[int, int] = (0, 0)


def music(file: str, volume: float = MUSIC_VOLUME, *, loop: bool = True) -> Track:
    """Return a music track as films have it: quieter under the voice, faded at both ends."""
    return Track(
        Role.MUSIC,
        file,
        volume=volume,
        fade_in=MUSIC_FADE_IN,
        fade_out=MUSIC_FADE_OUT,
        duck=True,
        loop=loop,
    )


def voice(file: str, start: float = VOICE_START, text: str = "") -> Track:
    """Return a voice-over track; `text`: its words as subtitles."""
    return Track(Role.VOICE, file, start, text=text)


def problem(film: Film) -> UsageError | None:
    """Return what is impossible about the description itself, or None."""
    if not film.shots:
        return UsageError("error.film_empty")
    counts = (
        ("error.film_shots", len(film.shots), MOST_SHOTS),
        ("error.film_tracks", len(film.tracks), MOST_TRACKS),
        ("error.film_cues", len(film.cues), MOST_CUES),
    )
    for key, count, most in counts:
        if count > most:
            return UsageError(key, count=count, limit=most)
    width, height = film.size
    if film.size != (0, 0) and not all(SMALLEST <= side <= LARGEST for side in film.size):
        limits = {"low": SMALLEST, "high": LARGEST}
        return UsageError("error.film_size", width=width, height=height, **limits)
    if not 0 <= film.fps <= MOST_FPS:
        return UsageError("error.film_fps", fps=film.fps, limit=MOST_FPS)
    for number, shot in enumerate(film.shots, 1):
        if shot.start < 0 or (shot.end and shot.end <= shot.start):
            return UsageError("error.film_trim", shot=number)
    return None


def largest_within(size: tuple[int, int], ratio: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of these proportions within another; (0, 0): all of it."""
    width, height = size
    wide, high = ratio
    if not wide or not high:
        return size
    return max(1, min(width, height * wide // high)), max(1, min(height, width * high // wide))


def with_fades(shots: Sequence[Shot], seconds: float, *, hold: bool) -> tuple[Shot, ...]:
    """Return the shots with crossfades of this length between them.

    `hold`: each outgoing shot's last frame is held as long, so that the film gets no shorter.
    """
    last = len(shots) - 1
    return tuple(
        shot
        if place == last
        else replace(shot, fade=seconds, hold=shot.hold + (seconds if hold else 0.0))
        for place, shot in enumerate(shots)
    )


def spoken_seconds(text: str) -> float:
    """Return about how long it takes to say a text."""
    chinese = sum(map(has_chinese, text))
    words = sum(word.isascii() for word in text.split())
    return chinese / _CHARACTERS_A_SECOND + words / _WORDS_A_SECOND


def cues_of(text: str, start: float, seconds: float) -> tuple[Cue, ...]:
    """Spread the sentences of a spoken text over its time, by their number of characters."""
    sentences = _sentences(text)
    whole = sum(map(len, sentences))
    cues: list[Cue] = []
    at = start
    for sentence in sentences:
        until = at + seconds * len(sentence) / whole
        cues.append(Cue(round(at, 3), round(until, 3), sentence))
        at = until
    return tuple(cues)


def _sentences(text: str) -> list[str]:
    found = re.split(r"(?<=[。！？\n])|(?<=[.!?])(?=[ \n]|$)", text)
    return [sentence.strip() for sentence in found if sentence.strip()]


Offers = Mapping[int, int]
"""Seconds that a model makes at once, with the points for them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A shot: `seconds` that are ordered, and `used` of them in the film."""

    seconds: int
    used: float


def total(wanted: float, count: int, offers: Offers, words: Sequence[int]) -> list[Part] | None:
    """Return `count` parts for a film of `wanted` seconds, None where the model can't.

    The cheapest combination that is long enough, then the shortest, then the most even. The longest
    go to the shots with most `words`; what is too much is trimmed in proportion.
    """
    values = _cheapest(wanted, count, offers)
    if values is None:
        return None
    by_words = sorted(range(count), key=lambda place: (-words[place], place))
    found = [0] * count
    for place, value in zip(by_words, sorted(values, reverse=True), strict=True):
        found[place] = value
    share = min(1.0, wanted / sum(found))
    return [Part(value, round(value * share, 3)) for value in found]


def one(wanted: float, offers: Offers) -> Part | None:
    """Return the shortest length that holds `wanted` seconds; None above the longest."""
    fitting = [value for value in offers if value >= wanted]
    return Part(min(fitting), wanted) if fitting else None


def most(offers: Offers) -> int:
    """Return the longest length, 0 for none."""
    return max(offers, default=0)


def usual_count(seconds: float) -> int:
    """Return how many shots a film of this length has if nobody says it."""
    for limit, count in ((5, 1), (10, 2), (20, 3)):
        if seconds <= limit:
            return count
    return min(8, round(seconds / 7.5))


def _cheapest(wanted: float, count: int, offers: Offers) -> list[int] | None:
    """Return the lengths, by dynamic programming over the sum."""
    best: dict[int, tuple[int, int, tuple[int, ...]]] = {0: (0, 0, ())}
    for _ in range(count):
        following: dict[int, tuple[int, int, tuple[int, ...]]] = {}
        for reached, (points, spread, values) in best.items():
            for value, price in offers.items():
                made = (points + price, spread + value * value, (*values, value))
                if reached + value not in following or made < following[reached + value]:
                    following[reached + value] = made
        best = following
    enough = [(kept[0], at, kept[1], kept[2]) for at, kept in best.items() if at >= wanted - 1e-9]
    return list(min(enough)[3]) if enough else None


ASSEMBLER = 3
"""Version of what the worker makes of a request; part of each film's digest."""
MOST_LINE = 1 << 20


class CannotAssemble(Exception):
    """The film or a file of it can't be used. `key` is a message; `path` is among its values."""

    def __init__(self, key: str, **values: str | int | float) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class AssembleJob:
    """Assemble `film` into `target`, or `folder`/`stem`-DIGEST.mp4 if `target` is "".

    `cache`: folder of pieces that are kept until a film is done. `replace`: whether another file
    at `target` may be replaced.
    """

    film: Film
    cache: str
    target: str = ""
    folder: str = ""
    stem: str = "film"
    replace: bool = False


@dataclass(frozen=True, slots=True)
class StillJob:
    """Write the frame `at` (seconds, or -1 for the last) of a video, or a picture, to `target`.

    `ratio`: crop to these proportions, (0, 0) for none.
    """

    file: str
    target: str
    at: float = 0.0
    ratio: tuple[int, int] = (0, 0)
    replace: bool = False


@dataclass(frozen=True, slots=True)
class JoinJob:
    """Write pieces of music, crossfaded, as one M4A of exactly `seconds` to `target`.

    What is too much is faded out; what is missing is filled with the pieces again. `cache`: folder
    of the unfinished mix.
    """

    files: tuple[str, ...]
    target: str
    cache: str
    seconds: float
    crossfade: float = 3.0


WorkerJob = AssembleJob | StillJob | JoinJob


def message(name: str, content: Mapping[str, object]) -> bytes:
    """Return a line of the worker: `progress`, `done` or `error`."""
    return json.dumps({name: content}).encode() + b"\n"
