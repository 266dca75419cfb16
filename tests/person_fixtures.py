"""The person of `batch_person`, with a sandbox of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_person import PATIENT, SPEED, Person, Said, environment_of

from ima_tui import cli
from ima_tui.cli import session
from ima_tui.core.clock import ScaledClock
from ima_tui.runner import scheduler
from ima_tui.sandbox.server import Sandbox, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(speed=SPEED, scenario=PATIENT) as running:
        yield running


@pytest.fixture
def person(
    tmp_path: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Person:
    environment = environment_of(tmp_path, sandbox.base_url)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setattr(session, "clock", ScaledClock(SPEED))
    # 30 ms of ours would be over before a busy machine has renewed it
    monkeypatch.setattr(scheduler, "LEASE_SECONDS", 30.0 * SPEED)

    def verb(*argv: str) -> Said:
        capsys.readouterr()
        code = cli.run(list(argv))
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return Person(tmp_path, sandbox, environment, verb)
