"""A sandbox, and settings that lead to it, for studios that share one ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from queue_person import SPEED

from ima_tui.config import loader
from ima_tui.config.loader import Settings
from ima_tui.sandbox.server import Sandbox, running_sandbox

POLITE = f"[server]\nseed = 1\npoll_scale = {0.5 / SPEED}\n"
"""Asking much sooner than allowed is a violation; half of it is left to the threads' whims."""


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with running_sandbox(speed=SPEED) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    shared_sandbox.scenario(POLITE)
    shared_sandbox.reset()
    yield shared_sandbox
    assert shared_sandbox.ledger()["violations"] == []


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
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
