"""Gallery: every result, seen, found, compared, handed on, saved, deleted with a word."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake import KLING, NOW, WAN, FakeStudio, done, job
from patience import until
from PIL import Image
from rich.color import ColorSystem
from textual.pilot import Pilot
from textual.widgets import Input, Static

from ima_tui import i18n
from ima_tui.core.domain import (
    Job,
    Media,
    State,
    TaskType,
)
from ima_tui.core.events import JobChanged
from ima_tui.i18n import say
from ima_tui.imaging.terminal import PLACEHOLDER
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.gallery import actions
from ima_tui.tui.gallery.detail import CompareScreen, ResultDetail
from ima_tui.tui.gallery.screen import GalleryScreen
from ima_tui.tui.gallery.tile_grid import TileGrid
from ima_tui.tui.images.preview import Preview
from ima_tui.tui.queue.screen import QueueScreen
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.shell.frame import BottomLine, HintLine
from ima_tui.tui.shell.list_screen import ListStatus
from ima_tui.tui.shell.viewer import ViewerScreen
from ima_tui.tui.widgets.job_text import length_words

SIZE = (120, 40)


@pytest.fixture
def path(tmp_path: Path) -> Callable[[str], str]:
    def make(name: str) -> str:
        image = Image.new("RGB", (64, 36), "#102030")
        image.paste("#c04020", (0, 0, 32, 36))
        image.save(tmp_path / name)
        return str(tmp_path / name)

    return make


def app_of(*jobs: Job, **settings: object) -> ImaApp:
    return ImaApp(FakeStudio(jobs, **settings), start="gallery")  # type: ignore[arg-type]


def gallery(pilot: Pilot[None]) -> GalleryScreen:
    screen = pilot.app.screen
    assert isinstance(screen, GalleryScreen)
    return screen


def facts(screen: GalleryScreen) -> str:
    return str(screen.query_one("#placard-facts", Static).content)


def standing(screen: GalleryScreen) -> str:
    return screen.query_one(ListStatus).render_line(0).text.strip()


def lines(wall: TileGrid) -> str:
    return "\n".join(wall.render_line(y).text for y in range(wall.size.height))


async def ready(pilot: Pilot[None], count: int) -> GalleryScreen:
    screen = gallery(pilot)
    await until(pilot, lambda: screen._loaded and len(screen.wall.keys) == count)
    await until(pilot, lambda: screen.choice.current is not None or not count)
    return screen


# --------------------------------------------------------------------------------------- the wall


async def test_every_result_of_every_done_job_hangs_here_with_its_picture(
    path: Callable[[str], str],
) -> None:
    medias = tuple(Media(f"https://ima.example/{at}", path=path(f"{at}.png")) for at in range(3))
    app = app_of(done(1, medias=medias), job(2), done(3, path("c.png"), prompt="旺财"))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 4)
        assert set(screen.wall.keys) == {(1, 1), (1, 2), (1, 3), (3, 1)}
        assert screen.wall.tiles
        await until(pilot, lambda: lines(screen.wall).count("▀") > 200)
        assert "旺财" in lines(screen.wall)
        preview = screen.query_one(ResultDetail).preview
        await until(pilot, lambda: preview.shown)
        assert preview.shown is not None
        assert preview.shown.facts.width == 64


async def test_an_empty_wall_says_how_something_comes_to_hang_on_it() -> None:
    async with app_of().run_test(size=(60, 20)) as pilot:
        screen = await ready(pilot, 0)
        await until(pilot, lambda: "Results of finished jobs" in lines(screen.wall))
        assert not screen.query_one("#facts-pane").display


@pytest.mark.parametrize(
    ("size", "tiles", "placard"),
    [
        ((60, 20), False, False),
        ((80, 24), False, True),
        ((120, 40), True, True),
        ((200, 60), True, True),
    ],
)
async def test_one_pane_two_or_three_by_width(
    path: Callable[[str], str], size: tuple[int, int], tiles: bool, placard: bool
) -> None:
    app = app_of(done(1, path("a.png")))
    async with app.run_test(size=size) as pilot:
        screen = await ready(pilot, 1)
        await until(pilot, lambda: screen.wall.tiles is tiles)
        assert screen.query_one("#facts-pane").display is placard
        await pilot.press("v")
        if size[0] < 80:
            assert screen.query_one("#facts-pane").display
            pane = screen.query_one("#wall-pane")
            assert (pane.size.width, screen.wall.has_focus) == (0, True)
        else:
            assert screen.wall.tiles is not tiles


async def test_tiles_grow_into_the_lines_that_are_left(path: Callable[[str], str]) -> None:
    app = app_of(*(done(number, path("a.png")) for number in range(1, 5)))
    async with app.run_test(size=(200, 60)) as pilot:
        screen = await ready(pilot, 4)
        await until(pilot, lambda: screen.wall.tiles)
        painter = screen.wall._painter
        assert painter.picture_high == painter.picture_wide // 2  # a square
        assert screen.wall._hanging.lines <= screen.wall.size.height
        await pilot.resize_terminal(200, 40)
        await until(pilot, lambda: screen.wall.size.height < 40)
        assert screen.wall._hanging.lines <= screen.wall.size.height


def test_a_length_has_a_blank_before_its_unit() -> None:
    i18n.use("en")
    assert [length_words(one) for one in ("5s", "12.5s", "0:12", "")] == [
        "5 s",
        "12.5 s",
        "0:12",
        "",
    ]
    i18n.use("zh")
    assert length_words("5s") == "5 秒"
    i18n.use("en")


async def test_twenty_thousand_results_cost_what_is_seen(
    path: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = path("a.png")
    app = app_of(*(done(number, picture) for number in range(1, 20_001)))
    asked: list[str] = []
    async with app.run_test(size=SIZE) as pilot:
        draw = app.graphics.picture

        async def counted(path: str, *how: int, **more: object) -> object:
            asked.append(path)
            return await draw(path, *how, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(app.graphics, "picture", counted)
        screen = await ready(pilot, 20_000)
        await until(pilot, lambda: "▀" in lines(screen.wall))
        await pilot.press("G")
        await until(pilot, lambda: screen.wall.cursor == screen.wall.keys[-1])
        started = time.process_time()
        for _ in range(5):
            await pilot.press("k")
        assert time.process_time() - started < 2
        await pilot.press("g")
        await pilot.pause(0.3)
        assert len(asked) < 120
        assert "20000 results" in standing(screen)


async def test_filter_kind_and_sort_say_what_they_hide(path: Callable[[str], str]) -> None:
    app = app_of(
        done(1, path("a.png"), prompt="a fox"),
        done(2, path("b.png"), prompt="a whale"),
        done(3, "", WAN, prompt="a fox runs"),
    )
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 3)
        await pilot.press("slash", *"fox")
        await until(pilot, lambda: set(screen.wall.keys) == {(1, 1), (3, 1)})
        assert "1 hidden" in standing(screen)
        await pilot.press("enter", "t", "t")
        await until(pilot, lambda: screen.wall.keys == [(3, 1)])
        assert "videos" in standing(screen)
        await pilot.press("escape")
        await until(pilot, lambda: len(screen.wall.keys) == 3)
        assert screen.query_one("#filter", Input).value == ""
        await pilot.press("s")
        await until(pilot, lambda: "oldest first" in standing(screen))


async def test_news_come_in_while_it_is_open_and_while_it_is_hidden(
    path: Callable[[str], str],
) -> None:
    app = app_of(done(1, path("a.png")))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 1)
        studio = app.studio
        assert isinstance(studio, FakeStudio)
        studio.tell(JobChanged(done(2, path("b.png"), revision=5)))
        await until(pilot, lambda: len(screen.wall.keys) == 2)
        assert screen.wall.cursor == (1, 1)
        await pilot.press("3")
        assert isinstance(app.screen, QueueScreen)
        studio.tell(JobChanged(done(3, path("c.png"), revision=6)))
        await pilot.pause(0.3)
        assert len(screen.wall.keys) == 2
        await pilot.press("4")
        await until(pilot, lambda: len(screen.wall.keys) == 3)


async def test_over_a_slow_line_nothing_is_drawn_unasked(path: Callable[[str], str]) -> None:
    app = app_of(done(1, path("a.png")), preview=False)
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 1)
        preview = screen.query_one(ResultDetail).preview
        await pilot.pause(0.3)
        assert not screen.wall.tiles
        assert (preview.media, preview.display) == (None, False)
        assert "enter shows it" in facts(screen)
        await pilot.app.run_action("draw('images')", pilot.app.screen)
        await until(pilot, lambda: preview.shown and "▀" in lines(screen.wall))


async def test_what_is_known_of_a_result_stands_beside_it(path: Callable[[str], str]) -> None:
    media = Media(
        "https://ima.example/a.png", format="png", width=64, height=36, path=path("a.png")
    )
    gone = Media("https://ima.example/b.png", path="/nowhere/b.png")
    app = app_of(
        done(1, medias=(media, gone), prompt="a fox [bold]"),
        done(2, "", prompt="long ago", sent_at=NOW - 9e5, ended_at=NOW - 8e5),
    )
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 3)
        told = facts(screen)
        for words in ("#1  SeeDream 4.5 · 1 of 2", "a fox [bold]", "2560x1440", "64x36", "5 pts"):
            assert words in told
        assert media.path in told
        assert "works until" in told
        await pilot.press("right")
        await until(pilot, lambda: "local file is missing" in facts(screen))
        await pilot.press("right")
        await until(pilot, lambda: "there is no local file" in facts(screen))


async def test_broken_and_absent_files_are_sentences_on_the_wall(tmp_path: Path) -> None:
    broken = tmp_path / "a.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n no")
    app = app_of(done(1, str(broken)), done(2, ""), job(3, State.FETCHING, medias=(Media("u"),)))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 3)
        await until(pilot, lambda: "This file can't be" in lines(screen.wall))
        assert "Not downloaded" in lines(screen.wall)
        assert "Downloading" in lines(screen.wall)


# ------------------------------------------------------------------------------------- the viewer


async def test_the_viewer_turns_through_the_wall_and_comes_back_where_one_stood(
    path: Callable[[str], str],
) -> None:
    app = app_of(*(done(number, path(f"{number}.png")) for number in (1, 2, 3)))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 3)
        keys = list(screen.wall.keys)
        await pilot.press("enter")
        assert isinstance(app.screen, ViewerScreen)
        await pilot.press("right", "right", "escape")
        assert screen.wall.cursor == keys[2]


@pytest.mark.parametrize("cells", [200, 80, 44, 20])
async def test_the_viewer_always_names_the_key_that_closes_it(
    cells: int, path: Callable[[str], str]
) -> None:
    app = app_of(*(done(number, path(f"{number}.png")) for number in (1, 2, 3)))
    async with app.run_test(size=(200, 60)) as pilot:
        await ready(pilot, 3)
        await pilot.press("enter")
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.is_picture and preview.lens.can_zoom(2))
        shown, _ = app.screen.query_one(BottomLine).parts(cells)
        told = "".join(text for text, _ in shown)
        assert told.endswith("esc close")
        assert ("+ zoom in" in told) == (cells == 200)


async def test_two_are_compared_at_the_same_place(path: Callable[[str], str]) -> None:
    app = app_of(done(1, path("a.png")), done(2, path("b.png"), prompt="another"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot, 2)
        assert screen.check_action("compare", (True,)) is False
        await pilot.press("equals_sign")
        assert [toast.message for toast in app._notifications] == [say("gallery.compare_how")]
        await pilot.press("space", "space")
        await until(pilot, lambda: len(screen.choice._marked) == 2)
        assert "2 marked" in standing(screen)
        await pilot.press("equals_sign")
        compared = app.screen
        assert isinstance(compared, CompareScreen)
        left, right = compared.previews
        await until(pilot, lambda: left.shown and right.shown)
        assert left.size.width == right.size.width == 38
        await pilot.press("plus", "down")
        assert left.lens == right.lens
        assert left.lens.zoom == 2
        first = compared.query("CompareSide").first()
        await pilot.press("tab")
        assert compared.query("CompareSide").first() is not first
        await pilot.press("escape")
        assert app.screen is screen


# ------------------------------------------------------------------------------------ the actions


async def test_a_picture_becomes_an_input_of_compose(path: Callable[[str], str]) -> None:
    picture = path("a.png")
    app = app_of(done(1, picture))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, 1)
        await pilot.press("i")
        compose = app.screen
        assert isinstance(compose, ComposeScreen)
        await until(
            pilot, lambda: compose.composer.draft and compose.composer.draft.inputs == (picture,)
        )
        assert compose.composer.task_type.takes_inputs


async def test_a_film_is_no_input_and_a_picture_that_is_not_here_goes_as_a_link() -> None:
    app = app_of(done(1, "", WAN), done(2, ""))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 2)
        screen.wall.move_to((1, 1))
        await until(pilot, lambda: screen.choice.current and screen.choice.current.job.id == 1)
        assert screen.check_action("do", ("use",)) is False
        screen.wall.move_to((2, 1))
        await until(pilot, lambda: screen.choice.current and screen.choice.current.job.id == 2)
        await pilot.press("2")
        compose = app.screen
        assert isinstance(compose, ComposeScreen)
        compose.load_model(KLING)
        await pilot.press("alt+4", "i")
        link = ("https://ima.example/a.png",)
        await until(pilot, lambda: compose.composer.draft and compose.composer.draft.inputs == link)
        assert compose.composer.task_type is TaskType.IMAGE_TO_VIDEO


async def test_a_variant_opens_compose_with_the_same_order(path: Callable[[str], str]) -> None:
    app = app_of(done(1, path("a.png"), prompt="a fox at night"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, 1)
        await pilot.press("d")
        compose = app.screen
        assert isinstance(compose, ComposeScreen)
        assert compose.prompt.text == "a fox at night"


async def test_its_job_its_link_and_its_path_are_a_key_away(
    path: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = path("a.png")
    app = app_of(done(1, picture))
    copied: list[str] = []
    opened: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    monkeypatch.setattr(actions, "open_file", lambda path: bool(opened.append(path)) or True)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, 1)
        await pilot.press("c", "C", "o")
        assert copied == ["https://ima.example/a.png", picture]
        assert opened == [picture]
        await pilot.press("J")
        queue = app.screen
        assert isinstance(queue, QueueScreen)
        await until(pilot, lambda: queue.table.cursor == 1)


async def test_a_copy_goes_where_the_person_says(
    path: Callable[[str], str], tmp_path: Path
) -> None:
    picture = path("a.png")
    app = app_of(done(1, picture), hints=True, data=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 1)
        await until(pilot, lambda: screen.query_one(HintLine).display)
        await pilot.press("w")
        field = screen.query_one("#save", Input)
        assert field.has_focus
        await pilot.pause()
        assert screen.get_widget_at(*field.region.offset)[0] is field, "the hint covered it"
        field.value = f"{tmp_path}/copy.png"
        await pilot.press("enter")
        studio = app.studio
        assert isinstance(studio, FakeStudio)
        await until(pilot, lambda: ("copy", picture, f"{tmp_path}/copy.png") in studio.asked)
        assert not screen.query_one("#save-row").display
        await pilot.press("w", "escape")
        assert not screen.query_one("#save-row").display
        assert screen.wall.has_focus


async def test_a_file_is_deleted_after_a_deliberate_yes_alone(path: Callable[[str], str]) -> None:
    app = app_of(done(1, path("a.png")))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 1)
        studio = app.studio
        assert isinstance(studio, FakeStudio)
        await pilot.press("D")
        question = screen.query_one(ConfirmBar)
        await until(pilot, lambda: question.asking)
        assert "f can download again until" in question._words
        await pilot.press("enter")
        assert ("discard", 1, 1) not in studio.asked
        await pilot.press("y")
        await until(pilot, lambda: ("discard", 1, 1) in studio.asked)
        await until(pilot, lambda: "Not downloaded" in facts(screen))


async def test_forgetting_takes_a_job_off_the_wall_and_undo_brings_it_back(
    path: Callable[[str], str],
) -> None:
    app = app_of(done(1, path("a.png")), done(2, path("b.png")))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 2)
        key = screen.wall.cursor
        await app.run_action("do('forget')", screen)
        await until(pilot, lambda: len(screen.wall.keys) == 1)
        assert "u: undo" in standing(screen)
        await pilot.press("u")
        await until(pilot, lambda: len(screen.wall.keys) == 2)
        assert key in screen.wall.keys


async def test_a_click_chooses_and_two_open(path: Callable[[str], str]) -> None:
    app = app_of(done(1, path("a.png")), done(2, path("b.png")))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot, 2)
        await pilot.click(TileGrid, offset=(45, 4))
        assert screen.wall.cursor == screen.wall.keys[1]
        await pilot.click(TileGrid, offset=(45, 4), times=2)
        await until(pilot, lambda: isinstance(app.screen, ViewerScreen))


async def test_in_kitty_the_wall_hangs_real_pictures_and_numbers_are_never_confused(
    path: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ima_tui.tui.images.graphics.MOST_NUMBERS", 6)
    app = app_of(*(done(number, path(f"{number}.png")) for number in range(1, 41)), images="kitty")
    sent: list[str] = []
    async with app.run_test(size=SIZE) as pilot:
        monkeypatch.setattr(app.graphics.shelf, "_write", lambda text: sent.append(text))
        screen = await ready(pilot, 40)
        preview = screen.query_one(ResultDetail).preview
        await until(pilot, lambda: preview.shown and PLACEHOLDER in lines(screen.wall))
        first = preview.shown
        for _ in range(12):
            screen.wall.scroll_relative(y=10, animate=False)
            await pilot.pause(0.15)
        await app.workers.wait_for_complete()
        assert first is not None
        assert app.graphics.shelf.is_good(first)  # it hangs, and so it was not dropped
        uploads = re.findall(r"a=T,U=1,f=100,i=(\d+)", "".join(sent))
        deleted = re.findall(r"a=d,d=I,q=2,i=(\d+)", "".join(sent))
        assert len(uploads) - len(deleted) <= 6
        alive = {*app.graphics.shelf._alive}
        drawn = {
            number
            for y in range(screen.wall.size.height)
            for segment in screen.wall.render_line(y)
            if PLACEHOLDER in segment.text and segment.style and segment.style.color
            for number in (segment.style.color.downgrade(ColorSystem.EIGHT_BIT).number,)
        }
        assert drawn <= alive  # no cell shows a picture that is no more, or another one's
