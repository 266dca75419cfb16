"""The app as far as it speaks to the terminal: raw writes, clipboard, drawing hooks, fatal errors.

All overridden private methods of Textual's `App` are here. Subclasses override the public hooks
`prepare_node`, `after_display` and `describe_crash`.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from rich.console import RenderableType
from rich.text import Text

from ima_tui.i18n import say
from ima_tui.imaging.terminal import ask_tmux, no_copies
from ima_tui.tui.terminal import clipboard
from ima_tui.tui.terminal.signals import WatchedApp
from ima_tui.tui.terminal.stylesheet import SharedStylesheet

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen
    from textual.widget import Widget


class TerminalApp(WatchedApp, inherit_bindings=False):
    """Textual's app with the terminal behind it."""

    def __init__(self, *, css_path: list[str | PurePath] | None = None) -> None:
        super().__init__(css_path=css_path)
        self.stylesheet = SharedStylesheet(variables=self.get_css_variables())

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
        super()._display(screen, renderable)
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
