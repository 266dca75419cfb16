"""What the Workflow screen shows of a workflow: its storyboard or its steps, and one in detail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual import getters
from textual.app import ComposeResult
from textual.containers import Container

from ima_tui.core.domain import Event, Media, Medium
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.lines import SEPARATOR, Pane, Part
from ima_tui.tui.workflow import board_tiles, step_rows
from ima_tui.tui.workflow.board_tiles import BoardFacts, BoardTile, FilmState
from ima_tui.tui.workflow.graph import StepDetail, WorkflowGraph
from ima_tui.tui.workflow.storyboard import Storyboard
from ima_tui.tui.workflow.timelines import FilmTimeline, StepTimeline

if TYPE_CHECKING:
    from ima_tui.studio.endings import Ending
    from ima_tui.studio.studio import Studio
    from ima_tui.workflow.status import WorkflowStatus


class WorkflowPage(Container):
    """The storyboard of a workflow with a film, or its steps (`as_steps`)."""

    graph = getters.query_one(WorkflowGraph)
    board = getters.query_one(Storyboard)
    detail = getters.query_one(StepDetail)

    def __init__(self) -> None:
        super().__init__(id="body")
        self.as_steps = False
        self._status: WorkflowStatus | None = None
        self._facts: BoardFacts | None = None
        self._happened: Mapping[int, tuple[Event, ...]] = {}

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Pane(say("workflow.title"), widget_id="steps-pane"):
            yield WorkflowGraph(widget_id="graph")
        with Pane(say("pane.board"), widget_id="board-pane"):
            yield Storyboard(widget_id="storyboard")
        yield StepDetail()
        with Pane(say("pane.timeline"), widget_id="time-pane"):
            yield FilmTimeline(widget_id="timeline")
            yield StepTimeline()

    def show(
        self,
        status: WorkflowStatus,
        facts: BoardFacts | None,
        happened: Mapping[int, tuple[Event, ...]],
    ) -> None:
        """Show the storyboard, where there is a film, and the steps.

        `happened`: the timelines of the steps' jobs.
        """
        self._status, self._facts, self._happened = status, facts, happened
        self.screen.set_class(self.shows_board, "-film")
        if facts is not None:
            self._show_board(facts)
        app = context(self)
        now = app.studio.clock.time()
        self.graph.show(step_rows.rows(status, now, app.glyphs))
        self.query_one(StepTimeline).show(status, now)
        count = say("workflow.steps", n=len(status.steps))
        title = [(say("workflow.title"), "strong"), (SEPARATOR + count, "text")]
        self.query_one("#steps-pane", Pane).say([*title, *self._prompt()])

    def _show_board(self, facts: BoardFacts) -> None:
        tiles = board_tiles.tiles(facts)
        self.board.show(tiles)
        self.query_one(FilmTimeline).show(facts, tiles)
        title: list[Part] = [(say("pane.board"), "strong")]
        if seconds := board_tiles.film_seconds(facts):
            length = say("board.seconds", seconds=f"{seconds:g}")
            title.append((SEPARATOR + length, "text"))
        self.query_one("#board-pane", Pane).say([*title, *self._prompt()])

    def _prompt(self) -> list[Part]:
        """The prompt of the workflow, at the end of a title."""
        status = self._status
        words = one_line(status.workflow.prompt, 400) if status is not None else ""
        return [(SEPARATOR, "muted"), (words, "muted")] if words else []

    @property
    def shows_board(self) -> bool:
        """Whether the storyboard is shown, not the steps."""
        return self._facts is not None and not self.as_steps

    @property
    def tile(self) -> BoardTile | None:
        """The tile under the cursor, None while the steps are shown."""
        return self.board.current if self.shows_board else None

    @property
    def step(self) -> int | None:
        """The step under the cursor, None on a tile that is none."""
        return (self.tile.step or None) if self.tile is not None else self.graph.current

    def focus_view(self) -> None:
        """Give the keys to what is shown."""
        (self.board if self.shows_board else self.graph).focus()

    def show_detail(self) -> None:
        """Show the tile or the step under the cursor in detail."""
        studio, status, current, tile = context(self).studio, self._status, self.step, self.tile
        if status is not None and current is None and tile is not None:
            made = tile.result if studio.settings.preview else None
            shown = Media("", path=made.path) if made is not None and made.path else None
            title = " ".join(filter(None, (tile.title, tile.length)))
            self.detail.show(title, board_tiles.detail(tile), shown, Medium.VIDEO)
        if status is None or current is None:
            return
        each = status.step_status(current)
        medias = each.job.medias if each.job else ()
        shown = next((media for media in medias if media.path), None)
        eager = shown if studio.settings.preview else None
        happened = self._happened.get(each.job.id, ()) if each.job is not None else ()
        facts = step_rows.detail(each, studio.clock.time(), happened, studio.settings.downloads)
        title = step_rows.headline(each.step)
        self.detail.show(title, facts, eager, each.step.task_type.medium)


async def film_facts(
    studio: Studio, status: WorkflowStatus, ending: Ending | None, glyphs: Glyphs
) -> BoardFacts | None:
    """Read what the storyboard needs beside the steps; None where there is no film."""
    film = status.workflow.film
    if film is None:
        return None
    found = [await studio.jobs.get(number) for number in film.job_numbers]
    jobs = {job.id: job for job in found if job is not None}
    made = await studio.films.latest(status.workflow)
    changed = await studio.workflows.changed_at(status.workflow.id)
    outdated = made is not None and made.at < changed
    state = FilmState(made, outdated=outdated, ending=ending)
    return BoardFacts(status, film, jobs, state, studio.clock.time(), glyphs)
