"""One HTTP exchange with deadlines that count only the time this process was running.

httpx's own timers end a read although the response is in the socket, if this process was suspended
or starved meanwhile. For a paid request that would leave the outcome unknown.

`explain` tells why a connection failed: proxy, certificate or network.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import httpx

from ima_tui.api import network
from ima_tui.core.clock import tick
from ima_tui.core.errors import Misconfigured, Unreachable, Untrusted
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line

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


LOOKING = 5.0
"""Time limit for inspecting a rejected certificate."""
REMEMBERED = 30.0
"""How long the issuer of a rejected certificate is cached."""

_EXPIRED, _NOT_YET = 10, 9
_SELF_SIGNED = 18
_UNKNOWN_ISSUER = (19, 20, 21, 24, 26)
_OTHER_NAME = (62, 64)
"""OpenSSL's numbers for a host name mismatch."""

_NAME, _ORGANISATION = bytes((0x55, 4, 3)), bytes((0x55, 4, 10))
_issuers: dict[str, tuple[float, str]] = {}


async def explain(error: Exception, url: str) -> Unreachable:
    """Return the error for a connection to `url` that could not be made; nothing was sent."""
    why = type(error).__name__
    parsed = httpx.URL(url)
    host = one_line(parsed.host, 120)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return await _certificate(cause, parsed, host)
        if isinstance(cause, ssl.SSLError):
            return Untrusted(why, "error.tls_none", host=host)
    try:
        proxy = network.proxy_for(url)
    except Misconfigured as problem:
        return problem
    if proxy is None or isinstance(error, httpx.PoolTimeout):
        return Unreachable(why)
    about = {"proxy": proxy.shown, "variable": proxy.variable}
    if isinstance(error, httpx.ProxyError):
        key = "error.proxy_password" if "407" in str(error) else "error.proxy_refused"
        return Unreachable(why, key, **about)
    return Unreachable(why, "error.proxy_down", **about)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(8):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


async def _certificate(
    error: ssl.SSLCertVerificationError, url: httpx.URL, host: str
) -> Unreachable:
    code, why = error.verify_code, f"certificate {error.verify_code}"
    if code in (_EXPIRED, _NOT_YET):
        return Untrusted(why, "error.tls_dates", host=host)
    if code in _OTHER_NAME:
        return Untrusted(why, "error.tls_name", host=host)
    if code == _SELF_SIGNED:
        return Untrusted(why, "error.tls_self_signed", host=host)
    issuer = await _issuer(url) if code in _UNKNOWN_ISSUER else ""
    if issuer:
        return Untrusted(why, "error.tls_issuer", host=host, issuer=issuer)
    return Untrusted(why, "error.tls_unknown", host=host)


class _Seen(Exception):
    """Ends a connection once its certificate was read."""


async def _issuer(url: httpx.URL) -> str:
    """Return the issuer of the certificate of `url`, "" if unknown.

    The connection ends with the handshake: no request and no key is sent over it.
    """
    now = time.monotonic()
    known = _issuers.get(url.host)
    if known is not None and now - known[0] < REMEMBERED:
        return known[1]
    seen: list[bytes] = []

    async def trace(name: str, info: dict[str, Any]) -> None:
        if not name.endswith("start_tls.complete"):
            return
        tls = info["return_value"].get_extra_info("ssl_object")
        if tls is not None and tls.server_hostname == url.host:  # else that of the proxy
            seen.append(tls.getpeercert(True) or b"")
            raise _Seen

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only inspected: nothing is sent
    with suppress(_Seen, httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, Misconfigured):
        way = network.Transport(network.proxy_for(str(url)), context, httpx.Limits())
        async with asyncio.timeout(LOOKING), way:
            origin = url.copy_with(path="/", query=None)
            await way.handle_async_request(
                httpx.Request("HEAD", origin, extensions={"trace": trace})
            )
    found = one_line(issuer_of(seen[0]), 120) if seen else ""
    _issuers[url.host] = now, found
    return found


# --------------------------------------------------------------------------- certificates


def issuer_of(certificate: bytes) -> str:
    """Parse the issuer's name and organisation of a DER certificate; "" where unreadable."""
    try:
        body = _inside(_inside(certificate))
        fields = list(_values(body))
        if fields and fields[0][0] == 0xA0:  # the version, which the oldest certificates leave out
            fields.pop(0)
        issuer = fields[2][1]
        named: dict[bytes, str] = {}
        for _, group in _values(issuer):
            for _, pair in _values(group):
                (_, kind), (tag, value) = list(_values(pair))[:2]
                named[kind] = value.decode("utf-16-be" if tag == 0x1E else "utf-8", "replace")
    except (IndexError, StopIteration, ValueError):
        return ""
    name, organisation = named.get(_NAME, ""), named.get(_ORGANISATION, "")
    if name and organisation and organisation not in name:
        return f"{name} ({organisation})"
    return name or organisation


def _inside(data: bytes) -> bytes:
    return next(_values(data))[1]


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each DER value. Raises `ValueError` for cut data."""
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            raise ValueError("cut")
        yield tag, data[at : at + size]
        at += size
