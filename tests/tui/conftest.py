"""What the tests of the screens share; the modules beside it are imported by name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

TURN_SECONDS = 0.005
QUIET_TURNS = 4
MOST_TURNS = 200


def is_quiet(loop: Any) -> bool:
    """Nothing of the loop is ready to run, and no thread of it is at work."""
    if loop._ready:
        return False
    pool = loop._default_executor
    if pool is None:
        return True
    return bool(pool._work_queue.empty() and pool._idle_semaphore._value >= len(pool._threads))


async def settle(*_: float, **__: float) -> None:
    """Return when the event loop and its threads had nothing to do for a few turns in a row.

    Textual's own `wait_for_idle` looks at the processor time of the whole process. A sandbox in
    another thread, or a busy machine, keeps that from being idle, and each key then waits for a
    second. Turns of the loop are counted here and no time, so that load changes nothing.
    """
    loop = asyncio.get_running_loop()
    quiet = 0
    for _turn in range(MOST_TURNS):
        await asyncio.sleep(TURN_SECONDS)
        quiet = quiet + 1 if is_quiet(loop) else 0
        if quiet == QUIET_TURNS:
            return


@pytest.fixture(autouse=True)
def settled_when_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.app.wait_for_idle", settle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", settle)
