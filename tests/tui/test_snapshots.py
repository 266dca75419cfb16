"""Each place as it stands at 80x24 and 120x40, letter by letter and colour by colour."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake import KLING, MIDJOURNEY, NOW, T2I, WAN, FakePreference, FakeStudio, done, job
from patience import until
from snapshots import kept, picture
from textual.pilot import Pilot

from ima_tui import i18n
from ima_tui.core.domain import State
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.logs.lines import LogLines
from ima_tui.tui.screens import SCREENS
from ima_tui.tui.shell.job_detail import JobDetail
from ima_tui.tui.widgets.prompt import Prompt

SIZES = ((80, 24), (120, 40))
LOG = (
    (300, "INFO", "submit", "job 2 queued"),
    (120, "ERROR", "judge", "job 2 running -> failed task t-77"),
    (40, "WARNING", "watch", "task t-77 is slow: 处理中"),
    (10, "INFO", "send", "job 1 queued -> sending"),
)


@pytest.fixture(autouse=True)
def in_english_and_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    i18n.use("en")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    path = tmp_path / "ima_tui_20270115.log"
    path.write_text(
        "".join(
            f"{datetime.fromtimestamp(NOW - ago, UTC):%Y-%m-%d %H:%M:%S} "
            f"| {level:<5} | {function:<20} | {message}\n"
            for ago, level, function, message in LOG
        )
    )
    os.utime(path, (NOW - 1, NOW - 1))
    return tmp_path


@pytest.fixture
def studio(logs: Path) -> FakeStudio:
    jobs = (
        done(1, prompt="city skyline at dusk, 4K"),
        job(2, State.FAILED, MIDJOURNEY, prompt="an old map of the moon"),
        job(3, model=WAN, prompt="a puppy dancing happily, sunny meadow"),
        job(4, prompt="旺财在雪地里奔跑，电影感"),
        job(5, State.QUEUED, KLING, prompt="a lighthouse in heavy fog, slow dolly"),
    )
    made = FakeStudio(jobs, logs=logs)
    wish = FakePreference(MIDJOURNEY.model_id, "Midjourney", 8, "2026-11-20T10:00:00Z")
    made.preferences.preferences.rows = {"user_default": {T2I: wish}}
    return made


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("place", [place.id for place in SCREENS])
async def test_a_place_looks_as_it_was_looked_at(
    place: str, size: tuple[int, int], studio: FakeStudio
) -> None:
    app = ImaApp(studio, start=place)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        seen = picture(app.screen)
    assert seen == kept(f"{place}-{size[0]}x{size[1]}", seen)


async def settled(pilot: Pilot[None]) -> None:
    """Until what is read in the background stands there, and the screen stays as it is."""
    screen = pilot.app.screen
    await until(pilot, lambda: any(out in picture(screen) for out in ("in flight", "pts open")))
    if isinstance(screen, ComposeScreen):
        await until(pilot, lambda: screen.reader.can_read)
        await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
    for lines in screen.query(LogLines):
        await until(pilot, lambda lines=lines: "t-77" in picture(screen) and lines)
    for beside in screen.query(JobDetail):
        await until(pilot, lambda beside=beside: "#" in picture(screen) or not beside.display)
    for prompt in screen.query(Prompt):
        prompt.cursor_blink = False
    before = ""
    while before != (before := picture(screen)):
        await pilot.pause(0.05)
