"""`--read-only` holds below the keys: every verb that writes refuses, and no byte is different."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ima_tui.catalogue import order
from ima_tui.compose.draft_store import SavedDraft, Templates
from ima_tui.config import loader
from ima_tui.config.api_key import Key
from ima_tui.config.loader import Settings
from ima_tui.core.clock import ScaledClock
from ima_tui.core.domain import (
    Draft,
    Job,
    Order,
    State,
    TaskType,
)
from ima_tui.core.errors import ImaError
from ima_tui.logs.filter import LogFilter
from ima_tui.logs.window import export
from ima_tui.preferences.file import DroppedPreference, Preference
from ima_tui.sandbox.server import running_sandbox
from ima_tui.studio.studio import Studio, open_studio
from ima_tui.workflow.steps import Workflow

T2I = TaskType.TEXT_TO_IMAGE
KEY = Key("ima_canary_0123456789", "flag")
PLAN = Workflow("ab" * 8, "a film of a fox", ())
FOX = SavedDraft("a fox", name="Fox")
DROPPED = DroppedPreference("someone", T2I, Preference("m", "M", 5, ""))


def everything_in(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


async def suggested(studio: Studio) -> Order:
    await studio.catalogue.fresh(T2I)
    model = studio.catalogue.suggested(T2I)
    assert model is not None
    return order.place(model, Draft(T2I, model.model_id, model.version, prompt="a fox"))[0]


async def made(settings: Settings) -> tuple[Job, Order]:
    """A finished job with a result, a kept plan, a template, a wish: what could be spoiled."""
    async with open_studio(settings, clock=ScaledClock(500), key=KEY) as studio:
        wish = await suggested(studio)
        job = await done(studio, (await studio.jobs.submit(wish)).id)
        model = studio.catalogue.suggested(T2I)
        assert model is not None
        await studio.preferences.prefer(T2I, model)
        await studio.config_editor.put("look.theme", "textual-dark")
        await studio.workflows.keep(PLAN)
        Templates(settings.data / "templates").save(FOX)
    return job, wish


async def done(studio: Studio, job_id: int) -> Job:
    while True:
        job = await studio.jobs.get(job_id)
        assert job is not None
        if job.state is State.DONE:
            return job
        await studio.clock.sleep(1)


def writing(
    studio: Studio, settings: Settings, job: Job, wish: Order
) -> dict[str, Callable[[], Awaitable[object]]]:
    """Every verb that sends, writes or deletes, by what it is called."""
    model = studio.catalogue.suggested(T2I)
    assert model is not None
    templates = Templates(settings.data / "templates", settings.for_writing)

    async def save_template() -> None:
        templates.save(FOX)

    async def delete_template() -> None:
        templates.delete("Fox")

    return {
        "submit": lambda: studio.jobs.submit(wish),
        "submit several": lambda: studio.jobs.submit_all([("one", wish), ("two", wish)]),
        "again": lambda: studio.jobs.again(job.id),
        "arrange": lambda: studio.jobs.arrange([job.id]),
        "forget": lambda: studio.jobs.forget(job.id),
        "fetch": lambda: studio.jobs.fetch(job.id),
        "discard": lambda: studio.gallery.discard(job.id, 1),
        "copy": lambda: studio.gallery.copy(job.medias[0], str(settings.folder / "copy.png")),
        "prefer": lambda: studio.preferences.prefer(T2I, model),
        "unprefer": lambda: studio.preferences.unprefer(T2I),
        "bring back": lambda: studio.preferences.bring_back([DROPPED]),
        "let go": lambda: studio.preferences.let_go([DROPPED]),
        "setting": lambda: studio.config_editor.put("look.theme", "nord"),
        "setting dropped": lambda: studio.config_editor.drop("look.theme"),
        "keep plan": lambda: studio.workflows.keep(replace(PLAN, prompt="another")),
        "drop plan": lambda: studio.workflows.drop(PLAN.id),
        "save template": save_template,
        "delete template": delete_template,
        "export log": lambda: export(settings, LogFilter(), studio.clock.time()),
        "keep key": lambda: studio.connection.set_key("ima_another_key_01", keep="file"),
    }


async def test_every_verb_that_writes_refuses_and_nothing_is_different(tmp_path: Path) -> None:
    with running_sandbox(speed=500) as box:
        settings = replace(
            loader.load({}, {"IMA_TUI_CONFIG": str(tmp_path / "config.toml")}),
            base_url=box.base_url,
            upload_url=box.base_url,
            data=tmp_path / "data",
            cache=tmp_path / "cache",
            folder=tmp_path / "out",
            logs=tmp_path / "logs",
            preferences=tmp_path / "ima_prefs.json",
        )
        job, wish = await made(settings)
        before, sent = everything_in(tmp_path), box.ledger()["creates"]
        assert job.medias[0].path
        assert len(sent) == 1
        looking = replace(settings, read_only=True)
        went_through: list[str] = []
        async with open_studio(looking, clock=ScaledClock(500), key=KEY) as studio:
            await studio.catalogue.fresh(T2I)
            for name, verb in writing(studio, looking, job, wish).items():
                try:
                    await verb()
                except ImaError as error:
                    if error.key != "error.looking":
                        went_through.append(f"{name}: {error.key}")
                else:
                    went_through.append(name)
                assert everything_in(tmp_path) == before, name
        assert went_through == []
        assert everything_in(tmp_path) == before
        assert box.ledger()["creates"] == sent


def test_the_gate_opens_for_everybody_else() -> None:
    settings = Settings()
    assert settings.for_writing() is settings
    with pytest.raises(ImaError):
        replace(settings, read_only=True).for_writing()
