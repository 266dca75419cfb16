"""Jump mode: a letter on each focusable widget."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from ima_tui.tui.theme import styles

LETTERS = "asdfghjkl" + "".join(c for c in ascii_lowercase if c not in "asdfghjkl")
"""The easiest to reach come first; no more targets than these get one."""


def targets(screen: Screen[object]) -> Iterator[tuple[str, Widget, Region]]:
    """A letter, what it stands on, and the part of that which can be seen."""
    seen = ((widget, screen.find_widget(widget).visible_region) for widget in screen.focus_chain)
    shown = ((widget, region) for widget, region in seen if region)
    for letter, (widget, region) in zip(LETTERS, shown, strict=False):
        yield letter, widget, region


class JumpScreen(ModalScreen[Widget | None]):
    """Lies over the screen that opened it; any other key takes it away again."""

    CSS_PATH = styles.path("jump")
    AUTO_FOCUS = ""
    KEEPS_KEYS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "bind.close", show=False, id="jump.close"),
    ]

    def __init__(self, below: Screen[object]) -> None:
        super().__init__()
        self.targets = tuple(targets(below))

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        for letter, _, region in self.targets:
            label = Static(f" {letter} ", classes="letter", markup=False)
            label.styles.offset = (region.x, region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Choose the widget of the letter; any other key closes."""
        event.stop()
        event.prevent_default()
        found = (widget for letter, widget, _ in self.targets if letter == event.key)
        self.dismiss(next(found, None))
