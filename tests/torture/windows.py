"""Two windows and a batch on one ledger; one window is killed, or frozen, in the middle.

    python tests/torture/windows.py killed --jobs 500
    python tests/torture/windows.py frozen-before --jobs 24
    python tests/torture/windows.py frozen-during --jobs 24

Prints one JSON line: what was counted, and every promise that was broken.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from mortal import KEY, Plan, SharedClock, Wish, live, note_asks
from nursery import Service, ended, fork, kill, playground
from verdict import promises, rows

from ima_tui import cli
from ima_tui.cli import session

FAST, SLOW = 40.0, 4.0
"""Of the service: when somebody is to freeze, all of its jobs have to outlast a lease."""
PATIENCE = 120.0
FREEZE = 150.0
"""Seconds: longer than any other window waits for one that it knows to be there."""


@dataclass(frozen=True)
class Ask:
    """One question about a task, as the asker itself noted it."""

    pid: int
    task_id: str
    at: float


class Scene:
    """The ledger that they share, the service, and everybody's notes."""

    def __init__(self, folder: Path, speed: float, rate: float) -> None:
        self._words = folder / "words.txt"
        self._asks = folder / "asks.txt"
        self.folder = folder / "run"
        self.folder.mkdir()
        (self.folder / "config.toml").write_text("[queue]\nrunning = 24\n", "utf-8")
        self.service = Service(speed, self._words)
        self.rate = rate
        self.service.start_over("", f"poll_scale = {1 / rate}")
        self.origin = time.time()
        self._pipes: list[int] = []
        self._rows: set[str] = set()

    @property
    def ledger(self) -> Path:
        return self.folder / "data" / "ledger.sqlite3"

    def window(self, name: str, count: int, freeze: str = "") -> int:
        """A window that submits so many jobs and stays until all jobs of the ledger have ended."""
        models = ("doubao-seedream-4.5", "midjourney")  # the second takes twice as long
        wishes = tuple(Wish(f"{name} {n}", model_id=models[n % 2]) for n in range(count))
        reading, writing = os.pipe()
        workflow = Plan(self.folder, self.service.url, self.rate, self.origin, wishes, pipe=writing)
        workflow = replace(workflow, asks=self._asks, look_again=0.2, freeze=freeze)
        pid = fork(lambda: live(workflow, first=True), self._words)
        os.close(writing)
        self._pipes.append(reading)
        return pid

    def batch(self, count: int) -> int:
        """The real verb, with a clock as fast as everybody's."""
        rows_file = self.folder / "rows.jsonl"
        prompts = [f"batch {number}" for number in range(count)]
        self._rows |= set(prompts)
        rows_file.write_text("\n".join(json.dumps({"prompt": each}) for each in prompts))

        def life() -> None:
            os.environ.update(
                IMA_API_KEY=KEY.secret,
                IMA_BASE_URL=self.service.url,
                IMA_UPLOAD_URL=self.service.url,
                IMA_TUI_CONFIG=str(self.folder / "config.toml"),
                IMA_TUI_DATA_DIR=str(self.folder / "data"),
                IMA_PREFS_PATH=str(self.folder / "ima_prefs.json"),
                IMA_LOG_DIR=str(self.folder / "logs"),
            )
            note_asks(self._asks)
            session.clock = SharedClock(self.rate, self.origin)
            line = ["batch", str(rows_file), "--task-type", "text_to_image", "--yes", "--json"]
            code = cli.run([*line, "--download", str(self.folder / "out")])
            if code:
                raise SystemExit(code)

        return fork(life, self._words)

    def count(self, which: str) -> int:
        """How many jobs there are like that by now."""
        if not self.ledger.exists():
            return 0
        connection = sqlite3.connect(self.ledger, timeout=10)
        try:
            found = connection.execute(f"SELECT COUNT(*) FROM jobs WHERE {which}")
            return int(found.fetchone()[0])
        except sqlite3.OperationalError:  # not a table yet
            return 0
        finally:
            connection.close()

    def wait_until(self, count: int, which: str = "state = 'done'") -> None:
        due = time.monotonic() + PATIENCE
        while self.count(which) < count and time.monotonic() < due:
            time.sleep(0.01)

    def told(self) -> set[str]:
        """Every prompt whose submit has returned, and every row of the batch."""
        found = set(self._rows)
        for reading in self._pipes:
            with os.fdopen(reading) as pipe:
                found |= set(pipe.read().splitlines())
        return found

    def asks(self) -> list[Ask]:
        noted = [line.split() for line in self._asks.read_text().splitlines()]
        return [Ask(int(pid), task_id, float(at)) for pid, task_id, at in noted]

    def words(self) -> str:
        return self._words.read_text()[-3000:]


def takeovers(asks: list[Ask], allowed: dict[int, float]) -> tuple[int, list[str]]:
    """How often a task was taken over, and every change of hands that should not have been.

    `allowed`: who was killed or frozen, and when. Each task goes from such a one to another,
    after that moment, and never back.
    """
    by_task: dict[str, list[Ask]] = defaultdict(list)
    for ask in sorted(asks, key=lambda ask: ask.at):
        by_task[ask.task_id].append(ask)
    taken, broken = 0, []
    for task_id, questions in by_task.items():
        for before, after in itertools.pairwise(questions):
            if before.pid == after.pid:
                continue
            taken += 1
            if before.pid not in allowed or after.at < allowed[before.pid]:
                broken.append(f"{task_id}: {before.pid} and {after.pid} ask at once")
    return taken, broken


def finish(scene: Scene, pids: dict[str, int], allowed: dict[int, float]) -> dict[str, object]:
    """Wait for everybody, and look at both ledgers and at all the notes."""
    broken: list[str] = []
    for name, pid in pids.items():
        code = ended(pid, PATIENCE)
        if code is None:
            kill(pid)
        if code != 0:
            broken.append(f"{name} ended with {code}: {scene.words()}")
    service = scene.service.ledger()
    taken, at_once = takeovers(scene.asks(), allowed)
    broken += promises(scene.ledger, service, scene.told()) + at_once
    found, _ = rows(scene.ledger)
    return {
        "jobs": len(found),
        "states": Counter(row.state for row in found),
        "asks": len(scene.asks()),
        "askers": len({ask.pid for ask in scene.asks()}),
        "takeovers": taken,
        "broken": broken,
    }


def killed(scene: Scene, jobs: int) -> dict[str, object]:
    """A third for each; the second window is killed when a third of all is done."""
    share = jobs // 3
    pids = {"one": scene.window("one", share), "two": scene.window("two", share)}
    pids["batch"] = scene.batch(jobs - 2 * share)
    scene.wait_until(jobs // 3)
    victim = pids.pop("two")
    its_own = f"state = 'running' AND owner LIKE '%/{victim}/%'"
    scene.wait_until(2, its_own)
    allowed = {victim: time.time()}
    kill(victim)
    orphans = scene.count(its_own)
    pids["three"] = scene.window("three", 0)
    return {"orphans": orphans, **finish(scene, pids, allowed)}


def frozen(scene: Scene, jobs: int, moment: str) -> dict[str, object]:
    """The second window stops itself at a question, for longer than a lease, and wakes up."""
    pids = {"one": scene.window("one", jobs // 2), "two": scene.window("two", jobs // 2, moment)}
    sleeper = pids["two"]
    stopped = time.time() if _wait_for_stop(sleeper) else 0.0
    time.sleep(FREEZE / scene.rate)
    os.kill(sleeper, signal.SIGCONT)
    told = finish(scene, pids, {sleeper: stopped})
    return told if stopped else {**told, "broken": ["the second window never froze"]}


def _wait_for_stop(pid: int) -> bool:
    due = time.monotonic() + PATIENCE
    while time.monotonic() < due:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found:
            return os.WIFSTOPPED(status)
        time.sleep(0.001)
    return False


def main() -> int:
    """Play one scene."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scene", choices=("killed", "frozen-before", "frozen-during"))
    parser.add_argument("--jobs", type=int, default=500)
    asked = parser.parse_args()
    began = time.monotonic()
    with playground() as name:
        if asked.scene == "killed":
            scene = Scene(Path(name), FAST, 40.0)
            told = killed(scene, asked.jobs)
        else:
            scene = Scene(Path(name), SLOW, 30.0)
            told = frozen(scene, asked.jobs, asked.scene.removeprefix("frozen-"))
        scene.service.stop()
        shutil.rmtree(scene.folder)
    told["seconds"] = round(time.monotonic() - began, 1)
    print(json.dumps(told))
    return 1 if told["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
