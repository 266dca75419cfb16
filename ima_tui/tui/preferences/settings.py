"""The Settings screen: each setting with its value, origin and allowed values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from ima_tui import i18n
from ima_tui.config.editor import ConfigEditor, SettingStatus
from ima_tui.config.schema import Raw, Setting, typed
from ima_tui.core.errors import ImaError
from ima_tui.core.text import folded, one_line
from ima_tui.i18n import has, joined, say
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell import app_actions
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.shell.picker import Picker, PickerItem
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.cells import Column, wrap
from ima_tui.tui.widgets.lines import Pane
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.widgets.table import (
    Cell,
    Row,
    RowId,
    Table,
)
from ima_tui.tui.widgets.text_fields import AskInput, FilterInput, LineInput

COLUMNS = (
    Column("name", 24, "settings.column_name", flex=4, most=27),
    Column("now", 12, "settings.column_now", flex=2, most=36),
    Column("later", 10, "settings.column_later", drop=2),
    Column("origin", 11, "settings.column_origin", drop=1),
    Column("about", 36, "settings.column_about", flex=9, drop=3),
)
ABOUT = 3
"""Lines below the table, as the style sheet says."""
_LATER = 2
"""Where what holds from the next start on stands; the column is there if it says anything."""
T = TypeVar("T")
_VALUES = (Column("value", 20, "settings.column_value", flex=1), Column("note", 10))


class SettingsScreen(BaseScreen):
    """The settings of the config file, with their values and what they do."""

    SCREEN_ID = "preferences"
    HOME = "Table"
    CSS_PATH = theme.path("settings")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("open", "change", "bind.settings_change", "settings.change", show=True),
        bind("delete", "reset", "bind.settings_reset", "settings.reset", show=True),
        bind("filter", "filter", "bind.filter", "settings.filter", show=True),
        bind("view_before", "back", "bind.settings_back", "settings.back"),
        Binding("escape", "back", "bind.settings_back", id="settings.back_too"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, SettingStatus] = {}
        self._editing = ""

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        pane = Pane(say("settings.title"), widget_id="settings-pane")
        path = one_line(self.studio.settings.config_file)
        pane.say([(say("settings.title"), "strong")], [(path, "muted")])
        with pane:
            yield FilterInput(widget_id="filter", placeholder=say("settings.filter"))
            yield Table(COLUMNS, widget_id="settings")
            yield DraftMessage(widget_id="about")
            yield AskInput(widget_id="value", max_length=400, leave="back")

    @property
    def adjustments(self) -> ConfigEditor:
        """The editor of the config file."""
        return self.studio.config_editor

    async def on_mount(self) -> None:
        """Set up once the widgets exist."""
        await self.reload()
        self.query_one("#settings", Table).focus()

    async def reload(self) -> None:
        """Show everything again from current data."""
        try:
            found = await self.adjustments.statuses()
        except ImaError as error:
            self._say(say(error.key, **error.values), "bad")
            return
        self._rows = {one.setting.name: one for one in found}
        self._show()
        self._about()
        self.refresh_bindings()

    # ---------------------------------------------------------------------------- what is shown

    @property
    def filter(self) -> LineInput:
        """The field that narrows the list."""
        return self.query_one("#filter", LineInput)

    def _show(self) -> None:
        """Show the settings that have the words of the filter."""
        wanted = folded(self.filter.value).split()
        items = {name: _item(one.setting) for name, one in self._rows.items()}
        found = [one for name, one in self._rows.items() if items[name].matches(wanted)]
        found = found or [one for name, one in self._rows.items() if items[name].is_like(wanted)]
        table = self.query_one("#settings", Table)
        table.empty = say("settings.none_match")
        later = any(one.later is not None for one in self._rows.values())
        table.set_columns(COLUMNS if later else _without_later(COLUMNS))
        rows = _rows(found)
        table.set_rows(rows if later else {name: _without_later(row) for name, row in rows.items()})
        names = [one.setting.name for one in found]
        if wanted and names and table.cursor not in names:
            table.move_to(names[0])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        if event.input is self.filter:
            self._show()

    def on_resize(self) -> None:
        """Tell as much of the setting as the new width has room for."""
        self.call_after_refresh(self._about)

    def on_table_row_highlighted(self, event: Table.RowHighlighted) -> None:
        """Show what belongs to the row under the cursor."""
        self._about()
        self.refresh_bindings()

    def _about(self) -> None:
        one = self.here
        if one is None:
            return
        setting = one.setting
        if not self.adjustments.kept:
            self._say(joined(setting.about, say("settings.not_kept")), "muted")
            return
        # before the first layout: what is left beside frame and padding
        cells = self.query_one("#about").content_size.width or self.size.width - 4
        self._say(_told(one, cells, in_demo=self.adjustments.in_demo), "muted")

    def _say(self, words: str, role: str) -> None:
        self.query_one("#about", DraftMessage).say(words, role)

    @property
    def here(self) -> SettingStatus | None:
        """The setting under the cursor."""
        return self._rows.get(str(self.query_one("#settings", Table).cursor))

    # -------------------------------------------------------------------- what the user does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if action in ("change", "reset") and (self._editing or not self.adjustments.kept):
            return False
        if action == "reset":
            return self.here is not None and self.here.written is not None
        if action == "leave_field":
            return False  # `back` does it here
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Out of the field, else show all, else out of the settings."""
        if self._editing:
            self._end_editing()
            self._about()
        elif self.has_class("-filtering"):
            self.remove_class("-filtering")
            self.filter.value = ""
            self.query_one("#settings", Table).focus()
        else:
            self.app.pop_screen()

    def action_filter(self) -> None:
        """Type words that narrow the list."""
        self.add_class("-filtering")
        self.filter.focus()

    def on_table_row_selected(self) -> None:
        """Act on the row that was chosen."""
        self.action_change()

    def action_change(self) -> None:
        """Change the setting under the cursor."""
        one = self.here
        if one is None:
            return
        if not self.adjustments.kept:
            self._say(say("settings.not_kept"), "warn")
        elif values := _choices(one):
            self._choose(one, values)
        else:
            self._edit(one)

    def _choose(self, one: SettingStatus, values: tuple[str, ...]) -> None:
        titles = [_shown(one.setting, value) for value in values]
        usual = _shown(one.setting, one.setting.default)
        rows = [
            PickerItem(
                (Cell(title), Cell(say("cli.source.default") if title == usual else "", "muted")),
                folded(f"{title} {value}"),
            )
            for title, value in zip(titles, values, strict=True)
        ]
        before = _shown(one.setting, one.now if one.later is None else one.later)
        at = titles.index(before) if before in titles else 0

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self._put(one.setting.name, values[number])

        self.app.push_screen(Picker(one.setting.title, _VALUES, rows, at), chosen)

    def _edit(self, one: SettingStatus) -> None:
        self._editing = one.setting.name
        self.add_class("-editing")
        field = self.query_one("#value", LineInput)
        field.value = _typed(one.now if one.later is None else one.later)
        field.focus()
        field.cursor_position = len(field.value)
        self.refresh_bindings()

    def _end_editing(self) -> None:
        self._editing = ""
        self.remove_class("-editing")
        self.query_one("#settings", Table).focus()
        self.refresh_bindings()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take over what was typed."""
        if event.input is self.filter:
            self.query_one("#settings", Table).focus()
        elif self._editing:
            await self._put(self._editing, event.value)

    async def _put(self, name: str, words: str) -> None:
        """A refused value leaves the field open, with what is allowed beside it."""
        try:
            value = await self.adjustments.put(name, words)
        except ImaError as error:
            self._say(say(error.key, **error.values), "bad")
            return
        if self._editing:
            self._end_editing()
        await self.reload()
        self._use_at_once(name, value)
        self._say(_done(self._rows[name], in_demo=self.adjustments.in_demo), "ok")

    async def action_reset(self) -> None:
        """Reset the setting to its default."""
        one = self.here
        if one is None:
            return
        setting = one.setting
        try:
            was_there = await self.adjustments.drop(setting.name)
        except ImaError as error:
            self._say(say(error.key, **error.values), "warn")
            return
        await self.reload()
        if was_there:
            self._use_at_once(setting.name, setting.default)
        key = "settings.reset" if was_there else "settings.was_default"
        words = say(key, name=setting.title, value=_shown(setting, setting.default))
        self._say(words, "ok" if was_there else "muted")

    def _use_at_once(self, name: str, value: Raw) -> None:
        """Colours and language need no new start."""
        if name == "look.theme":
            app_actions.paint(self.ima, str(value))
        elif name == "language" and value != "auto":
            i18n.use("zh" if value == "zh" else "en")
            self.call_after_refresh(partial(self.ima.retell))


def _told(one: SettingStatus, cells: int, *, in_demo: bool) -> str:
    """Return what the setting is for and how it is set, in whole sentences that have room."""
    setting = one.setting
    told = [say("settings.in_file", name=setting.name, allowed=setting.allowed)]
    if one.origin in ("flag", "environment"):
        told.append(say(f"settings.wins_{one.origin}"))
    if setting.environment:
        told.append(say("settings.environment", name=setting.environment))
    if in_demo:
        told.append(say("settings.in_demo"))
    for count in range(len(told), 0, -1):
        rest = joined(*told[:count])
        for words in (f"{setting.about}\n{rest}", joined(setting.about, rest)):
            if len(wrap(words, max(1, cells))) <= ABOUT:
                return words
    return setting.about


def _choices(one: SettingStatus) -> tuple[str, ...]:
    if isinstance(one.setting.default, bool):
        return ("true", "false")
    return one.setting.choices


def _done(one: SettingStatus, *, in_demo: bool) -> str:
    name, value = (
        one.setting.title,
        _shown(one.setting, one.now if one.later is None else one.later),
    )
    if one.origin in ("flag", "environment"):
        return say(f"settings.wins_{one.origin}")
    if one.setting.name in ("look.theme", "language") or one.later is None:
        return say("settings.is", name=name, value=value)
    key = "settings.not_in_demo" if in_demo else "settings.next_start"
    return say(key, name=name, value=value)


def _item(setting: Setting) -> PickerItem:
    """A setting as it is found: by its group, title, help and name in config.toml."""
    group = say(f"setting_group.{setting.table}") if setting.table else ""
    words = f"{group} {setting.title} {setting.about} {setting.name}"
    return PickerItem((Cell(setting.title),), folded(words))


def _rows(found: Sequence[SettingStatus]) -> dict[RowId, Row]:
    rows: dict[RowId, Row] = {}
    table = ""
    for one in found:
        if one.setting.table != table:
            table = one.setting.table
            rows[f"[{table}]"] = (Cell(say(f"setting_group.{table}"), "title"),)
        rows[one.setting.name] = (
            Cell(one.setting.title),
            Cell(_shown(one.setting, one.now), "text" if one.origin == "default" else "strong"),
            Cell("" if one.later is None else _shown(one.setting, one.later), "warn"),
            Cell(say(f"cli.source.{one.origin}"), "muted"),
            Cell(one_line(one.setting.about, 200), "muted"),
        )
    return rows


def _without_later(cells: tuple[T, ...]) -> tuple[T, ...]:
    return cells[:_LATER] + cells[_LATER + 1 :]


def _typed(value: object) -> str:
    return typed(value) if isinstance(value, tuple) else str(value)


def _shown(setting: Setting, value: object) -> str:
    """As people say it: a switch is on or off."""
    words = one_line(_typed(value), 200)
    if isinstance(setting.default, bool):
        words = "on" if words.lower() == "true" else "off"
    elif setting.zero_is_none and words == "0":
        words = "none"
    elif not setting.choices:
        return words
    key = f"setting_value.{words}"  # others than ours are names
    return say(key) if has(key) else words
