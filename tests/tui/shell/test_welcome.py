"""The first start without a key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fake import FakeConnection, FakeStudio
from patience import until
from textual.pilot import Pilot
from textual.widgets import Input, Static

from ima_tui import i18n
from ima_tui.core.errors import UsageError
from ima_tui.i18n import Language
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.shell.welcome import WelcomeScreen
from ima_tui.tui.widgets.field_rows import ChoiceLine
from ima_tui.tui.widgets.price_bar import DraftMessage

KEY = "ima_0123456789abcdef"


@asynccontextmanager
async def first_start(
    studio: FakeStudio | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Pilot[None], FakeStudio]]:
    studio = studio or FakeStudio(profile="")
    studio.connection.has_key = False
    app = ImaApp(studio)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen) and app.focused)
        yield pilot, studio


def said(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(DraftMessage).content)


def kept(studio: FakeStudio) -> list[tuple[object, ...]]:
    return [args for verb, *args in map(tuple, studio.asked) if verb == "set_key"]  # type: ignore[misc]


async def test_it_says_where_the_key_goes_and_where_one_is_made() -> None:
    async with first_start() as (pilot, _):
        words = "\n".join(str(one.content) for one in pilot.app.screen.query(Static))
        for fact in ("api.imastudio.com", "imapi.liveme.com", "imaclaw.ai/imaclaw/apikey"):
            assert fact in words


async def test_a_key_is_taken_for_this_session_and_the_lists_are_fetched() -> None:
    async with first_start() as (pilot, studio):
        await pilot.press(*KEY, "enter")
        await until(pilot, lambda: kept(studio) == [[KEY, "session"]])
        await until(pilot, lambda: isinstance(pilot.app.screen, ComposeScreen))
        await until(pilot, lambda: studio.asked[-1] == ("refresh",))


async def test_how_it_is_kept_is_chosen_and_explained() -> None:
    async with first_start() as (pilot, studio):
        await pilot.press(*KEY, "down", "right", "right")
        assert "0600" in said(pilot)
        assert pilot.app.screen.query_one(ChoiceLine).row.value == "file"
        await pilot.press("enter")
        await until(pilot, lambda: kept(studio) == [[KEY, "file"]])


async def test_the_key_is_not_shown() -> None:
    async with first_start() as (pilot, _):
        field = pilot.app.screen.query_one(Input)
        field.value = KEY
        await pilot.pause()
        assert field.password
        assert "0123456789" not in "".join(strip.text for strip in field.render_lines(field.region))


async def test_a_key_of_another_product_is_refused_here() -> None:
    async with first_start() as (pilot, studio):
        await pilot.press(*"sk-123", "enter")
        refusal = "This is not an IMA key: IMA keys begin with ima_. Nothing was sent."
        await until(pilot, lambda: said(pilot) == refusal)
        assert kept(studio) == []
        assert isinstance(pilot.app.screen, WelcomeScreen)
        await pilot.press("backspace")
        assert said(pilot) == "Not saved: ima-tui asks again next time."


async def test_a_keyring_that_fails_is_told_and_nothing_is_lost() -> None:
    class NoKeyring(FakeConnection):
        async def set_key(self, key: str, *, keep: str) -> None:
            raise UsageError("error.keyring")

    studio = FakeStudio(profile="")
    studio.connection = NoKeyring(studio.asked)
    async with first_start(studio) as (pilot, _):
        await pilot.press(*KEY, "enter")
        await until(pilot, lambda: said(pilot).startswith("The system keyring couldn't"))
        assert pilot.app.screen.query_one(Input).value == KEY


async def test_d_opens_the_demo_on_an_empty_line_and_is_a_letter_after_that() -> None:
    async with first_start() as (pilot, _):
        await pilot.press("i", "d")
        assert pilot.app.screen.query_one(Input).value == "id"
        await pilot.press("backspace", "backspace", "d")
        await until(pilot, lambda: pilot.app.return_value == "demo")


async def test_escape_looks_around_without_a_key() -> None:
    async with first_start() as (pilot, studio):
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ComposeScreen))
        await pilot.app.run_action("do('key')", pilot.app.screen)
        await until(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))
        await pilot.pause()
        assert not studio.connection.has_key


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_all_of_it_fits_the_smallest_terminal(language: Language) -> None:
    i18n.use(language)
    async with first_start(size=(60, 20)) as (pilot, _):
        await pilot.pause()
        page = pilot.app.screen.query_one("#welcome")
        assert page.virtual_size.height <= page.size.height


async def test_the_demo_profile_needs_no_key() -> None:
    studio = FakeStudio(profile="demo")
    studio.connection.has_key = False
    async with ImaApp(studio).run_test() as pilot:  # type: ignore[arg-type]
        await pilot.pause()
        assert isinstance(pilot.app.screen, ComposeScreen)
