"""Following a log in a real pty: what another program writes shows by itself, and nothing else."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from .pty_program import PtyProgram

STUDIO = [sys.executable, "-m", "ima_tui"]


def line(message: str, level: str = "INFO", seconds_ago: float = 0) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - seconds_ago))
    return f"{when} | {level:<5} | poll_task            | {message}\n"


def test_a_log_is_followed_while_another_tool_writes_it(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    log = logs / time.strftime("ima_create_%Y%m%d.log")
    log.write_text("".join(line(f"old {n}", seconds_ago=900 - n) for n in range(300)))
    env = {
        "HOME": str(tmp_path),
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "IMA_TUI_CONFIG": str(tmp_path / "config.toml"),
        "IMA_PREFS_PATH": str(tmp_path / "prefs.json"),
        "IMA_LOG_DIR": str(logs),
        "IMA_API_KEY": "ima_follow_0001",
        "IMA_BASE_URL": "http://127.0.0.1:9",
        "IMA_UPLOAD_URL": "http://127.0.0.1:9",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    with PtyProgram(STUDIO, env=env) as program:
        program.wait("Describe an image")
        program.press("escape", "6")
        program.wait("old 299")
        program.wait("● live")
        with log.open("a") as file:
            file.write(line("evil \x1b]0;owned\x07\x1b[2J end", "ERROR"))
        program.wait(r"✗ .*ERROR.*evil\s+end")
        assert b"owned" not in program.received
        program.press("/")
        program.type("old 1.$")
        program.press("enter")
        program.wait("10 matches")
        program.wait("▌.*old 19")
        program.press("g")
        program.wait(r"evil\s+end")
        log.rename(logs / f"{log.name}.1")  # a rotation
        log.write_text(line("after the rotation"))
        program.wait("after the rotation")
        while program.read(1.5):
            pass  # until all is drawn
        assert program.read(3.0) == 0  # it looks once a second, and draws nothing
        program.press("ctrl+q")
        assert program.wait_exit() == 0
