"""Spending: where the points went, by day, model and task type."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from fake import NOW, SEEDREAM, WAN, FakeStudio, done, failed
from patience import until
from textual.pilot import Pilot

from ima_tui.ledger.history import ReportRow
from ima_tui.studio import spending
from ima_tui.tui.app import ImaApp
from ima_tui.tui.queue.screen import QueueScreen
from ima_tui.tui.spending import report
from ima_tui.tui.spending.screen import DayPlot, SpendingScreen
from ima_tui.tui.widgets.lines import PaneHead

JOBS = (done(1), done(2, model=WAN), done(3, model=WAN), failed(4, model=WAN))


def open_app(start: str = "spending", **settings: object) -> ImaApp:
    return ImaApp(FakeStudio(JOBS, **settings), start=start)  # type: ignore[arg-type]


async def shown(pilot: Pilot[None]) -> SpendingScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, SpendingScreen))
    screen = cast(SpendingScreen, pilot.app.screen)
    await until(pilot, lambda: screen.found is not None and screen.table.order)
    return screen


def rows(screen: SpendingScreen) -> list[str]:
    return [" ".join(cell.text for cell in screen.table.rows[name]) for name in screen.table.order]


def titles(screen: SpendingScreen) -> str:
    return " ".join(head.render_line(0).text for head in screen.query(PaneHead))


async def test_its_key_opens_it_and_escape_leads_back_to_the_queue() -> None:
    app = open_app("queue")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press("dollar_sign")
        await shown(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, QueueScreen))


async def test_each_model_has_its_points_jobs_success_and_times() -> None:
    app = open_app("queue")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("dollar_sign")
        screen = await shown(pilot)
        first, second = rows(screen)
        assert first.startswith("Wan 2.6")
        assert "67%" in first
        assert "50" in first
        assert second.startswith("SeeDream 4.5")
        assert "100%" in second
        assert "0:38" in second
        assert "30 days" in titles(screen)
        assert "█" in screen.query_one(DayPlot).words


async def test_views_range_and_order_are_keys() -> None:
    app = open_app("queue")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("dollar_sign")
        screen = await shown(pilot)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: screen.view == "type" and "text to video" in rows(screen)[0])
        await pilot.press("plus")
        await until(pilot, lambda: "90 days" in titles(screen))
        await pilot.press("minus", "minus")
        await until(pilot, lambda: "7 days" in titles(screen))
        await pilot.press("s", "s")
        assert screen.sorted_by == "success"
        assert rows(screen)[0].startswith("text to video")


async def test_the_rows_are_written_as_a_file(tmp_path: Path) -> None:
    app = open_app("queue", data=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("dollar_sign")
        await shown(pilot)
        await pilot.press("w")
        await until(pilot, lambda: list((tmp_path / "exports").glob("*.csv")))
        (path,) = (tmp_path / "exports").glob("*.csv")
        await until(pilot, lambda: path.read_text("utf-8").count("\n") == 3)
        assert "Wan 2.6,50,3,2,1," in path.read_text("utf-8")


def test_days_without_a_job_are_there_too() -> None:
    today = datetime.fromtimestamp(NOW).date()  # noqa: DTZ006
    found = report.Spending(today, 7, (ReportRow(str(today), jobs=1, points=5),))
    assert found.points() == [0, 0, 0, 0, 0, 0, 5]
    assert found.total == 5


def test_a_range_that_is_wider_than_the_plot_is_summed_up() -> None:
    today = datetime.fromtimestamp(NOW).date()  # noqa: DTZ006
    found = report.Spending(today, 365, (ReportRow(str(today), jobs=1, points=5),))
    lines = report.plot(found, 60, 4, report_glyphs())
    assert all(len(axis + bars) <= 60 for axis, bars in lines)
    assert any("█" in bars for _, bars in lines)


@pytest.mark.parametrize(
    ("rows", "most"), [(1, 80), (3, 80), (4, 5), (6, 325), (7, 80), (12, 1_234)]
)
def test_a_tick_stands_on_the_row_of_its_value(rows: int, most: int) -> None:
    today = datetime.fromtimestamp(NOW).date()  # noqa: DTZ006
    found = report.Spending(today, 30, (ReportRow(str(today), jobs=1, points=most),))
    axes = [axis.strip(" │┤▔") for axis, _ in report.plot(found, 58, rows, report_glyphs())]
    ticks = {at: int(label.replace(",", "")) for at, label in enumerate(axes) if label}
    assert ticks[0] >= most
    assert ticks[rows] == 0
    assert all(value * rows == ticks[0] * (rows - at) for at, value in ticks.items())


def test_few_days_with_points_share_the_width() -> None:
    today = datetime.fromtimestamp(NOW).date()  # noqa: DTZ006
    found = report.Spending(today, 30, (ReportRow(str(today), jobs=1, points=80),))
    *bars, ground, dates = (line for _, line in report.plot(found, 58, 3, report_glyphs()))
    assert bars[-1].count("█") >= len(ground) // report.WEEK - 1
    assert dates.split()[0] == f"{today - timedelta(days=report.WEEK - 1):%m-%d}"


def test_the_plot_begins_with_the_first_day_with_points() -> None:
    today = datetime.fromtimestamp(NOW).date()  # noqa: DTZ006
    first = today - timedelta(days=20)
    rows = tuple(ReportRow(str(day), jobs=1, points=5) for day in (first, today))
    assert report.Spending(today, 30, rows).plotted == 21
    assert report.Spending(today, 30).plotted == 30


def report_glyphs() -> report.Glyphs:
    from ima_tui.tui.theme.glyphs import glyphs

    return glyphs(False)


def test_a_name_that_no_list_has_is_shown_by_its_id() -> None:
    known = {SEEDREAM.model_id: SEEDREAM.name}
    assert spending.name_of("old-model", "model", known) == "old-model"
    assert spending.name_of(SEEDREAM.model_id, "model", known) == "SeeDream 4.5"


@pytest.mark.parametrize("columns", [160, 179, 200])
async def test_a_very_wide_screen_has_shares_by_other_views_and_the_latest_jobs(
    columns: int,
) -> None:
    app = open_app("queue")
    async with app.run_test(size=(columns, 60)) as pilot:
        await pilot.press("dollar_sign")
        screen = await shown(pilot)
        await until(pilot, lambda: "text to video" in lines_of(screen, "#others"))
        assert "91%" in lines_of(screen, "#others")
        assert lines_of(screen, "#latest-pane").count("vid") == 3
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "Wan 2.6" in lines_of(screen, "#others"))


def lines_of(screen: SpendingScreen, within: str) -> str:
    found = screen.query_one(within).query("Shares, JobLines")
    return "\n".join(one.render_line(y).text for one in found for y in range(one.size.height))
