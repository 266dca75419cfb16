"""`ima-tui --read-only` in a real pty: every key in every place, and not a byte is written."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from ima_tui.sandbox.server import running_sandbox

from .pty_program import PtyProgram, plain_environment

KEYS = [*"abcdefghijklmnoprstuvwxyzACDEFGJKNRSWX[]<>?,. +-*=$:'", "\r", "\t", "\x7f", "\x1b[3~"]


def everything_in(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "logs" not in path.parts
    }


def test_no_key_in_any_place_sends_or_writes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with running_sandbox(speed=500) as box:
        env = {
            "HOME": str(home),
            "EDITOR": "true",
            "IMA_TUI_DATA_DIR": str(home / "data"),
            "IMA_TUI_CONFIG": str(home / "config.toml"),
            "IMA_PREFS_PATH": str(home / "prefs.json"),
            "IMA_LOG_DIR": str(home / "logs"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "IMA_API_KEY": "ima_looking_0001",
            "IMA_BASE_URL": box.base_url,
            "IMA_UPLOAD_URL": box.base_url,
        }
        (home / "config.toml").write_text(f'[results]\nfolder = "{home / "out"}"\n')
        made = [sys.executable, "-m", "ima_tui", "generate", "a fox", "--task-type",
                "text_to_image", "--remember-model", "--download"]  # fmt: skip
        subprocess.run(
            made, env={**plain_environment(), **env}, check=True, capture_output=True, timeout=60
        )
        before, sent = everything_in(home), box.ledger()["creates"]
        assert any(name.endswith("ledger.sqlite3") for name in before)
        assert len(sent) == 1

        command = [sys.executable, "-m", "ima_tui", "--read-only"]
        with PtyProgram(command, columns=120, rows=40, env=env) as program:
            program.wait("read-only")
            program.wait("SeeDream")
            for place in "134562":
                program.press("escape", "escape", place)
                program.read(0.4)
                assert "read-only" in program.text
                for key in KEYS:
                    program.type(key)
                    program.read(0.03)
                program.press("escape", "escape", "escape", "ctrl+j")
            program.press("escape", "escape", "escape", "3", "escape")
            program.wait("a fox")
            program.press("?")
            program.read(0.5)
            assert "remove from list" not in program.text.lower()
            program.press("escape", "ctrl+q")
            assert program.wait_exit() == 0
        assert everything_in(home) == before
        assert box.ledger()["creates"] == sent
        assert box.ledger()["counts"].get("put", 0) == 0


@pytest.mark.parametrize("place", ["1", "3"])
def test_with_nothing_there_nothing_is_made(tmp_path: Path, place: str) -> None:
    env = {"HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    command = [sys.executable, "-m", "ima_tui", "--read-only"]
    with PtyProgram(command, env={**env, "XDG_CACHE_HOME": "", "XDG_DATA_HOME": ""}) as program:
        program.wait("api.imastudio.com")  # no key: what it is for
        program.press("escape", place)
        program.wait(r"read-only|\br/o\b")
        program.press("escape", "ctrl+q")
        assert program.wait_exit() == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
