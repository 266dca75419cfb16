"""The place where ima_prefs.json is seen and changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fake import BANANA_PRO, MIDJOURNEY, WAN, FakePreference, FakeStudio, done
from patience import until
from textual.pilot import Pilot
from textual.widgets import Static

from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.events import PreferencesChanged
from ima_tui.preferences.file import DroppedPreference, Preference
from ima_tui.tui.app import ImaApp
from ima_tui.tui.keys.actions import acts
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.shell.job_lines import JobLines
from ima_tui.tui.shell.picker import Picker
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.widgets.table import Table

T2I, T2V = TaskType.TEXT_TO_IMAGE, TaskType.TEXT_TO_VIDEO


@pytest.fixture
def studio() -> FakeStudio:
    made = FakeStudio()
    made.preferences.preferences.rows = {
        "user_default": {
            T2I: FakePreference(MIDJOURNEY.model_id, "Midjourney", 7, "2026-11-20T10:00:00Z"),
            T2V: FakePreference("retired", "Old Model", 30, "2026-01-02T10:00:00Z"),
        },
        "user_anna": {T2V: FakePreference(WAN.model_id, "Wan 2.6", 25)},
    }
    return made


@asynccontextmanager
async def open_preferences(
    studio: FakeStudio, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[None]]:
    app = ImaApp(studio, start="preferences")  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.focused, Table))
        yield pilot


def row(pilot: Pilot[None], task_type: TaskType) -> list[str]:
    return [cell.text for cell in pilot.app.screen.query_one(Table).rows[task_type.value]]


def said(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(DraftMessage).content)


def model_of(studio: FakeStudio, user: str, task_type: TaskType) -> str:
    wish = studio.preferences.preferences.rows.get(user, {}).get(task_type)
    return wish.model_id if wish else ""


async def test_saved_and_live_prices_stand_side_by_side(studio: FakeStudio) -> None:
    async with open_preferences(studio) as pilot:
        prices = ["from 7", "from 8"]
        assert row(pilot, T2I) == ["img", "text to image", "Midjourney", *prices, "2026-11-20"]
        assert row(pilot, T2V)[2:5] == ["Old Model", "from 30", "gone"]
        assert row(pilot, TaskType.TEXT_TO_MUSIC)[2] == "–"
        assert isinstance(pilot.app.focused, Table)


async def test_a_saved_price_that_did_not_change_is_not_repeated(studio: FakeStudio) -> None:
    mine = FakePreference(MIDJOURNEY.model_id, "Midjourney", 8, "2026-11-20T10:00:00Z")
    studio.preferences.preferences.rows = {"user_default": {T2I: mine}}
    async with open_preferences(studio) as pilot:
        assert row(pilot, T2I)[2:] == ["Midjourney", "8–10", "2026-11-20"]
        assert "SAVED" not in pilot.app.screen.query_one(Table).render_line(0).text
        assert not pilot.app.screen.query_one(DraftMessage).display


async def test_enter_chooses_a_model_for_that_kind(studio: FakeStudio) -> None:
    async with open_preferences(studio) as pilot:
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Picker)
        await pilot.press(*"banana pro".replace(" ", ""), "enter")
        await until(pilot, lambda: model_of(studio, "user_default", T2I) == BANANA_PRO.model_id)
        await until(pilot, lambda: row(pilot, T2I)[2] == "Nano Banana Pro")
        assert said(pilot) == "text to image: Nano Banana Pro is now preferred."


async def test_delete_clears_and_u_brings_it_back(studio: FakeStudio) -> None:
    async with open_preferences(studio) as pilot:
        await pilot.press("delete")
        assert model_of(studio, "user_default", T2I) == ""
        assert row(pilot, T2I)[2] == "SeeDream 4.5 (default)"
        assert said(pilot) == "text to image: cleared. u: undo"
        await pilot.press("u")
        assert model_of(studio, "user_default", T2I) == MIDJOURNEY.model_id
        offered = {act.id for act in acts(pilot.app.screen)}
        assert "prefs.clear" in offered
        assert "prefs.undo" not in offered
        await pilot.press("down")
        assert "prefs.clear" not in {act.id for act in acts(pilot.app.screen)}


async def test_what_can_not_be_brought_back_is_asked_first(studio: FakeStudio) -> None:
    async with open_preferences(studio) as pilot:
        await pilot.press("down", "down", "delete")
        assert pilot.app.screen.query_one(ConfirmBar).asking
        await pilot.press("escape")
        assert model_of(studio, "user_default", T2V) == "retired"
        await pilot.press("delete", "y")
        await until(pilot, lambda: model_of(studio, "user_default", T2V) == "")


async def test_users_are_switched_and_changed_one_by_one(studio: FakeStudio) -> None:
    async with open_preferences(studio) as pilot:
        await pilot.press("greater_than_sign")
        assert row(pilot, T2V)[2] == "Wan 2.6"
        await pilot.press("down", "down", "delete")
        await until(pilot, lambda: model_of(studio, "user_anna", T2V) == "")
        assert model_of(studio, "user_default", T2V) == "retired"
        await pilot.press("less_than_sign")
        assert row(pilot, T2V)[2] == "Old Model"


async def test_what_another_tool_writes_shows_by_itself(studio: FakeStudio) -> None:
    async with open_preferences(studio) as pilot:
        studio.preferences.preferences.rows["user_default"] = {
            T2V: FakePreference(WAN.model_id, "Wan 2.6", 25)
        }
        studio.tell(PreferencesChanged())
        await until(pilot, lambda: row(pilot, T2V)[2:5][:2] == ["Wan 2.6", "25–40"])
        assert row(pilot, T2I)[2] == "SeeDream 4.5 (default)"


async def test_a_file_that_can_not_be_written_is_told(studio: FakeStudio) -> None:
    studio.preferences.preferences.writable = False
    async with open_preferences(studio) as pilot:
        assert "read-only" in said(pilot)
        await pilot.press("delete")
        assert said(pilot) == "The file is read-only, so nothing was saved."
        assert row(pilot, T2I)[2] == "Midjourney"


async def test_a_broken_file_is_told_with_where_it_was_kept(studio: FakeStudio) -> None:
    studio.preferences.preferences.trouble = UsageError(
        "error.prefs_set_aside", path="/p/a.json", aside="/p/a.broken.json", reason="1:2"
    )
    async with open_preferences(studio) as pilot:
        assert "/p/a.broken.json" in said(pilot)


async def test_without_a_list_nothing_is_called_gone() -> None:
    studio = FakeStudio(models=())
    studio.preferences.preferences.rows = {
        "user_default": {T2I: FakePreference("midjourney", "MJ", 8)}
    }
    async with open_preferences(studio) as pilot:
        assert row(pilot, T2I)[2:5] == ["MJ", "from 8", "?"]
        await pilot.press("enter")
        assert said(pilot).startswith("These models are not loaded yet")


# ------------------------------------------------------------------- what another program dropped

GONE = DroppedPreference(
    "default", T2I, Preference("midjourney", "Midjourney", 8, "2026-11-25T10:00:00Z")
)


@pytest.mark.parametrize(
    ("key", "asked", "then"),
    [
        ("a", "bring_back", "Restored: Midjourney (text to image)."),
        ("x", "let_go", "Discarded: Midjourney (text to image)."),
    ],
)
async def test_what_another_program_dropped_is_offered_back(
    studio: FakeStudio, key: str, asked: str, then: str
) -> None:
    async with open_preferences(studio) as pilot:
        assert "prefs.bring_back" not in {act.id for act in acts(pilot.app.screen)}
        studio.preferences.gone = (GONE,)
        studio.tell(PreferencesChanged())
        await until(pilot, lambda: said(pilot).startswith("Another program removed Midjourney"))
        assert " a restores, x discards" in said(pilot)
        await pilot.press(key)
        await until(pilot, lambda: said(pilot) == then)
        assert (asked, T2I) in studio.asked


async def test_elsewhere_a_drop_is_told_once(studio: FakeStudio) -> None:
    app = ImaApp(studio, start="queue")  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        studio.preferences.gone = (GONE,)
        for _ in range(2):
            studio.tell(PreferencesChanged())
            await until(pilot, lambda: not app._gatherer._waiting)
        await until(pilot, lambda: bool(app._notifications))
        assert [one.message for one in app._notifications] == [
            "Another program removed Midjourney (text to image) from your preferences. "
            "To restore, go to Prefs (5)."
        ]


def told(pilot: Pilot[None], part: str) -> str:
    return str(pilot.app.screen.query_one(f"#{part}-facts", Static).content)


async def test_the_model_in_use_and_the_others_stand_beside_the_table(studio: FakeStudio) -> None:
    async with open_preferences(studio, (120, 40)) as pilot:
        assert "Preferred by user default, last used 2026-11-20." in told(pilot, "model")
        assert "From 7 pts when it was saved, from 8 pts now." in told(pilot, "model")
        assert "Nano Banana Pro" in told(pilot, "others")
        await pilot.press("down", "down")
        await until(pilot, lambda: "Old Model is no longer available." in told(pilot, "model"))
        await pilot.press("end")
        await until(pilot, lambda: "not loaded yet" in told(pilot, "model"))


async def test_a_very_wide_screen_shows_the_latest_jobs_of_the_model() -> None:
    jobs = (done(1, model=WAN, prompt="waves"), done(2, model=MIDJOURNEY, prompt="a map"))
    studio = FakeStudio(jobs)
    mine = FakePreference(MIDJOURNEY.model_id, "Midjourney", 8)
    studio.preferences.preferences.rows = {"user_default": {T2I: mine}}
    async with open_preferences(studio, (200, 60)) as pilot:
        lines = pilot.app.screen.query_one(JobLines)
        await until(pilot, lambda: "a map" in lines.render_line(0).text)
        assert "waves" not in lines.render_line(1).text


async def test_where_a_model_has_no_jobs_the_way_to_the_first_is_told() -> None:
    async with open_preferences(FakeStudio(), (200, 60)) as pilot:
        lines = pilot.app.screen.query_one(JobLines)
        await until(pilot, lambda: "opens Compose" in lines.render_line(1).text)
        assert lines.render_line(1).text.strip().startswith("2 opens Compose: prompts")
        await pilot.press("end")  # no list of models
        await until(pilot, lambda: not lines.render_line(0).text.strip())
