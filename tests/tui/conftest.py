"""What the tests of the screens share; the modules beside it are imported by name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

QUIET_TURNS = 3
MOST_TURNS = 500


async def settle(*_: float, **__: float) -> None:
    """Return when the event loop had nothing ready for a few turns in a row.

    Textual's own `wait_for_idle` looks at the processor time of the whole process. A sandbox in
    another thread, or a busy machine, keeps that from being idle, and each key then waits for a
    second. Turns of the loop are counted here and no time, so that load changes nothing.
    """
    ready: Any = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    quiet = 0
    for _turn in range(MOST_TURNS):
        await asyncio.sleep(0.001)
        quiet = 0 if ready else quiet + 1
        if quiet == QUIET_TURNS:
            return


@pytest.fixture(autouse=True)
def settled_when_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.app.wait_for_idle", settle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", settle)
