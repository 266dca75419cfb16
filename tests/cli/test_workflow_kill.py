"""Three steps, kill -9 in the second, resumed: real processes, real HTTP, one charge for each."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from batch_person import PATIENT, environment_of
from forked import SPEED, Forker

from ima_tui.sandbox.server import Sandbox

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
    pytest.mark.sandbox(speed=SPEED, scenario=PATIENT),
]
MOMENTS = int(os.environ.get("IMA_TUI_MOMENTS", "4"))


@dataclass
class Place:
    """A profile of its own, and a plan that nobody else has."""

    folder: Path
    sandbox: Sandbox
    name: str

    @property
    def file(self) -> Path:
        return self.folder / "plan.json"

    def verb(self, forker: Forker, *argv: str, after: float | None = None) -> int:
        self.start(forker, *argv)
        return forker.finish(after)

    def start(self, forker: Forker, *argv: str) -> None:
        environment = environment_of(self.folder, self.sandbox.base_url)
        forker.start(["workflow", *argv], environment, self.folder / "out")

    def begin(self, forker: Forker) -> str:
        """Make the plan; its hash."""
        self.folder.mkdir(parents=True)
        wish = f"Draw a dragon {self.name}, then animate it, and add a soundtrack"
        assert self.verb(forker, "plan", wish, "-o", str(self.file)) == 0, self.said()
        return str(json.loads(self.file.read_text("utf-8"))["hash"])

    def charges(self) -> Counter[str]:
        creates: list[dict[str, Any]] = self.sandbox.ledger()["creates"]
        mine = [str(c["prompt"]) for c in creates if c["charged"] and self.name in str(c["prompt"])]
        return Counter(prompt.partition(":")[0] for prompt in mine)

    def said(self) -> str:
        return (self.folder / "out").read_text("utf-8")[-3000:]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where the machine has such a place: a killed process loses nothing there."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="ima-tui-test-") as name:
        yield Path(name)


def test_killed_in_the_second_step_and_resumed(
    folder: Path, sandbox: Sandbox, forker: Forker
) -> None:
    place = Place(folder / "second", sandbox, "second-step")
    agreed = place.begin(forker)
    place.start(forker, "run", str(place.file), "--confirm", agreed)
    while place.charges()["animate it"] == 0:
        assert not forker.has_ended, place.said()
        time.sleep(0.002)
    assert forker.finish(0.0) == -signal.SIGKILL, place.said()
    assert place.charges() == {"Draw a dragon second-step": 1, "animate it": 1}
    code = place.verb(forker, "resume", str(place.file))
    if code == 7:  # the answer had not reached the disk: never sent again by itself
        assert place.charges()["animate it"] == 1
        return
    assert code == 0, place.said()
    assert set(place.charges().values()) == {1}
    assert len(place.charges()) == 3
    assert place.verb(forker, "resume", str(place.file)) == 0
    assert place.charges().total() == 3


def test_killed_at_random_moments(
    folder: Path, sandbox: Sandbox, forker: Forker, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = Place(folder / "usual", sandbox, "usual")
    agreed = usual.begin(forker)
    began = time.monotonic()
    assert usual.verb(forker, "run", str(usual.file), "--confirm", agreed) == 0, usual.said()
    length = time.monotonic() - began
    assert set(usual.charges().values()) == {1}

    dice = random.Random(11)
    kills, unknown = 0, 0
    for moment in range(MOMENTS):
        place = Place(folder / str(moment), sandbox, f"moment{moment}x")
        agreed = place.begin(forker)
        code = -signal.SIGKILL
        for after in (dice.uniform(0, length), dice.uniform(0, length), None):
            code = place.verb(forker, "run", str(place.file), "--confirm", agreed, after=after)
            kills += code == -signal.SIGKILL
            if code >= 0:
                break
        charges = place.charges()
        assert not charges or max(charges.values()) == 1, (charges, place.said())
        assert code in (0, 7), (code, place.said())
        assert code == 7 or len(charges) == 3, (charges, place.said())
        unknown += code == 7
    assert kills >= MOMENTS / 2, f"only {kills} kills hit a run of {length:.2f} s"
    assert sandbox.ledger()["violations"] == []
    with capsys.disabled():
        print(f" [{kills} kills, {unknown} of {MOMENTS} plans with an unknown end]", end="")


def test_ctrl_c_keeps_everything_and_resume_asks_for_nothing_new(
    folder: Path, sandbox: Sandbox, forker: Forker
) -> None:
    place = Place(folder / "signal", sandbox, "interrupted")
    agreed = place.begin(forker)
    place.start(forker, "run", str(place.file), "--confirm", agreed)
    while not place.charges():
        time.sleep(0.005)
    assert forker.finish(0.0, signal.SIGINT) == 130, place.said()
    assert place.verb(forker, "resume", str(place.file)) == 0, place.said()
    assert set(place.charges().values()) == {1}
    assert len(place.charges()) == 3


def test_two_runs_of_one_plan_at_once(
    folder: Path, sandbox: Sandbox, forker: Forker, other: Forker
) -> None:
    place = Place(folder / "two", sandbox, "two-at-once")
    agreed = place.begin(forker)
    place.start(forker, "run", str(place.file), "--confirm", agreed)
    place.start(other, "run", str(place.file), "--confirm", agreed)
    assert (forker.finish(), other.finish()) == (0, 0), place.said()
    assert set(place.charges().values()) == {1}
    assert len(place.charges()) == 3
