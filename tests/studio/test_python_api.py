"""The Python API: each documented example runs, and the page shows the very code that ran."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import ima_tui.studio as api
from ima_tui.config.api_key import Key
from ima_tui.config.loader import Settings
from ima_tui.core.clock import ScaledClock
from ima_tui.core.errors import UsageError
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio import Job, State, Studio, TaskType, open_studio

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))
import python_examples as examples  # noqa: E402

pytestmark = pytest.mark.sandbox(speed=1000.0, scenario="[server]\ntimeout_s = 0\n")

Open = Callable[..., AbstractAsyncContextManager[Studio]]
PAGE = (DOCS / "python.md").read_text("utf-8")


async def test_every_task_type_as_documented(
    settings: Settings, unhurried: None, tmp_path: Path
) -> None:
    paths = []
    for name in ("a.png", "b.png"):
        Image.new("RGB", (640, 640), "teal").save(tmp_path / name)
        paths.append(str(tmp_path / name))
    # an upload is signed with the time, so the clock must not run far ahead
    clock, key = ScaledClock(20.0), Key("ima_python_0001", "flag")
    async with open_studio(replace(settings, download=False), clock=clock, key=key) as studio:
        made = await examples.text_to_image(studio)
        jobs: list[Job] = [
            made,
            await examples.image_to_image(studio, paths[0]),
            await examples.text_to_video(studio),
            await examples.image_to_video(studio, paths[0]),
            await examples.first_last_frame(studio, *paths),
            await examples.reference_to_video(studio, made),
            await examples.text_to_music(studio),
            await examples.text_to_speech(studio),
        ]
    assert [job.state for job in jobs] == [State.DONE] * 8
    assert {job.order.task_type for job in jobs} == set(TaskType)
    assert all(job.medias[0].url for job in jobs)
    assert len(made.medias) == 2


def test_the_page_shows_the_code_that_ran() -> None:
    for name, function in inspect.getmembers(examples, inspect.iscoroutinefunction):
        assert inspect.getsource(function) in PAGE, name


def test_the_names_of_the_api_are_there() -> None:
    assert set(api.__all__) == {
        *("ImaError", "Job", "Media", "Order", "State", "Studio", "TaskType", "open_studio"),
    }
    assert all(hasattr(api, name) for name in api.__all__)


async def test_a_quote_sends_nothing_and_says_what_is_wrong(opened: Open, sandbox: Sandbox) -> None:
    async with opened() as studio:
        order = await studio.quote(TaskType.TEXT_TO_IMAGE, "a boat", parameters={"size": "4k"})
        assert order.total > 0
        for wrong in ({"parameters": {"sise": "4k"}}, {"model": "midjurney"}, {"n": 99}):
            with pytest.raises(UsageError):
                await studio.quote(TaskType.TEXT_TO_IMAGE, "a boat", **wrong)  # type: ignore[arg-type]
        with pytest.raises(UsageError):
            await studio.quote(TaskType.IMAGE_TO_VIDEO, "it moves", inputs=["/nowhere.png"])
        with pytest.raises(UsageError):
            await studio.quote(TaskType.TEXT_TO_IMAGE, " ")
    assert sandbox.ledger()["creates"] == []


async def test_an_intent_never_pays_twice(opened: Open, sandbox: Sandbox) -> None:
    async with opened() as studio:
        order = await studio.quote(TaskType.TEXT_TO_IMAGE, "a boat")
        first = await studio.jobs.submit(order, "order-4711")
        await studio.jobs.wait(first.id)
    async with opened() as studio:
        again = await studio.jobs.submit(replace(order), "order-4711")
        assert (await studio.jobs.wait(again.id)).id == first.id
    assert len(sandbox.ledger()["creates"]) == 1


async def test_without_settings_those_of_the_user_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    for name, value in {
        "HOME": str(tmp_path),
        "IMA_TUI_CONFIG": str(tmp_path / "config.toml"),
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "IMA_PREFS_PATH": str(tmp_path / "prefs.json"),
        "IMA_API_KEY": "ima_python_0001",
        "IMA_BASE_URL": sandbox.base_url,
        "IMA_UPLOAD_URL": sandbox.base_url,
    }.items():
        monkeypatch.setenv(name, value)
    async with open_studio() as studio:
        assert studio.connection.has_key
        assert studio.settings.data == tmp_path / "data"
