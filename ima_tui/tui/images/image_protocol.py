"""Detect which image protocol the terminal supports, without blocking."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace

from ima_tui.imaging import terminal
from ima_tui.imaging.terminal import ImageProtocol, ProtocolChoice, ReplyListener
from ima_tui.tui.terminal import textual_internals
from ima_tui.tui.theme.theme import FEW
from ima_tui.tui.widgets.app_context import AppContext

ANSWER_SECONDS = 0.3
"""How long the first picture waits for what the terminal has to say; it is asked long before."""


class TerminalImages:
    """`ask` once the screen stands, `choice` for each picture."""

    def __init__(self, app: AppContext, write: Callable[[str], None]) -> None:
        self._app = app
        self._write = write
        self._listener = ReplyListener()
        self._listens = textual_internals.install(self._listener)
        self._first: ProtocolChoice | None = None
        self._asked_at: float | None = None

    def ask(self) -> None:
        """Put the one question to the terminal, if its answer matters. Waits for nothing."""
        first = terminal.choose(self._app.studio.settings.images, os.environ)
        if first.ask and self._listens and not self._app.is_headless:
            self._listener.awaited = True
            self._asked_at = asyncio.get_running_loop().time()
            self._write(terminal.QUESTION)

    async def choice(self) -> ProtocolChoice:
        """The way that a picture takes now: the answer may have come since the last one."""
        if self._first is None:
            setting, tmux = self._app.studio.settings.images, None
            if "TMUX" in os.environ and setting == "auto":
                tmux = await asyncio.to_thread(terminal.ask_tmux)
            self._first = terminal.choose(setting, os.environ, tmux)
        choice = self._first
        if choice.ask and self._asked_at is not None:
            due = self._asked_at + ANSWER_SECONDS - asyncio.get_running_loop().time()
            if due > 0 and self._listener.awaited:
                await asyncio.sleep(due)
            if self._listener.sixel and terminal.cell_size() is not None:
                choice = replace(choice, protocol=ImageProtocol.SIXEL)
        if self.plain and choice.protocol is not ImageProtocol.OFF:
            return ProtocolChoice(ImageProtocol.BLOCKS)
        return choice

    @property
    def plain(self) -> bool:
        """Without colours, or with 16 that nobody knows: pictures are dots or letters."""
        app = self._app
        few = app.theme.endswith(FEW) and not app.is_headless  # a test has no terminal at all
        return app.no_color or app.glyphs.ascii or few
