"""Other keys for actions: everything that names a key follows, and what is odd is told."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from fake import FakeStudio, done, job
from textual.widgets import Input

from ima_tui.tui.app import ImaApp
from ima_tui.tui.keys import actions, keymap
from ima_tui.tui.keys.verbs import KEYS, verb_of
from ima_tui.tui.screens import SCREENS
from ima_tui.tui.shell import keymap_check
from ima_tui.tui.shell.help import HelpScreen
from ima_tui.tui.terminal.textual_internals import character_of
from ima_tui.tui.widgets.table import Table

sys.path.append(str(Path(__file__).parents[3] / "docs"))

import keys


def open_app(start: str = "queue", **written: str) -> ImaApp:
    studio = FakeStudio(
        (job(1), done(2)), keys={n.replace("_", ".", 1): k for n, k in written.items()}
    )
    return ImaApp(studio, start=start)  # type: ignore[arg-type]


def by_id(app: ImaApp) -> dict[str, actions.ActionEntry]:
    return {act.id: act for act in actions.acts(app.screen)}


async def test_a_changed_key_works_and_the_old_one_does_not() -> None:
    app = open_app(place_models="m, f7", table_down="ctrl+n")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.screen.query_one(Table)
        first = table.cursor
        await pilot.press("j", "down")
        assert table.cursor == first
        await pilot.press("ctrl+n")
        assert table.cursor != first
        await pilot.press("1")
        assert app.current_mode == "queue"
        await pilot.press("m")
        assert app.current_mode == "models"
        await pilot.press("3", "f7")
        assert app.current_mode == "models"


async def test_footer_help_and_act_show_the_changed_key() -> None:
    app = open_app(queue_filter="ctrl+f", app_help="f12")
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert by_id(app)["queue.filter"].keys == ("ctrl+f",)
        bottom = app.screen.query_one("BottomLine")
        told = "".join(text for side in bottom.parts(100) for text, _ in side)  # type: ignore[attr-defined]
        assert "f12 help" in told
        await pilot.press("f12")
        assert isinstance(app.screen, HelpScreen)
        assert "ctrl+f" in "".join(each.plain for each in app.screen.columns())


async def test_an_action_that_shares_its_key_keeps_it_when_the_other_moves() -> None:
    app = open_app("models", place_leave="f8")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", "m", "j")
        await pilot.press("f8")
        assert not isinstance(app.focused, Input)
        await pilot.press("escape")  # models.clear, as ever
        assert app.screen.query_one("#filter", Input).value == ""


async def test_a_letter_of_ones_own_is_typed_into_fields_and_named_with_escape() -> None:
    app = open_app("queue", queue_sort="minus")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", "minus")
        assert app.screen.query_one("#filter", Input).value == "-"
        assert by_id(app)["queue.sort"].key_words() == "esc -"


def test_one_letter_has_one_meaning_on_all_screens() -> None:
    meaning = {key: verb for verb, keys in KEYS.items() for key in keys.split(",")}
    every = [key for keys in KEYS.values() for key in keys.split(",")]
    assert len(meaning) == len(every) - 1  # escape: back, and close a window
    odd = {
        (name, key)
        for name, keys in keymap_check.every_id().items()
        for key in keys
        if character_of(key) and verb_of.get(name) != meaning.get(key)
    }
    # the confirm bar takes the keys alone; help closes by what opened it
    assert {name for name, _ in odd} <= {
        "question.yes",
        "question.yes_deliberately",
        "question.no",
        "help.close_too",
    }
    assert not {character_of(key) for key in meaning} & set("OPX^_")  # esc and these: a sequence


def test_an_id_of_before_is_told_what_became_of_it() -> None:
    moved, removed, now = keymap_check.warnings(
        {"app.plans_too": "f7", "compose.answer3": "alt+3", "queue.stpo": "S"}
    )
    assert "is now app.plans" in moved
    assert "a accepts a suggestion" in removed
    assert "queue.stop" in now
    assert set(keymap.MOVED.values()) <= set(keymap_check.every_id())
    assert not {*keymap.MOVED, *keymap.REMOVED} & set(keymap_check.every_id())


def test_what_is_odd_about_keys_is_said_with_the_nearest_name() -> None:
    said = keymap_check.warnings(
        {"queue.stpo": "S", "queue.again": "ctl+r", "app.quit": "", "table.up": "x", "x": "y"}
    )
    assert [line for line in said if "queue.stpo" in line and "queue.stop" in line]
    assert [line for line in said if "ctl+r" in line]
    assert [line for line in said if line.startswith("keys.app.quit")]
    assert [line for line in said if "table.up" in line and "queue.stop" in line]
    assert keymap.settled({"app.quit": "", "queue.again": "ctl+r", "queue.stop": "S"}) == {
        "queue.stop": ("S",)
    }


def test_nothing_is_odd_about_the_keys_as_they_are() -> None:
    written = {name: ",".join(keys) for name, keys in keymap_check.every_id().items()}
    assert keymap_check.warnings(written) == []


def test_every_binding_of_ours_has_an_id_and_a_sentence() -> None:
    odd = [
        (owner.__name__, binding.key)
        for owner in keymap_check.owners()
        for binding in owner.__dict__["BINDINGS"]
        if not (binding.id and binding.description.startswith("bind."))
        and binding.id != "app.interrupt"  # it only says how to quit
    ]
    assert odd == []
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) for name in keymap_check.every_id())
    assert {place.id for place in SCREENS} <= {
        name.removeprefix("place.") for name in keymap_check.every_id() if name.startswith("place.")
    }


def test_the_page_of_keys_is_what_the_code_says() -> None:
    assert keys.PATH.read_text("utf-8") == keys.page(), "make keys"
