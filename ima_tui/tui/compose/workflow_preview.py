"""The plan that a wish over several things would become, with every price, while it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import WorkType

from ima_tui.core.errors import ImaError
from ima_tui.tui.widgets.lines import Part
from ima_tui.tui.workflow import step_rows
from ima_tui.tui.workflow.graph import WorkflowGraph
from ima_tui.workflow.status import WorkflowStatus

if TYPE_CHECKING:
    from ima_tui.tui.compose.screen import ComposeScreen

PAUSE = 0.25
"""Seconds without a key before a plan is drawn up: it is shown, not typed against."""

Wish = tuple[str, tuple[str, ...]]


class WorkflowPreview:
    """Stands where the form does, as long as the wish is in steps; nothing of it is kept."""

    def __init__(self, place: ComposeScreen) -> None:
        self._place = place
        self._of: Wish = ("", ())
        self._status: WorkflowStatus | None = None

    def look(self) -> None:
        """The wish is another, or the lists are."""
        place = self._place
        wish = (place.prompt.text, place.desk.attached) if place.desk.in_steps else ("", ())
        if wish == self._of:
            return
        self._of = wish
        if not wish[0]:
            self._show(None)
            return
        work: WorkType[None] = partial(self._draw_up, wish)
        place.run_worker(work, name="draw up", group="outline", exclusive=True)

    def look_again(self) -> None:
        """Prices may be others."""
        self._of = ("", ())
        self.look()

    @property
    def total(self) -> tuple[Sequence[Part], Sequence[Part]] | None:
        """What all of it costs, for the price bar; None where nothing is outlined."""
        return step_rows.total(self._status) if self._status is not None else None

    async def _draw_up(self, wish: Wish) -> None:
        await asyncio.sleep(PAUSE)
        try:
            status = await self._place.studio.workflows.outline(*wish)
        except ImaError:
            status = None  # said when it is planned
        if wish == self._of and self._place.stands:
            self._show(status)

    def _show(self, status: WorkflowStatus | None) -> None:
        place = self._place
        self._status = status
        place.set_class(status is not None, "-steps")
        if status is not None:
            now = place.studio.clock.time()
            place.query_one(WorkflowGraph).show(step_rows.rows(status, now, place.ima.glyphs))
        place.showing.tell_price()
