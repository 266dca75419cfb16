"""`doctor` in each environment of a known fault: it names the fault and the remedy, and ends."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import any_order
from test_json_documents import valid
from verbs import Verb

from ima_tui.api import network
from ima_tui.ledger import Ledger

Given = Callable[[Path, pytest.MonkeyPatch], None]
Findings = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in (*network.CERTIFICATE_FILES, network.CERTIFICATE_FOLDER):
        monkeypatch.delenv(name, raising=False)


def examined(ima: Verb) -> Findings:
    said = ima("doctor", "--json")
    assert said.code in (0, 1)
    findings = valid(said.json, "doctor")["findings"]
    return {each["name"]: each for each in findings}


def config(text: str) -> Given:
    def given(home: Path, patch: pytest.MonkeyPatch) -> None:
        (home / "config.toml").write_text(text)

    return given


def variable(name: str, value: str) -> Given:
    return lambda home, patch: patch.setenv(name, value)


def fifo(home: Path, patch: pytest.MonkeyPatch) -> None:
    os.mkfifo(home / "pipe")
    patch.setenv("IMA_TUI_CONFIG", str(home / "pipe"))


def loop(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "ima_prefs.json").symlink_to(home / "ima_prefs.json")


def pause(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "data").mkdir(exist_ok=True)
    signal = {"next_turn": 0.0, "paused_until": time.time() + 999_999, "paused_for": 999_999}
    (home / "data" / "pace.json").write_text(json.dumps(signal))


def torn(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "data").mkdir()
    (home / "data" / "ledger.sqlite3").write_bytes(b"SQLite format 3" + bytes(5000))


def read_only(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "wall").write_text("")
    (home / "config.toml").write_text(f'[results]\nfolder = "{home}/wall/out"\n')


FAULTS: tuple[tuple[str, Given, str, str, str], ...] = (
    ("B1 a proxy without a port", variable("ALL_PROXY", "socks9://127.0.0.1:7890"),
     "proxy", "note", "ALL_PROXY"),
    ("B1 certificates that are not there", variable("SSL_CERT_FILE", "/nowhere/ca.pem"),
     "certificates", "note", "SSL_CERT_FILE"),
    ("B3 a folder that can't be written", read_only, "results", "bad", "another folder"),
    ("D2 a key over plain http", variable("IMA_BASE_URL", "http://ima.example.com"),
     "config", "bad", "https"),
    ("D4 a pause of days", pause, "pace", "note", "continue automatically"),
    ("D6 a limit that is misspelt", config("[spending]\nper_dya = 5\n"),
     "config", "bad", "spending.per_day"),
    ("D6 a limit in no table", config("per_day = 5\n"), "config", "bad", "spending.per_day"),
    ("D7 a damaged history", torn, "ledger", "bad", "damaged"),
    ("D12 a config that never ends", fifo, "config", "bad", "not a file"),
    ("D12 preferences that lead to themselves", loop, "prefs", "bad", ""),
    ("a notify command that is not there", config('[notify]\ncommand = ["no-such-program"]\n'),
     "notify_command", "bad", "full path"),
    ("a webhook on a private host", config('[notify]\nwebhook = "https://10.0.0.1/x"\n'),
     "notify_webhook", "bad", "public host"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "name", "level", "words"), [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_each_fault_is_found_and_its_remedy_named(
    ima: Verb, home: Path, monkeypatch: pytest.MonkeyPatch,
    given: Given, name: str, level: str, words: str,
) -> None:  # fmt: skip
    before = examined(ima)
    assert before.get(name, {"level": "ok"})["level"] == "ok", "nothing is wrong yet"
    given(home, monkeypatch)
    found = examined(ima)[name]
    assert found["level"] == level
    assert words in f"{found['found']} {found['advice']}", found


def test_an_emptied_history_beside_a_copy(ima: Verb, home: Path) -> None:
    """D1: three paid jobs, and a file of no bytes."""
    assert ima("generate", "a fox", "--task-type", "text_to_image").code == 0
    (home / "data" / "ledger.sqlite3").write_bytes(b"")
    found = examined(ima)["ledger"]
    assert (found["level"], "restored at the next start (1 job)" in found["advice"]) == (
        "bad",
        True,
    )


async def test_jobs_of_a_clock_that_ran_ahead(home: Path) -> None:
    """D3: made with a clock a day ahead."""
    from ima_tui.cli.commands import doctor_checks
    from ima_tui.config import loader

    settings = loader.load()
    ledger = await Ledger.open(settings.ledger, "another")
    await ledger.add(any_order(), time.time() + 86_400)
    await ledger.aclose()
    patient = doctor_checks.Patient(None, settings, {})  # type: ignore[arg-type]
    found = (await doctor_checks.ledger(patient))[0]
    assert (found.level, "clock" in found.advice) == ("note", True)


def test_output_that_is_no_utf8(ima: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    """B2: a locale without Unicode."""
    monkeypatch.setattr("ima_tui.cli.commands.doctor_checks.text_encoding", lambda: "iso8859-1")
    found = examined(ima)["encoding"]
    assert (found["found"], "UTF-8" in found["advice"]) == ("iso8859-1", True)
