"""Injected clocks (wall and monotonic), deadlines and backoff.

`time` is the wall clock, for what is shown, stored and shared with other processes; a user or NTP
can set it at any moment. `steady` never goes back and includes the time a laptop slept: every wait
is measured with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Collection
from datetime import datetime
from typing import Any, Protocol

TICK = 1.0
"""Seconds between two checks of a deadline."""
LATE = 0.5
"""Seconds; a check later than this shows that the process was suspended or starved."""
STARVED = 0.1
"""The share of a late tick that counts, so that a machine that is always late still times out."""


class Clock(Protocol):
    """The time source that everything takes as a parameter."""

    def time(self) -> float:
        """Return seconds since the epoch, by the wall clock."""
        ...

    def steady(self) -> float:
        """Return monotonic seconds, including the time the machine slept."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`."""
        ...


def steady() -> float:
    """Return monotonic seconds, including the time the machine slept."""
    which = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; elsewhere MONOTONIC counts sleep
    return time.clock_gettime(time.CLOCK_MONOTONIC if which is None else which)


class SystemClock:
    """The clock of this machine."""

    def time(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def steady(self) -> float:
        """Return monotonic seconds."""
        return steady()

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`; a negative number means none."""
        await asyncio.sleep(max(0.0, seconds))


class ScaledClock:
    """A clock that runs `rate` times as fast, for tests against a sandbox of the same speed."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._start = time.time()

    def time(self) -> float:
        """Return scaled seconds since the epoch."""
        return self._start + (time.time() - self._start) * self._rate

    def steady(self) -> float:
        """Return scaled monotonic seconds."""
        return steady() * self._rate

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds` of this clock."""
        await asyncio.sleep(max(0.0, seconds) / self._rate)


def midnight(now: float) -> float:
    """Return when the day of `now` began in the local time zone, in seconds since the epoch."""
    day = datetime.fromtimestamp(now).astimezone()
    return day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def month_start(now: float) -> float:
    """Return when the month of `now` began in the local time zone, in seconds since the epoch."""
    day = datetime.fromtimestamp(now).astimezone().replace(tzinfo=None)  # summer time may differ
    first = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.astimezone().timestamp()


# ------------------------------------------------------- deadlines that ignore suspended time


async def tick(tasks: Collection[asyncio.Future[Any]], most: float = TICK) -> tuple[float, bool]:
    """Wait for the first of `tasks`, at most `most` seconds (and a tick).

    Returns how many seconds count as waited, and whether this loop ran all the while. A loop that
    was starved or suspended has not read its sockets: the answer may already be there, so the
    elapsed time says nothing about the other side.
    """
    loop = asyncio.get_running_loop()
    planned, began = min(TICK, max(0.0, most)), loop.time()
    await asyncio.wait(tasks, timeout=planned, return_when=asyncio.FIRST_COMPLETED)
    spent = loop.time() - began
    if spent > planned + LATE:
        return planned * STARVED, False
    return max(spent, min(planned, 0.001)), True


async def first_of(*waits: Awaitable[object]) -> None:
    """Wait for the first of these, and cancel the others."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in tasks:
            each.cancel()


async def settle(tasks: Collection[asyncio.Future[Any]], seconds: float) -> None:
    """Wait until all `tasks` are done, or until this process was running for `seconds`."""
    waited, pending = 0.0, set(tasks)
    while pending and waited < seconds:
        counted, _ = await tick(pending, seconds - waited)
        waited += counted
        pending = {each for each in pending if not each.done()}


def backoff(failures: int) -> float:
    """Return the seconds to wait after `failures` in a row: exponential, at most 60."""
    return float(min(60, 2 ** min(failures, 6)))
