"""The table: columns that share a width, cells cut to it, and redraws of what changed only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fake import FakeStudio
from patience import until
from textual.app import ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen

from ima_tui.tui.app import ImaApp
from ima_tui.tui.widgets.cells import (
    Column,
    cut,
    fit,
    layout,
    steady,
    width,
    wrap,
)
from ima_tui.tui.widgets.table import Cell, Row, Table

COLUMNS = (
    Column("state", 9),
    Column("prompt", 10, flex=1),
    Column("time", 6, align="right", drop=1),
)


def row(number: int, time: str = "0:01", prompt: str = "") -> Row:
    return (Cell("running", "accent"), Cell(prompt or f"prompt {number}"), Cell(time))


class Bench(ImaApp):
    """An app with nothing but a table in it."""

    def __init__(self, count: int, *, quiet: bool = False) -> None:
        super().__init__(FakeStudio(quiet=quiet), frame_first=True)  # type: ignore[arg-type]
        self.rows = {number: row(number) for number in range(count)}
        self.heard: list[object] = []

    def get_default_screen(self) -> Screen[None]:
        return Screen()

    def compose(self) -> ComposeResult:
        yield Table(COLUMNS, markable=True)

    async def on_mount(self) -> None:  # type: ignore[override]
        table = self.query_one(Table)
        table.set_rows(self.rows)
        table.focus()

    def on_table_row_highlighted(self, message: Table.RowHighlighted) -> None:
        self.heard.append(message.row_id)

    def on_table_row_selected(self, message: Table.RowSelected) -> None:
        self.heard.append(("selected", message.row_id))


def table_of(pilot: Pilot[None]) -> Table:
    return pilot.app.query_one(Table)


def line(table: Table, y: int) -> str:
    return table.render_line(y).text


@contextmanager
def refreshed(table: Table) -> Iterator[list[Region]]:
    """The regions that the table asks to have drawn again; a whole refresh is its whole size."""
    regions: list[Region] = []
    original = table.refresh

    def note(*asked: Region, **options: bool) -> Table:
        regions.extend(asked or [table.size.region])
        return original(*asked, **options)

    table.refresh = note  # type: ignore[method-assign, assignment]
    try:
        yield regions
    finally:
        table.refresh = original  # type: ignore[method-assign]


# -------------------------------------------------------------------------------- arithmetic


@pytest.mark.parametrize(
    ("text", "cells", "fitted"),
    [
        ("fox", 5, "fox  "),
        ("a red fox", 6, "a red…"),
        ("旺财在雪地", 6, "旺财… "),
        ("旺财", 4, "旺财"),
        ("x", 0, ""),
    ],
)
def test_fit_is_exactly_as_wide_as_asked(text: str, cells: int, fitted: str) -> None:
    assert fit(text, cells) == fitted
    assert width(fitted) == cells


def test_emoji_of_several_characters_are_taken_apart() -> None:
    assert steady("👩\u200d🚀 ❤️ 👍🏽") == "👩🚀 ❤ 👍"


def test_right_aligned_and_cut() -> None:
    assert fit("25", 6, "right") == "    25"
    assert cut("city skyline", 5, "~") == "city~"


def test_wrap_breaks_at_blanks_and_between_wide_characters() -> None:
    assert wrap("a red fox in snow", 9) == ["a red fox", "in snow"]
    assert wrap("旺财在雪地里奔跑", 6) == ["旺财在", "雪地里", "奔跑"]
    assert wrap("旺财在雪地里。", 6) == ["旺财在", "雪地", "里。"]
    assert wrap("one\n\ntwo", 9) == ["one", "", "two"]
    assert all(width(part) <= 5 for part in wrap("unbreakablewordthatislong", 5))
    assert wrap("请运行ima-tui doctor，再试。", 10) == ["请运行", "ima-tui", "doctor，再", "试。"]
    assert wrap("预计 7–13 秒", 10) == ["预计", "7–13 秒"]


def test_no_line_begins_with_what_closes_or_ends_with_what_opens() -> None:
    text = "价格从 5 涨到 6 积分（见“模型”界面），没有发送；按 ctrl+j：按新价格发送。"
    for cells in range(8, width(text)):
        lines = wrap(text, cells)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(width(line) <= cells for line in lines)
        assert not [line for line in lines[1:] if line[0] in "，：。；）”、"]
        assert not [line for line in lines if line[-1] in "（“"]


def test_flexible_columns_take_what_is_left() -> None:
    slots = layout(COLUMNS, 40, left=2)
    assert [(slot.x, slot.width) for slot in slots] == [(2, 9), (13, 19), (34, 6)]


def test_a_flexible_column_takes_no_more_than_its_most() -> None:
    columns = (Column("kind", 4, flex=3, most=6), Column("model", 4, flex=1))
    assert [slot.width for slot in layout(columns, 30)] == [6, 22]
    assert [slot.width for slot in layout(columns, 12)] == [5, 5]


def test_narrow_tables_drop_columns_and_never_those_that_must_stay() -> None:
    assert [slot.index for slot in layout(COLUMNS, 24, left=2)] == [0, 1]
    assert [slot.index for slot in layout(COLUMNS, 8, left=2)] == [0, 1]


# -------------------------------------------------------------------------------- redrawing


async def test_a_changed_row_redraws_the_changed_characters_only() -> None:
    async with Bench(5).run_test(size=(40, 12)) as pilot:
        table = table_of(pilot)
        with refreshed(table) as regions:
            table.update_row(2, row(2, "0:02"))
        # gutter 2, state 9, prompt 20 less one cell at the right edge, gap 1 each
        assert [(region.y, region.width) for region in regions] == [(3, 1)]
        assert "0:02" in line(table, 3)


async def test_the_same_row_again_redraws_nothing() -> None:
    async with Bench(5).run_test(size=(40, 12)) as pilot:
        table = table_of(pilot)
        with refreshed(table) as regions:
            table.update_row(2, row(2))
            table.set_rows({number: row(number) for number in range(5)})
        assert regions == []


async def test_a_long_text_flows_over_empty_cells_behind_it_and_makes_way_for_them() -> None:
    async with Bench(3).run_test(size=(40, 10)) as pilot:
        table = table_of(pilot)
        long = "a prompt that is a little too long"
        table.update_row(0, row(0, "", long))
        assert line(table, 1).rstrip().endswith("a prompt that is a little…")
        with refreshed(table) as regions:
            table.update_row(0, row(0, "0:02", long))
            await pilot.pause()
        assert line(table, 1).rstrip().endswith("…   0:02")
        shown = {x for region in regions for x in range(region.x, region.right)}
        assert shown >= set(range(13, 39)), "all that the text stood on is drawn again"


async def test_rows_out_of_sight_redraw_nothing() -> None:
    async with Bench(500).run_test(size=(40, 12)) as pilot:
        table = table_of(pilot)
        with refreshed(table) as regions:
            table.update_row(400, row(400, "9:99"))
        assert regions == []


async def test_a_changed_role_redraws_the_cell() -> None:
    async with Bench(3).run_test(size=(40, 12)) as pilot:
        table = table_of(pilot)
        with refreshed(table) as regions:
            table.update_row(0, (Cell("running", "bad"), *row(0)[1:]))
        assert [region.width for region in regions] == [9]


async def test_a_shorter_wide_text_leaves_no_rest() -> None:
    async with Bench(3).run_test(size=(40, 12)) as pilot:
        table = table_of(pilot)
        table.update_row(0, row(0, prompt="旺财在雪地里奔跑"))
        table.update_row(0, row(0, prompt="旺财"))
        assert line(table, 1).split() == ["▌", "running", "旺财", "0:01"]
        assert width(line(table, 1)) == 40


async def test_twenty_thousand_rows_are_as_quick_as_twenty() -> None:
    async with Bench(20_000).run_test(size=(40, 12)) as pilot:
        table = table_of(pilot)
        await pilot.press("end")
        assert table.cursor == 19_999
        assert "prompt 19999" in line(table, table.size.height - 1)


# ---------------------------------------------------------------------------------- cursor


async def test_keys_move_the_cursor_and_keep_it_in_sight() -> None:
    async with Bench(50).run_test(size=(40, 12)) as pilot:
        table = table_of(pilot)
        await pilot.press("j", "j", "down", "k")
        assert table.cursor == 2
        await pilot.press("pagedown")
        assert table.cursor == 12
        assert table.cursor in table.in_sight()
        await pilot.press("G")
        assert table.cursor == 49
        assert table.cursor in table.in_sight()
        await pilot.press("g")
        assert table.cursor == 0


async def test_the_cursor_stays_on_its_row_when_rows_come_and_go() -> None:
    async with Bench(5).run_test(size=(40, 12)) as pilot:
        table = table_of(pilot)
        await pilot.press("down", "down")
        table.set_rows({9: row(9), **{number: row(number) for number in range(5)}})
        assert table.cursor == 2
        table.set_rows({number: row(number) for number in (0, 1, 3)})
        await pilot.pause()
        assert table.cursor == 3
        assert pilot.app.heard[-1] == 3  # type: ignore[attr-defined]
        table.set_rows({})
        await pilot.pause()
        assert table.cursor is None
        assert pilot.app.heard[-1] is None  # type: ignore[attr-defined]


async def test_marks_are_dropped_with_their_rows() -> None:
    async with Bench(5).run_test(size=(40, 12)) as pilot:
        table = table_of(pilot)
        await pilot.press("space", "space")
        assert table.chosen() == (0, 1)
        assert line(table, 1).startswith(" ●")
        table.set_rows({1: row(1), 2: row(2)})
        assert table.chosen() == (1,)


async def test_a_click_sets_the_cursor_and_a_double_click_selects() -> None:
    async with Bench(5).run_test(size=(40, 12)) as pilot:
        await pilot.click(Table, offset=(5, 3))
        assert table_of(pilot).cursor == 2
        await pilot.click(Table, offset=(5, 4), times=2)
        await pilot.pause()
        assert pilot.app.heard[-1] == ("selected", 3)  # type: ignore[attr-defined]


async def test_data_is_text_and_never_markup() -> None:
    async with Bench(1).run_test(size=(60, 12)) as pilot:
        table = table_of(pilot)
        table.update_row(0, row(0, prompt="[/nope] [@click=app.bell]x[/]"))
        assert "[/nope] [@click=app.bell]x[/]" in line(table, 1)


async def test_the_cursor_is_in_sight_when_many_rows_come_at_once() -> None:
    """Before, the first row after which the table scrolls was not yet known to scroll."""
    async with Bench(1).run_test(size=(60, 12)) as pilot:
        table = table_of(pilot)
        table.set_rows({number: row(number) for number in range(40, -1, -1)})
        assert table.cursor == 0
        assert table.scroll_offset.y + table.size.height - 1 > 40


async def test_over_a_slow_line_only_the_row_where_the_cursor_rests_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ima_tui.tui.widgets.table.RESTING", 0.5)
    app = Bench(9, quiet=True)
    async with app.run_test() as pilot:
        app.heard.clear()
        table = table_of(pilot)
        for row_id in (1, 2, 3):
            table.move_to(row_id)
        assert table.cursor == 3
        assert app.heard == []
        await until(pilot, lambda: app.heard)
        assert app.heard == [3]
