"""Joins pieces of music to one file of a length, crossfaded. Runs in the worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av

from ima_tui.film import sound
from ima_tui.film.mixing import RATE, Bus, BusKind, Clip, samples
from ima_tui.film.request import CannotAssemble, JoinJob
from ima_tui.film.timeline import LOUDNESS

Tell = Callable[[dict[str, object]], None]
FADE_OUT = 4.0
"""Seconds at the end of music that goes on beyond it."""
SILENCE = 1.0
"""Seconds that may be missing at the end: too short for another piece."""
_LEAST_STEP = 0.5
"""Seconds that each piece adds at least; shorter ones would never fill the length."""
_ROUNDS = 4
"""How often the sound is gone through: mixed, levelled about twice, encoded."""


def join(job: JoinJob, tell: Tell) -> dict[str, object]:
    """Write the music and return its facts. Raises `CannotAssemble` and `OSError`.

    `repeats`: how many pieces are heard a second time because all of them were too short.
    """
    av.logging.set_level(None)
    target, cache = Path(job.target), Path(job.cache)
    clips = plan(job.files, [_seconds(path) for path in job.files], job.seconds, job.crossfade)
    buses = tuple(
        Bus(BusKind.MUSIC, tuple(clips[place::2])) for place in range(2) if clips[place::2]
    )
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.parent.mkdir(parents=True, exist_ok=True)
    mixed = cache / f"join-{target.stem}.{os.getpid()}.part"
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    done = 0.0

    def step(seconds: float) -> None:
        nonlocal done
        before = int(done)
        done += seconds
        if int(done) != before:
            share = min(1.0, done / job.seconds / _ROUNDS)
            tell({"share": round(share, 3), "left": 0.0, "stage": "sound", "shot": 0})

    try:
        loudness = sound.mix(buses, samples(job.seconds), mixed, step)
        gain = sound.gain_for(mixed, loudness, LOUDNESS, step)
        _write(mixed, gain, beside)
        beside.replace(target)
    finally:
        mixed.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
    repeats = max(0, len(clips) - len(job.files))
    return {"path": job.target, "seconds": job.seconds, "parts": len(clips), "repeats": repeats}


def plan(
    files: Sequence[str], lengths: Sequence[float], seconds: float, crossfade: float
) -> list[Clip]:
    """Return the clips that fill `seconds`: each begins while the one before fades out."""
    found: list[Clip] = []
    at, total = 0, samples(seconds)
    ends = False
    while not ends:
        place = len(found) % len(files)
        length = samples(lengths[place])
        join = min(samples(crossfade), length // 4)
        ends = at + length >= total - samples(SILENCE)
        out = (samples(FADE_OUT) if at + length > total else 0) if ends else join
        taken = min(length, total - at)
        start = join if found else 0
        clip = Clip(files[place], at, taken, fade_in=start, fade_out=min(taken, out))
        found.append(clip)
        at += max(samples(_LEAST_STEP), length - join)
    return found


def _seconds(path: str) -> float:
    try:
        return sound.seconds_of(path)
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        raise CannotAssemble("film.damaged_sound", path=path) from error


def _write(mixed: Path, gain: float, target: Path) -> None:
    with av.open(str(target), "w", format="ipod") as out:
        stream: Any = out.add_stream("aac", rate=RATE)
        stream.bit_rate, stream.layout = 256_000, "stereo"
        for _, packet in sound.encoded(mixed, gain, stream):
            out.mux(packet)
