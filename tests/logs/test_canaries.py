"""After a session with all kinds of ends, the log tells every job's story, and no secret."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ima_tui import cli
from ima_tui.cli import session
from ima_tui.core.clock import ScaledClock
from ima_tui.sandbox.server import running_sandbox

KEY = "ima_canary_7f3a9b2c"
PROMPT = "zebracanary in a hammock"
USER = "usercanary"
PATIENT = "[server]\ntimeout_s = 0\nbalance = 1000000\n"
ENDS = {
    "done": "",
    "refused": '[[fault]]\nkind = "refuse"\nendpoint = "create"\ncode = 4014\nmessage = "%s"\n',
    "refused always": '[[fault]]\nkind = "refuse"\nendpoint = "create"\ncode = 500\n',
    "lost": '[[fault]]\nkind = "lose_answer"\nendpoint = "create"\n',
    "broken": '[[fault]]\nkind = "truncate"\nendpoint = "create"\nkeep = 0.5\n',
    "odd": '[[fault]]\nkind = "wrong_types"\nendpoint = "create"\n',
    "failed": '[[fault]]\nkind = "fail_task"\nmessage = "%s is not allowed"\n',
    "hostile": '[[fault]]\nkind = "hostile"\nendpoint = "detail"\nsize = 500\n',
}
SECRETS = ("7f3a9b2c", "zebracanary", "hammock", USER)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("IMA_", "XDG_", "LC_")):
            monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "IMA_TUI_CONFIG": str(tmp_path / "config.toml"),
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "IMA_PREFS_PATH": str(tmp_path / "ima_prefs.json"),
        "IMA_LOG_DIR": str(tmp_path / "logs"),
        "IMA_API_KEY": KEY,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(session, "clock", ScaledClock(20.0))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_session_with_every_end_leaves_no_canary(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (64, 64)).save(home / "zebracanary.png")
    wish = [PROMPT, "--user-id", USER, "--yes"]
    with running_sandbox(speed=1000, scenario=PATIENT) as box:
        monkeypatch.setenv("IMA_BASE_URL", box.base_url)
        monkeypatch.setenv("IMA_UPLOAD_URL", box.base_url)
        # first: an upload is signed for five minutes, which are 15 seconds here
        image = ["--input-images", str(home / "zebracanary.png")]
        assert cli.run(["generate", *wish, "--task-type", "image_to_image", *image]) == 0
        for name, fault in ENDS.items():
            box.scenario(PATIENT + fault.replace("%s", PROMPT))
            words = ["generate", *wish, "--task-type", "text_to_image"]
            code = cli.run([*words, "--download", str(home / "out")] if name == "done" else words)
            assert (code == 0) == (name in ("done", "hostile")), name
        box.scenario(PATIENT)
        (home / "wishes.txt").write_text(f"{PROMPT} one\n{PROMPT} two\n")
        batch = ["batch", "wishes.txt", "--task-type", "text_to_image", "--yes"]
        assert cli.run(batch) == 0
        cli.run(["generate", PROMPT, "--api-key", "sk-zebracanary"])
        cli.run(["generate", PROMPT, "--task-type", "text_to_image", "--model-id", "zebracanary"])
    capsys.readouterr()
    text = "".join(path.read_text("utf-8") for path in (home / "logs").iterdir())
    for secret in SECRETS:
        assert secret not in text, [line for line in text.splitlines() if secret in line]
    for line in text.splitlines():
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \| \w+ +\| \S+ +\| |    ", line), line
    told = {int(number) for number in re.findall(r"\| job (\d+) queued", text)}
    assert told == set(range(1, 12))
    assert "job 2 fetching -> done" in text
    assert re.search(r"\| ERROR \| .*job 5 sending -> unknown", text)
    assert cli.run(["logs", "--job", "2"]) == 0
    story = capsys.readouterr().out.splitlines()
    ends = [re.sub(r" task task_\w+", "", line.rpartition(" | ")[2]) for line in story]
    assert ends[0].startswith("job 2 queued")
    assert [end.removeprefix("job 2 ") for end in ends[1:]] == [
        "queued (followed)", "queued -> sending", "sending -> running",
        "running -> fetching (ready)", "fetching -> done",
    ]  # fmt: skip


def test_a_debugging_run_logs_no_key_either(home: Path) -> None:
    """What httpx says at its most talkative goes nowhere."""
    with running_sandbox(speed=1000, scenario=PATIENT) as box:
        environment = {**os.environ, "IMA_BASE_URL": box.base_url, "IMA_UPLOAD_URL": box.base_url}
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "ima_tui", "generate", PROMPT,
             "--task-type", "text_to_image", "--json"],
            env={**environment, "HTTPX_LOG_LEVEL": "debug", "PYTHONASYNCIODEBUG": "1"},
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = "".join(path.read_text("utf-8") for path in (home / "logs").iterdir())
    assert "job 1" in text
    for secret in SECRETS:
        assert secret not in text + done.stderr
