"""Database schema and migrations."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

_NUMBER = """
    BEGIN
        UPDATE jobs SET revision =
            (SELECT COALESCE(MAX(revision), 0) + 1 FROM jobs WHERE revision > 0)
            WHERE id = new.id;
    END
"""
_CHANGES = (
    "old.updated_at IS NOT new.updated_at OR old.state IS NOT new.state"
    " OR old.held IS NOT new.held OR old.waiting IS NOT new.waiting"
    " OR old.waiting_json IS NOT new.waiting_json OR old.place IS NOT new.place"
)
"""A lease renewal is no change."""
_LABELS = (
    " OR old.project IS NOT new.project COLLATE BINARY OR old.client IS NOT new.client"
    " OR old.marks_json IS NOT new.marks_json"
)

MIGRATIONS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (
        5,  # version 0.1.0
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
                session     TEXT NOT NULL,              -- the run that made it, or that sent it
                owner       TEXT NOT NULL DEFAULT '',   -- the run that follows it now
                lease_until REAL NOT NULL DEFAULT 0,
                created_at  REAL NOT NULL,
                updated_at  REAL NOT NULL,
                sent_at     REAL,
                ended_at    REAL,
                deadline    REAL,
                intent      TEXT NOT NULL DEFAULT '',
                waiting     TEXT NOT NULL DEFAULT '',   -- why it is not sent yet
                waiting_json TEXT NOT NULL DEFAULT '{}',
                waived      INTEGER NOT NULL DEFAULT 0, -- approved over a limit
                turn        INTEGER NOT NULL DEFAULT 0, -- admitted to the service
                revision    INTEGER NOT NULL DEFAULT 0,
                place       INTEGER                     -- queue position; null: its id
            )
            """,
            """
            CREATE INDEX jobs_open ON jobs(state)
                WHERE state NOT IN ('done', 'failed', 'unknown', 'stopped', 'forgotten')
            """,
            "CREATE INDEX jobs_sent ON jobs(sent_at)",
            "CREATE INDEX jobs_history ON jobs(task_type, model_id, ended_at) WHERE state = 'done'",
            "CREATE UNIQUE INDEX jobs_intent ON jobs(intent) WHERE intent != ''",
            "CREATE INDEX jobs_turn ON jobs(turn) WHERE turn = 1",
            "CREATE INDEX jobs_revision ON jobs(revision) WHERE revision > 0",
            "CREATE INDEX jobs_session ON jobs(session)",
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
            """
            CREATE TABLE needs (                        -- this job takes what the first one makes
                job         INTEGER NOT NULL REFERENCES jobs(id),
                first       INTEGER NOT NULL REFERENCES jobs(id),
                PRIMARY KEY (job, first)
            ) WITHOUT ROWID
            """,
            "CREATE INDEX needs_first ON needs(first)",
            f"CREATE TRIGGER jobs_new AFTER INSERT ON jobs {_NUMBER}",
            f"CREATE TRIGGER jobs_changed AFTER UPDATE ON jobs WHEN {_CHANGES} {_NUMBER}",
        ),
    ),
    (
        7,
        (
            # there already in files of version 6, which was never released
            "CREATE INDEX IF NOT EXISTS events_fault ON events(at) WHERE key = 'event.fault'",
            # the authority on both: an order that is changed on the way keeps them
            "ALTER TABLE jobs ADD COLUMN project TEXT NOT NULL DEFAULT '' COLLATE NOCASE",
            "ALTER TABLE jobs ADD COLUMN client TEXT NOT NULL DEFAULT ''",
            # {"1": {"star": true, "tags": ["hero"]}}: by number of the result; '': none
            "ALTER TABLE jobs ADD COLUMN marks_json TEXT NOT NULL DEFAULT ''",
            "CREATE INDEX jobs_project ON jobs(project) WHERE project != ''",
            "CREATE INDEX jobs_client ON jobs(client) WHERE client != ''",
            "CREATE INDEX jobs_marked ON jobs(id) WHERE marks_json != ''",
            "DROP TRIGGER jobs_changed",
            f"CREATE TRIGGER jobs_changed AFTER UPDATE ON jobs WHEN {_CHANGES}{_LABELS} {_NUMBER}",
        ),
    ),
)
"""What leads to each version of the tables that users have."""
LATER_COLUMNS: Mapping[str, object] = {"project": "", "client": "", "marks_json": ""}
"""Columns that a file of an older schema lacks."""


class NewerLedger(sqlite3.DatabaseError):
    """Written by a newer ima-tui."""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Context of a write transaction, rolled back on any exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have rolled it back already
            connection.execute("ROLLBACK")
        raise


def newest() -> int:
    """Return the current version of the tables."""
    return MIGRATIONS[-1][0]


def version(connection: sqlite3.Connection) -> int:
    """The version of its tables; 0: none yet. Raises `NewerLedger` for one of the future."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > newest():
        raise NewerLedger("written by a newer ima-tui")
    return found


def migrate(
    connection: sqlite3.Connection, keep: Callable[[int], None] = lambda version: None
) -> None:
    """Bring an older file up to date; refuse a newer one rather than harm it.

    `keep` copies a file of that version before anything is changed; nobody can write meanwhile.
    """
    if version(connection) == newest():
        if not lineage(connection):
            with transaction(connection):
                _name(connection)
        return
    with transaction(connection):  # asked again inside: another process may have been faster
        found = version(connection)
        if 0 < found < newest():
            keep(found)
        for number, statements in MIGRATIONS:
            for statement in statements if number > found else ():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={newest()}")
        _name(connection)


def lineage(connection: sqlite3.Connection) -> int:
    """Return the random id shared by the ledger, its copies and its trail; 0: none yet."""
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _name(connection: sqlite3.Connection) -> None:
    if not lineage(connection):
        connection.execute(f"PRAGMA application_id={secrets.randbelow(2**31 - 1) + 1}")
