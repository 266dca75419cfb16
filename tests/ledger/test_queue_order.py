"""The line of unsent jobs: what a person put first goes first, whichever window it waits in."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import any_order
from studios import POLITE, SPEED, at, window, wish

from ima_tui.config.loader import Settings
from ima_tui.core.clock import midnight
from ima_tui.core.domain import Job, State
from ima_tui.ledger.schema import MIGRATIONS
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(speed=SPEED, scenario=POLITE, strict=True)

NOW = 100_000.0
ONE = Settings(running=1)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    yield opened
    await opened.aclose()


@pytest.fixture
async def other(tmp_path: Path, ledger: Ledger) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(tmp_path / "ledger.sqlite3", "other")
    yield opened
    await opened.aclose()


async def queued(ledger: Ledger, count: int) -> list[Job]:
    return [await ledger.add(any_order(), NOW) for _ in range(count)]


async def line(ledger: Ledger) -> list[int]:
    jobs = [job for job in await ledger.recent(100) if job.state is State.QUEUED]
    return [job.id for job in sorted(jobs, key=lambda job: job.queue_key)]


async def may_go(ledger: Ledger, jobs: Sequence[Job], limits: Settings = ONE) -> list[int]:
    """Those of `jobs` that have their turn now."""
    told = await ledger.admit([job.id for job in jobs], limits, NOW, midnight(NOW))
    return [job.id for job in told if not job.waiting]


async def end(ledger: Ledger, job_id: int) -> None:
    await ledger.step(job_id, State.STOPPED, NOW, "event.taken_out")


async def test_it_stays_as_it_was_put_and_new_jobs_stand_last(
    ledger: Ledger, tmp_path: Path
) -> None:
    first, second, third = await queued(ledger, 3)
    moved = await ledger.arrange([third.id, first.id, second.id])
    assert {job.id for job in moved} == {first.id, second.id, third.id}
    assert await line(ledger) == [3, 1, 2]
    await queued(ledger, 1)
    again = await Ledger.open(tmp_path / "ledger.sqlite3", "later")
    assert await line(again) == [3, 1, 2, 4]
    assert [job.id for job in await again.arrange([1, 3])] == [1, 3]
    assert await line(again) == [1, 3, 2, 4], "moved back"
    await again.aclose()


async def test_only_the_named_ones_move_and_what_was_sent_is_passed_over(ledger: Ledger) -> None:
    jobs = await queued(ledger, 4)
    await ledger.step(jobs[1].id, State.SENDING, NOW, "event.sending")
    moved = await ledger.arrange([jobs[3].id, jobs[1].id, jobs[0].id, 99])
    assert {job.id for job in moved} == {jobs[0].id, jobs[3].id}
    assert await line(ledger) == [4, 3, 1]
    assert await ledger.arrange([4, 3, 1]) == (), "as it stands: nothing is written"


async def test_the_line_says_who_goes_next(ledger: Ledger) -> None:
    jobs = await queued(ledger, 3)
    await ledger.arrange([3, 1, 2])
    assert await may_go(ledger, jobs) == [3]
    await end(ledger, 3)
    assert await may_go(ledger, jobs[:2]) == [1]


async def test_another_runs_job_that_stands_before_goes_before(
    ledger: Ledger, other: Ledger
) -> None:
    [theirs] = await queued(other, 1)
    [mine] = await queued(ledger, 1)
    assert await may_go(ledger, [mine]) == []
    assert await may_go(ledger, [mine], Settings(running=2)) == [mine.id], "one place for each"
    await end(ledger, mine.id)
    [mine] = await queued(ledger, 1)
    await ledger.arrange([mine.id, theirs.id])
    assert await may_go(other, [theirs]) == []
    assert await may_go(ledger, [mine]) == [mine.id]


async def test_nobody_waits_for_a_run_that_is_gone_held_or_full(
    ledger: Ledger, other: Ledger
) -> None:
    theirs = await queued(other, 2)
    mine = await queued(ledger, 1)
    two = Settings(running=2)
    assert await may_go(other, theirs, ONE) == [theirs[0].id]
    assert await may_go(ledger, mine, two) == ids(mine), "its own limit keeps the second back"
    await end(ledger, mine[0].id)
    await end(ledger, theirs[0].id)
    mine = await queued(ledger, 1)
    await other.hold(theirs[1].id, True, "waiting.word")
    assert await may_go(ledger, mine) == ids(mine)
    await end(ledger, mine[0].id)
    await other.hold(theirs[1].id, False)
    late = NOW + 3600  # its lease is over
    mine = [await ledger.add(any_order(), late)]
    told = await ledger.admit([mine[0].id], ONE, late, midnight(late))
    assert [job.waiting for job in told] == [""]


def ids(jobs: Sequence[Job]) -> list[int]:
    return [job.id for job in jobs]


async def test_other_windows_hear_of_it(ledger: Ledger, other: Ledger) -> None:
    await queued(ledger, 2)
    await other.news()
    await ledger.arrange([2, 1])
    assert {job.id: job.queue_key for job in await other.news()} == {1: 2, 2: 1}


async def test_an_older_ledger_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite3"
    old = sqlite3.connect(file)
    number, statements = MIGRATIONS[0]
    for statement in statements:
        old.execute(statement)
    old.execute(f"PRAGMA user_version={number}")
    old.commit()
    old.close()
    opened = await Ledger.open(file, "me")
    await queued(opened, 2)
    await opened.arrange([2, 1])
    assert await line(opened) == [2, 1]
    await opened.aclose()


async def test_two_windows_send_in_the_order_of_the_line(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario(
        "[server]\ntimeout_s = 0\npoll_scale = 0.005\n"
        '[[fault]]\nkind = "stuck"\nendpoint = "create"\nprompt_contains = "no end"\n'
    )
    settings = replace(settings, running=1)
    async with window(settings) as one, window(settings) as two:
        first = await one.jobs.submit(await wish(one, "no 1 has no end"))
        await at(one, first.id, State.RUNNING)
        rest = [
            await studio.jobs.submit(await wish(one, f"no {n}"))
            for n, studio in enumerate((one, two, one), 2)
        ]
        await two.jobs.arrange([job.id for job in reversed(rest)])
        await one.jobs.stop(first.id)
        for job in rest:
            assert (await at(one, job.id)).state is State.DONE
    sent = [create["prompt"] for create in sandbox.ledger()["creates"]]
    assert sent == ["no 1 has no end", "no 4", "no 3", "no 2"]
