"""Logs: only lines that are seen, followed live, found, narrowed; to a job and back."""

from __future__ import annotations

import os
import stat
from datetime import datetime
from pathlib import Path

import pytest
from fake import NOW, FakeStudio, job
from patience import until
from textual.pilot import Pilot
from textual.widgets import Input, Static

from ima_tui.logs.entry import LogLevel
from ima_tui.tui.app import ImaApp
from ima_tui.tui.logs import screen as place
from ima_tui.tui.logs.lines import LogLines, LogTitles
from ima_tui.tui.logs.panes import EntrySide, LogStatusLine
from ima_tui.tui.logs.screen import LogsScreen
from ima_tui.tui.queue.screen import QueueScreen
from ima_tui.tui.shell.job_detail import JobDetail
from ima_tui.tui.shell.picker import Picker

HOUR = 3600


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "LOOK_SECONDS", 0.02)


def line(before_now: float, message: str, level: str = "INFO", function: str = "poll") -> str:
    when = datetime.fromtimestamp(NOW - before_now).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ006
    return f"{when} | {level:<5} | {function:<20} | {message}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "logs"
    path.mkdir()
    (path / "ima_tui_20270115.log").write_text(
        line(40, "job 2 queued", function="submit")
        + line(30, "job 2 running -> failed task t-77", "ERROR", "judge")
        + "    Traceback\n    ValueError\n"
        + line(10, "job 1 queued -> sending", function="send")
    )
    (path / "ima_create_20270115.log").write_text(
        line(2 * HOUR, "an old line", "DEBUG")
        + line(35, "task t-77 is slow", "WARNING", "watch")
        + line(5, "poll 12: 处理中 [/nope] \x1b[31mred")
    )
    for file in path.iterdir():  # as old as their last lines, in the test's own time
        os.utime(file, (NOW - 1, NOW - 1))
    return path


def open_app(folder: Path, start: str = "logs") -> ImaApp:
    studio = FakeStudio((job(1), job(2)), logs=folder, data=folder.parent / "data")
    studio.jobs.rows[2] = job(2, task_id="t-77")
    return ImaApp(studio, start=start)  # type: ignore[arg-type]


def logs(pilot: Pilot[None]) -> LogsScreen:
    screen = pilot.app.screen
    assert isinstance(screen, LogsScreen)
    return screen


def said(pilot: Pilot[None]) -> list[str]:
    return [entry.message for entry in logs(pilot).lines.entries]


def drawn(pilot: Pilot[None]) -> list[str]:
    lines = logs(pilot).lines
    return [lines.render_line(y).text.rstrip() for y in range(lines.size.height)]


def status(pilot: Pilot[None]) -> str:
    return logs(pilot).query_one(LogStatusLine).render_line(0).text.strip()


async def there(pilot: Pilot[None], count: int) -> None:
    """Wait until so many entries are shown, and nothing more is read."""
    await until(
        pilot,
        lambda: (
            len(said(pilot)) == count and not logs(pilot).query_one(LogStatusLine).status.looking
        ),
    )


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


EVERY = [
    "poll 12: 处理中 [/nope] red",
    "job 1 queued -> sending",
    "job 2 running -> failed task t-77",
    "task t-77 is slow",
    "job 2 queued",
    "an old line",
]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
async def test_all_tools_lines_newest_on_top(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder).run_test(size=size) as pilot:
        await there(pilot, 6)
        assert said(pilot) == EVERY
        shown = drawn(pilot)
        assert all(len(one) <= size[0] for one in shown)
        assert "处理中 [/nope] red" in shown[0]
        assert "✗" in shown[2]  # an error is told by a sign and a colour,
        assert ("ERROR" in shown[2]) == (size[0] >= 60)  # and by its word where there is room
        assert "!" in shown[3]
        assert shown[6:] == [""] * len(shown[6:])
        assert status(pilot).startswith("● live")


async def test_an_empty_folder_says_what_belongs_there(tmp_path: Path) -> None:
    async with open_app(tmp_path / "none").run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "No logs in" in " ".join(drawn(pilot)))
        (tmp_path / "none").mkdir()
        append(tmp_path / "none" / "x.log", line(1, "the first"))
        await there(pilot, 1)
        assert "the first" in drawn(pilot)[0]


async def test_what_is_written_shows_by_itself(folder: Path) -> None:
    async with open_app(folder).run_test(size=(80, 24)) as pilot:
        await there(pilot, 6)
        append(folder / "ima_create_20270115.log", line(1, "fresh"))
        await there(pilot, 7)
        assert "fresh" in drawn(pilot)[0]
        await pilot.press("down", "down")
        looked_at = logs(pilot).lines.current
        append(folder / "new_tool.log", line(0, "fresher", "ERROR"))
        await there(pilot, 8)
        assert logs(pilot).lines.current is looked_at  # nothing moved under the eyes
        assert "1 new" in status(pilot)
        await pilot.press("g")
        assert "fresher" in drawn(pilot)[0]
        assert status(pilot).startswith("● live")


async def test_pause_holds_still_and_goes_on(folder: Path) -> None:
    async with open_app(folder).run_test(size=(80, 24)) as pilot:
        await there(pilot, 6)
        await pilot.press("p")
        assert "paused" in status(pilot)
        append(folder / "ima_create_20270115.log", line(1, "meanwhile"))
        await pilot.pause(0.2)
        assert said(pilot) == EVERY
        await pilot.press("p")
        await there(pilot, 7)


@pytest.mark.parametrize(("width", "titled"), [(80, False), (120, True), (200, True)])
async def test_where_there_is_room_the_columns_have_titles(
    folder: Path, width: int, titled: bool
) -> None:
    async with open_app(folder).run_test(size=(width, 40)) as pilot:
        await there(pilot, 6)
        titles = logs(pilot).query_one(LogTitles)
        assert titles.display == titled
        if titled:
            drawn = titles.render_line(0).text
            first = logs(pilot).lines.render_line(0).text
            assert first[drawn.index("TIME") :][:2].isdigit()
            assert drawn.index("LEVEL") > drawn.index("TIME")
            assert drawn.index("MESSAGE") > drawn.index("FUNCTION")


async def test_nothing_new_draws_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(folder).run_test(size=(80, 24)) as pilot:
        await there(pilot, 6)
        await pilot.pause(0.1)
        drawings: list[object] = []
        looks: list[object] = []
        for widget in (LogLines, LogStatusLine):
            monkeypatch.setattr(widget, "refresh", lambda self, *_, **__: drawings.append(self))
        reader = logs(pilot).feed.reader
        follow = reader.follow

        async def counted() -> object:
            looks.append(None)
            return await follow()

        monkeypatch.setattr(reader, "follow", counted)
        await until(pilot, lambda: len(looks) > 5)
        assert drawings == []
        await pilot.press("3")
        await pilot.pause(0.05)
        before = len(looks)
        await pilot.pause(0.2)
        assert len(looks) == before  # nobody looks, so the folder is left alone


async def test_levels_tools_and_jobs_narrow_it(folder: Path) -> None:
    async with open_app(folder).run_test(size=(100, 24)) as pilot:
        await there(pilot, 6)
        await pilot.press("right_square_bracket")
        await there(pilot, 5)
        await pilot.press("right_square_bracket")
        await there(pilot, 2)
        assert "warning and above" in status(pilot)
        await pilot.press("right_square_bracket")
        await there(pilot, 1)
        await pilot.press("right_square_bracket")
        await there(pilot, 6)
        await pilot.press("t")
        assert isinstance(pilot.app.screen, Picker)
        await pilot.press(*"tui", "enter")
        await there(pilot, 3)
        assert "ima_tui" in status(pilot)
        await pilot.press("escape")
        await there(pilot, 6)
        await pilot.press("down", "down", "l")
        await there(pilot, 3)
        assert said(pilot) == [EVERY[2], EVERY[3], EVERY[4]]  # another tool knows its task
        assert "job 2" in status(pilot)
        await pilot.press("l")
        await there(pilot, 6)


async def test_a_filter_without_a_match_says_how_to_see_all(folder: Path) -> None:
    async with open_app(folder).run_test(size=(80, 24)) as pilot:
        await there(pilot, 6)
        await pilot.press("slash", *"nowhere", "enter", "v")
        await there(pilot, 0)
        assert "esc shows all" in " ".join(drawn(pilot))
        await pilot.press("escape")
        await there(pilot, 6)


async def test_found_places_are_counted_and_gone_to(folder: Path) -> None:
    async with open_app(folder).run_test(size=(100, 24)) as pilot:
        await there(pilot, 6)
        await pilot.press("slash", *r"job \d queued", "enter")
        await until(pilot, lambda: "2 matches" in status(pilot))
        await until(pilot, lambda: logs(pilot).lines.cursor == 1)
        await pilot.press("n")
        await until(pilot, lambda: logs(pilot).lines.cursor == 4)
        await pilot.press("N")
        await until(pilot, lambda: logs(pilot).lines.cursor == 1)
        await pilot.press("v")
        await there(pilot, 2)
        assert "only 2 matches" in status(pilot)
        await pilot.press("slash")
        assert logs(pilot).query_one("#ask", Input).value == r"job \d queued"
        await pilot.press("escape", "escape")
        await there(pilot, 6)


@pytest.mark.parametrize(("words", "told"), [("[/nope]", "1 match"), ("(x", "0 matches")])
async def test_what_is_no_pattern_is_taken_as_it_is(folder: Path, words: str, told: str) -> None:
    async with open_app(folder).run_test(size=(100, 24)) as pilot:
        await there(pilot, 6)
        await pilot.press("slash")
        logs(pilot).query_one("#ask", Input).value = words.replace("[", "\\[")
        await pilot.press("enter")
        await until(pilot, lambda: told in status(pilot))


async def test_a_pattern_without_an_end_does_not_hang(folder: Path) -> None:
    append(folder / "a.log", line(3, "a" * 3000 + "!"))
    async with open_app(folder).run_test(size=(100, 24)) as pilot:
        await there(pilot, 7)
        await pilot.press("slash", *"(a|aa)+$", "enter")
        await until(pilot, lambda: "too slow" in status(pilot))


async def test_it_goes_to_a_time(folder: Path) -> None:
    async with open_app(folder).run_test(size=(100, 24)) as pilot:
        await there(pilot, 6)
        await pilot.app.run_action("ask('time')", pilot.app.screen)
        await pilot.press(*"1h", "enter")
        await until(pilot, lambda: logs(pilot).lines.current.message == "an old line")  # type: ignore[union-attr]
        await pilot.app.run_action("ask('time')", pilot.app.screen)
        await pilot.press(*"soon", "enter")
        await pilot.pause()
        assert any("soon" in note.message for note in pilot.app._notifications)


async def test_a_long_log_is_walked_from_end_to_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ima_tui.tui.logs.reader.SLICE", 3600)  # as much as is asked for at once
    (folder / "long.log").write_text("".join(line(9000 - n, f"n{n}") for n in range(9000)))
    async with open_app(folder).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(said(pilot)) > 200)
        await pilot.press("G")
        await until(pilot, lambda: logs(pilot).lines.current.message in ("n0",))  # type: ignore[union-attr]
        assert len(said(pilot)) <= 4_000
        for _ in range(30):
            await pilot.press("pageup")
        await until(pilot, lambda: "n660" in said(pilot))
        await pilot.press("g")
        await until(pilot, lambda: said(pilot)[:1] == ["n8999"])
        for _ in range(20):
            await pilot.press("pagedown")
        await until(pilot, lambda: len(said(pilot)) > 500)
        assert logs(pilot).lines.current.message.startswith("n86")  # type: ignore[union-attr]


async def test_an_entry_is_shown_whole(folder: Path) -> None:
    async with open_app(folder).run_test(size=(80, 24)) as pilot:
        await there(pilot, 6)
        await pilot.press("down", "down", "enter")
        screen = logs(pilot)
        facts = str(screen.query_one("#log-facts", Static).content)
        text = str(screen.query_one("#log-text", Static).content)
        assert "ERROR · judge · job 2 · ima_tui_20270115.log" in facts
        assert text == "job 2 running -> failed task t-77\n    Traceback\n    ValueError"
        await pilot.press("up", "up")
        assert "[/nope]" in str(screen.query_one("#log-text", Static).content)
        await pilot.press("enter")
        assert not screen.has_class("-detail")


async def test_very_wide_shows_the_entry_and_its_job_beside_the_lines(folder: Path) -> None:
    async with open_app(folder).run_test(size=(200, 60)) as pilot:
        await there(pilot, 6)
        side = logs(pilot).query_one(EntrySide)
        facts = side.query_one("#detail-facts", Static)
        assert side.region.right == 200
        assert logs(pilot).lines.region.right <= side.region.x
        assert not side.query_one(JobDetail).display
        await pilot.press("down", "down")
        await until(pilot, lambda: side.query_one(JobDetail).display)
        text = str(side.query_one("#log-text", Static).content)
        assert text.endswith("Traceback\n    ValueError")
        assert "job 2" in str(side.query_one("#log-facts", Static).content)
        assert logs(pilot).studio.jobs.rows[2].order.prompt in str(facts.content)
        await pilot.press("up", "up")
        await until(pilot, lambda: not side.query_one(JobDetail).display)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: not side.display)


async def test_from_a_job_to_its_lines_and_back(folder: Path) -> None:
    async with open_app(folder, start="queue").run_test(size=(100, 24)) as pilot:
        queue = pilot.app.screen
        assert isinstance(queue, QueueScreen)
        await until(pilot, lambda: len(queue.table.order) == 2)
        queue.table.move_to(2)
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogsScreen))
        await there(pilot, 3)
        assert "job 2" in status(pilot)
        await pilot.press("J")
        await until(pilot, lambda: pilot.app.screen is queue)
        assert queue.table.cursor == 2
        queue.table.move_to(1)
        await pilot.press("l")
        await there(pilot, 1)


async def test_a_job_that_nobody_knows_is_said_so(folder: Path) -> None:
    append(folder / "a.log", line(1, "job 99 queued"))
    async with open_app(folder).run_test(size=(100, 24)) as pilot:
        await there(pilot, 7)
        await pilot.press("J")
        await pilot.pause()
        assert isinstance(pilot.app.screen, LogsScreen)
        assert any("99" in note.message for note in pilot.app._notifications)


async def test_what_is_shown_is_written_to_a_private_file(folder: Path) -> None:
    async with open_app(folder).run_test(size=(100, 24)) as pilot:
        await there(pilot, 6)
        await pilot.press("right_square_bracket", "right_square_bracket")
        await there(pilot, 2)
        await pilot.press("w")
        exports = folder.parent / "data" / "exports"
        await until(pilot, lambda: pilot.app._notifications)
        (path,) = exports.iterdir()
        lines = path.read_text("utf-8").splitlines()
        assert [one.rpartition(" | ")[2] for one in lines] == [
            "task t-77 is slow", "job 2 running -> failed task t-77", "    Traceback",
            "    ValueError",
        ]  # fmt: skip
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_line_is_copied(folder: Path) -> None:
    async with open_app(folder).run_test(size=(100, 24)) as pilot:
        await there(pilot, 6)
        await pilot.press("down", "c")
        assert pilot.app.clipboard.endswith("| ima_tui | send | job 1 queued -> sending")


async def test_every_level_has_a_sign() -> None:
    from ima_tui.tui.logs.lines import MARKS

    assert set(MARKS) == set(LogLevel)
    signs = [plain for _, plain, _ in MARKS.values()]
    assert len(set(signs)) == len(signs)
