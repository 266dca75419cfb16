"""Line of a form for a parameter that is typed: its label, and a text field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from ima_tui.compose.draft import FormRow
from ima_tui.core.domain import Field, FieldKind
from ima_tui.tui.widgets.field_rows import FormLine, Picked
from ima_tui.tui.widgets.lines import Part
from ima_tui.tui.widgets.prompt import SEND
from ima_tui.tui.widgets.text_fields import LineInput


class _Head(FormLine, can_focus=False):
    """The label of a line whose keys belong to the text field beside it."""

    @property
    def is_active(self) -> bool:
        return self.parent is not None and any(child.has_focus for child in self.siblings)


class TextLine(Horizontal):
    """A label, and a line to type on. A number says its range while nothing is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        SEND,
        Binding("up", "app.focus_previous", "bind.form_up", show=False, id="form.up"),
        Binding("down", "app.focus_next", "bind.form_down", show=False, id="form.down"),
    ]

    def __init__(self, row: FormRow, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self.row = row
        self.parameter = row.field.name
        self._head = _Head(row.field.name, row.title)
        self.label_cells = self._head.label_cells
        self._heard = _written(row)
        """What was last told by it, or put there: Textual tells of both alike."""
        self.input = LineInput(self._heard, placeholder=_placeholder(row.field))

    @property
    def label_cells(self) -> int:
        """The cells that the label takes."""
        return self._head.label_cells

    @label_cells.setter
    def label_cells(self, cells: int) -> None:
        """The cells that the label takes."""
        self._head.label_cells = cells
        self._head.styles.width = cells + 5

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield self._head
        yield self.input

    def show_origin(self, origin: Sequence[Part], *, mine: bool) -> None:
        """Beside a text there is room for the mark alone."""
        self._head.show_origin((), mine=mine)

    def show(self, row: FormRow, is_wrong: bool) -> None:
        """Show a row of the form."""
        self.row = row
        if not self.input.has_focus and self.input.value != _written(row):
            self._heard = _written(row)
            with self.prevent(LineInput.Changed):
                self.input.value = self._heard
        if self._head.is_wrong != is_wrong:
            self._head.is_wrong = is_wrong
            self._head.refresh()

    def on_input_changed(self, event: LineInput.Changed) -> None:
        """Follow the text that is typed."""
        event.stop()
        if event.value == self._heard:
            return
        self._heard = event.value
        self.post_message(Picked(self.parameter, event.value.strip() or None, typed=True))

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _follow_focus(self) -> None:
        self._head.refresh()


def _written(row: FormRow) -> str:
    """What stands in the field: only what the user wrote; the default is its placeholder."""
    return str(row.value) if row.is_set and row.value is not None else ""


def _placeholder(field: Field) -> str:
    if field.default not in (None, ""):
        return str(field.default)
    if field.kind is not FieldKind.NUMBER or field.minimum is None or field.maximum is None:
        return ""
    return f"{field.minimum:g}–{field.maximum:g}"
