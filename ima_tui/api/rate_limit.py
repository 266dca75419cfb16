"""Rate limiter for requests of all jobs: per second, concurrent, and pauses the service asks for.

With a `SharedRateLimit`, rate and pauses are shared by all processes of the user. `Alarm` is a
sleep that notices a laptop's suspend.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ima_tui.api.shared_rate_limit import LONGEST_PAUSE, SharedRateLimit
from ima_tui.core.clock import Clock

LOOK_SECONDS = 20.0
"""Seconds between two checks of a pause, so that a suspend during it is noticed."""


class RateLimit:
    """Limits the requests of this process. `tell` gets the seconds of each new pause."""

    def __init__(
        self,
        clock: Clock,
        *,
        per_second: float = 4.0,
        at_once: int = 8,
        shared: SharedRateLimit | None = None,
        tell: Callable[[float], None] | None = None,
    ) -> None:
        """Create a limiter for `per_second` requests, `at_once` of them concurrent."""
        self._clock = clock
        self._shared = shared
        self._tell = tell
        self._gap = 1 / per_second
        self._flight = asyncio.Semaphore(at_once)
        self._turn = asyncio.Lock()
        self._last = float("-inf")
        self._paused_until = float("-inf")

    async def pause(self, seconds: float) -> None:
        """Pause all requests because the service answered "too many requests".

        At most `LONGEST_PAUSE` seconds.
        """
        seconds = min(LONGEST_PAUSE, seconds)
        self._hear(seconds)
        if self._shared is not None:
            await asyncio.to_thread(self._shared.pause, self._clock.time(), seconds)

    @property
    def left(self) -> float:
        """Remaining seconds of the pause, as far as this process knows."""
        return max(0.0, self._paused_until - self._clock.steady())

    async def rest(self) -> None:
        """Wait until the pause is over."""
        while (left := await self._pause_left()) > 0:
            await self._clock.sleep(min(left, LOOK_SECONDS))

    async def _pause_left(self) -> float:
        """Return the remaining seconds, pauses of other processes included."""
        if self.left <= 0 and self._shared is not None:
            self._hear(await asyncio.to_thread(self._shared.pause_left, self._clock.time()))
        return self.left

    def _hear(self, seconds: float) -> None:
        """Record a pause and report a new one."""
        until = self._clock.steady() + seconds
        if seconds > 0 and until > self._paused_until + 1:
            told, self._paused_until = self._paused_until, until
            if self._tell is not None and told < self._clock.steady():
                self._tell(seconds)

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Context of one request; waits for its turn."""
        async with self._flight:
            async with self._turn:  # first in, first out
                await self._wait_for_turn()
            yield

    async def _wait_for_turn(self) -> None:
        while True:
            wait = await self._take_turn()
            if wait == 0:
                return
            if wait is not None:
                await self._clock.sleep(wait)
                if await self._pause_left() <= 0:
                    return
            await self.rest()  # a pause may have begun meanwhile

    async def _take_turn(self) -> float | None:
        """Reserve the next slot and return the seconds until it; None during a pause."""
        if self.left > 0:
            return None
        if self._shared is not None:
            return await asyncio.to_thread(self._shared.take_turn, self._clock.time(), self._gap)
        now = self._clock.steady()
        wait = max(0.0, self._last + self._gap - now)
        self._last = now + wait
        return wait


class Alarm:
    """Sleep until a monotonic time, with a way to wake all sleepers at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sleepers: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Make all sleepers check the clock, after a suspend."""
        for each in self._sleepers:
            each.cancel()

    async def until(self, when: float) -> float:
        """Sleep until `when`.

        Returns how many seconds late it is, more than a few after a suspend.
        """
        while (left := when - self._clock.steady()) > 0:
            await self._doze(left)
        return max(0.0, self._clock.steady() - when)

    async def _doze(self, seconds: float) -> None:
        """Sleep, or until `wake`."""
        sleep: asyncio.Task[None] = asyncio.ensure_future(self._sleep(seconds))
        self._sleepers.add(sleep)
        try:
            await asyncio.wait({sleep})
        finally:
            self._sleepers.discard(sleep)
            sleep.cancel()

    async def _sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
