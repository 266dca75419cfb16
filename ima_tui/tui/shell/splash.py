"""Splash screen: the frame, until the first screen is imported; keeps keys typed meanwhile.

Whoever types ahead of us loses nothing: what comes meanwhile is kept for the screen.
"""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from ima_tui.tui.shell.frame import TopLine


class SplashScreen(Screen[None]):
    """`place` is the id of the one that follows."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place
        self._kept: list[events.Event] = []
        self._is_painted = False

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield TopLine(self._place)

    KEEPS_KEYS = True

    def on_key(self, event: events.Key) -> None:
        """Keep the key for the first screen."""
        event.stop()
        self._kept.append(events.Key(event.key, event.character))

    def on_paste(self, event: events.Paste) -> None:
        """Keep the text for the first screen."""
        event.stop()
        self._kept.append(events.Paste(event.text))

    def is_painted(self) -> bool:
        """True once: when it is on the terminal for the first time."""
        first, self._is_painted = not self._is_painted, True
        return first

    def hand_over(self) -> None:
        """Give the keys so far to whatever is open now."""
        for event in self._kept:
            self.app.post_message(event)
        self._kept = []
