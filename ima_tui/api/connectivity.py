"""Connectivity monitor (circuit breaker) that reports when the service goes and comes back.

Meanwhile one request at a time tries, at growing intervals; when one succeeds, all continue.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ima_tui.core.clock import Clock, backoff
from ima_tui.core.errors import ImaError

log = logging.getLogger(__name__)


LONGEST = 15.0
"""Maximum seconds between two tries, so that a restored connection is used soon."""


def pause(failures: int) -> float:
    """Return the seconds to the next try after `failures` in a row."""
    return min(LONGEST, backoff(failures)) * random.uniform(0.7, 1.0)  # noqa: S311


class Connectivity:
    """Circuit breaker shared by all requests.

    `tell` gets the problem of each failed try, and None when a request succeeds again.
    """

    def __init__(self, clock: Clock, tell: Callable[[ImaError | None], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._up = asyncio.Event()
        self._up.set()
        self._try = asyncio.Lock()
        self._failures = 0
        self._not_before = 0.0

    def broke(self, problem: ImaError) -> None:
        """Record a failed request and schedule the next try."""
        self._failures += 1
        self._not_before = self._clock.steady() + pause(self._failures)
        if self._up.is_set():
            self._up.clear()
            log.warning("the way to the service is broken: %s", problem.key.removeprefix("error."))
        self._tell(problem)

    def works(self) -> None:
        """Record a successful request; all waiting requests continue."""
        self._failures = 0
        if not self._up.is_set():
            self._up.set()
            log.info("the service answers again")
            self._tell(None)

    @property
    def left(self) -> float:
        """Seconds to the next try, while the connection is broken; 0 where nobody waits for one."""
        if self._up.is_set():
            return 0.0
        return max(0.0, self._not_before - self._clock.steady())

    async def wait(self, seconds: float) -> None:
        """Wait `seconds`, or until another request succeeds."""
        waits: set[asyncio.Future[object]] = {asyncio.ensure_future(self._clock.sleep(seconds))}
        if not self._up.is_set():
            waits.add(asyncio.ensure_future(self._up.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Context of every request: enter at once, or as the one that tries a broken connection."""
        trying = not self._up.is_set() and await self._turn_to_try()
        try:
            yield
        finally:
            if trying:
                self._try.release()

    async def _turn_to_try(self) -> bool:
        await self._try.acquire()
        try:
            if not self._up.is_set():
                await self.wait(self._not_before - self._clock.steady())
        except BaseException:
            self._try.release()
            raise
        if self._up.is_set():
            self._try.release()
            return False
        return True
