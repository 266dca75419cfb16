"""What a row of a batch costs: `python benchmarks/batch.py [--rows 2000]`.

The real verb against the sandbox in another process, on a clock that runs five times as fast as
the wall's, so that nobody waits for a generation: what is left is our own work and the wire. Each
row is an intent, a create, a question or two and their commits, all of them on disk.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ima_tui import cli
from ima_tui.cli import session
from ima_tui.core.clock import ScaledClock

SPEED, RATE = 20_000.0, 5.0
SCENARIO = f"[server]\nbalance = 1000000000\ntimeout_s = 0\npoll_scale = {1 / RATE}\n"
SETTINGS = """
[queue]
running = 24
requests_per_second = 1000000
requests_at_once = 24
"""


def service(folder: Path) -> tuple[subprocess.Popen[str], str]:
    scenario = folder / "scenario.toml"
    scenario.write_text(SCENARIO, "utf-8")
    line = (sys.executable, "-m", "ima_tui", "sandbox", "--port", "0", "--speed", str(SPEED))
    process = subprocess.Popen(
        [*line, "--scenario", str(scenario), "--stdin-lifeline"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, str(json.loads(process.stdout.readline())["base_url"])


def run(folder: Path, rows: int, *more: str) -> tuple[float, float, float]:
    """Seconds that passed, of processor time, and of that in the main thread."""
    file = folder / "rows.jsonl"
    prompts = (json.dumps({"prompt": f"a lighthouse, number {n}"}) for n in range(rows))
    file.write_text("\n".join(prompts), "utf-8")
    before = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_THREAD)]
    began = time.perf_counter()
    code = cli.run(["batch", str(file), "--task-type", "text_to_image", "--yes", "--json", *more])
    passed = time.perf_counter() - began
    assert code == 0, code
    after = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_THREAD)]
    used = [
        now.ru_utime + now.ru_stime - then.ru_utime - then.ru_stime
        for now, then in zip(after, before, strict=True)
    ]
    return passed, used[0], used[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a row of a batch costs.")
    parser.add_argument("--rows", type=int, default=2000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.toml").write_text(SETTINGS, "utf-8")
        process, url = service(folder)
        os.environ |= {
            "HOME": name,
            "IMA_API_KEY": "ima_benchmark_only",
            "IMA_BASE_URL": url,
            "IMA_UPLOAD_URL": url,
            "IMA_TUI_CONFIG": str(folder / "config.toml"),
            "IMA_TUI_DATA_DIR": str(folder / "data"),
            "IMA_PREFS_PATH": str(folder / "prefs.json"),
            "IMA_LOG_DIR": str(folder / "logs"),
        }
        session.clock = ScaledClock(RATE)
        told, sys.stdout = sys.stdout, open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        try:
            found = {
                "prices alone": run(folder, asked.rows, "--dry-run"),
                "to their ends": run(folder, asked.rows),
                "run again": run(folder, asked.rows),
            }
        finally:
            sys.stdout = told
            process.communicate()
    print(f"{asked.rows:,} rows     seconds   processor   main thread   processor a row")
    for words, (passed, used, main_thread) in found.items():
        print(f"{words:<14}{passed:>8.1f}{used:>12.1f}{main_thread:>14.1f}"
              f"{1000 * used / asked.rows:>15.2f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
