"""The studio: the parts wired together, for both front ends.

    async with open_studio(settings) as studio:
        await ImaApp(studio).run_async()

`studio.connection` holds the key and the client, `studio.offer` the live lists, `studio.wishes` the
preferred models, `studio.knowledge` the guides, `studio.jobs` the jobs, `studio.plans` several jobs
in order. The first paint waits for nothing: the ledger and the scheduler are imported and opened by
`begin`, the API when it is first needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from ima_tui import key as keys
from ima_tui.adjustments import Adjustments
from ima_tui.broadcast import Broadcast, Listener
from ima_tui.clock import Clock, SystemClock
from ima_tui.config import Settings
from ima_tui.connection import Connection, Locate
from ima_tui.domain import Leaf
from ima_tui.engine import Engine
from ima_tui.errors import ImaError, UsageError
from ima_tui.gallery import Gallery
from ima_tui.jobs import Jobs
from ima_tui.knowledge import Knowledge
from ima_tui.offer import Offer
from ima_tui.wishes import Wishes

if TYPE_CHECKING:
    from ima_tui.inputs import InputFacts
    from ima_tui.ledger import Mended
    from ima_tui.plans import Plans


@asynccontextmanager
async def open_studio(
    settings: Settings,
    *,
    clock: Clock | None = None,
    key: keys.Key | None = None,
    locate: Locate | None = None,
    for_screen: bool = False,
    patient: bool = False,
) -> AsyncIterator[Studio]:
    """A studio, closed at the end.

    `for_screen`: nothing is opened or followed before `begin`, which the app calls once it has
    painted; from then on jobs of runs that ended are followed too, and a dead network is waited
    out. Otherwise all is ready when this yields (`LedgerError` where that can't be), and only
    this run's own jobs are followed. `patient`: a dead network is waited out without a screen, too.
    """
    studio = Studio(
        settings,
        clock or SystemClock(),
        key,
        locate,
        everything=for_screen,
        patient=for_screen or patient,
    )
    try:
        if not for_screen:
            await studio.begin()
        yield studio
    finally:
        await studio._aclose()


class Studio:
    """One run of the program."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        key: keys.Key | None,
        locate: Locate | None,
        *,
        everything: bool,
        patient: bool,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._broadcast = Broadcast()
        tell = self._broadcast.tell
        self.connection = Connection(settings, clock, key, locate)
        self.engine = Engine(
            settings, clock, self.connection, tell, everything=everything, patient=patient
        )
        self.adjustments = Adjustments(settings)
        self.wishes = Wishes(settings, clock, tell)
        self.knowledge = Knowledge(settings.knowledge)
        self.offer = Offer(
            settings, clock, self.connection, self.engine, self.wishes, self.knowledge, tell
        )
        self.jobs = Jobs(self.engine, self.offer, self.connection, clock, self._broadcast)
        self.gallery = Gallery(settings, clock, self.engine, self.connection, self._broadcast)
        self._begun = False
        self._watches: tuple[asyncio.Task[None], ...] = ()

    @cached_property
    def plans(self) -> Plans:
        """Several jobs as one; its modules are read when somebody first wants one."""
        from ima_tui.plans import Plans

        return Plans(
            self.jobs,
            self.offer,
            self.wishes,
            self.inspect_inputs,
            self.settings.data / "plans",
            clock=self.clock,
            download=self.settings.download,
            for_writing=self.settings.for_writing,
        )

    async def begin(self) -> None:
        """Open the ledger, read the wishes and the cached lists, follow what is unfinished. Once.

        Raises `LedgerError`; then every verb that needs the ledger raises it too.
        """
        if self._begun:
            return
        self._begun = True
        await self.engine.open(self.offer)
        await self.wishes.load()
        await asyncio.to_thread(self.knowledge.load)
        await self.offer.load()
        await self.engine.start()
        self._watches = (
            asyncio.create_task(self.wishes.watch(), name="preferences"),
            asyncio.create_task(self.jobs.watch(), name="ledger"),
        )

    @property
    def looking(self) -> ImaError | None:
        """Why nothing is sent or written, if so: by wish, or as the ledger can't be written."""
        return UsageError("error.looking") if self.settings.read_only else self.engine.looking

    @property
    def mended(self) -> Mended | None:
        """What was done to a damaged ledger when it was opened."""
        return self.engine.mended

    async def _aclose(self) -> None:
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        await self.engine.stop()
        await self.connection.aclose()
        await self.engine.aclose()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear of every change, on the event loop; returns the unsubscriber."""
        return self._broadcast.subscribe(listener)

    async def inspect_inputs(self, leaf: Leaf, inputs: Sequence[str]) -> tuple[InputFacts, ...]:
        """Look at inputs before anything is sent. Raises `UsageError` for the first bad one."""
        from ima_tui import inputs as input_files

        return await asyncio.to_thread(input_files.inspect, leaf, inputs, self.connection.loopback)
