"""The reading stands under the wish as it is typed, and the form follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from fake import FakeStudio
from patience import until
from textual.pilot import Pilot
from textual.widgets import Input

from ima_tui.compose.composer import INPUTS, MODEL
from ima_tui.compose.prompt_text import words_of
from ima_tui.core.domain import TaskType
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose import draft_screen
from ima_tui.tui.compose.intent_summary import IntentSummary
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.widgets.prompt import Prompt


def told(screen: ComposeScreen) -> str:
    return screen.query_one(IntentSummary).words


@asynccontextmanager
async def composing(words: str) -> AsyncIterator[tuple[Pilot[None], ComposeScreen]]:
    app = ImaApp(FakeStudio())  # type: ignore[arg-type]
    async with app.run_test(size=(100, 30)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ComposeScreen)
        await until(pilot, lambda: screen.is_mounted and screen.reader.can_read)
        screen.query_one(Prompt).text = words
        yield pilot, screen


async def test_the_form_follows_the_words() -> None:
    async with composing("a video of a puppy, 10 seconds") as (pilot, screen):
        await until(pilot, lambda: screen.composer.task_type is TaskType.TEXT_TO_VIDEO)


async def test_a_model_chosen_by_hand_is_not_told_as_read() -> None:
    async with composing("a picture of a fox with Midjourney") as (pilot, screen):
        await until(pilot, lambda: "Midjourney" in told(screen))
        screen.composer.pins.hold(MODEL)
        await screen.read(anew=True)
        assert "Midjourney" not in told(screen).splitlines()[0]


async def test_what_cannot_be_is_said_at_once() -> None:
    async with composing("8K photo of a mountain") as (pilot, screen):
        await until(pilot, lambda: "8K" in told(screen) and "4K" in told(screen))


async def test_unclear_words_ask_and_are_not_sent() -> None:
    async with composing("a fox") as (pilot, screen):
        await until(pilot, lambda: "What should I make?" in told(screen))
        await pilot.press("ctrl+j")
        await until(
            pilot, lambda: "Nothing was sent" in str(screen.query_one(DraftMessage).content)
        )
        assert not [verb for verb, *_ in pilot.app.studio.asked if verb == "submit"]  # type: ignore[attr-defined]


async def test_a_word_that_is_not_finished_opens_no_question_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draft_screen, "PAUSE", 3600.0)
    async with composing("a 10s vid") as (pilot, screen):
        await until(pilot, lambda: screen.composer.task_type is TaskType.TEXT_TO_VIDEO)
        screen.prompt.move_cursor(screen.prompt.document.end)
        shown = told(screen)
        await pilot.press("e")
        assert (screen.prompt.text, told(screen)) == ("a 10s vide", shown)
        await pilot.press("o")
        assert screen.composer.task_type is TaskType.TEXT_TO_VIDEO

        await pilot.press("backspace", "space")  # a finished word is read at once
        await until(pilot, lambda: "What should I make?" in told(screen))


async def test_a_pause_reads_an_unfinished_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_screen, "PAUSE", 0.01)
    async with composing("a 10s vid") as (pilot, screen):
        await until(pilot, lambda: screen.composer.task_type is TaskType.TEXT_TO_VIDEO)
        screen.prompt.move_cursor(screen.prompt.document.end)
        await pilot.press("e")
        await until(pilot, lambda: "What should I make?" in told(screen))


async def test_sending_reads_an_unfinished_word_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_screen, "PAUSE", 3600.0)
    async with composing("a 10s vid") as (pilot, screen):
        await until(pilot, lambda: screen.composer.task_type is TaskType.TEXT_TO_VIDEO)
        screen.prompt.move_cursor(screen.prompt.document.end)
        await pilot.press("e", "ctrl+j")
        await until(pilot, lambda: "What should I make?" in told(screen))
        assert "Nothing was sent" in str(screen.query_one(DraftMessage).content)
        assert not [verb for verb, *_ in pilot.app.studio.asked if verb == "submit"]  # type: ignore[attr-defined]


async def test_only_the_words_to_be_spoken_are_sent() -> None:
    async with composing("read aloud: Good evening") as (pilot, screen):
        await until(pilot, lambda: screen.composer.task_type is TaskType.TEXT_TO_SPEECH)
        assert words_of(screen.prompt.text, screen.composer) == "Good evening"


async def test_a_line_that_the_words_filled_is_never_taken_for_a_choice_by_hand() -> None:
    async with composing("animate https://example.org/cat.png") as (pilot, screen):
        await until(pilot, lambda: len(screen.inputs.values) == 1)
        field = screen.inputs.lines[0].field
        field.post_message(Input.Changed(field, field.value))  # told late, as on a busy machine
        screen.composer.feed(())
        await screen.inputs.show(screen.composer.roles, ())
        await pilot.pause()
        assert INPUTS not in screen.composer.pins
        assert screen.inputs.values == ()


async def test_a_plan_waits_for_the_lists_and_says_so() -> None:
    async with composing("Draw a fox, then animate it") as (pilot, screen):
        await until(pilot, lambda: screen.composer.in_steps)
        lists = screen.studio.catalogue.lists
        for kind in (TaskType.TEXT_TO_IMAGE, TaskType.IMAGE_TO_VIDEO):
            lists[kind] = replace(lists[kind], as_of=None, models=())  # type: ignore[index]
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "Loading" in str(screen.query_one(DraftMessage).content))
        assert screen.is_current
