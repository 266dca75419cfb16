"""By hand alone: jumping, the palette across places, the language and the colours as it runs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from fake import FakeStudio, done, failed, job
from patience import until
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from ima_tui import i18n
from ima_tui.config import loader, toml_file
from ima_tui.core.errors import UsageError
from ima_tui.tui.app import ImaApp
from ima_tui.tui.gallery.screen import GalleryScreen
from ima_tui.tui.keys import actions
from ima_tui.tui.screens import SCREENS, SPENDING
from ima_tui.tui.shell import app_actions, palette
from ima_tui.tui.shell.help import JumpScreen
from ima_tui.tui.shell.picker import Picker
from ima_tui.tui.shell.viewer import ViewerScreen
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.table import Table

IDS = [place.id for place in SCREENS]


@pytest.fixture
def colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "depth", lambda system: 0)


def open_app(start: str = "queue", **settings: object) -> ImaApp:
    studio = FakeStudio((job(1), done(2), failed(3)), **settings)
    return ImaApp(studio, start=start)  # type: ignore[arg-type]


def picture(app: ImaApp) -> list[str]:
    return [
        "".join(part.text for part in strip) for strip in app.screen._compositor.render_strips()
    ]


async def settled(pilot: Pilot[object]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause(0.3)
    await pilot.pause()


# ------------------------------------------------------------------------------------ jumping


@pytest.mark.parametrize("place", IDS)
async def test_a_letter_leads_to_everything_that_can_have_the_keys(place: str) -> None:
    app = open_app(place)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("escape")  # a text field would take the key
        below = app.screen
        await pilot.press("apostrophe")
        assert isinstance(app.screen, JumpScreen)
        letters = {letter: widget for letter, widget, _ in app.screen.targets}
        assert set(letters.values()) == {
            one for one in below.focus_chain if below.find_widget(one).visible_region
        }
        drawn = picture(app)
        assert all(any(f" {letter} " in line for line in drawn) for letter in letters)
        letter, wanted = list(letters.items())[-1]
        await pilot.press(letter)
        assert app.screen is below
        assert app.focused is wanted


async def test_any_other_key_only_takes_the_letters_away() -> None:
    app = open_app()
    async with app.run_test() as pilot:
        await pilot.pause()
        before = app.focused
        await pilot.press("apostrophe", "1")
        assert app.current_mode == "queue"
        assert not isinstance(app.screen, JumpScreen)
        assert app.focused is before


# ------------------------------------------------------------------------ nothing is a dead end


@pytest.mark.parametrize("place", IDS)
async def test_escape_leads_out_of_everything_that_can_have_the_keys(place: str) -> None:
    """From each field the number keys work again after at most two escapes."""
    app = open_app(place)
    other = "queue" if place != "queue" else "models"
    number = next(str(one.number) for one in SCREENS if one.id == other)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        for widget in list(app.screen.focus_chain):
            app.screen.set_focus(widget)
            await pilot.press("escape", "escape", number)
            assert app.current_mode == other, widget
            await app.action_go(place)
            await pilot.pause()


@pytest.mark.parametrize("key", ["f1", "ctrl+p", "apostrophe"])
@pytest.mark.parametrize("place", IDS)
async def test_windows_give_the_keys_back_to_where_they_were(place: str, key: str) -> None:
    app = open_app(place)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("escape")
        below, before = app.screen, app.focused
        await pilot.press(key)
        await pilot.pause()
        assert app.screen is not below
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is below
        assert app.focused is before


# ---------------------------------------------------------------------------------- the palette


async def commands_of(pilot: Pilot[object]) -> list[palette.Command]:
    """What the palette offers once the actions of the other screens are in it."""
    await pilot.press("ctrl+p")
    window = pilot.app.screen
    assert isinstance(window, palette.Palette)
    await until(pilot, lambda: {"Models", "Logs"} <= {one.where for one in window.commands})
    return window.commands


async def test_the_palette_finds_what_can_be_done_in_other_places() -> None:
    app = open_app("queue")
    async with app.run_test(size=(100, 30)) as pilot:
        found = await commands_of(pilot)
        row = next(one for one in found if (one.where, one.id) == ("Models", "models.kind"))
        await pilot.press("escape")
        await row.run()
        await until(pilot, lambda: app.current_mode == "models" and type(app.screen) is Picker)
        await until(pilot, lambda: isinstance(app.focused, Input))


async def test_what_acts_on_a_selection_or_a_draft_is_offered_only_where_that_is_visible() -> None:
    app = open_app("gallery")
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        found = {(one.where, one.id) for one in await commands_of(pilot)}
    expected = {("Models", "models.refresh"), ("Compose", "compose.model"), ("Logs", "logs.find")}
    assert expected <= found
    there = {name for where, name in found if where not in ("", "Gallery")}
    acting = {"models.use", "models.prefer", "compose.send", "compose.answer", "compose.elsewhere"}
    assert not there & (acting | {"queue.approve", "queue.again", "queue.similar", "prefs.clear"})
    assert there <= palette.OFFERED_ELSEWHERE


async def test_the_palette_over_a_window_lists_only_what_the_window_can_do() -> None:
    app = open_app("gallery")
    async with app.run_test(size=(100, 30)) as pilot:
        screen = app.screen
        assert isinstance(screen, GalleryScreen)
        await until(pilot, lambda: screen.choice.job is not None)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ViewerScreen))
        known = {act.id for act in actions.acts(app.screen)}
        await pilot.press("ctrl+p")
        window = app.screen
        assert isinstance(window, palette.Palette)
        await settled(pilot)
        found = {one.id for one in window.commands}
        assert found
        assert found <= known


def test_what_the_palette_offers_elsewhere_are_bindings() -> None:
    owners = [place.load() for place in (*SCREENS, SPENDING)]
    known = {one.id for owner in owners for one in owner.BINDINGS if isinstance(one, Binding)}
    assert known >= palette.OFFERED_ELSEWHERE


# ----------------------------------------------------------------------------------- the colours


@pytest.mark.usefixtures("colourful")
async def test_colours_are_chosen_from_a_list_and_kept_on_a_yes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n[look]\nascii = false # so\n")
    app = open_app(profile="", config_file=path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.run_action("theme")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"nord", "enter")
        await settled(pilot)
        assert app.theme == "nord"
        await pilot.press("enter")
        await until(pilot, lambda: "nord" in path.read_text())
    assert path.read_text().startswith("# mine\n[look]\nascii = false # so\n")
    assert tomllib.loads(path.read_text())["look"]["theme"] == "nord"


@pytest.mark.usefixtures("colourful")
async def test_a_no_keeps_nothing_and_the_demo_does_not_ask(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    for profile in ("", "demo"):
        app = open_app(profile=profile, config_file=path)
        async with app.run_test(size=(80, 24)) as pilot:
            await app.run_action("theme")
            await settled(pilot)
            await pilot.press(*"gruvbox", "enter")
            await settled(pilot)
            await pilot.press("escape")
            await settled(pilot)
            assert app.theme == "gruvbox"
    assert not path.exists()


def test_every_theme_of_textual_has_all_tokens() -> None:
    assert len(app_actions.names()) > 10
    assert theme.style("nord", "muted", "raised").color is not None


def test_what_is_kept_must_be_a_setting_that_can_be(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    toml_file.put(path, "language", "zh")
    assert loader.load({}, {"IMA_TUI_CONFIG": str(path)}).language == "zh"
    with pytest.raises(UsageError):
        toml_file.put(path, "language", "xx")
    path.write_text("broken [")
    with pytest.raises(UsageError):
        toml_file.put(path, "language", "en")
    assert path.read_text() == "broken ["


# ---------------------------------------------------------------------------------- the language


@pytest.mark.parametrize("place", IDS)
async def test_after_a_switch_a_place_says_what_it_says_when_started_so(place: str) -> None:
    i18n.use("zh")
    app = open_app(place)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        wanted = picture(app)
    i18n.use("en")
    app = open_app(place)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        english = picture(app)
        await app.run_action("language")
        await settled(pilot)
        app.clear_notifications()
        await settled(pilot)
        assert picture(app) == wanted
        await app.run_action("language")
        await settled(pilot)
        app.clear_notifications()
        await settled(pilot)
        assert picture(app) == english


async def test_a_place_that_was_hidden_speaks_the_new_language_too() -> None:
    app = open_app("queue")
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("1", "3")
        await app.run_action("language")
        await settled(pilot)
        await pilot.press("1")
        await settled(pilot)
        assert "模型" in "".join(picture(app))
        assert "MODEL" not in "".join(picture(app)[2])


async def test_what_was_typed_and_marked_stays() -> None:
    app = open_app("queue")
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("down", "space")
        await app.run_action("language")
        await settled(pilot)
        table = app.screen.query_one(Table)
        assert len(table.marked) == 1
        assert app.focused is table
        await pilot.press("2", *"a fox")
        await app.run_action("language")
        await settled(pilot)
        area = app.screen.query_one(TextArea)
        assert area.text == "a fox"
        assert app.focused is area
