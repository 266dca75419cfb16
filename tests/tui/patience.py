"""Waiting for what a test needs, however slow the machine is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

SECONDS = 60.0
"""No bound on how fast the app is: only a test that waits for nothing has to end."""


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Let the app work until `holds`, then until what follows is drawn; fail when it never does."""
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.005)
    await pilot.pause()
