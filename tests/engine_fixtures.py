"""A sandbox for each module, and a whole studio on it, on a clock as fast as the sandbox."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ima_tui import cli, i18n
from ima_tui.cli import session
from ima_tui.config import api_key as keys
from ima_tui.config.loader import Settings
from ima_tui.core.clock import ScaledClock
from ima_tui.core.domain import Job
from ima_tui.core.events import JobChanged, Notice
from ima_tui.ledger.job_states import ENDED
from ima_tui.sandbox.server import Sandbox, running_sandbox
from ima_tui.studio.studio import Studio, open_studio

SPEED = 1000.0
KEY = "ima_engine_0001"


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    i18n.use("en")


@pytest.fixture(scope="module")
def _shop() -> Iterator[Sandbox]:
    with running_sandbox(speed=SPEED) as sandbox:
        yield sandbox


@pytest.fixture
def box(_shop: Sandbox) -> Sandbox:
    """As freshly started, without faults, and without deadlines: a busy machine would miss them."""
    _shop.reset()
    _shop.scenario("[server]\ntimeout_s = 0\n")
    return _shop


@pytest.fixture
def settings(box: Sandbox, tmp_path: Path) -> Settings:
    return Settings(
        download=False,
        max_age=10**9,
        base_url=box.base_url,
        upload_url=box.base_url,
        folder=tmp_path / "results",
        preferences=tmp_path / "prefs.json",
        data=tmp_path / "data",
        cache=tmp_path / "cache",
        config_file=tmp_path / "config.toml",
    )


Open = Callable[..., AbstractAsyncContextManager[Studio]]


@pytest.fixture
def opened(settings: Settings) -> Open:
    """opened(patient=…, key=…, **settings): a studio of a screen (patient), or of a script."""

    @asynccontextmanager
    async def open_one(
        *, patient: bool = False, key: str = KEY, **more: Any
    ) -> AsyncIterator[Studio]:
        async with open_studio(
            replace(settings, **more),
            clock=ScaledClock(SPEED),
            key=keys.Key(key, "flag"),
            for_screen=patient,
        ) as studio:
            await studio.begin()
            yield studio

    return open_one


async def until(studio: Studio, job_id: int, good: Callable[[Job], bool]) -> Job:
    """The job as soon as it is as wished; a minute is for ever here."""
    changed = asyncio.Event()

    def listen(notice: Notice) -> None:
        if isinstance(notice, JobChanged) and notice.job.id == job_id:
            changed.set()

    unsubscribe = studio.subscribe(listen)
    try:
        async with asyncio.timeout(60):
            while True:
                changed.clear()
                job = await studio.jobs.get(job_id)
                assert job is not None
                if good(job):
                    return job
                await changed.wait()
    finally:
        unsubscribe()


async def ended(studio: Studio, job_id: int) -> Job:
    return await until(studio, job_id, lambda job: job.state in ENDED)


async def held(studio: Studio, job_id: int) -> Job:
    return await until(studio, job_id, lambda job: job.held or job.state in ENDED)


# ---------------------------------------------------------------------------- the command itself


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def ima(
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """ima("generate", …): one verb in this process, at the sandbox, in an empty home."""
    for name in list(os.environ):
        if name.startswith(("IMA_", "XDG_", "LC_")):
            monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "IMA_TUI_CONFIG": str(tmp_path / "config.toml"),
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "IMA_PREFS_PATH": str(tmp_path / "prefs.json"),
        "IMA_API_KEY": KEY,
        "IMA_BASE_URL": box.base_url,
        "IMA_UPLOAD_URL": box.base_url,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(session, "clock", ScaledClock(SPEED / 10))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Said:
        capfd.readouterr()
        try:
            code = cli.run(list(words))
        except SystemExit as over:
            code = int(str(over.code or 0))
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    return run
