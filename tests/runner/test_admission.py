"""How many jobs may run, and how many points may go out: what does not fit waits and says why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import any_order
from studios import POLITE, SPEED, at, until, window, wish

from ima_tui.config.loader import Settings
from ima_tui.core.clock import midnight
from ima_tui.core.domain import Job, State, TaskType
from ima_tui.core.events import JobChanged, Notice
from ima_tui.i18n import say
from ima_tui.ledger.admission import ABANDONED, settled
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(speed=SPEED, scenario=POLITE, strict=True)

NOW = 100_000.0
DAY = midnight(NOW)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    yield opened
    await opened.aclose()


async def admit(ledger: Ledger, limits: Settings, *jobs: Job, now: float = NOW) -> list[Job]:
    await ledger.admit([job.id for job in jobs], limits, now, DAY)
    found = [await ledger.job(job.id) for job in jobs]
    return [job for job in found if job is not None]


def free(jobs: list[Job]) -> list[bool]:
    return [settled(job) and not job.needs_approval for job in jobs]


async def queued(ledger: Ledger, count: int, kind: TaskType = TaskType.TEXT_TO_IMAGE) -> list[Job]:
    return [await ledger.add(any_order(kind), NOW) for _ in range(count)]


async def test_as_many_run_as_may_and_the_rest_says_why(ledger: Ledger) -> None:
    jobs = await queued(ledger, 4)
    jobs = await admit(ledger, Settings(running=2), *jobs)
    assert free(jobs) == [True, True, False, False]
    assert (jobs[2].waiting, jobs[2].waiting_values) == ("waiting.running", {"limit": 2})
    assert say(jobs[2].waiting, **jobs[2].waiting_values)
    await ledger.step(jobs[0].id, State.FAILED, NOW, "event.refused")
    jobs = await admit(ledger, Settings(running=2), *jobs[1:])
    assert free(jobs) == [True, True, False]
    assert jobs[1].waiting == ""


async def test_one_kind_does_not_hold_up_another(ledger: Ledger) -> None:
    images = await queued(ledger, 2)
    films = await queued(ledger, 1, TaskType.TEXT_TO_VIDEO)
    jobs = await admit(ledger, Settings(running_per_kind=1), *images, *films)
    assert free(jobs) == [True, False, True]
    assert jobs[1].waiting == "waiting.kind"


async def test_the_ceiling_is_one_for_all_processes(ledger: Ledger, tmp_path: Path) -> None:
    other = await Ledger.open(tmp_path / "ledger.sqlite3", "other")
    theirs = await queued(other, 2)
    assert free(await admit(other, Settings(running=2), *theirs)) == [True, True]
    ours = await queued(ledger, 1)
    assert free(await admit(ledger, Settings(running=2), *ours)) == [False]
    await other.step(theirs[0].id, State.STOPPED, NOW, "event.taken_out")
    assert free(await admit(ledger, Settings(running=2), *ours)) == [True]
    await other.aclose()


async def test_what_a_dead_run_left_running_counts_what_it_had_not_sent_does_not(
    ledger: Ledger, tmp_path: Path
) -> None:
    dead = await Ledger.open(tmp_path / "ledger.sqlite3", "dead")
    left = await queued(dead, 2)
    await admit(dead, Settings(), *left)
    await dead.step(left[0].id, State.SENDING, NOW, "event.sending")
    await dead.step(left[0].id, State.RUNNING, NOW, "event.running", task_id="t")
    await dead.aclose()
    later = NOW + 60  # its leases are over
    ours = [await ledger.add(any_order(), later) for _ in range(2)]
    assert free(await admit(ledger, Settings(running=2), *ours, now=later)) == [True, False]
    much_later = NOW + ABANDONED + 1  # nobody took it over; nobody knows whether it still runs
    assert free(await admit(ledger, Settings(running=2), ours[1], now=much_later)) == [True]


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        (Settings(per_job=4), "waiting.over_job"),
        (Settings(per_session=4), "waiting.over_session"),
        (Settings(per_day=4), "waiting.over_day"),
    ],
)
async def test_over_a_limit_a_job_is_held_until_a_person_says_yes(
    ledger: Ledger, limits: Settings, key: str
) -> None:
    [job] = await queued(ledger, 1)
    [job] = await admit(ledger, limits, job)
    assert (job.needs_approval, job.waiting) == (True, key)
    assert say(job.waiting, **job.waiting_values)
    assert [event.key for event in await ledger.timeline(job.id)][-1] == key
    await ledger.hold(job.id, False)
    [job] = await admit(ledger, limits, job)
    assert (job.needs_approval, free([job])) == (False, [True])


async def test_the_limit_of_a_session_holds_what_an_earlier_one_left(
    ledger: Ledger, tmp_path: Path
) -> None:
    closed = await Ledger.open(tmp_path / "ledger.sqlite3", "closed")
    jobs = await queued(closed, 2)
    await closed.release()
    await closed.aclose()
    await ledger.claim(NOW, NOW + 30)
    jobs = await admit(ledger, Settings(per_session=5), *jobs)
    assert [job.waiting for job in jobs] == ["", "waiting.over_session"]
    await ledger.step(jobs[0].id, State.SENDING, NOW, "event.sending")
    assert await ledger.spent(0.0, "me") == 5


async def test_what_is_about_to_be_sent_is_spent_already(ledger: Ledger) -> None:
    jobs = await admit(ledger, Settings(per_day=12), *await queued(ledger, 3))
    assert [job.needs_approval for job in jobs] == [False, False, True]
    assert jobs[2].waiting_values == {"points": 5, "spent": 10, "limit": 12}


async def test_yesterdays_points_and_refused_ones_leave_the_day_alone(ledger: Ledger) -> None:
    old, refused, new = await queued(ledger, 3)
    await ledger.step(old.id, State.SENDING, DAY - 10, "event.sending")
    await ledger.step(old.id, State.RUNNING, DAY - 9, "event.running", task_id="t")
    await ledger.step(refused.id, State.SENDING, NOW, "event.sending")
    await ledger.step(refused.id, State.FAILED, NOW, "event.refused")
    assert free(await admit(ledger, Settings(per_day=5), new)) == [True]


async def test_a_run_that_lost_its_job_to_another_cant_send_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    [job] = await queued(ledger, 1)
    other = await Ledger.open(tmp_path / "ledger.sqlite3", "other")
    await other.claim(NOW + 3600, NOW + 3630)
    with pytest.raises(RuntimeError):
        await ledger.step(job.id, State.SENDING, NOW + 3600, "event.sending")
    await other.aclose()


# ------------------------------------------------------------------------------ with a service


async def test_never_more_at_once_than_may_though_there_are_two_windows(
    settings: Settings, sandbox: Sandbox
) -> None:
    settings = replace(settings, running=3)
    running: dict[int, State] = {}
    most, reasons = 0, set[str]()

    def listen(notice: Notice) -> None:
        nonlocal most
        if isinstance(notice, JobChanged):
            running[notice.job.id] = notice.job.state
            reasons.add(notice.job.waiting)
            busy = (State.SENDING, State.RUNNING)
            most = max(most, sum(each in busy for each in running.values()))

    async with window(settings) as one, window(settings) as two:
        one.subscribe(listen)
        wishes = [await wish(one, f"no {n}") for n in range(12)]
        windows = (one, two) * 6
        sent = (studio.jobs.submit(each) for studio, each in zip(windows, wishes, strict=True))
        jobs = await asyncio.gather(*sent)
        ends = await asyncio.gather(*(at(one, job.id) for job in jobs))
    assert {job.state for job in ends} == {State.DONE}
    assert len(sandbox.ledger()["creates"]) == 12
    assert "waiting.running" in reasons
    assert all(job.waiting == "" for job in ends)


async def test_over_the_day_a_window_asks_and_follow_is_the_word(
    settings: Settings, sandbox: Sandbox
) -> None:
    settings = replace(settings, per_day=1)
    async with window(settings) as studio:
        job = await studio.jobs.submit(await wish(studio))
        job = await until(studio, job.id, lambda job: job.needs_approval)
        assert job.waiting == "waiting.over_day"
        assert sandbox.ledger()["creates"] == []
        await studio.jobs.follow(job.id)
        assert (await at(studio, job.id)).state is State.DONE


async def test_a_limit_holds_the_next_job_as_soon_as_it_is_set(
    settings: Settings, sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = replace(settings, config_file=tmp_path / "config.toml")
    async with window(settings) as studio:
        assert await studio.config_editor.put("spending.per_day", "1") == 1
        assert studio.settings.per_day == 1
        job = await studio.jobs.submit(await wish(studio))
        job = await until(studio, job.id, lambda job: job.needs_approval)
        assert job.waiting == "waiting.over_day"
        assert sandbox.ledger()["creates"] == []
        assert await studio.config_editor.drop("spending.per_day")
        job = await studio.jobs.submit(await wish(studio))
        assert (await at(studio, job.id)).state is State.DONE


async def test_a_flag_takes_precedence_over_a_limit_that_is_set(
    settings: Settings, tmp_path: Path
) -> None:
    settings = replace(settings, config_file=tmp_path / "config.toml", per_day=7)
    settings = replace(settings, origins={"spending.per_day": "flag"})
    async with window(settings) as studio:
        await studio.config_editor.put("spending.per_day", "1000")
        assert studio.settings.per_day == 7


async def test_a_script_fails_over_a_limit_and_sends_nothing(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with window(replace(settings, per_session=1), screen=False) as studio:
        job = await studio.jobs.submit(await wish(studio))
        job = await at(studio, job.id)
    assert job.failure is not None
    assert (job.state, job.failure.kind) == (State.FAILED, "error.over_session")
    assert say(job.failure.kind, **job.failure.values)
    assert sandbox.ledger()["creates"] == []


async def test_a_try_that_may_have_been_charged_counts_against_the_limits(ledger: Ledger) -> None:
    """The service reported a fault of its own, and took the smaller order that followed."""
    first, second = await queued(ledger, 2)
    await ledger.note(first.id, NOW, "event.fault", {"at_risk": 7})
    each = second.order.total
    for limits in (Settings(per_day=each + 6), Settings(per_session=each + 6)):
        (held,) = await admit(ledger, limits, second)
        assert held.needs_approval
    await ledger.hold(second.id, False, "", {})
    assert free(await admit(ledger, Settings(per_day=each + 7), second)) == [True]
    assert free(await admit(ledger, Settings(per_day=each), second, now=NOW + 90_000))
