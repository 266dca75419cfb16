"""The first moment: the frame before the place, and no key lost between them."""

from __future__ import annotations

import subprocess
import sys

from fake import FakeStudio
from patience import until
from textual import events

from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.shell.frame import SplashScreen, TopLine
from ima_tui.tui.shell.palette import Palette


class Held(ImaApp):
    """The frame stays until `go` is called."""

    async def _open_first(self, opening: SplashScreen) -> None:
        self.opening = opening

    async def go(self) -> None:
        await super()._open_first(self.opening)


def held() -> Held:
    return Held(FakeStudio(), frame_first=True)  # type: ignore[arg-type]


async def test_the_frame_stands_alone_and_the_place_follows_by_itself() -> None:
    app = ImaApp(FakeStudio(), frame_first=True)  # type: ignore[arg-type]
    assert isinstance(app.get_default_screen(), SplashScreen)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen))
        await until(pilot, lambda: app.screen.focused is not None)


async def test_the_frame_says_where_one_will_be() -> None:
    app = held()
    async with app.run_test() as pilot:
        await until(pilot, lambda: hasattr(app, "opening"))
        assert "[2 Compose]" in app.screen.query_one(TopLine).render_line(0).text


async def test_what_is_typed_before_the_place_is_there_arrives_in_order() -> None:
    app = held()
    async with app.run_test() as pilot:
        await until(pilot, lambda: hasattr(app, "opening"))
        await pilot.press("a", "space", "f")
        app.post_message(events.Paste("ox in "))
        await pilot.pause()
        await pilot.press("s")
        assert isinstance(app.screen, SplashScreen)
        app.call_next(app.go)
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen))
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        await until(pilot, lambda: screen.prompt.text == "a fox in s")


async def test_a_key_of_the_app_waits_for_the_place_too() -> None:
    app = held()
    async with app.run_test() as pilot:
        await until(pilot, lambda: hasattr(app, "opening"))
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, SplashScreen)
        app.call_next(app.go)
        await until(pilot, lambda: isinstance(app.screen, Palette))
        await app.workers.wait_for_complete()


def test_compose_is_drawn_without_what_only_a_prompt_or_a_job_needs() -> None:
    program = (
        "import sys, ima_tui.cli.commands.tui, ima_tui.tui.app, ima_tui.tui.compose.screen\n"
        "import ima_tui.studio.catalogue_service\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == ""
    loaded = set(done.stdout.split())
    prompt = {f"ima_tui.intent.{each}" for each in ("route", "scan", "lyrics", "vocabulary")}
    job = {"ima_tui.ledger.store", "ima_tui.runner.scheduler", "ima_tui.api.client", "sqlite3"}
    film = {"ima_tui.film", "ima_tui.workflow"}
    others = {"filelock", "httpx", "PIL", "pydantic", "tomlkit", "ima_tui.tui.images.graphics"}
    assert "ima_tui.tui.compose.view" in loaded
    assert not loaded & (prompt | job | film | others)


def test_the_frame_needs_nothing_of_the_places() -> None:
    program = (
        "import sys, ima_tui.cli.commands.tui, ima_tui.tui.app\n"
        "print(*sorted(name for name in sys.modules if name.startswith(('ima_tui.intent', "
        "'ima_tui.catalogue', 'ima_tui.compose', 'ima_tui.ledger'))"
        " or name.startswith('ima_tui.tui') and name.endswith('.screen')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.split() == []
