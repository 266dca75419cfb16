"""The app's own settings: seen with their source, changed in the file, refused with a word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fake import FakeStudio
from patience import until
from textual.pilot import Pilot
from textual.widgets import Input

from ima_tui import i18n
from ima_tui.config import loader
from ima_tui.config.editor import ConfigEditor
from ima_tui.config.schema import BY_NAME
from ima_tui.tui.app import ImaApp
from ima_tui.tui.keys import actions
from ima_tui.tui.preferences.screen import PreferencesScreen
from ima_tui.tui.preferences.settings import SettingsScreen
from ima_tui.tui.shell import app_actions
from ima_tui.tui.shell.picker import Picker
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.widgets.table import Table

WRITTEN = "# mine\n[queue]\nrunning = 3\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "config.toml"
    made.write_text(WRITTEN)
    return made


@asynccontextmanager
async def open_settings(
    path: Path,
    size: tuple[int, int] = (80, 24),
    profile: str = "",
    read_only: bool = False,
    **flags: str,
) -> AsyncIterator[Pilot[None]]:
    settings = loader.load(flags, {"IMA_TUI_CONFIG": str(path)})
    studio = FakeStudio(profile=profile, config_file=path)
    settings = replace(settings, profile=profile, read_only=read_only)
    studio.config_editor = ConfigEditor(settings)
    app = ImaApp(studio, start="preferences")  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.focused, Table))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and bool(rows(pilot)))
        yield pilot


def rows(pilot: Pilot[None]) -> dict[str, list[str]]:
    found = pilot.app.screen.query_one(Table).rows
    return {str(name): [cell.text for cell in row] for name, row in found.items()}


def said(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(DraftMessage).content)


def offered(pilot: Pilot[None]) -> set[str]:
    return {act.id for act in actions.footer(actions.acts(pilot.app.screen))}


async def go_to(pilot: Pilot[None], name: str) -> None:
    pilot.app.screen.query_one(Table).move_to(name)
    await pilot.pause()


async def test_each_setting_stands_with_its_value_and_its_source(path: Path) -> None:
    async with open_settings(path, language="en") as pilot:
        assert rows(pilot)["queue.running"][:3] == ["Jobs at once", "3", "config file"]
        assert rows(pilot)["queue.running"][3].startswith("How many jobs may run at IMA at once.")
        assert rows(pilot)["language"][:3] == ["Language", "English", "flag"]
        assert rows(pilot)["look.notify"][:3] == ["When a job ends", "bell", "default"]
        assert rows(pilot)["look.ascii"][1] == "off"
        await go_to(pilot, "look.notify")
        assert said(pilot).startswith("How to notify you when a job finishes")
        assert "look.notify. Allowed: off, bell, osc9, both" in said(pilot)


async def test_a_choice_is_taken_from_a_list_and_kept_for_the_next_start(path: Path) -> None:
    async with open_settings(path) as pilot:
        await go_to(pilot, "look.notify")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        values = pilot.app.screen.query_one(Table)
        at = values.cursor
        assert at is not None
        assert [cell.text for cell in values.rows[at]] == ["bell", "default"]
        assert values.render_line(values.order.index(at) + 1).text.startswith("▌")  # it is seen
        await pilot.press(*"osc", "enter")
        await until(pilot, lambda: "osc9" in path.read_text())
        await until(pilot, lambda: rows(pilot)["look.notify"][2] == "notification")
        assert said(pilot) == "When a job ends: notification. Takes effect at the next start."
    assert path.read_text().startswith(WRITTEN)


async def test_a_number_is_typed_and_nonsense_leaves_the_field_open(path: Path) -> None:
    async with open_settings(path) as pilot:
        await go_to(pilot, "queue.running")
        await pilot.press("enter")
        field = pilot.app.screen.query_one("#value", Input)
        await until(pilot, lambda: field.has_focus)
        assert field.value == "3"
        await pilot.press("backspace", "0", "enter")
        await until(pilot, lambda: "Allowed: 1, 2, 3" in said(pilot))
        assert field.has_focus
        assert path.read_text() == WRITTEN
        await pilot.press("backspace", "1", "2", "enter")
        await until(pilot, lambda: "running = 12" in path.read_text())
        await until(pilot, lambda: isinstance(pilot.app.focused, Table))
        assert rows(pilot)["queue.running"][:4] == ["Jobs at once", "3", "12", "config file"]


async def test_escape_leaves_the_field_first_and_then_the_settings(path: Path) -> None:
    async with open_settings(path) as pilot:
        await go_to(pilot, "queue.running")
        await pilot.press("enter", "9", "escape")
        assert isinstance(pilot.app.focused, Table)
        assert path.read_text() == WRITTEN
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, PreferencesScreen)


async def test_delete_lets_the_default_hold_again(path: Path) -> None:
    async with open_settings(path) as pilot:
        await go_to(pilot, "queue.running")
        await pilot.press("delete")
        await until(pilot, lambda: "running" not in path.read_text())
        await until(pilot, lambda: rows(pilot)["queue.running"][2] == "8")
        await until(pilot, lambda: not offered(pilot) & {"settings.reset"})
        await pilot.press("delete")
        assert "(default)" in said(pilot)


async def test_colours_and_language_are_used_at_once(path: Path) -> None:
    async with open_settings(path) as pilot:
        await go_to(pilot, "look.theme")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press(*"ima-light", "enter")
        await until(pilot, lambda: pilot.app.theme.startswith("ima-light"))
        await go_to(pilot, "language")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press(*"zh", "enter")
        await until(pilot, lambda: i18n.language() == "zh")
        await until(pilot, lambda: "界面语言" in said(pilot) or "zh" in said(pilot))
    assert 'language = "zh"' in path.read_text()


async def test_the_demo_changes_its_own_file_and_says_so(path: Path) -> None:
    async with open_settings(path, profile="demo") as pilot:
        await go_to(pilot, "queue.running")
        assert "Changes are discarded when the demo ends." in said(pilot)
        await pilot.press("enter", "backspace", "5", "enter")
        await until(pilot, lambda: "running = 5" in path.read_text())
        await until(
            pilot, lambda: said(pilot).startswith("Jobs at once: 5. This would take effect")
        )


async def test_a_limit_takes_effect_at_once(path: Path) -> None:
    async with open_settings(path) as pilot:
        await go_to(pilot, "spending.per_day")
        await pilot.press("enter", "backspace", "9", "enter")
        await until(pilot, lambda: said(pilot) == "Limit per day: 9")
        assert rows(pilot)["spending.per_day"][:3] == ["Limit per day", "9", "config file"]


async def test_no_limit_is_a_word_and_0_is_typed(path: Path) -> None:
    async with open_settings(path) as pilot:
        assert rows(pilot)["spending.per_day"][1] == "none"
        assert rows(pilot)["agents.approve_above"][1] == "0"  # every job needs approval
        await go_to(pilot, "spending.per_day")
        await pilot.press("enter")
        assert pilot.app.screen.query_one("#value", Input).value == "0"


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_help_of_every_setting_ends_with_a_sentence(path: Path, language: str) -> None:
    i18n.use(language)
    async with open_settings(path, (60, 20), "demo", language=language) as pilot:
        about = pilot.app.screen.query_one("#about", DraftMessage)
        for name in BY_NAME:
            await go_to(pilot, name)
            seen = "".join(about.render_line(y).text for y in range(about.size.height))
            assert "".join(seen.split()) == "".join(said(pilot).split())
            assert said(pilot).startswith(BY_NAME[name].about)


async def test_a_read_only_run_changes_nothing(path: Path) -> None:
    async with open_settings(path, read_only=True) as pilot:
        await go_to(pilot, "queue.running")
        assert "Settings can't be changed in read-only mode." in said(pilot)
        assert not offered(pilot) & {"settings.change", "settings.reset"}
        await pilot.press("enter", "delete")
        assert isinstance(pilot.app.screen, SettingsScreen)
    assert path.read_text() == WRITTEN


async def test_a_file_that_broke_meanwhile_is_told(path: Path) -> None:
    async with open_settings(path) as pilot:
        path.write_text("broken [")
        await go_to(pilot, "queue.running")
        await pilot.press("delete")
        await until(pilot, lambda: "is not valid TOML" in said(pilot))
    assert path.read_text() == "broken ["


def test_every_theme_that_there_is_can_be_set() -> None:
    assert BY_NAME["look.theme"].choices == app_actions.names()


async def test_words_narrow_the_list_and_escape_shows_all_of_it_again(path: Path) -> None:
    async with open_settings(path) as pilot:
        every = len(rows(pilot))
        limits = ["agents.per_job", "agents.per_day"]
        await pilot.press("slash", *"agents limit")
        await until(pilot, lambda: list(rows(pilot)) == ["[agents]", *limits])
        await pilot.press("enter")
        assert isinstance(pilot.app.focused, Table)
        await pilot.press("down", "escape")
        await until(pilot, lambda: len(rows(pilot)) == every)
        assert pilot.app.screen.query_one("#settings", Table).cursor == "agents.per_day"
