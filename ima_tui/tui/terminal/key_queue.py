"""Keys in the order in which they came, each for the screen that is open by then.

A key is held while the screen that it is for can't take keys yet, and while a key in front of it
goes through the queues of the widgets.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from textual import events
from textual.app import App
from textual.message import Message
from textual.widgets import Input, TextArea

from ima_tui.core.records import dataclass
from ima_tui.tui.terminal.textual_internals import top_screen

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

OPENS_WITHIN = 5.0
"""Seconds after which a screen without a focus is taken as it is."""
OPENING_TURN = 0.005
"""Seconds between two looks whether a screen can take keys."""


class KeyHandled(Message):
    """Follows a key through the queues of the widgets, so that it arrives when the key was handled
    by all of them, and its binding has run."""

    def __init__(self, key: KeyUnderway) -> None:
        super().__init__()
        self.key = key


@dataclass(frozen=True)
class KeyUnderway:
    """The last key that was handed to the widgets."""

    target: Widget
    is_text: bool


class KeyHandler(Protocol):
    """What the queue asks of the app."""

    def is_opening(self, screen: Screen[object]) -> bool:
        """Return whether another screen follows this one at once."""

    async def take_key(self, event: events.Key) -> bool:
        """Run the bindings of a key; return whether that is all."""

    async def deliver(self, event: events.Key | events.Paste) -> None:
        """Hand a key or a paste to the widgets, which handle it later."""


class KeyQueue:
    """Hands keys and pastes over one after the other."""

    def __init__(self, app: App[Any], handler: KeyHandler) -> None:
        self._app = app
        self._handler = handler
        self._early: list[events.Key | events.Paste] = []
        """Keys that came before the screen that they are for could take them, or before the key
        in front of them was handled."""
        self._underway: KeyUnderway | None = None
        self._opened: WeakSet[Screen[object]] = WeakSet()
        self._opening: asyncio.Task[None] | None = None

    async def take(self, event: events.Key | events.Paste) -> None:
        """Hand a key over, or hold it."""
        if self._early or not self._is_open() or self._is_behind(event):
            self._hold(event)
        else:
            await self._hand_over(event)

    async def handled(self, key: KeyUnderway) -> None:
        """Go on with the keys that came behind `key`."""
        if key is self._underway:
            self._underway = None
            await self._replay()

    async def _hand_over(self, event: events.Key | events.Paste) -> None:
        target, is_text = self._app.focused or self._app.screen, self._is_typed(event)
        if isinstance(event, events.Key) and await self._handler.take_key(event):
            is_text = False  # its binding may have told others by a message
        else:
            await self._handler.deliver(event)
        self._underway = KeyUnderway(target, is_text)
        target.post_message(KeyHandled(self._underway))

    def _is_quiet(self) -> bool:
        return self._underway is None or not self._underway.target.is_attached

    def _is_behind(self, event: events.Key | events.Paste) -> bool:
        """Return whether a key in front has to be handled first. Letters that are typed keep their
        order in the queue of their field; a binding of Textual takes another way than they do."""
        before = self._underway
        if before is None or self._is_quiet():
            return False
        same_field = before.is_text and before.target is self._app.focused
        return not (same_field and self._is_typed(event))

    def _is_typed(self, event: events.Key | events.Paste) -> bool:
        is_field = isinstance(self._app.focused, Input | TextArea)
        return is_field and (isinstance(event, events.Paste) or event.is_printable)

    def _is_open(self) -> bool:
        """Whether the screen on top can take keys: a new one is composed first, and one of its
        widgets gets the focus."""
        screen = top_screen(self._app)
        if screen is None or self._handler.is_opening(screen):
            return False
        if screen not in self._opened:
            has_focus = screen.focused is not None or not screen.focus_chain
            if not screen.is_mounted or not (has_focus or screen.AUTO_FOCUS == ""):
                return False
            self._opened.add(screen)
        return True

    def _hold(self, event: events.Key | events.Paste) -> None:
        self._early.append(event)
        if self._opening is None:
            self._opening = asyncio.create_task(self._wait_for_screen(), name="keys for a screen")

    async def _wait_for_screen(self) -> None:
        due = asyncio.get_running_loop().time() + OPENS_WITHIN
        while self._app.is_running and not (self._is_open() and self._is_quiet()):
            screen = top_screen(self._app)
            late = asyncio.get_running_loop().time() > due
            opening = screen is None or self._handler.is_opening(screen)
            if late and screen is not None and screen.is_mounted and not opening:
                self._opened.add(screen)
                self._underway = None
            await asyncio.sleep(OPENING_TURN)
        self._opening = None
        self._app.call_later(self._replay)

    async def _replay(self) -> None:
        """Hand over what was held; what comes meanwhile is held behind it."""
        early, self._early = self._early, []
        for place, event in enumerate(early):
            if not self._is_open() or self._is_behind(event):
                for later in early[place:]:
                    self._hold(later)
                return
            await self._hand_over(event)
