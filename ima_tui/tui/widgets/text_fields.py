"""Text fields that are only that: one line, or several; nothing in them is read or marked."""

from __future__ import annotations

from textual import events
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
