"""What the terminal program costs whoever sits at it: the real program in a real pty of 120x40.

    python benchmarks/terminal.py [--seconds 10] [--keys 60]
                                  [--only idle,jobs,keys,filter,bytes,start]

Bytes are those that reach this end of the pty; a delay is from writing a key to the first byte that
answers it; memory is the peak of the resident set. Long lists are the Models place on that many
models. "Processor" is what the program itself used: unlike a delay, it hardly depends on what else
the machine does.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests"), str(Path(__file__).parent)]

import full_queue  # noqa: E402
import startup  # noqa: E402
from terminal.pty_program import KEYS, PtyProgram  # noqa: E402

from ima_tui.tui.screens import SCREENS  # noqa: E402

COLUMNS, ROWS = 120, 40
FILTERS = ("seed", "nano", "mid", "banana", "dream")
SETTLED = 1.5
"""Seconds without a byte."""


def row(name: str, value: float, goal: float | None, unit: str, note: str = "") -> None:
    missed = "" if goal is None or value <= goal else "   MISSED"
    wanted = "" if goal is None else f"  (goal {goal:g})"
    print(f"{name:<46}{value:>10.1f} {unit}{wanted}{missed}{note}", flush=True)


def quiet(program: PtyProgram, seconds: float = 30.0) -> None:
    """Until nothing came for a while."""
    due = time.perf_counter() + seconds
    while program.read(SETTLED) and time.perf_counter() < due:
        pass


# ---------------------------------------------------------------------------------- many models

LONG_LIST = """
import asyncio, sys
sys.path[:0] = [{tests!r}]
from dataclasses import replace
from fake import LEAVES, FakeStudio
from ima_tui.core import gc_tuning as garbage; from ima_tui import i18n as messages
from ima_tui.tui.app import ImaApp
messages.use("en")
some = LEAVES[:4]
many = tuple(
    replace(one, model_id=f"{{one.model_id}}-{{i}}", name=f"{{one.name}} {{i}}")
    for i in range({count})
    for one in (some[i % 4],)
)
garbage.rest()
app = ImaApp(FakeStudio(models=many), start="models")
async def main():
    asyncio.get_running_loop().call_later(2, garbage.resume)
    await app.run_async()
asyncio.run(main())
"""
"""The app itself, with the studio of the tests: no service, no ledger, only the list."""


@contextmanager
def with_models(count: int) -> Iterator[PtyProgram]:
    """The Models place on a list of `count` models."""
    tests = str(Path(__file__).parents[1] / "tests" / "tui")
    command = [sys.executable, "-c", LONG_LIST.format(tests=tests, count=count)]
    with PtyProgram(command, columns=COLUMNS, rows=ROWS) as program:
        program.wait("MODEL", 60)
        quiet(program)
        yield program


def delay(program: PtyProgram, key: bytes) -> float:
    """Milliseconds from a key to the first byte that answers it."""
    began = time.perf_counter()
    os.write(program.process.child_fd, key)
    program.process.read(10)
    return (time.perf_counter() - began) * 1000


def moves(program: PtyProgram, keys: int) -> list[float]:
    dice = random.Random(5)
    found: list[float] = []
    for number in range(keys):
        program.read(dice.uniform(0.12, 0.2))
        found.append(delay(program, b"\x1b[B" if number % 20 < 10 else b"\x1b[A"))
    return sorted(found)


def at(sorted_values: Sequence[float], part: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * part))]


# ------------------------------------------------------------------------------------ the figures


def idle(seconds: float) -> None:
    """Every place, with finished jobs in the ledger and nothing running."""
    with tempfile.TemporaryDirectory() as name:
        service = full_queue.Service(Path(name))
        try:
            with (
                full_queue.profile(service, 0, 40) as env,
                PtyProgram(full_queue.STUDIO, columns=COLUMNS, rows=ROWS, env=env) as program,
            ):
                program.wait("Compose")
                for place in SCREENS:
                    program.press("escape", str(place.number))
                    quiet(program)
                    row(f"idle, {place.id}", program.read(seconds) / seconds, 0, "B/s")
        finally:
            service.stop()


def jobs(seconds: float) -> None:
    """The queue open on running jobs."""
    with tempfile.TemporaryDirectory() as name:
        service = full_queue.Service(Path(name))
        try:
            for count, goal in ((20, 500), (200, 2048)):
                with (
                    full_queue.profile(service, count, 40) as env,
                    PtyProgram(full_queue.STUDIO, columns=COLUMNS, rows=ROWS, env=env) as program,
                ):
                    full_queue.open_queue(program)
                    program.read(10)
                    spent = program.read(seconds) / seconds
                    row(f"{count} running jobs", spent, goal, "B/s")
        finally:
            service.stop()


def keys(count: int) -> None:
    """Cursor keys on lists of three lengths, and what the longest takes of memory."""
    medians: list[float] = []
    for rows in (20, 2_000, 20_000):
        with with_models(rows) as program:
            used = full_queue._cpu(program)
            found = moves(program, count)
            medians.append(statistics.median(found))
            row(f"key to paint, {rows:,} rows, p50", medians[-1], 12, "ms")
            row(f"key to paint, {rows:,} rows, p95", at(found, 0.95), 30, "ms")
            spent = 1000 * (full_queue._cpu(program) - used) / count
            row(f"processor for a key, {rows:,} rows", spent, None, "ms")
            memory = full_queue._peak(program)
            row(f"memory, {rows:,} rows", memory, 110 if rows == 20_000 else None, "MB")
    row("key to paint, longest over shortest", max(medians) / min(medians), 1.3, "times")


def filtering(rounds: int) -> None:
    """Each letter typed into the filter over 5,000 models."""
    with with_models(5_000) as program:
        used, found = full_queue._cpu(program), list[float]()
        for number in range(rounds):
            program.press("/")
            program.read(0.3)
            for letter in FILTERS[number % len(FILTERS)]:
                found.append(delay(program, letter.encode()))
                program.read(0.15)
            program.press("ctrl+u", "escape")
            program.read(0.3)
        found.sort()
        spent = 1000 * (full_queue._cpu(program) - used) / len(found)
        row("processor for a filter keystroke", spent, None, "ms")
        row("filter keystroke, 5,000 models, p50", statistics.median(found), None, "ms")
        row("filter keystroke, 5,000 models, p95", at(found, 0.95), 30, "ms")


def bytes_per_key(runs: int) -> None:
    """What a key sends at 80x24 over SSH: typing in both languages, moving a row, switching."""
    texts = {
        "en": "a 10s video of a puppy dancing on a meadow with Kling O1",
        "zh": "用可灵O1做一段10秒的视频：小狗在草地上跳舞",
    }
    for language, text in texts.items():
        found: list[int] = []
        for _ in range(max(1, runs // 5)):
            with demo(language) as program:
                found += [sent_for(program, character, 0.3) for character in text]
        found.sort()
        row(f"typing at 80x24, {language}, p50", statistics.median(found), 150, "B")
        row(f"typing at 80x24, {language}, p95", at(found, 0.95), 600, "B")
    for language in texts:
        with demo(language) as program:
            program.press("escape", "1")
            row_moves(program, f"models, {language}")
    with tempfile.TemporaryDirectory() as name:
        service = full_queue.Service(Path(name))
        try:
            with full_queue.profile(service, 0, 40) as env, at_80x24(full_queue.STUDIO, env) as one:
                one.wait("Compose")
                quiet(one)
                one.press("escape", "3")
                one.wait("STATE")
                row_moves(one, "queue")
        finally:
            service.stop()
    with demo("en") as program:
        for place in SCREENS[::-1]:
            program.press("escape", str(place.number))
            row(f"opening {place.id} at 80x24", program.read(1.0), None, "B")


def sent_for(program: PtyProgram, key: str, seconds: float) -> int:
    """Bytes that come within that time of a key."""
    os.write(program.process.child_fd, key.encode())
    return program.read(seconds)


def row_moves(program: PtyProgram, name: str) -> None:
    """A key that is held, then the details of the row that it stops at."""
    quiet(program)
    moved: list[int] = []
    details: list[int] = []
    for number in range(20):
        way = KEYS["down" if number % 10 < 5 else "up"]
        moved += [sent_for(program, way, 0.1)]
        if number % 2:
            details += [program.read(0.5)]
    row(f"moving a row at 80x24, {name}, p50", statistics.median(moved), 400, "B")
    row(f"its details, once it rests, {name}, p50", statistics.median(details), None, "B")


@contextmanager
def at_80x24(command: Sequence[str], env: Mapping[str, str]) -> Iterator[PtyProgram]:
    """A program as it is over SSH."""
    kept = {k: v for k, v in env.items() if k not in ("COLORTERM", "NO_COLOR")}
    kept |= {"TERM": "xterm-256color", "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    with PtyProgram(command, columns=80, rows=24, env=kept) as program:
        yield program


@contextmanager
def demo(language: str) -> Iterator[PtyProgram]:
    """The demo, once its lists are there."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "ima_tui", "demo", "--language", language]
        env = {**os.environ, "HOME": home, "LANG": "C.UTF-8"}
        with at_80x24(command, env) as program:
            program.wait("SeeDream", 60)
            quiet(program)
            yield program


def start(runs: int) -> None:
    """First paint against a bare Textual app, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        env = startup.environment(Path(folder))
        bare, ours = [], []
        for _ in range(runs + 1):
            bare.append(startup.first_paint(startup.BARE_APP, b"ready to go", env)[0])
            ours.append(startup.first_paint([sys.executable, "-m", "ima_tui"], b"Compose", env)[0])
        base, own = statistics.median(bare[1:]), statistics.median(ours[1:])
        row("bare Textual app, first paint", base, None, "ms")
        row("ima-tui, first paint", own, None, "ms")
        row("ima-tui over bare", own / base, 1.4, "times")


def main() -> None:
    parser = argparse.ArgumentParser(description="What the terminal program costs.")
    parser.add_argument("--seconds", type=float, default=10.0, help="of watching, each time")
    parser.add_argument("--keys", type=int, default=60, help="pressed, per list")
    parser.add_argument("--runs", type=int, default=9, help="starts")
    parser.add_argument("--only", default="idle,jobs,keys,filter,bytes,start", help="some of these")
    asked = parser.parse_args()
    wanted = asked.only.split(",")
    if "start" in wanted:
        start(asked.runs)
    if "idle" in wanted:
        idle(asked.seconds)
    if "jobs" in wanted:
        jobs(asked.seconds)
    if "keys" in wanted:
        keys(asked.keys)
    if "bytes" in wanted:
        bytes_per_key(asked.runs)
    if "filter" in wanted:
        filtering(max(4, asked.keys // 10))


if __name__ == "__main__":
    main()
