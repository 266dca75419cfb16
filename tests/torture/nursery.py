"""Forks lives from a warm process: everything is imported once, and a child is there in 10 ms.

Nothing in here starts a thread, so that a fork is safe. The sandbox is a forked child as well; it
lives as long as the pipe that it holds.
"""

from __future__ import annotations

import base64
import gc
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import time
import traceback
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from ima_tui.sandbox import tasks, uploads
from ima_tui.sandbox.server import running_sandbox

WARM = (
    "anyio._backends._asyncio",
    "filelock",
    "httpcore",
    "ima_tui.api.service",
    "ima_tui.cli.commands.batch_run",
    "ima_tui.core.input_files",
    "ima_tui.runner.scheduler",
    "platformdirs.unix",
    "uvicorn.lifespan.off",
    "uvicorn.loops.asyncio",
)
"""What a life or the sandbox imports when it comes to it: here, so that no child has to again."""
for _name in WARM:
    importlib.import_module(_name)

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""A whole picture: inputs are decoded before anything is sent."""
FILES = {
    "mp4": b"\0\0\0\x10ftypmp42\0\0\0\0" + b"\0\0\0\x28free" + b"x" * 32,
    "webp": b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02" + b"x" * 40,
    "wav": b"RIFF\0\0\0\0WAVEfmt " + b"x" * 40,
}
"""The least that is no cut film or sound by its own lengths; anything else is a picture."""
_context = httpx.create_ssl_context()


def fork(life: Callable[[], None], words: Path) -> int:
    """Run `life` in a child; its exit code is 0 when it returns. What it says goes to `words`."""
    gc.freeze()  # a child's collector then leaves alone what it shares with us
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        said = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(said, 1)
        os.dup2(said, 2)
        # reading the certificates costs a life 40 ms, twice
        sys.modules["httpx._transports.default"].create_ssl_context = lambda **_: _context  # type: ignore[attr-defined]
        life()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(code)


def ended(pid: int, seconds: float) -> int | None:
    """How the child ended within that time: its code, or minus the signal's number; else None."""
    due = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= due:
            return None
        time.sleep(0.001)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


class Service:
    """The sandbox in a child of its own; its pictures are the same few bytes: they cost nothing."""

    def __init__(self, speed: float, words: Path) -> None:
        reading, announce = os.pipe()
        lifeline, self._life = os.pipe()

        def serve() -> None:
            os.close(self._life)
            os.close(reading)
            tasks.render = lambda *given: FILES.get(given[2], PNG)
            uploads.CLOCK_SLACK = 10**9  # our clocks run ahead of the wall's
            with running_sandbox(speed=speed) as sandbox:
                os.write(announce, sandbox.base_url.encode())
                os.close(announce)
                select.select([lifeline], [], [])

        self._pid = fork(serve, words)
        os.close(announce)
        os.close(lifeline)
        os.set_inheritable(self._life, False)
        self.url = os.read(reading, 200).decode()
        os.close(reading)

    def _ask(self, path: str, body: str | None = None) -> Any:
        data = None if body is None else body.encode()
        request = urllib.request.Request(f"{self.url}/sandbox/{path}", data=data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def start_over(self, scenario: str, server: str = "") -> None:
        self._ask("reset", "")
        head = "[server]\nbalance = 100000000\ntimeout_s = 0\n"
        self._ask("scenario", f"{head}{server}\n{scenario}")

    def ledger(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("ledger")
        return found

    def stop(self) -> None:
        os.close(self._life)
        kill(self._pid)


def playground() -> tempfile.TemporaryDirectory[str]:
    """In memory where there is such a folder: a killed process loses nothing that was written,
    so the disk's own slowness would prove nothing."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(
        prefix="ima-torture-", dir=memory if os.access(memory, os.W_OK) else None
    )
