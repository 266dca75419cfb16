"""An empty, missing, outdated or replaced ledger is restored from what lies beside it, and said."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from fakes import any_order

from ima_tui.core.domain import Job, State
from ima_tui.ledger import backup, task_ids, trail
from ima_tui.ledger.records import LedgerError
from ima_tui.ledger.store import Ledger
from ima_tui.ledger.traces import Places

NOW = 1_700_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


async def running(ledger: Ledger, task_id: str, now: float = NOW) -> Job:
    job = await ledger.add(any_order(), now)
    await ledger.step(job.id, State.SENDING, now + 1, "event.sending")
    return await ledger.step(job.id, State.RUNNING, now + 2, "event.running", task_id=task_id)


async def filled(path: Path) -> None:
    """Three jobs at the service, one that waits to be sent; and a copy of it."""
    ledger = await Ledger.open(path, "me")
    for number in (1, 2, 3):
        await running(ledger, f"task-{number}", NOW + number)
    await ledger.add(any_order(), NOW + 4)
    await ledger.backup()
    await ledger.aclose()


async def tasks(path: Path, *, look: bool = False) -> list[str]:
    ledger = await (Ledger.open_read_only if look else Ledger.open)(path, "next")
    try:
        return [job.task_id for job in reversed(await ledger.recent(10))]
    finally:
        await ledger.aclose()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def removed(path: Path) -> None:
    path.unlink()


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


def a_new_one(path: Path) -> None:
    """As version 0.1.0 makes it when the file is gone."""
    path.unlink()
    other = path.with_name("other")
    other.mkdir()
    from ima_tui.ledger import opening

    opening.connect(other / "ledger.sqlite3").close()
    (other / "ledger.sqlite3").rename(path)
    other.rmdir()


LOSSES = (emptied, removed, cut_short, a_new_one)


@pytest.mark.parametrize("lose", LOSSES)
@pytest.mark.parametrize("with_trail", [True, False])
async def test_what_a_copy_knows_is_restored(
    path: Path, lose: Callable[[Path], None], with_trail: bool
) -> None:
    await filled(path)
    lose(path)
    if not with_trail:
        trail.path_of(path).unlink()
    ledger = await Ledger.open(path, "next")
    assert ledger.repair_report is not None
    jobs = await ledger.recent(10)
    assert [job.task_id for job in jobs] == ["", "task-3", "task-2", "task-1"]
    assert (jobs[0].needs_approval, jobs[0].waiting) == (True, "waiting.restored")
    assert await ledger.healthy()
    await ledger.aclose()
    again = await Ledger.open(path, "next")
    assert again.repair_report is None
    await again.aclose()


@pytest.mark.parametrize("lose", LOSSES)
async def test_what_only_looks_shows_it_and_changes_nothing(
    path: Path, lose: Callable[[Path], None]
) -> None:
    await filled(path)
    lose(path)
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    assert await tasks(path, look=True) == ["task-1", "task-2", "task-3", ""]
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


@pytest.mark.parametrize("lose", LOSSES)
async def test_jobs_that_are_newer_than_the_copy_are_restored_too(
    path: Path, lose: Callable[[Path], None]
) -> None:
    await filled(path)
    ledger = await Ledger.open(path, "me")
    await ledger.step(4, State.SENDING, NOW + 10, "event.sending")
    await ledger.step(4, State.RUNNING, NOW + 11, "event.running", task_id="task-4")
    await running(ledger, "task-5", NOW + 12)
    await ledger.aclose()
    lose(path)
    assert await tasks(path) == [f"task-{number}" for number in range(1, 6)]


async def test_an_older_ledger_put_back_sends_nothing_twice(path: Path) -> None:
    await filled(path)
    older = path.read_bytes()
    ledger = await Ledger.open(path, "me")
    await ledger.step(4, State.SENDING, NOW + 10, "event.sending")
    await ledger.backup()
    await ledger.aclose()
    path.write_bytes(older)
    ledger = await Ledger.open(path, "next")
    assert ledger.repair_report is not None
    assert ledger.repair_report.why == "older"
    job = await ledger.job(4)
    assert job is not None
    assert job.state is State.SENDING
    assert [event.key for event in await ledger.timeline(4)] == ["event.queued", "event.sending"]
    await ledger.aclose()


async def test_an_older_ledger_that_was_used_on_keeps_the_jobs_of_both(path: Path) -> None:
    """By a version that did not look at its copies: numbers and intents meet."""
    await filled(path)
    older = path.read_bytes()
    ledger = await Ledger.open(path, "me")
    await ledger.add(any_order(), NOW + 20, intent="row 1")
    await ledger.step(5, State.SENDING, NOW + 21, "event.sending")
    await ledger.step(5, State.RUNNING, NOW + 22, "event.running", task_id="task-5")
    await ledger.step(4, State.SENDING, NOW + 23, "event.sending")
    await ledger.step(4, State.RUNNING, NOW + 24, "event.running", task_id="task-4")
    await ledger.backup()
    await ledger.aclose()
    path.write_bytes(older)
    with closing(sqlite3.connect(path)) as opened:
        opened.execute(
            "INSERT INTO jobs (state, task_type, model_id, order_json, points, session,"
            " created_at, updated_at, intent) SELECT 'queued', task_type, model_id, order_json,"
            " points, 'old', ?, ?, 'row 1' FROM jobs WHERE id = 4",
            (NOW + 30, NOW + 30),
        )
        for _ in range(20):  # numbers of revisions that the copy has never seen
            opened.execute("UPDATE jobs SET updated_at = updated_at + 1 WHERE id IN (4, 5)")
        opened.commit()
    ledger = await Ledger.open(path, "next")
    jobs = {job.id: job for job in await ledger.recent(10)}
    assert {job.task_id for job in jobs.values()} == {"", *(f"task-{n}" for n in range(1, 6))}
    assert jobs[4].task_id == "task-4"
    assert (await ledger.by_intents(["row 1"]))["row 1"].task_id == "task-5"
    await ledger.aclose()
    again = await Ledger.open(path, "next")
    assert again.repair_report is None
    assert len(await again.recent(10)) == len(jobs)
    await again.aclose()


async def test_a_copy_is_never_replaced_by_one_that_knows_less(path: Path) -> None:
    await filled(path)
    good = backup.paths(path)[0].read_bytes()
    a_new_one(path)
    with pytest.raises(backup.Poorer):
        backup.keep(path)
    assert backup.paths(path)[0].read_bytes() == good


async def test_forgotten_jobs_are_copied_as_forgotten(path: Path) -> None:
    await filled(path)
    ledger = await Ledger.open(path, "me")
    for number in (1, 2, 3):
        await ledger.step(number, State.STOPPED, NOW + 50, "event.stopped")
        await ledger.step(number, State.FORGOTTEN, NOW + 51, "event.forgotten")
    await ledger.backup()
    await ledger.aclose()
    emptied(path)
    assert await tasks(path) == [""]


async def test_the_trail_alone_restores_what_was_lost_with_all_copies(path: Path) -> None:
    await filled(path)
    for each in (path, *backup.paths(path)):
        each.unlink(missing_ok=True)
    assert await tasks(path, look=True) == ["task-1", "task-2", "task-3", ""]
    assert await tasks(path) == ["task-1", "task-2", "task-3", ""]


async def test_who_deletes_the_ledger_with_its_copies_and_trail_starts_fresh(path: Path) -> None:
    await filled(path)
    for each in path.parent.glob("ledger*"):
        each.unlink()
    ledger = await Ledger.open(path, "next")
    assert ledger.repair_report is None
    assert await ledger.recent(10) == ()
    await ledger.aclose()


async def test_killed_while_it_restores_the_next_start_restores(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(path)
    emptied(path)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(backup, "renew", die)
        with pytest.raises(KeyboardInterrupt):
            await Ledger.open(path, "next")
    assert await tasks(path) == ["task-1", "task-2", "task-3", ""]


@pytest.mark.parametrize("lose", [removed, lambda path: shutil.copyfile(old_of(path), path)])
async def test_another_files_unfinished_commit_is_not_written_into_this_one(
    path: Path, lose: Callable[[Path], None]
) -> None:
    await filled(path)
    shutil.copyfile(path, old_of(path))
    ledger = await Ledger.open(path, "me")
    for number in range(5, 60):
        await running(ledger, f"task-{number}", NOW + number)
    with closing(sqlite3.connect(path, isolation_level=None)) as dying:
        dying.execute("PRAGMA cache_size=1")
        dying.execute("BEGIN IMMEDIATE")
        dying.execute("UPDATE jobs SET order_json = order_json || ' '")
        journal = path.with_name(path.name + "-journal")
        left = journal.read_bytes()
        dying.execute("ROLLBACK")
    await ledger.aclose()
    lose(path)
    journal.write_bytes(left)
    ledger = await Ledger.open(path, "next")
    assert len(await ledger.recent(100)) == 59
    assert await ledger.healthy()
    await ledger.aclose()


def old_of(path: Path) -> Path:
    return path.with_name("put-back")


# --------------------------------------------------------------------------- while it is open


@pytest.mark.parametrize(
    "lose", [emptied, removed, lambda p: p.write_bytes(old_of(p).read_bytes())]
)
async def test_nothing_is_written_into_a_ledger_that_was_swapped(
    path: Path, lose: Callable[[Path], None]
) -> None:
    await filled(path)
    shutil.copyfile(path, old_of(path))
    ledger = await Ledger.open(path, "me")
    await ledger.step(4, State.SENDING, NOW + 10, "event.sending")
    lose(path)
    with pytest.raises(LedgerError) as caught:
        await ledger.step(4, State.RUNNING, NOW + 11, "event.running", task_id="task-4")
    assert caught.value.key in ("error.ledger_replaced", "error.ledger_damaged")
    job = Job(4, any_order(), State.SENDING, NOW + 4, NOW + 10, sent_at=NOW + 10, revision=11)
    assert await ledger.save_unsaved_task(job, NOW + 11, "task-4", None)
    await ledger.aclose()
    assert await tasks(path) == [f"task-{number}" for number in range(1, 5)]
    assert task_ids.files(path) == []


async def test_an_answer_that_could_not_be_written_is_taken_in_by_the_next_start(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    plain = trail.write

    def full(file: Path, lines: list[trail.Line], lineage: int) -> None:
        if file.parent == path.parent:
            raise OSError(28, "No space left on device")
        plain(file, lines, lineage)

    await filled(path)
    ledger = await Ledger.open(path, "me")
    job = await ledger.step(4, State.SENDING, NOW + 10, "event.sending")
    with monkeypatch.context() as patched:
        patched.setattr(trail, "write", full)
        where = await ledger.save_unsaved_task(job, NOW + 11, "task-4", NOW + 600)
    assert where is not None
    assert where.parent.parent == tmp_path
    assert where.stat().st_mode & 0o777 == 0o600
    await ledger.aclose()
    ledger = await Ledger.open(path, "next")
    found = await ledger.job(4)
    assert found is not None
    assert (found.state, found.task_id, found.deadline) == (State.RUNNING, "task-4", NOW + 600)
    assert found.revision > job.revision
    assert not where.exists()
    await ledger.aclose()


# --------------------------------------------------------------------------------- the trail


async def test_the_trail_holds_every_commit_and_begins_anew_with_the_older_copy(
    path: Path,
) -> None:
    await filled(path)
    lines = list(trail.read(trail.path_of(path)))
    assert [line["row"]["state"] for line in lines] == ["queued", "sending", "running"] * 3 + [
        "queued"
    ]
    assert trail.path_of(path).stat().st_mode & 0o777 == 0o600
    for _ in range(2):
        os.utime(backup.paths(path)[0], (NOW, NOW))
        older = backup.paths(path)[1]
        if older.exists():
            os.utime(older, (NOW, NOW))
        assert backup.keep(path)
    assert not trail.path_of(path).exists()
    assert len(list(path.parent.glob("ledger.trail-*.jsonl"))) == 1
    emptied(path)
    backup.paths(path)[0].unlink()
    assert await tasks(path) == ["task-1", "task-2", "task-3", ""]


@pytest.mark.parametrize("line", ["{", "[]", '{"events": []}', '{"ledger": 1, "job": "x"}', "\0"])
async def test_lines_that_make_no_sense_are_passed_over(path: Path, line: str) -> None:
    await filled(path)
    with trail.path_of(path).open("a") as handle:
        handle.write(line + "\n")
    lineage = backup.lineage_of(path)
    odd = {"ledger": lineage, "job": 9, "made": 1.0, "row": {"id": 9, "revision": 99}, "events": []}
    with trail.path_of(path).open("a") as handle:
        handle.write(json.dumps(odd) + "\n")
    emptied(path)
    assert await tasks(path) == ["task-1", "task-2", "task-3", ""]


async def test_a_ledger_swapped_before_the_first_commit_is_noticed(path: Path) -> None:
    await filled(path)
    older = path.read_bytes()
    ledger = await Ledger.open(path, "me")
    await ledger.step(4, State.SENDING, NOW + 10, "event.sending")
    await ledger.aclose()
    ledger = await Ledger.open(path, "next")
    path.write_bytes(older)
    with pytest.raises(LedgerError) as caught:
        await ledger.claim(NOW + 20, NOW + 50)
    assert caught.value.key == "error.ledger_replaced"
    await ledger.aclose()


# ------------------------------------------------------------------------------------ the log


def logged(path: Path, *lines: str) -> Path:
    """The shared log; `{at}` is the moment that job 4 was queued."""
    logs = path.with_name("logs")
    logs.mkdir()
    at = datetime.fromtimestamp(NOW + 4).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    text = "".join(f"{at} | INFO  | submit               | {line}\n" for line in lines)
    (logs / "ima_tui_20231114.log").write_text(text)
    return logs


QUEUED = "job 4 queued text_to_image m x1, 5 points"
SENDING = "job 4 queued -> sending"
RUNNING = "job 4 sending -> running task task-4"


@pytest.mark.parametrize(
    ("lines", "state", "task_id"),
    [
        ((QUEUED, SENDING, RUNNING), State.RUNNING, "task-4"),
        ((QUEUED, SENDING), State.SENDING, ""),
        ((QUEUED, SENDING, RUNNING, QUEUED, SENDING, RUNNING), State.SENDING, ""),
        ((QUEUED, SENDING, "job 4 sending -> queued (refused_once)"), State.QUEUED, ""),
        ((SENDING, RUNNING), State.QUEUED, ""),
        ((QUEUED.replace("4", "5", 1), SENDING, RUNNING), State.QUEUED, ""),
        (("job 99999999999 queued", "", "\x1b", QUEUED), State.QUEUED, ""),
    ],
)
async def test_what_the_log_knows_as_sent_is_not_sent_again(
    path: Path, lines: tuple[str, ...], state: State, task_id: str
) -> None:
    await filled(path)
    emptied(path)
    for each in path.parent.glob("ledger.trail.*"):
        each.unlink()
    logs = logged(path, *lines)
    ledger = await Ledger.open(path, "next", Places(logs))
    job = await ledger.job(4)
    assert job is not None
    assert (job.state, job.task_id) == (state, task_id)
    await ledger.aclose()
