"""The Models screen: all model versions with their prices."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.widgets import Input, Static

from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter, ReportRow
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.models import search
from ima_tui.tui.models.listing import ModelListing, PreferenceChanges, why_empty
from ima_tui.tui.shell import model_picker
from ima_tui.tui.shell.job_lines import LatestJobs
from ima_tui.tui.shell.list_screen import ListScreen, ListStatus
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets import model_detail, model_text
from ima_tui.tui.widgets.app_context import Updates
from ima_tui.tui.widgets.lines import Fitted, Pane
from ima_tui.tui.widgets.table import RowId, Table
from ima_tui.tui.widgets.text_fields import FilterInput

LEAST_FILTER = 17
"""Cells that the filter keeps beside what is said of the list."""
BESIDE = {"-wide": 42, "-huge": 66}
"""Cells that the details and the frame take, as the style sheet says."""


BY_COLUMN = {"points": "price", "time": "time", "model": "name"}
"""The order that a click on a heading chooses."""


class ModelsScreen(ListScreen):
    """The table of models of one task type (or of all), and the one under the cursor in detail."""

    SCREEN_ID = "models"
    HOME = "#models"
    DETAIL = "#detail"
    CSS_PATH = theme.path("models")
    FIRST_KIND: ClassVar[TaskType | None] = None
    """The task type that is shown first; None: all of them."""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - so declared by Textual
        (0, "-narrow"),
        (80, "-normal"),
        (96, "-wide"),
        (160, "-huge"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("open", "use", "bind.use", "models.use", show=True),
        bind("prefer", "prefer", "bind.prefer", "models.prefer", show=True),
        bind("type", "choose_kind", "bind.kind", "models.kind", show=True),
        bind("sort", "sort", "bind.sort", "models.sort", show=True),
        bind("filter", "filter", "bind.filter", "models.filter", show=True),
        bind("undo", "undo", "bind.undo", "models.undo"),
        bind("left", "step(-1)", "bind.type_before", "models.left"),
        bind("right", "step(1)", "bind.type_after", "models.right"),
        bind("view_after", "turn_kind(1)", "bind.next_kind", "models.next_kind"),
        bind("view_before", "turn_kind(-1)", "bind.previous_kind", "models.previous_kind"),
        bind("", "turn_kind(0)", "bind.all_kinds", "models.all_kinds"),
        bind("scroll_down", "scroll_facts(3)", "bind.detail_down", "models.detail_down"),
        bind("scroll_up", "scroll_facts(-3)", "bind.detail_up", "models.detail_up"),
        bind("fetch", "refetch", "bind.refresh", "models.refresh"),
        bind("back", "leave_field", "bind.leave", "place.leave", show=True),
        bind("back", "clear", "bind.clear", "models.clear"),
    ]

    table = getters.query_one("#models", Table)

    def __init__(self) -> None:
        super().__init__()
        self.list = ModelListing(self.studio, self.ima.glyphs, self.FIRST_KIND)
        self._marked: RowId | None = None
        """The row whose chosen task type is drawn."""
        self._changes = PreferenceChanges(self.studio)
        self._took: dict[str, ReportRow] = {}
        """How long each model took here, by its id."""

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        with Container(id="body"):
            with Pane(say("pane.models"), widget_id="list-pane"):
                with Horizontal(id="head"):
                    yield FilterInput(widget_id="filter", placeholder=say("models.filter"))
                    yield ListStatus()
                yield Table(self.list.columns, widget_id="models")
            pane = Pane(say("pane.detail"), widget_id="facts-pane")
            with pane, VerticalScroll(id="detail", can_focus=False):
                yield Static(id="facts")
            yield LatestJobs()

    # ------------------------------------------------------------------------------ the facts

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.table.focus()
        self.table.moved = self._mark_column
        self._show()
        self.run_worker(self._add_up(), name="times", group="times", exit_on_error=False)

    async def _add_up(self) -> None:
        """Read how long the models took here; the list does not wait for it."""
        found = await self.studio.history.report("model", JobFilter())
        self._took = {row.key: row for row in found}
        self._show_detail()

    async def reload(self) -> None:
        """Show everything again from current data."""
        self._show()
        await self._add_up()

    async def heard(self, news: Updates) -> None:
        """Redraw what the news concern."""
        if news.lists or news.preferences:
            self._show()

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._show_status()
        self.call_after_refresh(self._show_detail)

    @property
    def wanted(self) -> str:
        """The filter text, folded for comparison."""
        return folded(self.query_one("#filter", Input).value)

    @on(Input.Changed, "#filter")
    def _show(self) -> None:
        """Everything anew; the table makes and draws only what is in sight."""
        rows = self.list.find(self.wanted)
        self.table.set_columns(self.list.columns)
        self.table.empty = (
            "" if self.list.count else why_empty(self.studio.catalogue, self.list, self.wanted)
        )
        self.table.set_rows(rows)
        self._marked = None
        self._mark_column()
        self._show_status()
        self._show_detail()

    def _mark_column(self) -> None:
        """Draw the chosen task type in the row under the cursor, and there only."""
        if self.list.task_type is not None:
            return
        for row_id in dict.fromkeys((self._marked, self.table.cursor)):
            if row_id is not None and row_id in self.table.rows:
                here = row_id == self.table.cursor
                self.table.update_row(row_id, self.list.row(row_id, here=here))
        self._marked = self.table.cursor

    def _show_status(self) -> None:
        one = self.list
        if one.task_type is not None:
            shown = f"{model_text.kind_name(one.task_type)} ({one.count})"
        elif one.medium is not None:
            shown = f"{say(f'gallery.kind_{one.medium}')} ({one.count})"
        else:
            shown = say("models.every", n=one.count)
        beside = next((cells for name, cells in BESIDE.items() if self.has_class(name)), 0)
        room = self.size.width - beside - LEAST_FILTER
        dot = self.ima.glyphs.dot
        words = search.status_line(one.lists, shown, one.hidden, one.sort, dot, room)
        self.query_one(ListStatus).say(words)

    def _show_detail(self) -> None:
        model = self.current or self.list.gone.get(str(self.table.cursor))
        signs = self.ima.glyphs
        page = self.query_one("#facts", Static)
        if model is None:
            page.update("")
        else:
            mine, changes = self.list.is_mine(model), self.list.changes(model)
            took = self._took.get(model.model_id)
            more = self.list.others(self.table.cursor) if self.has_class("-huge") else ()
            told = partial(model_detail.detail, model, mine, signs, changes, here=took, more=more)
            page.update(Fitted(told))
        self.query_one(LatestJobs).look(model)
        self.query_one("#detail").scroll_home(animate=False)

    # ---------------------------------------------------------------------------- the actions

    @property
    def current(self) -> ModelVersion | None:
        """The model version under the cursor."""
        return self.list.model(self.table.cursor)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if action in ("use", "prefer") and self.is_mounted:
            return self.current is not None
        if action == "step" and self.is_mounted:
            return self.list.has(self.table.cursor)
        if action == "undo":
            return bool(self._changes)
        if action == "clear" and self.is_mounted:
            return bool(self.wanted)
        return super().check_action(action, parameters)

    @on(Table.RowHighlighted)
    def _highlighted(self) -> None:
        self._mark_column()
        self._show_detail()
        self.refresh_bindings()

    @on(Table.RowSelected)
    async def action_use(self) -> None:
        """Open Compose with the model."""
        if self.current is not None:
            await self.ima.compose_with(self.current)

    def action_clear(self) -> None:
        """Clear the filter, the marks or the value."""
        self.query_one("#filter", Input).value = ""

    @on(Table.HeadingClicked)
    def _sort_by(self, event: Table.HeadingClicked) -> None:
        self.list.sort = BY_COLUMN.get(event.column, "listed")
        self._show()

    def action_sort(self) -> None:
        """Sort by the next criterion."""
        self.list.next_sort()
        self._show()

    def action_step(self, by: int) -> None:
        """Choose the next or previous task type of the model."""
        if self.list.step(self.table.cursor, by):
            self._mark_column()
            self._show_detail()

    def action_turn_kind(self, by: int) -> None:
        """Show the next or previous view: all models, or those of one medium; 0: all of them."""
        if by:
            self.list.turn(by)
        else:
            self.list.show_all()
        self._show()

    def action_choose_kind(self) -> None:
        """Open the list of task types."""

        def chosen(index: int | None) -> None:
            if index is not None:
                self.list.task_type = self.list.column = list(TaskType)[index]
                self._show()

        self.app.push_screen(
            model_picker.kinds(self.studio, self.list.task_type or self.list.column), chosen
        )

    async def action_prefer(self) -> None:
        """Set or unset the model as preferred."""
        if self.current is not None:
            _say_stored(self, await self._changes.turn(self.current))

    async def action_undo(self) -> None:
        """Undo the last change."""
        _say_stored(self, await self._changes.undo())

    def action_refetch(self) -> None:
        """Fetch the shown lists again."""
        self.run_worker(
            self.studio.catalogue.refresh(*self.list.task_types),
            name="fetch lists",
            group="lists",
            exit_on_error=False,
        )


def _say_stored(screen: ModelsScreen, stored: bool) -> None:
    """Say where a change of a preferred model could not be stored."""
    if not stored:
        screen.notify(say("models.not_stored"), severity="warning")
    screen.refresh_bindings()
