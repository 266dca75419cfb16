"""Client of the decoding child: starts it on demand, one request at a time, time limit.

The newest request goes first, because a scrolling user wants what is visible now.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from contextlib import suppress

from ima_tui.imaging.request import (
    MOST_ANSWER,
    CannotShow,
    DecodeReply,
    Request,
    line_of,
    read_head,
    reply_of,
)

MOST_SECONDS = 12.0
"""Time limit for one response; then the child is killed."""
_ANSWER_LINE = 1 << 16
KEPT = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "PYTHONPATH", "SYSTEMROOT"}
)
"""Environment variables passed to the child; not the key."""

PendingRequest = tuple[Request, "asyncio.Future[DecodeReply]"]


class Decoder:
    """Decodes files in a child process. `ask` may be called concurrently; end with `aclose`."""

    def __init__(self, seconds: float = MOST_SECONDS) -> None:
        self._seconds = seconds
        self._pending: deque[PendingRequest] = deque()
        self._child: asyncio.subprocess.Process | None = None
        self._working: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> DecodeReply:
        """Return the decoded picture. Raises `CannotShow`. Cancelled requests are not decoded."""
        future: asyncio.Future[DecodeReply] = asyncio.get_running_loop().create_future()
        self._pending.append((request, future))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="decode")
        return await future

    async def aclose(self) -> None:
        """Cancel all requests and end the child."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        while self._pending:
            self._pending.pop()[1].cancel()
        await self._end()

    async def _work(self) -> None:
        while self._pending:
            request, future = self._pending.pop()
            if future.done():
                continue
            try:
                reply = await self._answer(request)
            except CannotShow as problem:
                if not future.done():
                    future.set_exception(problem)
            except asyncio.CancelledError:
                future.cancel()
                raise
            else:
                if not future.done():
                    future.set_result(reply)

    async def _answer(self, request: Request) -> DecodeReply:
        for _ in range(2):  # a child that had just ended is started once more
            child = await self._ready()
            try:
                async with asyncio.timeout(self._seconds):
                    reply = await _exchange(child, request)
            except TimeoutError as error:
                await self._end()
                raise CannotShow("viewer.too_slow") from error
            except asyncio.CancelledError:
                await self._end()  # half a response may be pending
                raise
            except (OSError, ValueError, KeyError, TypeError) as error:
                await self._end()
                raise CannotShow("viewer.broken") from error
            if reply is not None:
                return reply
            rested = await child.wait() == 0
            self._child = None
            if not rested:
                break  # it was killed, or crashed on this file
        raise CannotShow("viewer.broken")

    async def _ready(self) -> asyncio.subprocess.Process:
        if self._child is None or self._child.returncode is not None:
            try:
                self._child = await start_child("ima_tui.imaging.worker", _ANSWER_LINE)
            except OSError as error:
                raise CannotShow("viewer.broken") from error
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def start_child(module: str, longest_line: int) -> asyncio.subprocess.Process:
    """Start a module of ours as a program with pipes. Raises `OSError`."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # modules in the working directory must not be imported
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in KEPT if name in os.environ},
        start_new_session=True,  # ctrl+c is for us
        limit=longest_line,
    )


async def _exchange(child: asyncio.subprocess.Process, request: Request) -> DecodeReply | None:
    """Send one request; None if the child has ended."""
    if child.stdin is None or child.stdout is None:
        return None
    try:
        child.stdin.write(line_of(request))
        await child.stdin.drain()
        line = await child.stdout.readline()
    except (BrokenPipeError, ConnectionResetError):
        return None
    if not line.endswith(b"\n"):
        return None
    head, size = read_head(line)
    if not 0 <= size <= MOST_ANSWER:
        raise ValueError(size)
    return reply_of(head, await child.stdout.readexactly(size))
