"""Lease on the jobs that this run follows, so that each job is polled by one run.

After a suspend it has expired until renewed: another run may have taken the jobs over.
"""

from __future__ import annotations

import asyncio

from ima_tui.core.clock import Clock


class LeaseExpired(Exception):
    """Another run may follow the job now."""


class Lease:
    """Expiry of our lease, by the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0
        self._renewed = asyncio.Event()

    def renew(self, until: float) -> None:
        """Extend the lease until `until`; jobs taken over by others were given up before."""
        self._until = until
        self._renewed.set()

    @property
    def holds(self) -> bool:
        """Whether the lease is valid now."""
        return self._clock.steady() < self._until

    def check(self) -> None:
        """Raise `LeaseExpired` unless the lease is valid now."""
        if not self.holds:
            raise LeaseExpired

    async def wait(self) -> None:
        """Wait until the lease is valid."""
        while not self.holds:
            self._renewed.clear()
            await self._renewed.wait()
