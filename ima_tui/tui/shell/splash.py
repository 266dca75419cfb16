"""Splash screen: the frame, until the first screen is imported.

Whoever types ahead of us loses nothing: the app holds the keys for the screen that follows.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen

from ima_tui.tui.shell.frame import TopLine


class SplashScreen(Screen[None]):
    """`place` is the id of the one that follows."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place
        self._is_painted = False

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield TopLine(self._place)

    def is_painted(self) -> bool:
        """True once: when it is on the terminal for the first time."""
        first, self._is_painted = not self._is_painted, True
        return first
