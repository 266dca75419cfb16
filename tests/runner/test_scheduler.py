"""Between deciding and recording: every line where a point could be spent twice, or an id lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fakes import DONE, MP4, PNG, FakeService, FastClock, placed, scheduler
from trees import field_json, make, rule_json

from ima_tui.api.client import Created
from ima_tui.api.service import DownloadError
from ima_tui.api.wire import Progress
from ima_tui.core.domain import (
    Job,
    Media,
    State,
    TaskType,
)
from ima_tui.core.errors import (
    ImaError,
    KeyMissing,
    Limited,
    Lost,
    Malformed,
    Refused,
    Unauthorised,
    Unreachable,
    UsageError,
)
from ima_tui.ledger.records import LedgerError
from ima_tui.ledger.store import Ledger
from ima_tui.runner.input_checks import InputChecks
from ima_tui.runner.scheduler import Scheduler

LEAF = make(
    field_json("size", ["1K", "2K"]), rules=[rule_json(5, size="1K"), rule_json(9, size="2K")]
)
FAILED = Progress(failed=True, reason="no")
WORKING = Progress()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    yield opened
    await opened.aclose()


@asynccontextmanager
async def running(made: Scheduler, *, everything: bool = True) -> AsyncIterator[Scheduler]:
    await made.start(everything=everything)
    try:
        yield made
    finally:
        await made.aclose()


async def until(ledger: Ledger, job_id: int, good: Callable[[Job], bool]) -> Job:
    async with asyncio.timeout(60):
        while True:
            job = await ledger.job(job_id)
            assert job is not None
            if good(job):
                return job
            await asyncio.sleep(0.005)


async def ended(ledger: Ledger, job_id: int) -> Job:
    ends = (State.DONE, State.FAILED, State.NEEDS_REVIEW)
    return await until(ledger, job_id, lambda job: job.state in ends)


async def story(
    ledger: Ledger, tmp_path: Path, service: FakeService, **more: Any
) -> tuple[Job, list[str]]:
    """One job from its order to its end, and the keys of its timeline."""
    clock = more.pop("clock", None) or FastClock()
    wish = more.pop("order", None) or placed(LEAF)
    model = more.pop("model", LEAF)
    job = await ledger.add(wish, clock.time())
    async with running(scheduler(ledger, service, model, tmp_path, clock=clock, **more)):
        job = await ended(ledger, job.id)
    return job, [event.key for event in await ledger.timeline(job.id)]


async def test_a_job_from_its_order_to_its_file(ledger: Ledger, tmp_path: Path) -> None:
    service = FakeService(ask=(WORKING, WORKING, DONE))
    job, keys = await story(ledger, tmp_path, service)
    assert (job.state, job.task_id, job.failure) == (State.DONE, "task-1", None)
    assert Path(job.medias[0].path).read_bytes() == PNG
    assert service.calls == ["create", "ask", "ask", "ask", "load"]
    assert keys == ["event.queued", "event.sending", "event.running", "event.ready", "event.done"]


async def test_sending_is_on_disk_before_the_request_leaves(ledger: Ledger, tmp_path: Path) -> None:
    seen: list[State] = []

    async def look() -> Created:
        job = await ledger.job(1)
        assert job is not None
        seen.append(job.state)
        return Created("task-1", None)

    await story(ledger, tmp_path, FakeService(create=(look,)))
    assert seen == [State.SENDING]


# --------------------------------------------------------------------- what may be sent again


@pytest.mark.parametrize("error", [Lost("ReadError"), Malformed("x"), RuntimeError("bug"),
                                   KeyError("id"), UsageError("error.bad_json")])  # fmt: skip
async def test_what_may_have_been_accepted_is_unknown_and_never_sent_again(
    ledger: Ledger, tmp_path: Path, error: Exception
) -> None:
    service = FakeService(create=(error, Created("second", None)))
    clock = FastClock()
    job = await ledger.add(placed(LEAF), clock.time())
    async with running(scheduler(ledger, service, LEAF, tmp_path, clock=clock)):
        job = await ended(ledger, job.id)
        clock.jump(3600)
        await asyncio.sleep(0.05)
    async with running(scheduler(ledger, service, LEAF, tmp_path, clock=clock)):
        await asyncio.sleep(0.05)
    again = await ledger.job(job.id)
    assert again is not None
    assert (again.state, service.calls) == (State.NEEDS_REVIEW, ["create"])
    assert again.failure is not None
    assert again.failure.kind == "error.lost"


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (401, "error.unauthorised"),
        (4008, "error.too_few_points"),
        (4014, "error.subscription"),
        (12345, "error.refused"),
    ],
)
async def test_a_refusal_that_nothing_mends_fails_at_once(
    ledger: Ledger, tmp_path: Path, code: int, key: str
) -> None:
    error = Unauthorised("no") if code == 401 else Refused(code, "no")
    service = FakeService(create=(error,))
    job, keys = await story(ledger, tmp_path, service)
    assert job.failure is not None
    assert (job.state, job.failure.kind) == (State.FAILED, key)
    assert service.calls == ["create"]
    assert keys[-1] == "event.refused"
    assert await ledger.spent(0.0) == 0


@pytest.mark.parametrize("code", [6006, 6009, 6010, 400017, 500])
async def test_a_refusal_is_answered_with_at_most_three_tries(
    ledger: Ledger, tmp_path: Path, code: int
) -> None:
    service = FakeService(create=(Refused(code),))
    job, _ = await story(ledger, tmp_path, service)
    assert job.state is State.FAILED
    assert 1 <= service.calls.count("create") <= 3
    assert await ledger.spent(0.0) == 0


async def test_a_smaller_order_replaces_the_faulty_one_in_the_commit_that_ends_sending(
    ledger: Ledger, tmp_path: Path
) -> None:
    """A crash at any moment finds the job in *sending*, or with the smaller order."""
    service = FakeService(create=(Refused(500, "oops", 500), Created("task-1", None)))
    job, keys = await story(ledger, tmp_path, service, order=placed(LEAF, chosen=(("size", "2K"),)))
    assert keys[:4] == ["event.queued", "event.sending", "event.fault", "event.sending"]
    assert (job.state, job.order.parameters, job.order.points) == (
        State.DONE,
        (("size", "1K"),),
        5,
    )
    larger = placed(LEAF, chosen=(("size", "2K"),)).total
    assert await ledger.spent(0.0) == await ledger.spent(0.0, "me") == larger + 5


async def test_a_fault_that_nothing_smaller_answers_is_unknown(
    ledger: Ledger, tmp_path: Path
) -> None:
    for refused, end in (
        (Refused(500, "", 500), (State.NEEDS_REVIEW, "error.fault")),
        (Refused(503, "", 503), (State.NEEDS_REVIEW, "error.fault")),
        (Refused(500, "", 200), (State.FAILED, "error.too_heavy")),
    ):
        service = FakeService(create=(refused,))
        job, _ = await story(ledger, tmp_path, service)
        assert job.failure is not None
        assert (job.state, job.failure.kind, service.calls) == (*end, ["create"])


async def test_a_network_that_goes_away_after_a_fault_leaves_it_unknown(
    ledger: Ledger, tmp_path: Path
) -> None:
    service = FakeService(create=(Refused(500, "", 500), Unreachable()))
    order = placed(LEAF, chosen=(("size", "2K"),))
    job, _ = await story(ledger, tmp_path, service, patient=False, order=order)
    assert (job.state, service.calls.count("create")) == (State.NEEDS_REVIEW, 3)


async def test_without_a_connection_it_waits_and_is_sent_once_when_it_is_back(
    ledger: Ledger, tmp_path: Path
) -> None:
    service = FakeService(create=(*[Unreachable()] * 6, Created("task-1", None)))
    job, keys = await story(ledger, tmp_path, service)
    assert job.state is State.DONE
    assert service.calls.count("create") == 7
    assert keys.count("event.not_accepted") == 6
    assert await ledger.spent(0.0) == 5


async def test_a_script_gives_up_after_three_tries(ledger: Ledger, tmp_path: Path) -> None:
    service = FakeService(create=(Unreachable(),))
    job, _ = await story(ledger, tmp_path, service, patient=False)
    assert job.failure is not None
    assert (job.state, job.failure.kind) == (State.FAILED, "error.unreachable")
    assert service.calls == ["create"] * 3


async def test_too_often_is_waited_out_as_told(ledger: Ledger, tmp_path: Path) -> None:
    clock = FastClock()
    times: list[float] = []

    async def note() -> Created:
        times.append(clock.time())
        if len(times) == 1:
            raise Limited(300.0)
        return Created("task-1", None)

    job, _ = await story(ledger, tmp_path, FakeService(create=(note,)), clock=clock)
    assert job.state is State.DONE
    assert times[1] - times[0] >= 300


async def test_one_429_holds_back_every_create(ledger: Ledger, tmp_path: Path) -> None:
    clock = FastClock()
    times: list[float] = []

    async def note() -> Created:
        times.append(clock.time())
        if len(times) == 1:
            raise Limited(290.0)
        return Created(f"task-{len(times)}", None)

    service = FakeService(create=(note,))
    made = scheduler(ledger, service, LEAF, tmp_path, clock=clock)
    async with running(made):
        first = await ledger.add(placed(LEAF), clock.time())
        await made.follow(first)
        await until(ledger, first.id, lambda _: len(times) == 1)
        second = await ledger.add(placed(LEAF, prompt="two"), clock.time())
        await made.follow(second)
        await ended(ledger, second.id)
    assert times[1] - times[0] >= 285


async def test_three_429_are_enough(ledger: Ledger, tmp_path: Path) -> None:
    service = FakeService(create=(Limited(1.0),))
    job, _ = await story(ledger, tmp_path, service)
    assert job.failure is not None
    assert (job.failure.kind, len(service.calls)) == ("error.limited", 3)


# ------------------------------------------------------------------ the answer and the disk


class _StubbornLedger:
    """A ledger whose disk is busy for a while when one kind of step is written."""

    def __init__(self, ledger: Ledger, states: tuple[State, ...], times: int) -> None:
        self._ledger = ledger
        self._states = states
        self.left = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def step(self, job_id: int, after: State, *rest: Any, **more: Any) -> Job:
        if after in self._states and self.left > 0:
            self.left -= 1
            raise LedgerError("error.ledger", path="x", reason="database is locked")
        return await self._ledger.step(job_id, after, *rest, **more)


async def test_a_task_id_is_kept_though_the_disk_refuses_it_at_first(
    ledger: Ledger, tmp_path: Path
) -> None:
    stubborn: Any = _StubbornLedger(ledger, (State.RUNNING,), 3)
    service = FakeService()
    job = await ledger.add(placed(LEAF), 0.0)
    async with running(scheduler(stubborn, service, LEAF, tmp_path)):
        job = await ended(ledger, job.id)
    assert (job.state, job.task_id, stubborn.left) == (State.DONE, "task-1", 0)
    assert service.calls.count("create") == 1
    assert await ledger.spent(0.0) == 5


async def test_a_lost_answer_is_never_taken_for_a_refusal_when_the_disk_is_busy(
    ledger: Ledger, tmp_path: Path
) -> None:
    stubborn: Any = _StubbornLedger(ledger, (State.NEEDS_REVIEW,), 2)
    job = await ledger.add(placed(LEAF), 0.0)
    async with running(scheduler(stubborn, FakeService(create=(Lost(),)), LEAF, tmp_path)):
        job = await ended(ledger, job.id)
    assert job.state is State.NEEDS_REVIEW


async def test_a_busy_disk_does_not_end_the_renewal_of_leases(
    ledger: Ledger, tmp_path: Path
) -> None:
    made = scheduler(ledger, FakeService(ask=(WORKING,)), LEAF, tmp_path)
    claim, broken = ledger.claim, 2

    async def busy(*rest: Any) -> Any:
        nonlocal broken
        if broken:
            broken -= 1
            raise LedgerError("error.ledger", path="x", reason="database is locked")
        return await claim(*rest)

    async with running(made):
        ledger.claim = busy  # type: ignore[method-assign]
        job = await ledger.add(placed(LEAF), 0.0)
        await until(ledger, job.id, lambda job: job.state is State.RUNNING)
    assert broken == 0


# --------------------------------------------------------------------- two runs, one ledger


async def test_a_run_that_died_while_sending_leaves_an_unknown_job(
    ledger: Ledger, tmp_path: Path
) -> None:
    job = await ledger.add(placed(LEAF), 0.0)
    await ledger.step(job.id, State.SENDING, 0.0, "event.sending")
    await ledger.release()
    service = FakeService()
    async with running(scheduler(ledger, service, LEAF, tmp_path)):
        job = await ended(ledger, job.id)
    assert (job.state, service.calls) == (State.NEEDS_REVIEW, [])


async def test_a_run_that_died_while_running_is_followed_to_the_end(
    ledger: Ledger, tmp_path: Path
) -> None:
    job = await ledger.add(placed(LEAF), 0.0)
    await ledger.step(job.id, State.SENDING, 0.0, "event.sending")
    await ledger.step(job.id, State.RUNNING, 0.0, "event.running", task_id="t")
    other = await Ledger.open(tmp_path / "ledger.sqlite3", "other")
    service = FakeService()
    async with running(scheduler(other, service, LEAF, tmp_path)):
        job = await ended(ledger, job.id)
    assert (job.state, service.calls) == (State.DONE, ["ask", "load"])
    await other.aclose()


@pytest.mark.parametrize("before", [State.QUEUED, State.UPLOADING, State.VERIFYING])
async def test_what_a_dead_run_had_not_sent_is_not_sent_unasked(
    ledger: Ledger, tmp_path: Path, before: State
) -> None:
    job = await ledger.add(placed(LEAF), 0.0)
    if before is not State.QUEUED:
        await ledger.step(job.id, before, 0.0, "event.uploading")
    other = await Ledger.open(tmp_path / "ledger.sqlite3", "other")
    service = FakeService()
    async with running(scheduler(other, service, LEAF, tmp_path)):
        job = await until(
            ledger, job.id, lambda job: job.needs_approval and job.state is State.QUEUED
        )
        await asyncio.sleep(0.05)
    assert service.calls == []
    await other.aclose()


async def test_a_held_job_that_was_sent_all_the_same_is_followed(
    ledger: Ledger, tmp_path: Path
) -> None:
    job = await ledger.add(placed(LEAF), 0.0)
    await ledger.hold(job.id, True)
    await ledger.step(job.id, State.SENDING, 0.0, "event.sending")
    await ledger.step(job.id, State.RUNNING, 0.0, "event.running", task_id="t")
    async with running(scheduler(ledger, FakeService(), LEAF, tmp_path)):
        assert (await ended(ledger, job.id)).state is State.DONE


async def test_an_answer_that_comes_after_another_run_took_over_still_names_the_task(
    ledger: Ledger, tmp_path: Path
) -> None:
    """The lid was closed while a create was out; the other window woke up first."""
    answer = asyncio.Event()

    async def slow() -> Created:
        await answer.wait()
        return Created("late", None)

    clock = FastClock(rate=1.0)
    other = await Ledger.open(tmp_path / "ledger.sqlite3", "other")
    made = scheduler(ledger, FakeService(create=(slow,)), LEAF, tmp_path, clock=clock)
    async with running(made):
        job = await ledger.add(placed(LEAF), clock.time())
        await made.follow(job)
        await until(ledger, job.id, lambda job: job.state is State.SENDING)
        clock.jump(3600)
        async with running(scheduler(other, FakeService(), LEAF, tmp_path, clock=clock)):
            await until(ledger, job.id, lambda job: job.state is State.NEEDS_REVIEW)
        answer.set()
        job = await until(ledger, job.id, lambda job: job.task_id == "late")
        assert (job.state, job.failure) == (State.RUNNING, None)
    await other.aclose()


async def test_leaving_a_job_that_is_just_being_sent_keeps_its_task_id(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Leases are renewed meanwhile: our own create on its way is no dead run's."""
    answer = asyncio.Event()

    async def slow() -> Created:
        await answer.wait()
        return Created("task-1", None)

    clock = FastClock()
    made = scheduler(ledger, FakeService(create=(slow,)), LEAF, tmp_path, clock=clock)
    async with running(made):
        job = await ledger.add(placed(LEAF), clock.time())
        await made.follow(job)
        await until(ledger, job.id, lambda job: job.state is State.SENDING)
        leaving = asyncio.create_task(made.leave(job.id))
        started = clock.time()
        while clock.time() < started + 120:
            await asyncio.sleep(0.005)
        current = await ledger.job(job.id)
        assert current is not None
        assert (current.state, leaving.done()) == (State.SENDING, False)
        answer.set()
        await leaving
        job = await until(ledger, job.id, lambda job: job.state is State.RUNNING)
        assert job.task_id == "task-1"


async def test_closing_waits_for_the_answer_of_a_create(ledger: Ledger, tmp_path: Path) -> None:
    answer = asyncio.Event()

    async def slow() -> Created:
        await answer.wait()
        return Created("task-1", None)

    made = scheduler(ledger, FakeService(create=(slow,)), LEAF, tmp_path)
    await made.start(everything=True)
    job = await ledger.add(placed(LEAF), 0.0)
    await made.follow(job)
    await until(ledger, job.id, lambda job: job.state is State.SENDING)
    closing = asyncio.create_task(made.aclose())
    await asyncio.sleep(0.02)
    assert not closing.done()
    answer.set()
    await closing
    assert (await until(ledger, job.id, lambda _: True)).task_id == "task-1"


async def test_a_script_leaves_nothing_behind_that_sends_itself_later(
    ledger: Ledger, tmp_path: Path
) -> None:
    async def never() -> Created:
        raise Unreachable

    clock = FastClock(rate=1.0)
    made = scheduler(
        ledger, FakeService(create=(never,)), LEAF, tmp_path, patient=False, clock=clock
    )
    async with running(made, everything=False):
        job = await ledger.add(placed(LEAF), clock.time())
        await made.follow(job)
        await until(ledger, job.id, lambda job: job.state is State.QUEUED and job.updated_at > 0)
    service = FakeService()
    async with running(scheduler(ledger, service, LEAF, tmp_path)):
        await asyncio.sleep(0.05)
    assert (await until(ledger, job.id, lambda _: True)).needs_approval
    assert service.calls == []


# ------------------------------------------------------------------------------- following


@pytest.mark.parametrize("error", [Unreachable(), Malformed("x"), Refused(404), Limited(3.0)])
async def test_a_fault_while_asking_is_no_failure_of_the_job(
    ledger: Ledger, tmp_path: Path, error: ImaError
) -> None:
    asked: list[float] = []
    clock = FastClock()

    def answer(what: Any) -> Callable[[], Any]:
        async def one() -> Progress:
            asked.append(clock.time())
            if isinstance(what, ImaError):
                raise what
            done: Progress = what
            return done

        return one

    service = FakeService(ask=tuple(map(answer, (error, error, DONE))), load=(MP4,))
    film = replace(placed(LEAF), task_type=TaskType.TEXT_TO_VIDEO)
    job, _ = await story(ledger, tmp_path, service, clock=clock, order=film)
    assert (job.state, service.calls.count("create")) == (State.DONE, 1)
    gaps = [after - before for before, after in pairwise(asked)]
    assert min(gaps) >= 8, "a question that went wrong was a question all the same"


async def test_a_failed_generation_says_why_and_stays_paid(ledger: Ledger, tmp_path: Path) -> None:
    job, _ = await story(ledger, tmp_path, FakeService(ask=(FAILED,)))
    assert job.failure is not None
    assert (job.state, job.failure.reason) == (State.FAILED, "no")
    assert await ledger.spent(0.0) == 5


@pytest.mark.parametrize("answer", [WORKING, Unreachable(), Refused(404)])
async def test_after_its_deadline_a_job_is_parked_and_still_asked_about(
    ledger: Ledger, tmp_path: Path, answer: Any
) -> None:
    service = FakeService(ask=(answer,))
    clock = FastClock()
    job = await ledger.add(placed(LEAF), clock.time())
    async with running(scheduler(ledger, service, LEAF, tmp_path, clock=clock)):
        await until(ledger, job.id, lambda job: job.state is State.TIMED_OUT)
        service.ask = (DONE,)
        assert (await ended(ledger, job.id)).state is State.DONE


async def test_an_answer_that_is_read_late_parks_no_job(ledger: Ledger, tmp_path: Path) -> None:
    clock = FastClock()

    async def asked() -> Progress:
        if service.calls.count("ask") > 1:
            return DONE
        clock.jump(DAY)  # the machine is suspended, or so busy
        return WORKING

    service = FakeService(ask=(asked,))
    job, keys = await story(ledger, tmp_path, service, clock=clock)
    assert (job.state, "event.parked" in keys) == (State.DONE, False)


async def test_without_a_key_a_script_is_told_and_the_job_stays_as_it_is(
    ledger: Ledger, tmp_path: Path
) -> None:
    told: list[ImaError | None] = []
    made = scheduler(ledger, FakeService(ask=(KeyMissing(),)), LEAF, tmp_path, patient=False)
    made.connectivity._tell = told.append
    async with running(made, everything=False):
        job = await ledger.add(placed(LEAF), 0.0)
        await made.follow(job)
        await until(ledger, job.id, lambda _: bool(told))
    assert isinstance(told[0], KeyMissing)
    assert (await until(ledger, job.id, lambda _: True)).state is State.RUNNING


# ---------------------------------------------------------------------------------- fetching


async def test_two_results_are_two_files(ledger: Ledger, tmp_path: Path) -> None:
    two = replace(DONE, medias=(*DONE.medias, Media("https://x.example/2.png")))
    order = placed(LEAF, n=2)
    job, _ = await story(ledger, tmp_path, FakeService(ask=(two,)), order=order)
    paths = {media.path for media in job.medias}
    assert len(paths) == 2
    assert all(Path(path).exists() for path in paths)


async def test_a_broken_download_is_tried_again_never_the_create(
    ledger: Ledger, tmp_path: Path
) -> None:
    broken = DownloadError("error.download_broken")
    service = FakeService(load=(broken, broken, PNG))
    job, _ = await story(ledger, tmp_path, service)
    assert (job.state, job.failure) == (State.DONE, None)
    assert (service.calls.count("create"), service.calls.count("load")) == (1, 3)


@pytest.mark.parametrize("patient", [True, False])
async def test_a_network_that_is_away_is_waited_for_with_the_result(
    ledger: Ledger, tmp_path: Path, patient: bool
) -> None:
    away, broken = (
        DownloadError("error.download_unreachable"),
        DownloadError("error.download_broken"),
    )
    service = FakeService(
        ask=(DONE, *[Unreachable()] * 9, DONE), load=(*[away] * 3, broken, broken, PNG)
    )
    job, keys = await story(ledger, tmp_path, service, patient=patient)
    assert (job.state, job.failure is None) == (State.DONE, patient)
    assert service.calls.count("load") == (6 if patient else 3)
    assert keys.count("event.fetch_waits") == patient
    assert service.calls.count("create") == 1


async def test_a_place_that_is_away_while_the_service_answers_is_given_up(
    ledger: Ledger, tmp_path: Path
) -> None:
    service = FakeService(load=(DownloadError("error.download_unreachable"),))
    job, keys = await story(ledger, tmp_path, service)
    assert (job.state, keys[-1]) == (State.DONE, "event.done_unfetched")
    assert service.calls.count("load") == 3


@pytest.mark.parametrize("key", ["error.download_broken", "error.link_expired", "error.disk"])
async def test_a_download_that_stays_broken_is_done_with_a_failure(
    ledger: Ledger, tmp_path: Path, key: str
) -> None:
    values = {"reason": "full"} if key == "error.disk" else {}
    service = FakeService(load=(DownloadError(key, **values),))
    job, keys = await story(ledger, tmp_path, service)
    assert job.failure is not None
    assert (job.state, job.failure.kind) == (State.DONE, key)
    assert service.calls.count("create") == 1
    assert keys[-2:] == ["event.fetch_failed", "event.done_unfetched"]
    assert not list(tmp_path.glob(".*.part"))


async def test_without_downloads_a_ready_job_is_done(ledger: Ledger, tmp_path: Path) -> None:
    service = FakeService()
    job, _ = await story(ledger, tmp_path, service, download=False)
    assert (job.state, "load" in service.calls) == (State.DONE, False)


# ------------------------------------------------------------------------------------ inputs


async def test_inputs_are_uploaded_and_checked_before_anything_is_sent(
    ledger: Ledger, tmp_path: Path
) -> None:
    model = make(task_type=TaskType.IMAGE_TO_VIDEO, model_id="ima-pro")
    picture = tmp_path / "in.png"
    picture.write_bytes(PNG)
    order = placed(model, inputs=(str(picture), "https://x.example/b.png"))
    service = FakeService(load=(MP4,))
    await story(ledger, tmp_path, service, order=order, model=model)
    assert service.calls[:4] == ["put", "check", "check", "create"]


async def test_the_next_try_takes_what_was_uploaded_and_checked(
    ledger: Ledger, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(PNG)
    model = make(task_type=TaskType.IMAGE_TO_VIDEO, model_id="ima-pro")
    clock = FastClock(rate=100)  # a busy machine must not let the upload grow old
    service = FakeService(create=(Limited(1.0), Created("task-1", None)), load=(MP4,))
    order = placed(model, inputs=(str(picture),))
    job, _ = await story(ledger, tmp_path, service, order=order, model=model, clock=clock)
    assert job.state is State.DONE
    before = service.calls[: service.calls.index("ask")]
    assert before == ["put", "check", "create", "create"]


async def test_an_input_that_was_changed_since_it_was_checked_is_not_sent(
    ledger: Ledger, tmp_path: Path
) -> None:
    """What a person agreed to is what goes out; it may be sent again as it is now."""
    picture = tmp_path / "a.png"
    picture.write_bytes(PNG)

    async def refuse() -> Created:
        picture.write_bytes(PNG + b"more")
        raise Limited(1.0)

    model = make(task_type=TaskType.IMAGE_TO_VIDEO)
    service = FakeService(create=(refuse, Created("task-1", None)), load=(MP4,))
    order = placed(model, inputs=(str(picture),))
    job, _ = await story(ledger, tmp_path, service, order=order, model=model)
    assert job.failure is not None
    assert (job.failure.kind, service.calls) == ("error.input_changed", ["put", "create"])


async def test_an_input_that_was_changed_while_the_job_waited_is_not_sent(
    ledger: Ledger, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(PNG)
    model = make(task_type=TaskType.IMAGE_TO_VIDEO)
    checks, service = InputChecks(), FakeService()
    await checks.inspect(model, [str(picture)])
    picture.write_bytes(PNG + b"more")
    order = placed(model, inputs=(str(picture),))
    job, _ = await story(ledger, tmp_path, service, order=order, model=model, checks=checks)
    await checks.aclose()
    assert job.failure is not None
    assert (job.failure.kind, service.calls) == ("error.input_changed", [])


async def test_a_damaged_input_fails_without_an_upload(ledger: Ledger, tmp_path: Path) -> None:
    """A result that was cut off on this disk, say: no one has looked at it before."""
    picture = tmp_path / "a.png"
    picture.write_bytes(PNG[:-20])
    model = make(task_type=TaskType.IMAGE_TO_VIDEO)
    service = FakeService()
    order = placed(model, inputs=(str(picture),))
    job, _ = await story(ledger, tmp_path, service, order=order, model=model)
    assert job.failure is not None
    assert (job.failure.kind, service.calls) == ("error.input_broken", [])


async def test_an_input_that_has_gone_fails_without_a_create(
    ledger: Ledger, tmp_path: Path
) -> None:
    model = make(task_type=TaskType.IMAGE_TO_VIDEO)
    order = placed(model, inputs=(str(tmp_path / "gone.png"),))
    service = FakeService()
    job, _ = await story(ledger, tmp_path, service, order=order, model=model)
    assert job.failure is not None
    assert (job.failure.kind, service.calls) == ("error.input_missing", [])


async def test_a_rejected_input_fails_without_a_create(ledger: Ledger, tmp_path: Path) -> None:
    model = make(task_type=TaskType.IMAGE_TO_VIDEO, model_id="ima-pro-fast")
    service = FakeService(check=(UsageError("error.input_rejected", reason="a face"),))
    order = placed(model, inputs=("https://x.example/b.png",))
    job, _ = await story(ledger, tmp_path, service, order=order, model=model)
    assert job.failure is not None
    assert (job.failure.kind, service.calls) == ("error.input_rejected", ["check"])


# ------------------------------------------------------------------------------ a clock that lies

DAY = 86_400.0


async def sent_job(ledger: Ledger, at: float) -> Job:
    job = await ledger.add(placed(LEAF), at)
    await ledger.step(job.id, State.SENDING, at, "event.sending")
    return await ledger.step(job.id, State.RUNNING, at, "event.running", task_id="t")


async def test_a_job_sent_by_a_clock_that_was_ahead_is_asked_about_like_any_other(
    tmp_path: Path,
) -> None:
    clock = FastClock()
    began = clock.steady()
    first = await Ledger.open(tmp_path / "ledger.sqlite3", "elsewhere")
    job = await sent_job(first, clock.time() + 3 * DAY)
    await first.aclose()  # the machine went off: its lease ends in three days
    ledger = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    async with running(scheduler(ledger, FakeService(), LEAF, tmp_path, clock=clock)):
        done = await ended(ledger, job.id)
    await ledger.aclose()
    assert done.state is State.DONE
    assert clock.steady() - began < DAY


@pytest.mark.parametrize("jump", [-3 * DAY, 3 * DAY], ids=["back", "ahead"])
async def test_a_clock_that_is_set_while_a_job_runs_changes_nothing(
    ledger: Ledger, tmp_path: Path, jump: float
) -> None:
    clock = FastClock(rate=50)  # a busy machine must not use up the time after which it parks
    began = clock.steady()

    async def asked() -> Progress:
        if service.calls.count("ask") == 1:
            clock.set(jump)
        return WORKING if service.calls.count("ask") < 3 else DONE

    service = FakeService(ask=(asked,))
    job, keys = await story(ledger, tmp_path, service, clock=clock)
    assert job.state is State.DONE
    assert "event.parked" not in keys
    assert clock.steady() - began < DAY


async def test_a_pause_outlives_no_jump_of_the_clock(ledger: Ledger, tmp_path: Path) -> None:
    clock = FastClock()
    began = clock.steady()

    async def refused() -> Created:
        clock.set(-3 * DAY)
        raise Limited(999_999.0)

    service = FakeService(create=(refused, Created("task-1", None)))
    job, _ = await story(ledger, tmp_path, service, clock=clock)
    assert job.state is State.DONE
    assert 300 <= clock.steady() - began < DAY
