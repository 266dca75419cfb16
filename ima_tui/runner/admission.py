"""Local waiting room for queued jobs until the ledger admits them.

Order and limits are decided in `ledger.admission`, shared by all processes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ima_tui.core.clock import Clock, midnight
from ima_tui.core.domain import Job
from ima_tui.ledger.admission import AdmissionLimits, settled
from ima_tui.ledger.records import LedgerError
from ima_tui.ledger.store import Ledger
from ima_tui.runner.transitions import log_step

log = logging.getLogger(__name__)
BUSY_PAUSE = 2.0


class Admission:
    """Waits for admission of this run's queued jobs.

    `tell` gets jobs whose reason to wait changed.
    """

    def __init__(
        self, ledger: Ledger, clock: Clock, limits: AdmissionLimits, tell: Callable[[Job], None]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._limits = limits
        self._tell = tell
        self._waiting: dict[int, asyncio.Future[Job]] = {}
        self._reasons: set[int] = set()
        """Jobs that were told to wait."""
        self._look = asyncio.Event()

    def limit(self, limits: AdmissionLimits) -> None:
        """Hold the next jobs by other limits."""
        self._limits = limits
        self.look()

    def look(self) -> None:
        """Check again: something changed that may admit a job."""
        if self._waiting:
            self._look.set()

    async def take(self, job: Job) -> Job:
        """Wait until `job` may be sent, is held, or is no longer queued.

        Returns its current state.
        """
        turn: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        self._waiting[job.id] = turn
        self._look.set()
        try:
            return await turn
        finally:
            self._waiting.pop(job.id, None)
            self._reasons.discard(job.id)

    async def run(self) -> None:
        """Admit jobs whenever something changed, for ever."""
        while True:
            await self._look.wait()
            self._look.clear()
            try:
                await self._admit()
            except LedgerError as error:
                log.warning("turns: %r", error)
                await self._clock.sleep(BUSY_PAUSE)
                self.look()

    async def _admit(self) -> None:
        now = self._clock.time()
        ids = tuple(self._waiting)
        for job in await self._ledger.admit(ids, self._limits, now, midnight(now)):
            if job.needs_approval or job.waiting:
                log_step(job, job.waiting or "held")
            if job.needs_approval or job.waiting or job.id in self._reasons:
                self._tell(job)  # an admitted job has nothing new to report
            self._reasons.add(job.id)
            turn = self._waiting.get(job.id)
            if settled(job) and turn is not None and not turn.done():
                turn.set_result(job)
