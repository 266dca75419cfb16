"""SSRF guard for addresses from outside: https on public hosts only.

A name is resolved once, every address is checked, and the connection is made to one of these very
addresses, with the name in the Host header and the TLS handshake; resolving twice would allow a
different result (DNS rebinding). The sandbox's loopback address is the one exception. With a proxy,
the proxy connects by its own rules; literal addresses and locally resolvable names are checked all
the same.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpx

from ima_tui.api import network
from ima_tui.core.records import dataclass

LONGEST_URL = 8_192
RESOLVING = 20.0
"""Time limit for the resolver."""
FIRST_FREE_PORT = 1024
"""Below it only 443: other services there speak other protocols."""

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_NAT64 = IPv6Network("64:ff9b::/96")
"""Prefix for public IPv4 addresses on an IPv6-only network."""
_TUNNELS = tuple(map(IPv6Network, ("2001::/32", "2002::/16", "64:ff9b:1::/48", "3fff::/20")))

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns a host's addresses by name and port. Raises `OSError` when there are none."""


class NotPublic(Exception):
    """The address is not https, not well formed, or not on a public host."""


class Unresolved(Exception):
    """The name has no address at present."""


async def resolve(host: str, port: int) -> list[str]:
    """Resolve with the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked address.

    `addresses` are the only ones to connect to, best first; empty for the sandbox and with a proxy.
    """

    url: httpx.URL
    addresses: tuple[str, ...] = ()
    proxy: network.Proxy | None = None

    def requests(
        self, client: httpx.AsyncClient, method: str, **parts: Any
    ) -> Iterator[httpx.Request]:
        """Yield the request once per address, to be tried in turn until one connects."""
        if not self.addresses:
            yield client.build_request(method, self.url, **parts)
        headers = {
            **parts.pop("headers", {}),
            "Host": self.url.netloc.decode("ascii"),
            "Connection": "close",  # a kept connection would serve the next name at this address
        }
        for address in self.addresses:
            request = client.build_request(
                method, self.url.copy_with(host=address), headers=headers, **parts
            )
            if not _literal(self.url.host):
                request.extensions["sni_hostname"] = self.url.raw_host.decode("ascii")
            yield request


class Connections:
    """Connections to checked addresses only: no key, no cookies, no redirects.

    `transport` is replaced only in tests.
    """

    def __init__(
        self, timeout: httpx.Timeout, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._timeout = timeout
        self._transport = transport
        self._clients: dict[tuple[network.Proxy | None, bool], httpx.AsyncClient] = {}

    async def aclose(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    @asynccontextmanager
    async def asked(
        self, checked: Checked, method: str, **parts: Any
    ) -> AsyncIterator[httpx.Response]:
        """Yield the unread response of the first address that connects.

        Raises `httpx.HTTPError`.
        """
        client = await self._client(checked.proxy, secure=checked.url.scheme == "https")
        problem: httpx.HTTPError = httpx.ConnectError("no address")
        for request in checked.requests(client, method, **parts):
            try:
                response = await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                problem = error
                continue
            try:
                yield response
            finally:
                await response.aclose()
            return
        raise problem

    async def _client(self, proxy: network.Proxy | None, *, secure: bool) -> httpx.AsyncClient:
        """Return the client for direct connections or for a proxy; one per proxy."""
        way = proxy, secure
        if way not in self._clients:
            # loading the certificates takes tens of milliseconds
            made = self._transport or await asyncio.to_thread(
                network.transport, proxy, secure=secure
            )
            if way not in self._clients:  # another task may have created it meanwhile
                self._clients[way] = httpx.AsyncClient(
                    transport=made,
                    trust_env=False,  # the check decided whether a proxy is used
                    timeout=self._timeout,
                    follow_redirects=False,
                )
        return self._clients[way]


async def check(url: str, sandbox: str = "", resolver: Resolve = resolve) -> Checked:
    """Check `url`.

    Raises `NotPublic`, `Unresolved`, or `Misconfigured` for a proxy. `sandbox`: an origin on this
    machine whose addresses are allowed, or "".
    """
    parsed = _parsed(url)
    if sandbox and _origin(parsed) == sandbox.rstrip("/") and not parsed.userinfo:
        return Checked(parsed)
    host = parsed.raw_host.decode("ascii", "replace").strip("[]")
    if parsed.scheme != "https" or parsed.userinfo or not host:
        raise NotPublic("no plain https address")
    port = 443 if parsed.port is None else parsed.port
    if port != 443 and not FIRST_FREE_PORT <= port <= 65_535:
        raise NotPublic("a port of another protocol")
    if _literal(host):
        return Checked(parsed, _public([host]), network.proxy_for(str(parsed)))
    if not _NAME.fullmatch(host):
        raise NotPublic("no host name")
    proxy = network.proxy_for(str(parsed))
    try:
        async with asyncio.timeout(RESOLVING):
            found = await resolver(host, port)
    except (OSError, UnicodeError, TimeoutError) as error:
        if proxy:
            return Checked(parsed, proxy=proxy)
        raise Unresolved(host) from error
    addresses = _public(found)
    return Checked(parsed, proxy=proxy) if proxy else Checked(parsed, addresses)


def public(address: str) -> bool:
    """Tell whether `address` is a public internet address."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            return False
        if found in _NAT64:
            return public(str(IPv4Address(int(found) & 0xFFFF_FFFF)))
        if found.ipv4_mapped is not None:
            return public(str(found.ipv4_mapped))
        if any(found in tunnel for tunnel in _TUNNELS) or found.is_site_local:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_loopback)


def _public(addresses: list[str]) -> tuple[str, ...]:
    if not addresses or not all(map(public, addresses)):
        raise NotPublic("not a public host")
    return tuple(addresses)


def _parsed(url: str) -> httpx.URL:
    if len(url) > LONGEST_URL or "\\" in url:
        raise NotPublic("no well-formed address")
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise NotPublic("no well-formed address") from error


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


def _literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
