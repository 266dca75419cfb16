"""A folder of 2 GB of logs: how soon the first screen stands, how soon a filter finds.

python benchmarks/logs.py [--megabytes 2000] [--folder DIR]

In a scratch folder on disk (in DIR), removed afterwards. Ends with 1 when a goal was missed.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from startup import environment  # noqa: E402
from terminal.pty_program import PtyProgram  # noqa: E402

MEMORY = "import resource; memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024"
ONE = """
import json, sys, time
start = time.perf_counter()
from pathlib import Path
from ima_tui.logs.entry import LogLevel
from ima_tui.logs.filter import Pattern
from ima_tui.logs.filter import LogFilter
from ima_tui.logs.window import LogWindow
window = LogWindow(Path(sys.argv[1]))
began = time.perf_counter()
{work}
took = time.perf_counter() - began
{memory}
print(json.dumps([took, began - start, len(window.entries), memory]))
"""
WORKS = {
    "first screen": "window.open(LogFilter()); window.older(60)",
    "errors": "window.open(LogFilter(level=LogLevel.ERROR)); window.older(60)",
    "a text": "window.open(LogFilter(text=Pattern('http 500'))); window.older(60)",
    "a pattern": r"window.open(LogFilter(text=Pattern(r'attempt \d+99\b'))); window.older(60)",
    "one job": "window.open(LogFilter(job=77)); window.older(60)",
    "one small tool": "window.open(LogFilter(source='ima_voice')); window.older(60)",
    "going to a time": (
        "window.open(LogFilter()); window.go_to(time.time() - 86400); window.older(60)"
    ),
    "to the oldest": "window.open(LogFilter()); window.go_to(0); window.older(1); window.newer(60)",
    "a text 0.8 GB back": "window.open(LogFilter(text=Pattern('attempt 99'))); window.older(60)",
    "a text that is nowhere": "window.open(LogFilter(text=Pattern('qqqq'))); window.older(1)",
}
GOALS = {"first screen": 0.3, "errors": 1.0, "a text": 1.0, "a pattern": 1.0, "one job": 1.0}


def lines(size: int, begin: float, end: float, seed: int) -> Iterator[str]:
    """About `size` bytes of a tool's log, written between the two times."""
    chance = random.Random(seed)
    count = size // 116
    for number in range(count):
        when = begin + (end - begin) * number / count
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when))
        if chance.random() < 0.001:
            yield (
                f"{stamp} | ERROR | poll_task            | task_{number:x}: HTTP 500\n"
                'Traceback (most recent call last):\n  File "ima_create.py", line 412\n'
            )
        else:
            job = chance.randrange(5_000)
            yield (
                f"{stamp} | INFO  | create_task          | job {job} "
                f"doubao-seedream-4.5 asked again, attempt {number}\n"
            )


def fill(folder: Path, megabytes: int) -> None:
    now = time.time()
    sizes = {"ima_create": megabytes * 1_000_000}
    sizes |= dict.fromkeys(("ima_voice", "ima_image", "ima_video"), 5_000_000)
    for seed, (tool, size) in enumerate(sizes.items()):
        with (folder / f"{tool}_20261125.log").open("w") as log:
            log.writelines(lines(size, now - 3 * 86_400, now, seed))


def measured(folder: Path, work: str) -> list[float]:
    """Seconds, seconds of importing, entries, peak memory (MB); in a process of its own."""
    code = ONE.format(work=work, memory=MEMORY)
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    found: list[float] = json.loads(done.stdout)
    return found


def in_the_app(folder: Path) -> dict[str, float]:
    """The place itself, in a pty: milliseconds from its key to its lines, and from the key of a
    level to the last line being an error; and the program's memory (MB) after it has counted."""
    with tempfile.TemporaryDirectory() as home:
        env = environment(Path(home)) | {"IMA_LOG_DIR": str(folder), "HOME": home}
        command = [sys.executable, "-m", "ima_tui"]
        with PtyProgram(command, columns=120, rows=40, env=env) as program:
            program.wait("pts|Compose")
            while program.read(1.5):
                pass  # until it has settled
            opened = timed(program, "\x1b[17~", r"· +\S+ +INFO")
            program.press("l", "l")
            level = timed(program, "l", r"(✗ [^\n]*\n.*){20}")
            program.type("/http 500\r")
            program.read(8.0)
            return {"opened": opened, "level": level, "memory": memory_of(program.process.pid)}


def timed(program: PtyProgram, key: str, pattern: str) -> float:
    start = time.perf_counter()
    program.type(key)
    program.wait(pattern)
    return (time.perf_counter() - start) * 1000


def memory_of(pid: int) -> float:
    """The most it ever took, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2_000)
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="ima-tui-logs-", dir=wanted.folder))
    missed = []
    try:
        fill(scratch, wanted.megabytes)
        total = sum(path.stat().st_size for path in scratch.iterdir())
        print(f"{total / 1e9:.2f} GB in {len(list(scratch.iterdir()))} files")
        for name, work in WORKS.items():
            took, importing, found, memory = sorted(measured(scratch, work) for _ in range(3))[1]
            goal = GOALS.get(name)
            over = (goal is not None and took > goal) or memory > 120
            missed += [name] if over else []
            print(
                f"{name:24} {took * 1000:8.0f} ms  (imports {importing * 1000:.0f})  "
                f"{found:5.0f} entries  {memory:4.0f} MB{'  MISSED' if over else ''}"
            )
        app = in_the_app(scratch)
        for name, goal in (("opened", 300), ("level", 1000), ("memory", 120)):
            over = app[name] > goal
            missed += [name] if over else []
            print(f"in the app: {name:12} {app[name]:8.0f}{'  MISSED' if over else ''}")
    finally:
        shutil.rmtree(scratch)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
