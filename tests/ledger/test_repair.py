"""A damaged ledger: nothing is thrown away, nothing is sent twice, what can be read is kept."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from fakes import any_order

from ima_tui.core.domain import Job, State
from ima_tui.ledger import backup, opening, presence_lock, repair, schema
from ima_tui.ledger.records import LedgerError
from ima_tui.ledger.store import Ledger

ROOT = Path(__file__).parents[2]
GARBAGE = b"\xff" * 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


async def running(ledger: Ledger, task_id: str) -> Job:
    job = await ledger.add(any_order(), 1_700_000_000.0)
    await ledger.step(job.id, State.SENDING, 1_700_000_001.0, "event.sending")
    return await ledger.step(
        job.id, State.RUNNING, 1_700_000_002.0, "event.running", task_id=task_id
    )


async def filled(path: Path, *, jobs: int = 3) -> None:
    """Jobs at the service, and one that waits to be sent."""
    ledger = await Ledger.open(path, "me")
    for number in range(1, jobs + 1):
        await running(ledger, f"task-{number}")
    await ledger.add(any_order(), 1_700_000_000.0)
    await ledger.aclose()


def beyond_reading(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + GARBAGE * 3)


def page_of(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as opened:
        size = opened.execute("PRAGMA page_size").fetchone()[0]
        root = opened.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()[0]
    return int((root - 1) * size)


def spoil(path: Path, at: int) -> None:
    with path.open("r+b") as handle:
        handle.seek(at)
        handle.write(GARBAGE)


async def test_it_is_made_anew_from_its_last_copy(path: Path) -> None:
    await filled(path)
    assert backup.keep(path)
    beyond_reading(path)
    spoiled = path.read_bytes()

    ledger = await Ledger.open(path, "next")
    assert ledger.repair_report is not None
    assert ledger.repair_report.copied_at is not None
    assert ledger.repair_report.aside.read_bytes() == spoiled
    assert ledger.repair_report.jobs == 4  # what is in the ledger now, not in the damaged file
    assert ledger.repair_report.listing is None  # nothing in that could be read
    jobs = {job.id: job for job in await ledger.recent(10)}
    assert [jobs[number].task_id for number in (1, 2, 3)] == ["task-1", "task-2", "task-3"]
    assert jobs[1].state is State.RUNNING
    assert await ledger.healthy()
    await ledger.aclose()


async def test_what_may_have_been_sent_since_the_copy_waits_for_a_word(path: Path) -> None:
    await filled(path, jobs=0)
    assert backup.keep(path)
    beyond_reading(path)
    ledger = await Ledger.open(path, "next")
    (job,) = await ledger.recent(10)
    assert (job.state, job.needs_approval, job.waiting) == (State.QUEUED, True, "waiting.restored")
    await ledger.aclose()


async def test_jobs_made_after_the_copy_are_read_from_the_damaged_file(path: Path) -> None:
    await filled(path, jobs=1)
    assert backup.keep(path)
    ledger = await Ledger.open(path, "me")
    await running(ledger, "task-of-today")
    await ledger.step(2, State.SENDING, 1_700_000_009.0, "event.sending")
    await ledger.aclose()
    spoil(path, page_of(path, "events"))  # the jobs themselves are still there

    ledger = await Ledger.open(path, "next")
    assert ledger.repair_report is not None
    jobs = {job.id: job for job in await ledger.recent(10)}
    assert jobs[3].task_id == "task-of-today"
    assert jobs[2].state is State.SENDING  # newer than the copy: it was not "waiting" any more
    assert await ledger.healthy()
    await ledger.aclose()


async def test_without_a_copy_what_can_be_read_is_kept_and_listed(path: Path) -> None:
    await filled(path)
    spoil(path, page_of(path, "events_of_job"))
    ledger = await Ledger.open(path, "next")
    assert ledger.repair_report is not None
    assert ledger.repair_report.copied_at is None
    assert [job.task_id for job in await ledger.recent(10)][1:] == ["task-3", "task-2", "task-1"]
    listing = ledger.repair_report.listing.read_text()
    assert all(f"task-{number}" in listing for number in (1, 2, 3))
    assert any_order().prompt not in listing
    assert stat.S_IMODE(ledger.repair_report.listing.stat().st_mode) == 0o600
    await ledger.aclose()


async def test_a_page_of_jobs_that_is_gone_takes_no_other_along(path: Path) -> None:
    await filled(path, jobs=60)
    size = path.stat().st_size
    before = set(_task_ids(path))
    with closing(sqlite3.connect(path)) as opened:
        page = opened.execute("PRAGMA page_size").fetchone()[0]
        model = page_of(path, "jobs")
    with path.open("rb") as handle:  # one of the leaves below the root of the table
        handle.seek(model)
        assert handle.read(1) == b"\x05", "the table fits one page: use more jobs"
        handle.seek(model + 12)
        cell = int.from_bytes(handle.read(2))
        handle.seek(model + cell)
        child = int.from_bytes(handle.read(4))
    for each in path.parent.glob("ledger.trail.*"):
        each.unlink()
    spoil(path, (child - 1) * page)
    assert path.stat().st_size == size

    ledger = await Ledger.open(path, "next")
    found = set(_task_ids(path))
    assert found < before
    assert len(found) > len(before) * 2 // 3
    assert ledger.repair_report is not None
    await ledger.aclose()


def _task_ids(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as opened:
        for (task_id,) in opened.execute("SELECT task_id FROM jobs WHERE task_id != ''"):
            yield task_id


async def test_damage_is_never_copied_over_the_last_good_copy(path: Path) -> None:
    await filled(path)
    ledger = await Ledger.open(path, "me")
    await ledger.backup()
    good = backup.paths(path)[0].read_bytes()
    spoil(path, page_of(path, "events"))
    os.utime(path)
    with pytest.raises(LedgerError) as caught:
        await ledger.backup()
    assert caught.value.key == "error.ledger_damaged"
    assert backup.paths(path)[0].read_bytes() == good
    await ledger.aclose()
    again = await Ledger.open(path, "next")
    assert again.repair_report is not None
    await again.aclose()


async def test_a_large_file_is_checked_when_damage_was_met(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "SMALL", 0)
    await filled(path)
    spoil(path, page_of(path, "events"))
    ledger = await Ledger.open(path, "me")
    assert ledger.repair_report is None  # not looked at: that would take long
    with pytest.raises(LedgerError) as caught:
        await ledger.note(1, 1.0, "event.running")
    assert caught.value.key == "error.ledger_damaged"
    await ledger.aclose()
    again = await Ledger.open(path, "next")
    assert again.repair_report is not None
    await again.aclose()
    once_more = await Ledger.open(path, "next")
    assert once_more.repair_report is None
    await once_more.aclose()


async def test_copies_are_made_when_something_changed_and_two_are_kept(path: Path) -> None:
    await filled(path)
    assert backup.is_due(path)
    assert backup.keep(path)
    assert not backup.is_due(path)
    newer, older = backup.paths(path)
    assert stat.S_IMODE(newer.stat().st_mode) == 0o600
    assert not older.exists()
    assert backup.keep(path)
    first = newer.read_bytes()
    assert older.read_bytes() == first
    os.utime(older, (1.0, 1.0))
    assert backup.keep(path)
    assert older.stat().st_mtime > 1.0
    names = {each.name for each in path.parent.iterdir()}
    assert not any("part" in name for name in names)


async def test_nobody_mends_a_file_that_another_window_has_open(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence_lock, "PATIENCE", 0.2)
    await filled(path)
    with another_window(path):
        beyond_reading(path)
        with pytest.raises(LedgerError) as caught:
            await Ledger.open(path, "next")
        assert caught.value.key == "error.ledger_in_use"
        assert path.exists()
    ledger = await Ledger.open(path, "next")
    assert ledger.repair_report is not None
    await ledger.aclose()


@contextmanager
def another_window(path: Path) -> Iterator[None]:
    code = (
        "import asyncio, pathlib, sys\n"
        "from ima_tui.ledger.store import Ledger\n"
        "async def main():\n"
        f"    await Ledger.open(pathlib.Path({str(path)!r}), 'other')\n"
        "    print('open', flush=True)\n"
        "    sys.stdin.read()\n"
        "    import os; os._exit(0)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        yield
        assert child.stdin is not None
        child.stdin.close()


# --------------------------------------------------------------------------------- only looking


async def test_who_only_looks_sees_what_others_do_and_writes_nothing(path: Path) -> None:
    await filled(path)
    looker = await Ledger.open_read_only(path, "looker")
    assert len(await looker.recent(10)) == 4
    writer = await Ledger.open(path, "me")
    await running(writer, "task-new")
    assert [job.task_id for job in await looker.news()] == ["task-new"]
    for write in (
        looker.add(any_order(), 1.0),
        looker.note(1, 1.0, "event.running"),
        looker.step(1, State.DONE, 1.0, "event.done"),
        looker.claim(1.0, 2.0),
        looker.release(),
    ):
        with pytest.raises(LedgerError) as caught:
            await write
        assert caught.value.key == "error.looking"
    await writer.aclose()
    before = path.read_bytes()
    with pytest.raises(sqlite3.OperationalError):
        looker._connection.execute("DELETE FROM jobs")
    await looker.aclose()
    assert path.read_bytes() == before


async def test_looking_where_there_is_nothing_makes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "ledger.sqlite3"
    looker = await Ledger.open_read_only(path, "looker")
    assert await looker.recent(10) == ()
    await looker.aclose()
    assert list(tmp_path.iterdir()) == []


async def test_looking_at_an_older_schema_leaves_it_as_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        opening.connect(path).close()
    before = path.read_bytes()
    looker = await Ledger.open_read_only(path, "looker")
    assert await looker.recent(10) == ()
    await looker.aclose()
    assert path.read_bytes() == before


async def test_looking_at_a_file_whose_writer_died_in_the_middle(path: Path) -> None:
    await filled(path)
    killed = (
        "import os, sqlite3, sys\n"
        "opened = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "opened.execute('PRAGMA cache_size=1')\n"
        "opened.execute('BEGIN IMMEDIATE')\n"
        "opened.execute(\"UPDATE jobs SET task_id = 'half', order_json = order_json || ?\", "
        "(' ' * 100000,))\n"
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(path)], check=False)
    journal = path.with_name(path.name + "-journal")
    assert journal.exists()
    looker = await Ledger.open_read_only(path, "looker")
    assert {job.task_id for job in await looker.recent(10)} == {"task-1", "task-2", "task-3", ""}
    await looker.aclose()
    assert journal.exists()  # whoever may write takes it back


async def test_the_very_first_ledger_is_held_against_a_repair_too(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data" / "ledger.sqlite3"
    ledger = await Ledger.open(path, "first")
    journal = path.with_name(f"{path.name}-journal")
    journal.write_bytes(b"a commit that is under way")
    try:
        assert not presence_lock.is_abandoned(path), "its writer is alive"
    finally:
        journal.unlink()
        await ledger.aclose()
    journal.write_bytes(b"a commit that nobody will finish")
    assert presence_lock.is_abandoned(path)
