"""The ledger: every SQL statement, and the only truth about jobs.

One SQLite file, shared by all processes of one user. Each public method is one transaction, run
on one writer thread, and has reached the disk when it returns: the intent is here before the
request leaves, the task id as soon as it comes, the results as their own step.

A rollback journal with `synchronous=EXTRA`, not WAL: see docs/decisions.md. Jobs are written on
state changes only, never per question to the service.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from ima_tui import lifecycle, owner
from ima_tui.domain import Estimate, Event, Failure, Job, Media, Order, State, TaskType
from ima_tui.errors import ImaError
from ima_tui.text import one_line

P = ParamSpec("P")
T = TypeVar("T")

Values = Mapping[str, str | int | float]

SQLITE_VERSION = sqlite3.sqlite_version
BUSY_SECONDS = 15.0
FIRST_LEASE = 30.0
"""Seconds that a new job is ours before the scheduler renews its lease."""
MOST_NAMED = 500
"""Values in one statement: SQLite has a limit."""

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
)

_OPEN = "state NOT IN ('done', 'failed', 'unknown', 'stopped', 'forgotten')"
"""As the partial index says it: open jobs are few, ended ones may be a hundred thousand."""

_UNSENT = (State.QUEUED, State.UPLOADING, State.VERIFYING)


class LedgerError(ImaError):
    """The ledger's file can't be opened, read or written."""


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

    @classmethod
    async def open(cls, path: Path, session: str) -> Ledger:
        thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        try:
            loop = asyncio.get_running_loop()
            connection = await loop.run_in_executor(thread, _connect, path)
        except (sqlite3.Error, OSError) as error:
            thread.shutdown()
            raise _ledger_error(path, error) from error
        return cls(path, connection, thread, session)

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
        self, order: Order, now: float, *, repeats: int | None = None, intent: str = ""
    ) -> Job:
        """Write a new intent: from here on it can't be forgotten by accident.

        `intent` names it across runs: where it is known already, its job comes back as it stands.
        """
        return await self._write(_add, order, now, self.session, repeats, intent)

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
    ) -> Job:
        """One transition and its row of the timeline, together. Raises `ImpossibleTransition`."""
        columns: dict[str, object] = {}
        if order is not None:
            columns |= {"order_json": _dump_order(order), "points": order.total}
        if task_id is not None:
            columns["task_id"] = task_id
        if deadline is not None:
            columns["deadline"] = deadline
        if medias is not None:
            columns["medias_json"] = _dump_medias(medias)
        if failure is not None:
            columns["failure_json"] = _dump_failure(failure)
        return await self._write(_step, job_id, after, now, key, dict(values or {}), columns)

    async def note(self, job_id: int, now: float, key: str, values: Values | None = None) -> None:
        """A row of the timeline without a change of state."""
        await self._write(_note, job_id, now, key, dict(values or {}))

    async def reorder(
        self, job_id: int, order: Order, now: float, key: str, values: Values | None = None
    ) -> Job:
        """Change an unsent job's order, with the row of the timeline that says how."""
        return await self._write(_reorder, job_id, order, now, key, dict(values or {}))

    async def hold(self, job_id: int, held: bool) -> Job:
        """Keep an unsent job from being sent, or let it go."""
        return await self._write(_hold, job_id, held)

    async def claim(
        self, now: float, until: float, only: Collection[int] | None = None
    ) -> tuple[Job, ...]:
        """Open jobs that nobody alive follows, now ours until `until`; ours are renewed.

        `only` these, or all. Returns every job that is ours now.
        """
        return await self._write(_claim, self.session, now, until, only)

    async def release(self, *, hold: bool = False) -> None:
        """Give up every lease of this run, so that others may follow at once.

        `hold`: what was not sent yet waits for a person's word; a later run sends it not unasked.
        """
        await self._write(_release, self.session, hold)

    # ----------------------------------------------------------------------------- reading

    async def job(self, job_id: int) -> Job | None:
        return await self._read(_job, job_id)

    async def by_intents(self, intents: Collection[str]) -> dict[str, Job]:
        """The jobs of those intents that are known."""
        return await self._read(_by_intents, tuple(intents))

    async def page(self, after: int, since: float, limit: int) -> tuple[Job, ...]:
        """Jobs made since then, oldest first, with ids above `after`; forgotten ones too."""
        return await self._read(_page, after, since, limit)

    async def recent(self, limit: int) -> tuple[Job, ...]:
        """Every open job and the newest ended ones that were not forgotten, newest first."""
        return await self._read(_recent, limit)

    async def timeline(self, job_id: int) -> tuple[Event, ...]:
        return await self._read(_timeline, job_id)

    async def spent(self, since: float, session: str = "") -> int:
        """Points of jobs that the service took, or may have taken, since then."""
        return await self._read(_spent, since, session)

    async def out(self) -> int:
        """Points that are out and have brought nothing yet."""
        return await self._read(_out)

    async def durations(self, order: Order, count: int = 20) -> tuple[float, ...]:
        """Seconds that the last runs of the same model at the same price took, newest first."""
        return await self._read(_durations, order, count)

    async def healthy(self) -> bool:
        """SQLite's own check of the whole file."""
        return await self._read(_healthy)


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


def _add(
    connection: sqlite3.Connection,
    order: Order,
    now: float,
    session: str,
    repeats: int | None,
    intent: str,
) -> Job:
    if intent and (known := _by_intents(connection, (intent,))):
        return known[intent]
    cursor = connection.execute(
        "INSERT INTO jobs (state, task_type, model_id, order_json, points, session, owner,"
        " lease_until, created_at, updated_at, repeats, intent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            State.QUEUED,
            order.task_type,
            order.model_id,
            _dump_order(order),
            order.total,
            session,
            session,
            now + FIRST_LEASE,
            now,
            now,
            repeats,
            intent,
        ),
    )
    job_id = cursor.lastrowid or 0
    _write_event(connection, job_id, now, State.QUEUED, "event.queued", {"points": order.total})
    return _require(connection, job_id)


def _step(
    connection: sqlite3.Connection,
    job_id: int,
    after: State,
    now: float,
    key: str,
    values: dict[str, str | int | float],
    columns: dict[str, object],
) -> Job:
    before = _require(connection, job_id)
    lifecycle.check(before.state, after)
    columns |= {"state": after, "updated_at": now}
    if after is State.SENDING:
        columns["sent_at"] = now
    if after in lifecycle.ENDED or after is State.FETCHING:
        columns["ended_at"] = before.ended_at or now  # the service was done before we fetched
    else:
        columns["ended_at"] = None
    if after is State.QUEUED:
        columns["sent_at"] = None
    names = ", ".join(f"{name} = ?" for name in columns)
    connection.execute(f"UPDATE jobs SET {names} WHERE id = ?", (*columns.values(), job_id))
    _write_event(connection, job_id, now, after, key, values)
    return _require(connection, job_id)


def _note(
    connection: sqlite3.Connection,
    job_id: int,
    now: float,
    key: str,
    values: dict[str, str | int | float],
) -> None:
    job = _require(connection, job_id)
    _write_event(connection, job_id, now, job.state, key, values)


def _write_event(
    connection: sqlite3.Connection,
    job_id: int,
    now: float,
    state: State,
    key: str,
    values: Mapping[str, str | int | float],
) -> None:
    connection.execute(
        "INSERT INTO events (job, at, state, key, values_json) VALUES (?, ?, ?, ?, ?)",
        (job_id, now, state, key, json.dumps(values, ensure_ascii=False)),
    )


def _reorder(
    connection: sqlite3.Connection,
    job_id: int,
    order: Order,
    now: float,
    key: str,
    values: dict[str, str | int | float],
) -> Job:
    job = _require(connection, job_id)
    if job.state not in lifecycle.UNSENT:
        raise lifecycle.ImpossibleTransition(f"reorder in {job.state}")
    connection.execute(
        "UPDATE jobs SET order_json = ?, points = ?, updated_at = ? WHERE id = ?",
        (_dump_order(order), order.total, now, job_id),
    )
    _write_event(connection, job_id, now, job.state, key, values)
    return _require(connection, job_id)


def _hold(connection: sqlite3.Connection, job_id: int, held: bool) -> Job:
    connection.execute("UPDATE jobs SET held = ? WHERE id = ?", (int(held), job_id))
    return _require(connection, job_id)


def _claim(
    connection: sqlite3.Connection,
    session: str,
    now: float,
    until: float,
    only: Collection[int] | None,
) -> tuple[Job, ...]:
    ids = tuple(only or ())
    among = "" if only is None else f" AND id IN ({', '.join('?' * len(ids))})"
    gone = [row[0] for row in _other_owners(connection, session) if owner.is_gone(row[0])]
    ended = f" OR owner IN ({', '.join('?' * len(gone))})"
    # an owner that ended without releasing died: what it had not sent yet waits for a person's word
    connection.execute(
        "UPDATE jobs SET held = held OR (owner NOT IN ('', ?) AND state IN (?, ?, ?)),"
        f" owner = ?, lease_until = ? WHERE {_OPEN}{among}"
        f" AND (owner = ? OR owner = '' OR lease_until < ?{ended})",
        (session, *_UNSENT, session, until, *ids, session, now, *gone),
    )
    rows = connection.execute(
        f"SELECT * FROM jobs WHERE {_OPEN} AND owner = ? ORDER BY id",
        (session,),
    )
    return tuple(map(_job_of, rows))


def _other_owners(connection: sqlite3.Connection, session: str) -> list[sqlite3.Row]:
    return connection.execute(
        f"SELECT DISTINCT owner FROM jobs WHERE {_OPEN} AND owner NOT IN ('', ?)", (session,)
    ).fetchall()


def _release(connection: sqlite3.Connection, session: str, hold: bool) -> None:
    connection.execute(
        "UPDATE jobs SET held = held OR (? AND state IN (?, ?, ?)), owner = '', lease_until = 0"
        f" WHERE {_OPEN} AND owner = ?",
        (int(hold), *_UNSENT, session),
    )


def _job(connection: sqlite3.Connection, job_id: int) -> Job | None:
    row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    return _job_of(row) if row else None


def _by_intents(connection: sqlite3.Connection, intents: tuple[str, ...]) -> dict[str, Job]:
    found: dict[str, Job] = {}
    for start in range(0, len(intents), MOST_NAMED):
        named = intents[start : start + MOST_NAMED]
        marks = ", ".join("?" * len(named))
        rows = connection.execute(
            f"SELECT * FROM jobs WHERE intent != '' AND intent IN ({marks})", named
        )
        found |= {row["intent"]: _job_of(row) for row in rows}
    return found


def _page(connection: sqlite3.Connection, after: int, since: float, limit: int) -> tuple[Job, ...]:
    rows = connection.execute(
        "SELECT * FROM jobs WHERE id > ? AND created_at >= ? ORDER BY id LIMIT ?",
        (after, since, limit),
    )
    return tuple(map(_job_of, rows))


def _require(connection: sqlite3.Connection, job_id: int) -> Job:
    job = _job(connection, job_id)
    if job is None:
        raise LedgerError("error.no_job", id=job_id)
    return job


def _recent(connection: sqlite3.Connection, limit: int) -> tuple[Job, ...]:
    still_open = connection.execute(f"SELECT * FROM jobs WHERE {_OPEN}").fetchall()
    ended = connection.execute(
        f"SELECT * FROM jobs WHERE NOT ({_OPEN}) AND state != 'forgotten' ORDER BY id DESC LIMIT ?",
        (limit,),
    ).fetchall()
    return tuple(sorted(map(_job_of, still_open + ended), key=lambda job: -job.id))


def _timeline(connection: sqlite3.Connection, job_id: int) -> tuple[Event, ...]:
    rows = connection.execute("SELECT * FROM events WHERE job = ? ORDER BY id", (job_id,))
    return tuple(
        Event(row["at"], State(row["state"]), row["key"], json.loads(row["values_json"]))
        for row in rows
    )


def _spent(connection: sqlite3.Connection, since: float, session: str) -> int:
    """A refused or unsent job cost nothing; whatever has a task id, or may have one, did."""
    row = connection.execute(
        "SELECT COALESCE(SUM(points), 0) FROM jobs WHERE sent_at >= ?"
        " AND (task_id != '' OR state IN ('sending', 'unknown') OR (state = 'forgotten'"
        " AND EXISTS (SELECT 1 FROM events WHERE job = jobs.id AND events.state = 'unknown')))"
        " AND (? = '' OR session = ?)",
        (since, session, session),
    ).fetchone()
    return int(row[0])


def _out(connection: sqlite3.Connection) -> int:
    row = connection.execute(
        f"SELECT COALESCE(SUM(points), 0) FROM jobs WHERE {_OPEN} AND sent_at IS NOT NULL"
    ).fetchone()
    return int(row[0])


def _durations(connection: sqlite3.Connection, order: Order, count: int) -> tuple[float, ...]:
    """Size is what makes the price: the same price rule is the same size."""
    rows = connection.execute(
        "SELECT ended_at - sent_at FROM jobs WHERE state = 'done' AND task_type = ?"
        " AND model_id = ? AND json_extract(order_json, '$.attribute_id') = ?"
        " AND sent_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?",
        (order.task_type, order.model_id, order.attribute_id, count),
    )
    return tuple(float(row[0]) for row in rows)


def _healthy(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


# ----------------------------------------------------------------------------- rows to nouns


def _job_of(row: sqlite3.Row) -> Job:
    medias = tuple(Media(**media) for media in json.loads(row["medias_json"]))
    failure = Failure(**json.loads(row["failure_json"])) if row["failure_json"] else None
    return Job(
        id=row["id"],
        order=_load_order(row["order_json"]),
        state=State(row["state"]),
        held=bool(row["held"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        task_id=row["task_id"],
        sent_at=row["sent_at"],
        ended_at=row["ended_at"],
        deadline=row["deadline"],
        medias=medias,
        failure=failure,
    )


def _dump_order(order: Order) -> str:
    return json.dumps(asdict(order), ensure_ascii=False)


def _load_order(text: str) -> Order:
    raw = json.loads(text)
    raw["task_type"] = TaskType(raw["task_type"])
    raw["parameters"] = tuple((name, value) for name, value in raw["parameters"])
    raw["inputs"] = tuple(raw["inputs"])
    raw["estimate"] = Estimate(**raw["estimate"]) if raw["estimate"] else None
    return Order(**raw)


def _dump_failure(failure: Failure) -> str:
    return json.dumps(asdict(failure), ensure_ascii=False) if failure.kind else ""


def _dump_medias(medias: tuple[Media, ...]) -> str:
    return json.dumps([asdict(media) for media in medias], ensure_ascii=False)


def _ledger_error(path: Path, error: Exception) -> LedgerError:
    return LedgerError("error.ledger", path=str(path), reason=one_line(error, 200))
