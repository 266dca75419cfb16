"""When requests of all jobs may go: rate limiter, and circuit breaker for a broken connection.

Limited are requests per second, concurrent ones, and those during pauses the service asks for. The
limits hold for all processes of one user: `SharedRateLimit` counts in a locked file beside the
ledger.

`Connectivity` tells when the service goes and comes back. Meanwhile one request at a time tries, at
growing intervals; when one succeeds, all continue.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ima_tui.core import atomic_file
from ima_tui.core.clock import Clock, backoff, first_of
from ima_tui.core.errors import ImaError
from ima_tui.core.records import dataclass

if TYPE_CHECKING:
    from filelock import BaseFileLock


log = logging.getLogger(__name__)

LOOK_SECONDS = 20.0
"""Seconds between two checks of a pause, so that a suspend during it is noticed."""


@dataclass(eq=False)
class RateLimit:
    """Limits the requests of this process. `tell` gets the seconds of each new pause."""

    _clock: Clock
    per_second: float = 4.0
    at_once: int = 8
    shared: SharedRateLimit | None = None
    tell: Callable[[float], None] | None = None

    def __post_init__(self) -> None:
        self._gap = 1 / self.per_second
        self._flight = asyncio.Semaphore(self.at_once)
        self._turn = asyncio.Lock()
        self._last = float("-inf")
        self._paused_until = float("-inf")

    async def pause(self, seconds: float) -> None:
        """Pause all requests because the service answered "too many requests".

        At most `LONGEST_PAUSE` seconds.
        """
        seconds = min(LONGEST_PAUSE, seconds)
        self._hear(seconds)
        if self.shared is not None:
            await asyncio.to_thread(self.shared.pause, self._clock.time(), seconds)

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
        if self.left <= 0 and self.shared is not None:
            self._hear(await asyncio.to_thread(self.shared.pause_left, self._clock.time()))
        return self.left

    def _hear(self, seconds: float) -> None:
        """Record a pause and report a new one."""
        until = self._clock.steady() + seconds
        if seconds > 0 and until > self._paused_until + 1:
            told, self._paused_until = self._paused_until, until
            if self.tell is not None and told < self._clock.steady():
                self.tell(seconds)

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
        if self.shared is not None:
            return await asyncio.to_thread(self.shared.take_turn, self._clock.time(), self._gap)
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
        sleep: asyncio.Task[None] = asyncio.ensure_future(self._clock.sleep(seconds))
        self._sleepers.add(sleep)
        try:
            await asyncio.wait({sleep})
        finally:
            self._sleepers.discard(sleep)
            sleep.cancel()


LOCK_SECONDS = 2.0
MOST_BYTES = 4096
LONGEST_PAUSE = 300.0
"""Maximum pause in seconds."""
LENGTH = 160
"""Fixed length of the file: it is overwritten in place, because truncating forces a flush."""
MOST_AHEAD = 30.0
"""Seconds; a slot further ahead was written before the clock was set back."""


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """Content of the file: seconds since the epoch by the wall clock.

    `paused_for`: seconds the service asked for.
    """

    next_turn: float = 0.0
    paused_until: float = 0.0
    paused_for: float = 0.0

    def bounded(self, now: float) -> RateLimitState:
        """Return the state with implausible values limited.

        They come from an older version, a broken disk or a wrong clock. Pauses are at most
        `LONGEST_PAUSE`; one in the future begins now.
        """
        if not all(map(isfinite, (self.next_turn, self.paused_until, self.paused_for))):
            return RateLimitState()
        length = min(LONGEST_PAUSE, max(0.0, self.paused_for))
        began = min(now, self.paused_until - max(0.0, self.paused_for))
        return replace(self, paused_until=began + length, paused_for=length)

    def pause_left(self, now: float) -> float:
        """Return the remaining seconds of the pause."""
        return max(0.0, self.paused_until - now)


class SharedRateLimit:
    """Reads and writes the shared file. Every method locks it: call it off the event loop."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._works = True
        self._one_thread = Lock()
        self._lock: BaseFileLock | None = None
        self._own = RateLimitState()
        """Used where the file can't be."""

    def take_turn(self, now: float, gap: float) -> float | None:
        """Reserve the next free slot; returns the seconds until it, None during a pause."""
        with self._changing(now) as signal:
            if signal.pause_left(now) > 0:
                return None
            ahead = signal.next_turn - now
            wait = ahead if 0 < ahead < MOST_AHEAD else 0.0
            self._write(replace(signal, next_turn=now + wait + gap))
            return wait

    def pause(self, now: float, seconds: float) -> None:
        """Pause all processes for `seconds`."""
        length = min(LONGEST_PAUSE, seconds)
        with self._changing(now) as signal:
            if length > signal.pause_left(now):
                self._write(replace(signal, paused_until=now + length, paused_for=length))

    def pause_left(self, now: float) -> float:
        """Return the remaining seconds of the pause, and correct an implausible file."""
        with self._changing(now) as signal:
            return signal.pause_left(now)

    def read(self, now: float) -> float:
        """Return the same as `pause_left` without writing, for read-only runs."""
        return self._read().bounded(now).pause_left(now)

    @contextmanager
    def _changing(self, now: float) -> Iterator[RateLimitState]:
        """Yield the bounded state and write it back.

        Without writing, a clock that was set back would find the same pause for days.
        """
        with self._one_thread, self._locked() as found:
            signal = found.bounded(now)
            if signal != found and signal.pause_left(now) > 0:
                self._write(signal)
            yield signal

    @contextmanager
    def _locked(self) -> Iterator[RateLimitState]:
        if not self._works:
            yield self._own
            return
        if self._lock is None:
            name = self._file.with_name(f"{self._file.name}.lock")
            self._lock = atomic_file.lock(name, timeout=LOCK_SECONDS, thread_local=False)
        try:
            self._lock.acquire()
        except (OSError, NotImplementedError) as error:  # includes a timeout
            log.warning("pace: %r", error)
            self._works = isinstance(error, TimeoutError)
            yield self._own
            return
        try:
            yield self._read()
        finally:
            self._lock.release()

    def _read(self) -> RateLimitState:
        try:
            found = json.loads(atomic_file.read_small(self._file, MOST_BYTES)[0])
            return RateLimitState(**{name: float(found[name]) for name in RateLimitState.__slots__})
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return self._own  # missing, torn by a crash, or not ours

    def _write(self, signal: RateLimitState) -> None:
        self._own = signal
        try:
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o600)
            try:
                os.write(handle, json.dumps(asdict(signal)).ljust(LENGTH).encode())
                os.ftruncate(handle, LENGTH)
            finally:
                os.close(handle)
        except OSError as error:
            log.warning("pace: %r", error)


# ------------------------------------------------------------------------------- connectivity

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
        success = () if self._up.is_set() else (self._up.wait(),)
        await first_of(self._clock.sleep(seconds), *success)

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
