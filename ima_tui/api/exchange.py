"""One HTTP exchange with deadlines that count only the time this process was running.

httpx's own timers end a read although the response is in the socket, if this process was suspended
or starved meanwhile. For a paid request that would leave the outcome unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, TypeVar

import httpx

from ima_tui.core.clock import tick
from ima_tui.core.records import dataclass

LARGEST_ANSWER = 16 * 1024 * 1024
PIECE = 64 * 1024
GRACE_TURNS = 40
"""Loop iterations after a deadline for a response that is just being read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits of an exchange, in seconds.

    `pool`: for a free connection; `connect`: for each step of connecting; `silence`: between two
    signs of life after that; `whole`: in total, and as much again for every `slowest` bytes that
    were moved (0: nothing more). So a transfer has an end, whatever its size.
    """

    pool: float = 20.0
    connect: float = 10.0
    silence: float = 45.0
    whole: float = 120.0
    slowest: int = 0

    def total(self, moved: int) -> float:
        """Return the time limit for an exchange that has moved so many bytes."""
        return self.whole * (1 + moved / self.slowest) if self.slowest else self.whole


T = TypeVar("T")


class ResponseTooLarge(Exception):
    """The response exceeds the maximum size."""


class TimedOut(Exception):
    """A deadline passed. `written`: the request may have been sent."""

    def __init__(self, written: bool) -> None:
        super().__init__(written)
        self.written = written


@dataclass(slots=True)
class Stage:
    """Progress of an exchange, from httpcore's trace events.

    `before` is called right before the request is written; an exception of it ends the exchange.
    `moved`: bytes of a transfer so far.
    """

    before: Callable[[], None] | None = None
    steps: int = 0
    written: bool = False
    response: httpx.Response | None = None
    moved: int = 0

    def move(self, count: int) -> None:
        """Count bytes of a transfer."""
        self.steps += 1
        self.moved += count

    async def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Receive a trace event of httpcore."""
        self.steps += 1
        if getattr(info.get("request"), "method", b"") == b"CONNECT":
            return  # asks a proxy for a tunnel, which is a step of connecting
        if name.endswith("start_tls.started"):
            self.written = False  # until here only the proxy's CONNECT was written
        if name.endswith(("send_request_headers.started", "send_request_body.started")):
            if self.before is not None:
                self.before()
            self.written = True

    def silence(self, limits: Limits) -> float:
        """Return the time limit for silence in this stage, in seconds."""
        if self.written:
            return limits.silence
        return limits.connect if self.steps else limits.pool


class Body:
    """Content of an upload, written piece by piece, so that its progress is seen."""

    def __init__(self, content: bytes, stage: Stage) -> None:
        self._content = content
        self._stage = stage

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), PIECE):
            piece = self._content[start : start + PIECE]
            yield piece
            self._stage.move(len(piece))


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP response."""

    status: int
    headers: httpx.Headers
    body: bytes


async def exchange(
    http: httpx.AsyncClient,
    request: httpx.Request,
    limits: Limits,
    before: Callable[[], None] | None = None,
) -> Answer:
    """Send `request`. Raises `TimedOut`, `ResponseTooLarge`, or what httpx raises.

    A 429 is answered before the order is read: its body says nothing more, and need not arrive.
    """
    stage = Stage(before)
    request.extensions["trace"] = stage.trace
    try:
        return await watched(_read(http, request, stage), stage, limits)
    except (httpx.HTTPError, httpx.StreamError, ResponseTooLarge, TimedOut):
        if stage.response is None or stage.response.status_code != 429:
            raise
        return Answer(429, stage.response.headers, b"")


async def watched(exchanging: Coroutine[Any, Any, T], stage: Stage, limits: Limits) -> T:
    """Return the result of `exchanging`, which keeps `stage` up to date. Raises `TimedOut`."""
    work = asyncio.create_task(exchanging)
    try:
        await _watch(work, stage, limits)
        return await work
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # after a timeout nobody else fetches it


async def _read(http: httpx.AsyncClient, request: httpx.Request, stage: Stage) -> Answer:
    response = stage.response = await http.send(request, stream=True)
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            stage.steps += 1
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise ResponseTooLarge
    finally:
        await response.aclose()
    return Answer(response.status_code, response.headers, bytes(body))


async def _watch(work: asyncio.Task[T], stage: Stage, limits: Limits) -> None:
    """Until `work` is done. Raises `TimedOut`, but never right after we were frozen or starved."""
    whole = silent = 0.0
    seen = stage.steps
    while not work.done():
        left = min(stage.silence(limits) - silent, limits.total(stage.moved) - whole)
        counted, punctual = await tick({work}, max(left, 0.01))
        whole += counted
        silent = silent + counted if stage.steps == seen else 0.0
        seen = stage.steps
        ended = whole >= limits.total(stage.moved)
        if not punctual or not (ended or silent >= stage.silence(limits)):
            continue
        await _let_the_loop_read(work)
        if not work.done() and (ended or stage.steps == seen):
            raise TimedOut(stage.written)


async def _let_the_loop_read(work: asyncio.Task[T]) -> None:
    """The answer may be on its way through our own loop at this moment."""
    for _ in range(GRACE_TURNS):
        if work.done():
            return
        await asyncio.sleep(0)
