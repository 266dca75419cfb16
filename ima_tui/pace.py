"""How often the service is spoken to, by all jobs together: so many requests in a second, so many
at once, none at all while it asked for a pause. And sleeping until a time, through a laptop's.

With a `Gate` the requests in a second and the pause are those of all runs of one user.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ima_tui.clock import Clock
from ima_tui.gate import Gate


class Pace:
    def __init__(
        self, clock: Clock, *, per_second: float = 4.0, at_once: int = 8, gate: Gate | None = None
    ) -> None:
        self._clock = clock
        self._gate = gate
        self._gap = 1 / per_second
        self._flight = asyncio.Semaphore(at_once)
        self._turn = asyncio.Lock()
        self._last = 0.0
        self._paused_until = 0.0

    async def pause(self, seconds: float) -> None:
        """The service said "too often": that is meant for all of us."""
        now = self._clock.time()
        self._paused_until = max(self._paused_until, now + seconds)
        if self._gate is not None:
            await asyncio.to_thread(self._gate.pause, now, seconds)

    async def rest(self) -> None:
        """Wait until the pause is over."""
        while (left := await self._pause_left()) > 0:
            await self._clock.sleep(left)

    async def _pause_left(self) -> float:
        now = self._clock.time()
        left = self._paused_until - now
        if left <= 0 and self._gate is not None:
            left = await asyncio.to_thread(self._gate.pause_left, now)
        return left

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """One request, when its turn has come."""
        async with self._flight:
            async with self._turn:  # first come, first served
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
            await self.rest()  # asked for meanwhile, perhaps of another run

    async def _take_turn(self) -> float | None:
        """Seconds until it comes; None during a pause."""
        now = self._clock.time()
        if self._paused_until > now:
            return None
        if self._gate is not None:
            return await asyncio.to_thread(self._gate.take_turn, now, self._gap)
        wait = min(self._gap, self._last + self._gap - now)  # a clock may be set back
        self._last = now + max(0.0, wait)
        return max(0.0, wait)


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
