"""How often the service is spoken to, by all jobs together: so many requests in a second, so many
at once, none at all while it asked for a pause. And sleeping until a time, through a laptop's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ima_tui.clock import Clock


class Pace:
    def __init__(self, clock: Clock, *, per_second: float = 4.0, at_once: int = 8) -> None:
        self._clock = clock
        self._gap = 1 / per_second
        self._flight = asyncio.Semaphore(at_once)
        self._turn = asyncio.Lock()
        self._last = 0.0
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """The service said "too often": that is meant for all of us."""
        self._paused_until = max(self._paused_until, self._clock.time() + seconds)

    async def rest(self) -> None:
        """Wait until the pause is over."""
        while (left := self._paused_until - self._clock.time()) > 0:
            await self._clock.sleep(left)

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """One request, when its turn has come."""
        async with self._flight:
            async with self._turn:  # first come, first served
                await self.rest()
                now = self._clock.time()
                wait = min(self._gap, self._last + self._gap - now)  # a clock may be set back
                if wait > 0:
                    await self._clock.sleep(wait)
                self._last = now + max(0.0, wait)
            yield


class Alarm:
    """Sleeping until a time of the clock, from which everybody can be woken at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sleepers: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Let all sleepers look at the clock: it has jumped."""
        for each in self._sleepers:
            each.cancel()

    async def until(self, when: float) -> float:
        """Returns how many seconds late it is: more than a few after a laptop's sleep."""
        left = when - self._clock.time()
        while left > 0 and not await self._doze(left):
            left = min(left, when - self._clock.time())
        return max(0.0, self._clock.time() - when)

    async def _doze(self, seconds: float) -> bool:
        """Whether it was slept through to the end."""
        sleep: asyncio.Task[None] = asyncio.ensure_future(self._sleep(seconds))
        self._sleepers.add(sleep)
        try:
            await asyncio.wait({sleep})
            return not sleep.cancelled()
        finally:
            self._sleepers.discard(sleep)
            sleep.cancel()

    async def _sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
