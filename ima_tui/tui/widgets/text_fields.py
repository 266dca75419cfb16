"""Text fields that are only that: one line, or several; nothing in them is read or marked."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input, TextArea

from ima_tui.core.text import clean, one_line


class LineInput(Input):
    """One line of text, without a frame."""

    def __init__(
        self,
        value: str = "",
        *,
        widget_id: str | None = None,
        placeholder: str = "",
        password: bool = False,
        max_length: int = 0,
        suggester: Suggester | None = None,
    ) -> None:
        super().__init__(
            value,
            id=widget_id,
            placeholder=placeholder,
            password=password,
            max_length=max_length,
            suggester=suggester,
            select_on_focus=False,
        )
        self.cursor_blink = False

    def tidy(self, pasted: str) -> str:
        """What a paste becomes."""
        return one_line(pasted, 4000)

    def on_paste(self, event: events.Paste) -> None:
        """Insert pasted text as one line, without control characters."""
        event.text = self.tidy(event.text)


class FilterInput(LineInput):
    """Narrows a list beside it while it is typed on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "bind.filter_done", id="filter.done"),
    ]


class AskInput(LineInput):
    """Asks for one thing, on top of what a screen shows: while it has the keys, the bottom line
    tells only what they do here."""

    FILLS_BAR = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "bind.field_save", id="field.take"),
        Binding("tab", "complete", "bind.input_complete", id="input.complete"),
        Binding("escape", "leave", "bind.text_leave", id="field.leave"),
    ]

    def __init__(
        self,
        *,
        widget_id: str,
        placeholder: str = "",
        max_length: int = 0,
        suggester: Suggester | None = None,
        leave: str = "leave_field",
    ) -> None:
        super().__init__(
            widget_id=widget_id,
            placeholder=placeholder,
            max_length=max_length,
            suggester=suggester,
        )
        self._leave = leave
        self.takes = ""
        """A message key: what `enter` does, where that is not to save."""

    def words_now(self, name: str) -> str:
        """Return the word for what `enter` does; "" for the usual one."""
        return self.takes if name == "field.take" else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        return self.suggester is not None if action == "complete" else True

    def action_complete(self) -> None:
        """Take the completion that is shown; where none is, the field keeps the keys."""
        if self.cursor_at_end:
            self.action_cursor_right()

    async def action_leave(self) -> None:
        """Let the screen put the field away."""
        await self.app.run_action(self._leave, self.screen)


class PlainEditor(TextArea):
    """A text of several lines that is only a text: nothing in it is read or marked."""

    def __init__(self, text: str) -> None:
        super().__init__(
            text,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
        )
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        """Insert pasted text, cleaned of control characters."""
        event.text = clean(event.text)
