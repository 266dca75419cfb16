"""What the scheduler needs of the service: API calls, and downloads of results.

Downloads come from public https hosts only, with size limits, to `.part` files. The addresses come
from the service and are not trusted: each one, and each redirect, is checked by `url_guard`, and
the connection is made to the checked IP address.

Requests beside the API carry no key: `look` tests whether a host answers over TLS, and its time;
`post` sends JSON to the user's webhook, whose address is checked in the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin

import httpx

from ima_tui.api import exchange, network, url_guard, wire
from ima_tui.api.client import Created, ImaClient, quieten_httpx
from ima_tui.api.exchange import Limits, Stage, TimedOut, watched
from ima_tui.core import atomic_file
from ima_tui.core.domain import Job
from ima_tui.core.errors import ImaError, Unreachable, Untrusted
from ima_tui.core.records import dataclass


class RemoteService(ImaClient):
    """The service as the scheduler uses it. Errors are those of `ImaClient` and `Downloader`."""

    def __init__(self, *, sandbox: str, **parts: Any) -> None:
        """`sandbox`: as for `Downloader`; `parts`: as for `ImaClient`."""
        super().__init__(**parts)
        self._downloader = Downloader(sandbox=sandbox)

    async def create_order(self, job: Job, urls: tuple[str, ...]) -> Created:
        """Create the task for `job`, with its inputs uploaded to `urls`. Charged."""
        return await self.create(wire.create_payload(job.order, urls))

    async def download(self, url: str, part: Path) -> int:
        """Download a result to `part`; returns the size in bytes."""
        return await self._downloader.fetch(url, part)

    async def aclose(self) -> None:
        """Close all connections."""
        await super().aclose()
        await self._downloader.aclose()


LARGEST = 2 * 1024**3
MOST_REDIRECTS = 4
DENIED = range(400, 500)
BUSY = frozenset({408, 425, 429})
"""Temporary HTTP errors, like the 5xx."""
CHUNK = 256 * 1024
TIMEOUT = httpx.Timeout(None, connect=10)
"""For each address of the host; `LIMITS` keeps the other deadlines."""
LIMITS = Limits(pool=60, connect=60, silence=60, whole=300, slowest=8 * 1024 * 1024)
"""Five minutes, and as many more for every 8 MB that came."""
PLAIN = {"Accept-Encoding": "identity"}
"""Uncompressed, so that the announced length is the stored one."""


class DownloadError(ImaError):
    """A download failed and nothing was stored. The key tells why.

    `error.download_unreachable`: no connection was made. `error.link_denied` and
    `error.link_trouble` carry the HTTP `status`.
    """


async def check_address(
    url: str, sandbox: str, resolver: url_guard.Resolve = url_guard.resolve
) -> url_guard.Checked:
    """Check that `url` is https on a public host, or of the `sandbox` origin.

    Raises `DownloadError`.
    """
    try:
        return await url_guard.check(url, sandbox, resolver)
    except url_guard.NotPublic as error:
        raise DownloadError("error.link_refused") from error
    except url_guard.Unresolved as error:
        raise DownloadError("error.download_unreachable") from error


class Downloader:
    """Downloads over its own connections, without the API key.

    `resolver` and `transport` are replaced only in tests.
    """

    def __init__(
        self,
        *,
        sandbox: str = "",
        resolver: url_guard.Resolve = url_guard.resolve,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        quieten_httpx()
        self._sandbox = sandbox
        self._resolver = resolver
        self._connections = url_guard.Connections(TIMEOUT, transport)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connections.aclose()

    async def fetch(self, url: str, part: Path) -> int:
        """Store `url` in `part`, flushed to disk; returns the size in bytes.

        Raises `DownloadError`.
        """
        stage = Stage()
        try:
            return await watched(self._fetch(url, part, stage), stage, LIMITS)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise await _unreachable(error, url) from error
        except (httpx.HTTPError, httpx.InvalidURL, TimedOut) as error:
            raise DownloadError("error.download_broken") from error
        except OSError as error:
            raise DownloadError("error.disk", reason=error.strerror or "—") from error

    async def _fetch(self, url: str, part: Path, stage: Stage) -> int:
        parts = {"headers": PLAIN, "extensions": {"trace": stage.trace}}
        for _ in range(MOST_REDIRECTS):
            checked = await check_address(url, self._sandbox, self._resolver)
            async with self._connections.asked(checked, "GET", **parts) as response:
                if response.is_redirect:
                    url = _redirected(url, response.headers.get("Location", ""))
                    continue
                _check_status(response.status_code)
                return await _store(response, part, stage)
        raise DownloadError("error.link_refused")


def _check_status(status: int) -> None:
    if status == 200:
        return
    denied = status in DENIED and status not in BUSY
    raise DownloadError("error.link_denied" if denied else "error.link_trouble", status=status)


async def _unreachable(error: Exception, url: str) -> DownloadError:
    """Return the error; a rejected certificate is final, other problems may pass."""
    found = await exchange.explain(error, url)
    if isinstance(found, Untrusted):
        return DownloadError(found.key, **found.values)
    return DownloadError("error.download_unreachable")


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise DownloadError("error.link_refused") from error


async def _store(response: httpx.Response, part: Path, stage: Stage) -> int:
    announced = _announced(response)
    if announced is not None and announced > LARGEST:
        raise DownloadError("error.too_large")
    stored = 0
    file = await asyncio.to_thread(part.open, "wb")
    try:
        unwritten = bytearray()
        async for piece in response.aiter_bytes():  # as they come, or progress would not be seen
            stored += len(piece)
            stage.move(len(piece))
            if stored > LARGEST:
                raise DownloadError("error.too_large")
            unwritten += piece
            if len(unwritten) >= CHUNK:
                await asyncio.to_thread(file.write, bytes(unwritten))
                unwritten.clear()
        await asyncio.to_thread(file.write, bytes(unwritten))
        if announced is not None and stored != announced:
            raise DownloadError("error.download_broken")
        await asyncio.to_thread(_flush, file)
    finally:
        file.close()
    return stored


def _announced(response: httpx.Response) -> int | None:
    written = response.headers.get("Content-Length", "")
    return int(written) if written.isdecimal() and len(written) < 20 else None


def _flush(file: BinaryIO) -> None:
    file.flush()
    atomic_file.sync(file.fileno())


# ---------------------------------------------------------------------- requests beside the API

SINGLE_SECONDS = 10.0
"""Time limit of one request beside the API, with name resolution."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Result of a probe.

    `problem`: why nothing answered. `skew`: seconds that our clock is fast, None without a Date
    header.
    """

    problem: ImaError | None = None
    skew: float | None = None


async def look(url: str, now: Callable[[], float]) -> ProbeResult:
    """Request the root of `url`. Never raises."""
    quieten_httpx()
    try:
        way = await asyncio.to_thread(network.transport_to, url)
    except ImaError as error:
        return ProbeResult(problem=error)
    try:
        async with (
            asyncio.timeout(SINGLE_SECONDS),
            httpx.AsyncClient(timeout=SINGLE_SECONDS, transport=way, trust_env=False) as client,
        ):
            before = now()
            async with client.stream("GET", url) as answer:
                middle = (before + now()) / 2
                said = wire.http_date(answer.headers.get("Date", ""))
                # half a second is allowed for because Date has whole seconds
                skew = None if said is None else middle - (said + 0.5)
                return ProbeResult(skew=skew)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        return ProbeResult(problem=await exchange.explain(error, url))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        return ProbeResult(problem=Unreachable(type(error).__name__))


async def post(
    url: str,
    body: bytes,
    *,
    sandbox: str = "",
    resolver: url_guard.Resolve = url_guard.resolve,
    transport: httpx.AsyncBaseTransport | None = None,
) -> None:
    """Post `body`. Raises `ImaError` unless the host answers with 2xx.

    `sandbox`: an origin on this machine that is allowed, or "". `resolver` and `transport` are
    replaced only in tests.
    """
    quieten_httpx()
    connections = url_guard.Connections(httpx.Timeout(SINGLE_SECONDS), transport)
    headers = {"Content-Type": "application/json", "User-Agent": "ima-tui"}
    try:
        async with asyncio.timeout(SINGLE_SECONDS):
            checked = await url_guard.check(url, sandbox, resolver)
            async with connections.asked(
                checked, "POST", content=body, headers=headers
            ) as response:
                status = response.status_code
    except (url_guard.NotPublic, httpx.InvalidURL) as error:
        raise ImaError("error.webhook_address") from error
    except (url_guard.Unresolved, httpx.HTTPError, TimeoutError) as error:
        raise ImaError("error.webhook_unreachable") from error
    finally:
        await connections.aclose()
    if not 200 <= status < 300:
        raise ImaError("error.webhook_refused", status=status)
