"""Time, injected: tests run days in milliseconds on a clock of their own.

Two clocks: `time` is the wall clock, for what is shown, stored and shared with other processes; a
person or NTP can set it at any moment. `steady` only ever goes forward and counts a laptop's
sleep: every wait is measured with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol

TICK = 1.0
"""Seconds between two looks at a deadline."""
LATE = 0.5
"""A look that is so much later: this process was not running."""
STARVED = 0.1
"""The share of a late tick that counts: a machine that is always late must find an end, too."""


class Clock(Protocol):
    def time(self) -> float:
        """Seconds since the epoch, by the wall clock."""
        ...

    def steady(self) -> float:
        """Seconds since some moment; never set back, and counts while the machine sleeps."""
        ...

    async def sleep(self, seconds: float) -> None: ...


def steady() -> float:
    """Seconds that nobody can set, with the time that the machine slept."""
    which = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; elsewhere MONOTONIC counts sleep
    return time.clock_gettime(time.CLOCK_MONOTONIC if which is None else which)


class SystemClock:
    def time(self) -> float:
        return time.time()

    def steady(self) -> float:
        return steady()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class ScaledClock:
    """Runs `rate` times as fast as the wall's: for tests against a sandbox of the same speed."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._start = time.time()

    def time(self) -> float:
        return self._start + (time.time() - self._start) * self._rate

    def steady(self) -> float:
        return steady() * self._rate

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._rate)


def midnight(now: float) -> float:
    """When the day of `now` began, here."""
    day = datetime.fromtimestamp(now).astimezone()
    return day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


# ------------------------------------------------------------------- deadlines while we are awake


async def tick(tasks: Collection[asyncio.Future[Any]], most: float = TICK) -> tuple[float, bool]:
    """Wait for the first of `tasks`, at most `most` seconds (and a tick).

    Returns how many seconds count as waited, and whether this loop ran all the while. A loop that
    was starved or frozen has not looked into its sockets: what it waits for may lie there, and
    the time says nothing about the other side.
    """
    loop = asyncio.get_running_loop()
    planned, began = min(TICK, max(0.0, most)), loop.time()
    await asyncio.wait(tasks, timeout=planned, return_when=asyncio.FIRST_COMPLETED)
    spent = loop.time() - began
    if spent > planned + LATE:
        return planned * STARVED, False
    return max(spent, min(planned, 0.001)), True


async def settle(tasks: Collection[asyncio.Future[Any]], seconds: float) -> None:
    """Wait until all `tasks` are done, or this process was awake for so many seconds."""
    waited, pending = 0.0, set(tasks)
    while pending and waited < seconds:
        counted, _ = await tick(pending, seconds - waited)
        waited += counted
        pending = {each for each in pending if not each.done()}


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return float(min(60, 2 ** min(failures, 6)))
