"""Videos and sounds as results: MP4 (PyAV) or animated WebP, and WAV.

A slow pan over a scene or the inputs; chords for music, a murmur of syllables for speech. Marked
results are films of one flat colour and sounds of one pure tone, from the prompt: a test that reads
an assembled film finds its shots by colour and its sounds by tone. Films keep the ordered length
and proportions at a tenth of the size, so that they cost next to nothing.
"""

from __future__ import annotations

import array
import functools
import importlib.util
import io
import itertools
import math
import re
import sys
import wave
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from ima_tui.sandbox.paint import Caption, Size, dice_of, digest, opened, scene, write_caption

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
LOUD = 9000
BAR = 1.6  # seconds of a chord
SYLLABLE = 0.16  # seconds
LONGEST_SPEECH = 20.0
# semitones above the key
PROGRESSIONS = (
    ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14)),
    ((0, 3, 7), (8, 12, 15), (3, 7, 10), (10, 14, 17)),
    ((0, 4, 7), (7, 11, 14), (9, 12, 16), (5, 9, 12)),
)
# vowels that sound as one, Chinese and Korean characters, and punctuation: silence
SYLLABLES = re.compile(r"[aeiouyäöüéèê]+|[\u3040-\u9fff\uac00-\ud7af]|[^\w\s]")


def music(prompt: str, seconds: float) -> bytes:
    """Return four chords again and again; the same prompt always gives the same."""
    dice = dice_of(prompt)
    key = 196.0 * 2 ** (dice.randrange(8) / 12)
    bars = [
        _tones([key * 2 ** (step / 12) for step in chord], BAR)
        for chord in dice.choice(PROGRESSIONS)
    ]
    return _wav(b"".join(bars), seconds)


def speech_seconds(text: str) -> float:
    """Return the duration of the spoken text in seconds."""
    spoken = len(_syllables(text)) * SYLLABLE + 0.3
    return round(min(LONGEST_SPEECH, max(0.5, spoken)), 1)


def speech(text: str) -> bytes:
    """Return a murmur in the text's rhythm: a tone for each syllable, silence at punctuation."""
    sounds = [
        _tones([130 + 9 * (sum(map(ord, each)) % 9)] if each.isalpha() else [], SYLLABLE)
        for each in _syllables(text)
    ]
    silence = bytes(2 * RATE)
    return _wav(b"".join(sounds) + silence, speech_seconds(text))


def _syllables(text: str) -> list[str]:
    return SYLLABLES.findall(text[:2000].lower())


def tone(hertz: int, seconds: float) -> bytes:
    """Return a pure tone, of which one second is repeated."""
    return _wav(_tones([hertz], 1.0, fades=False), seconds)


@functools.lru_cache(maxsize=32)
def _samples(hertz: float, count: int) -> list[float]:
    return [math.sin(math.tau * hertz * i / RATE) for i in range(count)]


def _tones(pitches: Sequence[float], seconds: float, *, fades: bool = True) -> bytes:
    """Return the samples of tones that sound together."""
    count = int(seconds * RATE)
    loud = [LOUD / max(1, len(pitches)) * (1 - fades * i / count) for i in range(count)]
    waves = [_samples(pitch, count) for pitch in pitches]
    mixed = map(sum, zip(*waves, strict=True)) if waves else itertools.repeat(0.0)
    samples = array.array("h", (round(each * at) for each, at in zip(loud, mixed, strict=False)))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _wav(samples: bytes, seconds: float) -> bytes:
    """Return a WAV file of this length; what is shorter is repeated."""
    size = 2 * round(seconds * RATE)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * (size // len(samples) + 1))[:size])
    return buffer.getvalue()


# ------------------------------------------------------------------------------ marked results

FPS = 24
SHRINK = 10
MUSIC_HZ, SPEECH_HZ, FILM_HZ = 300, 1200, 2400
STEPS = 16
STEP_HZ = 40
MUSIC_SECONDS = {"sonic": 60.0}
USUAL_MUSIC_SECONDS = 30.0
SMALLEST = 64


def colour_of(prompt: str) -> tuple[int, int, int]:
    """Return the colour of a film with this prompt."""
    red, green, blue = (30 + digest(prompt)[place] * 195 // 255 for place in range(3))
    return red, green, blue


def tone_of(prompt: str, base: int) -> int:
    """Return the tone in hertz of a sound with this prompt, from one of the three bases."""
    return base + digest(prompt)[3] % STEPS * STEP_HZ


def picture(prompt: str, size: Size) -> Image.Image:
    """Return a flat picture."""
    return Image.new("RGB", size, colour_of(prompt))


def frames(prompt: str, size: Size, seconds: float) -> Iterator[Image.Image]:
    """Yield the frames of a film."""
    return itertools.repeat(picture(prompt, size), max(2, round(seconds * FPS)))
