"""Real processes that start at once: a warm one forks for each run, so that a kill hits the run
and not the imports. As a program, it is that warm process."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SPEED = 300.0
PATIENCE = 240.0


class SteadyClock:
    """As fast in every process, and the same time in all of them."""

    def __init__(self, anchor: float) -> None:
        self._anchor = anchor

    def time(self) -> float:
        return self._anchor + (time.time() - self._anchor) * SPEED

    def steady(self) -> float:
        return self.time()

    async def sleep(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(max(0.0, seconds) / SPEED)


class Forker:
    """Runs one verb at a time."""

    def __init__(self, environment: dict[str, str], anchor: float) -> None:
        path = f"{ROOT}{os.pathsep}{Path(__file__).parent}"
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(anchor)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, **environment, "PYTHONPATH": path},
        )
        self._pid = 0
        self._said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Each line as it comes, so that waiting for one can have an end."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(line)
        self._said.put("")

    def _line(self, seconds: float) -> int:
        """The next number it says. Raises queue.Empty after `seconds`, EOFError when it is gone."""
        line = self._said.get(timeout=seconds)
        if not line:
            self._said.put("")
            raise EOFError("the warm process is gone")
        return int(line)

    def start(self, argv: Sequence[str], environment: dict[str, str], out: Path) -> None:
        assert self._process.stdin is not None
        order = {"argv": list(argv), "environment": environment, "out": str(out)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._pid = self._line(PATIENCE)

    @property
    def has_ended(self) -> bool:
        """Whether the verb has ended, and `finish` would return at once."""
        return not self._said.empty()

    def finish(self, after: float | None = None, number: int = signal.SIGKILL) -> int:
        """Its exit code, or minus the signal that it got `after` so many seconds."""
        if after is not None:
            with contextlib.suppress(queue.Empty):
                return self._line(after)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)
        try:
            return self._line(PATIENCE)
        except queue.Empty:
            os.kill(self._pid, signal.SIGKILL)
            raise TimeoutError(f"the run did not end within {PATIENCE:.0f} s") from None

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)  # its run, for which it waits
            self._process.kill()
            self._process.wait(10)


@contextmanager
def forking(environment: dict[str, str], anchor: float) -> Iterator[Forker]:
    forker = Forker(environment, anchor)
    try:
        yield forker
    finally:
        forker.end()


WARM = (
    "anyio._backends._asyncio",
    "filelock",
    "httpcore",
    "httpx",
    "ima_tui.api.service",
    "ima_tui.cli.commands.batch",
    "ima_tui.cli.commands.batch_run",
    "ima_tui.cli.commands.workflow",
    "ima_tui.cli.commands.workflow_run",
    "ima_tui.cli.parser",
    "ima_tui.core.input_files",
    "ima_tui.logs.writer",
    "ima_tui.i18n.en",
    "ima_tui.runner.scheduler",
    "ima_tui.studio.catalogue_service",
    "ima_tui.studio.endings",
    "ima_tui.subjects.store",
    "ima_tui.studio.workflows",
    "ima_tui.film.brief",
    "platformdirs.unix",
    "rich.text",
)
"""What a run imports when it comes to it, and what none has to import again."""


def _serve(anchor: float) -> None:
    from ima_tui import cli
    from ima_tui.cli import session
    from ima_tui.preferences import policy
    from ima_tui.runner import polling_schedule
    from ima_tui.studio import jobs, studio

    polling_schedule.LEAST_PATIENCE *= SPEED  # no job times out because the machine is busy
    policy.WATCH_SECONDS = studio.GUIDES_SECONDS = 0.05 * SPEED  # else every few milliseconds
    jobs.NEWS_SECONDS = 0.01 * SPEED
    for name in WARM:
        importlib.import_module(name)
    context = sys.modules["httpx"].create_ssl_context()  # reading the certificates takes 40 ms
    sys.modules["httpx._transports.default"].create_ssl_context = lambda **_: context  # type: ignore[attr-defined]
    gc.freeze()
    session.clock = SteadyClock(anchor)
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if pid == 0:
            out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            for number in (1, 2):
                os.dup2(out, number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdin = os.fdopen(0)  # the old one has read orders already
            os.environ.update(order["environment"])
            code = 70  # an exception; a child must never go on as the warm process
            try:
                code = cli.run(order["argv"])
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(code)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve(float(sys.argv[1]))
