"""What lines and systems do to a terminal program, done to ours: real signals, a real pty."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ima_tui.sandbox.server import Sandbox, running_sandbox

from .pty_program import PtyProgram

DEMO = [sys.executable, "-m", "ima_tui", "demo", "--speed", "40"]
STUDIO = [sys.executable, "-m", "ima_tui"]
GIVEN_BACK = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1000l")
"""The usual screen, the cursor, plain pastes, and the mouse to whoever wants it."""


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with running_sandbox(speed=60) as sandbox:
        yield sandbox


@pytest.fixture
def profile(box: Sandbox, tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "IMA_TUI_CONFIG": str(tmp_path / "config.toml"),
        "IMA_PREFS_PATH": str(tmp_path / "prefs.json"),
        "IMA_LOG_DIR": str(tmp_path / "logs"),
        "IMA_API_KEY": "ima_slow_line_0001",
        "IMA_BASE_URL": box.base_url,
        "IMA_UPLOAD_URL": box.base_url,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


def modes(program: PtyProgram) -> list[object]:
    return termios.tcgetattr(program.process.child_fd)[:4]


def until(true: Callable[[], bool]) -> None:
    while not true():
        time.sleep(0.02)


def state(pid: int) -> str:
    """One letter, as ps tells it; "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def send(program: PtyProgram, prompt: str) -> None:
    """Send `prompt`, and go where its job is."""
    program.type(prompt)
    program.send()
    program.press("escape", "3")


def test_sigterm_gives_the_terminal_back_and_loses_no_job(
    box: Sandbox, profile: dict[str, str]
) -> None:
    box.scenario('[[fault]]\nendpoint = "detail"\nkind = "delay"\nseconds = 2\ntimes = 2\n')
    with PtyProgram(STUDIO, env=profile) as program:
        before = modes(program)
        program.wait("pts")
        send(program, "draw a lighthouse in fog")
        program.wait("running")
        program.process.kill(signal.SIGTERM)
        assert program.wait_exit() == 0
        for sequence in GIVEN_BACK:
            assert sequence in program.received
        assert b"Traceback" not in program.received
        assert before is not None
    box.scenario("")
    with PtyProgram(STUDIO, env=profile) as program:
        program.wait("pts")
        program.press("escape", "3")
        program.wait(r"✓ done\s+img", 60)
        program.press("ctrl+q")
        program.wait_exit()
    assert box.ledger()["charges"] == 5


@pytest.mark.parametrize("how", ["hangup", "dropped"])
def test_a_lost_terminal_ends_it_in_order(box: Sandbox, profile: dict[str, str], how: str) -> None:
    """`dropped`: nobody tells; the other end of the pty is simply closed."""
    command = STUDIO if how == "hangup" else ["sh", "-c", f"trap '' HUP; exec {' '.join(STUDIO)}"]
    program = PtyProgram(command, env=profile)
    program.wait("pts")
    send(program, "draw a lighthouse in fog")
    program.wait("running|done")
    pid = program.process.pid
    if how == "hangup":
        program.process.kill(signal.SIGHUP)
    os.close(program.process.child_fd)
    until(lambda: state(pid) in ("", "Z"))
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    with PtyProgram(STUDIO, env=profile) as again:
        again.wait("pts")
        again.press("escape", "3")
        again.wait(r"✓ done\s+img", 60)
        again.press("ctrl+q")
        again.wait_exit()
    assert box.ledger()["charges"] == 5


def test_ctrl_z_leads_to_the_shell_and_back_with_everything(tmp_path: Path) -> None:
    with PtyProgram(DEMO, env={"HOME": str(tmp_path)}) as program:
        program.wait("pts")
        program.type("a fox in the snow")
        program.wait("a fox in the snow")
        program.process.send("\x1a")
        until(lambda: program.read(0.05) >= 0 and state(program.process.pid) == "T")
        program.read(0.3)
        assert program.received.endswith(b"\x1b[?1004l")
        assert b"\x1b[?1049l" in program.received
        program.screen.reset()
        program.process.kill(signal.SIGCONT)
        program.wait("a fox in the snow")
        program.type(" at night")
        program.wait("a fox in the snow at night")
        program.press("ctrl+q")
        assert program.wait_exit() == 0


def test_a_terminal_that_cannot_draw_is_told_of_the_other_ways(tmp_path: Path) -> None:
    with PtyProgram(DEMO, env={"HOME": str(tmp_path), "TERM": "dumb"}) as program:
        program.wait("--plain")
        assert "generate" in program.text
        assert program.wait_exit() == 2
        assert b"\x1b" not in program.received


def test_the_clipboard_goes_through_tmux(tmp_path: Path) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text("#!/bin/sh\necho 'xterm-256color|on|on'\n")
    tmux.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    env = {"HOME": str(tmp_path), "PATH": path, "TMUX": "/tmp/tmux-0/default,1,0"}
    with PtyProgram(DEMO, env=env) as program:
        program.wait("pts")
        send(program, "draw a fox")
        program.wait(r"✓ done\s+img")
        program.press("c")
        program.wait("Copied")
        assert b"\x1b]52;c;" in program.received
        assert b"\x1bPtmux;\x1b\x1b]52;c;" in program.received
        program.press("ctrl+q")
        program.wait_exit()


def test_over_ssh_a_running_job_costs_less(box: Sandbox, profile: dict[str, str]) -> None:
    box.scenario('[[fault]]\nkind = "stuck"\nendpoint = "create"\n')
    spent: dict[str, int] = {}
    for name, extra in (("here", {}), ("ssh", {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"})):
        with PtyProgram(STUDIO, env={**profile, **extra}) as program:
            program.wait("pts")
            if name == "here":
                send(program, "draw a fox")
            else:
                program.press("escape", "3")
            program.wait("running|taking longer")
            program.read(3.0)
            spent[name] = program.read(10.0)
            program.press("ctrl+q")
            program.wait_exit()
    assert spent["ssh"] <= spent["here"]
    assert spent["ssh"] < 400


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (200, 10)])
def test_small_splits_show_every_place_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    columns, rows = size
    command = [*DEMO, "--inline-safe"]
    with PtyProgram(command, columns=columns, rows=rows, env={"HOME": str(tmp_path)}) as program:
        program.wait("pts")
        assert b"\x1b[?1000h" not in program.received  # the mouse is tmux's
        for key, sign in (("1", "Mod"), ("3", "Queue"), ("5", "Pref"), ("2", "Comp")):
            program.press("escape", key)
            program.wait(rf"\[{key} {sign}\w*\]")
            program.read(0.3)
            lines = program.text.split("\n")
            assert lines[0].strip().startswith("esc" if sign == "Comp" else "ima")  # a text field
            assert "help" in lines[-1] or "actions" in lines[-1], program.text
        program.press("ctrl+q")
        assert program.wait_exit() == 0


def test_without_a_terminal_the_verbs_are_named(tmp_path: Path) -> None:
    done = subprocess.run(
        STUDIO, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        env={**os.environ, "HOME": str(tmp_path), "IMA_TUI_CONFIG": os.devnull},
    )  # fmt: skip
    assert done.returncode == 2
    assert "ima-tui generate" in done.stderr
