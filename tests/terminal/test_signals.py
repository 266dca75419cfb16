"""Stopped and continued, hung up on, and ended, many times each: the terminal is given back as
it was, and the ledger is whole."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
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
        program.type("a lake")
        program.wait("a lake")
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
        program.type("a lake")
        program.wait("a lake")
        program.press("ctrl+j")
        for turn in range(20):
            os.kill(program.process.pid, signal.SIGSTOP)
            time.sleep(0.02 * (turn % 4))
            os.kill(program.process.pid, signal.SIGCONT)
            program.read(0.05)
        program.press("escape", "f3")
        program.wait(r"✓ done\s+img", 60)
        program.press("ctrl+q")
        assert program.wait_exit() == 0
        assert left_on(bytes(program.received)) == set()
    assert is_whole(tmp_path / "data" / "ledger.sqlite3")
