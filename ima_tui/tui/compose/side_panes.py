"""Panes beside the prompt: the newest job and those before it, and prices of neighbours.

Jobs are updated live. Prices are those of the current settings and of what is next to them, on wide
screens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ima_tui.compose import prices
from ima_tui.core.domain import Job, ModelVersion, State
from ima_tui.core.text import duration, one_line
from ima_tui.i18n import say
from ima_tui.ledger.records import UNSENT
from ima_tui.tui.compose.prompt_list import Examples
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets import price_table
from ima_tui.tui.widgets.cells import fit, width
from ima_tui.tui.widgets.lines import Fitted, Pane, Part, RowLines, measure

if TYPE_CHECKING:
    from ima_tui.compose.composer import Composer
    from ima_tui.tui.compose.draft_screen import DraftScreen


ROOMY = 100
"""Cells from which on each job says its model and when it was made, too."""
MADE = 12
"""Cells of when a job was made."""
FEW = 6
"""Earlier jobs whose pane needs no more lines than they take; prompt and prices get the others."""
EARLIER = 32
"""Jobs before the newest one that are kept for a tall screen."""


class EarlierJobs(RowLines):
    """The jobs before the newest one, a line each; a click shows one in the queue."""

    def __init__(self) -> None:
        super().__init__(id="earlier-jobs")
        self._latest: tuple[Job, ...] = ()
        self._earlier: tuple[Job, ...] = ()

    def show(self, latest: Sequence[Job], earlier: Sequence[Job]) -> None:
        """Show these, the newest first; draws only when one of them differs."""
        if (self._latest, self._earlier) != (tuple(latest), tuple(earlier)):
            self._latest, self._earlier = tuple(latest), tuple(earlier)
            self.refresh()

    def on_resize(self) -> None:
        """Name the pane by what there is room for."""
        key = "pane.earlier" if self.size.height > 1 else "pane.latest"
        self.screen.query_one("#earlier-pane", Pane).say([(say(key), "strong")])

    @property
    def _jobs(self) -> tuple[Job, ...]:
        """Where there is room for one line only, that is the newest job's."""
        return self._earlier if self.size.height > 1 else self._latest

    def row(self, y: int, cells: int) -> list[Part]:
        """Return the parts of line `y`."""
        if y >= len(self._jobs):
            return []
        job = self._jobs[y]
        now, signs = self.ima.studio.clock.time(), self.ima.glyphs
        rows = [words.row(each, now, signs) for each in self._jobs[: self.size.height]]
        state, tag, model, prompt, _, _, points = rows[y]
        price = say("queue.points", points=job.order.total)
        states = max(width(each[0].text) for each in rows)
        behind: list[Part] = [(f"{price} ", points.role)]
        if cells >= ROOMY:
            models = max(width(each[2].text) for each in rows)
            most = max(width(say("queue.points", points=each.order.total)) for each in self._jobs)
            made = words.day_and_clock(job.created_at, now)
            behind = [
                (f"{fit(model.text, models)} ", "muted"),
                (f"{fit(price, most + 1, 'right')}  ", points.role),
                (f"{fit(made, MADE, 'right')} ", "muted"),
            ]
        room = cells - states - width(tag.text) - measure(behind) - 4
        return [
            (f" {fit(state.text, states)} ", state.role),
            (f"{tag.text} ", tag.role),
            (f"{fit(one_line(prompt.text, 200), max(0, room))} ", prompt.role),
            *behind,
        ]

    async def on_click(self, event: events.Click) -> None:
        """Show the job under the mouse in the queue."""
        if event.y < len(self._jobs):
            await self.ima.show_job(self._jobs[event.y].id)


def job_panes() -> tuple[Widget, Widget]:
    """Return the pane of the newest job and that of those before it."""
    from ima_tui.tui.shell.job_detail import JobDetail

    earlier = Pane(say("pane.earlier"), widget_id="earlier-pane")
    earlier.compose_add_child(EarlierJobs())
    return JobDetail("pane.latest"), earlier


class LatestJob:
    """Follows whatever was written down last, by this window or another."""

    def __init__(self, screen: DraftScreen) -> None:
        self._screen = screen
        self._job: Job | None = None
        self._recent: dict[int, Job] = {}
        self._looked = False

    async def look_again(self) -> None:
        """Where it was looked before: the first paint does not wait for the ledger."""
        if self._looked:
            await self.look()

    async def look(self) -> None:
        """Anything may have happened: ask the ledger."""
        self._looked = True
        found = await self._screen.studio.jobs.recent(EARLIER + 1)
        self._recent = {job.id: job for job in found}
        await self._show(await self._screen.studio.jobs.newest())

    async def hear(self, jobs: Mapping[int, Job]) -> None:
        """Follow changed jobs, by id."""
        for job in jobs.values():
            before = self._recent.get(job.id)
            if before is None or before.revision <= job.revision:
                self._recent[job.id] = job
        self._show_earlier()
        self._tell_end(jobs)
        known = self._job
        newest = max(jobs, default=0)
        if known is not None and newest < known.id:
            return
        if jobs[newest].state is State.FORGOTTEN:
            await self.look()
        elif known is None or newest > known.id or jobs[newest].revision >= known.revision:
            await self._show(jobs[newest])

    def _tell_end(self, jobs: Mapping[int, Job]) -> None:
        """Where it was said that a job is in the queue, and it has ended, say that."""
        screen = self._screen
        job = jobs.get(screen.note_of or 0)
        if job is not None and job.state is State.DONE:
            took = duration(job.elapsed(job.updated_at))
            told = say("compose.sent_done", number=job.id, points=job.order.total, took=took)
            screen.remark(told, "ok", job=job.id)
        elif job is not None and job.needs_approval and job.state in UNSENT:
            if why := words.waiting_words(job):
                told = say("compose.sent_held", number=job.id, why=why)
                screen.remark(told, "warn", job=job.id)
        elif job is not None and job.state is State.FAILED:
            told = say("compose.sent_failed", number=job.id, why=words.failure_words(job))
            screen.remark(told, "bad", job=job.id)

    async def _show(self, job: Job | None) -> None:
        self._job = job
        self._show_earlier()
        studio = self._screen.studio
        happened = await studio.jobs.timeline(job.id) if job is not None else ()
        if job is self._job and self._has_panes:
            from ima_tui.tui.shell.job_detail import JobDetail

            now, nothing = studio.clock.time(), say("compose.latest")
            self._screen.query_one(JobDetail).show(job, happened, now, nothing=nothing)
            if job is None:
                self._show_models()
        self._screen.query_one(Examples).grow()

    def _show_models(self) -> None:
        """Before the first job, all models with their prices are in its place."""
        screen = self._screen
        lists = screen.studio.catalogue.all_models().values()
        models = [model for found in lists for model in found]
        if not models:
            return

        def told(cells: int) -> Content:
            spaced = screen.has_class("-huge")
            return Content("\n").join(price_table.overview(models, spaced=spaced))

        columns: list[Part] = [(say("pane.models_columns"), "muted")]
        screen.query_one("#detail-pane", Pane).say([(say("pane.models"), "strong")], columns)
        screen.query_one("#detail-facts", Static).update(Fitted(told))

    @property
    def _has_panes(self) -> bool:
        """Whether they exist: not before the first paint, and not while the screen closes."""
        parts = ("#earlier-jobs", "#detail-pane", "#detail-picture", "#detail-facts")
        return all(map(self._screen.query, parts))

    def _note_last(self) -> None:
        """What a prompt means by "it"; one that waits for that is read again."""
        from ima_tui.compose.back_reference import last_result

        last, composer = last_result(tuple(self._recent.values())), self._screen.composer
        if last != composer.last:
            composer.last = last
            self._screen.call_next(self._screen.read)

    def _show_earlier(self) -> None:
        newest = self._job.id if self._job is not None else 0
        kept = (job for job in self._recent.values() if job.state is not State.FORGOTTEN)
        found = sorted((job for job in kept if job.id != newest), key=lambda job: -job.id)
        self._recent = {job.id: job for job in found} | ({newest: self._job} if self._job else {})
        self._note_last()
        if self._has_panes:
            latest = (self._job,) if self._job is not None else ()
            self._screen.query_one(EarlierJobs).show(latest, found[:EARLIER])
            if self._screen.has_class("-no-earlier") == bool(found):
                self._screen.set_class(not found, "-no-earlier")
                self._screen.call_next(self._screen.show_draft)  # there is other room for prices
            self._screen.set_class(len(found) <= FEW, "-few")
            self._screen.set_class(not latest, "-no-job")


class PriceNeighbours(Static):
    """Beside the form; made anew only when the settings are others."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__("", id=widget_id, markup=False)
        self._of: tuple[object, ...] = ()

    def show(
        self,
        composer: Composer,
        models: Sequence[ModelVersion],
        glyphs: Glyphs,
    ) -> None:
        """Show the prices round those of the draft; where there is room, also those of the other
        `models` that could do it."""
        model, draft, wide = composer.model, composer.draft, self.screen.has_class("-wide")
        roomy = self.screen.has_class("-huge") or (wide and self.screen.has_class("-no-earlier"))
        found = prices.others(composer, models) if roomy else ()
        of = (model, (draft.chosen, draft.n) if draft is not None else (), found)
        if of == self._of:
            return
        self._of = of
        lines: list[Content] = []
        if model is not None and draft is not None:
            lines = price_table.near(model, dict(draft.chosen), glyphs, draft.n)
        if found:
            others = price_table.others(found)
            lines += [Content(""), *others] if lines else others
        self.screen.set_class(not lines, "-no-prices")
        self.update(Content("\n").join(lines))


def price_pane() -> Pane:
    """Return the pane in which they stand."""
    pane = Pane(say("pane.price"), widget_id="price-pane")
    pane.compose_add_child(PriceNeighbours(widget_id="prices"))
    return pane
