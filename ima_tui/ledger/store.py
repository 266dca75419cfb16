"""Async interface of the ledger: each public method is atomic and runs on one thread of its own.

What it returns is on disk: the intent before the request leaves, the task id as soon as it comes,
the results as a step of their own. A rollback journal with `synchronous=EXTRA`, not WAL: see
docs/decisions.md. Jobs are written on state changes only, never per status request.

Writes that are requested while another commit is flushed share the next transaction. A commit costs
a few disk flushes whatever its size. Each write is still atomic (a savepoint), and none is reported
before its commit is on disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from pathlib import Path
from threading import Lock
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from ima_tui.config.loader import Settings
from ima_tui.core.domain import Job, State
from ima_tui.core.records import dataclass
from ima_tui.ledger import (
    admission,
    backup,
    opening,
    presence_lock,
    queries,
    records,
    repair,
    task_ids,
    traces,
    trail,
    verification,
    writing,
)
from ima_tui.ledger.records import LedgerError
from ima_tui.ledger.schema import transaction
from ima_tui.ledger.traces import Places

P = ParamSpec("P")
T = TypeVar("T")

SQLITE_VERSION = sqlite3.sqlite_version
ENDING_SECONDS = 2.0
"""Wait for a locked file once the run ends; task ids that it does not take are saved elsewhere."""


class LedgerFile:
    """Create with `open`, end with `aclose`.

    `session` names this run, which owns the jobs it follows for as long as its leases last. All
    methods raise `LedgerError` where the file can't be read or written.
    """

    def __init__(
        self, path: Path, opened: opening.Opened, thread: ThreadPoolExecutor, session: str
    ) -> None:
        self._path = path
        self.tag = traces.tag_of(path)
        """Mark of this ledger's lines in the shared log."""
        self._connection = opened.connection
        self._presence = opened.presence
        self.repair_report = opened.repair_report
        """What was repaired when the file was opened."""
        self.locked_out = opened.locked_out
        """The file can't be locked, so a copy of it is shown."""
        self.read_only: LedgerError | None = None
        """Raised by every attempt to write, in a read-only run."""
        self._thread = thread
        self._lineage = opened.lineage
        kept = trail.Trail(path, self._lineage)
        self._commits = Commits(opened.connection, thread, kept, opened.newest, self._prepare)
        self._is_ending = False
        self.session = session
        self._version = 0
        self._revision = 0

    @classmethod
    async def open(cls, path: Path, session: str, places: Places | None = None) -> Self:
        """Open the ledger at `path`; create it if missing, repair it if damaged.

        `places`: where traces of jobs are that a restored ledger does not know. Raises
        `LedgerError`; if its key is in `LOOKED_AT`, `open_read_only` may still work.
        """
        return await cls._opened(path, session, partial(opening.to_write, places=places))

    @classmethod
    async def open_read_only(
        cls,
        path: Path,
        session: str,
        why: LedgerError | None = None,
        places: Places | None = None,
    ) -> Self:
        """Open the ledger without ever writing it; every attempt to write raises `why`."""
        ledger = await cls._opened(path, session, partial(opening.read_only_file, places=places))
        ledger.read_only = why or LedgerError("error.looking")
        return ledger

    @classmethod
    async def _opened(cls, path: Path, session: str, way: Callable[[Path], opening.Opened]) -> Self:
        thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        try:
            opened = await asyncio.get_running_loop().run_in_executor(thread, way, path)
        except (sqlite3.Error, OSError) as error:
            thread.shutdown()
            raise opening.ledger_error(path, error) from error
        ledger = cls(path, opened, thread, session)
        await ledger.read(ledger._take_note)
        return ledger

    def _take_note(self, connection: sqlite3.Connection) -> None:
        self._version = queries.version(connection)
        self._revision = queries.revision(connection)

    async def aclose(self) -> None:
        """Close the file and end the writer thread."""
        await asyncio.to_thread(self._thread.shutdown)  # after what is queued
        self._connection.close()
        presence_lock.leave(self._presence)

    @property
    def has_copy(self) -> bool:
        """Whether there is a copy of the file. Costs one or two stats."""
        return any(copy.exists() for copy in backup.paths(self._path))

    async def backup(self) -> None:
        """Copy the file if it changed since its last copy, off the writer thread.

        Raises `LedgerError`, also when the copy shows that the file is damaged.
        """
        try:
            due = self.read_only is None and await asyncio.to_thread(backup.is_due, self._path)
            whole = not due or await asyncio.to_thread(backup.keep, self._path)
        except (sqlite3.Error, OSError) as error:
            raise opening.ledger_error(self._path, error) from error
        if not whole:
            repair.mark(self._path)
            raise LedgerError("error.ledger_damaged", path=str(self._path))

    def hasten(self) -> None:
        """Wait less for a locked file from now on, because this run ends."""
        self._is_ending = True

    def _prepare(self) -> None:
        """Before each piece of work on the thread, which what is queued has to wait for."""
        if self._is_ending:
            self._is_ending = False
            self._connection.execute(f"PRAGMA busy_timeout = {ENDING_SECONDS * 1000:.0f}")

    async def read(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a query on the ledger's thread; not at all if the caller is cancelled before."""

        def query() -> T:
            self._prepare()
            return work(self._connection, *args, **kwargs)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, query)
        except (sqlite3.Error, OSError) as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> LedgerError:
        """The error in words; of a lock that came later, what was sent goes on."""
        found = opening.ledger_error(self._path, error)
        if found.key == "error.ledger_busy":
            return LedgerError("error.ledger_locked", path=str(self._path))
        return found

    async def write(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Write and return once it is on disk; concurrent writes share a transaction."""
        if self.read_only is not None:
            raise self.read_only
        try:
            return await self._commits.write(lambda connection: work(connection, *args, **kwargs))
        except (sqlite3.Error, OSError) as error:
            raise self._error(error) from error


MOST = 64
"""Maximum writes in one commit, because other processes need the file too."""


@dataclass(slots=True)
class _Write:
    """One requested write; `result` or `error` is set once done, and reported once on disk."""

    work: Callable[[sqlite3.Connection], Any]
    told: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Report the result to the caller. Runs on the event loop."""
        if self.told.done():
            return
        if self.error is not None:
            self.told.set_exception(self.error)
            self.told.exception()  # the caller may have been cancelled meanwhile
        else:
            self.told.set_result(self.result)


def _tell_all(writes: list[_Write]) -> None:
    for write in writes:
        write.tell()


@dataclass(eq=False)
class Commits:
    """The only way to write, on the ledger's `thread`."""

    _connection: sqlite3.Connection
    _thread: ThreadPoolExecutor
    _trail: trail.Trail | None = None
    _newest: int = 0
    """The newest revision seen: a ledger must never know less than before."""
    _prepare: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[_Write] = []

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` inside a transaction and return once it is on disk.

        It runs to the end even if the caller is cancelled.
        """
        loop = asyncio.get_running_loop()
        write = _Write(work, loop.create_future())
        with self._lock:
            self._waiting.append(write)
            first = len(self._waiting) == 1
        if first:
            loop.run_in_executor(self._thread, self._commit, loop)
        result: T = await asyncio.shield(write.told)
        return result

    def _commit(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            writes, self._waiting = self._waiting, []
        for start in range(0, len(writes), MOST):
            self._commit_together(writes[start : start + MOST])
        loop.call_soon_threadsafe(_tell_all, writes)

    def _commit_together(self, writes: list[_Write]) -> None:
        try:
            self._prepare()
            with transaction(self._connection):
                before = self._check() if self._trail is not None else None
                for write in writes:
                    self._do(write)
                changed = trail.changes(self._connection, before) if before is not None else []
            if self._trail is not None and before is not None:
                self._newest = max([before.revision, *map(trail.revision_of, changed)])
                self._trail.append(changed)
        except BaseException as error:  # noqa: BLE001 - nothing of it is on the disk
            for write in writes:
                write.error = write.error or error

    def _check(self) -> trail.Position:
        """Raise `Replaced` where the file was emptied or replaced by an older one."""
        try:
            found = trail.position(self._connection)
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                raise repair.Replaced("the file is empty") from error
            raise
        if found.revision < self._newest:
            raise repair.Replaced("the file is an older one")
        return found

    def _do(self, write: _Write) -> None:
        self._connection.execute("SAVEPOINT one")
        try:
            write.result = write.work(self._connection)
        except BaseException as error:
            if not self._connection.in_transaction:
                raise  # a full disk rolls the whole transaction back
            write.error = error
            self._connection.execute("ROLLBACK TO one")
        self._connection.execute("RELEASE one")


def _query(
    work: Callable[Concatenate[sqlite3.Connection, P], T],
) -> Callable[Concatenate[LedgerFile, P], Coroutine[Any, Any, T]]:
    """Return the method that runs a query."""

    @wraps(work)
    async def method(self: LedgerFile, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.read(work, *args, **kwargs)

    return method


def _change(
    work: Callable[Concatenate[sqlite3.Connection, P], T],
) -> Callable[Concatenate[LedgerFile, P], Coroutine[Any, Any, T]]:
    """Return the method that writes."""

    @wraps(work)
    async def method(self: LedgerFile, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.write(work, *args, **kwargs)

    return method


def _own_change(
    work: Callable[Concatenate[sqlite3.Connection, str, P], T],
) -> Callable[Concatenate[LedgerFile, P], Coroutine[Any, Any, T]]:
    """Return the method that writes as this run."""

    @wraps(work)
    async def method(self: LedgerFile, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.write(work, self.session, *args, **kwargs)

    return method


class Ledger(LedgerFile):
    """Queries and every change of a job; lists and reports over many jobs are in `history`."""

    job = _query(queries.find)
    recent = _query(queries.recent)
    newest = _query(queries.newest)
    results = _query(queries.results)
    timeline = _query(queries.timeline)
    waiting_for = _query(queries.waiting_for)
    spent = _query(queries.spent)
    out = _query(queries.out)
    durations = _query(queries.durations)
    traced = _query(queries.traced)
    costing = _query(queries.costing)
    healthy = _query(queries.healthy)

    add = _own_change(writing.add)
    put_back = _own_change(writing.put_back)
    step = _own_change(writing.step)
    delay = _own_change(writing.delay)
    claim = _own_change(admission.claim)
    release = _own_change(admission.release)
    note = _change(writing.note)
    note_once = _change(writing.note_once)
    mark_missing = _change(writing.mark_missing)
    mark = _change(writing.mark)
    reorder = _change(writing.reorder)
    hold = _change(writing.hold)

    async def by_intents(self, intents: Collection[str]) -> dict[str, Job]:
        """Return the known jobs of these intents."""
        return await self.read(queries.by_intents, tuple(intents))

    async def repeats_of(self, ids: Collection[int]) -> dict[int, Job]:
        """Return the newest repetition of each job."""
        return await self.read(queries.repeats_of, tuple(ids))

    async def unowned(self, now: float) -> tuple[int, ...]:
        """Return the ids of open, sent jobs that no live process follows."""
        return await self.read(queries.unowned, self.session, now)

    async def owned(self) -> tuple[Job, ...]:
        """Return the open jobs that this run follows."""
        return await self.read(queries.owned, self.session)

    async def news(self) -> tuple[Job, ...]:
        """Return the jobs changed since the last call, if another process changed any.

        Nearly free when none did. Our own changes may be included.
        """
        return await self.read(self._news)

    def _news(self, connection: sqlite3.Connection) -> tuple[Job, ...]:
        version = queries.version(connection)
        if version == self._version:
            return ()
        jobs = queries.news(connection, self._revision)
        if jobs:
            self._revision = jobs[-1].revision
        if len(jobs) < queries.MOST_NEWS:
            self._version = version
        return jobs

    async def verify(
        self, now: float, *, wants_files: bool, places: Places
    ) -> tuple[verification.Verification, list[verification.Difference]]:
        """Compare with manifests, log, sidecars and result files. Reads them all."""
        found = await asyncio.to_thread(traces.collect, self._path, places)
        return await self.read(
            lambda connection: verification.verify(
                queries.with_intents(connection), found, now, wants_files=wants_files
            )
        )

    async def save_unsaved_task(
        self, job: Job, now: float, task_id: str, deadline: float | None
    ) -> Path | None:
        """Save the task id of a create that can't be written here to a file of its own.

        Returns its path, None where no place is writable. The next start takes it in.
        """
        row = records.running_row(job, now, task_id, deadline, self.session)
        events = [[now, State.RUNNING.value, "event.running", "{}"]]
        line: trail.Line = {"job": job.id, "made": job.created_at, "row": row, "events": events}
        return await asyncio.to_thread(task_ids.save, self._path, self.session, line, self._lineage)

    async def drop_unsaved_tasks(self) -> None:
        """Delete such a file of this run once everything in it is in the ledger."""
        await asyncio.to_thread(task_ids.drop, self._path, self.session)

    async def arrange(self, ids: Collection[int]) -> tuple[Job, ...]:
        """Reorder unsent jobs; see `admission.arrange`."""
        return await self.write(admission.arrange, tuple(ids))

    async def admit(
        self, ids: Collection[int], limits: Settings, now: float, midnight: float
    ) -> tuple[Job, ...]:
        """Admit queued jobs to the service; see `admission.admit`."""
        return await self.write(admission.admit, self.session, tuple(ids), limits, now, midnight)
