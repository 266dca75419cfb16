"""The ledger: the only truth about jobs, whatever happens to the process that writes it."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import any_order

from ima_tui import i18n
from ima_tui.core.domain import (
    Estimate,
    Failure,
    Job,
    Media,
    State,
    TaskType,
)
from ima_tui.ledger import opening, process_id, records, schema
from ima_tui.ledger.records import ImpossibleTransition, LedgerError
from ima_tui.ledger.store import Ledger

ROOT = Path(__file__).parents[2]
WAYS: dict[State, tuple[State, ...]] = {
    State.QUEUED: (),
    State.UPLOADING: (State.UPLOADING,),
    State.VERIFYING: (State.VERIFYING,),
    State.SENDING: (State.SENDING,),
    State.RUNNING: (State.SENDING, State.RUNNING),
    State.TIMED_OUT: (State.SENDING, State.RUNNING, State.TIMED_OUT),
    State.FETCHING: (State.SENDING, State.RUNNING, State.FETCHING),
    State.DONE: (State.SENDING, State.RUNNING, State.DONE),
    State.FAILED: (State.FAILED,),
    State.NEEDS_REVIEW: (State.SENDING, State.NEEDS_REVIEW),
    State.STOPPED: (State.STOPPED,),
    State.FORGOTTEN: (State.FORGOTTEN,),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.sqlite3"


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(path, "me")
    yield opened
    await opened.aclose()


async def brought_to(ledger: Ledger, state: State, at: float = 1000.0, points: int = 5) -> Job:
    job = await ledger.add(any_order(points=points), at)
    for step in WAYS[state]:
        task_id = "task-1" if step is State.RUNNING else None
        job = await ledger.step(job.id, step, at, "event.queued", task_id=task_id)
    return job


@pytest.mark.parametrize(("before", "after"), itertools.product(WAYS, State))
async def test_a_forbidden_step_writes_nothing(path: Path, before: State, after: State) -> None:
    ledger = await Ledger.open(path, "me")
    try:
        job = await brought_to(ledger, before)
        rows = await ledger.timeline(job.id)
        if after in records.TRANSITIONS[before]:
            stepped = await ledger.step(job.id, after, 2000.0, "event.done", task_id="changed")
            assert (stepped.state, stepped.task_id) == (after, "changed")
            assert len(await ledger.timeline(job.id)) == len(rows) + 1
            return
        with pytest.raises(ImpossibleTransition):
            await ledger.step(job.id, after, 2000.0, "event.done", task_id="changed")
        assert await ledger.job(job.id) == job
        assert await ledger.timeline(job.id) == rows
    finally:
        await ledger.aclose()


async def test_what_goes_in_comes_out(ledger: Ledger) -> None:
    order = replace(
        any_order(TaskType.IMAGE_TO_VIDEO, 7, 2),
        prompt="雪 \u2028 'quoted'\nline",
        parameters=(("a", 5), ("b", "5"), ("c", True), ("d", 0.5)),
        inputs=("https://x.example/a.png", "file with space.png"),
        estimate=Estimate(20, 35),
    )
    job = await ledger.add(order, 1000.0)
    assert job.order == order
    assert [type(v) for _, v in job.order.parameters] == [int, str, bool, float]
    media = Media("https://x.example/m.png", "c", "png", 640, 480, "5s", "here.png")
    await ledger.step(job.id, State.SENDING, 1001.0, "event.sending")
    await ledger.step(job.id, State.RUNNING, 1002.0, "event.running", task_id="t", deadline=9.5)
    done = await ledger.step(
        job.id, State.DONE, 1003.0, "event.done", medias=(media,), failure=Failure("error.disk")
    )
    assert (done.medias, done.deadline, done.sent_at, done.ended_at) == ((media,), 9.5, 1001, 1003)
    assert done.failure == Failure("error.disk")
    keys = [event.key for event in await ledger.timeline(job.id)]
    assert keys == ["event.queued", "event.sending", "event.running", "event.done"]


async def test_an_empty_failure_takes_the_old_one_away(ledger: Ledger) -> None:
    job = await brought_to(ledger, State.SENDING)
    await ledger.step(
        job.id, State.NEEDS_REVIEW, 1.0, "event.unknown", failure=Failure("error.lost")
    )
    late = await ledger.step(
        job.id, State.RUNNING, 2.0, "event.running", task_id="late", failure=Failure("")
    )
    assert (late.failure, late.task_id, late.ended_at) == (None, "late", None)


async def test_a_job_that_is_not_there_is_an_error_in_words(ledger: Ledger) -> None:
    assert await ledger.job(77) is None
    with pytest.raises(LedgerError) as caught:
        await ledger.step(77, State.SENDING, 1.0, "event.sending")
    assert caught.value.key == "error.no_job"


async def test_only_its_owner_can_read_the_file(ledger: Ledger, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_file_by_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={schema.newest() + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError) as caught:
        await Ledger.open(path, "me")
    assert caught.value.key == "error.ledger_newer"
    assert "Update ima-tui" in i18n.explain(caught.value)
    assert path.read_bytes() == before


async def test_a_newer_file_keeps_its_journal_mode(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA user_version={schema.newest() + 1}")
    connection.close()
    for way in (Ledger.open, Ledger.open_read_only):
        with pytest.raises(LedgerError) as caught:
            await way(path, "me")
        assert caught.value.key == "error.ledger_newer"
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def older(path: Path, version: int) -> None:
    """A ledger as an earlier version left it, with one job."""
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    for number, statements in schema.MIGRATIONS:
        for statement in statements if number <= version else ():
            connection.execute(statement)
    connection.execute(
        "INSERT INTO jobs (state, task_type, model_id, order_json, points, session, created_at,"
        " updated_at) VALUES ('done', 'text_to_image', 'm', '{}', 5, 'old', 1, 1)"
    )
    connection.execute(f"PRAGMA user_version={version}")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("version", [number for number, _ in schema.MIGRATIONS[:-1]])
async def test_an_older_file_is_kept_before_it_is_converted(path: Path, version: int) -> None:
    older(path, version)
    await (await Ledger.open(path, "me")).aclose()
    kept = path.with_name(f"ledger.version-{version}.sqlite3")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for file, found in ((path, schema.newest()), (kept, version)):
        connection = sqlite3.connect(file)
        assert connection.execute("PRAGMA user_version").fetchone()[0] == found
        assert connection.execute("SELECT points FROM jobs").fetchall() == [(5,)]
        connection.close()


async def test_a_file_of_a_version_between_two_releases_is_converted(path: Path) -> None:
    older(path, 5)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE INDEX events_fault ON events(at) WHERE key = 'event.fault'")
        connection.execute("PRAGMA user_version=6")
    connection.close()
    await (await Ledger.open(path, "me")).aclose()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == schema.newest()
        assert connection.execute("SELECT points, project FROM jobs").fetchall() == [(5, "")]
    connection.close()


async def test_without_room_for_the_copy_an_older_file_stays_and_can_be_looked_at(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(path, 5)
    before = path.read_bytes()
    (path.parent / "ledger.version-5.sqlite3").mkdir()  # in the way of the copy
    with pytest.raises(LedgerError) as caught:
        await Ledger.open(path, "me")
    assert caught.value.key == "error.ledger_no_copy"
    assert path.read_bytes() == before
    assert caught.value.key in opening.LOOKED_AT
    assert [each.name for each in path.parent.glob("*.part")] == []


async def test_a_new_ledger_and_one_of_today_leave_no_copy(path: Path) -> None:
    for _ in range(2):
        await (await Ledger.open(path, "me")).aclose()
    assert list(path.parent.glob("ledger.version-*")) == []


async def test_commits_reach_the_disk_itself_on_macos(path: Path) -> None:
    opened = opening.to_write(path)
    assert opened.connection.execute("PRAGMA fullfsync").fetchone()[0] == 1
    opened.connection.close()


async def test_a_file_that_is_no_ledger_is_set_aside_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    opened = await Ledger.open(path, "me")
    assert opened.repair_report is not None
    assert opened.repair_report.aside.read_bytes() == b"no database at all" * 100
    await opened.aclose()


async def test_a_folder_that_cant_be_made_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LedgerError):
        await Ledger.open(tmp_path / "file" / "ledger.sqlite3", "me")


def _open_once(path: Path, barrier: multiprocessing.synchronize.Barrier) -> None:
    barrier.wait(20)
    opening.connect(path).close()


def test_many_processes_may_begin_at_once(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    crowd = [context.Process(target=_open_once, args=(path, barrier)) for _ in range(3)]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join(30)
    assert [process.exitcode for process in crowd] == [0, 0, 0]
    with sqlite3.connect(path) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    assert version == schema.newest()


# ------------------------------------------------------------------------------- who follows


async def test_a_job_is_followed_by_one_of_two(ledger: Ledger, path: Path) -> None:
    other = await Ledger.open(path, "other")
    job = await brought_to(ledger, State.RUNNING)
    assert [j.id for j in await ledger.claim(1005.0, 1035.0)] == [job.id]
    assert await other.claim(1010.0, 1040.0) == ()
    taken = await other.claim(1036.0, 1066.0)
    assert [(j.id, j.needs_approval) for j in taken] == [(job.id, False)]
    assert await ledger.claim(1037.0, 1067.0) == ()
    await other.aclose()


async def test_a_create_is_left_to_a_live_run_for_longer(ledger: Ledger, path: Path) -> None:
    """A starved run gets its answer late; nobody else can."""
    slow = await Ledger.open(path, process_id.name())
    sending, running = [await brought_to(slow, each) for each in (State.SENDING, State.RUNNING)]
    await slow.claim(1000.0, 1030.0)
    assert [job.id for job in await ledger.claim(1200.0, 1230.0)] == [running.id]
    assert {job.id for job in await ledger.claim(1700.0, 1730.0)} == {sending.id, running.id}
    await slow.aclose()


async def test_a_renewed_lease_is_not_taken(ledger: Ledger, path: Path) -> None:
    other = await Ledger.open(path, "other")
    await brought_to(ledger, State.RUNNING)
    for now in (1000.0, 1020.0, 1040.0, 1060.0):
        await ledger.claim(now, now + 30)
        assert await other.claim(now + 1, now + 31) == ()
    await other.aclose()


@pytest.mark.parametrize("state", [State.QUEUED, State.UPLOADING, State.VERIFYING])
async def test_what_a_dead_run_had_not_sent_waits_for_a_word(
    ledger: Ledger, path: Path, state: State
) -> None:
    other = await Ledger.open(path, "other")
    await brought_to(ledger, state)
    (taken,) = await other.claim(2000.0, 2030.0)
    assert taken.needs_approval
    assert not (await other.hold(taken.id, False)).needs_approval
    await other.aclose()


async def test_what_was_given_up_in_order_is_taken_without_a_word(
    ledger: Ledger, path: Path
) -> None:
    other = await Ledger.open(path, "other")
    await brought_to(ledger, State.QUEUED)
    await ledger.release()
    assert [job.needs_approval for job in await other.claim(1001.0, 1031.0)] == [False]
    await other.aclose()


async def test_what_a_script_left_unsent_waits_for_a_word(ledger: Ledger, path: Path) -> None:
    other = await Ledger.open(path, "other")
    await brought_to(ledger, State.QUEUED)
    await brought_to(ledger, State.RUNNING)
    await ledger.release(hold=True)
    assert [job.needs_approval for job in await other.claim(1001.0, 1031.0)] == [True, False]
    await other.aclose()


async def test_only_the_named_are_taken(ledger: Ledger, path: Path) -> None:
    other = await Ledger.open(path, "other")
    await brought_to(ledger, State.RUNNING)
    wanted = await brought_to(ledger, State.RUNNING)
    assert [job.id for job in await other.claim(2000.0, 2030.0, {wanted.id})] == [wanted.id]
    assert await other.claim(2000.0, 2030.0, set()) == await other.claim(
        2000.0, 2030.0, {wanted.id}
    )
    await other.aclose()


async def test_the_newest_is_the_last_that_was_not_forgotten(ledger: Ledger) -> None:
    assert await ledger.newest() is None
    first, second = [await brought_to(ledger, state) for state in (State.DONE, State.RUNNING)]
    assert await ledger.newest() == second
    forgotten = await brought_to(ledger, State.FORGOTTEN)
    assert forgotten.id > second.id > first.id
    assert await ledger.newest() == second


async def test_ended_jobs_are_nobodys(ledger: Ledger) -> None:
    for state in (State.DONE, State.FAILED, State.NEEDS_REVIEW, State.STOPPED, State.FORGOTTEN):
        await brought_to(ledger, state)
    assert await ledger.claim(9999.0, 10029.0) == ()


# -------------------------------------------------------------------------------- what it cost


@pytest.mark.parametrize(
    ("state", "spent", "out"),
    [
        (State.QUEUED, 0, 0),
        (State.UPLOADING, 0, 0),
        (State.SENDING, 5, 5),
        (State.RUNNING, 5, 5),
        (State.TIMED_OUT, 5, 5),
        (State.FETCHING, 5, 5),
        (State.DONE, 5, 0),
        (State.FAILED, 0, 0),
        (State.NEEDS_REVIEW, 5, 0),
        (State.STOPPED, 0, 0),
    ],
)
async def test_points_spent_and_points_out(
    ledger: Ledger, state: State, spent: int, out: int
) -> None:
    await brought_to(ledger, state)
    assert (await ledger.spent(0.0), await ledger.out()) == (spent, out)


async def test_a_task_that_was_taken_and_failed_stays_paid(ledger: Ledger) -> None:
    job = await brought_to(ledger, State.RUNNING)
    await ledger.step(job.id, State.FAILED, 1001.0, "event.failed")
    assert (await ledger.spent(0.0), await ledger.out()) == (5, 0)


async def test_forgetting_a_job_does_not_forget_what_it_cost(ledger: Ledger) -> None:
    job = await brought_to(ledger, State.DONE)
    await ledger.step(job.id, State.FORGOTTEN, 1001.0, "event.forgotten")
    assert await ledger.spent(0.0) == 5
    assert await ledger.recent(10) == ()


async def test_an_unknown_job_that_was_forgotten_still_counts_as_spent(ledger: Ledger) -> None:
    job = await brought_to(ledger, State.NEEDS_REVIEW)
    await ledger.step(job.id, State.FORGOTTEN, 1001.0, "event.forgotten")
    assert await ledger.spent(0.0) == 5


async def test_spent_since_then_and_by_this_run(ledger: Ledger, path: Path) -> None:
    other = await Ledger.open(path, "other")
    await brought_to(ledger, State.DONE, at=1000.0, points=3)
    await brought_to(other, State.DONE, at=2000.0, points=10)
    assert await ledger.spent(1500.0) == 10
    assert await ledger.spent(0.0, "me") == 3
    await other.aclose()


async def test_what_was_refused_and_queued_again_is_not_out(ledger: Ledger) -> None:
    job = await brought_to(ledger, State.SENDING)
    await ledger.step(job.id, State.QUEUED, 1001.0, "event.not_accepted")
    assert (await ledger.spent(0.0), await ledger.out()) == (0, 0)


async def test_open_jobs_are_never_cut_off_the_list(ledger: Ledger) -> None:
    still = await brought_to(ledger, State.RUNNING)
    ended = [await brought_to(ledger, State.DONE) for _ in range(4)]
    assert [job.id for job in await ledger.recent(2)] == [ended[3].id, ended[2].id, still.id]


# ------------------------------------------------------------------------------ sudden death

WRITER = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from fakes import any_order
    from ima_tui.core.domain import State
    from ima_tui.ledger.store import Ledger

    async def main():
        ledger = await Ledger.open(Path(sys.argv[1]), "writer")
        while True:
            job = await ledger.add(any_order(), 1000.0)
            print("added", job.id, flush=True)
            await ledger.step(job.id, State.SENDING, 1001.0, "event.sending")
            print("sending", job.id, flush=True)
            await ledger.step(job.id, State.RUNNING, 1002.0, "event.running", task_id=f"t{job.id}")
            print("running", job.id, flush=True)

    asyncio.run(main())
    """
)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("lines", [1, 2, 3, 8, 13])
async def test_whatever_was_said_to_be_written_is_there_after_a_kill(
    path: Path, lines: int
) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert child.stdout is not None
    said = [child.stdout.readline().split() for _ in range(lines)]
    child.send_signal(signal.SIGKILL)
    said += [line.split() for line in child.stdout.read().splitlines()]
    child.wait(10)
    ledger = await Ledger.open(path, "reader")
    try:
        assert await ledger.healthy()
        for word, number in said:
            job = await ledger.job(int(number))
            assert job is not None, f"job {number} is gone"
            if word == "running":
                assert (job.state, job.task_id) == (State.RUNNING, f"t{number}")
            elif word == "sending":
                assert job.state in (State.SENDING, State.RUNNING)
    finally:
        await ledger.aclose()
