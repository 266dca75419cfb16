"""The latest jobs of a kind with their points, a line each; a click shows one in the queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from textual import events, work

from ima_tui.catalogue import price
from ima_tui.core.domain import Job, ModelVersion
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter
from ima_tui.tui.keys.actions import key_of
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import fit, steady, width, wrap
from ima_tui.tui.widgets.lines import SEPARATOR, Pane, Part, RowLines
from ima_tui.tui.widgets.price_text import usual_time

LATEST = 48
"""Jobs that are read for a tall screen."""
REST = 0.3
"""Seconds that a cursor rests before they are read: one that runs through a list would draw all."""


class JobLines(RowLines):
    """When, what and for how much."""

    def __init__(self) -> None:
        super().__init__(id="latest-jobs")
        self._jobs: tuple[Job, ...] = ()
        self._nothing: tuple[str, ...] = ()

    def show(self, jobs: Sequence[Job], nothing: Sequence[str] = ()) -> None:
        """Show these; `nothing`: sentences above them, where those that are asked for are none."""
        if (tuple(jobs), tuple(nothing)) != (self._jobs, self._nothing):
            self._jobs, self._nothing = tuple(jobs), tuple(nothing)
            self.refresh()

    def _told(self, cells: int) -> list[str]:
        room = max(1, cells - 2)
        return [line for sentence in self._nothing for line in wrap(sentence, room)]

    def row(self, y: int, cells: int) -> list[Part]:
        """Return the parts of line `y`."""
        told = self._told(cells)
        if y < len(told):
            return [(" " + told[y], "muted")]
        y -= len(told)
        if y >= len(self._jobs):
            return []
        job = self._jobs[y]
        now, signs = self.ima.studio.clock.time(), self.ima.glyphs
        state, tag, _, prompt, _, _, points = words.row(job, now, signs, brief=True)
        at = time.strftime("%m-%d %H:%M", time.localtime(job.sent_at or job.created_at))
        room = cells - width(at) - width(tag.text) - 14
        return [
            (f" {state.text} ", state.role),
            (f"{at}  ", "muted"),
            (f"{tag.text} ", tag.role),
            (fit(one_line(prompt.text, 200), max(0, room)), prompt.role),
            (f"{points.text:>6} ", points.role),
        ]

    async def on_click(self, event: events.Click) -> None:
        """Show the job under the mouse in the queue."""
        at = event.y - len(self._told(self.size.width))
        if 0 <= at < len(self._jobs):
            await self.ima.show_job(self._jobs[at].id)


class LatestJobs(Pane):
    """The latest jobs of one model, read once the cursor rests on it."""

    def __init__(self) -> None:
        super().__init__(say("pane.latest_jobs"), widget_id="latest-pane")
        self.compose_add_child(JobLines())

    def look(self, model: ModelVersion | None) -> None:
        """Read and show those of a model for its task type; nothing where the pane is hidden."""
        if self.display:
            self._read(model)

    @work(group="jobs", exclusive=True, exit_on_error=False)
    async def _read(self, model: ModelVersion | None) -> None:
        if model is None:
            self.say([(say("pane.latest_jobs"), "strong")])
            self.query_one(JobLines).show(())
            return
        await asyncio.sleep(REST)
        among = JobFilter(task_type=model.task_type, model=model.model_id)
        history = context(self).studio.history
        jobs = await history.listed(among, 0, LATEST)
        name = f"{SEPARATOR}{steady(model.name)}{SEPARATOR}{say(f'task.{model.task_type}')}"
        self.say([(say("pane.latest_jobs"), "strong"), (name, "text")])
        told: list[str] = []
        if not jobs:
            jobs = await history.listed(JobFilter(task_type=model.task_type), 0, LATEST)
            told = [*self._first(model), *(("", say("queue.other_models")) if jobs else ())]
        self.query_one(JobLines).show(jobs, told)

    def _first(self, model: ModelVersion) -> list[str]:
        """How a model gets its first job, and what that costs."""
        key = key_of(self.screen, "models.use")
        told = [
            say("queue.no_jobs_of"),
            say("queue.first_with", press=key)
            if key
            else say("queue.first_by_type", press=key_of(self.screen, "place.compose")),
        ]
        if (usual := price.quote_or_none(model, {})) is not None:
            time = usual_time(price.estimate(model))
            told.append(say("queue.first_costs", points=usual.total, time=time))
        if model.task_type.takes_inputs:
            told.append(say("queue.first_inputs"))
        return told
