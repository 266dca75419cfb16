"""One studio killed again and again, until its jobs have ended; then the promises are looked at.

    python tests/torture/ordeal.py moments --first 0 --count 3000 [--workers 2]
    python tests/torture/ordeal.py boundaries
    python tests/torture/ordeal.py creates --count 100
    python tests/torture/ordeal.py cuts --count 50

Prints one JSON line: what was run, and every promise that was broken, with the seed to repeat it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from mortal import Plan, Wish, live
from nursery import PNG, Service, ended, fork, kill, playground
from verdict import promises, rows

from ima_tui.preferences import policy
from ima_tui.studio import jobs, studio

RATE = 1500.0
policy.WATCH_SECONDS = studio.GUIDES_SECONDS = 0.05 * RATE  # else every millisecond
jobs.NEWS_SECONDS = 0.01 * RATE
PATIENCE = 30.0
MOST_LIVES = 12
MOST_TRIES = 10
CUTS = ("truncated", "removed", "older", "copies")
SCENARIO = """
[[fault]]
kind = "fail_task"
endpoint = "create"
prompt_contains = "fails"

[[fault]]
kind = "lose_answer"
endpoint = "create"
prompt_contains = "loses"

[[fault]]
kind = "refuse"
endpoint = "create"
code = 6010
times = 1
prompt_contains = "refused"
"""


def wishes(name: str, picture: Path) -> tuple[Wish, ...]:
    """Jobs that between them pass through every state and every commit that there is."""
    here = (str(picture),)
    return (
        Wish(f"{name} plain", intent=f"{name} plain"),
        Wish(f"{name} pair", n=2),
        Wish(f"{name} checked", "image_to_video", "ima-pro-fast", inputs=here),
        Wish(f"{name} refused", intent=f"{name} refused"),
        Wish(f"{name} fails", "text_to_speech"),
        Wish(f"{name} loses", intent=f"{name} loses"),
    )


MUST = {
    "plain": ("done",),
    "pair": ("done",),
    "checked": ("done",),
    "refused": ("done",),
    "fails": ("failed",),
    "loses": ("unknown",),
}


@dataclass
class Tally:
    """What was run, and what was broken."""

    runs: int = 0
    lives: int = 0
    kills: int = 0
    kills_in_recovery: int = 0
    cuts: int = 0
    states: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def add(self, name: str, states: list[str], broken: list[str]) -> None:
        self.runs += 1
        self.states.update(states)
        self.broken += [f"{name}: {each}" for each in broken]

    def killed(self, life: int) -> None:
        self.kills += 1
        self.kills_in_recovery += life > 0


class Ordeal:
    """The place where it happens: a folder, a service, and one studio's ledger at a time."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._folder = folder
        self._words = folder / "words.txt"
        self.tally = tally
        self.service = Service(RATE, self._words)
        self._picture = folder / "in.png"
        self._picture.write_bytes(PNG)
        self.usual = PATIENCE
        self._starter = os.getppid()
        for _ in range(3):  # the first one fetches the lists
            self.run("calm", iter(()))

    def run(
        self,
        name: str,
        deaths: Iterator[Death],
        *,
        few: random.Random | None = None,
        cut: Cut | None = None,
    ) -> bool:
        """Live and die as `deaths` says, then live in peace. True if any death came.

        `cut`: what is done to the ledger's file after each death, or in its midst.
        """
        if os.getppid() != self._starter:
            raise SystemExit("the test run that started this is gone")
        self.service.start_over(SCENARIO)
        folder = self._folder / "run"
        folder.mkdir()
        wanted = wishes(name, self._picture)
        if few is not None:
            wanted = tuple(sorted(few.sample(wanted, 3), key=lambda wish: wish.prompt))
        reading, writing = os.pipe()
        plan = Plan(folder, self.service.url, RATE, time.time(), wanted, pipe=writing, name=name)
        died, problem = False, ""
        for life in range(MOST_LIVES):
            death = next(deaths, None)
            began = time.monotonic()
            pid = fork(_Life(death.plan(plan) if death else plan, life == 0), self._words)
            self.tally.lives += 1
            code = ended(pid, PATIENCE if death is None or death.delay is None else death.delay)
            if cut is not None and death is not None:
                code = self._cut(cut, pid, code)
            if code is None:
                kill(pid)
                code = -9
                if death is None or death.delay is None:
                    problem = f"life {life} had no end"
                    break
            if code == -9:
                died = True
                self.tally.killed(life)
            elif code == 0 and cut is not None and death is not None:
                died = True  # its ledger is gone: the next life has to bring it back
            elif code == 0:  # all jobs had ended, whatever death was meant for it
                if life == 0 and death is None:
                    self.usual = min(self.usual, time.monotonic() - began)
                break
            else:
                problem = f"life {life} ended with {code}: {self._words.read_text()[-2000:]}"
                break
        os.close(writing)
        with os.fdopen(reading) as pipe:
            told = set(pipe.read().splitlines())
        self._judge(name, folder / "data" / "ledger.sqlite3", told, problem, calm=not died)
        shutil.rmtree(folder)
        return died

    def _cut(self, cut: Cut, pid: int, code: int | None) -> int | None:
        """Under the hands of the life, or once it is dead. Without its ledger it ends as it may."""
        if code is None and not cut.alive:
            kill(pid)
            code = -9
        cut(self._folder / "run" / "data" / "ledger.sqlite3")
        self.tally.cuts += 1
        if code is None and (code := ended(pid, cut.rest)) not in (None, 0):
            code = -9
        return code

    def _judge(self, name: str, file: Path, told: set[str], problem: str, *, calm: bool) -> None:
        broken = [problem] if problem else []
        if not file.exists():
            self.tally.add(name, [], [*broken, *(f"{prompt}: lost" for prompt in told)])
            return
        service = self.service.ledger()
        broken += promises(file, service, told)
        found, _ = rows(file)
        for row in found:
            usual = MUST[row.prompt.rpartition(" ")[2]]
            torn = not calm and row.state == "unknown" and "event.unknown_after_crash" in row.keys
            if row.state not in usual and not torn:
                broken.append(f"{row.prompt}: {row.state} {row.keys}")
        self.tally.add(name, [row.state for row in found], broken)


@dataclass
class Cut:
    """What becomes of the ledger's file: `truncated`, `removed` (with its `copies`), or replaced by
    an `older` one, which is the one of the cut before. `alive`: while a process has it open, which
    lives on for `rest` seconds."""

    how: str
    alive: bool = False
    rest: float = 0.0
    older: bytes | None = None

    def __call__(self, file: Path) -> None:
        if not file.exists():
            return
        now = file.read_bytes()
        if self.how == "truncated":
            os.truncate(file, 0)
        elif self.how == "removed":
            file.unlink()
        elif self.how == "copies":
            for each in (file, *file.parent.glob("ledger.backup*")):
                each.unlink(missing_ok=True)
        elif self.older is not None:
            if self.alive:
                file.write_bytes(self.older)
            else:
                file.unlink()
                file.write_bytes(self.older)
        self.older = self.older or now


@dataclass(frozen=True)
class Death:
    """By its own hand at a commit or a create, or by ours after a delay."""

    delay: float | None = None
    commit: int = 0
    after: bool = False
    create: str = ""

    def plan(self, plan: Plan) -> Plan:
        return replace(plan, commit=self.commit, after=self.after, create=self.create)


@dataclass(frozen=True)
class _Life:
    plan: Plan
    first: bool

    def __call__(self) -> None:
        live(self.plan, first=self.first)


def moments(ordeal: Ordeal, seeds: range) -> None:
    """Killed at a random moment, two times in five again while it recovers, and again."""
    for seed in seeds:
        dice = random.Random(f"moment {seed}")
        delays = [dice.uniform(0.0, ordeal.usual)]
        while dice.random() < 0.4:
            delays.append(dice.uniform(0.0, ordeal.usual * 0.5))
        name = f"moment {seed}"
        for _ in range(MOST_TRIES):
            if ordeal.run(name, iter([Death(each) for each in delays]), few=dice):
                break
            delays = [each * 0.6 for each in delays]  # it had ended before


def cuts(ordeal: Ordeal, how: str, seeds: range) -> None:
    """The ledger is lost at a random moment, every other time while it is open, and once more
    while what was lost is restored. What copies, trail and manifest know must be there again."""
    for seed in seeds:
        dice = random.Random(f"{how} {seed}")
        delays = [dice.uniform(0.1, ordeal.usual), dice.uniform(0.0, ordeal.usual)]
        cut = Cut(how, alive=seed % 2 == 1, rest=dice.uniform(0.0, 0.2))
        deaths = iter([Death(each) for each in delays])
        ordeal.run(f"{how} {seed}", deaths, few=dice, cut=cut)


def boundaries(ordeal: Ordeal, first: int, step: int) -> None:
    """Right before and right after each commit, until a life has no commit left to die at.

    Every other time the next life dies at one of its own commits.
    """
    for nth in range(first + 1, 10_000, step):
        alive = 0
        for after in (False, True):
            dice = random.Random(f"boundary {nth} {after}")
            deaths = [Death(commit=nth, after=after)]
            if dice.random() < 0.5:
                deaths.append(Death(commit=dice.randint(1, 12), after=dice.random() < 0.5))
            name = f"boundary {nth} {'after' if after else 'before'}"
            alive += not ordeal.run(name, iter(deaths))
        if alive == 2:
            return


def creates(ordeal: Ordeal, seeds: range) -> None:
    """The twelfth fault point: killed at the create itself."""
    for seed in seeds:
        dice = random.Random(f"create {seed}")
        moment = ("before", f"{dice.uniform(0, 0.01):.4f}", "answered")[seed % 3]
        ordeal.run(f"create {seed}", iter([Death(create=moment)]), few=dice)


def work(kind: str, first: int, count: int, worker: int, workers: int) -> Tally:
    tally = Tally()
    with playground() as folder:
        ordeal = Ordeal(Path(folder), tally)
        try:
            seeds = range(first + worker, first + count, workers)
            if kind in (*CUTS, "cuts"):
                for how in CUTS if kind == "cuts" else (kind,):
                    cuts(ordeal, how, seeds)
            elif kind == "boundaries":
                boundaries(ordeal, worker, workers)
            elif kind == "creates":
                creates(ordeal, seeds)
            else:
                moments(ordeal, seeds)
        finally:
            ordeal.service.stop()
    return tally


def main() -> int:
    """One worker's share; `--workers` of them run side by side, started by whoever wants them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=("moments", "boundaries", "creates", "cuts", *CUTS))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--worker", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    tally = work(asked.kind, asked.first, asked.count, asked.worker, asked.workers)
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"kind": asked.kind, **vars(tally), "seconds": seconds}, default=str))
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())
