"""Preview of the workflow that a prompt would become, with every price, while it is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import WorkType

from ima_tui.core.errors import ImaError
from ima_tui.i18n import say
from ima_tui.tui.widgets.lines import Pane, Part

if TYPE_CHECKING:
    from ima_tui.tui.compose.draft_screen import DraftScreen
    from ima_tui.workflow.status import WorkflowStatus

PAUSE = 0.25
"""Seconds without a key before a plan is drawn up: it is shown, not typed against."""

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
        await asyncio.sleep(PAUSE)
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
