"""Assembling films: time against the film's length, processor time, peak memory of the worker.

    .venv/bin/python benchmarks/assemble.py [--seconds 60] [--shots 6] [--size 1920x1080]

Cuts copy the video; crossfades encode only what changes; `whole` scales, so that every frame is
encoded; `burned` draws subtitles into all pictures. The shots are a moving gradient, as
smooth as generated films are. On a machine that others use, trust the processor's time.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageFilter

from ima_tui.film import assembler
from ima_tui.film.timeline import AssembleJob, Cue, Film, Shot, music, with_fades

FPS = 24


def shot(path: Path, number: int, seconds: float, size: tuple[int, int], gop: int) -> str:
    """A pan over a blurred picture of its own."""
    wide = (size[0] + 240, size[1])
    small = Image.effect_noise((64, 36), 90).convert("RGB").filter(ImageFilter.GaussianBlur(1))
    picture = small.resize(wide, Image.Resampling.BICUBIC)
    tint = Image.new("RGB", wide, (60 * number % 255, 90 * number % 255, 140))
    picture = Image.blend(picture, tint, 0.4)
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = gop
        stream.options = {"preset": "veryfast", "crf": "20"}
        for index in range(round(seconds * FPS)):
            left = index * 2 % 240
            kind: Any = av.VideoFrame  # its stubs leave from_image untyped
            frame = kind.from_image(picture.crop((left, 0, left + size[0], size[1])))
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return str(path)


def sound(path: Path, seconds: float) -> str:
    import math
    import wave
    from array import array

    rate = 16_000
    data = array("h", (int(9000 * math.sin(i * 0.17)) for i in range(int(seconds * rate))))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(data.tobytes())
    return str(path)


def spoken(seconds: float) -> tuple[Cue, ...]:
    return tuple(Cue(at, at + 2.5, f"Words at {at} seconds.") for at in range(0, int(seconds), 3))


def measure(name: str, film: Film, folder: Path) -> None:
    target = folder / f"{name}.mp4"
    job = AssembleJob(film, str(folder / f"cache-{name}"), str(target))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    done = asyncio.run(assembler.assemble(job))
    took = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seconds = float(str(done["seconds"]))
    memory = after.ru_maxrss / 1024
    print(
        f"{name:8} {seconds:6.1f} s of film  {took:6.1f} s  {seconds / took:5.1f} x real time"
        f"  {spent:6.1f} s CPU  {seconds / spent:5.1f} x on one core"
        f"  {memory:5.0f} MB at most so far  {done['encoded']} frames encoded"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--shots", type=int, default=6)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--gop", type=int, default=48, help="frames between key frames")
    parser.add_argument("--only", choices=("cuts", "fades", "whole", "burned"))
    given = parser.parse_args()
    width, _, height = given.size.partition("x")
    size = (int(width), int(height))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        each = given.seconds / given.shots
        shots = tuple(
            Shot(shot(folder / f"{number}.mp4", number, each, size, given.gop))
            for number in range(given.shots)
        )
        film = Film(shots, (music(sound(folder / "music.wav", 30.0)),))
        cases = {
            "cuts": film,
            "fades": replace(film, shots=with_fades(shots, 0.5, hold=False)),
            "burned": replace(film, cues=spoken(given.seconds), burned=True),
            "whole": replace(film, size=(size[0] * 2 // 3, size[1] * 2 // 3)),
        }
        for case, described in cases.items():
            if given.only in (None, case):
                measure(case, described, folder)


if __name__ == "__main__":
    main()
