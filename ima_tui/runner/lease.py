"""How long what this run follows is surely its own. After a sleep it is not, until it was renewed:
another run may have taken the jobs over meanwhile, and each job is asked for by one."""

from __future__ import annotations

import asyncio

from ima_tui.core.clock import Clock


class LeaseExpired(Exception):
    """What was about to be asked is perhaps another run's to ask by now."""


class Lease:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0
        self._renewed = asyncio.Event()

    def renew(self, until: float) -> None:
        """Ours until then, by the steady clock; what is no longer ours was let go of before."""
        self._until = until
        self._renewed.set()

    @property
    def holds(self) -> bool:
        return self._clock.steady() < self._until

    def check(self) -> None:
        """Raises `LeaseExpired` unless it holds at this moment."""
        if not self.holds:
            raise LeaseExpired

    async def wait(self) -> None:
        """Until it holds again."""
        while not self.holds:
            self._renewed.clear()
            await self._renewed.wait()
