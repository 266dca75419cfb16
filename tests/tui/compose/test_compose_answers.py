"""Questions stand beside the words and are answered by one key; what is remembered is a switch."""

from __future__ import annotations

import pytest
from patience import until
from test_compose import sent
from test_compose_reads import composing, told

from ima_tui.core.domain import TaskType
from ima_tui.tui.compose.intent_summary import IntentSummary
from ima_tui.tui.shell.frame import BottomLine


async def test_a_question_is_answered_while_typing() -> None:
    async with composing("a fox") as (pilot, screen):
        await until(pilot, lambda: "esc a  image" in told(screen))
        await pilot.press("alt+a", "right", "enter")
        assert screen.composer.task_type is TaskType.TEXT_TO_VIDEO
        assert screen.focused is screen.prompt
        await until(pilot, lambda: "What should I make?" not in told(screen))
        screen.form.kind.focus()
        await pilot.press("backspace")
        await until(pilot, lambda: "What should I make?" in told(screen))


async def test_a_question_has_its_key_and_the_bottom_line_stays_as_it_is() -> None:
    async with composing("a fox") as (pilot, screen):

        def keys() -> str:
            """What was drawn last, not what would be drawn now."""
            bottom = screen.query_one(BottomLine)
            return bottom.render_lines(bottom.size.region)[0].text

        await until(pilot, lambda: "esc a  image" in told(screen))
        before = keys()
        await pilot.press("alt+a", "right", "enter")
        await until(pilot, lambda: "What should I make?" not in told(screen))
        assert keys() == before


async def test_with_the_keys_there_enter_answers() -> None:
    async with composing("a fox") as (pilot, screen):
        await until(pilot, lambda: "esc a  image" in told(screen))
        await pilot.press("tab")
        assert isinstance(screen.focused, IntentSummary)
        assert "[image]" in told(screen)
        await pilot.press("right", "left", "enter")
        await until(pilot, lambda: "What should I make?" not in told(screen))
        assert "kind" in screen.composer.pins


@pytest.mark.parametrize("by_key_first", [False, True])
async def test_an_answer_and_the_switch_are_taken_by_the_mouse(by_key_first: bool) -> None:
    """At its first cell, where the brackets of the chosen answer come to stand with the focus."""
    async with composing("a fox") as (pilot, screen):
        await until(pilot, lambda: "esc a  image" in told(screen))
        if by_key_first:
            await pilot.press("alt+a")
            await until(pilot, lambda: "[image]" in told(screen))
        summary = screen.query_one(IntentSummary)
        (y, line), *_ = (each for each in enumerate(told(screen).split("\n")) if "video" in each[1])
        await pilot.click(summary, offset=(line.index("video") + 1, y))
        await until(pilot, lambda: "What should I make?" not in told(screen))
        assert screen.composer.task_type is TaskType.TEXT_TO_VIDEO
    async with composing("always use Nano Banana Pro; draw a fox") as (pilot, screen):
        await until(pilot, lambda: "[on]" in told(screen))
        y, line = next(each for each in enumerate(told(screen).split("\n")) if "[on]" in each[1])
        await pilot.click(IntentSummary, offset=(line.index("[on]") + 2, y))
        await until(pilot, lambda: "[off]" in told(screen))
        await pilot.click(IntentSummary, offset=(0, y))
        assert "[off]" in told(screen)


async def test_which_picture_is_what_has_to_be_answered_before_it_is_sent() -> None:
    async with composing("a.png and b.png into a video") as (pilot, screen):
        await until(pilot, lambda: screen.view.askings)
        await pilot.press("ctrl+j")
        assert sent(pilot.app.studio) == []  # type: ignore[attr-defined]
        assert "Choose first" in str(screen.query_one("#said").content)  # type: ignore[attr-defined]


async def test_what_can_be_had_instead_is_taken_by_its_key() -> None:
    async with composing("a picture of a harbour, 7:3, Nano Banana Pro") as (pilot, screen):
        await until(pilot, lambda: "7:3 isn't available" in told(screen))
        assert "crop to 7:3" in told(screen)
        await pilot.press("alt+a", "right", "enter")
        await until(pilot, lambda: "7:3" not in told(screen))
        assert screen.composer.draft is not None
        assert dict(screen.composer.draft.chosen)["aspect_ratio"] == "16:9"


async def test_neighbours_of_the_price_are_taken_by_a_key() -> None:
    async with composing("a picture of a fox, Nano Banana Pro, 4K") as (pilot, screen):
        await until(pilot, lambda: screen.view.draft_price.cheaper)
        await pilot.press("alt+minus")
        assert screen.view.draft_price.quote is not None
        assert screen.view.draft_price.quote.total == 10
        await pilot.press("alt+plus")
        assert screen.view.draft_price.quote.total == 18
        await pilot.press("alt+R")
        assert screen.composer.model is not None
        assert screen.composer.model.name == "Nano Banana 2"


def asked_of(pilot: object, verb: str) -> list[tuple[object, ...]]:
    return [one for one in pilot.app.studio.asked if one[0] == verb]  # type: ignore[attr-defined]


async def test_a_model_is_remembered_only_when_it_is_sent_and_the_switch_is_on() -> None:
    async with composing("always use Nano Banana Pro; draw a fox") as (pilot, screen):
        await until(pilot, lambda: "[on]" in told(screen))
        assert asked_of(pilot, "prefer") == []
        await pilot.press("alt+asterisk")
        assert "[off]" in told(screen)
        await pilot.press("alt+asterisk", "ctrl+j")
        await until(pilot, lambda: asked_of(pilot, "prefer"))
        assert asked_of(pilot, "prefer") == [
            ("prefer", TaskType.TEXT_TO_IMAGE, "gemini-3-pro-image")
        ]
        assert len(sent(pilot.app.studio)) == 1  # type: ignore[attr-defined]


async def test_turned_off_nothing_is_remembered() -> None:
    async with composing("always use Nano Banana Pro; draw a fox") as (pilot, screen):
        await until(pilot, lambda: "[on]" in told(screen))
        await pilot.press("alt+asterisk", "ctrl+j")
        await until(pilot, lambda: sent(pilot.app.studio))  # type: ignore[attr-defined]
        assert asked_of(pilot, "prefer") == []


async def test_a_wish_about_models_alone_is_done_without_sending_anything() -> None:
    async with composing("always use Nano Banana Pro") as (pilot, screen):
        await until(pilot, lambda: "Nothing is generated or charged" in told(screen))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: asked_of(pilot, "prefer"))
        assert sent(pilot.app.studio) == []  # type: ignore[attr-defined]
