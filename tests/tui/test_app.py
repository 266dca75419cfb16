"""The app: a guest that loads little, hears everything once, and looks right in both themes."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from dataclasses import replace
from importlib import import_module

import pytest
from fake import LEAVES, FakeStudio, job
from patience import until
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from textual.color import Color
from textual.theme import BUILTIN_THEMES
from textual.widgets._toast import Toast

from ima_tui import i18n
from ima_tui.core.domain import State, TaskType
from ima_tui.core.errors import Unreachable
from ima_tui.core.events import (
    ConnectivityChanged,
    JobChanged,
    ListChanged,
    Paused,
    PreferencesChanged,
    ProductList,
)
from ima_tui.tui.app import ImaApp
from ima_tui.tui.queue.screen import QueueScreen
from ima_tui.tui.shell import app_actions
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.shell.frame import BottomLine, TopLine
from ima_tui.tui.terminal import base_app
from ima_tui.tui.theme import theme
from ima_tui.tui.theme.glyphs import AsciiFilter
from ima_tui.tui.widgets.app_context import UpdateBatcher, Updates


def open_app(studio: FakeStudio | None = None, start: str = "queue") -> ImaApp:
    return ImaApp(studio or FakeStudio(), start=start)  # type: ignore[arg-type]


def top_line(app: ImaApp) -> str:
    return app.screen.query_one(TopLine).render_line(0).text


# ---------------------------------------------------------------------------------- loading


def test_nothing_heavy_is_loaded_before_the_first_paint() -> None:
    screens = ", ".join(f"ima_tui.tui.{name}.screen" for name in ("queue", "models", "compose"))
    program = (
        f"import sys, ima_tui.tui.app, {screens}, ima_tui.tui.preferences.screen\n"
        "print(*{'httpx', 'pydantic', 'PIL', 'av', 'starlette', 'keyring'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.split() == []


async def test_a_place_is_loaded_on_its_first_visit() -> None:
    app = open_app(start="queue")
    async with app.run_test() as pilot:
        await pilot.pause()
        assert list(app._screen_stacks) == ["queue"]


async def test_lists_are_fetched_after_the_first_paint_and_the_guest_leaves() -> None:
    studio = FakeStudio()
    async with open_app(studio).run_test() as pilot:
        await pilot.pause()
        assert ("refresh",) in studio.asked
        assert len(studio.listeners) == 1
    assert studio.listeners == []


# ----------------------------------------------------------------------------------- the news


def test_of_many_notices_the_newest_of_each_job_is_left() -> None:
    gatherer = UpdateBatcher()
    assert gatherer.hear(JobChanged(job(1, State.SENDING)))
    assert not gatherer.hear(JobChanged(job(1, State.RUNNING)))
    assert not gatherer.hear(JobChanged(job(2)))
    empty = ProductList(TaskType.TEXT_TO_IMAGE)
    gatherer.hear(ListChanged(empty))
    gatherer.hear(PreferencesChanged())
    news = gatherer.take()
    assert {number: one.state for number, one in news.jobs.items()} == {
        1: State.RUNNING,
        2: State.RUNNING,
    }
    assert news.lists == {TaskType.TEXT_TO_IMAGE: empty}
    assert news.preferences
    assert gatherer.take() == Updates()
    assert gatherer.hear(ConnectivityChanged(None))


async def test_two_hundred_notices_become_one_redraw() -> None:
    studio = FakeStudio()
    app = open_app(studio)
    async with app.run_test() as pilot:
        await pilot.pause()
        heard: list[Updates] = []
        app.news.subscribe(app.screen, heard.append, immediate=True)
        for number in range(200):
            studio.tell(JobChanged(job(number)))
        await until(pilot, lambda: any(news.jobs for news in heard))
        assert [len(news.jobs) for news in heard if news.jobs] == [200]


async def test_a_hidden_place_catches_up_when_it_is_opened() -> None:
    studio = FakeStudio((job(1),))
    app = open_app(studio)
    async with app.run_test() as pilot:
        await pilot.press("1")
        studio.tell(JobChanged(job(2)))
        await until(pilot, lambda: app.totals.out == 10)
        await pilot.press("3")
        queue = app.screen
        assert isinstance(queue, QueueScreen)
        await until(pilot, lambda: sorted(queue.jobs) == [1, 2])


# ---------------------------------------------------------------------------------- the frame


async def test_the_top_line_says_where_one_is_and_what_is_out() -> None:
    app = open_app(FakeStudio((job(1),)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "1 Models 2 Compose [3 Queue]" in " ".join(top_line(app).split())
        assert top_line(app).rstrip().endswith("demo · 5 pts open")


@pytest.mark.parametrize(("language", "told"), [("en", "5 pts open"), ("zh", "在途 5 积分")])
async def test_points_out_keep_their_unit_on_a_small_screen(language: str, told: str) -> None:
    i18n.use(language)
    app = open_app(FakeStudio((job(1),)))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert top_line(app).rstrip().endswith(told)


async def test_trouble_with_the_link_is_said_in_words() -> None:
    studio = FakeStudio()
    app = open_app(studio)
    async with app.run_test(size=(100, 24)) as pilot:
        studio.tell(ConnectivityChanged(Unreachable("refused")))
        await until(pilot, lambda: "can't reach IMA" in top_line(app))
        studio.tell(ConnectivityChanged(None))
        await until(pilot, lambda: "can't reach IMA" not in top_line(app))


async def test_a_pause_is_counted_down_in_the_top_line() -> None:
    studio = FakeStudio()
    app = open_app(studio)
    async with app.run_test(size=(120, 30)) as pilot:
        studio.engine.waiting = ("wait.pause", 281.2)
        studio.tell(Paused(281.2))
        await pilot.pause()
        assert "Retrying in 4:42" in top_line(app)
        assert app._counting is not None, "it is drawn again a second later"
        studio.engine.waiting = ("wait.link", 12.0)
        assert "Can't reach IMA. Retrying in 0:12." in top_line(app)
        studio.tell(ConnectivityChanged(Unreachable("refused")))
        studio.engine.waiting = None  # nothing waits for the connection
        app._count()
        assert app._counting is None, "an idle app draws nothing"
        assert "can't reach IMA" in top_line(app)
        studio.engine.waiting = ("wait.link", 12.0)
        studio.tell(ConnectivityChanged(Unreachable("refused")))
        await until(pilot, lambda: app._counting is not None)
        studio.tell(ConnectivityChanged(None))
        studio.engine.waiting = None
        app._count()
        assert app._counting is None
        assert "pause" not in top_line(app)


async def test_another_endpoint_is_marked() -> None:
    studio = FakeStudio(profile="", custom_endpoint=True, base_url="https://proxy.example:8443/x")
    app = open_app(studio)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        assert "proxy.example:8443" in top_line(app)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 50)])
async def test_the_frame_fills_its_lines_and_never_more(size: tuple[int, int]) -> None:
    app = open_app(FakeStudio(tuple(job(number) for number in range(60))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for kind in (TopLine, BottomLine):
            assert app.screen.query_one(kind).render_line(0).cell_length == size[0]
        assert re.search(r"6 Logs? +(demo|300 pts open)", top_line(app))
        lines = app.screen._compositor.render_strips()
        assert {line.cell_length for line in lines} == {size[0]}
        assert app.screen.query_one(BottomLine).region.bottom == size[1]


async def test_a_click_on_the_top_line_opens_a_place() -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(TopLine, offset=(8, 0))
        await pilot.pause()
        assert app.current_mode == "models"


async def test_a_question_takes_the_keys_until_it_is_answered() -> None:
    app = open_app()
    answers: list[str] = []

    async def answer() -> None:
        answers.append("yes")

    async with app.run_test() as pilot:
        place = app.screen
        assert isinstance(place, QueueScreen)
        place.ask("Spend 5 pts?", answer)
        await pilot.press("1", "s")
        assert app.current_mode == "queue"
        await pilot.press("escape")
        assert answers == []
        assert app.focused is place.table
        place.ask("Spend 5 pts?", answer)
        await pilot.press("y")
        assert answers == ["yes"]
        assert not place.query_one(ConfirmBar).display


async def test_text_of_others_in_a_toast_is_never_markup() -> None:
    app = open_app()
    async with app.run_test() as pilot:
        app.screen.notify("[/nope] [@click=app.quit]x[/]")
        await pilot.pause()
        assert [one.markup for one in app._notifications] == [False]


async def test_a_sentence_that_is_said_again_is_shown_once_and_stays_longer() -> None:
    app = open_app()
    async with app.run_test(notifications=True) as pilot:
        app.notify("Copied.", timeout=30)
        app.notify("Copied.", timeout=60)
        app.notify("Copied.", severity="error")
        app.notify("Saved.")
        await until(pilot, lambda: len(app.screen.query(Toast)) == 3)
        shown = [(one.message, one.severity, one.timeout) for one in app._notifications]
        assert shown[0] == ("Copied.", "information", 60)
        assert [words for words, _, _ in shown] == ["Copied.", "Copied.", "Saved."]


def test_osc_52_is_wrapped_for_tmux_too() -> None:
    plain = base_app.sequence("链接", in_tmux=False)
    assert plain == f"\x1b]52;c;{base64.b64encode('链接'.encode()).decode()}\x07"
    wrapped = base_app.sequence("x", in_tmux=True)
    assert wrapped.endswith("\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\")


async def test_a_bug_ends_in_a_sentence_and_shows_no_variable(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    app = open_app()

    def fault() -> None:
        key = "ima_canary_0123456789"
        raise RuntimeError(len(key))

    async def run() -> None:
        async with app.run_test() as pilot:
            app.call_next(fault)
            await pilot.pause()

    with pytest.raises(RuntimeError):
        await run()
    told = " ".join("".join(capsys.readouterr()).split())
    assert "RuntimeError, test_app.py:" in told
    assert "Your jobs are safe" in told
    assert "canary" not in told + caplog.text
    assert "Traceback" in caplog.text


# ---------------------------------------------------------------------------------- the look


def seen(name: str, colour: str) -> str:
    """The colour as it comes out: terminals with 256 colours get the nearest one."""
    systems = {theme.COARSE: ColorSystem.EIGHT_BIT, theme.FEW: ColorSystem.STANDARD}
    system = next((one for end, one in systems.items() if name.endswith(end)), None)
    if system is None:
        return colour
    return RichColor.parse(colour).downgrade(system).get_truecolor().hex


FOREIGN = [name for name in app_actions.names() if name not in (theme.DARK, theme.LIGHT)]


@pytest.fixture(scope="module", autouse=True)
def adopted() -> None:
    for name in FOREIGN:
        theme.adopted(BUILTIN_THEMES[name])


@pytest.mark.parametrize("name", [*theme.OWN, *FOREIGN])
@pytest.mark.parametrize("ground", theme.GROUNDS)
def test_everything_can_be_read_on_every_ground(name: str, ground: str) -> None:
    tokens = theme.TOKENS[name]
    behind = seen(name, getattr(tokens, ground))
    assert theme.contrast(seen(name, tokens.text), behind) >= 7
    assert theme.contrast(seen(name, tokens.muted), behind) >= 4.5
    # sixteen colours leave no choice of reds; no state is told by colour alone
    least = 4.0 if name.endswith(theme.FEW) else 4.5
    states = ("accent", "ok", "warn", "bad", "info")
    for role in (*states, "image", "video", "music", "speech"):
        assert theme.contrast(seen(name, getattr(tokens, role)), behind) >= least, role


@pytest.mark.parametrize(
    ("wish", "colours", "name"),
    [
        ("ima-light", 0, "ima-light"),
        ("light", 256, "ima-light-256"),
        ("ima-dark-256", 0, "ima-dark"),
        ("ima-dark", 16, "ima-dark-16"),
        ("nord", 256, "nord"),
        ("nonsense", 0, "ima-dark"),
    ],
)
def test_a_theme_for_every_name_and_terminal(wish: str, colours: int, name: str) -> None:
    assert theme.known(wish, colours=colours) == name


async def test_ascii_terminals_get_ascii() -> None:
    studio = FakeStudio((replace(job(1), medias=()),), LEAVES, ascii=True)
    app = open_app(studio)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        plain = AsciiFilter()
        lines = [
            "".join(part.text for part in plain.apply(list(strip), Color(0, 0, 0)))
            for strip in app.screen._compositor.render_strips()
        ]
        assert [line for line in lines if not line.isascii()] == []
        assert any(line.startswith("> o running") for line in lines) or any(
            line.startswith("> ") for line in lines
        )


def test_every_english_sentence_has_an_ascii_form() -> None:
    texts = import_module("ima_tui.i18n.en").TEXTS
    drawn = AsciiFilter().apply([Segment(text) for text in texts.values()], Color(0, 0, 0))
    drawn_so = "".join(part.text for part in drawn)
    assert {sign for sign in drawn_so if not sign.isascii() and sign < "\u3000"} == set()
