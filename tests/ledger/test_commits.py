"""Writes share commits, and each still stands or falls by itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ima_tui.ledger.store import MOST, Commits


class Counting(sqlite3.Connection):
    """Counts commits; `full`: the next one fails as on a full disk."""

    commits = 0
    full = False

    def execute(self, sql: str, *more: object) -> sqlite3.Cursor:  # type: ignore[override]
        if sql == "COMMIT":
            if self.full:
                self.full = False
                raise sqlite3.OperationalError("database or disk is full")
            self.commits += 1
        return super().execute(sql, *more)  # type: ignore[arg-type]


@pytest.fixture
def connection(tmp_path: Path) -> Counting:
    made = sqlite3.connect(
        tmp_path / "x", isolation_level=None, check_same_thread=False, factory=Counting
    )
    made.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    return made


@pytest.fixture
async def commits(connection: Counting) -> AsyncIterator[Commits]:
    thread = ThreadPoolExecutor(1)
    yield Commits(connection, thread)
    thread.shutdown()


async def put(commits: Commits, number: int) -> int:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO t VALUES (?)", (number,))
        if number < 0:
            raise ValueError(number)
        return number

    return await commits.write(work)


def numbers(connection: sqlite3.Connection) -> list[int]:
    other = sqlite3.connect(connection.execute("PRAGMA database_list").fetchone()[2])
    try:
        return [row[0] for row in other.execute("SELECT n FROM t ORDER BY n")]
    finally:
        other.close()


async def test_what_is_asked_for_at_once_shares_a_few_commits(
    commits: Commits, connection: Counting
) -> None:
    count = 2 * MOST + 5
    found = await asyncio.gather(*(put(commits, each) for each in range(count)))
    assert found == list(range(count))
    assert numbers(connection) == found, "seen from another connection: it is on the disk"
    assert connection.commits <= 4


async def test_one_that_fails_takes_nothing_with_it(commits: Commits, connection: Counting) -> None:
    writes = [put(commits, each) for each in (1, -2, 3, 3, 4)]
    found = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(each) for each in found] == [int, ValueError, int, sqlite3.IntegrityError, int]
    assert numbers(connection) == [1, 3, 4]


async def test_a_commit_that_fails_is_told_to_all_in_it_and_the_next_one_works(
    commits: Commits, connection: Counting
) -> None:
    connection.full = True
    found = await asyncio.gather(*(put(commits, each) for each in (1, 2)), return_exceptions=True)
    assert isinstance(found[0], sqlite3.OperationalError)
    assert numbers(connection) == [2] if found[1] == 2 else numbers(connection) == []
    assert await put(commits, 7) == 7
    assert 1 not in numbers(connection)


async def test_it_is_done_to_the_end_though_nobody_waits(
    commits: Commits, connection: Counting
) -> None:
    write = asyncio.create_task(put(commits, 1))
    await asyncio.sleep(0)
    write.cancel()
    await asyncio.gather(write, return_exceptions=True)
    await put(commits, 2)
    assert numbers(connection) == [1, 2]
