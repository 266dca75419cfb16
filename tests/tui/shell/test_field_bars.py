"""While a field has the keys, the bottom line tells what they do in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import said_alike
from fake import FakeStudio, done, job
from patience import until
from PIL import Image
from textual.widgets import Input

from ima_tui import i18n
from ima_tui.config import loader
from ima_tui.config.editor import ConfigEditor
from ima_tui.tui.app import ImaApp
from ima_tui.tui.gallery.screen import GalleryScreen
from ima_tui.tui.keys import actions
from ima_tui.tui.widgets.table import Table


def told(app: ImaApp) -> list[tuple[str, str]]:
    """The keys in the bottom line, with their words."""
    known = actions.footer(actions.acts(app.screen))
    return [(actions.key_name(act.keys[0]), act.words()) for act in known]


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The picture that a result is."""
    made = tmp_path / "a.png"
    Image.new("RGB", (64, 36), "#102030").save(made)
    return str(made)


def app_at(start: str, *results: str) -> ImaApp:
    studio = FakeStudio((job(1), done(2, *results)))
    return ImaApp(studio, start=start)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "bar"),
    [
        ("en", [("enter", "save"), ("tab", "complete path"), ("esc", "cancel")]),
        ("zh", [("enter", "保存"), ("tab", "补全路径"), ("esc", "取消")]),
    ],
)
async def test_the_field_for_a_copy_fills_the_bar(
    language: str, bar: list[tuple[str, str]], file: str
) -> None:
    app = app_at("gallery", file)
    async with app.run_test(size=(120, 40)) as pilot:
        i18n.use(language)
        screen = app.screen
        assert isinstance(screen, GalleryScreen)
        await until(pilot, lambda: screen.choice.job is not None)
        before = told(app)
        await pilot.press("w")
        assert told(app) == bar
        await said_alike(app.screen)
        await pilot.press("escape")
        assert screen.wall.has_focus
        assert told(app) == before


async def test_tab_completes_the_path_of_a_copy_and_stays_in_the_field(
    file: str, tmp_path: Path
) -> None:
    (tmp_path / "holiday").mkdir()
    app = app_at("gallery", file)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, GalleryScreen)
        await until(pilot, lambda: screen.choice.job is not None)
        await pilot.press("w")
        field = screen.query_one("#save", Input)
        field.value = f"{tmp_path}/ho"
        field.cursor_position = len(field.value)
        await until(pilot, lambda: bool(field._suggestion))
        await pilot.press("tab")
        assert field.value == f"{tmp_path}/holiday/"
        await pilot.press("tab")
        assert field.has_focus


@pytest.mark.parametrize("start", ["gallery", "queue", "models"])
async def test_enter_in_a_filter_is_told_as_what_it_does(start: str) -> None:
    app = app_at(start)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("slash")
        assert told(app)[0] == ("enter", "go to list")
        assert ("esc", "leave field") in told(app)
        await said_alike(app.screen)
        await pilot.press("enter")
        assert not isinstance(app.focused, Input)
        assert ("enter", "go to list") not in told(app)


async def test_the_field_of_the_log_says_what_it_asks() -> None:
    app = app_at("logs")
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("slash")
        assert told(app) == [("enter", "find"), ("esc", "cancel")]
        await said_alike(app.screen)
        await pilot.press("escape")
        assert not isinstance(app.focused, Input)
        await app.run_action("ask('time')", app.screen)
        await pilot.pause()
        assert told(app) == [("enter", "go to time"), ("esc", "cancel")]


async def test_the_fields_of_the_settings_say_what_enter_does(tmp_path: Path) -> None:
    app = app_at("preferences")
    settings = loader.load({}, {"IMA_TUI_CONFIG": str(tmp_path / "config.toml")})
    app.studio.config_editor = ConfigEditor(settings)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, Table))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: bool(app.screen.query_one(Table).rows))
        await pilot.press("slash", *"agents limit")
        assert told(app)[0] == ("enter", "go to list")
        await pilot.press("enter", "down", "enter")
        assert told(app) == [("enter", "save"), ("esc", "cancel")]
        await pilot.press("escape")
        assert isinstance(app.focused, Table)
