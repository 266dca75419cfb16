"""Stopped and continued, hung up on, and ended, many times each: the terminal is given back as
it was, and the ledger is whole."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
import termios
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ima_tui.sandbox.server import Sandbox, running_sandbox

from .pty_program import PtyProgram

TIMES = 20 if "TORTURE_MOMENTS" in os.environ else 8
"""`make torture` plays all twenty lives; each costs a start."""
STUDIO = [sys.executable, "-m", "ima_tui"]
MODES = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
SLOW = '[[fault]]\nendpoint = "detail"\nkind = "delay"\nseconds = 1\n'


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with running_sandbox(speed=50, scenario=SLOW) as sandbox:
        yield sandbox


def env(box: Sandbox, home: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    return {
        "HOME": str(home),
        "IMA_TUI_DATA_DIR": str(home / "data"),
        "IMA_TUI_CONFIG": str(home / "config.toml"),
        "IMA_PREFS_PATH": str(home / "prefs.json"),
        "IMA_LOG_DIR": str(home / "logs"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "IMA_API_KEY": "ima_signals_0001",
        "IMA_BASE_URL": box.base_url,
        "IMA_UPLOAD_URL": box.base_url,
    }


def left_on(received: bytes) -> set[str]:
    """Private modes that are not as before: switched on and never off again, or the reverse for
    the two that a terminal begins with (7 wraps lines, 25 shows the cursor)."""
    state: dict[str, bool] = {}
    for numbers, switch in MODES.findall(received):
        for number in numbers.decode().split(";"):
            state[number] = switch == b"h"
    return {number for number, on in state.items() if on is not (number in ("7", "25"))}


def is_whole(ledger: Path) -> bool:
    with closing(sqlite3.connect(ledger)) as opened:
        return bool(opened.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def one_life(box: Sandbox, home: Path, number: signal.Signals, moment: float) -> None:
    """Start, send a job, and be ended by `number` a `moment` later."""
    with PtyProgram(STUDIO, env=env(box, home)) as program:
        program.wait(r"\d pts", 60)
        program.type("a picture of a lake")
        program.wait("picture of a lake")
        program.press("ctrl+j")
        program.read(moment)
        os.kill(program.process.pid, number)
        program.wait_exit(30)
        assert left_on(bytes(program.received)) == set()
        assert program.received.count(b"\x1b[?1049l") == 1
        assert b"Traceback" not in program.received
    assert is_whole(home / "data" / "ledger.sqlite3")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended_at_any_moment(box: Sandbox, tmp_path: Path, number: signal.Signals) -> None:
    with ThreadPoolExecutor(2) as pair:
        lives = [
            pair.submit(one_life, box, tmp_path / str(turn % 2), number, 0.05 * turn)
            for turn in range(TIMES)
        ]
        for life in lives:
            life.result()
    ledger = box.ledger()
    assert ledger["violations"] == []


def test_stopped_and_continued(box: Sandbox, tmp_path: Path) -> None:
    with PtyProgram(STUDIO, env=env(box, tmp_path)) as program:
        program.wait(r"\d pts", 60)
        program.type("a picture of a lake")
        program.wait("picture of a lake")
        program.press("ctrl+j")
        for turn in range(20):
            os.kill(program.process.pid, signal.SIGSTOP)
            time.sleep(0.02 * (turn % 4))
            os.kill(program.process.pid, signal.SIGCONT)
            program.read(0.05)
        program.press("escape", "3")
        program.wait(r"✓ done\s+img", 60)
        program.press("ctrl+q")
        assert program.wait_exit() == 0
        assert left_on(bytes(program.received)) == set()
    assert is_whole(tmp_path / "data" / "ledger.sqlite3")


LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
UNCATCHABLE = ("SIGKILL", "SIGSEGV")
CAUGHT = ("SIGINT", "SIGQUIT", "SIGABRT", "SIGUSR1")


def facts(pid: int) -> list[str]:
    """What the system says of a process, from its state on; none where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def is_over(pid: int) -> bool:
    return facts(pid)[:1] in ([], ["Z"])


def watchers_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(child)
        for child in found
        if not is_over(int(child))
        and b"ima-tui-watcher" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def is_cooked(descriptor: int) -> bool:
    modes = termios.tcgetattr(descriptor)
    return bool(modes[3] & termios.ICANON and modes[3] & termios.ECHO and modes[0] & termios.ICRNL)


def until(holds: Callable[[], bool], program: PtyProgram) -> None:
    while not holds():
        program.read(0.05)


def terminal_of(program: PtyProgram) -> Path:
    return Path(f"/proc/{program.process.pid}/fd/0").readlink()


@contextmanager
def watched_over(box: Sandbox, home: Path) -> Iterator[tuple[PtyProgram, int]]:
    """A studio, its watcher, and the shell's hold on the terminal that outlives both."""
    with PtyProgram(STUDIO, env=env(box, home)) as program:
        hold = os.open(terminal_of(program), os.O_RDWR | os.O_NOCTTY)
        try:
            program.wait(r"\d pts", 60)
            until(lambda: bool(watchers_of(program.process.pid)), program)
            yield program, watchers_of(program.process.pid)[0]
        finally:
            os.close(hold)


@LINUX
@pytest.mark.parametrize("name", [*UNCATCHABLE, *CAUGHT])
def test_the_terminal_is_given_back_after_every_signal(
    box: Sandbox, tmp_path: Path, name: str
) -> None:
    with watched_over(box, tmp_path) as (program, watcher):
        os.kill(program.process.pid, signal.Signals[name])
        until(lambda: is_cooked(program.process.child_fd), program)
        until(lambda: left_on(bytes(program.received)) == set(), program)
        until(lambda: not program.process.isalive(), program)
        program.read(0.2)
        assert program.received.count(b"\x1b[?1049l") == 1
        assert b"Traceback" not in program.received
        until(lambda: is_over(watcher), program)


@LINUX
def test_the_watcher_keeps_out_of_the_way(box: Sandbox, tmp_path: Path) -> None:
    """No terminal held, no processor time, nothing written by it at a stop or an end in order."""
    with watched_over(box, tmp_path) as (program, watcher):
        held = [each.readlink() for each in Path(f"/proc/{watcher}/fd").iterdir()]
        assert terminal_of(program) not in held
        assert os.getsid(watcher) == watcher
        program.type("\x1a")
        until(lambda: facts(program.process.pid)[0] == "T", program)
        assert is_cooked(program.process.child_fd)  # the shell has the terminal now, by our word
        until(lambda: is_over(watcher), program)
        left = program.received.count(b"\x1b[?1049l")
        os.kill(program.process.pid, signal.SIGCONT)
        until(lambda: bool(watchers_of(program.process.pid)), program)
        again = watchers_of(program.process.pid)[-1]
        spent = facts(again)[11:13]
        program.read(1)
        assert facts(again)[11:13] == spent  # ticks: it sleeps until the program ends
        program.press("ctrl+q")
        assert program.wait_exit() == 0
        until(lambda: is_over(again), program)
        assert program.received.count(b"\x1b[?1049l") == left + 1


@LINUX
def test_a_program_that_replaces_itself_keeps_the_terminal(tmp_path: Path) -> None:
    """The pipe closes with it; the watcher sees that its parent lives, and writes nothing."""
    script = (
        "import os, termios; from ima_tui.tui.terminal.signals import Watcher;"
        "Watcher().start(0, termios.tcgetattr(0));"
        "os.execlp('sh', 'sh', '-c', 'echo replaced; read line')"
    )
    with PtyProgram([sys.executable, "-c", script]) as program:
        program.wait("replaced", 60)
        watcher = watchers_of(program.process.pid)[0]
        until(lambda: is_over(watcher), program)
        assert b"\x1b[" not in program.received
