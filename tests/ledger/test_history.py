"""Lists and reports over many jobs: what the filters choose, and what the figures mean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from fakes import any_order

from ima_tui.config.loader import Settings
from ima_tui.core.clock import midnight, month_start
from ima_tui.core.domain import Estimate, Media, State, TaskType
from ima_tui.ledger.history import History, JobFilter
from ima_tui.ledger.store import Ledger

NOW = datetime(2026, 3, 15, 12).astimezone().timestamp()
DAY = 86_400.0


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    yield ledger
    await ledger.aclose()


def history(ledger: Ledger) -> History:
    async def opened() -> Ledger:
        return ledger

    return History(opened)


async def ended(
    ledger: Ledger, prompt: str, at: float, state: State = State.DONE, seconds: float = 30.0
) -> int:
    order = replace(any_order(), prompt=prompt, estimate=Estimate(10.0, 20.0))
    job = await ledger.add(order, at)
    await ledger.step(job.id, State.SENDING, at, "event.sending")
    if state is State.FAILED:
        await ledger.step(job.id, State.FAILED, at, "event.refused")
        return job.id
    await ledger.step(job.id, State.RUNNING, at, "event.running", task_id=f"t{job.id}")
    medias = (Media("https://x.example/1.png"),)
    await ledger.step(job.id, State.FETCHING, at + seconds, "event.fetching", medias=medias)
    await ledger.step(job.id, State.DONE, at + seconds, "event.done")
    return job.id


@pytest.mark.parametrize(
    ("among", "found"),
    [
        (JobFilter(), [4, 3, 2, 1]),
        (JobFilter(states=(State.FAILED,)), [2]),
        (JobFilter(search="FOX"), [3, 1]),
        (JobFilter(search="100%"), [2]),
        (JobFilter(search="\udcff", model="\udcff", client="\udcff", tag="\udcff"), []),
        (JobFilter(search="%"), [2]),
        (JobFilter(search="_"), []),
        (JobFilter(search="狐"), [4]),
        (JobFilter(model="test 1"), [4, 3, 2, 1]),
        (JobFilter(model="kling"), []),
        (JobFilter(task_type=TaskType.TEXT_TO_VIDEO), []),
        (JobFilter(since=NOW - DAY), [4, 3]),
        (JobFilter(until=NOW - DAY), [2, 1]),
        (JobFilter(needs_approval=True), [4]),
    ],
)
async def test_a_filter_chooses(ledger: Ledger, among: JobFilter, found: list[int]) -> None:
    await ended(ledger, "a fox", NOW - 3 * DAY)
    await ended(ledger, "100% wool", NOW - 2 * DAY, State.FAILED)
    await ended(ledger, "The Fox", NOW)
    await ledger.hold((await ledger.add(replace(any_order(), prompt="一只狐狸"), NOW)).id, True)
    forgotten = await ended(ledger, "a fox", NOW)
    await ledger.step(forgotten, State.FORGOTTEN, NOW, "event.forgotten")
    assert [job.id for job in await history(ledger).listed(among, 0, 10)] == found


async def test_pages_follow_each_other(ledger: Ledger) -> None:
    for number in range(5):
        await ended(ledger, f"number {number}", NOW)
    first = await history(ledger).listed(JobFilter(), 0, 2)
    assert [job.id for job in first] == [5, 4]
    rest = await history(ledger).listed(JobFilter(), first[-1].id, 9)
    assert [job.id for job in rest] == [3, 2, 1]


async def test_a_report_counts_what_was_paid(ledger: Ledger) -> None:
    await ended(ledger, "a", NOW - DAY, seconds=10.0)
    await ended(ledger, "b", NOW, seconds=30.0)
    await ended(ledger, "c", NOW, seconds=50.0)
    await ended(ledger, "d", NOW, State.FAILED)
    forgotten = await ended(ledger, "e", NOW, seconds=30.0)
    await ledger.step(forgotten, State.FORGOTTEN, NOW, "event.forgotten")
    before, today = await history(ledger).report("day", JobFilter())
    assert (before.key, today.key) == ("2026-03-14", "2026-03-15")
    assert (today.jobs, today.done, today.failed, today.points) == (4, 3, 1, 15)
    assert (today.success, today.median_time, today.median_estimate) == (0.75, 30.0, 20.0)
    assert today.points == await ledger.spent(midnight(NOW))
    (model,) = await history(ledger).report("model", JobFilter(since=NOW - 3600))
    assert (model.key, model.points) == ("test", 15)


async def test_a_month_has_its_limit(ledger: Ledger) -> None:
    await ended(ledger, "last month", month_start(NOW) - 60)
    await ended(ledger, "this month", month_start(NOW) + 60)
    job = await ledger.add(any_order(), NOW)
    for limit, held in ((9, True), (10, False)):
        limits = Settings(per_month=limit)
        await ledger.hold(job.id, False)
        (job,) = await ledger.admit((job.id,), limits, NOW, midnight(NOW))
        assert (job.needs_approval, job.waiting) == (held, "waiting.over_month" if held else "")
        if held:
            assert job.waiting_values == {"points": 5, "spent": 5, "limit": 9}
            job = await ledger.add(any_order(), NOW)
