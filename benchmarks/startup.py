"""How fast ima-tui is there: its first paint against a bare Textual app's, `--version` against
`python -c pass`. In turn, so that a machine that slows down slows all. The first paint is the
frame, which already takes keys; all of Compose, down to the line of keys, follows it.

    python benchmarks/startup.py [--runs 5]

Goals: first paint at most 1.4 times, `--version` at most 5 times. Prints medians and ratios.
"""

from __future__ import annotations

import argparse
import compileall
import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

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


BARE_APP = [sys.executable, "-c", BARE]


def environment(home: Path) -> dict[str, str]:
    """A profile of its own, and a service that can't be reached."""
    return {
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "IMA_API_KEY": "ima_benchmark_only",
        "IMA_BASE_URL": "http://127.0.0.1:9",
        "IMA_UPLOAD_URL": "http://127.0.0.1:9",
        "IMA_TUI_DATA_DIR": str(home / "data"),
        "IMA_TUI_CONFIG": str(home / "config.toml"),
        "IMA_PREFS_PATH": str(home / "prefs.json"),
        "IMA_LOG_DIR": str(home / "logs"),
    }


def first_paint(command: Sequence[str], sign: bytes, env: Mapping[str, str]) -> float:
    """Milliseconds from the start to the moment `sign` has reached the terminal."""
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
        return (time.perf_counter() - start) * 1000
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def _set_size(terminal: int, rows: int, columns: int) -> None:
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def whole_run(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    # an installed program's modules are compiled; those of a checkout may not be
    compileall.compile_dir(Path(__file__).parents[1] / "ima_tui", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder))
        bare, ours, whole, demo, version, nothing = [], [], [], [], [], []
        for _ in range(runs + 1):  # the first one warms the caches and is not counted
            bare.append(first_paint(BARE_APP, b"ready to go", env))
            ours.append(first_paint([sys.executable, "-m", "ima_tui"], b"Compose", env))
            whole.append(first_paint([sys.executable, "-m", "ima_tui"], b"ctrl+l", env))
            demo.append(first_paint([sys.executable, "-m", "ima_tui", "demo"], b"Compose", env))
            nothing.append(whole_run([sys.executable, "-c", "pass"]))
            version.append(whole_run([sys.executable, "-m", "ima_tui", "--version"]))
    row("bare Textual app, first paint", bare)
    row("ima-tui, first paint", ours, bare)
    row("ima-tui, all of Compose", whole, bare)
    row("ima-tui demo, first paint", demo, bare)
    row("python -c pass", nothing)
    row("ima-tui --version", version, nothing)


def row(name: str, times: Sequence[float], against: Sequence[float] = ()) -> None:
    median = statistics.median(times[1:])
    ratio = f"   {median / statistics.median(against[1:]):.2f} times" if against else ""
    print(f"{name:<32}{median:8.0f} ms   ({min(times[1:]):.0f}-{max(times[1:]):.0f}){ratio}")


if __name__ == "__main__":
    main()
