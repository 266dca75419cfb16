"""The app as far as it speaks to the terminal: raw writes, clipboard, drawing hooks, fatal errors.

All overridden private methods of Textual's `App` are here. Subclasses override the public hooks
`prepare_node`, `after_display` and `describe_crash`. The clipboard is written by OSC 52, which
never answers.
"""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from rich.console import RenderableType
from rich.text import Text
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.notifications import Notify
from textual.screen import Screen
from textual.widgets import Input, TextArea

from ima_tui.i18n import say
from ima_tui.imaging.terminal import ask_tmux, no_copies
from ima_tui.tui.terminal import wide_characters
from ima_tui.tui.terminal.key_queue import KeyHandled, KeyQueue
from ima_tui.tui.terminal.partial_updates import ChangedCells, ShownCells
from ima_tui.tui.terminal.signals import WatchedApp
from ima_tui.tui.terminal.textual_internals import (
    SharedStylesheet,
    binding_chain,
    css_variables,
    skip_refresh_of_styles,
    without_alt,
)

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.widget import Widget


wide_characters.install()


class TerminalApp(WatchedApp, inherit_bindings=False):
    """Textual's app with the terminal behind it."""

    def __init__(self, *, css_path: list[str | PurePath] | None = None) -> None:
        super().__init__(css_path=css_path)
        self.stylesheet = SharedStylesheet(variables=css_variables(self.stylesheet))
        self.shown = ShownCells()
        self._keys = KeyQueue(self, self)

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
            await self._keys.take(event)
        else:
            await super().on_event(event)

    async def deliver(self, event: events.Key | events.Paste) -> None:
        """Hand a key or a paste to the widgets, which handle it later."""
        await super().on_event(event)

    async def on_key_handled(self, message: KeyHandled) -> None:
        """Go on with the keys that came behind this one."""
        await self._keys.handled(message.key)

    def is_opening(self, screen: Screen[object]) -> bool:
        """Return whether another screen follows this one at once, so that keys are for that one."""
        return False

    # ------------------------------------------------------------------------------- keys at once

    async def take_key(self, event: events.Key) -> bool:
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

    def delay_update(self, delay: float = 0.05) -> None:
        """Hold painting back while screens change, but not for the first one: what is before it
        has nothing to flicker, and what the first one shows is read before it is mounted."""
        if not self.is_opening(self.screen):
            super().delay_update(delay)

    def describe_crash(self, error: BaseException) -> str:
        """Return the sentence to print when a bug of ours ends the app."""
        return str(error)

    def _register_child(
        self, parent: DOMNode, child: Widget, before: int | None, after: int | None
    ) -> None:
        if isinstance(child, Screen):
            skip_refresh_of_styles(self, child)
        self.prepare_node(child)
        super()._register_child(parent, child, before, after)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        changed: Any = renderable
        if isinstance(renderable, LayoutUpdate | ChopsUpdate):
            changed = ChangedCells(renderable, self.shown)
            if self._changes_nothing(changed):
                changed = None
        super()._display(screen, changed)
        if renderable is not None and not self._batch_count:
            self.after_display(screen, renderable)

    def _changes_nothing(self, changed: ChangedCells) -> bool:
        """Whether an update goes to the terminal now, and neither a cell nor the cursor differs."""
        is_there = self._running and not self._closed and self._driver is not None
        if not is_there or self.is_headless or self._batch_count:
            return False
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        return bool(cursor == self._previous_cursor_position) and changed.is_empty(self.console)

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
        self.write(sequence(text, in_tmux="TMUX" in os.environ))

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

    def on_notify(self, event: Notify) -> None:
        """Show a sentence once: said again, it stays for as long as if it were new."""
        new = event.notification
        for one in [*self._notifications]:
            if (one.message, one.severity) == (new.message, new.severity):
                del self._notifications[one]


def sequence(text: str, *, in_tmux: bool) -> str:
    """The escape sequence; in tmux also wrapped, so that it reaches the terminal outside."""
    plain = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if not in_tmux:
        return plain
    escaped = plain.replace("\x1b", "\x1b\x1b")
    return f"{plain}\x1bPtmux;{escaped}\x1b\\"
