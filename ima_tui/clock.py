"""Time, injected: tests run days in milliseconds on a clock of their own."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def time(self) -> float:
        """Seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def time(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class ScaledClock:
    """Runs `rate` times as fast as the wall's: for tests against a sandbox of the same speed."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._start = time.time()

    def time(self) -> float:
        return self._start + (time.time() - self._start) * self._rate

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._rate)


def midnight(now: float) -> float:
    """When the day of `now` began, here."""
    day = datetime.fromtimestamp(now).astimezone()
    return day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
