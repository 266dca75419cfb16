"""The ledger: every SQL statement, and the only truth about jobs.

One SQLite file, shared by all processes of one user. Each public method stands or falls as a whole,
runs on one writer thread, and has reached the disk when it returns: the intent is here before the
request leaves, the task id as soon as it comes, the results as their own step.

A rollback journal with `synchronous=EXTRA`, not WAL: see docs/decisions.md. Jobs are written on
state changes only, never per question to the service.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from ima_tui.core.domain import (
    Event,
    Failure,
    Job,
    Media,
    Order,
    Outcome,
    Result,
    State,
)
from ima_tui.ledger import (
    admission,
    backup,
    opening,
    queries,
    records,
    repair,
    repair_time,
    trail,
    unsaved_tasks,
    writing,
)
from ima_tui.ledger import (
    queue_order as line,
)
from ima_tui.ledger.admission import AdmissionLimits
from ima_tui.ledger.commits import Commits
from ima_tui.ledger.opening import LOOKED_AT as LOOKED_AT
from ima_tui.ledger.records import LedgerError as LedgerError
from ima_tui.ledger.records import dump_order as _dump_order
from ima_tui.ledger.repair import RepairReport as RepairReport

P = ParamSpec("P")
T = TypeVar("T")

Values = Mapping[str, str | int | float]

last_repair = repair_time.last

SQLITE_VERSION = sqlite3.sqlite_version


class Ledger:
    """Async front of the file. Make with `Ledger.open`, end with `aclose`.

    `session` names this run: it owns what it follows, for as long as its leases last.
    """

    def __init__(
        self, path: Path, opened: opening.Opened, thread: ThreadPoolExecutor, session: str
    ) -> None:
        self._path = path
        self._connection = opened.connection
        self._presence = opened.presence
        self.repair_report = opened.repair_report
        """What was done to a damaged file when it was opened."""
        self.locked_out = opened.locked_out
        """Nobody can lock the file, or somebody held it all the time: a copy of it is shown."""
        self.read_only: LedgerError | None = None
        """What every attempt to write is answered with, where nothing is to be written."""
        self._thread = thread
        self._lineage = opened.lineage
        kept = trail.Trail(path, self._lineage)
        self._commits = Commits(opened.connection, thread, kept, opened.newest)
        self.session = session
        self._version = 0
        self._revision = 0

    @classmethod
    async def open(cls, path: Path, session: str, logs: Path | None = None) -> Ledger:
        """The ledger at `path`, made if there is none, mended if it is damaged.

        `logs`: where the shared log is, which may know of jobs that a restored ledger does not.
        Raises `LedgerError`; where its key is one of `LOOKED_AT`, `look` may still do.
        """
        return await cls._opened(path, session, partial(opening.to_write, logs=logs))

    @classmethod
    async def open_read_only(
        cls,
        path: Path,
        session: str,
        why: LedgerError | None = None,
        logs: Path | None = None,
    ) -> Ledger:
        """The ledger as it is, never written: every attempt raises `why`."""
        ledger = await cls._opened(path, session, partial(opening.to_look, logs=logs))
        ledger.read_only = why or LedgerError("error.looking")
        return ledger

    @classmethod
    async def _opened(
        cls, path: Path, session: str, way: Callable[[Path], opening.Opened]
    ) -> Ledger:
        thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        try:
            opened = await asyncio.get_running_loop().run_in_executor(thread, way, path)
        except (sqlite3.Error, OSError) as error:
            thread.shutdown()
            raise opening.ledger_error(path, error) from error
        ledger = cls(path, opened, thread, session)
        await ledger._read(ledger._take_note)
        return ledger

    def _take_note(self, connection: sqlite3.Connection) -> None:
        self._version = queries.version(connection)
        self._revision = queries.revision(connection)

    async def aclose(self) -> None:
        await self._on_thread(self._connection.close)
        self._thread.shutdown()
        repair.leave(self._presence)

    @property
    def has_copy(self) -> bool:
        """Whether there is a copy of the file. A stat or two."""
        return any(copy.exists() for copy in backup.paths(self._path))

    async def backup(self) -> None:
        """Copy the file if it changed since its last copy, beside the writer thread.

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

    async def _on_thread(self, work: Callable[[], T]) -> T:
        """Run on the writer thread, to the end even if the caller is cancelled."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.shield(future)
        except (sqlite3.Error, OSError) as error:
            raise opening.ledger_error(self._path, error) from error

    async def _read(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return await self._on_thread(lambda: work(self._connection, *args, **kwargs))

    async def _write(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """On disk when this returns; what is asked for at the same time shares a transaction."""
        if self.read_only is not None:
            raise self.read_only
        try:
            return await self._commits.write(lambda connection: work(connection, *args, **kwargs))
        except (sqlite3.Error, OSError) as error:
            raise opening.ledger_error(self._path, error) from error

    # ----------------------------------------------------------------------------- writing

    async def save_unsaved_task(
        self, job: Job, now: float, task_id: str, deadline: float | None
    ) -> Path | None:
        """The answer to a create that can't be written here, in a file of its own; where.

        The next start takes it in. None where no place takes it.
        """
        row = records.running_row(job, now, task_id, deadline, self.session)
        events = [[now, State.RUNNING.value, "event.running", "{}"]]
        line: trail.Line = {"job": job.id, "made": job.created_at, "row": row, "events": events}
        return await asyncio.to_thread(
            unsaved_tasks.save, self._path, self.session, line, self._lineage
        )

    async def drop_unsaved_tasks(self) -> None:
        """All that this run kept in such a file is in the ledger by now."""
        await asyncio.to_thread(unsaved_tasks.drop, self._path, self.session)

    async def add(
        self,
        order: Order,
        now: float,
        *,
        repeats: int | None = None,
        intent: str = "",
        after: int | None = None,
        instead: int | None = None,
    ) -> Job:
        """Write a new intent: from here on it can't be forgotten by accident.

        `intent` names it across runs: where it is known already, its job comes back as it stands.
        `after` names a job that must be done first; inputs such as `job:41#1` name theirs. Jobs
        that waited in vain for the one that this `repeats` now wait for this one. `instead` names
        an unsent one that is forgotten for this: it has its place in the line, what that waited
        for, and what waited for that. Raises `ImpossibleTransition` where that is unsent no more.
        """
        return await self._write(
            writing.add, order, now, self.session, repeats, intent, after, instead
        )

    async def put_back(self, order: Order, now: float, intent: str, known: Outcome) -> Job:
        """A job that was lost from here, and that something else still knows. Where its intent is
        known already, its job comes back as it stands."""
        return await self._write(writing.put_back, order, now, self.session, intent, known)

    async def step(
        self,
        job_id: int,
        after: State,
        now: float,
        key: str,
        values: Values | None = None,
        *,
        order: Order | None = None,
        task_id: str | None = None,
        deadline: float | None = None,
        medias: tuple[Media, ...] | None = None,
        failure: Failure | None = None,
        ours: bool = False,
    ) -> Job:
        """One transition and its row of the timeline, together. Raises `ImpossibleTransition`.

        `ours`: only where no other run follows the job, else `NotOurs`; *sending* always asks so.
        """
        columns: dict[str, object] = {}
        if order is not None:
            columns |= {"order_json": _dump_order(order), "points": order.total}
        if task_id is not None:
            columns["task_id"] = task_id
        if deadline is not None:
            columns["deadline"] = deadline
        if medias is not None:
            columns["medias_json"] = records.dump_medias(medias)
        if failure is not None:
            columns["failure_json"] = records.dump_failure(failure)
        return await self._write(
            writing.step, self.session, job_id, after, now, key, dict(values or {}), columns, ours
        )

    async def note(self, job_id: int, now: float, key: str, values: Values | None = None) -> None:
        """A row of the timeline without a change of state."""
        await self._write(writing.note, job_id, now, key, dict(values or {}))

    async def delay(
        self,
        job_id: int,
        now: float,
        why: str = "",
        values: Values | None = None,
        medias: tuple[Media, ...] | None = None,
    ) -> Job:
        """Say why a job's results are not here yet (`why`: a key of `messages`), with those that
        are. Without `medias`: whoever fetches it is asked to try now, also in another process.

        Raises `ImpossibleTransition` where the job is not being fetched, or not by this run.
        """
        return await self._write(
            writing.delay, self.session, job_id, now, why, dict(values or {}), medias
        )

    async def mark_missing(self, job_id: int, index: int, now: float, key: str) -> Job:
        """The file of a result (from 1) is no longer here, with the row of the timeline for it."""
        return await self._write(writing.mark_missing, job_id, index, now, key)

    async def reorder(
        self, job_id: int, order: Order, now: float, key: str, values: Values | None = None
    ) -> Job:
        """Change an unsent job's order, with the row of the timeline that says how."""
        return await self._write(writing.reorder, job_id, order, now, key, dict(values or {}))

    async def hold(
        self, job_id: int, held: bool, why: str = "", values: Values | None = None
    ) -> Job:
        """Keep an unsent job from being sent (`why`: a key of `messages`), or let it go.

        Let go from a limit on spending it is not held by that again.
        """
        return await self._write(writing.hold, job_id, held, why, dict(values or {}))

    async def arrange(self, ids: Collection[int]) -> tuple[Job, ...]:
        """Let unsent jobs wait in this order, in the places that they have between them.

        What is no longer queued is passed over. Returns the jobs that have moved.
        """
        return await self._write(line.arrange, tuple(ids))

    async def admit(
        self, ids: Collection[int], limits: AdmissionLimits, now: float, midnight: float
    ) -> tuple[Job, ...]:
        """Give places at the service to queued jobs, in the order of the line, as far as the
        limits allow. Where another run's job stands before them, its place is left to it.

        Returns the jobs that need not be asked for again (they have a place, are held, or are
        no longer queued) and those whose reason to wait has changed; `admission.settled` tells
        them apart.
        """
        return await self._write(admission.admit, self.session, tuple(ids), limits, now, midnight)

    async def claim(
        self, now: float, until: float, only: Collection[int] | None = None
    ) -> tuple[Job, ...]:
        """Open jobs that nobody alive follows, now ours until `until`; ours are renewed.

        `only` these, or all. Returns every job that is ours now.
        """
        return await self._write(writing.claim, self.session, now, until, only)

    async def release(self, *, hold: bool = False) -> None:
        """Give up every lease of this run, so that others may follow at once.

        `hold`: what was not sent yet waits for a person's word; a later run sends it not unasked.
        """
        await self._write(writing.release, self.session, hold)

    # ----------------------------------------------------------------------------- reading

    async def job(self, job_id: int) -> Job | None:
        return await self._read(queries.find, job_id)

    async def news(self) -> tuple[Job, ...]:
        """What was changed since the last time, if another process changed anything.

        Costs next to nothing when nobody did. Changes of our own may be among the others'.
        """
        return await self._read(self._news)

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

    async def waiting_for(self, first: int) -> tuple[Job, ...]:
        """Jobs that take what the job `first` makes."""
        return await self._read(queries.waiting_for, first)

    async def unowned(self, now: float) -> tuple[int, ...]:
        """Open jobs that were sent and that no process alive follows."""
        return await self._read(queries.unowned, self.session, now)

    async def owned(self) -> tuple[Job, ...]:
        """Open jobs that are this run's to follow."""
        return await self._read(queries.owned, self.session)

    async def by_intents(self, intents: Collection[str]) -> dict[str, Job]:
        """The jobs of those intents that are known."""
        return await self._read(queries.by_intents, tuple(intents))

    async def repeats_of(self, ids: Collection[int]) -> dict[int, Job]:
        """The newest tries of jobs that were run again, by the job they repeat."""
        return await self._read(queries.repeats_of, tuple(ids))

    async def page(self, after: int, since: float, limit: int) -> tuple[Job, ...]:
        """Jobs made since then, oldest first, with ids above `after`; forgotten ones too."""
        return await self._read(queries.page, after, since, limit)

    async def recent(self, limit: int) -> tuple[Job, ...]:
        """Every open job and the newest ended ones that were not forgotten, newest first."""
        return await self._read(queries.recent, limit)

    async def newest(self) -> Job | None:
        """The job that was written down last, but for those that were forgotten."""
        return await self._read(queries.newest)

    async def results(self, below: int, limit: int) -> tuple[tuple[Result, ...], int]:
        """What jobs below this id made, newest first, and the id to go on below; 0: at the end."""
        return await self._read(queries.results, below, limit)

    async def timeline(self, job_id: int) -> tuple[Event, ...]:
        return await self._read(queries.timeline, job_id)

    async def spent(self, since: float, session: str = "") -> int:
        """Points of jobs that the service took, or may have taken, since then."""
        return await self._read(queries.spent, since, session)

    async def out(self) -> int:
        """Points that are out and have brought nothing yet."""
        return await self._read(queries.out)

    async def durations(self, order: Order, count: int = 20) -> tuple[float, ...]:
        """Seconds that the last runs of the same model at the same price took, newest first."""
        return await self._read(queries.durations, order, count)

    async def healthy(self) -> bool:
        """SQLite's own check of the whole file."""
        return await self._read(queries.healthy)
