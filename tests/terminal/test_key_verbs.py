"""`ima-tui key` by hand in a real pty: the key is never shown, and lands where the person said."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from .pty_program import PtyProgram

KEY = "ima_typed_by_hand_4821"
VERB = [sys.executable, "-m", "ima_tui", "key"]


@pytest.fixture
def profile(tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "IMA_TUI_CONFIG": str(tmp_path / "config" / "config.toml"),
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


def test_typed_kept_after_consent_shown_and_forgotten(
    profile: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "config" / "key"
    with PtyProgram([*VERB, "set"], env=profile) as program:
        program.wait("hidden as you type")
        program.type(KEY + "\r")
        program.wait("1 or 2")
        program.type("x\r")
        program.wait("Type 1 or 2")
        program.type("1\r")  # there is no keyring here
        program.wait(r"\(y/n\)")
        assert not file.exists()
        program.type("y\r")
        assert program.wait_exit() == 0
        assert KEY.encode() not in bytes(program.received)
        assert b"4821" in bytes(program.received)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    shown = verb(profile, "show", "--json")
    assert json.loads(shown.stdout)["keys"] == [
        {"key": "ima_…4821", "source": "file", "used": True}
    ]
    assert KEY not in shown.stdout + shown.stderr
    assert verb(profile, "forget").returncode == 0
    assert not file.exists()
    assert verb(profile, "show").returncode == 3


@pytest.mark.parametrize("answer", ["n\r", "\x04", "\x03"])
def test_without_consent_nothing_is_written(
    profile: dict[str, str], tmp_path: Path, answer: str
) -> None:
    with PtyProgram([*VERB, "set", "--keep", "keyring"], env=profile) as program:
        program.wait("hidden as you type")
        program.type(KEY + "\r")
        program.wait(r"\(y/n\)")
        program.type(answer)
        assert program.wait_exit() != 0
    assert not (tmp_path / "config").exists()


def test_another_product_s_key_is_refused_and_not_repeated(
    profile: dict[str, str], tmp_path: Path
) -> None:
    done = verb(profile, "set", "--keep", "file", typed="sk-proj-somebody-else\n")
    assert done.returncode == 3
    assert "somebody" not in done.stdout + done.stderr
    assert not (tmp_path / "config").exists()


def test_a_key_on_the_command_line_is_refused_and_not_repeated(profile: dict[str, str]) -> None:
    done = verb(profile, "set", KEY, "--keep", "file")
    assert done.returncode == 2
    assert "4821" not in done.stdout + done.stderr


def verb(profile: dict[str, str], *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    from .pty_program import plain_environment

    return subprocess.run(
        [*VERB, *words],
        input=typed,
        capture_output=True,
        text=True,
        timeout=30,
        env={**plain_environment(), **profile},
    )
