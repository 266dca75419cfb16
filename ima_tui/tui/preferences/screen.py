"""The Preferences screen: preferred model of each task type, with its current price."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from ima_tui.catalogue import choice
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import ImaError
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line, points_range
from ima_tui.i18n import say
from ima_tui.tui.keys import actions
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.preferences import detail
from ima_tui.tui.shell import model_picker
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets import model_text
from ima_tui.tui.widgets.app_context import Updates
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.lines import SEPARATOR, Pane, Part, ToldLine
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.widgets.table import Cell, Row, Table

if TYPE_CHECKING:
    from ima_tui.preferences.file import Preference

T = TypeVar("T")
PREFIX = "user_"
COLUMNS = (
    Column("tag", 3),
    Column("kind", 20, "prefs.column_kind", flex=9, most=29),
    Column("model", 12, "prefs.column_model", flex=4),
    Column("saved", 8, "prefs.column_saved", align="right", drop=1),
    Column("now", 8, "prefs.column_now", align="right"),
    Column("used", 10, "prefs.column_used", align="right", drop=2),
)


_SAVED = 3
"""Where the saved price stands; the column is there if a price changed or has none beside it."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """A preference that was removed: enough to bring it back."""

    user: str
    task_type: TaskType
    model: ModelVersion


class PreferencesScreen(BaseScreen):
    """The preferred model of each task type, for one user at a time."""

    SCREEN_ID = "preferences"
    HOME = "Table"
    CSS_PATH = theme.path("preferences")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("open", "choose", "bind.prefs_choose", "prefs.choose", show=True),
        bind("delete", "clear", "bind.prefs_clear", "prefs.clear", show=True),
        bind("undo", "undo", "bind.prefs_undo", "prefs.undo", show=True),
        bind("approve", "bring_back", "bind.prefs_bring_back", "prefs.bring_back", show=True),
        bind("stop", "let_go", "bind.prefs_let_go", "prefs.let_go"),
        bind("view_after", "settings", "bind.settings", "prefs.settings", show=True),
        bind("earlier", "user(-1)", "bind.prefs_previous_user", "prefs.previous_user"),
        bind("later", "user(1)", "bind.prefs_next_user", "prefs.next_user"),
        bind("model", "choose", "bind.prefs_choose", "prefs.choose_too"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._user = ""
        self._cleared: list[Cleared] = []

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        with Container(id="body"):
            with Pane(say("place.preferences"), widget_id="preferences-pane"):
                yield Table(COLUMNS, widget_id="preferences")
                yield DraftMessage(widget_id="said")
                path = one_line(self.studio.preferences.preferences.path)
                yield ToldLine([(f" {path}", "muted")], [(" ", "text")], ground="background")
            yield from detail.panes()

    async def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self._user = self.studio.settings.user_id
        await self.reload()
        self.query_one(Table).focus()

    # ---------------------------------------------------------------------------- what is shown

    async def heard(self, news: Updates) -> None:
        """Redraw what the news concern."""
        if news.preferences or news.lists:
            self._show()
        if news.preferences and self.studio.preferences.dropped():
            self._about()

    async def reload(self) -> None:
        """Show everything again from current data."""
        self._show()
        self._about()

    @property
    def users(self) -> tuple[str, ...]:
        """Everyone with preferences, without the file's prefix; the current user first."""
        known = [user.removeprefix(PREFIX) for user in self.studio.preferences.preferences.users()]
        return tuple(dict.fromkeys([self.studio.settings.user_id, *known]))

    @property
    def preferences(self) -> Mapping[TaskType, Preference]:
        """The preferences of the shown user."""
        return self.studio.preferences.preferences.users().get(PREFIX + self._user, {})

    def _show(self) -> None:
        users = self.users
        if self._user not in users:
            self._user = users[0]
        title: list[Part] = [(say("place.preferences"), "strong"), (SEPARATOR, "muted")]
        title.append((say("prefs.user", user=self._user), "text"))
        index, count = users.index(self._user) + 1, len(users)
        others = say("prefs.users", index=index, count=count) if count > 1 else ""
        self.query_one("#preferences-pane", Pane).say(title, [(others, "muted")] if others else [])
        preferences, recommended = self.preferences, self.studio.guides.recommended
        rows: dict[int | str, Row] = {
            task_type.value: _row(
                task_type,
                preferences.get(task_type),
                self.studio.catalogue.models(task_type),
                recommended.get(task_type, ""),
            )
            for task_type in TaskType
        }
        table = self.query_one(Table)
        if any(row[_SAVED].text for row in rows.values()):
            table.set_columns(COLUMNS)
        else:
            table.set_columns(_without_saved(COLUMNS))
            rows = {name: _without_saved(row) for name, row in rows.items()}
        table.set_rows(rows)
        self._highlighted()

    @on(Table.RowHighlighted)
    def _highlighted(self) -> None:
        task_type, recommended = self.task_type, self.studio.guides.recommended
        wanted = detail.Wanted(
            task_type,
            self._user,
            self.preferences.get(task_type),
            self.studio.catalogue.models(task_type),
            recommended.get(task_type, ""),
        )
        detail.show(self, wanted)
        self.refresh_bindings()

    def _about(self) -> None:
        """What is wrong with the file, if anything is."""
        preferences = self.studio.preferences.preferences
        self.refresh_bindings()
        if dropped := self.studio.preferences.dropped():
            keys = {
                "back": actions.key_of(self.screen, "prefs.bring_back"),
                "leave": actions.key_of(self.screen, "prefs.let_go"),
            }
            self._say(say("prefs.dropped", which=model_text.dropped(dropped), **keys), "warn")
        elif preferences.trouble is not None:
            trouble = preferences.trouble
            self._say(say(trouble.key, **trouble.values), "warn")
        elif not preferences.writable:
            self._say(say("prefs.read_only"), "warn")
        else:
            self._say("", "muted")

    def _say(self, words: str, role: str) -> None:
        line = self.query_one(DraftMessage)
        line.display = bool(words)
        line.say(words, role)

    @property
    def task_type(self) -> TaskType:
        """The one under the cursor."""
        return TaskType(str(self.query_one(Table).cursor))

    # -------------------------------------------------------------------- what the user does

    def on_table_row_selected(self) -> None:
        """Act on the row that was chosen."""
        self.action_choose()

    def action_choose(self) -> None:
        """Open the list of models for the task type under the cursor."""
        task_type, user = self.task_type, self._user
        models = self.studio.catalogue.models(task_type)
        if not models:
            self._say(say("prefs.no_list"), "warn")
            return

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self._prefer(user, task_type, models[number], "prefs.kept")

        preference = self.preferences.get(task_type)
        current = _version_of(models, preference) if preference else None
        self.app.push_screen(
            model_picker.models(self.studio, task_type, current, self.ima.glyphs, user),
            chosen,
        )

    async def action_clear(self) -> None:
        """Clear the filter, the marks or the value."""
        task_type, preference = self.task_type, self.preferences.get(self.task_type)
        if preference is None:
            return
        model = _version_of(self.studio.catalogue.models(task_type), preference)
        clear = partial(self._clear, self._user, task_type, model)
        if model is not None:
            await clear()
        else:  # what is no longer offered can't be brought back
            self.ask(
                say("prefs.ask_clear", model=preference.model_name or preference.model_id), clear
            )

    async def _clear(self, user: str, task_type: TaskType, model: ModelVersion | None) -> None:
        try:
            stored = await self.studio.preferences.unprefer(task_type, user)
        except ImaError as error:
            self._say(say(error.key, **error.values), "bad")
            return
        if not stored:
            self._say(say("prefs.not_stored"), "warn")
            return
        kind = model_text.kind_name(task_type)
        if model is None:
            self._say(say("prefs.cleared_for_good", kind=kind), "ok")
        else:
            self._cleared.append(Cleared(user, task_type, model))
            self._say(say("prefs.cleared", kind=kind), "ok")
        self._show()

    async def action_undo(self) -> None:
        """Undo the last change."""
        last = self._cleared.pop()
        self._user = last.user
        await self._prefer(last.user, last.task_type, last.model, "prefs.undone")

    async def _prefer(
        self, user: str, task_type: TaskType, model: ModelVersion, words: str
    ) -> None:
        try:
            stored = await self.studio.preferences.prefer(task_type, model, user)
        except ImaError as error:
            self._say(say(error.key, **error.values), "bad")
            return
        if stored:
            kind = model_text.kind_name(task_type)
            self._say(say(words, kind=kind, model=model.name), "ok")
        else:
            self._say(say("prefs.not_stored"), "warn")
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if action in ("bring_back", "let_go"):
            return bool(self.studio.preferences.dropped())
        if action == "undo":
            return bool(self._cleared)
        if action == "user":
            return len(self.users) > 1
        if action == "clear":
            return any(str(table.cursor) in self.preferences for table in self.query(Table))
        return super().check_action(action, parameters)

    async def action_bring_back(self) -> None:
        """Restore the preferences that another program dropped."""
        dropped = self.studio.preferences.dropped()
        try:
            stored = await self.studio.preferences.bring_back(dropped)
        except ImaError as error:
            self._say(say(error.key, **error.values), "bad")
            return
        words = say("prefs.brought_back", which=model_text.dropped(dropped)) if stored else ""
        self._after_the_offer(words or say("prefs.not_stored"), "ok" if stored else "warn")

    async def action_let_go(self) -> None:
        """Stop offering the dropped preferences."""
        dropped = self.studio.preferences.dropped()
        try:
            await self.studio.preferences.let_go(dropped)
        except ImaError as error:
            self._say(say(error.key, **error.values), "bad")
            return
        self._after_the_offer(say("prefs.let_go", which=model_text.dropped(dropped)), "muted")

    def _after_the_offer(self, words: str, role: str) -> None:
        self._show()
        self._say(words, role)
        self.refresh_bindings()

    def action_settings(self) -> None:
        """Open the settings."""
        from ima_tui.tui.preferences.settings import SettingsScreen

        self.app.push_screen(SettingsScreen())

    def action_user(self, by: int) -> None:
        """Show the next or previous user."""
        users = self.users
        if len(users) < 2:
            self._say(say("prefs.one_user"), "muted")
            return
        self._user = users[(users.index(self._user) + by) % len(users)]
        self._show()
        self._about()


def _version_of(models: tuple[ModelVersion, ...], preference: Preference) -> ModelVersion | None:
    """The model version that the preference leads to now; None where its model is gone."""
    kin = [model for model in models if model.model_id == preference.model_id]
    return choice.newest(kin) if kin else None


def _without_saved(cells: tuple[T, ...]) -> tuple[T, ...]:
    return cells[:_SAVED] + cells[_SAVED + 1 :]


def _prices(preference: Preference, model: ModelVersion | None) -> tuple[str, str]:
    """The saved price, where that is no price of the model now, and the price now in its form."""
    saved = "" if preference.credit is None else say("prefs.from_points", n=preference.credit)
    if model is None:
        return saved, ""
    if detail.has_changed(preference, model):
        return saved, say("prefs.from_points", n=model.points[0])
    return "", points_range(*model.points)


def _row(
    task_type: TaskType,
    preference: Preference | None,
    models: tuple[ModelVersion, ...],
    recommended: str,
) -> Row:
    start = (model_text.medium_cell(task_type), Cell(model_text.kind_name(task_type)))
    if preference is None:
        serves = choice.default_model(models, task_type, recommended=recommended)
        words = say("prefs.default", model=serves.name) if serves else say("prefs.none")
        points = points_range(*serves.points) if serves else ""
        return (*start, Cell(words, "muted"), Cell(""), Cell(points, "muted"), Cell(""))
    model = _version_of(models, preference)
    is_gone = model is None and bool(models)
    saved, now = _prices(preference, model)
    if model is None:
        now = say("prefs.gone" if is_gone else "prefs.unseen")
    return (
        *start,
        Cell(preference.model_name or preference.model_id, "warn" if is_gone else "strong"),
        Cell(saved, "muted"),
        Cell(now, "warn" if is_gone else "text" if model else "muted"),
        Cell(preference.last_used[:10], "muted"),
    )
