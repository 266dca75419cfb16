"""All requests together: so many in a second, so many at once, none during a pause; one way."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from fakes import DONE, FakeService, FastClock, placed, scheduler
from trees import make

from ima_tui.api.client import Created
from ima_tui.api.rate_limit import Alarm, Connectivity, RateLimit, pause
from ima_tui.api.wire import LONGEST_PAUSE, Progress
from ima_tui.core.domain import State
from ima_tui.core.errors import ImaError, Limited, Unreachable
from ima_tui.ledger.store import Ledger

LEAF = make()


async def test_so_many_in_a_second_and_so_many_at_once() -> None:
    clock = FastClock(rate=50.0, stall=math.inf)
    pace = RateLimit(clock, per_second=4, at_once=3)
    starts: list[float] = []
    now, most = 0, 0

    async def one() -> None:
        nonlocal now, most
        async with pace.request():
            starts.append(clock.time())
            now += 1
            most = max(most, now)
            await clock.sleep(2.0)
            now -= 1

    await asyncio.gather(*(one() for _ in range(12)))
    assert most <= 3
    assert starts[-1] - starts[0] >= 2.2, "eleven gaps of a quarter of a second"


async def test_a_clock_that_is_set_back_stops_nobody() -> None:
    clock = FastClock(rate=1000.0, stall=math.inf)
    pace = RateLimit(clock, per_second=4)
    async with pace.request():
        pass
    clock.jump(-3600)
    async with asyncio.timeout(1):
        async with pace.request():
            pass


async def test_one_429_pauses_questions_and_creates_alike(tmp_path: Path) -> None:
    clock = FastClock(rate=1000.0, stall=math.inf)
    ledger = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    times: list[tuple[str, float]] = []

    async def ask() -> Progress:
        times.append(("ask", clock.time()))
        if len(times) == 1:
            raise Limited(280.0)
        return DONE

    async def create() -> Created:
        times.append(("create", clock.time()))
        return Created("late", None)

    service = FakeService(ask=(ask,), create=(create,))
    first = await ledger.add(placed(LEAF), clock.time())
    await ledger.step(first.id, State.SENDING, clock.time(), "event.sending")
    await ledger.step(first.id, State.RUNNING, clock.time(), "event.running", task_id="t")
    made = scheduler(ledger, service, LEAF, tmp_path, clock=clock)
    await made.start(everything=True)
    async with asyncio.timeout(10):
        while not times:
            await asyncio.sleep(0.001)
        await made.follow(await ledger.add(placed(LEAF, "two"), clock.time()))
        while len(times) < 3:
            await asyncio.sleep(0.001)
    await made.aclose()
    await ledger.aclose()
    assert min(at for _, at in times[1:]) - times[0][1] >= 280


async def test_a_broken_connection_is_tried_by_one_at_a_time_until_it_is_back_for_all() -> None:
    clock = FastClock(rate=1000.0, stall=math.inf)
    told: list[ImaError | None] = []
    link = Connectivity(clock, told.append)
    broken, trying, most, through, tries = True, 0, 0, 0, 0

    async def job() -> None:
        nonlocal trying, most, through, tries
        while True:
            async with link.passage():
                trying += 1
                tries += 1
                most = max(most, trying) if broken and told else most
                await clock.sleep(1.0)
                trying -= 1
                if not broken:
                    link.works()
                    through += 1
                    return
                link.broke(Unreachable())

    link.broke(Unreachable())
    jobs = [asyncio.create_task(job()) for _ in range(20)]
    async with asyncio.timeout(20):
        while tries < 4:  # several turns, however slow the machine is
            await asyncio.sleep(0.001)
    assert (most, through) == (1, 0)
    assert len(told) == tries + 1 - trying, "each failed try is told: the countdown starts anew"
    broken = False
    async with asyncio.timeout(5):
        await asyncio.gather(*jobs)
    assert told[-1] is None
    assert told.count(None) == 1


def test_a_way_that_was_long_broken_is_soon_found_to_be_back() -> None:
    assert 1 <= pause(1) <= 2
    assert max(pause(failures) for failures in range(1, 500)) <= 15


async def test_who_gives_up_while_trying_leaves_the_way_to_the_next() -> None:
    clock = FastClock(rate=1000.0, stall=math.inf)
    link = Connectivity(clock, lambda _: None)
    link.broke(Unreachable())

    async def attempt() -> None:
        async with link.passage():
            await asyncio.sleep(30)

    first = asyncio.create_task(attempt())
    await asyncio.sleep(0.02)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    async with asyncio.timeout(2):
        async with link.passage():
            pass


async def test_after_a_sleep_everybody_looks_at_the_clock() -> None:
    clock = FastClock(rate=10.0, stall=math.inf)
    alarm = Alarm(clock)
    due = clock.steady() + 600
    sleepers = [asyncio.create_task(alarm.until(due + i)) for i in range(5)]
    await asyncio.sleep(0.01)
    alarm.wake()
    await asyncio.sleep(0.01)
    assert not any(each.done() for each in sleepers), "nobody is due yet"
    clock.jump(3600)
    alarm.wake()
    async with asyncio.timeout(1):
        late = await asyncio.gather(*sleepers)
    assert all(each > 2900 for each in late)


@pytest.mark.parametrize("count", [40])
async def test_after_a_laptops_sleep_overdue_jobs_are_asked_for_soon_not_at_once(
    tmp_path: Path, count: int
) -> None:
    clock = FastClock(rate=100.0, stall=math.inf)
    ledger = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    asked: list[float] = []

    async def ask() -> Any:
        asked.append(clock.time())
        return DONE

    for _ in range(count):
        job = await ledger.add(placed(LEAF), clock.time())
        await ledger.step(job.id, State.SENDING, clock.time(), "event.sending")
        await ledger.step(job.id, State.RUNNING, clock.time(), "event.running", task_id="t")
    service = FakeService(ask=(ask,))
    made = scheduler(ledger, service, LEAF, tmp_path, clock=clock, download=False)
    await made.start(everything=True)
    asked.clear()
    clock.jump(900)
    woke = clock.time()
    async with asyncio.timeout(20):
        while len(asked) < count:
            await asyncio.sleep(0.005)
    await made.aclose()
    await ledger.aclose()
    assert asked[-1] - woke < 60
    for start in asked:
        assert sum(start <= at < start + 1 for at in asked) <= 6


async def test_no_pause_is_longer_than_five_minutes_whoever_asks_for_it() -> None:
    pace = RateLimit(FastClock(rate=50.0, stall=math.inf), per_second=4, at_once=3)
    await pace.pause(999_999.0)
    assert 0 < pace.left <= LONGEST_PAUSE
