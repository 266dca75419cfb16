"""Fetching results: public https hosts only, within caps, into a `.part` that is then renamed.

The addresses come from the service, so they are data: each one, and each redirect, is checked
after its name was resolved. The sandbox's own loopback address is the one exception.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import httpx

from ima_tui.api.client import quieten_httpx
from ima_tui.errors import ImaError

LARGEST = 2 * 1024**3
SECONDS = 1_800.0
MOST_REDIRECTS = 4
GONE = frozenset({401, 403, 404, 410})
CHUNK = 256 * 1024


class DownloadError(ImaError):
    """`error.link_expired`, `error.link_refused`, `error.download_broken` …: nothing was stored."""


async def check_address(url: str, sandbox: str) -> None:
    """Raise `DownloadError` unless `url` is https on a public host, or of the `sandbox` origin."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise DownloadError("error.link_refused") from error
    if sandbox and f"{parts.scheme}://{parts.netloc}" == sandbox.rstrip("/"):
        return
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise DownloadError("error.link_refused")
    try:
        port = parts.port or 443
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname, port, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError, ValueError) as error:
        raise DownloadError("error.download_broken") from error
    for *_, address in found:
        if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
            raise DownloadError("error.link_refused")


class Downloader:
    """Fetches one result after another over a client of its own, which knows no key."""

    def __init__(self, *, sandbox: str = "") -> None:
        quieten_httpx()
        self._sandbox = sandbox
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(connect=10, read=60, write=30, pool=60), follow_redirects=False
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def fetch(self, url: str, part: Path) -> int:
        """Store `url` in `part`, flushed to disk; returns its size in bytes."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._fetch(url, part)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise DownloadError("error.download_broken") from error
        except OSError as error:
            raise DownloadError("error.disk", reason=error.strerror or "—") from error

    async def _fetch(self, url: str, part: Path) -> int:
        for _ in range(MOST_REDIRECTS):
            await check_address(url, self._sandbox)
            headers = {"Accept-Encoding": "identity"}  # what is counted is what is stored
            async with self._http.stream("GET", url, headers=headers) as response:
                if response.is_redirect:
                    url = _redirected(url, response.headers.get("Location", ""))
                    continue
                if response.status_code in GONE:
                    raise DownloadError("error.link_expired")
                if response.status_code != 200:
                    raise DownloadError("error.download_broken")
                return await _store(response, part)
        raise DownloadError("error.link_refused")


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise DownloadError("error.link_refused") from error


async def _store(response: httpx.Response, part: Path) -> int:
    announced = response.headers.get("Content-Length", "")
    stored = 0
    file = await asyncio.to_thread(part.open, "wb")
    try:
        async for chunk in response.aiter_bytes(CHUNK):
            stored += len(chunk)
            if stored > LARGEST:
                raise DownloadError("error.too_large")
            await asyncio.to_thread(file.write, chunk)
        if announced.isdigit() and stored != int(announced):
            raise DownloadError("error.download_broken")
        await asyncio.to_thread(_flush, file)
    finally:
        file.close()
    return stored


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
