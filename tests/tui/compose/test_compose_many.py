"""Several entries are shown, priced together, agreed to once, and handed over together."""

from __future__ import annotations

from patience import until
from test_compose import asked, price, said, sent
from test_compose_reads import composing

from ima_tui.core.domain import TaskType
from ima_tui.tui.compose.intent_summary import IntentSummary
from ima_tui.tui.compose.prompt_list import PromptList


async def test_variants_are_previewed_and_agreed_to_as_a_total() -> None:
    async with composing("a picture of a {red|blue|white} fox") as (pilot, screen):
        await until(pilot, lambda: screen.lines.several)
        total = screen.lines.several.total if screen.lines.several else 0
        await until(pilot, lambda: price(pilot).startswith(f"3 jobs · {total} pts"))
        assert screen.query_one(PromptList).display
        await pilot.press("ctrl+j")
        await until(pilot, lambda: asked(pilot) == f"Send 3 jobs for {total} pts in total?")
        assert sent(pilot.app.studio) == []  # type: ignore[attr-defined]
        await pilot.press("y")
        await until(pilot, lambda: len(sent(pilot.app.studio)) == 3)  # type: ignore[attr-defined]
        prompts = [order.prompt for order in sent(pilot.app.studio)]  # type: ignore[attr-defined]
        assert prompts == [f"a picture of a {colour} fox" for colour in ("red", "blue", "white")]


async def test_lines_are_one_wish_until_somebody_says_otherwise() -> None:
    async with composing("a picture of a fox\na video of a bear") as (pilot, screen):
        await until(pilot, lambda: "esc b" in said(pilot))
        assert not screen.query_one(PromptList).display
        await pilot.press("alt+b")
        await until(pilot, lambda: screen.lines.several)
        assert screen.lines.several is not None
        assert [
            w.order.task_type.medium.value for w in screen.lines.several.entries if w.order
        ] == [
            "image",
            "video",
        ]
        await pilot.press("alt+b")
        await until(pilot, lambda: not screen.query_one(PromptList).display)


async def test_a_line_of_no_kind_takes_none_of_the_others() -> None:
    async with composing("a fox\nread aloud: hello") as (pilot, screen):
        await until(pilot, lambda: screen.composer.task_type is TaskType.TEXT_TO_SPEECH)
        await pilot.press("alt+b")
        await until(pilot, lambda: "What should I make?" in screen.query_one(IntentSummary).words)
        assert screen.composer.task_type is TaskType.TEXT_TO_IMAGE


async def test_one_that_cannot_be_sent_stops_all() -> None:
    async with composing("a picture of a fox\nalways use Midjourney") as (pilot, screen):
        await pilot.press("alt+b")
        await until(pilot, lambda: screen.lines.several)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: said(pilot).startswith("Job 2:"))
        assert sent(pilot.app.studio) == []  # type: ignore[attr-defined]


async def test_the_list_scrolls_and_lets_the_keys_go_at_its_end() -> None:
    words = "|".join("abcdefghijklmnop")
    async with composing(f"a picture of {{{words}}}") as (pilot, screen):
        await until(pilot, lambda: screen.lines.several)
        entries = screen.query_one(PromptList)
        entries.focus()
        await pilot.press("down")
        assert entries._first == 1
        await pilot.press("up", "up")
        await until(pilot, lambda: screen.focused is not entries)
