"""Keys that come fast go where they were meant for, and text never triggers an action."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from fake import FakeStudio, done, failed
from patience import until
from test_compose_reads import composing, told
from textual import events
from textual.widgets import Input

from ima_tui.core.domain import Job, Order
from ima_tui.tui.app import ImaApp
from ima_tui.tui.logs.screen import LogsScreen
from ima_tui.tui.queue.screen import QueueScreen
from ima_tui.tui.shell.frame import SplashScreen
from ima_tui.tui.shell.palette import Palette


class Held(ImaApp):
    """The frame stays until `go` is called."""

    async def _open_first(self, opening: SplashScreen) -> None:
        self.opening = opening

    async def go(self) -> None:
        await super()._open_first(self.opening)


def type_at_once(app: ImaApp, *keys: str) -> None:
    """Hand over keys as a terminal does with what lies in its buffer: none waits for another."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


def open_app(start: str = "models") -> ImaApp:
    return ImaApp(FakeStudio((done(2), failed(3))), start=start)  # type: ignore[arg-type]


async def test_a_key_right_behind_a_digit_is_for_the_screen_that_the_digit_opens() -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.focused)
        type_at_once(app, "3", "slash")
        await until(pilot, lambda: isinstance(app.screen, QueueScreen))
        await until(pilot, lambda: isinstance(app.focused, Input))
        assert app.focused is not None
        assert app.focused.id == "filter"
        assert app.focused.screen is app.screen


async def test_what_is_typed_right_behind_the_palettes_key_narrows_it() -> None:
    app = open_app("queue")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.focused)
        type_at_once(app, "colon", *"theme")
        await until(pilot, lambda: isinstance(app.screen, Palette) and app.focused)
        await until(pilot, lambda: app.screen.query_one(Input).value == "theme")


async def test_escape_and_a_digit_before_the_first_screen_open_that_screen() -> None:
    app = Held(FakeStudio(), frame_first=True)  # type: ignore[arg-type]
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: hasattr(app, "opening"))
        type_at_once(app, "escape", "6")
        app.call_next(app.go)
        await until(pilot, lambda: isinstance(app.screen, LogsScreen))


async def test_letters_behind_a_question_that_blocks_sending_go_on_as_text() -> None:
    async with composing("a.png and b.png into a video") as (pilot, screen):
        await until(pilot, lambda: screen.view.askings)
        await pilot.press("ctrl+j")
        await pilot.press("q", "6", "asterisk", "space")
        await until(pilot, lambda: "q6* " in screen.prompt.text)
        assert pilot.app.screen is screen
        assert screen.focused is screen.prompt
        assert "?" in told(screen)


async def test_what_is_typed_right_behind_the_key_of_a_new_prompt_is_the_new_prompt() -> None:
    async with composing("") as (pilot, screen):
        app = pilot.app
        assert isinstance(app, ImaApp)
        await until(pilot, lambda: screen.prompt.has_focus)
        type_at_once(app, *"abc", "ctrl+n", *"def")
        await until(pilot, lambda: screen.prompt.text == "def")
        type_at_once(app, "home", "x", "ctrl+n", "y", "z")
        await until(pilot, lambda: screen.prompt.text == "yz")
        type_at_once(app, "backspace")
        await until(pilot, lambda: screen.prompt.text == "y")
        type_at_once(app, "x")
        await until(pilot, lambda: screen.prompt.text == "yx")
        await screen.new_draft()  # from the list of all actions
        assert not screen.prompt.text


async def test_a_deletion_comes_before_the_letter_behind_it() -> None:
    async with composing("") as (pilot, screen):
        app = pilot.app
        assert isinstance(app, ImaApp)
        await until(pilot, lambda: screen.prompt.has_focus)
        type_at_once(app, *"abc", "backspace", *"de", "home", "delete", *"x")
        await until(pilot, lambda: screen.prompt.text == "xbde")


async def test_a_key_right_behind_sending_is_not_typed_into_the_next_prompt() -> None:
    async with composing("a photo of a fox in the snow") as (pilot, screen):
        app, jobs = pilot.app, screen.studio.jobs
        assert isinstance(app, ImaApp)
        await until(
            pilot, lambda: screen.composer.intent and screen.view.draft_price.problem is None
        )
        submit, sent = jobs.submit, []

        async def slow(order: Order, repeats: int | None = None) -> Job:
            await asyncio.sleep(0.1)
            sent.append(order)
            return await submit(order, repeats)

        jobs.submit = slow  # type: ignore[method-assign]
        type_at_once(app, "ctrl+j", "escape", "3")
        await until(pilot, lambda: isinstance(app.screen, QueueScreen))
        assert (len(sent), screen.prompt.text) == (1, "")


async def test_who_left_the_prompt_while_it_was_sent_is_not_brought_back() -> None:
    async with composing("a photo of a fox in the snow") as (pilot, screen):
        jobs = screen.studio.jobs
        stay = replace(screen.studio.settings, after_send="stay")
        screen.studio.settings = stay  # type: ignore[misc]
        await until(
            pilot, lambda: screen.composer.intent and screen.view.draft_price.problem is None
        )
        submit = jobs.submit

        async def left(order: Order, repeats: int | None = None) -> Job:
            screen.set_focus(screen.form.kind)
            return await submit(order, repeats)

        jobs.submit = left  # type: ignore[method-assign]
        await pilot.press("ctrl+j")
        await until(pilot, lambda: not screen.prompt.text)
        assert screen.focused is screen.form.kind
