"""Subjects on Compose: offered where they are named, completed behind an `@`, put in by a key."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake import FakeStudio
from patience import until
from PIL import Image
from textual.pilot import Pilot

from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.shell.picker import TextPrompt
from ima_tui.tui.shell.subjects import SubjectsScreen


@pytest.fixture
def app(tmp_path: Path) -> ImaApp:
    return ImaApp(FakeStudio(data=tmp_path), start="compose")  # type: ignore[arg-type]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    Image.new("RGB", (64, 64), "red").save(path)
    return path


def screen(app: ImaApp) -> ComposeScreen:
    found = app.screen
    assert isinstance(found, ComposeScreen)
    return found


async def reading(app: ImaApp, pilot: Pilot[None], picture: Path) -> None:
    await app.studio.subjects.add("Mia", [picture])
    await until(pilot, lambda: screen(app).reader.can_read)


async def test_a_name_is_offered_and_a_key_uses_it(app: ImaApp, picture: Path) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await reading(app, pilot, picture)
        screen(app).prompt.text = "a drawing of Mia on a roof"
        await until(pilot, lambda: screen(app).composer.named.offered)
        await until(pilot, lambda: screen(app).view.answers == 1)
        await pilot.press("alt+a")
        await until(pilot, lambda: screen(app).prompt.text == "a drawing of @Mia on a roof")
        await until(pilot, lambda: screen(app).composer.named.used)
        intent = screen(app).composer.intent
        assert intent is not None
        assert [Path(each).name for each in intent.inputs] == ["1.png"]


async def test_a_name_is_completed_behind_its_sign(app: ImaApp, picture: Path) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await reading(app, pilot, picture)
        await pilot.press(*"a photo of @M")
        await until(pilot, lambda: screen(app).prompt.suggestion == "ia")
        await pilot.press("right")
        assert screen(app).prompt.text == "a photo of @Mia"


async def test_a_subject_is_added_and_put_into_the_prompt_by_keys(
    app: ImaApp, picture: Path
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("escape", "at")
        await until(pilot, lambda: isinstance(app.screen, SubjectsScreen))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, TextPrompt))
        await pilot.press("ctrl+u", *str(picture), "enter")
        await until(pilot, lambda: app.screen.query("#ask-text").first().value == "")  # type: ignore[attr-defined]
        await pilot.press(*"Mia", "enter")
        await until(pilot, lambda: app.studio.subjects.all)
        await until(pilot, lambda: isinstance(app.screen, SubjectsScreen) and app.screen.current)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen))
        await until(pilot, lambda: screen(app).prompt.text == "@Mia ")
