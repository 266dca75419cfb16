"""The storyboard: a film's shots by keys alone, against the real sandbox; assembling is pretended,
for `tests/film` and `tests/cli` do that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import until
from rich.segment import Segment
from rich.style import Style
from test_plan_screen import (
    POLITE,
    SPEED,
    app_of,
    ask_to_run,
    charged,
    question,
    screen,
    states,
    told,
    workflow,
)
from test_plan_screen import (
    settings as settings,
)
from textual.pilot import Pilot

from ima_tui.config.loader import Settings
from ima_tui.core.domain import State
from ima_tui.core.errors import UsageError
from ima_tui.film.assembler import FilmProgress, Tell
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.films import Lacking, MadeFilm
from ima_tui.tui.app import ImaApp
from ima_tui.tui.images.thumbnails import on_ground
from ima_tui.tui.shell.picker import Picker
from ima_tui.tui.shell.viewer import ViewerScreen
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.workflow.navigation import open_workflow
from ima_tui.tui.workflow.screen import WorkflowScreen
from ima_tui.tui.workflow.storyboard import LEAST, Storyboard, layout
from ima_tui.tui.workflow.timelines import FilmTimeline
from ima_tui.workflow.film_plan import FilmPlan
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import digest

pytestmark = pytest.mark.sandbox(speed=SPEED * 50, scenario=POLITE)
PIXELS = ("#101010", "#334455")
FILM = (
    "Two shots of the same red robot: it wakes up; it waters a plant. 10 seconds, calm piano music"
)


@given(st.integers(1, 60), st.integers(20, 300), st.integers(4, 80))
def test_every_tile_fits_the_width_and_shows_all_of_its_lines(
    count: int, cells: int, lines: int
) -> None:
    shape = layout(count, cells, lines)
    assert shape.across * shape.wide <= cells
    assert shape.wide >= LEAST or shape.across == 1
    assert shape.high - 1 <= max(lines, 6)


def test_tiles_are_as_large_as_all_of_them_fit() -> None:
    assert layout(7, 119, 28).across == 4
    assert layout(7, 199, 50).across < 7
    assert layout(6, 79, 10).across == 3


def test_a_row_of_which_only_titles_are_in_view_is_left_out() -> None:
    shape = layout(7, 79, 12)
    assert (shape.across, shape.high, shape.whole(12)) == (3, 11, 1)
    assert shape.is_stub(1, 12)
    assert not shape.is_stub(1, 18)
    assert not shape.is_stub(0, 1), "the first is shown however low the screen is"


def test_the_ground_of_a_picture_follows_the_cursor_and_its_pixels_stay() -> None:
    plain, raised = Style(bgcolor="#101010"), Style(bgcolor="#202020")
    drawn = [Segment("▀", Style(color="#ff0000", bgcolor=colour)) for colour in PIXELS]
    shown = [each.style.bgcolor.name for each in on_ground(drawn, plain, raised)]  # type: ignore[union-attr]
    assert shown == ["#202020", "#334455"]
    assert on_ground(drawn, plain, plain) == drawn


# --------------------------------------------------------------------------------- on the screen


class Assembling:
    """Stands for the process that assembles; it ends when it is let go.

    `at_once`: from the beginning, else `go` has to be set.
    """

    def __init__(self, folder: Path, *, at_once: bool) -> None:
        self.lacking = Lacking()
        self.problem: UsageError | None = None
        self.go = asyncio.Event()
        if at_once:
            self.go.set()
        self.began = asyncio.Event()
        self.films: list[FilmPlan] = []
        self.cancelled = 0
        self.folder = folder

    async def what_lacks(self, status: WorkflowStatus) -> Lacking:
        if self.problem is not None:
            raise self.problem
        return self.lacking

    async def assemble(self, status: WorkflowStatus, tell: Tell) -> MadeFilm:
        assert status.workflow.film is not None
        self.films.append(status.workflow.film)
        tell(FilmProgress(0.42, 12.0, "encode", 2))
        self.began.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        path = self.folder / f"film-{status.workflow.id[:8]}-{len(self.films)}.mp4"
        await asyncio.to_thread(self.folder.mkdir, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, b"a film")
        return MadeFilm(str(path), time.time() + 1)


@asynccontextmanager
async def board(
    settings: Settings, *, made: bool = True
) -> AsyncIterator[tuple[Pilot[None], Assembling]]:
    """A film's storyboard; `made`: after its steps were run."""
    async with app_of(settings) as pilot:
        assert isinstance(pilot.app, ImaApp)
        studio = pilot.app.studio
        pretended = Assembling(settings.folder, at_once=made)
        studio.films.lacking = pretended.what_lacks  # type: ignore[method-assign]
        studio.films.assemble = pretended.assemble  # type: ignore[method-assign,assignment]
        workflow = (await studio.workflow_maker.make(FILM, films=True)).workflow
        await studio.workflows.keep(workflow)
        await open_workflow(pilot.app, workflow)
        await until(pilot, lambda: screen(pilot).facts is not None)
        if made:
            await run_all(pilot)
        yield pilot, pretended


async def run_all(pilot: Pilot[None]) -> None:
    await ask_to_run(pilot)
    await pilot.press("y")
    await until(pilot, lambda: "master image (step 1) is ready" in told(pilot))
    await ask_to_run(pilot)
    await pilot.press("y")
    await until(pilot, lambda: "The film is ready" in told(pilot))


def tiles(pilot: Pilot[None]) -> Storyboard:
    return screen(pilot).query_one(Storyboard)


def film(pilot: Pilot[None]) -> FilmPlan:
    found = workflow(pilot).film
    assert found is not None
    return found


def titles(pilot: Pilot[None]) -> list[str]:
    return [tile.caption for tile in tiles(pilot).tiles if tile.shot]


def timeline(pilot: Pilot[None]) -> str:
    drawn = screen(pilot).query_one(FilmTimeline)
    return "\n".join(drawn.render_line(y).text for y in range(drawn.size.height))


async def test_a_film_waits_at_its_master_image_and_is_then_assembled_by_itself(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with board(settings, made=False) as (pilot, process):
        shown = [tile.title for tile in tiles(pilot).tiles]
        assert shown == ["Master image", "Shot 1", "Shot 2", "Music", "Film"]
        await until(pilot, lambda: "waits for shots 1, 2" in timeline(pilot))
        asked = await ask_to_run(pilot)
        assert "Make the master image first, for 5 pts? The other 5 steps (85 pts)" in asked
        await pilot.press("y")
        await until(pilot, lambda: "master image (step 1) is ready" in told(pilot))
        assert len(charged(sandbox)) == 1
        assert not process.began.is_set()
        await ask_to_run(pilot)
        await pilot.press("y")
        await process.began.wait()
        paid = len(charged(sandbox))
        await until(pilot, lambda: "42% · 0:12 left · shot 2" in timeline(pilot))
        assert "x stops it" in told(pilot)
        process.go.set()
        await until(pilot, lambda: "The film is ready" in told(pilot))
        await pilot.press("enter")  # the cursor, which nobody moved, went to the film
        await until(pilot, lambda: isinstance(pilot.app.screen, ViewerScreen))
    assert len(charged(sandbox)) == paid == len(process.films[0].shots) * 2 + 2


async def test_a_film_is_made_while_another_screen_is_open_and_its_end_is_told(
    settings: Settings,
) -> None:
    async with board(settings, made=False) as (pilot, process):
        await ask_to_run(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "master image (step 1) is ready" in told(pilot))
        await ask_to_run(pilot)
        await pilot.press("y", "3")
        await process.began.wait()
        assert not isinstance(pilot.app.screen, WorkflowScreen)
        process.go.set()
        notes = pilot.app._notifications
        await until(pilot, lambda: any("film" in note.message for note in notes))
        await pilot.press("W", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: "The film is ready" in told(pilot))


async def test_what_is_missing_is_said_and_assembling_can_be_stopped(settings: Settings) -> None:
    async with board(settings) as (pilot, process):
        process.problem = UsageError("error.film_no_av")
        await pilot.press("A")
        await until(pilot, lambda: "pip install 'ima-tui[video]'" in told(pilot))
        process.go.clear()
        process.began.clear()
        process.problem, process.lacking = None, Lacking(steps=(3,))
        await pilot.press("A")
        await until(pilot, lambda: "Steps without a result: 3" in told(pilot))
        process.lacking = Lacking()
        await pilot.press("A")
        await process.began.wait()
        await pilot.press("x")
        await until(pilot, lambda: process.cancelled == 1)
        await until(pilot, lambda: "Stopped" in told(pilot))
        await until(pilot, lambda: "42%" not in timeline(pilot))
        assert not list(settings.data.rglob("*.due")), "nor at the next start"


async def test_changes_of_a_film_are_free_and_undone(settings: Settings, sandbox: Sandbox) -> None:
    async with board(settings) as (pilot, _):
        agreed, paid = digest(workflow(pilot)), len(charged(sandbox))
        before, first = film(pilot), titles(pilot)
        await pilot.press("home", "right", "greater_than_sign")
        await until(pilot, lambda: titles(pilot) == first[::-1])
        await pilot.press("minus")
        await until(pilot, lambda: film(pilot).shots[1].trim == (0.0, 4.5))
        assert "9.5 s" in [tile.length for tile in tiles(pilot).tiles]
        await pilot.press("end", "left", "plus")
        await until(pilot, lambda: film(pilot).tracks[0].volume == before.tracks[0].volume + 0.1)
        await pilot.press("end", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: film(pilot).shots[0].transition == "fade")
        await pilot.press("home", "right", "D")
        await until(pilot, lambda: len(titles(pilot)) == 1)
        for _ in range(5):
            await pilot.press("u")
        await until(pilot, lambda: film(pilot) == before)
        assert digest(workflow(pilot)) == agreed
    assert len(charged(sandbox)) == paid


async def test_a_shot_is_made_again_for_its_price_and_the_take_before_comes_back(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with board(settings) as (pilot, process):
        paid = len(charged(sandbox))
        await pilot.press("home", "right", "r")
        await until(pilot, lambda: question(pilot))
        asked = screen(pilot).query_one("ConfirmBar").words  # type: ignore[attr-defined]
        assert "The video, 25 pts" in asked
        assert "Image and video, 30 pts" in asked
        await pilot.press("y")
        await until(pilot, lambda: len(charged(sandbox)) == paid + 1)
        await until(pilot, lambda: all(state is State.DONE for state in states(pilot)))
        take = film(pilot).shots[0].takes[0]
        assert take.startswith("job:")
        assert film(pilot).shots[0].source.startswith("step:")
        await until(pilot, lambda: process.films[1:] == [film(pilot)])
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: film(pilot).shots[0].source == take)
        assert tiles(pilot).tiles[1].sign[1] == "ok"
    assert len(charged(sandbox)) == paid + 1


async def test_on_a_low_screen_rows_of_tiles_are_whole_at_the_top(settings: Settings) -> None:
    async with board(settings, made=False) as (pilot, _):
        await pilot.resize_terminal(80, 24)
        drawn = tiles(pilot)
        await until(pilot, lambda: drawn.size.width == 80 and drawn.max_scroll_y > 0)
        for key, title in (("end", "Film"), ("home", "Master image")):
            await pilot.press(key)
            await until(pilot, lambda title=title: title in drawn.render_line(0).text)
            shown = "\n".join(drawn.render_line(y).text for y in range(drawn.size.height))
            assert ("Master image" in shown) != ("Film" in shown)


async def test_the_steps_are_a_key_away(settings: Settings) -> None:
    async with board(settings, made=False) as (pilot, _):
        await pilot.press("v")
        assert screen(pilot).page.graph.display
        assert screen(pilot).focused is screen(pilot).page.graph
        await pilot.press("v")
        assert screen(pilot).focused is tiles(pilot)
        assert str(screen(pilot).query_one(DraftMessage).content)
