"""One pace and one pause for all runs of one user, though they know each other by a file alone."""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from fakes import FastClock
from studios import POLITE, SPEED, at, window, wish

from ima_tui.api.rate_limit import LONGEST_PAUSE, MOST_AHEAD, RateLimit, SharedRateLimit
from ima_tui.config.loader import Settings
from ima_tui.core.domain import State
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import Studio

pytestmark = pytest.mark.sandbox(speed=SPEED, scenario=POLITE, strict=True)

NOW = 1_000_000.0
TURNS = """
import sys, time
from pathlib import Path
from ima_tui.api.rate_limit import SharedRateLimit

gate = SharedRateLimit(Path(sys.argv[1]))
for _ in range(25):
    now = time.time()
    wait = gate.take_turn(now, 0.02)
    print(now + wait)
    time.sleep(wait)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pace.json"


def test_each_turn_is_given_once_whoever_asks(file: Path) -> None:
    one, two = SharedRateLimit(file), SharedRateLimit(file)
    found = [gate.take_turn(NOW, 0.25) for gate in (one, two, one, two)]
    assert found == [0.0, 0.25, 0.5, 0.75]
    assert two.take_turn(NOW + 5, 0.25) == 0.0, "what was not taken is not saved up"


def test_two_processes_share_the_turns(file: Path) -> None:
    command = [sys.executable, "-c", TURNS, str(file)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    times = sorted(float(each) for run in runs for each in run.communicate(timeout=60)[0].split())
    assert len(times) == 50
    assert min(after - before for before, after in pairwise(times)) >= 0.0199


def test_a_pause_is_for_all_and_for_those_who_come_later(file: Path) -> None:
    one = SharedRateLimit(file)
    one.pause(NOW, 60.0)
    later = SharedRateLimit(file)
    assert later.pause_left(NOW + 20) == 40.0
    assert later.take_turn(NOW + 20, 0.25) is None
    later.pause(NOW + 20, 10.0)
    assert one.pause_left(NOW + 20) == 40.0, "a shorter one takes nothing off"
    assert one.take_turn(NOW + 61, 0.25) == 0.0


def test_a_clock_that_was_set_back_stops_nobody_for_long(file: Path) -> None:
    gate = SharedRateLimit(file)
    gate.pause(NOW, 60.0)
    assert gate.pause_left(NOW - 86_400) == 60.0
    assert gate.pause_left(NOW - 86_400 + 50) == 10.0, "it began when it was found, and once"
    assert SharedRateLimit(file).pause_left(NOW - 86_400 + 60) == 0.0
    file.unlink()
    gate = SharedRateLimit(file)
    gate.take_turn(NOW, 0.25)
    assert gate.take_turn(NOW - 2 * MOST_AHEAD, 0.25) == 0.0


def kept(file: Path, **signal: object) -> SharedRateLimit:
    file.write_text(json.dumps({"next_turn": 0.0, **signal}))
    return SharedRateLimit(file)


DAY = 86_400.0


def test_a_pause_of_an_older_version_ends_five_minutes_after_it_began(file: Path) -> None:
    yesterday = {"paused_until": NOW - DAY + 999_999, "paused_for": 999_999}
    assert kept(file, **yesterday).pause_left(NOW) == 0.0
    just_now = {"paused_until": NOW - 100 + 999_999, "paused_for": 999_999}
    assert kept(file, **just_now).pause_left(NOW) == 200.0
    assert kept(file, **just_now).take_turn(NOW + 200, 0.25) == 0.0


@pytest.mark.parametrize(
    "signal",
    [
        {"paused_until": 1e300, "paused_for": 5.0},
        {"paused_until": 1e18, "paused_for": 1e18},
        {"paused_until": NOW + DAY, "paused_for": 999_999.0},
        {"paused_until": NOW + DAY, "paused_for": 60.0, "next_turn": NOW + DAY},
        {"paused_until": NOW + DAY, "paused_for": -5.0},
        {"paused_until": float("inf"), "paused_for": float("inf")},
        {"paused_until": float("nan"), "paused_for": 300.0},
        {"paused_until": "9" * 400, "paused_for": 10**400},
    ],
    ids=str,
)
def test_whatever_the_file_says_the_service_is_asked_after_five_minutes(
    file: Path, signal: dict[str, object]
) -> None:
    gate = kept(file, **signal)
    assert gate.pause_left(NOW) <= LONGEST_PAUSE
    assert gate.pause_left(NOW + LONGEST_PAUSE) == 0.0, "what is left gets less"
    assert gate.take_turn(NOW + LONGEST_PAUSE, 0.25) == 0.0


def test_a_pause_is_never_longer_than_five_minutes(file: Path) -> None:
    SharedRateLimit(file).pause(NOW, 999_999.0)
    assert SharedRateLimit(file).pause_left(NOW) == LONGEST_PAUSE


@pytest.mark.parametrize("content", ["", "{", "[]", '{"next_turn": "x"}', '{"next_turn": 1}'])
def test_a_torn_file_is_none(file: Path, content: str) -> None:
    file.write_text(content)
    assert SharedRateLimit(file).take_turn(NOW, 0.25) == 0.0
    assert SharedRateLimit(file).take_turn(NOW, 0.25) == 0.25


def test_without_a_file_each_keeps_its_own_pace(tmp_path: Path) -> None:
    gate = SharedRateLimit(tmp_path / "no such folder" / "pace.json")
    assert [gate.take_turn(NOW, 0.25) for _ in range(3)] == [0.0, 0.25, 0.5]


async def test_the_ceiling_of_requests_is_one_for_two_runs(file: Path) -> None:
    clock = FastClock(rate=20.0, stall=math.inf)
    starts: list[float] = []

    async def one(pace: RateLimit) -> None:
        async with pace.request():
            starts.append(clock.time())

    paces = [RateLimit(clock, per_second=4, shared=SharedRateLimit(file)) for _ in range(2)]
    await asyncio.gather(*(one(pace) for pace in paces for _ in range(10)))
    assert max(starts) - min(starts) >= 4.5, "nineteen gaps of a quarter of a second"


async def test_one_runs_429_stops_the_other_in_the_middle_of_its_waiting(file: Path) -> None:
    clock = FastClock(rate=100.0, stall=math.inf)
    one, two = (RateLimit(clock, per_second=0.1, shared=SharedRateLimit(file)) for _ in range(2))
    async with one.request():
        pass
    began = clock.time()
    waiting = asyncio.create_task(_times(two, clock))
    await clock.sleep(3)
    assert not waiting.done()
    await one.pause(200.0)
    assert await waiting - began >= 200


async def _times(pace: RateLimit, clock: FastClock) -> float:
    async with pace.request():
        return clock.time()


async def test_a_429_in_one_window_pauses_the_other_windows_jobs(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with window(settings) as one, window(settings) as two:
        wishes = [await wish(one, "first"), await wish(two, "second")]
        sandbox.scenario(
            '[server]\npoll_scale = 0.005\n[[fault]]\nkind = "refuse"\ncode = 429\n'
            'endpoint = "create"\nprompt_contains = "first"\ntimes = 1\nretry_after = 90\n'
        )
        first = await one.jobs.submit(wishes[0])
        await _until_paused(SharedRateLimit(settings.ledger.with_name("pace.json")), one)
        told = one.clock.time()
        second = await two.jobs.submit(wishes[1])
        done = [await at(one, first.id), await at(two, second.id)]
    assert {job.state for job in done} == {State.DONE}
    assert min(job.sent_at or 0 for job in done) - told >= 60


async def _until_paused(gate: SharedRateLimit, studio: Studio) -> None:
    async with asyncio.timeout(20):
        while gate.pause_left(studio.clock.time()) <= 0:
            await asyncio.sleep(0.002)
