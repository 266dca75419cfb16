"""Projects, stars and tags by keys, in Compose, Queue and Gallery."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from fake import FakeStudio, done, job
from patience import until
from textual.pilot import Pilot
from textual.widgets import Input, Static

from ima_tui.core.domain import Job, State
from ima_tui.core.labels import Mark, MarkChange
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.gallery.screen import GalleryScreen
from ima_tui.tui.queue.screen import QueueScreen
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.shell.label_windows import ProjectPicker, TagsWindow
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.widgets import job_text

SIZE = (120, 40)
HERO = {1: Mark(True, ("hero",))}


def filed(number: int, project: str = "", marks: dict[int, Mark] | None = None) -> Job:
    plain = done(number)
    return replace(plain, order=replace(plain.order, project=project), marks=marks or {})


def app_of(start: str, *jobs: Job, **settings: object) -> ImaApp:
    return ImaApp(FakeStudio(jobs, **settings), start=start)  # type: ignore[arg-type]


def asked(app: ImaApp, verb: str) -> list[tuple[Any, ...]]:
    return [each for each in cast(FakeStudio, app.studio).asked if each[0] == verb]


async def typed(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*text)


async def gallery_of(pilot: Pilot[None], count: int) -> GalleryScreen:
    screen = pilot.app.screen
    assert isinstance(screen, GalleryScreen)
    await until(pilot, lambda: len(screen.wall.keys) == count and screen.choice.current is not None)
    return screen


async def test_a_star_is_set_and_taken_away_by_one_key() -> None:
    app = app_of("gallery", filed(1), filed(2))
    async with app.run_test(size=SIZE) as pilot:
        screen = await gallery_of(pilot, 2)
        await pilot.press("S")
        await until(pilot, lambda: screen.collected[(2, 1)].mark.star)
        await until(
            pilot, lambda: screen.choice.current.job.is_starred if screen.choice.current else False
        )
        await pilot.press("S")
        await until(pilot, lambda: not screen.collected[(2, 1)].mark.star)
        assert [each[2].star for each in asked(app, "mark")] == [True, False]


async def test_tags_are_written_in_a_small_window() -> None:
    app = app_of("gallery", filed(1, marks=HERO))
    async with app.run_test(size=SIZE) as pilot:
        screen = await gallery_of(pilot, 1)
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, TagsWindow))
        await pilot.press("ctrl+u")
        await typed(pilot, "final, ")
        await pilot.press("enter")
        await until(pilot, lambda: screen.collected[(1, 1)].mark.tags == ("final",))
        assert asked(app, "mark")[0][2] == MarkChange(add=("final",), remove=("hero",))
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, TagsWindow))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert len(asked(app, "mark")) == 1


async def test_a_tag_that_is_too_long_is_said_and_the_window_stays() -> None:
    app = app_of("gallery", filed(1, marks=HERO))
    async with app.run_test(size=SIZE) as pilot:
        screen = await gallery_of(pilot, 1)
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, TagsWindow))
        field = app.screen.query_one(Input)
        assert field.cursor_at_end
        field.value = "x" * 100
        await pilot.press("enter")
        assert isinstance(app.screen, TagsWindow)
        assert "xxx" in str(app.screen.query_one("#ask-told", Static).content)
        field.value = ""
        await pilot.press("enter")  # no tags: those that were there go
        await until(pilot, lambda: app.screen is screen)
        await until(pilot, lambda: not screen.collected[(1, 1)].mark.tags)


async def test_the_gallery_finds_and_groups_by_them() -> None:
    app = app_of("gallery", filed(1, "Spring film", HERO), filed(2, "Ads"), filed(3))
    async with app.run_test(size=SIZE) as pilot:
        screen = await gallery_of(pilot, 3)
        for words, found in (("*", [1]), ("#hero", [1]), ("project:ads", [2]), ("spring", [1])):
            groups = screen.collected.arranged(replace(screen.how, filter=words))
            assert [key[0] for group in groups for key in group.keys] == found, words
        groups = screen.collected.arranged(replace(screen.how, sort="project"))
        assert [group.name for group in groups] == ["Ads", "Spring film", "No project"]


async def test_jobs_move_to_a_project_that_is_known_or_new() -> None:
    app = app_of("queue", filed(1, "Ads"), filed(2))
    async with app.run_test(size=SIZE) as pilot:
        screen = cast(QueueScreen, app.screen)
        await until(pilot, lambda: screen.table.current is not None)
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, ProjectPicker))
        await typed(pilot, "ad")
        await pilot.press("enter")
        await until(pilot, lambda: screen.jobs[2].order.project == "Ads")
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, ProjectPicker))
        await typed(pilot, "New one")
        await pilot.press("enter")
        await until(pilot, lambda: screen.jobs[2].order.project == "New one")
        groups = replace(screen.how, group="project").of(screen.jobs.values())
        assert [group.name for group in groups] == ["Ads", "New one"]


async def test_more_like_this_is_paid_for_only_after_a_yes() -> None:
    app = app_of("queue", filed(1, "Ads"))
    async with app.run_test(size=SIZE) as pilot:
        screen = cast(QueueScreen, app.screen)
        await until(pilot, lambda: screen.table.current is not None)
        await pilot.press("M")
        bar = screen.query_one(ConfirmBar)
        await until(pilot, lambda: bar.asking)
        assert "more like #1 for 5 pts" in " ".join(bar.words.split())
        assert asked(app, "submit") == []
        await pilot.press("y")
        await until(pilot, lambda: len(asked(app, "submit")) == 1)
        assert asked(app, "submit")[0][1].project == "Ads"


def test_a_row_and_the_detail_tell_of_them() -> None:
    found = filed(1, "Spring", HERO)
    signs = glyphs(False)
    assert job_text.row(found, 0.0, signs)[3].text.startswith("★ ")
    assert job_text.labels_of(found, signs) == "★ · Project Spring · #hero"
    agent = replace(found.order, client="claude", project="")
    assert job_text.labels_of(replace(found, order=agent, marks={}), signs) == "by claude"


async def test_compose_shows_the_project_and_keeps_it_for_the_next_prompts() -> None:
    jobs = (filed(1, "Ads"), job(2, State.QUEUED))
    app = app_of("compose", *jobs, ask_above=500, after_send="stay")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen) and app.focused)
        screen = cast(ComposeScreen, app.screen)
        await until(pilot, lambda: screen.reader.can_read)
        assert not screen.form.project.display
        await pilot.press("escape", "L")
        await until(pilot, lambda: isinstance(app.screen, ProjectPicker))
        await pilot.press("down", "enter")
        await until(pilot, lambda: screen.form.project.display)
        for number, text in enumerate(("a picture of a fox", "a picture of a boat"), 1):
            screen.prompt.focus()
            screen.prompt.text = text
            await until(pilot, lambda: screen.view.draft_price.quote is not None)
            await pilot.press("ctrl+j")
            await until(pilot, lambda n=number: len(asked(app, "submit")) == n)
        assert [each[1].project for each in asked(app, "submit")] == ["Ads", "Ads"]
        screen.load_order(replace(filed(3).order, project="Film"))
        assert screen.composer.project == "Film"
        screen.load_order(filed(3).order, replaces=2)
        assert screen.composer.project == ""  # an unsent job keeps its own
