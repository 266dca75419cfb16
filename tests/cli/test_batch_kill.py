"""kill -9 at any moment, signals, and two runs at once: no row is paid twice, every row ends."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from batch_person import PATIENT, environment_of, wishes
from forked import SPEED, Forker

from ima_tui.sandbox.server import Sandbox

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
    pytest.mark.sandbox(speed=SPEED, scenario=PATIENT),
]
ROWS = 12
MANY = 28
"""Rows of two runs side by side: more than one run keeps live at once."""
MOMENTS = int(os.environ.get("IMA_TUI_MOMENTS", "4"))


@dataclass
class Place:
    """A profile of its own, and a file of wishes that nobody else has."""

    folder: Path
    sandbox: Sandbox
    name: str
    rows: int = ROWS

    @property
    def file(self) -> Path:
        return self.folder / "wishes.jsonl"

    def begin(self) -> None:
        self.folder.mkdir(parents=True)
        self.file.write_text(wishes(*(f"{self.name} {row}" for row in range(self.rows))))

    def start(self, forker: Forker, *more: str) -> None:
        environment = environment_of(self.folder, self.sandbox.base_url)
        environment["HOME"] = str(self.folder)  # the usual folder of results is below it
        forker.start(["batch", str(self.file), "--yes", *more], environment, self.folder / "out")

    def jobs(self) -> list[sqlite3.Row]:
        with sqlite3.connect(self.folder / "data" / "ledger.sqlite3") as raw:
            raw.row_factory = sqlite3.Row
            assert raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            rows = raw.execute("SELECT state, task_id, intent FROM jobs").fetchall()
        raw.close()
        return rows

    def charges(self) -> list[dict[str, Any]]:
        creates = self.sandbox.ledger()["creates"]
        return [c for c in creates if c["charged"] and str(c["prompt"]).startswith(f"{self.name} ")]

    def check(self, code: int) -> Counter[str]:
        """What must hold when all is over, however it came to it."""
        paid = Counter(charge["prompt"] for charge in self.charges())
        assert not paid or max(paid.values()) == 1, paid
        jobs = self.jobs()
        states = Counter(job["state"] for job in jobs)
        assert len(jobs) == self.rows, (code, self.said())
        assert set(states) <= {"done", "unknown"}, states
        assert code == (7 if states["unknown"] else 0), (code, states, self.said())
        named = {job["task_id"] for job in jobs}
        nameless = [charge for charge in self.charges() if charge["task_id"] not in named]
        assert len(nameless) <= states["unknown"]
        text = Path(f"{self.file}.manifest.jsonl").read_text()
        noted = [json.loads(line) for line in text.splitlines()]
        assert Counter(line["intent"] for line in noted) == Counter(j["intent"] for j in jobs)
        assert Counter(line["status"] for line in noted) == states
        return states

    def lose(self, with_trail: bool) -> bool:
        """Remove the ledger and all that is beside it, but the trail if that is to be left."""
        files = list((self.folder / "data").glob("ledger*"))
        for file in files:
            if not (with_trail and "trail" in file.name):
                file.unlink()
        return bool(files)

    def check_traced(self, code: int, paid: int) -> None:
        """No row is paid twice; what may have been sent unseen is not paid for by --yes."""
        count = Counter(charge["prompt"] for charge in self.charges())
        assert not count or max(count.values()) == 1, (count, self.said())
        states = Counter(job["state"] for job in self.jobs())
        named = {job["task_id"] for job in self.jobs()}
        nameless = [charge for charge in self.charges() if charge["task_id"] not in named]
        if code == 2:  # a row may have been sent that nothing tells of
            assert "restored" in self.said()
            assert len(self.charges()) == paid
        else:
            assert code == (7 if states["unknown"] else 0), (code, states, self.said())
            assert len(nameless) <= states["unknown"]
            assert sum(states.values()) == self.rows

    def said(self) -> str:
        return (self.folder / "out").read_text()[-3000:]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where the machine has such a place: a killed process loses nothing there."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="ima-tui-test-") as name:
        yield Path(name)


def test_killed_at_random_moments(
    folder: Path, sandbox: Sandbox, forker: Forker, capsys: pytest.CaptureFixture[str]
) -> None:
    length = 60.0
    for calm in range(3):  # the first one fetches the lists
        usual = Place(folder / f"usual {calm}", sandbox, f"usual {calm}")
        usual.begin()
        began = time.monotonic()
        usual.start(forker)
        usual.check(forker.finish())
        length = min(length, time.monotonic() - began)

    dice = random.Random(4)
    kills, unknown = 0, 0
    for moment in range(MOMENTS):
        place = Place(folder / str(moment), sandbox, f"moment {moment}")
        place.begin()
        code = -signal.SIGKILL
        for after in (dice.uniform(0, length), dice.uniform(0, length), None):
            place.start(forker)
            code = forker.finish(after)
            kills += code == -signal.SIGKILL
            if code >= 0:
                break
        unknown += place.check(code)["unknown"]
    assert kills >= MOMENTS / 2, f"only {kills} kills hit a run of {length:.2f} s"
    assert sandbox.ledger()["violations"] == []
    with capsys.disabled():
        print(f" [{kills} kills, {unknown} of {MOMENTS * ROWS} rows unknown]", end="")


@pytest.mark.parametrize("with_trail", [True, False])
def test_ledger_and_copies_removed_after_a_kill_nothing_is_paid_twice(
    folder: Path, sandbox: Sandbox, forker: Forker, with_trail: bool
) -> None:
    """What is left are the manifest, the files of results and the log, or the trail as well."""
    dice = random.Random(9)
    length, removed = 3.0, 0
    for moment in range(1 + max(4, MOMENTS // 5)):
        place = Place(folder / f"{moment}", sandbox, f"lost {with_trail} {moment}", rows=6)
        place.begin()
        out = "--download", str(place.folder / "results")
        began = time.monotonic()
        place.start(forker, *out)
        forker.finish(None if moment == 0 else dice.uniform(length * 0.3, length))
        length = min(length, time.monotonic() - began)
        removed += place.lose(with_trail)
        paid = len(place.charges())
        place.start(forker, *out)
        code = forker.finish()
        place.check_traced(code, paid)
        if with_trail and code == 2:  # every row that was sent is known: the flag pays for the rest
            place.start(forker, *out, "--after-repair")
            place.check(forker.finish())
    assert removed
    assert sandbox.ledger()["violations"] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(
    folder: Path, sandbox: Sandbox, forker: Forker, number: int
) -> None:
    place = Place(folder / "place", sandbox, f"signal {number}", rows=40)
    place.begin()
    place.start(forker)
    while len(place.charges()) < 3:
        time.sleep(0.01)
    assert forker.finish(0.0, number) == 130, place.said()
    assert "run the same command to continue" in place.said()
    assert "Traceback" not in place.said()
    assert 0 < len(place.jobs()) < 40
    place.start(forker)
    assert place.check(forker.finish()) == {"done": 40}  # the answers were waited for


@pytest.mark.parametrize("kill", [None, 0.5])
def test_two_runs_of_one_file_at_once(
    folder: Path, sandbox: Sandbox, forker: Forker, other: Forker, kill: float | None
) -> None:
    place = Place(folder / "place", sandbox, f"two {kill}", rows=MANY)
    place.begin()
    place.start(forker)
    place.start(other, "--manifest", f"{place.file}.second.jsonl")
    first, second = forker.finish(kill), other.finish()
    assert second in (0, 7), place.said()
    if first >= 0:
        assert first == second
    place.start(forker)
    place.check(forker.finish())
    lines = Path(f"{place.file}.second.jsonl").read_text().splitlines()
    assert len({json.loads(line)["intent"] for line in lines}) == MANY
    assert sandbox.ledger()["violations"] == []
