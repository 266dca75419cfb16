"""Models of all task types: a row per model, a column per kind of input."""

from __future__ import annotations

from dataclasses import replace

from fake import KLING, LEAVES, SEEDREAM, WAN, FakeStudio
from patience import until
from textual.pilot import Pilot

from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.tui.app import ImaApp
from ima_tui.tui.models import listing
from ima_tui.tui.models.screen import ModelsScreen
from ima_tui.tui.shell.list_screen import ListStatus
from ima_tui.tui.theme.glyphs import glyphs

T2V, I2V = TaskType.TEXT_TO_VIDEO, TaskType.IMAGE_TO_VIDEO
WAN_I2V = replace(WAN, task_type=I2V, model_id="wan2.6-i2v", version="wan2.6-i2v")
WAN_OLD = replace(WAN, version="wan2.5-t2v")


def test_one_name_is_one_row_and_media_stay_together() -> None:
    rows = listing.rows((KLING, SEEDREAM, WAN, WAN_I2V, WAN_OLD))
    assert [row.name for row in rows] == ["SeeDream 4.5", "Kling 2.6", "Wan 2.6"]
    wan = rows[-1]
    assert wan.task_types() == (T2V, I2V)
    assert wan.of(T2V) is WAN
    assert wan.nearest(TaskType.FIRST_LAST_FRAME) is T2V
    assert [row.name for row in listing.rows((KLING, SEEDREAM), Medium.IMAGE)] == ["SeeDream 4.5"]


def test_the_chosen_price_is_in_brackets_and_what_cannot_be_done_is_a_dot() -> None:
    (row,) = listing.rows((WAN, WAN_I2V, WAN_OLD))
    drawn = listing.draw(row, "", I2V, ("wan2.6-i2v",), glyphs(False))
    assert [cell.text for cell in drawn[:6]] == [
        "vid",
        "Wan 2.6 ★ +1",
        "25–40 ",
        "[25–40]",
        "· ",
        "· ",
    ]


def screen_of(pilot: Pilot[None]) -> ModelsScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ModelsScreen)
    return screen


async def test_views_task_types_and_columns_follow_the_keys() -> None:
    app = ImaApp(FakeStudio(models=(*LEAVES, WAN_I2V)), start="models")  # type: ignore[arg-type]
    async with app.run_test(size=(120, 30)) as pilot:
        screen = screen_of(pilot)
        assert len(screen.table.order) == 6
        status = screen.query_one(ListStatus)
        assert status.render_line(0).text.startswith(" 6 models ·")  # as many as rows
        await pilot.press("right_square_bracket", "right_square_bracket")
        assert list(screen.table.order) == ["video/Wan 2.6", "video/Kling 2.6"]
        found: list[ModelVersion | None] = [screen.current]
        await pilot.press("right")
        found.append(screen.current)
        await pilot.press("down", "up")
        assert found == [WAN, WAN_I2V]
        assert screen.current == WAN_I2V
        assert "[25–40]" in screen.table.render_line(1).text


async def test_the_chosen_price_moves_with_the_cursor_in_one_paint() -> None:
    app = ImaApp(FakeStudio(), start="models")  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen) and app.focused)
        table = screen_of(pilot).table
        first, second, *_ = table.order
        table.move_to(second)  # nothing is awaited: a row drawn twice costs bytes twice
        texts = {name: [cell.text for cell in table.rows[name]] for name in (first, second)}
        assert not any("[" in text for text in texts[first])
        assert any("[" in text for text in texts[second])
