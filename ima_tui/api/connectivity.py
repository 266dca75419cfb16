"""The way to the service: told when it breaks and when it is back, once each.

While it is broken one request at a time tries it, at growing distances; when one gets through,
everybody goes on at once.
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
"""Seconds between two tries of a broken way at most: one that is back is to be used at once."""


def pause(failures: int) -> float:
    """Seconds to the next try, after so many that failed in a row."""
    return min(LONGEST, backoff(failures)) * random.uniform(0.7, 1.0)  # noqa: S311


class Connectivity:
    def __init__(self, clock: Clock, tell: Callable[[ImaError | None], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._up = asyncio.Event()
        self._up.set()
        self._try = asyncio.Lock()
        self._failures = 0
        self._not_before = 0.0

    def broke(self, problem: ImaError) -> None:
        self._failures += 1
        self._not_before = self._clock.steady() + pause(self._failures)
        if self._up.is_set():
            self._up.clear()
            log.warning("the way to the service is broken: %s", problem.key.removeprefix("error."))
            self._tell(problem)

    def works(self) -> None:
        self._failures = 0
        if not self._up.is_set():
            self._up.set()
            log.info("the service answers again")
            self._tell(None)

    @property
    def is_broken(self) -> bool:
        return not self._up.is_set()

    @property
    def left(self) -> float:
        """Seconds to the next try, while the way is broken."""
        if self._up.is_set():
            return 0.0
        return max(0.0, self._not_before - self._clock.steady())

    async def wait(self, seconds: float) -> None:
        """Wait that long, or until somebody else got through again."""
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
        """Every request goes through here: at once, or as the one that tries the way."""
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
