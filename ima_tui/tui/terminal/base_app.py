"""The app as far as it speaks to the terminal: raw writes, clipboard, drawing hooks, fatal errors.

All overridden private methods of Textual's `App` are here. Subclasses override the public hooks
`prepare_node`, `after_display` and `describe_crash`.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakSet

from rich.console import RenderableType
from rich.text import Text
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.message import Message
from textual.widgets import Input, TextArea

from ima_tui.i18n import say
from ima_tui.imaging.terminal import ask_tmux, no_copies
from ima_tui.tui.terminal import clipboard, wide_characters
from ima_tui.tui.terminal.alt_keys import without_alt
from ima_tui.tui.terminal.partial_updates import ChangedCells, ShownCells
from ima_tui.tui.terminal.signals import WatchedApp
from ima_tui.tui.terminal.stylesheet import SharedStylesheet
from ima_tui.tui.terminal.textual_internals import binding_chain, top_screen

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen
    from textual.widget import Widget


OPENS_WITHIN = 5.0
"""Seconds after which a screen without a focus is taken as it is."""
OPENING_TURN = 0.005
"""Seconds between two looks whether a screen can take keys."""


wide_characters.install()


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


class TerminalApp(WatchedApp, inherit_bindings=False):
    """Textual's app with the terminal behind it."""

    def __init__(self, *, css_path: list[str | PurePath] | None = None) -> None:
        super().__init__(css_path=css_path)
        self.stylesheet = SharedStylesheet(variables=self.get_css_variables())
        self.shown = ShownCells()
        self._early: list[events.Key | events.Paste] = []
        """Keys that came before the screen that they are for could take them, or before the key
        in front of them was handled."""
        self._underway: KeyUnderway | None = None
        self._opened: WeakSet[Screen[object]] = WeakSet()
        self._opening: asyncio.Task[None] | None = None

    def draw_anew(self) -> None:
        """Draw the whole screen again, whatever the terminal shows."""
        self.shown.forget()
        self.refresh(layout=True)

    @property
    def driver(self) -> Driver | None:
        """What draws on the terminal, once it is there."""
        return self._driver

    def write(self, sequences: str) -> None:
        """Write straight to the terminal, past the screen."""
        if self._driver is not None and sequences:
            self._driver.write(sequences)

    def use_filters_only(self, *filters: LineFilter) -> None:
        """Replace Textual's own line filters."""
        self._filters[:] = filters

    async def on_event(self, event: events.Event) -> None:
        """Take keys in the order in which they came, each for the screen that is open by then."""
        if isinstance(event, events.Resize):
            self.shown.forget()
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if self._early or not self._is_open() or self._is_behind(event):
                self._hold(event)
            else:
                await self._hand_over(event)
            return
        await super().on_event(event)

    async def _hand_over(self, event: events.Key | events.Paste) -> None:
        if isinstance(event, events.Key) and await self._take_key(event):
            return
        target, is_text = self.focused or self.screen, self._is_typed(event)
        await super().on_event(event)
        self._underway = KeyUnderway(target, is_text)
        target.post_message(KeyHandled(self._underway))

    async def on_key_handled(self, message: KeyHandled) -> None:
        """Go on with the keys that came behind this one."""
        if message.key is self._underway:
            self._underway = None
            await self._replay()

    def _is_quiet(self) -> bool:
        return self._underway is None or not self._underway.target.is_attached

    def _is_behind(self, event: events.Key | events.Paste) -> bool:
        """Return whether a key in front has to be handled first. Letters that are typed keep their
        order in the queue of their field; a binding of Textual takes another way than they do."""
        before = self._underway
        if before is None or self._is_quiet():
            return False
        return not (before.is_text and before.target is self.focused and self._is_typed(event))

    def _is_typed(self, event: events.Key | events.Paste) -> bool:
        is_field = isinstance(self.focused, Input | TextArea)
        return is_field and (isinstance(event, events.Paste) or event.is_printable)

    # ------------------------------------------------------- keys before they can be handled

    def is_opening(self, screen: Screen[object]) -> bool:
        """Return whether another screen follows this one at once, so that keys are for that one."""
        return False

    def _is_open(self) -> bool:
        """Whether the screen on top can take keys: a new one is composed first, and one of its
        widgets gets the focus."""
        screen = top_screen(self)
        if screen is None or self.is_opening(screen):
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
        while self.is_running and not (self._is_open() and self._is_quiet()):
            screen = top_screen(self)
            late = asyncio.get_running_loop().time() > due
            if late and screen is not None and screen.is_mounted and not self.is_opening(screen):
                self._opened.add(screen)
                self._underway = None
            await asyncio.sleep(OPENING_TURN)
        self._opening = None
        self.call_later(self._replay)

    async def _replay(self) -> None:
        """Hand over what was held; what comes meanwhile is held behind it."""
        early, self._early = self._early, []
        for place, event in enumerate(early):
            if not self._is_open() or self._is_behind(event):
                for later in early[place:]:
                    self._hold(later)
                return
            await self._hand_over(event)

    # ------------------------------------------------------------------------------- keys at once

    async def _take_key(self, event: events.Key) -> bool:
        """Run the bindings of a key before the next key comes, except where it is typed.

        Textual sends a key through the queues of the widgets before it looks for a binding. By
        then, a key right behind it has gone to the widget that had the focus before.
        """
        screen = self.screen
        keeps = any(getattr(one, "KEEPS_KEYS", False) for one in (screen, screen.focused))
        if (key := without_alt(event.key)) and not keeps:
            done = await self.run_key(event.key) or await self.run_key(key)
            if not done and await self.run_action("leave_field", screen):
                await self.run_key(key)
            return True
        if keeps:
            return False
        if isinstance(screen.focused, Input | TextArea):
            return event.key == "escape" and await self.run_key(event.key)
        if screen.focused is not None and screen.focused.check_consume_key(
            event.key, event.character
        ):
            return False
        self.key_taken(event.key)
        return await self.run_key(event.key)

    def key_taken(self, key: str) -> None:
        """Take notice of a key that goes to no text field."""

    async def run_key(self, key: str) -> bool:
        """Do what `key` is bound to, even where a text field would take it as text."""
        for node, bindings in binding_chain(self.screen):
            for binding in bindings.key_to_bindings.get(key, ()):
                if await self.run_action(binding.action, node):
                    return True
        return False

    # ------------------------------------------------------------------------------------ hooks

    def prepare_node(self, node: Widget) -> None:
        """Change a widget or screen before it is registered; each comes by here once."""

    def after_display(self, screen: Screen[object], update: RenderableType) -> None:
        """Follow up on an update that was just drawn."""

    def describe_crash(self, error: BaseException) -> str:
        """Return the sentence to print when a bug of ours ends the app."""
        return str(error)

    def _register_child(
        self, parent: DOMNode, child: Widget, before: int | None, after: int | None
    ) -> None:
        self.prepare_node(child)
        super()._register_child(parent, child, before, after)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        changed: Any = renderable
        if isinstance(renderable, LayoutUpdate | ChopsUpdate):
            changed = ChangedCells(renderable, self.shown)
        super()._display(screen, changed)
        if renderable is not None and not self._batch_count:
            self.after_display(screen, renderable)

    def _fatal_error(self) -> None:
        """A bug of ours ends the app with a sentence. Textual would print every local variable,
        and one of them may be the key."""
        error = self._exception
        if error is None or self.debug:
            super()._fatal_error()
            return
        self._exit_renderables.append(Text(self.describe_crash(error)))
        self._close_messages_no_wait()

    # ----------------------------------------------------------------------- what is handed over

    def copy_to_clipboard(self, text: str) -> None:
        """Hand `text` to the terminal, which never says whether it took it."""
        self._clipboard = text
        self.write(clipboard.sequence(text, in_tmux="TMUX" in os.environ))

    def copy(self, text: str) -> None:
        """Copy `text` to the clipboard, and say what is known of the outcome."""
        self.copy_to_clipboard(text)
        self.run_worker(self._say_copied(), name="copied", group="copied", exit_on_error=False)

    async def _say_copied(self) -> None:
        tmux = await asyncio.to_thread(ask_tmux) if "TMUX" in os.environ else None
        if why := no_copies(os.environ, tmux):
            self.notify(say(why), severity="warning", timeout=12)
        else:
            self.notify(say("app.copied"))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Literal["information", "warning", "error"] = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notification, as Textual's; text is never markup: it may come from outside."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)
