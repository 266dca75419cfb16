"""From a prompt on Compose to the file by keys alone; nothing is pretended; the file is read."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from patience import until
from PIL import Image
from test_plan_screen import (
    POLITE,
    SPEED,
    app_of,
    ask_to_run,
    charged,
    screen,
    told,
    workflow,
)
from test_plan_screen import (
    settings as settings,
)
from textual.pilot import Pilot

from ima_tui.config.loader import Settings
from ima_tui.sandbox import media
from ima_tui.sandbox.server import Sandbox
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.widgets.prompt import Prompt
from ima_tui.tui.workflow.screen import WorkflowScreen

sys.path.append(str(Path(__file__).parents[2] / "film"))
pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

from clips import near, read

pytestmark = pytest.mark.sandbox(
    speed=SPEED * 50, scenario=POLITE.replace("[server]\n", "[server]\nmarks = true\n")
)
BRIEF = (
    "Two shots of the same red robot: it wakes up; it waters a plant. 6 seconds, calm piano "
    "music, a voice-over saying 'Good morning.', subtitles"
)


async def typed(pilot: Pilot[None], prompt: str, *keys: str) -> None:
    """Write a prompt on Compose, and go to the workflow that it becomes."""
    compose = pilot.app.screen
    assert isinstance(compose, ComposeScreen)
    compose.query_one(Prompt).text = prompt
    await until(pilot, lambda: compose.composer.intent is not None)
    await pilot.press(*keys)
    await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
    await until(pilot, lambda: screen(pilot).status is not None)


@pytest.mark.slow
async def test_a_film_with_music_and_voice_by_keys(settings: Settings, sandbox: Sandbox) -> None:
    async with app_of(replace(settings, download=True)) as pilot:
        await typed(pilot, BRIEF, "escape", "W")
        await until(pilot, lambda: screen(pilot).facts is not None)
        await ask_to_run(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "master image (step 1) is ready" in told(pilot))
        assert len(charged(sandbox)) == 1
        await ask_to_run(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "The film is ready" in told(pilot))
        steps = workflow(pilot).steps
    (path,) = settings.folder.rglob("film-*.mp4")
    film = read(path)
    assert film.seconds == pytest.approx(6.0, abs=0.1)
    videos = [step for step in steps if step.task_type == "image_to_video"]
    for at, step in zip((1.5, 4.5), videos, strict=True):
        assert near(film.colour(at), media.colour_of(step.prompt))
    assert [text for _, _, text in film.cues if text] == ["Good morning."]
    voice = media.tone_of("Good morning.", media.SPEECH_HZ)
    assert film.level(voice, 1.1, 0.3) - film.level(voice, 0.5, 0.3) > 20
    assert film.loudness == pytest.approx(-14.0, abs=0.5)
    assert len(charged(sandbox)) == len(steps)


async def test_an_image_of_7_3_is_offered_on_compose_and_cropped_when_it_is_done(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with app_of(replace(settings, download=True)) as pilot:
        await typed(pilot, "a picture of a harbour, 7:3", "alt+a", "enter")
        assert "cropped to 7:3" in told(pilot)
        await ask_to_run(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Saved: " in told(pilot))
    (path,) = settings.folder.rglob("*-7x3.*")
    with Image.open(path) as image:
        assert image.width / image.height == pytest.approx(7 / 3, rel=0.01)
    assert len(charged(sandbox)) == 1


@pytest.mark.parametrize("prompt", ["a 7:3 video of waves", "一段7:3的海浪视频"])
async def test_a_video_of_7_3_is_offered_and_cropped(
    settings: Settings, sandbox: Sandbox, prompt: str
) -> None:
    async with app_of(replace(settings, download=True)) as pilot:
        await typed(pilot, prompt, "alt+a", "enter")
        assert "the video cropped to 7:3 (1920x822)" in told(pilot)
        assert "40 pts" in await ask_to_run(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Saved: " in told(pilot))
    (path,) = settings.folder.rglob("*-7x3.mp4")
    width, height = read(path).size
    assert width / height == pytest.approx(7 / 3, rel=0.02)
    assert len(charged(sandbox)) == 1


async def test_several_shots_are_offered_as_a_film_before_one_video_is_paid(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with app_of(settings) as pilot:
        await typed(pilot, "给我拍一段10秒的猫咪短视频，两个镜头", "alt+a")
        made = workflow(pilot).film
        assert made is not None
        assert len(made.shots) == 2
    assert charged(sandbox) == []
