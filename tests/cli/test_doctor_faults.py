"""`doctor` in each environment of a known fault: it names the fault and the remedy, and ends."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import any_order
from test_json_documents import valid
from verbs import Verb

from ima_tui.api import network
from ima_tui.core.domain import Media, State
from ima_tui.ledger.store import Ledger

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


def restored(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "data").mkdir(exist_ok=True)
    for name, text in (("ledger.sqlite3", ""), ("ledger.sqlite3.repaired", f"{time.time()}")):
        (home / "data" / name).write_text(text)
    asyncio.run(filled(home, State.NEEDS_REVIEW))


def unknown(home: Path, patch: pytest.MonkeyPatch) -> None:
    asyncio.run(filled(home, State.NEEDS_REVIEW))


def unfetched(home: Path, patch: pytest.MonkeyPatch) -> None:
    asyncio.run(filled(home, State.RUNNING, State.DONE))


async def filled(home: Path, *states: State) -> None:
    """A ledger with a job that was sent and went through these states."""
    ledger, now = await Ledger.open(home / "data" / "ledger.sqlite3", "another"), time.time()
    job = await ledger.add(any_order(), now)
    for state in (State.SENDING, *states):
        medias = (Media("https://x.example/1.png"),) if state is State.DONE else None
        job = await ledger.step(job.id, state, now, "event.x", medias=medias)
    await ledger.aclose()


def no_locks(home: Path, patch: pytest.MonkeyPatch) -> None:
    """A file system that can't lock, as some shared homes."""
    asyncio.run(filled(home, State.RUNNING))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    patch.setattr(fcntl, "lockf", refuse)
    patch.setattr(fcntl, "flock", refuse)


def no_room(home: Path, patch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(home)._replace(free=1000)
    patch.setattr(shutil, "disk_usage", lambda _: usage)


FAULTS: tuple[tuple[str, Given, str, str, str], ...] = (
    ("B1 a proxy without a port", variable("ALL_PROXY", "socks9://127.0.0.1:7890"),
     "proxy", "note", "ALL_PROXY"),
    ("B1 certificates that are not there", variable("SSL_CERT_FILE", "/nowhere/ca.pem"),
     "certificates", "note", "SSL_CERT_FILE"),
    ("B3 a folder that can't be written", read_only, "results", "bad", "another folder"),
    ("D2 a key over plain http", variable("IMA_BASE_URL", "http://ima.example.com"),
     "config", "bad", "https"),
    ("D4 a pause of days", pause, "pace", "note", "continue automatically"),
    ("B7 a result that was not downloaded", unfetched, "downloads", "note", "jobs fetch 1"),
    ("B8 a tmux that takes no copies", variable("TMUX", "/nowhere/tmux,1,0"),
     "clipboard", "note", "set-clipboard"),
    ("B3, D8 a full disk", no_room, "results", "bad", "Free some space"),
    ("D5 an unknown outcome", unknown, "review", "note", "jobs retry"),
    ("D7 a restored history", restored, "repair", "note", "--after-repair"),
    ("D10 a disk without locks", no_locks, "ledger", "bad", "local disk"),
    ("D12 a config without an end", variable("IMA_TUI_CONFIG", "/dev/zero"),
     "config", "bad", "not a file"),
    ("D12 a limit of 5,000 digits", config(f"[spending]\nper_day = {'9' * 5000}\n"),
     "config", "bad", "too long"),
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
    from ima_tui.cli.commands import doctor, doctor_checks
    from ima_tui.config import loader

    settings = loader.load()
    ledger = await Ledger.open(settings.ledger, "another")
    await ledger.add(any_order(), time.time() + 86_400)
    await ledger.aclose()
    patient = doctor_checks.Patient(None, settings, {})  # type: ignore[arg-type]
    found = (await doctor.ledger(patient))[0]
    assert (found.level, "clock" in found.advice) == ("note", True)


def test_output_that_is_no_utf8(ima: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    """B2: a locale without Unicode."""
    monkeypatch.setattr("ima_tui.cli.commands.doctor_checks.text_encoding", lambda: "iso8859-1")
    found = examined(ima)["encoding"]
    assert (found["found"], "UTF-8" in found["advice"]) == ("iso8859-1", True)
