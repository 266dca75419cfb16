"""Where people type: the prompt's editor, and one line of text. What is pasted is cleaned."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, TextArea

from ima_tui.messages import say
from ima_tui.text import clean, one_line

SEND = Binding("ctrl+j", "screen.send", "bind.compose_send", id="compose.send")
"""The screen's own, named in its fields too: so it stands first among the keys at the bottom."""


class Prompt(TextArea):
    """The wish, in as many lines as it takes. Enter makes a line: sending has a key of its own,
    for it costs points."""

    BINDINGS: ClassVar[list[BindingType]] = [SEND]

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(
            id=widget_id,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder=Content(say("compose.placeholder")),
        )
        self.cursor_blink = False  # an idle screen sends nothing

    def on_paste(self, event: events.Paste) -> None:
        event.text = clean(event.text)  # Textual calls the base class's handler next, by itself


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
        event.text = self.tidy(event.text)
