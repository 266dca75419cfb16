"""How long ima-tui takes to start, in wall and processor time, against a bare Textual app in a
pseudo-terminal of 80x24; `--version` against `python -c pass`.

    python benchmarks/startup.py [--runs 5] [--parts]

The commands run in turn, so that a machine that slows down slows all. The first paint is the frame,
which already takes keys; all of Compose with its model named follows it. Goals: all of Compose at
most 1.5 times in wall and 1.8 times in processor time, `--version` at most 5 times. Prints medians;
on a busy machine only processor times can be compared. `--parts` prints instead what importing each
package for Compose costs, beyond what the bare app imports: milliseconds, the least of all runs.
"""

from __future__ import annotations

import argparse
import compileall
import os
import pty
import resource
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ima_tui.sandbox.server import running_sandbox

BARE = """
from textual.app import App
from textual.widgets import Footer, Header, Static
class Bare(App):
    def compose(self):
        yield Header()
        yield Static("ready to go")
        yield Footer()
Bare().run()
"""


MODEL = b"SeeDream"
"""The suggested model, in the last part of Compose that appears."""
COMPOSE = (
    "ima_tui.cli.commands.tui",
    "ima_tui.tui.app",
    "ima_tui.tui.compose.screen",
    "ima_tui.studio.catalogue_service",
)
BARE_APP = [sys.executable, "-c", BARE]


def environment(home: Path) -> dict[str, str]:
    """A profile of its own with the lists of an earlier run, and a service that is gone since."""
    with running_sandbox() as service:
        env = _environment(home, service.base_url)
        command = [sys.executable, "-m", "ima_tui", "models"]
        subprocess.run(command, env={**os.environ, **env}, check=True, capture_output=True)
    return env


def _environment(home: Path, service: str) -> dict[str, str]:
    return {
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "IMA_API_KEY": "ima_benchmark_only",
        "IMA_BASE_URL": service,
        "IMA_UPLOAD_URL": service,
        "IMA_TUI_DATA_DIR": str(home / "data"),
        "IMA_TUI_CONFIG": str(home / "config.toml"),
        "IMA_PREFS_PATH": str(home / "prefs.json"),
        "IMA_LOG_DIR": str(home / "logs"),
    }


Times = tuple[float, float]
"""Wall and processor time in milliseconds."""


def first_paint(command: Sequence[str], sign: bytes, env: Mapping[str, str]) -> Times:
    """Times from the start to the moment `sign` has reached the terminal."""
    start = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(env)
        os.execvp(command[0], list(command))
    try:
        _set_size(terminal, 24, 80)
        seen = b""
        while sign not in seen:
            if not select.select([terminal], [], [], 20)[0]:
                raise SystemExit(f"{command}: nothing like {sign!r} within 20 s")
            seen += os.read(terminal, 65536)
        wall = (time.perf_counter() - start) * 1000
    finally:
        os.kill(child, signal.SIGKILL)
        _, _, used = os.wait4(child, 0)
        os.close(terminal)
    return wall, (used.ru_utime + used.ru_stime) * 1000


def _set_size(terminal: int, rows: int, columns: int) -> None:
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def whole_run(command: Sequence[str]) -> Times:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall = (time.perf_counter() - start) * 1000
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used * 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--parts", action="store_true")
    options = parser.parse_args()
    runs = options.runs
    # an installed program's modules are compiled; those of a checkout may not be
    compileall.compile_dir(Path(__file__).parents[1] / "ima_tui", quiet=1)
    if options.parts:
        print_parts(runs)
        return
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder))
        bare, ours, whole, demo, version, nothing = [], [], [], [], [], []
        for _ in range(runs + 1):  # the first one warms the caches and is not counted
            bare.append(first_paint(BARE_APP, b"ready to go", env))
            ours.append(first_paint([sys.executable, "-m", "ima_tui"], b"Compose", env))
            whole.append(first_paint([sys.executable, "-m", "ima_tui"], MODEL, env))
            demo.append(first_paint([sys.executable, "-m", "ima_tui", "demo"], b"Compose", env))
            nothing.append(whole_run([sys.executable, "-c", "pass"]))
            version.append(whole_run([sys.executable, "-m", "ima_tui", "--version"]))
    row("bare Textual app, first paint", bare)
    row("ima-tui, first paint", ours, bare)
    row("ima-tui, all of Compose", whole, bare)
    row("ima-tui demo, first paint", demo, bare)
    row("python -c pass", nothing)
    row("ima-tui --version", version, nothing)


def print_parts(runs: int) -> None:
    bare = import_times(BARE.partition("class")[0], runs)
    ours = import_times("; ".join(f"import {module}" for module in COMPOSE), runs)
    parts: dict[str, list[float]] = {}
    for module, milliseconds in ours.items():
        if module not in bare:
            depth = 3 if module.startswith("ima_tui.tui.") else 2
            name = ".".join(module.split(".")[:depth]) if "ima_tui" in module else "other packages"
            parts.setdefault(name, []).append(milliseconds)
    for name, times in sorted(parts.items(), key=lambda part: -sum(part[1])):
        print(f"{name:<32}{sum(times):7.1f} ms in {len(times):3} modules")
    print(f"{'bare Textual app':<32}{sum(bare.values()):7.1f} ms in {len(bare):3} modules")


def import_times(program: str, runs: int) -> dict[str, float]:
    """Milliseconds that each module took by itself, without those that it imports."""
    least: dict[str, float] = {}
    command = [sys.executable, "-X", "importtime", "-c", program]
    for _ in range(runs + 1):
        told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
        for line in told.splitlines():
            own, _, module = line.removeprefix("import time:").split("|")
            if own.strip().isdigit():
                name = module.strip()
                least[name] = min(least.get(name, 1e9), int(own) / 1000)
    return least


def row(name: str, times: Sequence[Times], against: Sequence[Times] = ()) -> None:
    print(f"{name:<32}", end="")
    for which, what in enumerate(("wall", "cpu")):
        median = statistics.median(each[which] for each in times[1:])
        ratio = ""
        if against:
            ratio = f"{median / statistics.median(each[which] for each in against[1:]):6.2f} times"
        print(f"{median:7.0f} ms {what}{ratio:<12}", end="")
    print()


if __name__ == "__main__":
    main()
