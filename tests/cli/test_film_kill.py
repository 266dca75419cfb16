"""A film, kill -9 while it is assembled and while its shots are made: whole, and paid once."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from batch_person import PATIENT, environment_of
from forked import PATIENCE, SPEED, Forker

from ima_tui.sandbox.server import Sandbox

sys.path.append(str(Path(__file__).parents[1] / "film"))
pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

from clips import read

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
    pytest.mark.sandbox(speed=SPEED, scenario=PATIENT + "marks = true\n"),
]
MOMENTS = int(os.environ.get("IMA_TUI_MOMENTS", "2"))
BRIEF = "Three shots: a kite {0}; a boat {0}; a bell {0}. 12 seconds, crossfade, calm piano"


class Place:
    """A profile of its own, and the plan of one film."""

    def __init__(self, folder: Path, sandbox: Sandbox, forker: Forker) -> None:
        folder.mkdir(parents=True)
        self.folder, self._sandbox, self._forker = folder, sandbox, forker
        self.workflow = str(folder / "film.json")
        brief = BRIEF.format(folder.name)
        assert self.verb("plan", brief, "-o", self.workflow) == 0, self.said()
        self.hash = json.loads(Path(self.workflow).read_text("utf-8"))["hash"]

    def verb(self, *argv: str, after: float | None = None) -> int:
        environment = environment_of(self.folder, self._sandbox.base_url)
        self._forker.start(["workflow", *argv], environment, self.folder / "out")
        return self._forker.finish(after)

    def run(self, after: float | None = None) -> int:
        confirmed = ("--confirm", self.hash, "--no-pause", "--download", str(self.folder / "made"))
        return self.verb("run", self.workflow, *confirmed, after=after)

    def said(self) -> str:
        return (self.folder / "out").read_text("utf-8")[-3000:]

    def charges(self) -> Counter[str]:
        creates = self._sandbox.ledger()["creates"]
        return Counter(
            f"{c['task_type']} {c['prompt']}"
            for c in creates
            if c["charged"] and self.folder.name in json.dumps(c) + str(c["prompt"])
        )

    def films(self) -> list[Path]:
        return [path for path in self.folder.rglob("film-*.mp4") if not path.name.startswith(".")]

    def left(self) -> list[str]:
        return [path.name for path in self.folder.rglob("*.part")]


def test_killed_at_any_moment_of_assembling(
    tmp_path: Path, sandbox: Sandbox, forker: Forker
) -> None:
    place = Place(tmp_path / "assembled", sandbox, forker)
    assert place.run() == 0, place.said()
    charged = place.charges()
    dice = random.Random(5)
    began = time.monotonic()
    target = str(place.folder / "first.mp4")
    again = ("assemble", place.workflow, "--music-volume", "0.9", "-o")
    assert place.verb(*again, target) == 0, place.said()
    length = time.monotonic() - began
    moment = kills = 0
    while moment < MOMENTS or not kills:
        film = place.folder / f"film-{moment}.mp4"
        volume = ("assemble", place.workflow, "--music-volume", f"0.{moment + 1}", "-o", str(film))
        code = place.verb(*volume, after=dice.uniform(0.1, 1.0) * length)
        if code == -signal.SIGKILL:
            kills += 1
        else:  # the machine is quicker than it was
            length *= 0.6
        if film.exists():
            assert read(film).seconds == 12.0, "what is there is whole"
        assert place.verb(*volume) == 0, place.said()
        assert read(film).seconds == 12.0
        moment += 1
    assert place.charges() == charged
    due = time.monotonic() + PATIENCE
    while place.left() and time.monotonic() < due:
        time.sleep(0.05)  # the worker of a killed program ends by itself, and takes these along
    assert place.left() == []


def test_killed_at_random_moments_of_the_whole_way(
    tmp_path: Path, sandbox: Sandbox, forker: Forker
) -> None:
    usual = Place(tmp_path / "usual", sandbox, forker)
    began = time.monotonic()
    assert usual.run() == 0, usual.said()
    length = time.monotonic() - began
    steps = json.loads(Path(usual.workflow).read_text("utf-8"))["steps"]
    count = sum("usual" in step["prompt"] for step in steps)
    assert usual.charges().total() == count == len(steps) - 1, "the music has no name of its own"
    dice = random.Random(7)
    for moment in range(max(1, MOMENTS // 2)):
        place = Place(tmp_path / f"moment{moment}x", sandbox, forker)
        code = -signal.SIGKILL
        for after in (dice.uniform(0, length), dice.uniform(length / 2, length), None):
            code = place.run(after)
            if code >= 0:
                break
        charges = place.charges()
        assert not charges or max(charges.values()) == 1, (charges, place.said())
        assert code in (0, 7), (code, place.said())
        if code == 0:
            assert charges.total() == count, charges
            (film,) = place.films()
            assert read(film).seconds == 12.0
