"""What many jobs cost to list, filter, report and export: a ledger of 100,000, real processes.

    python benchmarks/history.py [--jobs 100000]

Prints for each command the time to its first line, the time to its end and the peak memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from ima_tui.core.domain import Estimate, Media, Order, TaskType
from ima_tui.ledger.records import dump_medias, dump_order
from ima_tui.ledger.store import Ledger

MODELS = ("Nano Banana Pro", "Midjourney", "Kling O1", "Wan 2.6", "Suno V5")
COMMANDS = (
    "jobs list",
    "jobs list --limit 100000",
    "jobs list --limit 100000 --json",
    "jobs list --limit 100000 --format csv",
    "jobs list --search 'prompt 77' --status failed",
    "jobs list --search nowhere",
    "jobs report --by day",
    "jobs report --by model --json",
    "jobs export --with-prompts",
)


def order(chance: random.Random, number: int) -> Order:
    model = chance.choice(MODELS)
    return Order(
        chance.choice(list(TaskType)), model.lower().replace(" ", "-"), "v1", model,
        f"prompt {number}: {'a lighthouse in the snow, ' * 6}", 1,
        (("size", "1K"), ("seed", number)),
        501, 5, estimate=Estimate(20.0, 40.0),
    )  # fmt: skip


async def fill(path: Path, count: int) -> None:
    """One job by the ledger itself, the others as rows beside it, which takes seconds."""
    ledger = await Ledger.open(path, "benchmark")
    await ledger.aclose()
    chance, now = random.Random(1), time.time()
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("BEGIN")
        for number in range(1, count + 1):
            one, at = order(chance, number), now - (count - number) * 60.0
            done = chance.random() < 0.9
            medias = (Media(f"https://x.example/{number}.png", format="png"),) if done else ()
            raw.execute(
                "INSERT INTO jobs (id, state, task_type, model_id, order_json, points, task_id,"
                " medias_json, session, created_at, updated_at, sent_at, ended_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'old', ?, ?, ?, ?)",
                (number, "done" if done else "failed", one.task_type, one.model_id,
                 dump_order(one), one.total, f"t{number}", dump_medias(medias), at, at, at,
                 at + 30),
            )  # fmt: skip
            for state, key in (("queued", "event.queued"), ("done", "event.done")):
                raw.execute(
                    "INSERT INTO events (job, at, state, key, values_json) VALUES (?, ?, ?, ?, ?)",
                    (number, at, state, key, '{"points": 5}'),
                )
        raw.execute("COMMIT")


def measured(command: str, environment: dict[str, str]) -> tuple[float, float, float, float]:
    """Seconds to the first line, to the end and of the processor, and peak memory in MB."""
    program = f"{sys.executable} -m ima_tui {command}"
    began = time.perf_counter()
    with subprocess.Popen(
        ["/bin/sh", "-c", f"exec {program}"], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        first = time.perf_counter() - began
        while process.stdout.read(1 << 20):
            pass
        _, _, usage = os.wait4(process.pid, 0)
    kilobytes = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
    busy = usage.ru_utime + usage.ru_stime
    return first, time.perf_counter() - began, busy, kilobytes / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    count = parser.parse_args().jobs
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="ima-tui-history-") as folder:
        environment = {**os.environ, "HOME": folder, "IMA_TUI_DATA_DIR": folder,
                       "LC_ALL": "C.UTF-8", "IMA_TUI_CONFIG": f"{folder}/config.toml",
                       "IMA_LOG_DIR": f"{folder}/logs",
                       "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}  # fmt: skip
        asyncio.run(fill(Path(folder) / "ledger.sqlite3", count))
        measured("jobs list", environment)  # compiles, and checks the file once
        print(f"{count:,} jobs\n{'first line':>10} {'end':>8} {'CPU':>8} {'memory':>8}")
        for command in COMMANDS:
            first, end, busy, memory = measured(command, environment)
            print(
                f"{first * 1000:7.0f} ms {end:6.2f} s {busy:6.2f} s {memory:5.0f} MB  {command}",
                flush=True,
            )


if __name__ == "__main__":
    main()
