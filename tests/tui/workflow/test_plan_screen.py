"""The plan's screen: from a wish to results by keys alone, against the real sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from agreement import said_alike
from patience import until
from PIL import Image
from studios import KEY, SPEED, CommonClock
from textual import events
from textual.pilot import Pilot

from ima_tui import i18n
from ima_tui.config import loader
from ima_tui.config.loader import Settings
from ima_tui.core.domain import State, TaskType
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import open_studio
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.shell.picker import Picker
from ima_tui.tui.widgets.input_line import PathInput
from ima_tui.tui.widgets.inputs import InputList
from ima_tui.tui.widgets.lines import ToldLine
from ima_tui.tui.widgets.price_bar import DraftMessage, PriceBar
from ima_tui.tui.widgets.prompt import Prompt
from ima_tui.tui.workflow.graph import WorkflowGraph
from ima_tui.tui.workflow.screen import WorkflowScreen
from ima_tui.tui.workflow.step_editor import StepEditor
from ima_tui.workflow.steps import Workflow, digest

POLITE = f"[server]\nseed = 1\nbalance = 100000\ntimeout_s = 0\npoll_scale = {0.5 / SPEED}\n"
pytestmark = pytest.mark.sandbox(
    speed=SPEED * 50, scenario=POLITE
)  # films too are there at the first question
FAILS = '[[fault]]\nkind = "fail_task"\nprompt_contains = "animate"\ntimes = 1\n'
SERIES = "three pictures of the same cat: at the beach, in the snow"
"""Pictures alone: they are made sooner than films."""
WISH = "Draw a dragon, then animate it, and add a soundtrack"


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    i18n.use("en")
    plain = loader.load({}, {"IMA_TUI_CONFIG": str(tmp_path / "config.toml")})
    return replace(
        plain,
        base_url=sandbox.base_url,
        upload_url=sandbox.base_url,
        data=tmp_path / "data",
        cache=tmp_path / "cache",
        folder=tmp_path / "out",
        preferences=tmp_path / "ima_prefs.json",
        motion=False,
        notify="off",
        download=False,  # the sandbox paints and encodes what is fetched, which takes its time
    )


@asynccontextmanager
async def app_of(
    settings: Settings, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[Pilot[None]]:
    async with open_studio(settings, clock=CommonClock(), key=KEY, for_screen=True) as studio:
        app = ImaApp(studio)
        async with app.run_test(size=size) as pilot:
            lists = studio.catalogue.lists
            await until(pilot, lambda: all(lists[kind].models for kind in TaskType))
            yield pilot


@asynccontextmanager
async def planning(settings: Settings, wish: str = WISH, *keys: str) -> AsyncIterator[Pilot[None]]:
    """A plan on the screen, made of `wish` on Compose."""
    async with app_of(settings) as pilot:
        compose = pilot.app.screen
        assert isinstance(compose, ComposeScreen)
        compose.query_one(Prompt).text = wish
        await until(pilot, lambda: compose.composer.intent is not None)
        await pilot.press(*keys or ("ctrl+j",))
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: screen(pilot).status is not None)
        yield pilot


def screen(pilot: Pilot[None]) -> WorkflowScreen:
    found = pilot.app.screen
    assert isinstance(found, WorkflowScreen)
    return found


def workflow(pilot: Pilot[None]) -> Workflow:
    found = screen(pilot).workflow
    assert found is not None
    return found


def states(pilot: Pilot[None]) -> list[State | None]:
    status = screen(pilot).status
    return [each.job.state if each.job else None for each in status.steps] if status else []


def told(pilot: Pilot[None]) -> str:
    return str(screen(pilot).query_one(DraftMessage).content)


def line(pilot: Pilot[None], name: str) -> str:
    return screen(pilot).query_one(name, ToldLine).render_line(0).text


def graph(pilot: Pilot[None]) -> list[str]:
    drawn = screen(pilot).query_one(WorkflowGraph)
    return [drawn.render_line(y).text.rstrip() for y in range(drawn.size.height)]


def question(pilot: Pilot[None]) -> str:
    asking = screen(pilot).query_one(ConfirmBar)
    return asking.render_line(0).text.strip() if asking.asking else ""


async def ask_to_run(pilot: Pilot[None]) -> str:
    await pilot.press("ctrl+j")
    await until(pilot, lambda: question(pilot))
    return question(pilot)


async def run_to_the_end(pilot: Pilot[None]) -> None:
    await ask_to_run(pilot)
    await pilot.press("y")
    await until(pilot, lambda: screen(pilot).status and screen(pilot).status.is_done)  # type: ignore[union-attr]


def charged(sandbox: Sandbox) -> list[str]:
    creates = sandbox.ledger()["creates"]
    return [str(c["prompt"]).partition(":")[0] for c in creates if c["charged"]]


# ------------------------------------------------------------------------------------- a plan


async def test_a_wish_over_several_things_opens_a_plan_and_sends_nothing(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with planning(settings) as pilot:
        rows = graph(pilot)
        assert [row for row in rows if "Draw a dragon" in row and "5" in row]
        assert [row for row in rows if "from step 1" in row]
        assert "│" in rows[1]
        assert f"{workflow(pilot).total} pts" in line(pilot, "#workflow-total")
        head = pilot.app.screen.query_one("#steps-pane PaneHead")
        assert WISH in head.render_line(0).text
        assert "Nothing was sent" in told(pilot)
        await said_alike(pilot.app.screen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ComposeScreen))
        bar = pilot.app.screen.query_one(PriceBar)
        await until(pilot, lambda: "3 steps" in bar.render_line(0).text)
    assert charged(sandbox) == []


async def test_run_asks_with_the_total_and_follows_to_the_results(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with planning(settings) as pilot:
        words = await ask_to_run(pilot)
        assert f"{workflow(pilot).total} pts" in words
        await pilot.press("n")
        assert (question(pilot), charged(sandbox)) == ("", [])
        await run_to_the_end(pilot)
        assert states(pilot) == [State.DONE] * 3
        assert "all done" in line(pilot, "#workflow-total")
        assert not screen(pilot).verbs.can("run")
        assert screen(pilot).verbs.can("view")
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, WorkflowScreen))
    assert charged(sandbox) == ["Draw a dragon", "animate it", "a soundtrack"]


async def test_a_failed_step_is_gone_on_with_after_a_word(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario(POLITE + FAILS)
    async with planning(settings) as pilot:
        await ask_to_run(pilot)
        await pilot.press("y")
        await until(pilot, lambda: State.FAILED in states(pilot))
        await until(pilot, lambda: "failed" in told(pilot))
        words = await ask_to_run(pilot)
        assert "Step 2 failed" in words
        costs = sum(step.total for step in workflow(pilot).steps[1:])
        assert f"{costs} pts" in words
        await pilot.press("y")
        await until(pilot, lambda: states(pilot) == [State.DONE] * 3)
    assert charged(sandbox) == ["Draw a dragon", "animate it", "animate it", "a soundtrack"]


async def test_what_a_run_without_a_screen_left_is_gone_on_with_here(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with open_studio(settings, clock=CommonClock(), key=KEY) as studio:
        made = (await studio.workflow_maker.make(WISH)).workflow
        status = await studio.workflows.status(made)
        await studio.workflows.agree(status)
        await studio.workflows.go(status, again=False)
        async with asyncio.timeout(30):
            while not charged(sandbox):
                await asyncio.sleep(0.01)
    async with app_of(settings) as pilot:
        await pilot.press("escape", "W")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: screen(pilot).status and screen(pilot).verbs.can("run"))
        words = await ask_to_run(pilot)
        assert words.removeprefix("? ").startswith("Continue")
        await pilot.press("y")
        await until(pilot, lambda: states(pilot) == [State.DONE] * 3)
    assert charged(sandbox) == ["Draw a dragon", "animate it", "a soundtrack"]


async def test_what_an_agent_ordered_is_approved_in_the_queue_not_here(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with open_studio(settings, clock=CommonClock(), key=KEY, asks=True) as studio:
        made = (await studio.workflow_maker.make(WISH)).workflow
        status = await studio.workflows.status(made)
        await studio.workflows.agree(status)
        hold = ("waiting.over_agent_total", {"points": made.total, "n": len(made.steps)})
        await studio.workflows.go(status, again=False, client="claude", hold=hold)
    async with app_of(settings) as pilot:
        await pilot.press("escape", "W")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: screen(pilot).status and screen(pilot).verbs.can("run"))
        await screen(pilot).verbs.do("run")
        await until(pilot, lambda: "Approve them in Queue" in told(pilot))
        assert states(pilot) == [State.QUEUED] * 3
    assert charged(sandbox) == []


async def test_a_plan_is_there_again_after_a_restart(settings: Settings, sandbox: Sandbox) -> None:
    async with planning(settings, SERIES, "escape", "W") as pilot:
        await run_to_the_end(pilot)
        agreed = digest(workflow(pilot))
    async with app_of(settings) as pilot:
        await pilot.press("escape", "3", "W")  # the prompt is kept, too: in Compose `W` plans it
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: states(pilot) == [State.DONE] * 3)
        assert digest(workflow(pilot)) == agreed
    assert len(charged(sandbox)) == 3


async def test_without_plans_the_list_says_how_one_comes_about(settings: Settings) -> None:
    async with app_of(settings) as pilot:
        await pilot.press("escape", "W")
        await until(pilot, lambda: pilot.app._notifications)
        assert not isinstance(pilot.app.screen, Picker)


# ------------------------------------------------------------------------------------ changes


async def test_a_step_is_changed_in_place_and_kept(settings: Settings) -> None:
    async with planning(settings) as pilot:
        before = digest(workflow(pilot))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, StepEditor))
        editor = pilot.app.screen.query_one(Prompt)
        keys = pilot.app.screen.query_one(BottomLine).render_line(0).text
        assert keys.strip().startswith("ctrl+j save changes")
        assert "send" not in keys
        editor.text = "a quiet harbour"
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: workflow(pilot).steps[0].prompt == "a quiet harbour")
        assert digest(workflow(pilot)) != before
        kept = await screen(pilot).studio.workflows.kept()
        assert [each.steps for each, _ in kept] == [workflow(pilot).steps]


async def test_words_may_not_be_empty_and_escape_changes_nothing(settings: Settings) -> None:
    async with planning(settings) as pilot:
        before = workflow(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, StepEditor))
        pilot.app.screen.query_one(Prompt).text = "  "
        await pilot.press("ctrl+j")
        await pilot.pause()
        assert isinstance(pilot.app.screen, StepEditor)
        assert str(pilot.app.screen.query_one(DraftMessage).content)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, StepEditor), "a slow `esc m` discards nothing"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        assert workflow(pilot) == before


async def edit_step(pilot: Pilot[None], *keys: str) -> StepEditor:
    """The second step, opened for changing; then `keys`."""
    screen(pilot).page.graph.move_to(2)
    await pilot.press("e")
    await until(pilot, lambda: isinstance(pilot.app.screen, StepEditor))
    found = pilot.app.screen
    assert isinstance(found, StepEditor)
    await until(pilot, lambda: found.query(PathInput))
    await pilot.press(*keys)
    return found


async def test_what_a_step_is_made_of_is_changed_in_place(
    settings: Settings, tmp_path: Path
) -> None:
    picture = tmp_path / "a cat.png"
    Image.new("RGB", (64, 48)).save(picture)
    async with planning(settings) as pilot:
        page = await edit_step(pilot, "ctrl+o")
        assert page.query_one(InputList).values == ("step:1#1",)
        page.query_one(PathInput).value = str(picture)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: workflow(pilot).steps[1].inputs == (str(picture),))
        assert workflow(pilot).steps[1].needs == ()
        assert dict(workflow(pilot).files).keys() == {str(picture)}
        await until(pilot, lambda: any("a cat.png" in row for row in graph(pilot)))
        page = await edit_step(pilot, "alt+i")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: page.query_one(InputList).values == ("step:1#1",))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: workflow(pilot).steps[1].inputs == ("step:1#1",))


async def test_what_can_not_be_an_input_stays_on_the_screen_with_its_reason(
    settings: Settings,
) -> None:
    async with planning(settings) as pilot:
        before, page = workflow(pilot), await edit_step(pilot)
        reasons = {
            "step 3": "Move step 3",
            "第1步#2": "makes fewer",
            "/none.png": "not found",
        }
        for written, reason in reasons.items():
            page.query_one(PathInput).value = written
            await pilot.press("ctrl+j")
            await until(
                pilot,
                lambda reason=reason: any(  # type: ignore[misc]
                    reason in str(one.content) for one in page.query("InputLine DraftMessage")
                ),
            )
            assert pilot.app.screen is page
        page.query_one(PathInput).value = ""
        await until(pilot, lambda: page.composer.draft and not page.composer.draft.inputs)
        await pilot.press("ctrl+j")
        said = page.query_one("#said", DraftMessage)
        await until(pilot, lambda: "you gave 0" in str(said.content))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        assert workflow(pilot) == before


async def test_a_path_pasted_into_the_words_makes_the_step_one_that_takes_it(
    settings: Settings, tmp_path: Path
) -> None:
    picture = tmp_path / "a cat.png"
    Image.new("RGB", (64, 48)).save(picture)
    async with planning(settings) as pilot:
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, StepEditor))
        page = pilot.app.screen
        page.query_one(Prompt).post_message(events.Paste(str(picture).replace(" ", "\\ ")))
        await until(pilot, lambda: page.query(InputList) and page.query_one(InputList).values)
        assert page.query_one(Prompt).text == "Draw a dragon"
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: workflow(pilot).steps[0].inputs == (str(picture),))
        assert workflow(pilot).steps[0].task_type is TaskType.IMAGE_TO_IMAGE
        assert workflow(pilot).steps[1].inputs == ("step:1#1",)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, StepEditor))
        await pilot.press("alt+t")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("up", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, StepEditor))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: workflow(pilot).steps[0].task_type is TaskType.TEXT_TO_IMAGE)
        assert workflow(pilot).steps[0].inputs == ()


async def test_another_model_is_another_price(settings: Settings) -> None:
    async with planning(settings) as pilot:
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press(*"banana pro", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: workflow(pilot).steps[0].model_id == "gemini-3-pro-image")
        assert f"{workflow(pilot).total} pts" in line(pilot, "#workflow-total")


async def test_what_others_are_made_of_stays_and_the_rest_can_go(settings: Settings) -> None:
    async with planning(settings) as pilot:
        await pilot.press("D")
        await until(pilot, lambda: "Step 2 uses the result of step 1" in told(pilot))
        await pilot.press("G", "D")
        await until(pilot, lambda: len(workflow(pilot).steps) == 2)
        await pilot.press("less_than_sign")
        await until(pilot, lambda: "Step 2 needs step 1" in told(pilot))
        assert [step.id for step in workflow(pilot).steps] == [1, 2]


async def test_a_step_that_lacks_its_words_stands_out_and_is_not_run(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with planning(settings, "Make a promo video of a kettle with a voiceover") as pilot:
        assert "Step 2" in told(pilot)
        assert any("incomplete" in row for row in graph(pilot))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "to speak" in told(pilot))
        assert (question(pilot), screen(pilot).page.graph.current) == ("", 2)
    assert charged(sandbox) == []


async def test_what_was_paid_for_stays_when_another_step_is_changed(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with planning(settings) as pilot:
        await run_to_the_end(pilot)
        await pilot.press("G", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, StepEditor))
        pilot.app.screen.query_one(Prompt).text = "a slow waltz"
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: states(pilot)[2] is None)
        words = await ask_to_run(pilot)
        assert f"{workflow(pilot).steps[2].total} pts" in words
        await pilot.press("y")
        await until(pilot, lambda: states(pilot) == [State.DONE] * 3)
    assert charged(sandbox) == ["Draw a dragon", "animate it", "a soundtrack", "a slow waltz"]


async def test_a_plan_is_forgotten_and_its_jobs_stay(settings: Settings) -> None:
    async with planning(settings, SERIES, "escape", "W") as pilot:
        await run_to_the_end(pilot)
        studio = screen(pilot).studio
        await screen(pilot).action_do("drop")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, ComposeScreen))
        assert await studio.workflows.kept() == ()
        assert len(await studio.jobs.recent()) == 3


# --------------------------------------------------------------------------------- the picture


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_it_fits_every_size(settings: Settings, language: i18n.Language) -> None:
    i18n.use(language)
    wish = "先画一张竖屏的狐狸海报，再做成10秒的视频，配上音乐"
    async with planning(settings, wish) as pilot:
        drawn = screen(pilot).query_one(WorkflowGraph)
        for size in ((60, 20), (80, 24), (120, 40), (200, 60)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda width=size[0]: drawn.size.width > width / 2)
            lines = [drawn.render_line(y) for y in range(drawn.size.height)]
            assert {strip.cell_length for strip in lines} == {drawn.size.width}
            assert "狐狸" in lines[0].text
            assert str(workflow(pilot).steps[0].total) in lines[0].text


async def test_an_idle_plan_has_no_clock(settings: Settings) -> None:
    async with planning(settings, SERIES, "escape", "W") as pilot:
        clock = screen(pilot)._clock
        assert clock is not None
        assert not clock._active.is_set()
        await run_to_the_end(pilot)
        await until(pilot, lambda: not clock._active.is_set())


async def test_any_wish_can_be_planned(settings: Settings, sandbox: Sandbox) -> None:
    async with planning(settings, SERIES, "escape", "W") as pilot:
        assert [step.inputs for step in workflow(pilot).steps] == [(), ("step:1#1",), ("step:1#1",)]
        assert [row for row in graph(pilot) if "├─" in row]
    assert charged(sandbox) == []


async def test_compose_shows_the_steps_and_their_price_while_the_wish_is_written(
    settings: Settings,
) -> None:
    async with app_of(settings) as pilot:
        compose = pilot.app.screen
        assert isinstance(compose, ComposeScreen)
        bar = compose.query_one(PriceBar)
        compose.query_one(Prompt).text = WISH
        await until(pilot, lambda: compose.query(WorkflowGraph))
        outline = compose.query_one(WorkflowGraph)
        assert outline.parent is compose.form.parent  # in its place
        await until(pilot, lambda: outline.display)
        await until(pilot, lambda: "3 steps" in bar.render_line(0).text)
        await until(pilot, lambda: outline.size.width > 20)  # laid out
        drawn = [outline.render_line(y).text for y in range(6)]
        assert [line[6:11].split()[-1] for line in drawn[::2]] == ["img", "vid", "mus"]
        prices = [int(line.split()[-1]) for line in drawn[::2]]
        assert f" {sum(prices)} pts" in bar.render_line(0).text
        assert not compose.form.display
        compose.query_one(Prompt).text = "Draw a dragon"
        await until(pilot, lambda: compose.form.display)
        assert not outline.display
        assert "steps" not in bar.render_line(0).text
        assert await compose.studio.workflows.kept() == ()
