"""The window for a long text keeps what was typed until it is saved, or discarded on purpose."""

from __future__ import annotations

from fake import FakeStudio
from patience import until
from textual.screen import Screen
from textual.widgets import Static

from ima_tui.compose.draft import FormRow
from ima_tui.core.domain import Field, FieldKind, Value
from ima_tui.tui.app import ImaApp
from ima_tui.tui.shell.help import HelpScreen
from ima_tui.tui.shell.value_windows import TextEditor, VoicePicker, open_value
from ima_tui.tui.widgets.table import Table

XIAOHE, VIVI = "zh_female_xiaohe_uranus_bigtts", "zh_female_vivi_mars_bigtts"


async def test_a_changed_text_is_discarded_by_a_second_escape_only() -> None:
    given: list[str | None] = []
    app = ImaApp(FakeStudio())  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        editor = TextEditor("Lyrics", "")
        app.push_screen(editor, given.append)
        await until(pilot, lambda: app.screen is editor and editor.focused is not None)
        await pilot.press("a", "escape")
        assert "Not saved" in str(editor.query_one("#text-count", Static).content)
        await pilot.press("b", "escape")  # who types on wants to keep it
        assert app.screen is editor
        await pilot.press("escape")
        await until(pilot, lambda: given == [None])


async def test_a_text_that_stayed_is_left_at_once_and_its_help_names_no_screen() -> None:
    given: list[str | None] = []
    app = ImaApp(FakeStudio())  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        editor = TextEditor("Lyrics", "la la")
        app.push_screen(editor, given.append)
        await until(pilot, lambda: app.screen is editor and editor.focused is not None)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        help_ = app.screen
        assert isinstance(help_, HelpScreen)
        near, far = help_.columns()
        assert "In this window" in near.plain
        assert "press esc first" not in far.plain
        await pilot.press("escape", "escape")
        await until(pilot, lambda: given == [None])


async def test_a_voice_that_is_set_by_its_id_is_picked_and_shown_by_its_name() -> None:
    given: list[Value | None] = []
    app = ImaApp(FakeStudio())  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        field = Field("speaker", "speaker", FieldKind.TEXT)

        async def opened(value: Value | None) -> Table:
            before: Screen[object] = app.screen
            await open_value(before, FormRow(field, value), given.append)
            await until(pilot, lambda: isinstance(app.screen, VoicePicker) and app.screen.focused)
            return app.screen.query_one(Table)

        table = await opened(XIAOHE)
        assert table.rows[1][0].text == "Xiaohe"
        assert table.cursor == 1
        await pilot.press(*VIVI)
        assert table.empty == f"enter: use “Vivi ({VIVI})” as the voice ID"
        await pilot.press("enter")
        await until(pilot, lambda: given == [VIVI])
