"""Twelve briefs, six in each language and three a page long, and what a film of one has to show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from clips import Read, near
from PIL import Image

from ima_tui.sandbox import media

KEEPER = """A film about a lighthouse keeper for our museum, 16:9, in watercolour style.

Shot 1: The keeper climbs the spiral stairs with a lantern, 5 seconds
Shot 2: He winds the clockwork of the great lamp, 5 seconds
Shot 3: The beam crosses a stormy sea, 4 seconds

Music: a slow cello, lonely but warm
Narrator: "Every night for forty years."
Subtitles, crossfades. Title "The Keeper"
"""
POTTER = """Storyboard for a short film

1) Hands press a ball of clay onto the wheel (5s)
2) The bowl opens between the fingers (5s)
3) It dries on a shelf in the morning sun (5s)

Background music: soft marimba
No subtitles.
"""
TEA = """一部关于老茶馆的短片，竖屏，水彩。

镜头一：清晨，伙计推开木门，5秒
镜头二：他把水烧开，蒸汽升起，5秒
镜头三：客人端起茶碗，5秒

配乐：古琴，安静
旁白：“一碗茶，坐一上午。”
淡入淡出，加字幕，片名《茶馆》
"""
BRIEFS = (
    "A 15 second product video of a sneaker from three shots, upbeat music, "
    "a voice-over saying 'Run free'",
    "Three shots: a lighthouse at dawn; waves on rocks; a gull landing. 15 seconds, calm piano",
    "1. A robot wakes up (4s) 2. It waters a plant (5s). Music: lo-fi",
    "pot.png: two shots of the pot on a beach, in a cafe; 5 seconds each; jazz, crossfade",
    KEEPER,
    POTTER,
    "帮我做个产品宣传MV,有背景音乐,主角是旺财小狗",
    "三个镜头：茶山日出；采茶的手；一杯热茶。总共15秒，配古筝音乐，旁白“一叶知春”",
    "镜头一：雨夜便利店，5秒；镜头二：女孩进来，5秒；镜头三：她接过牛奶，5秒。竖屏",
    "先是种子落地，然后发芽，最后开成向日葵，12秒，轻快的音乐",
    "从pot.png过渡到fox.png，再拍落叶特写，配乐舒缓，不要人声",
    TEA,
)


def lengths_of(plan: Mapping[str, Any]) -> list[float]:
    """Seconds of each shot in the film."""
    steps = {step["id"]: step for step in plan["steps"]}
    found = []
    for shot in plan["shots"]:
        step = steps[int(shot["source"].partition(":")[2].partition("#")[0])]
        found.append(float(shot["trim"][1] or step["parameters"].get("duration", 5)))
    return found


def paint_pictures(folder: Path) -> None:
    """The pictures that some of the briefs name."""
    for name, colour in (("pot.png", (200, 60, 40)), ("fox.png", (220, 120, 30))):
        Image.new("RGB", (320, 180), colour).save(folder / name)


def check(plan: Mapping[str, Any], film: Read) -> None:
    """The film has its shots in order, its lengths and its sounds; `plan` as in its file."""
    lengths = lengths_of(plan)
    assert film.seconds == pytest.approx(sum(lengths), abs=0.1)
    steps = {step["id"]: step for step in plan["steps"]}
    at = 0.0
    for shot, seconds in zip(plan["shots"], lengths, strict=True):
        step = steps[int(shot["source"].partition(":")[2].partition("#")[0])]
        assert near(film.colour(at + seconds / 2), media.colour_of(step["prompt"]))
        at += seconds
    assert bool(film.samples) == bool(plan["tracks"])
    if film.samples:
        assert len(film.samples) / 48_000 == pytest.approx(film.seconds, abs=0.022)
        assert film.loudness == pytest.approx(-14.0, abs=0.5)
    heard = {
        track["role"]: steps[int(track["source"][5:].partition("#")[0])]["prompt"]
        for track in plan["tracks"]
    }
    if "music" in heard:
        music = media.tone_of(heard["music"], media.MUSIC_HZ)
        assert film.level(music, 0.6, 0.3) - film.level(music, film.seconds - 0.2, 0.15) >= 15
        if "voice" in heard:
            assert film.level(music, 0.6, 0.3) - film.level(music, 1.25, 0.2) >= 8
            voice = media.tone_of(heard["voice"], media.SPEECH_HZ)
            assert film.level(voice, 1.1, 0.3) > -30
    titles = [text for _, _, text in film.cues if text]
    shown = plan["assemble"]["title"] or plan["assemble"]["subtitles"] == "track"
    assert bool(titles) == bool(shown)
