"""What a full queue costs: 1,000 running jobs in one process, the sandbox in another.

    python benchmarks/queue.py [--seconds 20] [--keys 60] [--quick]

Each run is the real program in a real pty of 120x40 with the Queue place open; every job stays at
the service, so that what is measured is a steady state. Prints each figure beside its goal, the
growth from 10 to 100 to 1,000 jobs, and the same with 100,000 finished jobs in the ledger.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from terminal.pty_program import PtyProgram  # noqa: E402

from ima_tui.api.wire import create_payload  # noqa: E402
from ima_tui.catalogue import order, tree  # noqa: E402
from ima_tui.core.domain import (  # noqa: E402
    Draft,
    Order,
    State,
    TaskType,
)
from ima_tui.ledger.store import Ledger  # noqa: E402

KEY = "ima_benchmark_only"
STUDIO = (sys.executable, "-m", "ima_tui")
COLUMNS, ROWS = 120, 40
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
FINISHED = 100_000
KINDS = (
    TaskType.TEXT_TO_VIDEO,
    TaskType.TEXT_TO_VIDEO,
    TaskType.TEXT_TO_IMAGE,
    TaskType.TEXT_TO_MUSIC,
)
SCENARIO = """
[server]
balance = 1000000000
timeout_s = 0

[[fault]]
kind = "stuck"
endpoint = "create"
"""
RUNNING, QUEUE = r"Queue · \d+ (running|taking longer)", "\x1b3"
"""What only the opened queue shows, and alt+3, which opens it."""


@dataclass(frozen=True)
class Figures:
    """One run's: memory in MB, CPU in percent of a core, times in ms, bytes and questions a
    second."""

    jobs: int
    memory: float
    processor: float
    bytes: float
    questions: float
    p50: float
    p95: float


# ------------------------------------------------------------------------------- the service


class Service:
    """The sandbox as a process of its own."""

    def __init__(self, folder: Path) -> None:
        scenario = folder / "scenario.toml"
        scenario.write_text(SCENARIO, "utf-8")
        line = (*STUDIO, "sandbox", "--port", "0", "--speed", "1", "--scenario", str(scenario))
        self._process = subprocess.Popen(
            [*line, "--stdin-lifeline"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url: str = json.loads(self._process.stdout.readline())["base_url"]
        self._orders: dict[TaskType, Order] = {}

    def stop(self) -> None:
        self._process.communicate()  # it ends with its stdin

    def _ask(self, path: str, body: object = None) -> dict[str, object]:
        headers = {
            "Authorization": f"Bearer {KEY}",
            "x-app-source": "ima_skills",
            "x_app_language": "en",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: dict[str, object] = json.load(answer)
        return found

    def order(self, task_type: TaskType) -> Order:
        """The first model of the list, as the program itself would order it."""
        if task_type not in self._orders:
            query = f"app=ima&platform=web&category={task_type.value}"
            data = self._ask(f"/open/v1/product/list?{query}")["data"]
            assert isinstance(data, list)
            model = tree.models(data, task_type)[0]
            draft = Draft(task_type, model.model_id, model.version, prompt="a lighthouse at dusk")
            self._orders[task_type] = replace(order.place(model, draft)[0], estimate=model.estimate)
        return self._orders[task_type]

    def create(self, wanted: Order) -> str:
        data = self._ask("/open/v1/tasks/create", create_payload(wanted, []))["data"]
        assert isinstance(data, dict)
        return str(data["id"])

    def questions(self) -> int:
        counts = self._ask("/sandbox/ledger")["counts"]
        assert isinstance(counts, dict)
        return int(counts.get("detail", 0))


# -------------------------------------------------------------------------------- the ledger


async def _templates(file: Path, orders: Sequence[Order]) -> list[int]:
    """One done job of each kind, through the ledger's own door: what is copied is really so."""
    ledger = await Ledger.open(file, session="benchmark")
    try:
        made: list[int] = []
        for each in orders:
            now = time.time()
            job = await ledger.add(each, now)
            await ledger.step(job.id, State.SENDING, now, "event.sending")
            await ledger.step(job.id, State.RUNNING, now, "event.running", task_id=f"t{job.id}")
            await ledger.step(job.id, State.DONE, now + 30, "event.done")
            made.append(job.id)
    finally:
        await ledger.aclose()
    return made


def fill(file: Path, service: Service, running: int, finished: int) -> None:
    """A ledger as a long life leaves it: many done jobs, and these running ones."""
    dice = random.Random(4)
    orders = [service.order(kind) for kind in KINDS]
    made = asyncio.run(_templates(file, orders))
    connection = sqlite3.connect(file, isolation_level=None)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)") if row[1] != "id"]
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN")
    now = time.time()
    for number in range(finished):
        at = now - 90_000 - (finished - number) * 300
        times = {"created_at": at, "updated_at": at + 60, "sent_at": at + 1, "ended_at": at + 60}
        _copy(connection, columns, made[number % len(made)], {"task_id": f"old{number}", **times})
    for number in range(running):
        wanted = orders[number % len(orders)]
        at = now - dice.uniform(0, wanted.estimate.high if wanted.estimate else 60)
        changed: dict[str, object] = {
            "state": "running",
            "task_id": service.create(wanted),
            "ended_at": None,
        }
        changed |= {"owner": "", "lease_until": 0}
        times = {"created_at": at - 1, "updated_at": at, "sent_at": at}
        marks = {"turn": 1} if "turn" in columns else {}
        _copy(
            connection, columns, made[number % len(made)], {**changed, **times, **marks}, events=3
        )
    connection.execute("COMMIT")
    connection.close()


def _copy(
    connection: sqlite3.Connection,
    columns: Sequence[str],
    template: int,
    changes: Mapping[str, object],
    events: int = 10,
) -> None:
    names = ", ".join(columns)
    values = ", ".join("?" if name in changes else name for name in columns)
    given = [changes[name] for name in columns if name in changes]
    made = connection.execute(
        f"INSERT INTO jobs ({names}) SELECT {values} FROM jobs WHERE id = ?", (*given, template)
    ).lastrowid
    connection.execute(
        "INSERT INTO events (job, at, state, key, values_json)"
        " SELECT ?, at, state, key, values_json FROM events WHERE job = ? ORDER BY id LIMIT ?",
        (made, template, events),
    )


# ------------------------------------------------------------------------------- the program


@contextmanager
def profile(service: Service, running: int, finished: int) -> Iterator[dict[str, str]]:
    """A person's own files in a folder of their own, the ledger filled."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        (folder / "config.toml").write_text("[results]\ndownload = false\n", "utf-8")
        fill(folder / "data" / "ledger.sqlite3", service, running, finished)
        yield {
            "HOME": name,
            "IMA_API_KEY": KEY,
            "IMA_BASE_URL": service.url,
            "IMA_UPLOAD_URL": service.url,
            "IMA_TUI_DATA_DIR": str(folder / "data"),
            "IMA_TUI_CONFIG": str(folder / "config.toml"),
            "IMA_PREFS_PATH": str(folder / "prefs.json"),
            "IMA_LOG_DIR": str(folder / "logs"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }


def open_queue(program: PtyProgram) -> tuple[float, float]:
    """Seconds to the first paint, and to a queue that shows its jobs."""
    first = program.wait("Compose")
    program.type(QUEUE)
    return first, program.wait(RUNNING)


def measure(service: Service, running: int, finished: int, seconds: float, keys: int) -> Figures:
    """One run: start, open the queue, let it settle, watch it, then use it."""
    with (
        profile(service, running, finished) as env,
        PtyProgram(STUDIO, columns=COLUMNS, rows=ROWS, env=env) as program,
    ):
        open_queue(program)
        program.read(10)
        asked, used, began = service.questions(), _cpu(program), time.perf_counter()
        arrived = program.read(seconds)
        passed = time.perf_counter() - began
        used, asked = _cpu(program) - used, service.questions() - asked
        delays = sorted(_delays(program, keys))
        memory = _peak(program)
    return Figures(
        jobs=running,
        memory=memory,
        processor=100 * used / passed,
        bytes=arrived / passed,
        questions=asked / passed,
        p50=statistics.median(delays),
        p95=delays[int(len(delays) * 0.95)],
    )


def _delays(program: PtyProgram, keys: int) -> Iterator[float]:
    """Milliseconds from a key to the first byte that answers it."""
    dice = random.Random(5)
    terminal = program.process
    for number in range(keys):
        program.read(dice.uniform(0.15, 0.35))
        began = time.perf_counter()
        key = b"\x1b[B" if number % 20 < 10 else b"\x1b[A"
        os.write(terminal.child_fd, key)
        terminal.read(10)
        yield (time.perf_counter() - began) * 1000


def _cpu(program: PtyProgram) -> float:
    """Seconds of processor time that the program has used."""
    stat = Path(f"/proc/{program.process.pid}/stat").read_text("utf-8")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS


def _peak(program: PtyProgram) -> float:
    status = Path(f"/proc/{program.process.pid}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def starts(service: Service, finished: int, runs: int) -> tuple[float, float]:
    """Median milliseconds to the first paint, and to a queue with jobs in it."""
    first, shown = [], []
    with profile(service, 20, finished) as env:
        for _ in range(runs + 1):
            with PtyProgram(STUDIO, columns=COLUMNS, rows=ROWS, env=env) as program:
                painted, listed = open_queue(program)
                first.append(painted * 1000)
                shown.append(listed * 1000)
    return statistics.median(first[1:]), statistics.median(shown[1:])


# -------------------------------------------------------------------------------- the figures


GOALS = {
    "memory": ("peak memory, MB", 120.0),
    "processor": ("processor, % of a core", 35.0),
    "p50": ("key to paint p50, ms", 15.0),
    "p95": ("key to paint p95, ms", 40.0),
    "bytes": ("to the terminal, bytes/s", 2048.0),
    "questions": ("questions, per second", float("inf")),
}
FEW = 500.0
"""Bytes a second that 20 jobs may cost."""


def show(figures: Sequence[Figures], old: Figures) -> None:
    heads = [f"{one.jobs:,}" for one in figures] + [f"{old.jobs:,} + old", "change", "goal"]
    print(f"{'jobs':<28}" + "".join(f"{head:>14}" for head in heads))
    last = figures[-1]
    for name, (words, goal) in GOALS.items():
        values = [float(getattr(one, name)) for one in (*figures, old)]
        before = float(getattr(last, name))
        change = f"{100 * (values[-1] - before) / before:+.0f} %" if before else "-"
        wanted = (
            "" if goal == float("inf") else f"{goal:g}" + ("" if before <= goal else "  MISSED")
        )
        cells = [f"{value:.1f}" for value in values] + [change, wanted]
        print(f"{words:<28}" + "".join(f"{cell:>14}" for cell in cells))
    few = next((one for one in figures if one.jobs == 20), None)
    if few is not None:
        verdict = "" if few.bytes <= FEW else "   MISSED"
        print(f"\n20 jobs: {few.bytes:.0f} bytes/s to the terminal (goal {FEW:g}){verdict}")


def main() -> None:
    """Measure and print; nothing is judged but in words."""
    parser = argparse.ArgumentParser(description="What a full queue costs.")
    parser.add_argument("--seconds", type=float, default=20.0, help="of watching, per run")
    parser.add_argument("--keys", type=int, default=60, help="pressed, per run")
    parser.add_argument("--starts", type=int, default=5, help="starts per ledger")
    parser.add_argument("--quick", action="store_true", help="1,000 jobs alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        service = Service(Path(name))
        try:
            counts = (1000,) if asked.quick else (10, 20, 100, 1000)
            figures = [measure(service, each, 0, asked.seconds, asked.keys) for each in counts]
            old = measure(service, 1000, FINISHED, asked.seconds, asked.keys)
            show(figures, old)
            plain, many = (starts(service, each, asked.starts) for each in (0, FINISHED))
        finally:
            service.stop()
    for words, before, after in zip(("first paint", "jobs shown"), plain, many, strict=True):
        print(
            f"{words:<28}{before:>10.0f} ms, with {FINISHED:,} finished jobs {after:.0f} ms:"
            f" {after - before:+.0f} ms (goal +50)"
        )


if __name__ == "__main__":
    main()
