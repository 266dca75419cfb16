"""Previews of several jobs while they are typed, with every price: a list, or a workflow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import WorkType

from ima_tui.compose import prompt_text
from ima_tui.compose.prompt_text import MultiPrompt
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.i18n import say
from ima_tui.tui.compose.prompt_list import PromptList
from ima_tui.tui.widgets.lines import Pane, Part

if TYPE_CHECKING:
    from ima_tui.batch.rows import Row
    from ima_tui.tui.compose.draft_screen import DraftScreen
    from ima_tui.workflow.status import WorkflowStatus


PAUSE_FOR_LIST = 0.12
"""Seconds without a key before the prompts of a list are priced."""


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
        await asyncio.sleep(PAUSE_FOR_LIST)
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


PAUSE_FOR_WORKFLOW = 0.25
"""Seconds without a key before a workflow is drawn up: it is shown, not typed against."""

Request = tuple[str, tuple[str, ...]]


class WorkflowPreview:
    """Stands where the form does, as long as the prompt is in steps; nothing of it is kept."""

    def __init__(self, screen: DraftScreen, on_change: Callable[[], None]) -> None:
        """`on_change` is called when the total may be another."""
        self._screen = screen
        self._on_change = on_change
        self._of: Request = ("", ())
        self._status: WorkflowStatus | None = None

    def look(self) -> None:
        """The prompt is another, or the lists are."""
        screen = self._screen
        request = (
            (screen.prompt.text, screen.composer.attached) if screen.composer.in_steps else ("", ())
        )
        if request == self._of:
            return
        self._of = request
        if not request[0]:
            self._hide()
            return
        work: WorkType[None] = partial(self._draw_up, request)
        screen.run_worker(work, name="draw up", group="outline", exclusive=True)

    def look_again(self) -> None:
        """Prices may be others."""
        self._of = ("", ())
        self.look()

    @property
    def total(self) -> tuple[Sequence[Part], Sequence[Part]] | None:
        """What all of it costs, for the price bar; None where nothing is outlined."""
        if self._status is None:
            return None
        from ima_tui.tui.workflow import step_rows

        return step_rows.total(self._status)

    async def _draw_up(self, request: Request) -> None:
        await asyncio.sleep(PAUSE_FOR_WORKFLOW)
        try:
            status = await self._screen.studio.workflow_maker.outline(*request)
        except ImaError:
            status = None  # said when it is planned
        if request == self._of and self._screen.is_complete:
            await self._show(status)

    async def _show(self, status: WorkflowStatus | None) -> None:
        if status is None:
            self._hide()
            return
        from ima_tui.tui.workflow import step_rows
        from ima_tui.tui.workflow.graph import WorkflowGraph

        screen = self._screen
        if not screen.query(WorkflowGraph):
            graph = WorkflowGraph(widget_id="workflow", still=True)
            await screen.query_one("#settings-pane .pane-body").mount(graph)
        self._status = status
        screen.add_class("-steps")
        screen.query_one("#settings-pane", Pane).say([(say("pane.steps"), "strong")])
        now = screen.studio.clock.time()
        screen.query_one(WorkflowGraph).show(step_rows.rows(status, now, screen.ima.glyphs))
        self._on_change()

    def _hide(self) -> None:
        self._status = None
        if self._screen.has_class("-steps"):
            self._screen.remove_class("-steps")
            self._screen.query_one("#settings-pane", Pane).say([(say("pane.settings"), "strong")])
        self._on_change()
