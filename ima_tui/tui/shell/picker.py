"""Picker: a filtered list from which one row is chosen; and a prompt for one line of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Static

from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.table import Row, Table
from ima_tui.tui.widgets.text_fields import LineInput

PAGE = 8
AROUND = 3
"""Lines of the window beside its table: the frame and the filter."""


class Window(Vertical):
    """A frame over the screen, with its title in the upper rule."""

    def __init__(self, title: str, *, widget_id: str) -> None:
        super().__init__(id=widget_id, classes="window")
        self.say(title)

    def say(self, title: str) -> None:
        """Show another title."""
        self.border_title = Content(title)


@dataclass(frozen=True, slots=True)
class PickerItem:
    """One row, and what a filter looks through: folded, also without its blanks."""

    cells: Row
    terms: str

    def matches(self, words: Sequence[str]) -> bool:
        """Return whether all words are found in its terms."""
        return _holds(self.terms, words)

    def is_named(self, words: Sequence[str]) -> bool:
        """Whether the words are in what is shown, not only in what it is also called."""
        return _holds(folded(" ".join(cell.text for cell in self.cells)), words)

    def is_like(self, words: Sequence[str]) -> bool:
        """Whether the letters of each word stand in it in this order, whatever is between."""
        return all(_has_letters(self.terms, word) for word in words)


def _has_letters(text: str, word: str) -> bool:
    at = 0
    for letter in word:
        at = text.find(letter, at) + 1
        if not at:
            return False
    return True


def _holds(text: str, words: Sequence[str]) -> bool:
    dense = text.replace(" ", "")
    return all(word in text or word in dense for word in words)


class Picker(ModalScreen[int | None]):
    """Gives back the number of the choice that was taken, or None."""

    CSS_PATH = theme.path("picker")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "bind.choose", id="chooser.take"),
        Binding("escape", "dismiss", "bind.close", id="chooser.close"),
        *(
            Binding(key, f"move({by})", words, show=False, priority=True, id=f"chooser.{name}")
            for key, by, words, name in (
                ("up", -1, "bind.up", "up"),
                ("down", 1, "bind.down", "down"),
                ("pageup", -PAGE, "bind.page_up", "pgup"),
                ("pagedown", PAGE, "bind.page_down", "pgdn"),
            )
        ),
    ]

    PLACEHOLDER = "compose.filter"
    EMPTY = "compose.filter_none"

    def __init__(
        self, title: str, columns: Sequence[Column], choices: Sequence[PickerItem], current: int = 0
    ) -> None:
        super().__init__()
        self.heading = title
        self.columns = tuple(columns)
        self.choices = tuple(choices)
        self.start = current

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Window(self.heading, widget_id="picker"):
            yield LineInput(placeholder=say(self.PLACEHOLDER), widget_id="picker-filter")
            yield Static(id="picker-said")
            yield Table(self.columns, widget_id="picker-rows")
        yield BottomLine()

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        table = self.query_one(Table)
        table.can_focus = False  # the keys stay with the filter
        table.empty = say(self.EMPTY)
        self.query_one("#picker").styles.height = max(4, len(self.choices) + 1) + AROUND
        self._narrow("")
        table.move_to(self.start)

    def again(self) -> None:
        """Show the choices as they are now; the cursor stays."""
        table = self.query_one(Table)
        before = table.cursor
        self._narrow(self.query_one(LineInput).value)
        if before is not None:
            table.move_to(before)

    def _narrow(self, written: str) -> None:
        words = folded(written).split()
        table = self.query_one(Table)
        every = list(enumerate(self.choices))
        found = [(i, c) for i, c in every if c.matches(words)]
        found = found or [(i, c) for i, c in every if c.is_like(words)]
        found.sort(key=lambda pair: not pair[1].is_named(words))
        table.set_rows({number: one.cells for number, one in found})
        if words and table.order:
            table.move_to(table.order[0])

    def on_input_changed(self, event: LineInput.Changed) -> None:
        """Follow the text that is typed."""
        self._narrow(event.value)

    def on_input_submitted(self) -> None:
        """Take the row under the cursor."""
        self.action_choose()

    def action_choose(self) -> None:
        """Take the row under the cursor."""
        chosen = self.query_one(Table).cursor
        if isinstance(chosen, int):
            self.dismiss(chosen)

    def on_table_row_selected(self, event: Table.RowSelected) -> None:
        """Act on the row that was chosen."""
        self.dismiss(int(event.row_id))

    def action_move(self, by: int) -> None:
        """Move the cursor or the choice by that many."""
        table = self.query_one(Table)
        if table.order and table.cursor is not None:
            at = table.order.index(table.cursor) + by
            table.move_to(table.order[max(0, min(len(table.order) - 1, at))])


class TextPrompt(ModalScreen[str | None]):
    """Gives back what was typed, or None. `below`: a line below the field. `check`: raises
    `UsageError` for what is no answer; without it, nothing typed is none."""

    CSS_PATH = theme.path("picker")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "bind.text_take", id="ask.take"),
        Binding("escape", "dismiss", "bind.close", id="ask.close"),
    ]

    def __init__(
        self,
        title: str,
        hint: str = "",
        value: str = "",
        *,
        limit: int = 0,
        suggester: Suggester | None = None,
        below: str = "",
        check: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._below = below
        self._check = check
        self._field = LineInput(
            value, placeholder=hint, widget_id="ask-text", max_length=limit, suggester=suggester
        )

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Window(self._title, widget_id="ask"):
            yield self._field
            if self._check is not None:
                yield Static(Content(self._below), id="ask-told")
        yield BottomLine()

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self._field.focus()

    def on_input_submitted(self) -> None:
        """Take over what was typed."""
        self.action_take()

    def action_take(self) -> None:
        """Take over what was typed; what is no answer is said."""
        text = self._field.value.strip()
        if self._check is None:
            self.dismiss(text or None)
            return
        try:
            self._check(text)
        except UsageError as error:
            told = Content.styled(say(error.key, **error.values), "$bad")
            self.query_one("#ask-told", Static).update(told)
        else:
            self.dismiss(text)
