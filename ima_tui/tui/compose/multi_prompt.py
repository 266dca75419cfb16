"""Split the text into several prompts, price them together and show them as a list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.worker import WorkType

from ima_tui.compose import prompt_text
from ima_tui.compose.prompt_text import MultiPrompt
from ima_tui.core.errors import UsageError
from ima_tui.i18n import say
from ima_tui.tui.compose.prompt_list import PromptList

if TYPE_CHECKING:
    from ima_tui.batch.rows import Row
    from ima_tui.tui.compose.draft_screen import DraftScreen

PAUSE = 0.12
"""Seconds without a key before they are priced."""
MOST_CHANGES = 6
MOST_NUMBERS = 8


class MultiPromptPane:
    """`several` is what is shown; None while the text is one prompt."""

    def __init__(self, screen: DraftScreen, on_change: Callable[[], None]) -> None:
        """`on_change` is called when the total may be another."""
        self._screen = screen
        self._on_change = on_change
        self._rows: tuple[Row, ...] = ()
        self.several: MultiPrompt | None = None
        self.could_be = False
        """The text has lines, and is read as one prompt."""

    @property
    def is_several(self) -> bool:
        """Whether the text is several prompts, or tries to be."""
        return bool(self._rows) or (self.several is not None and self.several.problem is not None)

    async def toggle(self) -> None:
        """Each line a prompt of its own, or all of them one."""
        screen = self._screen
        screen.by_lines = not screen.by_lines
        screen.remark(say("compose.by_lines" if screen.by_lines else "compose.as_one"), "info")
        await screen.read(anew=True)

    def look(self, text: str) -> None:
        """Take `text` apart, and price its prompts once nobody types."""
        screen = self._screen
        self.could_be = not screen.by_lines and "\n" in text.strip()
        try:
            self._rows = prompt_text.rows(text, by_lines=screen.by_lines)
        except UsageError as problem:
            self._rows = ()
            self._show(MultiPrompt(problem=problem))
            return
        if not self._rows:
            self._show(None)
        else:
            work: WorkType[None] = self._soon
            screen.run_worker(work, name="price several", group="several", exclusive=True)

    async def price_again(self) -> MultiPrompt | None:
        """Price what is written now, show it and return it."""
        found = await self._plan() if self._rows else self.several
        self._show(found)
        return found

    async def _soon(self) -> None:
        await asyncio.sleep(PAUSE)
        self._show(await self._plan())

    async def _plan(self) -> MultiPrompt:
        """Off the event loop: each is read and priced."""
        screen, rows = self._screen, self._rows
        composer, suggested = screen.composer.copy(), screen.studio.catalogue.suggested
        return await asyncio.to_thread(
            prompt_text.plan, composer, rows, screen.reader.read, suggested
        )

    def _show(self, found: MultiPrompt | None) -> None:
        screen, self.several = self._screen, found
        if not screen.is_complete:
            return
        screen.query_one(PromptList).show(found)
        screen.set_class(found is not None, "-many")
        self._on_change()
