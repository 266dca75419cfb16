"""Table of jobs; updates running jobs in view while the screen is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from textual.timer import Timer

from ima_tui.core.domain import Job
from ima_tui.i18n import say
from ima_tui.tui.queue.arrangement import JobGroup
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.painter import Cell, Row
from ima_tui.tui.widgets.table import RowId, Table

PULSE = 1.0
"""Seconds between two looks at the clock while something runs."""
SLOW_PULSE = 5.0
"""The same over a slow line."""
BRIEF, DATED = 70, 122
"""Cells of a table below which states are signs, and from which on dates are shown."""


class JobTable(Table):
    """Rows are jobs, ids are theirs."""

    def __init__(self) -> None:
        super().__init__(words.COLUMNS, widget_id="jobs", markable=True)
        self._jobs: dict[int, Job] = {}
        self._groups: Sequence[JobGroup] = ()
        self._brief = self._dated = False
        self._clock: Timer | None = None
        self._ticks = False

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        quiet = context(self).studio.settings.quiet
        pulse = SLOW_PULSE if quiet else PULSE
        self._clock = self.set_interval(pulse, self.tick, pause=True, name="queue clock")

    def show(self, groups: Sequence[JobGroup]) -> None:
        """Show exactly these, in this order."""
        self._groups = groups
        self._jobs = {job.id: job for group in groups for job in group.jobs}
        rows: dict[RowId, Row] = {}
        for group in groups:
            if group.name:
                rows[group.name] = self._heading(group)
            rows |= {job.id: self._row(job) for job in group.jobs}
        self.set_rows(rows)
        self.wind()

    def on_resize(self) -> None:
        """Show the sign of a state alone where there is little room, dates where there is much."""
        now = self.size.width < BRIEF, self.size.width >= DATED
        if now != (self._brief, self._dated):
            self._brief, self._dated = now
            wide = words.DATED_COLUMNS if self._dated else words.COLUMNS
            self.set_columns(words.BRIEF_COLUMNS if self._brief else wide)
            self.show(self._groups)

    def jobs(self) -> list[Job]:
        """All that are shown, in their order."""
        return list(self._jobs.values())

    @property
    def current(self) -> Job | None:
        """The job under the cursor."""
        return self._jobs.get(cast(int, self.cursor))

    def chosen_jobs(self) -> list[Job]:
        """The marked ones, or the one under the cursor."""
        return [self._jobs[cast(int, row_id)] for row_id in self.chosen()]

    @property
    def ticking(self) -> bool:
        """Whether the clock goes."""
        return self._ticks

    def wind(self) -> None:
        """Let the clock go while something runs and somebody looks; else stop it."""
        moving = any(job.state in words.MOVING for job in self._jobs.values())
        if self._clock is not None:
            self._ticks = moving and self.screen.is_current
            (self._clock.resume if self._ticks else self._clock.pause)()

    def tick(self) -> None:
        """Redraw the running jobs in view."""
        for row_id in self.in_sight():
            job = self._jobs.get(cast(int, row_id))
            if job is not None and job.state in words.MOVING:
                self.update_row(row_id, self._row(job))

    def _heading(self, group: JobGroup) -> Row:
        count, points = len(group.jobs), group.points
        return (Cell(say("queue.group", name=group.name, n=count, points=points), "title"),)

    def _row(self, job: Job) -> Row:
        app = context(self)
        now = app.studio.clock.time()
        if self._dated:
            return words.dated_row(job, now, app.glyphs)
        return words.row(job, now, app.glyphs, brief=self._brief)
