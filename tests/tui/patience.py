"""Waiting for what was asked for, however slow the machine is."""

from __future__ import annotations

from collections.abc import Callable

from textual.pilot import Pilot

TRIES = 400


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Let the app work until `holds`; fail when it never does."""
    for _ in range(TRIES):
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError("it never came to hold")
