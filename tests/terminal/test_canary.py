"""A canary key: after every verb, every refusal, the studio, its children and a crash it is found
nowhere but at the service and in the file where it was meant to be kept."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from ima_tui.sandbox.server import Sandbox, running_sandbox

from .pty_program import PtyProgram, plain_environment

CORE = "canary7Q2xV9mK4tZ8w"
KEY, REFUSED = f"ima_{CORE}", f"ima_invalid_{CORE}"
SCENARIO = """
[[fault]]
kind = "fail_task"
prompt_contains = "storm"
message = "no"

[[fault]]
kind = "refuse"
endpoint = "create"
prompt_contains = "poor"
code = 4008

[[fault]]
kind = "status"
prompt_contains = "lost"
endpoint = "create"
status = 502

[[fault]]
kind = "truncate"
prompt_contains = "torn"
endpoint = "create"
"""
STUDIO = [sys.executable, "-X", "dev", "-W", "ignore", "-m", "ima_tui"]
DRIVER = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG, filename=sys.argv[2])  # whatever any library would say
from ima_tui import cli
from ima_tui.cli import session
from ima_tui.core.clock import ScaledClock
for number, words in enumerate(json.loads(sys.argv[1])):
    session.clock = ScaledClock(20)
    try:
        print("====", number, cli.run(words), flush=True)
    except SystemExit as wrong_usage:
        print("====", number, wrong_usage.code, flush=True)
print("all of it ran", flush=True)
"""
CRASH = """
import sys
from ima_tui.tui.app import ImaApp
def crash(self):
    secret = self.studio.connection.key.secret
    raise RuntimeError(f"a bug that names {secret}")
ImaApp.action_help = crash
from ima_tui.cli import run
sys.exit(run([]))
"""
SPY = """#!/bin/sh
{ echo "$0 $*"; env; } >> "$SPIED"
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with running_sandbox(speed=300, scenario=SCENARIO) as sandbox:
        yield sandbox


@pytest.fixture
def env(tmp_path: Path, box: Sandbox) -> dict[str, str]:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("xdg-open", "tmux", "vi"):
        (tools / name).write_text(SPY)
        (tools / name).chmod(0o755)
    Image.new("RGB", (64, 64)).save(tmp_path / "cat.png")
    (tmp_path / "config.toml").write_text(f'[results]\nfolder = "{tmp_path / "out"}"\n')
    (tmp_path / "wishes.jsonl").write_text(
        json.dumps({"prompt": "a lake", "task_type": "text_to_image"}) + "\n"
    )
    return {
        **plain_environment(),
        "PATH": f"{tools}:{os.environ['PATH']}",
        "SPIED": str(tmp_path / "spied"),
        "HOME": str(tmp_path),
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "IMA_TUI_CONFIG": str(tmp_path / "config.toml"),
        "IMA_PREFS_PATH": str(tmp_path / "prefs.json"),
        "IMA_LOG_DIR": str(tmp_path / "logs"),
        "IMA_API_KEY": KEY,
        "IMA_BASE_URL": box.base_url,
        "IMA_UPLOAD_URL": box.base_url,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "TEXTUAL_LOG": str(tmp_path / "textual.log"),
        "PYTHONASYNCIODEBUG": "1",
        "DISPLAY": ":0",
        "EDITOR": "vi",
    }


FORMS = tuple(
    form.encode()
    for form in (CORE, quote(KEY), base64.b64encode(KEY.encode()).decode()[4:-4], CORE[::-1])
)


def holds_the_key(data: bytes) -> bool:
    return any(form in data for form in FORMS)


def files_with_the_key(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and holds_the_key(path.read_bytes())
    ]


@contextmanager
def watched_children(parent: int) -> Iterator[dict[str, bytes]]:
    """Command lines and environments of all that `parent` starts, looked at every few ms."""
    seen: dict[str, bytes] = {}
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            family = {parent}
            for _ in range(3):
                family |= {pid for pid, above in _processes() if above in family}
            for pid in family - {parent}:
                if _command(pid) == _command(parent):
                    continue  # it has just been forked, and is still our own process
                for name in ("cmdline", "environ"):
                    try:
                        found = Path(f"/proc/{pid}/{name}").read_bytes()
                    except OSError:
                        continue
                    if found:
                        seen[f"{pid} {name} {found[:60]!r}"] = found
            time.sleep(0.01)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _processes() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            yield int(entry.name), int(stat.rpartition(")")[2].split()[1])


def verbs(home: Path) -> list[list[str]]:
    generate = ["generate", "--task-type", "text_to_image"]
    return [
        ["models", "--refresh"], ["models", "--json"], ["route", "a fox"],
        [*generate, "a fox", "--download", "--json", "--remember-model"],
        [*generate, "a fox", "--dry-run", "--json"],
        [*generate, "a storm", "--json"], [*generate, "poor"], [*generate, "lost", "--json"],
        [*generate, "torn"], [*generate, "a fox", "--model-id", KEY],
        [*generate, "a fox", "--param", f"{KEY}=1"], [*generate, "a fox", "--nonsense", KEY],
        ["generate", "zoom", "--task-type", "image_to_video", "--input-images",
         str(home / "cat.png")],
        ["generate", "zoom", "--task-type", KEY], [*generate, "a fox", "--api-key", REFUSED],
        [*generate, "a fox", "--api-key", f"sk_{CORE}"],
        [*generate, "a fox", "--base-url", f"https://{CORE}@evil.example"],
        ["batch", str(home / "wishes.jsonl"), "--yes", "--json", "--manifest",
         str(home / "manifest.jsonl")],
        ["jobs", "list"], ["jobs", "show", "1", "--json"], ["jobs", "show", "3"],
        ["jobs", "wait"], ["jobs", "retry", "2", "--yes"], ["jobs", "export", "--with-prompts"],
        ["jobs", "forget", "2"], ["prefs", "list", "--json"], ["prefs", "clear", "text_to_image"],
        ["config", "show", "--json"], ["config", "path"], ["logs"], ["logs", "--json"],
        ["key", "show"], ["key", "show", "--json"], ["key", "forget"],
        ["key", "set", KEY, "--keep", "file"], ["doctor"], ["doctor", "--json"],
        ["doctor", "--api-key", REFUSED, "--json"], [KEY],
    ]  # fmt: skip


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_no_verb_and_no_refusal_lets_it_out(
    env: dict[str, str], tmp_path: Path, box: Sandbox
) -> None:
    words = json.dumps(verbs(tmp_path))
    log = tmp_path / "debug.log"
    command = [sys.executable, "-c", DRIVER, words, str(log)]
    with (
        subprocess.Popen(
            command, env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as child,
        watched_children(child.pid) as children,
    ):
        said, _ = child.communicate(timeout=240)
    assert b"all of it ran" in said
    assert said.count(b"====") == len(verbs(tmp_path))
    told = [line for line in said.splitlines() if holds_the_key(line)]
    assert told == []
    assert files_with_the_key(tmp_path) == []
    assert not any(map(holds_the_key, children.values()))
    assert log.stat().st_size > 0
    assert list((tmp_path / "logs").iterdir())
    assert {row["key"] for row in box.ledger()["creates"]} == {KEY[-4:]}  # it did get there
    box.reset()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_the_studio_and_its_children_keep_it_to_themselves(
    env: dict[str, str], tmp_path: Path
) -> None:
    with PtyProgram(STUDIO, columns=100, rows=30, env=env, cwd=str(tmp_path)) as program:
        with watched_children(program.process.pid) as children:
            program.wait("pts", 60)
            program.type("draw a lighthouse in fog")
            program.wait("a lighthouse")
            program.send()
            program.press("escape", "3")
            program.wait(r"✓ done\s+img", 60)
            for key in ("o", "c", "enter"):
                program.press(key)
                program.read(0.5)
            for key in ("escape", "1", "2", "escape", "5", "6", "3", "escape"):
                program.press(key)
                program.read(0.2)
            program.press("ctrl+q")
            assert program.wait_exit() == 0
        assert not holds_the_key(bytes(program.received))
    assert children  # a decoder at least
    assert [name for name, found in children.items() if holds_the_key(found)] == []
    assert "xdg-open" in (tmp_path / "spied").read_text()
    assert files_with_the_key(tmp_path) == []


def test_a_crash_that_names_it_shows_and_logs_none_of_it(
    env: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-c", CRASH]
    with PtyProgram(command, columns=100, rows=30, env=env, cwd=str(tmp_path)) as program:
        program.wait("pts", 60)
        program.press("escape", "3")
        program.read(0.5)
        program.press("?")
        program.wait("RuntimeError", 30)
        program.wait_exit()
        assert not holds_the_key(bytes(program.received))
    assert files_with_the_key(tmp_path) == []
    assert "RuntimeError" in "".join(
        path.read_text() for path in (tmp_path / "logs").iterdir() if path.is_file()
    )


def test_a_key_typed_at_the_first_start_is_in_the_file_it_was_meant_for_alone(
    env: dict[str, str], tmp_path: Path
) -> None:
    bare = {name: value for name, value in env.items() if name != "IMA_API_KEY"}
    with PtyProgram(STUDIO, columns=100, rows=30, env=bare, cwd=str(tmp_path)) as program:
        program.wait("api.imastudio.com", 60)
        program.type(KEY)
        program.read(0.3)
        program.press("tab", "left", "left", "right")
        program.wait(r"\[system keyring\]")
        program.press("right")
        program.wait(r"\[private file\]")  # … and keep it in the file
        program.press("enter")
        program.wait("pts", 60)
        program.press("escape", "ctrl+q")
        assert program.wait_exit() == 0
        assert not holds_the_key(bytes(program.received))
    assert files_with_the_key(tmp_path) == ["key"]
