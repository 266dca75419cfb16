"""Keys are said once: footer, help and palette come from the bindings that are active."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import cast

import pytest
from agreement import said_alike
from fake import NOW, FakeStudio, done, job
from patience import until
from snapshots import picture
from textual.app import App
from textual.binding import Binding
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input

from ima_tui import tui
from ima_tui.config import loader
from ima_tui.config.editor import ConfigEditor
from ima_tui.core.domain import Event, State
from ima_tui.tui.app import ImaApp
from ima_tui.tui.keys import actions, keymap
from ima_tui.tui.keys.verbs import KEYS
from ima_tui.tui.screens import SCREENS
from ima_tui.tui.shell import keymap_check, palette
from ima_tui.tui.shell.help import HelpScreen
from ima_tui.tui.widgets.table import Table


def open_app(start: str = "queue") -> ImaApp:
    return ImaApp(FakeStudio((job(1), done(2))), start=start)  # type: ignore[arg-type]


@asynccontextmanager
async def looking_at(name: str, tmp_path: Path) -> AsyncIterator[Pilot[None]]:
    """The place `name`, or the settings behind Preferences."""
    app = open_app("preferences" if name == "settings" else name)
    file = tmp_path / "config.toml"
    settings = loader.load({}, {"IMA_TUI_CONFIG": str(file)})
    queued = Event(NOW, State.QUEUED, "event.sending")
    app.studio.jobs.events = dict.fromkeys((1, 2), (queued,))  # type: ignore[attr-defined]
    app.studio.config_editor = ConfigEditor(settings)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        if name == "settings":
            await until(pilot, lambda: isinstance(app.focused, Table))
            await pilot.press("right_square_bracket")
            await until(pilot, lambda: app.screen.query_one(Table).rows)
        yield pilot


OPEN_SCREENS = [*(place.id for place in SCREENS), "settings"]


@pytest.mark.parametrize("name", OPEN_SCREENS)
async def test_footer_is_part_of_help_and_help_is_the_palette(name: str, tmp_path: Path) -> None:
    async with looking_at(name, tmp_path) as pilot:
        await said_alike(pilot.app.screen)


@pytest.mark.parametrize("name", OPEN_SCREENS)
async def test_every_key_in_the_footer_does_something(name: str, tmp_path: Path) -> None:
    keys = [""]
    while keys:
        async with looking_at(name, tmp_path) as pilot:
            app = pilot.app
            if keys == [""]:
                known = actions.footer(actions.acts(app.screen))
                keys = [act.keys[0] for act in known]
            before = standing(app)
            key = keys.pop()
            await pilot.press(key)
            assert await changed(pilot, before), key


async def changed(pilot: Pilot[None], before: object) -> bool:
    for _ in range(40):
        if standing(pilot.app) != before:
            return True
        await pilot.pause(0.01)
    return False


def standing(app: App[object]) -> object:
    """What a person can see of it, and what was asked of the studio."""
    asked = list(cast("ImaApp", app).studio.asked)  # type: ignore[attr-defined]
    seen = picture(app.screen), len(app._notifications)
    return app.current_mode, len(app.screen_stack), app.focused, seen, asked


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("place", SCREENS, ids=lambda place: place.id)
def test_every_binding_has_an_id_of_its_own_and_a_sentence(place: object, language: str) -> None:
    texts = import_module(f"ima_tui.i18n.{language}").TEXTS
    screen = getattr(import_module(place.module), place.screen)  # type: ignore[attr-defined]
    for owner in (screen, ImaApp, Table):
        bindings = [one for one in owner.BINDINGS if isinstance(one, Binding)]
        ids = [binding.id for binding in bindings]
        assert None not in ids
        assert len(set(ids)) == len(ids)
        assert all(one.description in texts for one in bindings if one.description)


def test_each_screen_has_its_number_as_its_key() -> None:
    assert all(KEYS[f"go_{place.id}"] == str(place.number) for place in SCREENS)


async def test_number_keys_switch_places_but_are_typed_into_fields() -> None:
    app = open_app("queue")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        assert app.current_mode == "models"
        await pilot.press("slash", "3")
        assert app.current_mode == "models"
        assert app.screen.query_one("#filter", Input).value == "3"
        await pilot.press("alt+3")
        assert app.current_mode == "queue"
        await pilot.press("ctrl+pagedown", "ctrl+pageup", "ctrl+pageup")
        assert app.current_mode == "compose"
        await pilot.press("alt+3", "slash", "alt+j")  # leaves the field for the table
        assert isinstance(app.focused, Table)


async def test_help_tells_the_keys_of_the_place_and_closes() -> None:
    app = open_app()
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        shown = {act.id for act in app.screen.acts}
        assert {"queue.stop", "table.down", "app.quit", "place.models"} <= shown
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


async def test_the_palette_does_what_the_key_does() -> None:
    app = open_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, palette.Palette)
        await pilot.press(*"Models")
        await app.workers.wait_for_complete()
        await pilot.press("enter")
        await pilot.pause()
        assert app.current_mode == "models"


async def test_a_field_takes_the_keys_and_the_footer_says_how_to_leave_it() -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash")
        shown = {act.id for act in actions.acts(app.screen)}
        assert "place.leave" in shown
        keys = {act.id: act.key_words() for act in actions.acts(app.screen)}
        assert keys["app.help"] == "f1  esc ?"
        assert keys["queue.duplicate"] == "esc d"


def test_keys_are_named_as_on_the_keyboard() -> None:
    named = [actions.key_name(key) for key in ("question_mark", "slash", "ctrl+p", "escape", "G")]
    assert named == ["?", "/", "ctrl+p", "esc", "G"]


def test_what_who_only_looks_has_no_keys_for_is_there_otherwise() -> None:
    known = {
        one.id
        for owner in keymap_check.owners()
        for one in owner.BINDINGS
        if isinstance(one, Binding)
    }
    assert known >= keymap.WRITING


def test_every_message_of_ours_is_heard_by_a_method_of_its_name() -> None:
    """Textual finds handlers by name: a renamed message would be dropped without a word."""
    folder = Path(tui.__file__).parent
    text = "\n".join(each.read_text("utf-8") for each in folder.rglob("*.py"))
    for found in walk_packages(tui.__path__, "ima_tui.tui."):
        import_module(found.name)
    ours = [each for each in every_subclass(Message) if each.__module__.startswith("ima_tui.")]
    assert ours
    heard = [(f"def {each.handler_name}(", f"@on({each.__qualname__}") for each in ours]
    assert [ways for ways in heard if not any(way in text for way in ways)] == []


def every_subclass(parent: type[Message]) -> list[type[Message]]:
    return [deep for each in parent.__subclasses__() for deep in (each, *every_subclass(each))]
