"""What stands beside the wish where there is room: what its settings cost, and the newest job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from fake import BANANA_2, BANANA_PRO, KLING, SEEDREAM, FakeStudio, choice, done, job, rules
from patience import until
from textual.pilot import Pilot
from textual.widgets import Static

from ima_tui.core.domain import ModelVersion, State
from ima_tui.core.events import JobChanged
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.compose.side_panes import PriceNeighbours
from ima_tui.tui.shell.job_detail import JobDetail
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.widgets import price_table
from ima_tui.tui.widgets.lines import Pane
from ima_tui.tui.widgets.price_bar import PriceBar

TWO_PRICED = replace(
    KLING,
    rules=tuple(
        replace(rule, attributes=(("duration", seconds), ("quality", quality)))
        for (seconds, quality), rule in zip(
            [(5, "720p"), (5, "1080p"), (10, "720p"), (10, "1080p")],
            rules("x", a=48, b=60, c=96, d=120),
            strict=True,
        )
    ),
    fields=(choice("duration", 5, 10), choice("quality", "720p", "1080p")),
)


@asynccontextmanager
async def composing(
    studio: FakeStudio, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[Pilot[None], ComposeScreen]]:
    app = ImaApp(studio)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ComposeScreen)
        await until(pilot, lambda: screen.is_mounted and screen.reader.can_read)
        yield pilot, screen


def facts(screen: ComposeScreen) -> str:
    return str(screen.query_one(JobDetail).query_one("#detail-facts", Static).content)


def title(screen: ComposeScreen) -> str:
    return screen.query_one("#detail-pane", Pane).head.render_line(0).text


@pytest.mark.parametrize(
    ("model", "chosen", "lines"),
    [
        (SEEDREAM, {}, []),
        (
            TWO_PRICED,
            {"duration": 10},
            [
                "DURATION  QUALITY  POINTS",
                "5 s       720p         48  −48",
                "10 s      720p         96  now",
                "10 s      1080p       120  +24",
            ],
        ),
        (
            BANANA_PRO,
            {"size": "4K"},
            [
                "SIZE  POINTS",
                "1K        10  −8",
                "2K        10  −8",
                "4K        18  now",
            ],
        ),
        (TWO_PRICED, {"duration": 7}, []),
    ],
    ids=["one price", "two settings", "one setting", "no price"],
)
def test_what_one_setting_more_or_less_costs(
    model: ModelVersion, chosen: dict[str, str | int | float | bool], lines: list[str]
) -> None:
    assert [str(line) for line in price_table.near(model, chosen, glyphs(False))] == lines


def test_for_several_results_it_is_the_price_of_all() -> None:
    lines = [str(line) for line in price_table.near(BANANA_PRO, {"size": "4K"}, glyphs(False), 4)]
    assert [line.split() for line in lines[1:]] == [
        ["1K", "40", "−32"],
        ["2K", "40", "−32"],
        ["4K", "72", "now"],
    ]


def test_plain_terminals_get_plain_signs() -> None:
    told = "".join(map(str, price_table.near(TWO_PRICED, {"duration": 10}, glyphs(True))))
    assert told.isascii()
    assert "-48" in told


async def test_the_newest_job_is_seen_to_become_something() -> None:
    studio = FakeStudio((job(3), job(4, State.QUEUED)))
    async with composing(studio) as (pilot, screen):
        await until(pilot, lambda: "#4" in title(screen))
        studio.tell(JobChanged(job(3, State.DONE)))
        studio.tell(JobChanged(job(5, prompt="a green fox")))
        await until(pilot, lambda: "#5" in title(screen))
        assert "a green fox" in facts(screen)
        studio.tell(JobChanged(job(5, State.FORGOTTEN)))
        await until(pilot, lambda: "#4" in title(screen))


async def test_where_nothing_was_sent_it_says_what_comes_there() -> None:
    async with composing(FakeStudio(models=())) as (pilot, screen):
        await until(pilot, lambda: "Your latest job appears here" in facts(screen))


def test_the_overview_has_every_model_once_with_its_tag_and_prices() -> None:
    lines = list(map(str, price_table.overview((SEEDREAM, BANANA_PRO, TWO_PRICED, TWO_PRICED))))
    assert [line.split("  ")[0] for line in lines] == ["img", "img", "vid"]
    assert ["5" in lines[0], "10–18" in lines[1], "48–120" in lines[2]] == [True] * 3
    assert len({line.index(" s ") if " s " in line else 0 for line in lines[:2]}) == 1
    spaced = price_table.overview((SEEDREAM, TWO_PRICED), spaced=True)
    assert [bool(str(line)) for line in spaced] == [True, False, True]
    assert price_table.overview(()) == []


@pytest.mark.parametrize(("size", "seen"), [((80, 24), False), ((120, 40), True)])
async def test_it_is_there_only_where_there_is_room(size: tuple[int, int], seen: bool) -> None:
    async with composing(FakeStudio(jobs=(done(1),)), size) as (pilot, screen):
        await until(pilot, lambda: screen.query_one(JobDetail).display is seen)
        assert screen.query_one("#prices").display is seen


async def test_before_the_first_job_the_other_models_have_its_room() -> None:
    async with composing(FakeStudio(models=(SEEDREAM, BANANA_PRO))) as (pilot, screen):
        prices = screen.query_one(PriceNeighbours)
        await until(pilot, lambda: "OTHER MODELS" in str(prices.content))
        assert "Nano Banana Pro" in str(prices.content)


async def test_other_models_have_the_price_that_is_paid_after_switching() -> None:
    models = (SEEDREAM, BANANA_PRO, BANANA_2)
    async with composing(FakeStudio(models=models), (160, 50)) as (pilot, screen):
        screen.prompt.text = "four 4K images of a fox with Nano Banana Pro"
        await until(pilot, lambda: screen.view.draft_price.elsewhere)
        prices, bar = screen.query_one(PriceNeighbours), screen.query_one(PriceBar)

        def told() -> dict[str, int]:
            lines = str(prices.content).partition("OTHER MODELS")[2].splitlines()[1:]
            rows = (line.split("  ") for line in lines)
            return {row[0]: int(next(filter(None, row[1:]))) for row in rows}

        await until(pilot, lambda: told() == {"SeeDream 4.5": 20, "Nano Banana 2": 52})
        assert screen.view.draft_price.quote is not None
        assert screen.view.draft_price.quote.total == 72
        right = "".join(text for text, _ in bar.parts(120)[1])
        assert "Nano Banana 2: 52 pts" in right
        await screen.submitter.choices.elsewhere()
        await until(pilot, lambda: screen.composer.model is BANANA_2)
        assert screen.view.draft_price.quote.total == 52
        assert "Nano Banana Pro" in told()
        assert told()["Nano Banana Pro"] == 72


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_before_the_first_job_an_empty_prompt_has_all_models_beside_it(
    size: tuple[int, int],
) -> None:
    studio = FakeStudio()
    async with composing(studio, size) as (pilot, screen):
        await until(pilot, lambda: "Models" in title(screen) and "Midjourney" in facts(screen))
        beside, prompt = screen.query_one(JobDetail), screen.query_one("#prompt-pane")
        await until(pilot, lambda: beside.region.height > 0)
        settings = screen.query_one("#settings")
        assert beside.region.y == settings.region.bottom
        assert beside.region.x == settings.region.x == prompt.region.right
        assert beside.region.bottom == prompt.region.bottom
        await pilot.press(*"a picture of a fox")
        await until(pilot, lambda: not beside.display and screen.query_one("#price-pane").display)
        assert settings.region.height == prompt.region.height
        studio.tell(JobChanged(job(5, prompt="a green fox")))
        await until(pilot, lambda: "#5" in title(screen) and beside.display)
        assert "Midjourney" not in facts(screen)


@pytest.mark.parametrize(("wide", "small"), [(120, 60), (120, 59), (200, 80), (200, 79)])
async def test_a_terminal_may_shrink_to_the_width_of_one_column(wide: int, small: int) -> None:
    async with composing(FakeStudio(), (wide, 40)) as (pilot, screen):
        await until(pilot, lambda: "Models" in title(screen))
        await pilot.resize_terminal(small, 24)
        await until(pilot, lambda: screen.prompt.region.width == small)


def test_a_table_is_no_wider_than_the_pane_beside_a_list() -> None:
    model = replace(
        TWO_PRICED,
        rules=tuple(
            replace(rule, attributes=(*rule.attributes, ("generate_audio", "on")))
            for rule in TWO_PRICED.rules
        ),
        fields=(choice("generate_audio", "on", "off"), *TWO_PRICED.fields),
    )
    lines = [str(line) for line in price_table.every(model, glyphs(False))]
    assert lines[0].split() == ["SOUND", "DURATION", "QUALITY", "POINTS"]
    assert max(map(len, lines)) <= price_table.ROOM
    assert any("default" in str(line) for line in price_table.every(TWO_PRICED, glyphs(False)))


async def test_a_model_with_one_price_leaves_the_pane_of_prices_to_the_settings() -> None:
    studio = FakeStudio(models=(SEEDREAM, BANANA_PRO), jobs=(done(1), done(2)))
    async with composing(studio) as (pilot, screen):
        pane = screen.query_one("#price-pane")
        await until(pilot, lambda: not pane.display)
        await pilot.press(*"a picture of a fox, 4K, Nano Banana Pro")
        await until(pilot, lambda: pane.display)
