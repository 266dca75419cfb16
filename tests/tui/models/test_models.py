"""Models: found by what people type, told with every price."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake import (
    BANANA_2,
    BANANA_PRO,
    KLING,
    LEAVES,
    MIDJOURNEY,
    NOW,
    SEEDREAM,
    T2I,
    WAN,
    FakeStudio,
    choice,
    done,
    rules,
)
from patience import until
from textual.pilot import Pilot
from textual.widgets import Static

from ima_tui import i18n
from ima_tui.catalogue.list_cache import compare
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import Unreachable
from ima_tui.core.events import ListChanged, ProductList
from ima_tui.tui.app import ImaApp
from ima_tui.tui.models import listing
from ima_tui.tui.models.screen import ModelsScreen
from ima_tui.tui.models.search import ModelSearch
from ima_tui.tui.shell.job_lines import JobLines
from ima_tui.tui.shell.list_screen import ListStatus
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.widgets import model_detail
from ima_tui.tui.widgets.table import LazyRows, Table


@pytest.fixture(autouse=True)
def one_task_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of these look at the list of one task type."""
    monkeypatch.setattr(ModelsScreen, "FIRST_KIND", T2I)


def open_app(studio: FakeStudio | None = None) -> ImaApp:
    return ImaApp(studio or FakeStudio(), start="models")  # type: ignore[arg-type]


def models(pilot: Pilot[None]) -> ModelsScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ModelsScreen)
    return screen


def names(pilot: Pilot[None]) -> list[str]:
    screen = models(pilot)
    found = [screen.list.model(row_id) for row_id in screen.table.order]
    return [model.name for model in found if model is not None]


def facts(pilot: Pilot[None]) -> list[str]:
    return str(pilot.app.screen.query_one("#facts", Static).content).split("\n")


def standing(pilot: Pilot[None]) -> str:
    return models(pilot).query_one(ListStatus).render_line(0).text


# --------------------------------------------------------------------------------- searching


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("mj", MIDJOURNEY),
        ("see dream", SEEDREAM),
        ("即梦", SEEDREAM),
        ("可灵", KLING),
        ("nano banana pro", BANANA_PRO),
        ("seedream45", SEEDREAM),
        ("gemini-3.1", BANANA_2),
        ("bnpro", BANANA_PRO),
        ("万相", WAN),
    ],
)
def test_models_are_found_by_what_people_type(typed: str, found: ModelVersion) -> None:
    assert ModelSearch(LEAVES).arrange(typed, "listed")[0] is found


def test_nothing_is_found_by_chance() -> None:
    assert ModelSearch(LEAVES).arrange("zz", "listed") == []
    assert ModelSearch(LEAVES).arrange("mj", "listed") == [MIDJOURNEY]


def test_what_matched_is_pointed_out() -> None:
    name = listing.row(BANANA_PRO, "pro", False, glyphs(False))[0]
    assert [name.text[at] for at in name.matched] == ["P", "r", "o"]


@pytest.mark.parametrize(
    ("sort", "first"),
    [("listed", MIDJOURNEY), ("price", BANANA_2), ("time", BANANA_2), ("name", KLING)],
)
def test_sorting(sort: str, first: ModelVersion) -> None:
    assert ModelSearch(LEAVES).arrange("", sort)[0] is first


# --------------------------------------------------------------------------------- the detail


def test_the_price_of_every_combination_cheapest_first() -> None:
    lines = str(model_detail.detail(BANANA_2, True, glyphs(False))).split("\n")
    assert lines[0] == "Nano Banana 2 ★"
    table = lines[lines.index("SIZE  POINTS") :]
    assert table[1:5] == [
        "512        4",
        "1K         6  ← default",
        "2K        10",
        "4K        13",
    ]


def test_one_price_is_said_as_one() -> None:
    assert "5 pts with any settings" in str(model_detail.detail(SEEDREAM, False, glyphs(False)))


def test_inputs_are_told() -> None:
    assert "Inputs: 1 (jpeg png)" in str(model_detail.detail(KLING, False, glyphs(False)))


def test_names_from_outside_are_text() -> None:
    odd = replace(BANANA_2, name="[/nope] [@click=app.quit]x[/]")
    assert "[/nope] [@click=app.quit]x[/]" in str(model_detail.detail(odd, False, glyphs(False)))


# --------------------------------------------------------------------------------- the screen


async def test_typing_filters_and_esc_shows_all_again() -> None:
    async with open_app().run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"mj")
        assert names(pilot) == ["Midjourney"]
        await pilot.press("enter")
        assert isinstance(pilot.app.focused, Table)
        await pilot.press("escape")
        assert len(names(pilot)) == 4


async def test_a_model_of_another_kind_is_pointed_to() -> None:
    async with open_app().run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"kling")
        assert names(pilot) == []
        assert "1 model matches elsewhere" in models(pilot).table.empty
        await pilot.press("escape")
        await pilot.app.run_action("turn_kind(0)", pilot.app.screen)
        assert names(pilot) == ["Kling 2.6"]


async def test_sorting_is_said() -> None:
    async with open_app().run_test(size=(100, 24)) as pilot:
        await pilot.press("s")
        assert "cheapest first" in standing(pilot)
        assert names(pilot)[0] == "Nano Banana 2"


async def test_the_detail_follows_the_cursor() -> None:
    async with open_app().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert facts(pilot)[0] == "Midjourney"
        await pilot.press("down", "down")
        assert facts(pilot)[0] == "Nano Banana 2"


async def test_where_the_list_comes_from_is_said() -> None:
    studio = FakeStudio()
    app = open_app(studio)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        assert "· live ·" in standing(pilot)
        now = studio.catalogue.lists[TaskType.TEXT_TO_IMAGE]
        studio.tell(ListChanged(replace(now, live=False)))
        await until(pilot, lambda: standing(pilot).rstrip().count("· cached"))
        studio.tell(ListChanged(replace(now, problem=Unreachable())))
        await until(pilot, lambda: standing(pilot).rstrip().count("· offline"))
        assert len(names(pilot)) == 4


async def test_without_any_list_the_reason_stands_in_its_place() -> None:
    studio = FakeStudio(models=())
    kind = TaskType.TEXT_TO_IMAGE
    studio.catalogue.lists[kind] = ProductList(kind, problem=Unreachable())
    async with open_app(studio).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert models(pilot).table.empty == i18n.say("error.unreachable")
        assert models(pilot).current is None


async def test_p_makes_it_the_preference_and_takes_it_back() -> None:
    studio = FakeStudio()
    async with open_app(studio).run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "asterisk")
        await until(pilot, lambda: "★" in models(pilot).table.render_line(2).text)
        assert ("prefer", TaskType.TEXT_TO_IMAGE, "doubao-seedream-4.5") in studio.asked
        assert "SeeDream 4.5 ★" in models(pilot).table.render_line(2).text
        await pilot.press("asterisk")
        await until(pilot, lambda: "★" not in models(pilot).table.render_line(2).text)
        assert ("unprefer", TaskType.TEXT_TO_IMAGE) in studio.asked


async def test_enter_composes_with_it() -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        loaded: list[ModelVersion] = []
        await pilot.press("2")
        app.screen.load_model = loaded.append  # type: ignore[attr-defined]
        await pilot.press("alt+1", "enter")
        await pilot.pause()
        assert app.current_mode == "compose"
        assert loaded == [MIDJOURNEY]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_whole_at_every_size(size: tuple[int, int]) -> None:
    async with open_app().run_test(size=size) as pilot:
        await pilot.pause()
        titles = models(pilot).table.render_line(0).text
        assert {"MODEL", "POINTS"} <= set(titles.split())
        detail = models(pilot).query_one("#detail")
        assert detail.region.height >= 7
        assert (detail.region.x > 0) == (size[0] >= 96)


# ------------------------------------------------------------------------- what changed, and many


def changed_list() -> ProductList:
    """Midjourney is gone, Nano Banana 2 is dearer, SeeDream new."""
    dearer = replace(BANANA_2, rules=rules("size", **{"512": 8, "1K": 12}))
    before, after = (MIDJOURNEY, BANANA_2, BANANA_PRO), (SEEDREAM, dearer, BANANA_PRO)
    return ProductList(T2I, after, NOW, live=True, changes=compare(before, after, NOW - 9000))


def test_what_differs_between_two_lists() -> None:
    changes = changed_list().changes
    assert changes.new == {(SEEDREAM.model_id, SEEDREAM.version)}
    assert changes.gone == (MIDJOURNEY,)
    assert changes.was == {(BANANA_2.model_id, BANANA_2.version): (4, 13)}
    assert compare(LEAVES, LEAVES, 1.0).was == {}


async def test_what_is_new_dearer_and_gone_is_said_where_it_stands() -> None:
    studio = FakeStudio()
    app = open_app(studio)
    async with app.run_test(size=(130, 30)) as pilot:
        await pilot.pause()
        studio.tell(ListChanged(changed_list()))
        await until(pilot, lambda: "1 new, 1 price change, 1 gone" in standing(pilot))
        table = models(pilot).table
        tagged = {table.rows[row][0].text: table.rows[row][-1].text for row in table.order}
        assert tagged["SeeDream 4.5"] == "new"
        assert tagged["Nano Banana 2"] == "↑ was 4–13"
        assert tagged["Midjourney"] == "gone"
        await pilot.press("end")
        assert models(pilot).current is None  # what is gone can't be composed with
        assert any("No longer available" in line for line in facts(pilot))
        await pilot.press("enter")
        assert app.current_mode == "models"


async def test_how_many_a_filter_hides_is_said() -> None:
    app = open_app()
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("slash", *"banana")
        assert "3 hidden" in standing(pilot) or "2 hidden" in standing(pilot)
        await pilot.press("escape", "escape")
        assert "hidden" not in standing(pilot)


async def test_a_wish_made_by_p_is_undone_by_u() -> None:
    studio = FakeStudio()
    app = open_app(studio)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("asterisk", "down", "asterisk", "u")
        wishes = [one for one in studio.asked if one[0] in ("prefer", "unprefer")]
        assert [one[-1] for one in wishes] == [
            MIDJOURNEY.model_id, SEEDREAM.model_id, MIDJOURNEY.model_id
        ]  # fmt: skip
        await pilot.press("u")
        assert studio.asked[-1] == ("unprefer", T2I)


async def test_of_thousands_only_what_is_seen_is_made() -> None:
    many = tuple(
        replace(MIDJOURNEY, model_id=f"m{number}", name=f"Model {number}") for number in range(5000)
    )
    app = open_app(FakeStudio(models=many))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("slash", *"model 4")
        rows = models(pilot).table.rows
        assert isinstance(rows, LazyRows)
        assert len(rows) > 1000
        assert len(rows._made) < 60


def test_options_that_do_not_fit_go_on_behind_their_label() -> None:
    model = replace(SEEDREAM, fields=(choice("size", *(f"{n}00x{n}00" for n in range(1, 9))),))
    lines = str(model_detail.detail(model, False, glyphs(False), cells=30)).split("\n")
    assert lines[-4:] == [
        "Size  100x100  200x200",
        "      300x300  400x400",
        "      500x500  600x600",
        "      700x700  800x800",
    ]
    assert max(map(len, lines[-4:])) <= 30


async def test_a_very_wide_screen_shows_the_latest_jobs_of_a_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ModelsScreen, "FIRST_KIND", None)
    studio = FakeStudio((done(1, prompt="a fox"), done(2, model=MIDJOURNEY, prompt="a map")))
    app = open_app(studio)
    async with app.run_test(size=(200, 60)) as pilot:
        lines = app.screen.query_one(JobLines)
        await until(pilot, lambda: "a map" in lines.render_line(0).text)
        assert "a fox" not in lines.render_line(1).text


async def test_a_model_without_jobs_says_how_to_make_the_first_and_what_it_costs() -> None:
    async with open_app(FakeStudio()).run_test(size=(200, 60)) as pilot:
        lines = pilot.app.screen.query_one(JobLines)
        await until(pilot, lambda: "Compose" in lines.render_line(1).text)
        told = "\n".join(lines.render_line(y).text.strip() for y in range(3))
        assert told == (
            "No jobs yet.\nenter opens Compose with this model.\n"
            "At its default settings: 8 pts, usually 40–90 s."
        )


async def test_below_that_stand_the_jobs_of_other_models_for_the_task_type() -> None:
    studio = FakeStudio((done(7, prompt="a fox"), done(8, model=WAN, prompt="waves")))
    async with open_app(studio).run_test(size=(200, 60)) as pilot:
        lines = pilot.app.screen.query_one(JobLines)
        await until(pilot, lambda: "With other models:" in lines.render_line(4).text)
        assert "a fox" in lines.render_line(5).text
        assert "waves" not in lines.render_line(6).text
        await pilot.click(JobLines, offset=(20, 5))
        await until(pilot, lambda: pilot.app.screen.query("#jobs"))
        assert pilot.app.screen.query_one(Table).cursor == 7


def test_the_prices_of_a_model_for_other_task_types_are_told_below_its_own() -> None:
    told = str(model_detail.detail(BANANA_2, False, glyphs(False), more=(WAN, BANANA_2)))
    assert told.index("text to image") < told.index("text to video") < told.index("Same prices.")
