"""Twelve briefs, each pasted into Compose and made by keys alone to one MP4, which is then read."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from patience import until
from test_plan_screen import POLITE, SPEED, app_of, ask_to_run, charged, screen, told, workflow
from test_plan_screen import settings as settings
from textual import events

from ima_tui.config.loader import Settings
from ima_tui.sandbox import uploads
from ima_tui.sandbox.server import Sandbox
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.widgets.prompt import Prompt
from ima_tui.tui.workflow.screen import WorkflowScreen
from ima_tui.workflow import file

sys.path.append(str(Path(__file__).parents[2] / "film"))
pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

from briefs import BRIEFS, check, paint_pictures
from clips import read

pytestmark = pytest.mark.sandbox(
    speed=SPEED * 50, scenario=POLITE.replace("[server]\n", "[server]\nmarks = true\n")
)
SHORT = (2, 9)
"""One in each language, whose films are short; the others are `slow`."""


@pytest.mark.parametrize(
    "brief",
    [
        pytest.param(brief, id=str(place), marks=() if place in SHORT else pytest.mark.slow)
        for place, brief in enumerate(BRIEFS)
    ],
)
async def test_a_brief_becomes_the_film_that_it_tells_by_keys(
    settings: Settings,
    sandbox: Sandbox,
    brief: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(uploads, "CLOCK_SLACK", 1e9)  # two fast clocks drift apart
    monkeypatch.chdir(tmp_path)
    paint_pictures(tmp_path)
    async with app_of(replace(settings, download=True)) as pilot:
        compose = pilot.app.screen
        assert isinstance(compose, ComposeScreen)
        prompt = compose.query_one(Prompt)
        pilot.app.post_message(events.Paste(brief))
        await until(pilot, lambda: prompt.text.strip() == brief.strip())
        await until(pilot, lambda: compose.composer.intent is not None)
        await pilot.press("escape", "W")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))
        await until(pilot, lambda: screen(pilot).facts is not None)
        await ask_to_run(pilot)
        await pilot.press("y")
        if workflow(pilot).film.master:  # type: ignore[union-attr]
            await until(pilot, lambda: "ctrl+j: continue" in told(pilot))
            await ask_to_run(pilot)
            await pilot.press("y")
        await until(pilot, lambda: "The film is ready" in told(pilot))
        made, steps = file.to_json(workflow(pilot)), len(workflow(pilot).steps)
    (path,) = settings.folder.rglob("film-*.mp4")
    check(made, read(path))
    assert len(charged(sandbox)) == steps
