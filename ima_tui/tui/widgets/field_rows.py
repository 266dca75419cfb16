"""Lines of a form, one for each parameter: choice, text or button.

A line says what the user wants by a message; it shows only what it is told. So the screen
stays the one place that knows the draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.message import Message

from ima_tui.catalogue.names import voice_of
from ima_tui.compose import parameter_names
from ima_tui.compose.draft import Blocked, FormRow
from ima_tui.core.domain import (
    FieldKind,
    Option,
    Value,
)
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.widgets.cells import fit, width, window
from ima_tui.tui.widgets.lines import Line, Part, clipped, measure

MOVES: list[BindingType] = [
    bind("up", "app.focus_previous", "bind.form_up", "form.up"),
    bind("down", "app.focus_next", "bind.form_down", "form.down"),
]


@dataclass
class Picked(Message):
    """The user set a parameter; `value` is None for "as it is read, or as it is by itself"."""

    name: str
    value: Value | None
    typed: bool = False


@dataclass
class Pressed(Message):
    """A line or a switch was pressed: the action of this name is wanted."""

    name: str


@dataclass
class ValueWanted(Message):
    """The user wants to set this row in a window of its own."""

    row: FormRow


BESIDE = 3
"""Cells between what a line shows and who put it there, and behind that."""
LEAST_FOR_OPTIONS = 24


class FormLine(Line, can_focus=True):
    """A label, and behind it what a subclass draws."""

    GROUND = "background"
    BINDINGS: ClassVar[list[BindingType]] = MOVES

    def __init__(self, parameter: str, label: str, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self.parameter = parameter
        self.label = label
        self.label_cells = width(label)
        self.is_wrong = False
        self.is_mine = False
        """Chosen by hand: what the words say about it does not count."""
        self._origin: tuple[Part, ...] = ()

    def show_origin(self, origin: Sequence[Part], *, mine: bool) -> None:
        """Say who put this where it stands: the words that did, or the user."""
        if (tuple(origin), mine) != (self._origin, self.is_mine):
            self._origin, self.is_mine = tuple(origin), mine
            self.refresh()

    @on(events.Focus)
    @on(events.Blur)
    def _follow_focus(self) -> None:
        self.refresh()

    @property
    def is_active(self) -> bool:
        """Whether this line has the keys."""
        return self.has_focus

    def head(self) -> list[Part]:
        """The label, with a bar where the keys are and a mark where something is wrong."""
        signs = self.ima.glyphs
        return [
            (signs.cursor if self.is_active else " ", "accent"),
            ("!", "bad") if self.is_wrong else (signs.mark if self.is_mine else " ", "accent"),
            (" " + fit(self.label, self.label_cells), "strong" if self.is_active else "muted"),
            ("  ", "text"),
        ]

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        head = self.head()
        tail = self.tail(cells - measure(head))
        return [*head, *tail], self.right(cells - measure(head) - measure(tail))

    def right(self, cells: int, notes: Sequence[Part] = ()) -> list[Part]:
        """What stands at the right end: notes, and who put this here; what finds no room goes."""
        gap: list[Part] = [("  ", "text")] if notes and self._origin else []
        for parts in ([*notes, *gap, *self._origin], [*self._origin], [*notes]):
            if parts and measure(parts) + BESIDE <= cells:
                return [*parts, (" ", "text")]
        return []

    def tail(self, cells: int) -> list[Part]:
        """What stands behind the label."""
        return []

    def sign(self, fancy: str, plain: str) -> str:
        """The one of the two that this terminal can show."""
        return plain if self.ima.glyphs.ascii else fancy


class ButtonLine(FormLine):
    """A line that opens something: `enter`, or a click."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "press", "bind.form_open", id="form.open"),
        Binding("backspace,delete", "clear", "bind.form_reset", show=False, id="form.reset"),
    ]

    def __init__(self, parameter: str, label: str, *, widget_id: str | None = None) -> None:
        super().__init__(parameter, label, widget_id=widget_id)
        self._left: list[Part] = []
        self._right: list[Part] = []

    def show(self, left: Sequence[Part], right: Sequence[Part] = ()) -> None:
        """Show a label and a value."""
        if (self._left, self._right) != (list(left), list(right)):
            self._left, self._right = list(left), list(right)
            self.refresh()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        head = self.head()
        room = cells - measure(head)
        left = clipped(self._left, room)
        return [*head, *left], self.right(room - measure(left), self._right)

    def action_press(self) -> None:
        """Send that the button was pressed."""
        self.post_message(Pressed(self.parameter))

    def action_clear(self) -> None:
        """Clear the filter, the marks or the value."""
        self.post_message(Picked(self.parameter, None))

    def on_click(self) -> None:
        """Act on the row or cell under the mouse."""
        self.action_press()


class WindowLine(ButtonLine):
    """A voice, or a text too long for a line: `enter` opens a window for it."""

    def __init__(self, row: FormRow) -> None:
        super().__init__(row.field.name, row.title)
        self.row = row

    def show_row(self, row: FormRow, is_wrong: bool) -> None:
        """Show a row of the form."""
        self.row = row
        if self.is_wrong != is_wrong:
            self.is_wrong = is_wrong
            self.refresh()
        self.show(self._words(row))

    def _words(self, row: FormRow) -> list[Part]:
        opens = self.sign(" ▾", " v")
        if row.value in (None, ""):
            key = "voice.own" if parameter_names.is_voice(row.field) else "editor.none"
            return [(say(key), "muted"), (opens, "muted")]
        words = str(row.value)
        if parameter_names.is_voice(row.field):
            words = voice_of(Option(row.shown, row.value or "")).name
        return [(one_line(words, 200), "title" if row.is_set else "text"), (opens, "muted")]

    def action_press(self) -> None:
        """Send that the window is wanted."""
        self.post_message(ValueWanted(self.row))


class ChoiceLine(FormLine):
    """Options side by side, the one that holds in brackets; what isn't available is crossed out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "bind.form_left", show=False, id="form.left"),
        Binding("right", "step(1)", "bind.form_right", show=False, id="form.right"),
        Binding("space", "cycle", "bind.form_next", show=False, id="form.next"),
        Binding("backspace,delete", "clear", "bind.form_reset", show=False, id="form.reset"),
    ]

    def __init__(self, row: FormRow, *, widget_id: str | None = None) -> None:
        super().__init__(row.field.name, row.title, widget_id=widget_id)
        self.row = row

    def show(self, row: FormRow, is_wrong: bool) -> None:
        """Show a row of the form."""
        if (self.row, self.is_wrong) != (row, is_wrong):
            self.row, self.is_wrong = row, is_wrong
            self.refresh()

    @property
    def options(self) -> tuple[Option, ...]:
        """The values that can be chosen."""
        if self.row.field.kind is FieldKind.TOGGLE:
            return (Option(say("compose.on"), True), Option(say("compose.off"), False))
        return self.row.field.options

    @property
    def chosen(self) -> int | None:
        """The option that holds, by its place."""
        found = (i for i, o in enumerate(self.options) if _is(o.value, self.row.value))
        return next(found, None)

    def tail(self, cells: int) -> list[Part]:
        """Return the options round the chosen one."""
        labels = [self.row.words(option) for option in self.options]
        chosen = self.chosen
        room = self._room(cells)
        seen = window(labels, chosen, room)
        shown: list[Part] = []
        if seen.more_left:
            shown.append((self.sign("‹ ", "< "), "muted"))
        last = seen.first + len(seen.starts)
        shown += [self._option(index, chosen) for index in range(seen.first, last)]
        if shown:
            words, role = shown[-1]
            shown[-1] = words.rstrip(), role  # a blank that no bracket will need
        if seen.more_right:
            gap = " " if measure(shown) + 2 <= room else ""
            shown.append((gap + self.sign("›", ">"), "muted"))
        return shown

    def _room(self, cells: int) -> int:
        """Cells for the options: who chose one of them is told, too, where that leaves enough."""
        left = cells - measure([*self._origin]) - BESIDE
        return left if self._origin and left >= LEAST_FOR_OPTIONS else cells

    def _option(self, index: int, chosen: int | None) -> Part:
        option = self.options[index]
        label = self.row.words(option)
        if index == chosen:
            return f"[{label}]", "title" if self.row.is_set else "strong"
        if self.row.why_blocked(option.value):
            return f"{self.sign('×', 'x')}{label} ", "muted"
        return f" {label} ", "text"

    def why_blocked(self) -> tuple[tuple[str, Blocked], ...]:
        """The options out of reach, each with its reason."""
        pairs = ((self.row.words(o), self.row.why_blocked(o.value)) for o in self.options)
        return tuple((label, why) for label, why in pairs if why is not None)

    # ------------------------------------------------------------------------------ the user

    def action_step(self, by: int) -> None:
        """To the next option on that side that can be had."""
        chosen = self.chosen
        index = (-1 if by > 0 else len(self.options)) if chosen is None else chosen
        while 0 <= (index := index + by) < len(self.options):
            if self._pick(index):
                return

    def action_cycle(self) -> None:
        """Choose the next or previous value."""
        start = -1 if self.chosen is None else self.chosen
        for step in range(1, len(self.options) + 1):
            if self._pick((start + step) % len(self.options)):
                return

    def action_clear(self) -> None:
        """Clear the filter, the marks or the value."""
        self.post_message(Picked(self.parameter, None))

    def _pick(self, index: int) -> bool:
        option = self.options[index]
        if self.row.why_blocked(option.value):
            return False
        self.post_message(Picked(self.parameter, option.value))
        return True

    def on_click(self, event: events.Click) -> None:
        """Act on the row or cell under the mouse."""
        head = measure(self.head())
        labels = [self.row.words(option) for option in self.options]
        seen = window(labels, self.chosen, self._room(self.size.width - head))
        index = seen.at(event.x - head, labels)
        if index is not None:
            self._pick(index)


def _is(value: Value, other: Value | None) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)
