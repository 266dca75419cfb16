"""Fixtures that every package's tests share: the language, one sandbox, settings that lead to it.

Imports of the product stand inside the fixtures, so that a test of one module loads that module.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from batch_person import Person, Said

    from ima_tui.config.loader import Settings
    from ima_tui.sandbox.server import Sandbox
    from ima_tui.studio.studio import Studio

# a run started in the background ignores SIGINT, and every child would inherit that
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis_settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
hypothesis_settings.load_profile("suite")


MEMORY = Path("/dev/shm")
"""Files of tests are in memory where Linux has such a place: thousands of small databases are
flushed, which a disk takes longer for than all that the tests do."""
ROOM = 4_000_000_000


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """On all cores where pytest-xdist is installed, unless `-n` or `-p no:xdist` says otherwise."""
    if hasattr(config, "workerinput"):
        return  # a worker that started workers of its own would never end
    if config.pluginmanager.hasplugin("xdist") and config.option.numprocesses is None:
        config.option.numprocesses = "auto"
        config.option.dist = "worksteal"
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: there is always a test that waits for a process or a pty."""
    return 1 + (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exempt the modules and the thousands of tests from garbage collection.

    Going through them again and again took a quarter of the processor time of a screen's test.
    """
    gc.disable()
    found = yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()
    return found


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Look for what was never closed once; pytest would go through all modules five times."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Each test starts in English, whatever the one before it chose."""
    from ima_tui import i18n

    i18n.use("en")
    yield
    i18n.use("en")


@pytest.fixture(autouse=True)
def keys_that_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of a test come faster than the auto-repeat of a keyboard, and each one is meant."""
    if "textual" in sys.modules:
        from ima_tui.tui.shell import confirm_bar

        monkeypatch.setattr(confirm_bar, "HELD", 0.0)


# ------------------------------------------------------------------------------ the sandbox


@pytest.fixture(scope="session")
def sandbox_at() -> Iterator[Callable[[float], Sandbox]]:
    """sandbox_at(speed): one running sandbox per speed, kept for the whole session."""
    from ima_tui.sandbox.server import running_sandbox

    running: dict[float, Sandbox] = {}
    with ExitStack() as stack:

        def start(speed: float) -> Sandbox:
            if speed not in running:
                running[speed] = stack.enter_context(running_sandbox(speed=speed))
            return running[speed]

        yield start


@pytest.fixture
def sandbox(
    request: pytest.FixtureRequest,
    sandbox_at: Callable[[float], Sandbox],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Sandbox]:
    """A sandbox as if freshly started.

    `@pytest.mark.sandbox(speed=1000.0, scenario="…", strict=False)` says how fast its clock runs,
    which faults it has, and whether a broken rule of the service fails the test.
    """
    marker = request.node.get_closest_marker("sandbox")
    given: dict[str, Any] = marker.kwargs if marker else {}
    running = sandbox_at(given.get("speed", 1000.0))
    running.reset()  # first: it brings the first settings back
    running.scenario("[server]\n")  # the table resets the server's own figures too
    # without it, a job times out within a second of a busy machine
    running.scenario(given.get("scenario", "[server]\ntimeout_s = 0\n"))
    # a fast clock would let a lease run out while a busy machine does not come to renew it
    monkeypatch.setattr("ima_tui.runner.scheduler.LEASE_SECONDS", 30.0 * running.speed)
    yield running
    if given.get("strict"):
        assert running.ledger()["violations"] == []


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    """The defaults, with every folder under `tmp_path` and the sandbox as the service."""
    from ima_tui.config import loader

    plain = loader.load({}, {"IMA_TUI_CONFIG": str(tmp_path / "config.toml")})
    return replace(
        plain,
        base_url=sandbox.base_url,
        upload_url=sandbox.base_url,
        data=tmp_path / "data",
        cache=tmp_path / "cache",
        folder=tmp_path / "out",
        preferences=tmp_path / "ima_prefs.json",
    )


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits by a clock a thousand times as fast, as long as a busy machine needs them to be.

    Files would be looked at all the time, a job would time out within a second, and the machine
    would seem suspended whenever the test gets no core for a fiftieth of a second.
    """
    for name, milliseconds in (
        ("ima_tui.studio.studio.GUIDES_SECONDS", 50.0),
        ("ima_tui.preferences.policy.WATCH_SECONDS", 50.0),
        ("ima_tui.studio.jobs.NEWS_SECONDS", 10.0),
        ("ima_tui.studio.jobs.NEWS_SECONDS", 10.0),
        ("ima_tui.runner.polling_schedule.LEAST_PATIENCE", 900_000.0),
        ("ima_tui.runner.scheduler.TICK_SECONDS", 25.0),
        ("ima_tui.runner.scheduler.SLEPT_SECONDS", 20_000.0),
    ):
        monkeypatch.setattr(name, milliseconds)


@pytest.fixture
def opened(
    settings: Settings, unhurried: None
) -> Callable[..., AbstractAsyncContextManager[Studio]]:
    """opened(patient=…, asks=…, key=…, **settings): a studio of a screen (patient), of agents
    (asks) or of a script."""
    from ima_tui.config.api_key import Key
    from ima_tui.core.clock import ScaledClock
    from ima_tui.studio.studio import open_studio

    @asynccontextmanager
    async def open_one(
        *, patient: bool = False, asks: bool = False, key: str = "ima_engine_0001", **more: Any
    ) -> AsyncIterator[Studio]:
        async with open_studio(
            replace(settings, **{"download": False, "max_age": 10**9, **more}),
            clock=ScaledClock(1000.0),
            key=Key(key, "flag"),
            for_screen=patient,
            asks=asks,
        ) as studio:
            await studio.begin()
            yield studio

    return open_one


# ------------------------------------------------------------------------------ the command line


@pytest.fixture
def person(
    tmp_path: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    unhurried: None,
    capsys: pytest.CaptureFixture[str],
) -> Person:
    """A profile of its own, and `person.verb(…)` in this process, in front of a patient sandbox."""
    from batch_person import PATIENT, SPEED, Person, Said, environment_of

    from ima_tui import cli
    from ima_tui.cli import session
    from ima_tui.core.clock import ScaledClock

    sandbox.reset()
    sandbox.scenario(PATIENT)  # after it: a reset brings the first settings back
    environment = environment_of(tmp_path, sandbox.base_url)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setattr(session, "clock", ScaledClock(SPEED))

    def verb(*argv: str) -> Said:
        capsys.readouterr()
        code = cli.run(list(argv))
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return Person(tmp_path, sandbox, environment, verb)
