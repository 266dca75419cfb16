"""Lifecycle of ledger and scheduler, opened after the first paint; earlier callers wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui.api.connection import Connection
from ima_tui.config.loader import Settings
from ima_tui.core.clock import Clock
from ima_tui.core.domain import PICTURES, Accepts, ModelVersion, Order, TaskType
from ima_tui.core.errors import ImaError, KeyMissing, Unreachable, UsageError
from ima_tui.core.events import ConnectivityChanged, JobChanged, Notice, Paused, TaskUnsaved
from ima_tui.core.records import dataclass
from ima_tui.i18n import say

if TYPE_CHECKING:
    from ima_tui.ledger.repair_report import RepairReport
    from ima_tui.ledger.store import Ledger
    from ima_tui.runner.input_checks import InputChecks
    from ima_tui.runner.scheduler import Scheduler

log = logging.getLogger(__name__)

Parts = tuple["Ledger", "Scheduler"]
FindModel = Callable[[Order, bool], Awaitable[ModelVersion]]
"""Return the model version of an order; True: from a list that is fetched now."""
COPY_SECONDS = 600.0
"""Seconds between two checks whether a new copy of the ledger is due."""

_ANY_MODEL = ModelVersion(
    task_type=TaskType.REFERENCE_TO_VIDEO,
    model_id="",
    version="",
    name="IMA",
    rules=(),
    accepts=(
        Accepts(PICTURES),
        Accepts(("video/mp4", "video/quicktime")),
        Accepts(("audio/mpeg", "audio/wav", "audio/mp4")),
    ),
)
"""What some model of the service takes; a file is checked and converted as for that."""


@dataclass(eq=False)
class Engine:
    """Opens the parts that run jobs.

    `everything`: also follow jobs of ended runs. `patient`: wait for a missing network. `asks`: a
    user can approve jobs over a limit.
    """

    _settings: Settings
    _clock: Clock
    _connection: Connection
    _tell: Callable[[Notice], None]
    _input_checks: Callable[[], InputChecks]
    everything: bool
    patient: bool
    asks: bool

    def __post_init__(self) -> None:
        self._copying: asyncio.Task[None] | None = None
        self._parts: asyncio.Future[Parts] = asyncio.get_running_loop().create_future()

    async def open(self, find_model: FindModel) -> None:
        """Open ledger and scheduler. Raises `LedgerError`, also for everyone who waits for them.

        `find_model` is how the scheduler looks up the model version of an order.
        """
        try:
            parts = await self._build(find_model)
        except BaseException as error:
            self._parts.set_exception(error if isinstance(error, ImaError) else KeyMissing())
            self._parts.exception()  # retrieved here, because nobody may be waiting
            raise
        self._parts.set_result(parts)

    def limit(self, settings: Settings) -> None:
        """Admit jobs by the limits of these settings from now on."""
        self._settings = settings
        if self._opened:
            self._parts.result()[1].limit(settings)

    async def start(self) -> None:
        """Start following jobs, unless read-only."""
        ledger, scheduler = await asyncio.shield(self._parts)
        if ledger.read_only is None:
            if not ledger.has_copy:  # a copy to restore from exists from the first job on
                await self._copy(ledger)
            await scheduler.start(everything=self.everything)
            self._copying = asyncio.create_task(self._keep_copies(ledger), name="ledger copies")

    async def _keep_copies(self, ledger: Ledger) -> None:
        """Copy the ledger whenever it changed, for ever."""
        while True:
            await self._copy(ledger)
            await self._clock.sleep(COPY_SECONDS)

    async def prepare_folder(self) -> None:
        """Create the folder for results before anything is paid for. Raises `UsageError`."""
        from ima_tui.ledger import traces
        from ima_tui.runner import result_files

        if self._settings.download:
            folder = self._settings.folder
            await asyncio.to_thread(result_files.prepare, folder)
            # its files may be all that tells of them one day
            if folder != _usual(self._settings).folder:
                await asyncio.to_thread(traces.note, self._settings.ledger, "results", folder)

    async def _copy(self, ledger: Ledger) -> None:
        try:
            await ledger.backup()
        except ImaError as error:
            log.warning("copy of the ledger: %s", say(error.key, **error.values))

    async def ledger(self) -> Ledger:
        """Return the ledger, once open. Raises `LedgerError`."""
        return (await asyncio.shield(self._parts))[0]

    async def scheduler(self) -> Scheduler:
        """Return the scheduler, once started. Raises `LedgerError`."""
        return (await asyncio.shield(self._parts))[1]

    async def upload(self, path: Path) -> str:
        """Upload the file at an absolute path, decoded to its end first; returns its link.

        It costs no points, and the link can be an input of any later job. Raises `UsageError` for a
        file that no model takes, and errors of the service.
        """
        self._settings.for_writing()
        file = await self._input_checks().upload(_ANY_MODEL, str(path))
        service, scheduler = await self._connection.connect(), await self.scheduler()
        try:
            async with scheduler.connectivity.passage(), scheduler.rate_limit.request():
                url = await service.upload(file.content, mime=file.mime, suffix=file.suffix)
        except Unreachable as error:
            scheduler.connectivity.broke(error)
            raise
        scheduler.connectivity.works()
        return url

    def hasten(self) -> None:
        """Wait less for a locked ledger from now on, because this run ends."""
        if self._opened:
            self._parts.result()[0].hasten()

    async def stop(self) -> None:
        """Stop following. Waits for creates in progress."""
        if self._copying is not None:
            self._copying.cancel()
            await asyncio.gather(self._copying, return_exceptions=True)
        if self._opened and self.read_only is None:
            await self._parts.result()[1].aclose()

    async def aclose(self) -> None:
        """Close the ledger."""
        if self._opened:
            await self._parts.result()[0].aclose()

    @property
    def unsaved(self) -> tuple[TaskUnsaved, ...]:
        """Task ids that the ledger could not save yet."""
        return self._parts.result()[1].unsaved if self._opened else ()

    @property
    def repair_report(self) -> RepairReport | None:
        """What was repaired when the ledger was opened, or None."""
        return self._parts.result()[0].repair_report if self._opened else None

    @property
    def read_only(self) -> ImaError | None:
        """Why nothing is written, or None; known once the ledger is open."""
        return self._parts.result()[0].read_only if self._opened else None

    @property
    def waiting(self) -> tuple[str, float] | None:
        """What all requests wait for, and the remaining seconds.

        `wait.pause`: a pause that the service asked for; `wait.link`: the next try of a broken
        connection.
        """
        if not self._opened:
            return None
        scheduler = self._parts.result()[1]
        if scheduler.rate_limit.left > 0:
            return "wait.pause", scheduler.rate_limit.left
        left = scheduler.connectivity.left
        return ("wait.link", left) if left > 0 else None

    @property
    def _opened(self) -> bool:
        return self._parts.done() and self._parts.exception() is None

    async def _build(self, find_model: FindModel) -> Parts:
        await asyncio.to_thread(import_module, "ima_tui.runner.scheduler")
        from ima_tui.api.rate_limit import RateLimit, SharedRateLimit
        from ima_tui.ledger import process_id
        from ima_tui.runner.scheduler import Scheduler

        settings = self._settings
        ledger = await self._open_ledger(process_id.name())
        scheduler = Scheduler(
            ledger,
            self._clock,
            self._connection.connect,
            find_model,
            self._input_checks(),
            settings=settings,
            usual=_usual(settings),
            rate_limit=RateLimit(
                self._clock,
                per_second=settings.requests_per_second,
                at_once=settings.requests_at_once,
                shared=None
                if ledger.read_only
                else SharedRateLimit(settings.ledger.with_name("pace.json")),
                tell=lambda seconds: self._tell(Paused(seconds)),
            ),
            patient=self.patient,
            asks=self.asks,
            tell_job=lambda job: self._tell(JobChanged(job)),
            tell_unsaved=self._tell,
            tell_connectivity=lambda problem: self._tell(ConnectivityChanged(problem)),
        )
        return ledger, scheduler

    async def _open_ledger(self, session: str) -> Ledger:
        """Open the ledger for writing, or read-only if asked for or if nothing else is possible."""
        from ima_tui.ledger.opening import LOOKED_AT
        from ima_tui.ledger.records import LedgerError
        from ima_tui.ledger.store import Ledger
        from ima_tui.ledger.traces import Places

        path, usual = self._settings.ledger, _usual(self._settings).folder
        places = Places(self._settings.logs, tuple(dict.fromkeys((self._settings.folder, usual))))
        if self._settings.read_only:
            return await Ledger.open_read_only(path, session, places=places)
        try:
            return await Ledger.open(path, session, places)
        except LedgerError as error:
            if error.key not in LOOKED_AT:
                raise
            try:
                return await Ledger.open_read_only(path, session, error, places)
            except LedgerError:
                raise error from None


def _usual(settings: Settings) -> Settings:
    """Return the settings about results without the flags of this run."""
    from ima_tui.runner import result_files

    folder, values = settings.folder, settings.values
    with suppress(UsageError):
        folder = result_files.folder_of(str(values.get("results.folder", folder)))
    return replace(
        settings,
        folder=folder,
        download=bool(values.get("results.download", settings.download)),
        project_folders=bool(values.get("results.project_folders", True)),
    )
