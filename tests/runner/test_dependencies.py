"""A job that takes what another makes: it waits, goes on by itself, or says why it can't."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import DONE, FakeService, FastClock, any_order, placed, scheduler
from studios import POLITE, SPEED, at, until, window, wish
from trees import make

from ima_tui.api.client import Created
from ima_tui.api.wire import Progress
from ima_tui.config.loader import Settings
from ima_tui.core.domain import (
    LINK_SECONDS,
    Job,
    State,
    TaskType,
    result_of,
)
from ima_tui.ledger.records import ImpossibleTransition, LedgerError
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(speed=SPEED, scenario=POLITE, strict=True)

I2I = TaskType.IMAGE_TO_IMAGE


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    yield opened
    await opened.aclose()


def test_how_a_result_is_written() -> None:
    assert result_of("job:41#2") == (41, 2)
    bad = ("job:41", "job:#1", "job:4 1#1", "xjob:41#1", "job:41#1x", "/tmp/job:41#1", "")
    assert [result_of(each) for each in bad] == [None] * len(bad)


async def test_a_job_can_only_wait_for_one_that_is_there(ledger: Ledger) -> None:
    with pytest.raises(LedgerError):
        await ledger.add(any_order(), 0.0, after=7)
    assert await ledger.recent(10) == ()


async def test_it_waits_visibly_and_takes_the_result_when_it_is_sent(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with window(settings) as studio:
        first = await studio.jobs.submit(await wish(studio, "first"))
        order = await wish(studio, "second", I2I, inputs=(f"job:{first.id}#1",))
        second = await studio.jobs.submit(order)
        seen = await until(
            studio, second.id, lambda job: bool(job.waiting) or job.sent_at is not None
        )
        assert (seen.waiting, seen.waiting_values) == ("waiting.after", {"id": first.id})
        assert (await at(studio, second.id)).state is State.DONE
        assert (await at(studio, first.id)).state is State.DONE
    assert [each["prompt"] for each in sandbox.ledger()["creates"]] == ["first", "second"]


async def held(ledger: Ledger, tmp_path: Path, end: State) -> tuple[Job, Job]:
    """A first job that ended so, and one that waited for it."""
    model = make(task_type=I2I)
    first = await ledger.add(placed(model, inputs=("https://x.example/a.png",)), 0.0)
    way = {
        State.FAILED: (State.FAILED,),
        State.STOPPED: (State.STOPPED,),
        State.FORGOTTEN: (State.FORGOTTEN,),
        State.NEEDS_REVIEW: (State.SENDING, State.NEEDS_REVIEW),
    }[end]
    second = await ledger.add(placed(model, inputs=(f"job:{first.id}#1",)), 0.0)
    for step in way:
        first = await ledger.step(first.id, step, 1.0, "event.failed")
    service = FakeService()
    made = scheduler(ledger, service, model, tmp_path)
    await made.start(everything=True)
    for _ in range(500):
        job = await ledger.job(second.id)
        if job is not None and job.needs_approval:
            break
    await made.aclose()
    assert service.calls == []
    found = await ledger.job(second.id)
    assert found is not None
    return first, found


@pytest.mark.parametrize("end", [State.FAILED, State.STOPPED, State.FORGOTTEN, State.NEEDS_REVIEW])
async def test_if_the_first_makes_nothing_the_waiting_one_is_held_with_the_reason(
    ledger: Ledger, tmp_path: Path, end: State
) -> None:
    first, second = await held(ledger, tmp_path, end)
    assert (second.needs_approval, second.state) == (True, State.QUEUED)
    assert (second.waiting, second.waiting_values) == ("waiting.in_vain", {"id": first.id})


async def test_a_retry_of_the_first_takes_the_waiting_ones_along(
    ledger: Ledger, tmp_path: Path
) -> None:
    first, second = await held(ledger, tmp_path, State.FAILED)
    again = await ledger.add(first.order, 2.0, repeats=first.id)
    found = await ledger.job(second.id)
    assert found is not None
    assert found.order.inputs == (f"job:{again.id}#1",)
    assert (found.needs_approval, found.waiting_values) == (True, {"id": again.id})
    assert [each.id for each in await ledger.waiting_for(again.id)] == [second.id]
    assert await ledger.waiting_for(first.id) == ()


async def test_an_edited_job_keeps_its_place_and_what_waits_for_it(ledger: Ledger) -> None:
    first = await ledger.add(any_order(), 0.0)
    old = await ledger.add(any_order(), 0.0, after=first.id)
    taking = await ledger.add(replace(any_order(), inputs=(f"job:{old.id}#1",)), 0.0)
    after_it = await ledger.add(any_order(), 0.0, after=old.id)
    new = await ledger.add(any_order(points=7), 1.0, instead=old.id)
    assert (new.queue_key, new.order.points) == (old.queue_key, 7)
    assert new.id in [each.id for each in await ledger.waiting_for(first.id)]
    waiting = await ledger.waiting_for(new.id)
    assert [each.id for each in waiting] == [taking.id, after_it.id]
    assert (waiting[0].order.inputs, waiting[0].needs_approval) == ((f"job:{new.id}#1",), False)
    with pytest.raises(ImpossibleTransition):
        await ledger.add(any_order(), 2.0, instead=old.id)
    assert old.id not in [job.id for job in await ledger.recent(10)]


async def test_an_edit_that_takes_another_input_waits_for_that_one_only(ledger: Ledger) -> None:
    taken, other, behind = [await ledger.add(any_order(), 0.0) for _ in range(3)]
    order = replace(any_order(), inputs=(f"job:{taken.id}#1",))
    old = await ledger.add(order, 0.0, after=behind.id)
    stopped = await ledger.add(replace(order, inputs=(f"job:{old.id}#1",)), 0.0)
    await ledger.step(stopped.id, State.STOPPED, 1.0, "event.stopped")
    new = await ledger.add(replace(order, inputs=(f"job:{other.id}#1",)), 2.0, instead=old.id)
    assert new.id not in [job.id for job in await ledger.waiting_for(taken.id)]
    assert [job.id for job in await ledger.waiting_for(other.id)] == [new.id]
    assert new.id in [job.id for job in await ledger.waiting_for(behind.id)]
    found = await ledger.job(stopped.id)
    assert found is not None
    assert found.order.inputs == (f"job:{old.id}#1",)


async def test_what_was_sent_is_ordered_anew_by_nobody(ledger: Ledger) -> None:
    job = await ledger.add(any_order(), 0.0)
    changed = await ledger.reorder(job.id, any_order(points=9), 1.0, "event.repriced")
    assert changed.order.points == 9
    await ledger.step(job.id, State.SENDING, 2.0, "event.sending")
    with pytest.raises(ImpossibleTransition):
        await ledger.reorder(job.id, any_order(points=11), 3.0, "event.repriced")
    found = await ledger.job(job.id)
    assert found is not None
    assert found.order.points == 9


async def test_held_resumed_after_a_retry_and_sent_with_the_new_result(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "fail_task"\nprompt_contains = "first"\ntimes = 1\n')
    async with window(settings) as studio:
        first = await studio.jobs.submit(await wish(studio, "first"))
        order = await wish(studio, "second", I2I, inputs=(f"job:{first.id}#1",))
        second = await studio.jobs.submit(order)
        await until(studio, second.id, lambda job: job.needs_approval)
        again = await studio.jobs.again(first.id)
        await at(studio, again.id, State.DONE)
        waits = await until(studio, second.id, lambda _: True)
        assert (waits.needs_approval, waits.waiting) == (True, "waiting.word_after")
        await studio.jobs.follow(second.id)
        assert (await at(studio, second.id)).state is State.DONE
    assert len(sandbox.ledger()["creates"]) == 3


async def test_a_result_that_is_not_there_fails_before_anything_is_sent(
    ledger: Ledger, tmp_path: Path
) -> None:
    model = make(task_type=I2I)
    clock = FastClock()
    first = await ledger.add(placed(model, inputs=("https://x.example/a.png",)), clock.time())
    second = await ledger.add(placed(model, inputs=(f"job:{first.id}#2",)), clock.time())
    service = FakeService(create=(Created("t", None),), ask=(Progress(), DONE))
    made = scheduler(ledger, service, model, tmp_path, clock=clock)
    await made.start(everything=True)
    for _ in range(5000):
        job = await ledger.job(second.id)
        if job is not None and job.state is State.FAILED:
            break
    await made.aclose()
    assert job is not None
    assert job.failure is not None
    assert (job.failure.kind, service.calls.count("create")) == ("error.no_result", 1)


async def test_what_waits_survives_the_end_of_its_window(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "delay"\nendpoint = "detail"\nseconds = 0.3\ntimes = 3\n')
    async with window(settings) as studio:
        first = await studio.jobs.submit(await wish(studio, "first"))
        order = await wish(studio, "second", I2I, inputs=(f"job:{first.id}#1",))
        second = await studio.jobs.submit(order)
        await at(studio, first.id, State.RUNNING)
    async with window(settings) as studio:
        assert (await at(studio, second.id)).state is State.DONE
    assert len(sandbox.ledger()["creates"]) == 2


@pytest.mark.parametrize("kept", [True, False])
async def test_a_result_whose_link_is_dead_goes_on_as_its_file_or_says_so(
    ledger: Ledger, tmp_path: Path, kept: bool
) -> None:
    model, clock = make(task_type=I2I), FastClock()
    service = FakeService(create=(Created("t", None),), ask=(Progress(), DONE))
    given = placed(model, inputs=("https://x.example/a.png",))
    first = await ledger.add(given, clock.time())
    made = scheduler(ledger, service, model, tmp_path, clock=clock)
    await made.start(everything=True)
    first = await ended(ledger, first.id)
    assert first.medias[0].path
    if not kept:
        Path(first.medias[0].path).unlink()
    await made.aclose()
    clock.jump(LINK_SECONDS)
    second = await ledger.add(placed(model, inputs=(f"job:{first.id}#1",)), clock.time())
    made = scheduler(ledger, service, model, tmp_path, clock=clock)
    await made.start(everything=True)
    second = await ended(ledger, second.id)
    await made.aclose()
    if kept:
        assert second.state is State.DONE
        assert service.calls.count("put") == 1
    else:
        assert second.failure is not None
        assert second.failure.kind == "error.result_expired"
    assert service.calls.count("create") == (2 if kept else 1)


async def ended(ledger: Ledger, job_id: int) -> Job:
    async with asyncio.timeout(60):
        while True:
            job = await ledger.job(job_id)
            if job is not None and job.state in (State.DONE, State.FAILED):
                return job
            await asyncio.sleep(0.005)
