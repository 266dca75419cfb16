"""`ima-tui doctor`: finds what is wrong, changes nothing, and can be pasted anywhere."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fakes import any_order

from ima_tui import cli
from ima_tui.api import network
from ima_tui.cli.commands import doctor, doctor_checks
from ima_tui.core.domain import State
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox.server import Sandbox

KEY = "ima_canary_doctor_7731"
NAMES = [
    "program", "config", "terminal", "images", "clipboard", "prefs", "results", "data", "cache",
    "logs", "ledger", "key", "proxy", "api_host", "upload_host", "clock", "service",
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Path:
    for name in list(os.environ):
        if name.startswith(("IMA_", "XDG_", "LC_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in (*network.CERTIFICATE_FILES, network.CERTIFICATE_FOLDER):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "somebody"
    folder.mkdir()
    for name, value in {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "IMA_API_KEY": KEY,
        "IMA_BASE_URL": sandbox.base_url,
        "IMA_UPLOAD_URL": sandbox.base_url,
        "IMA_TUI_DATA_DIR": str(folder / "data"),
        "IMA_PREFS_PATH": str(folder / "prefs.json"),
        "IMA_LOG_DIR": str(folder / "logs"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }.items():
        monkeypatch.setenv(name, value)
    return folder


Said = dict[str, dict[str, str]]


def examined(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, Said, str]:
    code = cli.run(["doctor", "--json", *words])
    out, err = capfd.readouterr()
    findings: list[dict[str, Any]] = json.loads(out)["findings"]
    return code, {each["name"]: each for each in findings}, out + err


def test_where_all_is_well_it_says_so(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, said, _ = examined(capfd)
    assert list(said) == NAMES
    assert code == 0, said
    assert {each["level"] for each in said.values()} <= {"ok", "note"}
    assert [name for name in said if said[name]["level"] == "note"] == ["terminal"]
    assert not (home / "data").exists()  # it only looked
    assert not (home / "prefs.json").exists()


def test_it_can_be_pasted_anywhere(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("https_proxy", "http://jane:hunter2@proxy.example:3128")
    _, said, everything = examined(capfd)
    for secret in (KEY, "canary", "hunter2", "jane", str(home)):
        assert secret not in everything
    assert said["key"]["found"].startswith("ima_…7731")
    assert "proxy.example:3128" in said["proxy"]["found"]
    assert cli.run(["doctor"]) == 0
    in_words = "".join(capfd.readouterr())
    assert not any(secret in in_words for secret in (KEY, "canary", "hunter2", str(home)))


@contextmanager
def clock_off_by(seconds: float) -> Iterator[str]:
    """A host whose Date header is so far from our clock."""

    class Answer(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(time.time() + seconds, usegmt=True)

        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [(-600, "bad", "ahead"), (600, "bad", "behind"), (-90, "note", "ahead"), (0, "ok", "correct")],
)
def test_a_wrong_clock_is_found_by_what_the_hosts_say(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    seconds: float, level: str, words: str,
) -> None:  # fmt: skip
    with clock_off_by(seconds) as url:
        monkeypatch.setenv("IMA_BASE_URL", url)
        monkeypatch.setenv("IMA_UPLOAD_URL", url)
        _, said, _ = examined(capfd)
    assert said["clock"]["level"] == level
    assert words in said["clock"]["found"]
    assert bool(said["clock"]["advice"]) is (level != "ok")
    assert said["upload_host"]["level"] == "ok"


def test_a_host_that_is_not_there(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMA_UPLOAD_URL", "http://127.0.0.1:9")
    code, said, _ = examined(capfd)
    assert code == 1
    assert (said["upload_host"]["level"], said["api_host"]["level"]) == ("bad", "ok")
    assert said["upload_host"]["advice"]


@pytest.mark.parametrize("arguments", [("doctor",), ("--read-only", "doctor")])
def test_a_broken_connection_is_told_by_findings_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Not by lines of the log, which Python prints where nothing takes them."""
    monkeypatch.setenv("IMA_BASE_URL", "http://127.0.0.1:9")
    command = [sys.executable, "-m", "ima_tui", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "http://127.0.0.1:9" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize("missing", [True, False])
def test_an_empty_or_missing_ledger_beside_a_copy_is_told_and_restored_by_the_next_start(
    home: Path, capfd: pytest.CaptureFixture[str], missing: bool
) -> None:
    assert cli.run(["generate", "a fox", "--task-type", "text_to_image", "--no-wait"]) == 0
    ledger = home / "data" / "ledger.sqlite3"
    ledger.unlink()
    if not missing:
        ledger.touch()
    capfd.readouterr()
    before = {each.name: each.read_bytes() for each in ledger.parent.glob("ledger*")}
    code, said, _ = examined(capfd)
    assert (code, said["ledger"]["level"]) == (1, "bad")
    assert "1 job" in said["ledger"]["found"]
    assert "restored" in said["ledger"]["advice"]
    assert {each.name: each.read_bytes() for each in ledger.parent.glob("ledger*")} == before
    assert cli.run(["jobs", "list", "--json"]) == 0
    out, err = capfd.readouterr()
    assert out.count('"job_id"') == 1
    assert "restored" in err
    _, said, _ = examined(capfd)
    assert said["ledger"]["level"] == "ok"


def test_a_damaged_ledger_is_told_and_left_to_the_next_start(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ledger = home / "data" / "ledger.sqlite3"
    ledger.parent.mkdir(mode=0o700)
    ledger.write_bytes(b"no ledger at all" * 100)
    code, said, _ = examined(capfd)
    assert (code, said["ledger"]["level"]) == (1, "bad")
    assert said["ledger"]["advice"]
    assert ledger.read_bytes() == b"no ledger at all" * 100
    assert said["service"]["level"] in ("ok", "bad")  # and the others were looked at


def test_broken_files_are_named_and_not_touched(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (home / "prefs.json").write_text("{broken")
    config = home / "config.toml"
    config.write_text("[look\n")
    monkeypatch.setenv("IMA_TUI_CONFIG", str(config))
    code, said, _ = examined(capfd)
    assert code == 1
    assert (said["config"]["level"], said["prefs"]["level"]) == ("bad", "bad")
    assert (home / "prefs.json").read_text() == "{broken"


def test_a_key_file_that_others_could_read(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMA_TUI_CONFIG", str(home / "config.toml"))
    (home / "key").write_text("ima_in_the_file_1\n")
    (home / "key").chmod(0o644)
    _, said, _ = examined(capfd)
    assert said["key"]["level"] == "bad"
    assert "chmod 600" in said["key"]["advice"]
    monkeypatch.delenv("IMA_API_KEY")
    code, said, _ = examined(capfd)
    assert (code, said["key"]["level"]) == (1, "bad")
    assert "service" not in said  # nothing is asked without a key


def test_a_key_on_the_command_line_is_advised_against(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _, said, everything = examined(capfd, "--api-key", "ima_seen_by_all_1")
    assert said["key"]["level"] == "note"
    assert "seen_by_all" not in everything


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def breaks(_: doctor_checks.Patient) -> list[doctor_checks.Finding]:
        raise ZeroDivisionError(KEY)

    monkeypatch.setattr(doctor, "CHECKS", (doctor_checks.program, breaks, doctor_checks.clipboard))
    code, said, everything = examined(capfd)
    assert code == 1
    assert said["doctor"]["found"] == "breaks: ZeroDivisionError"
    assert "clipboard" in said
    assert KEY not in everything


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_words_each_line_says_what_and_how_it_is(
    home: Path, capfd: pytest.CaptureFixture[str], language: str
) -> None:
    assert cli.run(["doctor", "--language", language]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert len([line for line in lines if line[:2] in ("✓ ", "· ", "✗ ")]) == len(NAMES)


def test_a_pause_that_the_service_asked_for_is_said_with_the_time_that_is_left(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """An older version could write one of eleven days: it is shown and kept as five minutes."""
    data = Path(os.environ["IMA_TUI_DATA_DIR"])
    data.mkdir(parents=True, exist_ok=True)
    now = time.time()
    signal = {"next_turn": 0.0, "paused_until": now + 999_999, "paused_for": 999_999}
    (data / "pace.json").write_text(json.dumps(signal))
    cli.run(["doctor"])
    said = capfd.readouterr().out
    assert "too many requests: paused for another " in said
    assert re.search(r"another [45]:\d\d", said)


async def test_what_jobs_wait_for_is_said(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ledger = await Ledger.open(home / "data" / "ledger.sqlite3", "another window")
    jobs = [await ledger.add(any_order(), 1_000.0) for _ in range(3)]
    await ledger.step(jobs[0].id, State.UPLOADING, 1_000.0, "event.uploading")
    await ledger.hold(jobs[1].id, True, "waiting.restored", {})
    await ledger.aclose()
    said = await asyncio.to_thread(examined, capfd)
    assert said[1]["queue"]["level"] == "note"
    assert "#1 Uploading inputs" in said[1]["queue"]["found"]
    assert "#2 " in said[1]["queue"]["found"]
    assert "#3" not in said[1]["queue"]["found"]
