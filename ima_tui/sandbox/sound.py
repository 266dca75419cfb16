"""Sounds as WAV: a melody over chords for music, a murmur of syllables for speech."""

from __future__ import annotations

import array
import functools
import hashlib
import io
import math
import operator
import random
import sys
import unicodedata
import wave

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
