"""Prompt for one line of text over a screen, such as a name or a path."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Static

from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.theme import styles
from ima_tui.tui.widgets.prompt import LineInput


class TextPrompt(ModalScreen[str | None]):
    """Gives back what was typed, or None."""

    CSS_PATH = styles.path("picker")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "bind.close", id="ask.close"),
    ]

    def __init__(
        self,
        title: str,
        hint: str = "",
        value: str = "",
        *,
        limit: int = 0,
        suggester: Suggester | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._field = LineInput(
            value, placeholder=hint, widget_id="ask-text", max_length=limit, suggester=suggester
        )

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Vertical(id="ask"):
            yield Static(Content(self._title), id="ask-title")
            yield self._field
        yield BottomLine()

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self._field.focus()

    def on_input_submitted(self) -> None:
        """Take over what was typed; nothing is no answer."""
        self.dismiss(self._field.value.strip() or None)

    def action_give_up(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
