"""The ledger and the scheduler, opened after the first paint; whoever needs them earlier waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from ima_tui.clock import Clock
from ima_tui.config import Settings
from ima_tui.connection import Connection
from ima_tui.errors import ImaError, KeyMissing
from ima_tui.notices import JobChanged, LinkChanged, Notice

if TYPE_CHECKING:
    from ima_tui.ledger import Ledger
    from ima_tui.offer import Offer
    from ima_tui.scheduler import Scheduler

Parts = tuple["Ledger", "Scheduler"]


class Engine:
    """What runs jobs. `everything`: also those of runs that ended. `patient`: a dead network is
    waited out."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        connection: Connection,
        tell: Callable[[Notice], None],
        *,
        everything: bool,
        patient: bool,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._connection = connection
        self._tell = tell
        self._everything = everything
        self._patient = patient
        self._parts: asyncio.Future[Parts] = asyncio.get_running_loop().create_future()

    async def open(self, offer: Offer) -> None:
        """Raises `LedgerError`; then everybody who waits for the parts gets it, too."""
        try:
            parts = await self._build(offer)
        except BaseException as error:
            self._parts.set_exception(error if isinstance(error, ImaError) else KeyMissing())
            self._parts.exception()  # whoever awaits it hears of it; nobody has to
            raise
        self._parts.set_result(parts)

    async def start(self) -> None:
        """Follow jobs from now on."""
        await (await self.scheduler()).start(everything=self._everything)

    async def ledger(self) -> Ledger:
        return (await asyncio.shield(self._parts))[0]

    async def scheduler(self) -> Scheduler:
        return (await asyncio.shield(self._parts))[1]

    async def stop(self) -> None:
        """Stop following. A create that is on its way is waited for."""
        if self._opened:
            await self._parts.result()[1].aclose()

    async def aclose(self) -> None:
        if self._opened:
            await self._parts.result()[0].aclose()

    @property
    def _opened(self) -> bool:
        return self._parts.done() and self._parts.exception() is None

    async def _build(self, offer: Offer) -> Parts:
        await asyncio.to_thread(import_module, "ima_tui.scheduler")
        from ima_tui import owner
        from ima_tui.ledger import Ledger
        from ima_tui.ledger.admission import Limits
        from ima_tui.pace import Pace
        from ima_tui.scheduler import Scheduler

        settings = self._settings
        ledger = await Ledger.open(settings.ledger, session=owner.name())
        limits = Limits(
            running=settings.running,
            per_kind=settings.running_per_kind,
            per_job=settings.per_job,
            per_session=settings.per_session,
            per_day=settings.per_day,
        )
        scheduler = Scheduler(
            ledger,
            self._clock,
            self._connection.connect,
            offer.find_leaf,
            folder=settings.folder,
            download=settings.download,
            with_prompt=settings.prompt_in_sidecar,
            patient=self._patient,
            asks=self._everything,
            limits=limits,
            pace=Pace(
                self._clock,
                per_second=settings.requests_per_second,
                at_once=settings.requests_at_once,
            ),
            tell_job=lambda job: self._tell(JobChanged(job)),
            tell_link=lambda problem: self._tell(LinkChanged(problem)),
        )
        return ledger, scheduler
