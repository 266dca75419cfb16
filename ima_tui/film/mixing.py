"""Plan of a film's sound: clips on buses, in samples of 48 kHz. Clips of one bus never overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from ima_tui.core.records import dataclass
from ima_tui.film.source import PicturePlan, ShotFacts
from ima_tui.film.timeline import Film, Role, Track

RATE = 48_000
LOOP_JOIN = 1.0
"""Seconds of crossfade where music begins again."""
CLICK = 0.01
"""Fade in seconds at a cut of a shot's own sound, so that it does not click."""


class BusKind(StrEnum):
    """What becomes of a bus in the mix."""

    MUSIC = "music"
    DUCKED = "ducked"
    VOICE = "voice"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Clip:
    """`length` samples of a file from `skip`, at `at` in the film; fades in samples."""

    file: str
    at: int
    length: int
    skip: int = 0
    volume: float = 1.0
    fade_in: int = 0
    fade_out: int = 0


@dataclass(frozen=True, slots=True)
class Bus:
    """Clips one after the other."""

    kind: BusKind
    clips: tuple[Clip, ...]


def samples(seconds: float) -> int:
    """Return a time in samples."""
    return round(seconds * RATE)


def plan(
    film: Film, pictures: PicturePlan, facts: Sequence[ShotFacts], lengths: Sequence[float]
) -> tuple[Bus, ...]:
    """Return the buses; `lengths`: seconds of each track's file."""
    total = round(pictures.frames * RATE / pictures.fps)
    placed: list[tuple[BusKind, Clip]] = []
    for track, seconds in zip(film.tracks, lengths, strict=True):
        kind = BusKind.VOICE
        if track.role is Role.MUSIC:
            kind = BusKind.DUCKED if track.duck else BusKind.MUSIC
        placed += [(kind, clip) for clip in _track(track, samples(seconds), total)]
    placed += [(BusKind.OWN, clip) for clip in _own(film, pictures, facts)]
    return _buses(placed)


def _track(track: Track, length: int, total: int) -> Iterator[Clip]:
    """Yield the clips of a track: one, or the same again with a crossfade until the film ends."""
    at = samples(track.start)
    join = min(samples(LOOP_JOIN), length // 4)
    fade_in, fade_out = samples(track.fade_in), samples(track.fade_out)
    first = True
    while at < total and length > 0:
        last = not track.loop or at + length >= total or length - join <= join
        taken = min(length, total - at)
        yield Clip(
            track.file,
            at,
            taken,
            volume=track.volume,
            fade_in=min(taken, fade_in if first else join),
            fade_out=min(taken, fade_out if last else join),
        )
        if last:
            return
        at += length - join
        first = False


def _own(film: Film, pictures: PicturePlan, facts: Sequence[ShotFacts]) -> Iterator[Clip]:
    fps = pictures.fps
    for number, (shot, each) in enumerate(zip(film.shots, facts, strict=True)):
        if not each.has_sound or shot.own_sound <= 0:
            continue
        before = pictures.fades[number - 1] if number else 0
        yield Clip(
            shot.file,
            round(pictures.starts[number] * RATE / fps),
            round(pictures.lengths[number] * RATE / fps),
            samples(shot.start),
            shot.own_sound,
            round(before * RATE / fps) or samples(CLICK),
            round(pictures.fades[number] * RATE / fps) or samples(CLICK),
        )


def _buses(placed: Sequence[tuple[BusKind, Clip]]) -> tuple[Bus, ...]:
    """Put each clip on the first bus of its kind that is free by then."""
    found: list[tuple[BusKind, list[Clip]]] = []
    for kind, clip in sorted(placed, key=lambda each: (each[0], each[1].at)):
        for other, clips in found:
            if other is kind and clips[-1].at + clips[-1].length <= clip.at:
                clips.append(clip)
                break
        else:
            found.append((kind, [clip]))
    return tuple(Bus(kind, tuple(clips)) for kind, clips in found)
