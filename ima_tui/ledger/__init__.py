"""The ledger: every SQL statement, and the only truth about jobs.

One SQLite file, shared by all processes of one user. Each public method is one transaction, run
on one writer thread, and has reached the disk when it returns: the intent is here before the
request leaves, the task id as soon as it comes, the results as their own step.

A rollback journal with `synchronous=EXTRA`, not WAL: see docs/decisions.md. Jobs are written on
state changes only, never per question to the service.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from ima_tui.domain import Event, Failure, Job, Media, Order, State
from ima_tui.ledger import admission, line, reading, records, writing
from ima_tui.ledger.admission import Limits
from ima_tui.ledger.records import LedgerError as LedgerError
from ima_tui.ledger.records import dump_order as _dump_order
from ima_tui.text import one_line

P = ParamSpec("P")
T = TypeVar("T")

Values = Mapping[str, str | int | float]

SQLITE_VERSION = sqlite3.sqlite_version
BUSY_SECONDS = 15.0

_NUMBER = """
    BEGIN
        UPDATE jobs SET revision =
            (SELECT COALESCE(MAX(revision), 0) + 1 FROM jobs WHERE revision > 0)
            WHERE id = new.id;
    END
"""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE jobs (
            id          INTEGER PRIMARY KEY AUTOINCREMENT,
            state       TEXT NOT NULL,
            held        INTEGER NOT NULL DEFAULT 0, -- not to be sent before a person says so
            task_type   TEXT NOT NULL,
            model_id    TEXT NOT NULL,
            order_json  TEXT NOT NULL,
            points      INTEGER NOT NULL,           -- the total that is or may be charged
            task_id     TEXT NOT NULL DEFAULT '',
            medias_json TEXT NOT NULL DEFAULT '[]',
            failure_json TEXT NOT NULL DEFAULT '',
            repeats     INTEGER REFERENCES jobs(id),
            session     TEXT NOT NULL,              -- the run of the program that made it
            owner       TEXT NOT NULL DEFAULT '',   -- the run that follows it now
            lease_until REAL NOT NULL DEFAULT 0,
            created_at  REAL NOT NULL,
            updated_at  REAL NOT NULL,
            sent_at     REAL,
            ended_at    REAL,
            deadline    REAL
        )
        """,
        """
        CREATE INDEX jobs_open ON jobs(state)
            WHERE state NOT IN ('done', 'failed', 'unknown', 'stopped', 'forgotten')
        """,
        "CREATE INDEX jobs_sent ON jobs(sent_at)",
        "CREATE INDEX jobs_history ON jobs(task_type, model_id, ended_at) WHERE state = 'done'",
        """
        CREATE TABLE events (
            id          INTEGER PRIMARY KEY AUTOINCREMENT,
            job         INTEGER NOT NULL REFERENCES jobs(id),
            at          REAL NOT NULL,
            state       TEXT NOT NULL,
            key         TEXT NOT NULL,
            values_json TEXT NOT NULL DEFAULT '{}'
        )
        """,
        "CREATE INDEX events_of_job ON events(job, id)",
    ),
    (
        "ALTER TABLE jobs ADD COLUMN intent TEXT NOT NULL DEFAULT ''",
        "CREATE UNIQUE INDEX jobs_intent ON jobs(intent) WHERE intent != ''",
    ),
    (
        "ALTER TABLE jobs ADD COLUMN waiting TEXT NOT NULL DEFAULT ''",  # why it is not sent yet
        "ALTER TABLE jobs ADD COLUMN waiting_json TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE jobs ADD COLUMN waived INTEGER NOT NULL DEFAULT 0",  # over a limit, by a word
        "ALTER TABLE jobs ADD COLUMN turn INTEGER NOT NULL DEFAULT 0",  # has one of the places
        "ALTER TABLE jobs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0",
        "UPDATE jobs SET turn = 1 WHERE state IN ('sending', 'running')",
        "CREATE INDEX jobs_turn ON jobs(turn) WHERE turn = 1",
        "CREATE INDEX jobs_revision ON jobs(revision) WHERE revision > 0",
        """
        CREATE TABLE needs (                        -- this job takes what the first one makes
            job         INTEGER NOT NULL REFERENCES jobs(id),
            first       INTEGER NOT NULL REFERENCES jobs(id),
            PRIMARY KEY (job, first)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX needs_first ON needs(first)",
        f"CREATE TRIGGER jobs_new AFTER INSERT ON jobs {_NUMBER}",
        f"""
        CREATE TRIGGER jobs_changed AFTER UPDATE ON jobs
            WHEN old.updated_at IS NOT new.updated_at OR old.state IS NOT new.state
            OR old.held IS NOT new.held OR old.waiting IS NOT new.waiting
            OR old.waiting_json IS NOT new.waiting_json {_NUMBER}
        """,  # a lease that is renewed is no change
    ),
    ("CREATE INDEX jobs_session ON jobs(session)",),
    (
        "ALTER TABLE jobs ADD COLUMN place INTEGER",  # in the line of unsent jobs; null: its id
        "DROP TRIGGER jobs_changed",
        f"""
        CREATE TRIGGER jobs_changed AFTER UPDATE ON jobs
            WHEN old.updated_at IS NOT new.updated_at OR old.state IS NOT new.state
            OR old.held IS NOT new.held OR old.waiting IS NOT new.waiting
            OR old.waiting_json IS NOT new.waiting_json OR old.place IS NOT new.place {_NUMBER}
        """,
    ),
)


class Ledger:
    """Async front of the file. Make with `Ledger.open`, end with `aclose`.

    `session` names this run: it owns what it follows, for as long as its leases last.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, thread: ThreadPoolExecutor, session: str
    ) -> None:
        self._path = path
        self._connection = connection
        self._thread = thread
        self.session = session
        self._version = 0
        self._revision = 0

    @classmethod
    async def open(cls, path: Path, session: str) -> Ledger:
        thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        try:
            loop = asyncio.get_running_loop()
            connection = await loop.run_in_executor(thread, _connect, path)
        except (sqlite3.Error, OSError) as error:
            thread.shutdown()
            raise _ledger_error(path, error) from error
        opened = cls(path, connection, thread, session)
        await opened._read(opened._take_note)
        return opened

    def _take_note(self, connection: sqlite3.Connection) -> None:
        self._version = reading.version(connection)
        self._revision = reading.revision(connection)

    async def aclose(self) -> None:
        await self._on_thread(self._connection.close)
        self._thread.shutdown()

    async def _on_thread(self, work: Callable[[], T]) -> T:
        """Run on the writer thread, to the end even if the caller is cancelled."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.shield(future)
        except (sqlite3.Error, OSError) as error:
            raise _ledger_error(self._path, error) from error

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
        """One transaction, on disk when this returns."""

        def transaction() -> T:
            with _transaction(self._connection):
                return work(self._connection, *args, **kwargs)

        return await self._on_thread(transaction)

    # ----------------------------------------------------------------------------- writing

    async def add(
        self,
        order: Order,
        now: float,
        *,
        repeats: int | None = None,
        intent: str = "",
        after: int | None = None,
    ) -> Job:
        """Write a new intent: from here on it can't be forgotten by accident.

        `intent` names it across runs: where it is known already, its job comes back as it stands.
        `after` names a job that must be done first; inputs such as `job:41#1` name theirs. Jobs
        that waited in vain for the one that this `repeats` now wait for this one.
        """
        return await self._write(writing.add, order, now, self.session, repeats, intent, after)

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
        self, ids: Collection[int], limits: Limits, now: float, midnight: float
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
        return await self._read(reading.find, job_id)

    async def news(self) -> tuple[Job, ...]:
        """What was changed since the last time, if another process changed anything.

        Costs next to nothing when nobody did. Changes of our own may be among the others'.
        """
        return await self._read(self._news)

    def _news(self, connection: sqlite3.Connection) -> tuple[Job, ...]:
        version = reading.version(connection)
        if version == self._version:
            return ()
        jobs = reading.news(connection, self._revision)
        if jobs:
            self._revision = jobs[-1].revision
        if len(jobs) < reading.MOST_NEWS:
            self._version = version
        return jobs

    async def waiting_for(self, first: int) -> tuple[Job, ...]:
        """Jobs that take what the job `first` makes."""
        return await self._read(reading.waiting_for, first)

    async def owned(self) -> tuple[Job, ...]:
        """Open jobs that are this run's to follow."""
        return await self._read(reading.owned, self.session)

    async def by_intents(self, intents: Collection[str]) -> dict[str, Job]:
        """The jobs of those intents that are known."""
        return await self._read(reading.by_intents, tuple(intents))

    async def repeats_of(self, ids: Collection[int]) -> dict[int, Job]:
        """The newest tries of jobs that were run again, by the job they repeat."""
        return await self._read(reading.repeats_of, tuple(ids))

    async def page(self, after: int, since: float, limit: int) -> tuple[Job, ...]:
        """Jobs made since then, oldest first, with ids above `after`; forgotten ones too."""
        return await self._read(reading.page, after, since, limit)

    async def recent(self, limit: int) -> tuple[Job, ...]:
        """Every open job and the newest ended ones that were not forgotten, newest first."""
        return await self._read(reading.recent, limit)

    async def timeline(self, job_id: int) -> tuple[Event, ...]:
        return await self._read(reading.timeline, job_id)

    async def spent(self, since: float, session: str = "") -> int:
        """Points of jobs that the service took, or may have taken, since then."""
        return await self._read(reading.spent, since, session)

    async def out(self) -> int:
        """Points that are out and have brought nothing yet."""
        return await self._read(reading.out)

    async def durations(self, order: Order, count: int = 20) -> tuple[float, ...]:
        """Seconds that the last runs of the same model at the same price took, newest first."""
        return await self._read(reading.durations, order, count)

    async def healthy(self) -> bool:
        """SQLite's own check of the whole file."""
        return await self._read(reading.healthy)


# ---------------------------------------------------------------------------- on the thread


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    path.chmod(0o600)  # prompts stand in it
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("PRAGMA synchronous=EXTRA")
    connection.execute("PRAGMA foreign_keys=ON")
    _migrate(connection)
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring an older file up to date; refuse a newer one rather than harm it."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS):
        return
    with _transaction(connection):  # asked again inside: another process may have been faster
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise sqlite3.DatabaseError("written by a newer ima-tui")
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")


def _ledger_error(path: Path, error: Exception) -> LedgerError:
    return LedgerError("error.ledger", path=str(path), reason=one_line(error, 200))
