"""Marked results: films of one flat colour, sounds of one pure tone, both from the prompt.

A test that reads an assembled film finds its shots by colour and its sounds by tone. Films keep the
ordered length and proportions at a tenth of the size, so that they cost next to nothing.
"""

from __future__ import annotations

import array
import hashlib
import io
import math
import sys
import wave
from collections.abc import Iterator

from PIL import Image

FPS = 24
SHRINK = 10
RATE = 16_000
LOUD = 9000
MUSIC_HZ, SPEECH_HZ, FILM_HZ = 300, 1200, 2400
STEPS = 16
STEP_HZ = 40
MUSIC_SECONDS = {"sonic": 60.0}
USUAL_MUSIC_SECONDS = 30.0
SMALLEST = 64


def colour_of(prompt: str) -> tuple[int, int, int]:
    """Return the colour of a film with this prompt."""
    digest = hashlib.sha256(prompt.encode("utf-8", "replace")).digest()
    red, green, blue = (30 + digest[place] * 195 // 255 for place in range(3))
    return red, green, blue


def tone_of(prompt: str, base: int) -> int:
    """Return the tone in hertz of a sound with this prompt, from one of the three bases."""
    digest = hashlib.sha256(prompt.encode("utf-8", "replace")).digest()
    return base + digest[3] % STEPS * STEP_HZ


def music_seconds(model_id: str) -> float:
    """Return the length of a model's songs."""
    return MUSIC_SECONDS.get(model_id, USUAL_MUSIC_SECONDS)


def picture(prompt: str, size: tuple[int, int]) -> Image.Image:
    """Return a flat picture."""
    return Image.new("RGB", size, colour_of(prompt))


def frames(prompt: str, size: tuple[int, int], seconds: float) -> Iterator[Image.Image]:
    """Yield the frames of a film."""
    image = picture(prompt, size)
    for _ in range(max(2, round(seconds * FPS))):
        yield image


def sound(hertz: int, seconds: float) -> bytes:
    """Return a pure tone as WAV. Its second repeats, so that a song is quickly made."""
    second = array.array(
        "h", (round(LOUD * math.sin(math.tau * hertz * i / RATE)) for i in range(RATE))
    )
    if sys.byteorder == "big":
        second.byteswap()
    count = round(seconds * RATE)
    data = second.tobytes() * (count // RATE + 1)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(data[: count * 2])
    return buffer.getvalue()
