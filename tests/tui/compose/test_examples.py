"""The examples below the empty prompt: in groups where there is room, else three of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from fake import FakeStudio, done
from patience import until
from textual.pilot import Pilot

from ima_tui import i18n
from ima_tui.catalogue import tree
from ima_tui.compose.prompt_text import unmet
from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.intent.intent import Confidence
from ima_tui.intent.route import route
from ima_tui.sandbox.products import SandboxCatalogue
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.prompt_list import ALL, FEW, GROUPS, SOME, Example, Examples
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.widgets.price_bar import PriceBar

POINTS = re.compile(r"[1-9]\d* (pts|积分)")
EVERY = [example for _, examples in GROUPS for example in examples]
SMALL = ((60, 20), (80, 24), (120, 24))
TALL = ((80, 50), (120, 40), (160, 50), (200, 60))


async def composed(pilot: Pilot[None]) -> tuple[ComposeScreen, Examples]:
    """The screen once all that is read later is there."""
    screen = pilot.app.screen
    assert isinstance(screen, ComposeScreen)
    await until(pilot, lambda: screen.is_mounted and screen.reader.can_read)
    await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
    await pilot.pause()
    return screen, screen.query_one(Examples)


def lines(shown: Examples) -> list[str]:
    return [shown.render_line(y).text.strip() for y in range(shown.size.height)]


def marked(shown: Examples) -> str:
    return next(line for line in lines(shown) if line.startswith("→"))


@pytest.mark.parametrize("size", TALL)
async def test_a_tall_screen_has_all_groups(size: tuple[int, int]) -> None:
    app = ImaApp(FakeStudio())  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        _, shown = await composed(pilot)
        seen = lines(shown)
        assert len(seen) == len(ALL)
        headings = ("Images", "Videos", "Music and speech", "Several steps")
        assert [line for line in seen if line in headings] == list(headings)
        at = seen.index("Several steps")
        assert seen[at - 1] == ""
        assert seen[at + 1].endswith("img vid mus")
        assert seen[at + 2].endswith("vid mus tts")


@pytest.mark.parametrize("size", SMALL)
async def test_a_small_screen_has_three(size: tuple[int, int]) -> None:
    app = ImaApp(FakeStudio())  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        screen, shown = await composed(pilot)
        assert len(lines(shown)) == len(SOME)
        await pilot.press(*["down"] * 9)
        assert "lo-fi" in marked(shown)
        await pilot.press("enter")
        assert screen.prompt.text == FEW[2].text


async def test_beside_jobs_there_is_room_for_three_only() -> None:
    app = ImaApp(FakeStudio(jobs=(done(1), done(2))))  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        _, shown = await composed(pilot)
        await until(pilot, lambda: shown.size.height == len(SOME))


async def test_arrows_reach_each_example_and_no_heading() -> None:
    app = ImaApp(FakeStudio())  # type: ignore[arg-type]
    async with app.run_test(size=(200, 60)) as pilot:
        screen, shown = await composed(pilot)
        seen = []
        for _ in EVERY:
            seen.append(marked(shown))
            await pilot.press("down")
        starts = [example.text[:20] for example in EVERY]
        assert [start in line for start, line in zip(starts, seen, strict=True)] == [True] * 9
        assert marked(shown) == seen[-1]
        await pilot.press("up", "up", "down", "enter")
        assert screen.prompt.text == EVERY[-2].text


async def test_a_click_takes_an_example_and_no_heading() -> None:
    app = ImaApp(FakeStudio())  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        screen, shown = await composed(pilot)
        seen = lines(shown)
        for y, line in enumerate(ALL):
            if isinstance(line, str):
                await pilot.click(shown, offset=(4, y))
                assert screen.prompt.text == ""
        await pilot.click(shown, offset=(4, seen.index("Several steps") + 2))
        await until(pilot, lambda: screen.prompt.text == EVERY[7].text)
        assert "…" in seen[seen.index("Several steps") + 2]


async def test_on_a_smaller_screen_the_first_is_chosen_again() -> None:
    app = ImaApp(FakeStudio())  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        screen, shown = await composed(pilot)
        await pilot.press(*["down"] * 8)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: len(lines(shown)) == len(SOME))
        await pilot.press("enter")
        assert screen.prompt.text == FEW[0].text


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    before = i18n.language()
    i18n.use(request.param)
    yield request.param
    i18n.use(before)


@cache
def lists() -> Mapping[TaskType, tuple[ModelVersion, ...]]:
    """What the demo offers."""
    offered = SandboxCatalogue()
    return {kind: tree.models(offered.tree(kind.value, "en"), kind) for kind in TaskType}


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("example", EVERY, ids=lambda example: str(example.number))
def test_each_is_understood_as_what_its_tags_say(example: Example) -> None:
    intent = route(example.text, (), lists())
    assert intent.question is None
    assert intent.confidence is not Confidence.UNSURE
    assert not intent.refused
    kinds = [step.task_type for step in intent.steps] or [intent.task_type]
    assert [kind.medium for kind in kinds if kind] == list(map(Medium, example.media))


async def test_each_has_a_price_and_asks_nothing(language: str) -> None:
    models = tuple(model for found in lists().values() for model in found)
    app = ImaApp(FakeStudio(models=models, language=language))  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        screen, _ = await composed(pilot)
        for example in EVERY:
            await pilot.press("enter")
            await until(pilot, lambda text=example.text: screen.prompt.text == text)
            bar = screen.query_one(PriceBar)
            several = len(example.media) > 1
            await until(pilot, lambda bar=bar: bool(POINTS.search(bar.render_line(0).text)))
            assert screen.composer.in_steps is several
            assert screen.view.askings == ()
            assert screen.view.draft_price.problem is None
            assert not unmet(screen.composer)
            await pilot.press("ctrl+n", "down")
