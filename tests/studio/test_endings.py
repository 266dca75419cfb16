"""What a workflow ends with is made by itself: once, in one window, also after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from filelock import BaseFileLock
from studios import POLITE, SPEED, window

from ima_tui.config.loader import Settings
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.events import EndingChanged, Notice
from ima_tui.film.assembler import FilmProgress, Tell
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.endings import Ending, Stage
from ima_tui.studio.films import Finished
from ima_tui.studio.studio import Studio
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import Workflow

FAILS = '[[fault]]\nkind = "fail_task"\nprompt_contains = "fox"\ntimes = 1\n'
PATIENT = POLITE + "timeout_s = 0\n"
pytestmark = pytest.mark.sandbox(speed=SPEED, scenario=PATIENT)


class Maker:
    """Stands for the process that makes films and files; it ends when it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.began = asyncio.Event()
        self.made: list[Workflow] = []
        self.cancelled = 0
        self.error: ImaError | None = None

    async def finish(self, status: WorkflowStatus, tell: Tell) -> list[Finished]:
        self.began.set()
        try:
            while not self.go.is_set():
                tell(FilmProgress(0.5, 9.0, "sound", 0))
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        self.made.append(status.workflow)
        return [Finished("fox-7x3.jpg")]


def pretending(studio: Studio) -> Maker:
    maker = Maker()
    studio.films.finish = maker.finish  # type: ignore[method-assign,assignment]
    return maker


async def planned(studio: Studio, prompt: str = "an image of a fox in 7:3") -> Workflow:
    made = (await studio.workflow_maker.make(prompt, films=True)).workflow
    assert made.finish
    await studio.workflows.keep(made)
    return made


async def run(studio: Studio, workflow: Workflow) -> None:
    """As ctrl+j and a yes do."""
    workflows = studio.workflows
    status = await workflows.status(workflow, fetch=True)
    await workflows.agree(status)
    await studio.endings.want(workflow.id)
    await workflows.go(status, again=True)


async def until(
    studio: Studio, workflow: Workflow, good: Callable[[Ending | None], object]
) -> None:
    """Wait until the end of a workflow stands as `good` wants it."""
    changed = asyncio.Event()

    def listen(notice: Notice) -> None:
        if isinstance(notice, EndingChanged):
            changed.set()

    leave = studio.subscribe(listen)
    try:
        async with asyncio.timeout(60):
            while not good(studio.endings.of(workflow.id)):
                changed.clear()
                await changed.wait()
    finally:
        leave()


def is_at(*stages: Stage) -> Callable[[Ending | None], bool]:
    return lambda ending: ending is not None and ending.stage in stages


async def who_is_at_it(workflow: Workflow, *studios: Studio) -> list[Studio]:
    """The window that makes it, then the one that doesn't."""
    for studio in studios:
        await until(studio, workflow, is_at(Stage.MAKING, Stage.ELSEWHERE))
    found = sorted(studios, key=lambda each: is_at(Stage.ELSEWHERE)(each.endings.of(workflow.id)))
    assert [is_at(Stage.MAKING)(each.endings.of(workflow.id)) for each in found] == [True, False]
    return found


def notes(settings: Settings) -> list[str]:
    return [path.stem for path in settings.data.rglob("*.due")]


async def test_two_windows_make_it_once(settings: Settings) -> None:
    settings = replace(settings, download=True)
    async with window(settings) as one, window(settings) as other:
        makers = {studio: pretending(studio) for studio in (one, other)}
        workflow = await planned(one)
        await run(one, workflow)
        at_it, aside = await who_is_at_it(workflow, one, other)
        for maker in makers.values():
            maker.go.set()
        await until(at_it, workflow, is_at(Stage.DONE))
        await until(aside, workflow, lambda ending: ending is None)
        assert sum(len(maker.made) for maker in makers.values()) == 1
    assert notes(settings) == []


async def test_a_program_that_ended_meanwhile_goes_on_at_its_next_start(settings: Settings) -> None:
    settings = replace(settings, download=True)
    async with window(settings) as studio:
        maker = pretending(studio)
        workflow = await planned(studio)
        await run(studio, workflow)
        await maker.began.wait()
    assert (maker.cancelled, notes(settings)) == (1, [workflow.id])
    async with AsyncExitStack() as stack:
        studio = await stack.enter_async_context(window(settings))
        await until(studio, workflow, is_at(Stage.DONE))  # really cropped
    assert list(settings.folder.glob("*-7x3.*"))
    assert notes(settings) == []


async def test_stopped_in_either_window_it_does_not_begin_again(settings: Settings) -> None:
    settings = replace(settings, download=True)
    async with window(settings) as one, window(settings) as other:
        makers = [pretending(one), pretending(other)]
        workflow = await planned(one)
        await run(one, workflow)
        at_it, aside = await who_is_at_it(workflow, one, other)
        await aside.endings.stop(workflow.id)
        for studio in (at_it, aside):
            await until(studio, workflow, lambda ending: ending is None)
        assert sum(maker.cancelled for maker in makers) == 1
        hen = await planned(one, "an image of a hen in 7:3")
        for maker in makers:
            maker.go.set()
        await run(one, hen)  # both windows look what is due, and only this one is
        done = [asyncio.create_task(until(each, hen, is_at(Stage.DONE))) for each in (one, other)]
        await asyncio.wait(done, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.cancel()
    assert [each.id for maker in makers for each in maker.made] == [hen.id]
    assert notes(settings) == []


async def test_what_can_not_be_made_is_told_once(settings: Settings) -> None:
    async with window(settings) as studio:
        maker = pretending(studio)
        maker.error = UsageError("error.film_no_av")
        maker.go.set()
        workflow = await planned(studio)
        await run(studio, workflow)
        await until(studio, workflow, is_at(Stage.FAILED))
        ending = studio.endings.of(workflow.id)
        assert ending is not None
        assert ending.error is maker.error
        assert notes(settings) == []
        maker.error = None
        await studio.endings.want(workflow.id)
        await until(studio, workflow, is_at(Stage.DONE))


async def test_a_failed_step_is_waited_for_until_it_is_paid_again(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario(PATIENT + FAILS)
    async with window(settings) as studio:
        maker = pretending(studio)
        maker.go.set()
        workflow = await planned(studio)
        await run(studio, workflow)
        status = await studio.workflows.status(workflow)
        while not status.failures:
            await asyncio.sleep(0.01)
            status = await studio.workflows.status(workflow)
        assert notes(settings) == [workflow.id]
        assert maker.made == []
        await run(studio, workflow)
        await until(studio, workflow, is_at(Stage.DONE))


async def test_what_is_changed_meanwhile_is_made_as_it_is_now(settings: Settings) -> None:
    async with window(settings) as studio:
        maker = pretending(studio)
        workflow = await planned(studio)
        await run(studio, workflow)
        await maker.began.wait()
        changed = replace(workflow, prompt="changed")
        await studio.workflows.keep(changed)
        while not maker.cancelled:
            await asyncio.sleep(0.01)
        maker.go.set()
        await until(studio, workflow, is_at(Stage.DONE))
        assert [each.prompt for each in maker.made] == ["changed"]


async def test_a_verb_that_makes_it_is_waited_for(settings: Settings) -> None:
    async with window(settings) as studio, window(settings, screen=False) as verb:
        maker = pretending(studio)
        maker.go.set()
        workflow = await planned(studio)
        async with verb.endings.alone(workflow.id):
            await run(studio, workflow)
            await until(studio, workflow, is_at(Stage.ELSEWHERE))
            assert maker.made == []
        await until(studio, workflow, is_at(Stage.DONE))


async def test_a_window_that_comes_as_the_other_ends_has_nothing_to_tell(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with window(settings) as studio, window(settings, screen=False) as verb:
        pretending(studio)
        workflow = await planned(studio)
        async with verb.endings.alone(workflow.id):
            await run(studio, workflow)
            await until(studio, workflow, is_at(Stage.ELSEWHERE))
            lock = studio.films.lock

            def ended_just_before(workflow_id: str) -> BaseFileLock:
                (note,) = settings.data.rglob("*.due")
                note.unlink()
                return lock(workflow_id)

            monkeypatch.setattr(studio.films, "lock", ended_just_before)
        await until(studio, workflow, lambda ending: ending is None)


async def test_files_are_downloaded_first(settings: Settings) -> None:
    stages: list[Stage] = []
    async with window(replace(settings, download=False)) as studio:
        workflow = await planned(studio)

        def listen(notice: Notice) -> None:
            if isinstance(notice, EndingChanged) and (now := studio.endings.of(workflow.id)):
                stages.append(now.stage)

        studio.subscribe(listen)
        await run(studio, workflow)
        await until(studio, workflow, is_at(Stage.DONE, Stage.FAILED))
    assert list(dict.fromkeys(stages)) == [Stage.FILES, Stage.MAKING, Stage.DONE]
