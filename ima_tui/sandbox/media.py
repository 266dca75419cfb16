"""Videos and sounds as results: MP4 (PyAV) or animated WebP, and WAV.

A slow pan over a scene or the inputs; a melody over chords for music, a murmur of syllables for
speech. Marked results are films of one flat colour and sounds of one pure tone, from the prompt: a
test that reads an assembled film finds its shots by colour and its sounds by tone. Films keep the
ordered length and proportions at a tenth of the size, so that they cost next to nothing.
"""

from __future__ import annotations

import array
import functools
import hashlib
import importlib.util
import io
import math
import operator
import random
import sys
import unicodedata
import wave
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from ima_tui.sandbox.paint import Caption, Size, opened, scene, write_caption

FRAME_RATE = 12  # frames a second
MOST_PICTURES = 60  # painted for one film


def can_encode_mp4() -> bool:
    """Tell whether PyAV (optional extra `video`) is installed.

    Without it videos are animated WebP.
    """
    return importlib.util.find_spec("av") is not None


class Scenes:
    """Frames of one video. Two readable inputs fade into each other, one is panned over."""

    def __init__(
        self, prompt: str, place: int, size: Size, caption: Caption, inputs: list[bytes]
    ) -> None:
        self.size = size
        self._caption = caption
        wide = (int(size[0] * 1.25), int(size[1] * 1.25))
        given = [ImageOps.fit(image, wide) for image in map(opened, inputs) if image is not None]
        self._pictures = given or [scene(prompt, place, wide)]

    def at(self, moment: float) -> Image.Image:
        """Return the frame at `moment`, 0 (first) to 1 (last)."""
        image = self._moved(self._pictures[0], moment)
        if len(self._pictures) > 1:
            image = Image.blend(image, self._moved(self._pictures[1], moment), moment)
        write_caption(image, self._caption)
        width, height = self.size
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, height - 3, int(width * moment), height), fill=(250, 200, 90))
        return image

    def _moved(self, picture: Image.Image, moment: float) -> Image.Image:
        width, height = self.size
        spare = (picture.width - width, picture.height - height)
        left, top = int(spare[0] * moment), int(spare[1] * (1 - moment))
        return picture.crop((left, top, left + width, top + height))

    def frames(self, seconds: float) -> Iterator[Image.Image]:
        """Yield the frames of a video of this length in seconds; a long one repeats pictures."""
        count = max(2, int(seconds * FRAME_RATE))
        each = -(-count // MOST_PICTURES)
        for number in range(0, count, each):
            image = self.at(number / (count - 1))
            for _ in range(min(each, count - number)):
                yield image


def mp4(frames: Iterable[Image.Image], size: Size, rate: int, wav: bytes = b"") -> bytes:
    """Encode the video as MP4, with the sound of a WAV file if there is one."""
    import av  # the optional extra, and slow to import

    video_frame: Any = av.VideoFrame  # its stubs leave from_image untyped
    buffer = io.BytesIO()
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    with av.open(buffer, "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=Fraction(rate))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        if codec == "libx264":  # a quarter of the time, for files that are three times as large
            stream.options = {"preset": "ultrafast"}
        sound: Any = container.add_stream("aac", rate=RATE) if wav else None
        for image in frames:
            container.mux(stream.encode(video_frame.from_image(image)))
        container.mux(stream.encode())
        if sound is not None:
            with av.open(io.BytesIO(wav), "r") as source:
                for frame in source.decode(audio=0):
                    container.mux(sound.encode(frame))
            container.mux(sound.encode())
    return buffer.getvalue()


def webp(frames: Iterable[Image.Image], rate: int) -> bytes:
    """Encode the video as animated WebP."""
    first, *rest = frames
    buffer = io.BytesIO()
    first.save(
        buffer, "WEBP", save_all=True, append_images=rest, duration=1000 // rate, loop=0, quality=60
    )
    return buffer.getvalue()


RATE = 16_000  # samples a second, mono, 16 bit
TABLE = 1024
SYLLABLE = 0.16  # seconds
LONGEST_SPEECH = 20.0

# semitones above the key; every melody note comes from the current chord
PROGRESSIONS = (
    ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14)),
    ((0, 3, 7), (8, 12, 15), (3, 7, 10), (10, 14, 17)),
    ((0, 4, 7), (7, 11, 14), (9, 12, 16), (5, 9, 12)),
)
_SOFT = tuple(
    math.sin(math.tau * i / TABLE) + 0.35 * math.sin(2 * math.tau * i / TABLE) for i in range(TABLE)
)
_VOICE = tuple(
    sum(math.sin(math.tau * k * i / TABLE) / k for k in (1, 2, 3, 5)) for i in range(TABLE)
)


def music(prompt: str, seconds: float) -> bytes:
    """Return a tune; the same prompt always gives the same."""
    dice = _dice(prompt)
    key = 196.0 * 2 ** (dice.randrange(8) / 12)
    chords = dice.choice(PROGRESSIONS)
    beat = dice.uniform(0.32, 0.5)
    samples = array.array("h", bytes(2 * int(seconds * RATE)))
    at, number = 0.0, 0
    while at < seconds:
        chord = chords[(number // 4) % len(chords)]
        if number % 4 == 0:
            for tone in chord:
                _note(samples, at, beat * 4, key / 2 * 2 ** (tone / 12), 2600, _SOFT)
        if dice.random() < 0.8:
            tone = dice.choice(chord) + 12
            _note(samples, at, beat * 1.6, key * 2 ** (tone / 12), 3800, _SOFT)
        at += beat
        number += 1
    return _wav(samples)


def speech_seconds(text: str) -> float:
    """Return the duration of the spoken text in seconds."""
    return round(min(LONGEST_SPEECH, max(0.5, len(_syllables(text)) * SYLLABLE + 0.3)), 1)


def speech(text: str) -> bytes:
    """Return a murmur in the text's rhythm: a pitched syllable each, silence at punctuation."""
    dice = _dice(text)
    samples = array.array("h", bytes(2 * int(speech_seconds(text) * RATE)))
    at = 0.1
    for syllable in _syllables(text):
        if syllable != " ":
            pitch = 130 + 9 * (sum(map(ord, syllable)) % 9) + dice.uniform(-4, 4)
            _note(samples, at, SYLLABLE * 0.95, pitch, 6500, _VOICE)
        at += SYLLABLE
        if at > LONGEST_SPEECH:
            break
    return _wav(samples)


def _syllables(text: str) -> list[str]:
    """Split roughly into syllables: Chinese characters, runs of vowels, a blank per pause."""
    found: list[str] = []
    in_vowel = False
    for letter in text[:2000].lower():
        if unicodedata.east_asian_width(letter) in "WF" and letter.isalpha():
            found.append(letter)
            in_vowel = False
        elif letter in "aeiouyäöüéèê":
            if not in_vowel:
                found.append(letter)
            in_vowel = True
        else:
            in_vowel = False
            if not letter.isalnum() and not letter.isspace():
                found.append(" ")
    return found


def _note(
    samples: array.array[int],
    at: float,
    seconds: float,
    pitch: float,
    loud: int,
    table: tuple[float, ...],
) -> None:
    """Mix in one note; the sum of all that sound at once never reaches 16 bits."""
    start = int(at * RATE)
    count = max(0, min(int(seconds * RATE), len(samples) - start))
    note = _sound(count, pitch, loud, table)
    there = slice(start, start + count)
    samples[there] = array.array("h", map(operator.add, samples[there], note))


@functools.lru_cache(maxsize=32)
def _sound(count: int, pitch: float, loud: int, table: tuple[float, ...]) -> array.array[int]:
    """Return the samples of a note: a quick rise, then a fade. A tune repeats most of its notes."""
    step = pitch * TABLE / RATE
    tone = [table[int(i * step) % TABLE] for i in range(count)]
    return array.array("h", map(int, map(operator.mul, _loudness(count, loud), tone)))


@functools.lru_cache(maxsize=8)
def _loudness(count: int, loud: int) -> list[float]:
    rise = max(1, int(0.02 * RATE))
    return [loud * ((1 - i / count) * min(1.0, i / rise)) for i in range(count)]


def _wav(samples: array.array[int]) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return buffer.getvalue()


def _dice(text: str) -> random.Random:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return random.Random(digest)  # noqa: S311 - a tune, not a secret


FPS = 24
SHRINK = 10
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
