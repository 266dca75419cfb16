"""A task id that the ledger can't take is told, kept elsewhere, and taken in by the next start;
a lock that never comes, or a file system without locks, ends in a sentence."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes import any_order
from smalldisk import fill, mounted

from ima_tui import cli
from ima_tui.api.service import RemoteService
from ima_tui.cli import session
from ima_tui.core.clock import ScaledClock
from ima_tui.core.domain import Job, State
from ima_tui.i18n import explain
from ima_tui.ledger import backup, opening, presence_lock
from ima_tui.ledger import store as ledgers
from ima_tui.ledger.records import LedgerError
from ima_tui.ledger.store import Ledger
from ima_tui.preferences import file
from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(speed=500)

FOX = ("generate", "a fox", "--task-type", "text_to_image")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Path:
    for name in list(os.environ):
        if name.startswith(("IMA_", "XDG_", "LC_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "IMA_API_KEY": "ima_ground_0001",
        "IMA_BASE_URL": sandbox.base_url,
        "IMA_UPLOAD_URL": sandbox.base_url,
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(session, "clock", ScaledClock(500.0))
    return tmp_path


Said = tuple[int, str, str]
Ima = Callable[..., Said]


@pytest.fixture
def ima(capfd: pytest.CaptureFixture[str]) -> Ima:
    def run(*words: str) -> Said:
        code = cli.run(words)
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        assert "inside ima-tui" not in out + err
        return code, out, err

    return run


@contextmanager
def no_answer_can_be_written(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    plain = Ledger.step

    async def step(ledger: Ledger, job_id: int, after: State, *rest: Any, **more: Any) -> Job:
        if after is State.RUNNING:
            raise LedgerError("error.ledger_unwritable", path="x", reason="disk I/O error")
        return await plain(ledger, job_id, after, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "step", step)
        yield


@pytest.mark.parametrize("verb", ["generate", "batch"])
def test_the_task_id_and_its_points_are_told_and_the_exit_code_is_seven(
    home: Path, ima: Ima, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    rows = home / "rows.jsonl"
    rows.write_text('{"prompt": "a fox"}\n')
    words = FOX if verb == "generate" else ("batch", str(rows), "--task-type", "text_to_image")
    with no_answer_can_be_written(monkeypatch):
        code, _, err = ima(*words, "--yes")
    (create,) = sandbox.ledger()["creates"]
    assert code == 7
    assert create["task_id"] in err
    assert f"{create['credit']} pts" in err
    assert list((home / "data").glob("ledger.unwritten-*")) != []
    code, out, _ = ima("jobs", "wait", "1", "--json")
    assert code == 0
    assert json.loads(out)["jobs"][0]["task_id"] == create["task_id"]
    assert list((home / "data").glob("ledger.unwritten-*")) == []
    assert len(sandbox.ledger()["creates"]) == 1


def test_a_disk_that_is_full_when_the_answer_comes(
    home: Path, ima: Ima, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted(home / "disk", "1m") as disk:
        monkeypatch.setenv("IMA_TUI_DATA_DIR", str(disk / "data"))
        monkeypatch.setattr("tempfile.tempdir", str(home))
        assert ima(*FOX)[0] == 0
        filler: list[Path] = []
        plain = RemoteService.create_order

        async def create(client: RemoteService, *rest: Any) -> Any:
            created = await plain(client, *rest)
            filler.append(fill(disk))
            return created

        with monkeypatch.context() as patched:
            patched.setattr(RemoteService, "create_order", create)
            code, _, err = ima(*FOX)
        task_id = sandbox.ledger()["creates"][-1]["task_id"]
        assert (code, task_id in err) == (7, True), err
        filler[0].unlink()
        code, out, _ = ima("jobs", "show", "2", "--json")
        assert json.loads(out)["task_id"] == task_id


def test_what_could_be_written_in_the_end_is_a_success(
    home: Path, ima: Ima, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, failures = Ledger.step, 2

    async def step(ledger: Ledger, job_id: int, after: State, *rest: Any, **more: Any) -> Job:
        nonlocal failures
        if after is State.RUNNING and failures:
            failures -= 1
            raise LedgerError("error.ledger_busy", path="x")
        return await plain(ledger, job_id, after, *rest, **more)

    monkeypatch.setattr(Ledger, "step", step)
    monkeypatch.setattr(session, "UNWRITTEN_SECONDS", 1e6)  # however slow this machine is
    code, _, err = ima(*FOX)
    assert code == 0
    assert "Saved after all" in err
    assert list((home / "data").glob("ledger.unwritten-*")) == []


def test_what_is_saved_just_as_the_verb_gives_up_is_no_interruption(
    home: Path, ima: Ima, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Ledger.step

    async def once(ledger: Ledger, job_id: int, after: State, *rest: Any, **more: Any) -> Job:
        if after is State.RUNNING and not session._given_up:
            raise LedgerError("error.ledger_busy", path="x")
        return await step(ledger, job_id, after, *rest, **more)

    monkeypatch.setattr(Ledger, "step", once)
    monkeypatch.setattr(session, "UNWRITTEN_SECONDS", 1.0)
    code, _, err = ima(*FOX)
    assert (code, "Couldn't save the task ID" in err) == (7, True)
    assert "Interrupted" not in err


# ---------------------------------------------------------------------------------- locks


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(backup, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(presence_lock, "PATIENCE", 0.2)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Somebody holds the ledger's lock and never lets go."""
    code = (
        "import sqlite3, sys\n"
        "opened = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "opened.execute('BEGIN EXCLUSIVE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == b"held\n"
        yield
        child.stdin.close()


async def test_a_run_that_ends_waits_less_for_a_lock_and_reads_nothing_more_that_nobody_wants(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 600.0)
    monkeypatch.setattr(ledgers, "ENDING_SECONDS", 0.01)
    opened = await Ledger.open(home / "ledger.sqlite3", "me")
    started, go_on = threading.Event(), threading.Event()

    def slow(_: sqlite3.Connection) -> None:
        started.set()
        go_on.wait()

    first = asyncio.create_task(opened.read(slow))
    await asyncio.to_thread(started.wait)
    unwanted = asyncio.create_task(opened.recent(10))
    await asyncio.sleep(0)
    unwanted.cancel()
    with held(home / "ledger.sqlite3"):
        opened.hasten()
        go_on.set()
        await first
        with pytest.raises(LedgerError) as caught:
            await opened.release()
        assert caught.value.key == "error.ledger_locked"
        with pytest.raises(asyncio.CancelledError):
            await unwanted
    await opened.aclose()


def test_a_lock_that_never_comes_ends_every_verb_with_a_sentence(
    home: Path, ima: Ima, sandbox: Sandbox, impatient: None
) -> None:
    assert ima(*FOX)[0] == 0
    with held(home / "data" / "ledger.sqlite3"):
        code, out, err = ima(*FOX)
        assert (code, len(sandbox.ledger()["creates"])) == (1, 1)
        assert "Another program has locked your job history" in err
        code, out, _ = ima("jobs", "list", "--json")
        assert code == 0
        assert out.count('"job_id"') == 1
        code, out, _ = ima("doctor", "--json")
        finding = next(f for f in json.loads(out)["findings"] if f["name"] == "ledger")
        assert finding["level"] == "bad"
        assert "lock" in finding["advice"]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_ends_every_verb_with_a_sentence(
    home: Path, ima: Ima, sandbox: Sandbox, impatient: None, monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:  # fmt: skip
    assert ima(*FOX)[0] == 0

    def no_locks(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "lockf", no_locks)
    monkeypatch.setattr(fcntl, "flock", no_locks)
    code, _, err = ima(*FOX)
    assert (code, len(sandbox.ledger()["creates"])) == (1, 1)
    assert "without file locks" in err
    assert ima("jobs", "list", "--json")[1].count('"job_id"') == 1


@pytest.mark.parametrize("name", ["BUSY", "PERM", "IOERR_LOCK", "IOERR_RDLOCK", "IOERR_READ"])
async def test_who_only_looks_knows_that_a_file_cant_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What SQLite reports depends on the error of the file system: ENOLCK, EOPNOTSUPP, EPERM."""
    ledger = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    await ledger.add(any_order(), 1.0)
    await ledger.aclose()

    class Unlockable(sqlite3.Connection):
        def execute(self, *_: Any) -> Any:
            error = sqlite3.OperationalError("no lock")
            error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{name}")  # type: ignore[misc]
            raise error

    plain = sqlite3.connect

    def connect(database: Any, *rest: Any, **more: Any) -> sqlite3.Connection:
        if "mode=ro" in str(database):
            more["factory"] = Unlockable
        return plain(database, *rest, **more)

    monkeypatch.setattr(opening.sqlite3, "connect", connect)
    looker = await Ledger.open_read_only(tmp_path / "ledger.sqlite3", "me")
    assert looker.locked_out is (name != "IOERR_READ")
    assert len(await looker.recent(10)) == 1
    await looker.aclose()


async def test_a_copy_of_a_file_that_stays_locked_ends(tmp_path: Path, impatient: None) -> None:
    path = tmp_path / "ledger.sqlite3"
    ledger = await Ledger.open(path, "me")
    await ledger.add(any_order(), 1.0)
    await ledger.aclose()
    with held(path):
        with pytest.raises(sqlite3.OperationalError):
            backup.keep(path)
        looker = await Ledger.open_read_only(path, "me")
        assert looker.locked_out
        assert len(await looker.recent(10)) == 1
        await looker.aclose()


def test_nobody_waits_for_ever_for_a_window_that_restores(tmp_path: Path, impatient: None) -> None:
    path = tmp_path / "ledger.sqlite3"
    number = os.open(tmp_path / "ledger.sqlite3.open", os.O_RDWR | os.O_CREAT)
    fcntl.flock(number, fcntl.LOCK_EX)
    try:
        with pytest.raises(presence_lock.InUse):
            presence_lock.enter(path)
    finally:
        os.close(number)


def test_preferences_on_a_file_system_without_locks_say_so(
    home: Path, ima: Ima, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "LOCK_SECONDS", 0.1)

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    code, _, err = ima("prefs", "set", "text_to_image", "midjourney")
    assert code == 2
    assert "Can't write" in err
    assert "Errno" not in err


# -------------------------------------------------------------------------- no file at all


@pytest.mark.parametrize("name", ["ledger.sqlite3", "ledger.sqlite3-journal"])
@pytest.mark.parametrize("looking", [False, True])
async def test_a_pipe_or_a_device_is_no_ledger_and_is_not_waited_for(
    tmp_path: Path, name: str, looking: bool
) -> None:
    """SQLite would open a pipe and wait for ever; a copy of /dev/zero has no end."""
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null"), tmp_path):
        (tmp_path / name).symlink_to(target)
        opens = Ledger.open_read_only if looking else Ledger.open
        with pytest.raises(LedgerError) as caught:
            await opens(tmp_path / "ledger.sqlite3", "a session")
        assert "it is a pipe, a device or a folder" in explain(caught.value)
        (tmp_path / name).unlink()
