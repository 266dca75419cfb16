"""An intent is known by its name: written once, whoever writes it and however often."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes import any_order

from ima_tui.core.domain import State
from ima_tui.ledger import history, opening, schema
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.records import dump_order
from ima_tui.ledger.store import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(path, "me")
    yield opened
    await opened.aclose()


async def test_a_known_intent_brings_its_job_back(ledger: Ledger) -> None:
    first = await ledger.add(any_order(points=5), 1000.0, intent="row-1")
    await ledger.step(first.id, State.SENDING, 1001.0, "event.sending")
    again = await ledger.add(any_order(points=9), 2000.0, intent="row-1")
    assert (again.id, again.state, again.order.points) == (first.id, State.SENDING, 5)
    assert len(await ledger.timeline(first.id)) == 2


async def test_no_intent_is_no_name(ledger: Ledger) -> None:
    jobs = [await ledger.add(any_order(), 1000.0) for _ in range(3)]
    assert len({job.id for job in jobs}) == 3
    assert await ledger.by_intents([""]) == {}


async def test_two_runs_at_once_write_one_job(ledger: Ledger, path: Path) -> None:
    other = await Ledger.open(path, "other")
    names = [f"row-{index}" for index in range(20)]
    both = await asyncio.gather(
        *(each.add(any_order(), 1000.0, intent=name) for name in names for each in (ledger, other))
    )
    assert len({job.id for job in both}) == len(names)
    assert set(await other.by_intents([*names, "row-99"])) == set(names)
    await other.aclose()


async def test_more_intents_than_one_statement_holds(ledger: Ledger) -> None:
    await ledger.add(any_order(), 1000.0, intent="row-1700")
    found = await ledger.by_intents([f"row-{index}" for index in range(3000)])
    assert list(found) == ["row-1700"]


async def test_a_page_goes_through_everything_once(ledger: Ledger) -> None:
    for at in (10.0, 20.0, 30.0, 40.0):
        await ledger.add(any_order(), at)
    among = JobFilter(since=15.0, forgotten=True)
    first = await ledger.read(history.page, among, 0, 2)
    assert [job.created_at for job in first] == [20.0, 30.0]
    assert [
        job.created_at
        for job in await ledger.read(
            history.page, JobFilter(since=15.0, forgotten=True), first[-1].id, 2
        )
    ] == [40.0]


async def test_a_file_of_the_first_version_is_brought_up_with_its_jobs(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        raw = opening.connect(path)
        raw.close()
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA user_version").fetchone()[0] == 5
        for number in (1, 2):
            raw.execute(
                "INSERT INTO jobs (state, task_type, model_id, order_json, points, task_id,"
                " session, created_at, updated_at)"
                " VALUES ('running', 'text_to_image', 'test', ?, 5, ?, 's',"
                " 1.0, 2.0)",
                (dump_order(any_order()), f"task-{number}"),
            )
    raw.close()
    ledger = await Ledger.open(path, "me")
    try:
        assert [job.task_id for job in await ledger.recent(10)] == ["task-2", "task-1"]
        first = await ledger.add(any_order(), 3.0, intent="row-1")
        assert (await ledger.add(any_order(), 4.0, intent="row-1")).id == first.id == 3
        assert await ledger.healthy()
    finally:
        await ledger.aclose()
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA user_version").fetchone()[0] == schema.newest()
        with pytest.raises(sqlite3.IntegrityError):
            raw.execute("UPDATE jobs SET intent = 'row-1' WHERE id = 1")
    raw.close()
