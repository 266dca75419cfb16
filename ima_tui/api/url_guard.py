"""The guard of addresses that come from outside: https on public hosts, and nothing else.

A name is resolved once, every address it has is judged, and the connection then goes to one of
those very addresses, with the name in the Host header and in the TLS handshake. Asking the
resolver a second time would let it answer otherwise. The sandbox's own loopback address is the
one exception. Where the person's environment names a proxy, the proxy makes the connection and
its own rules decide; literal addresses, and names that resolve here, are judged all the same.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpx

from ima_tui.api import network

LONGEST_URL = 8_192
RESOLVING = 20.0
"""Seconds a resolver may take."""
FIRST_FREE_PORT = 1024
"""Below it only 443: what else listens there speaks other protocols."""

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_NAT64 = IPv6Network("64:ff9b::/96")
"""What a resolver of an IPv6-only network wraps public IPv4 addresses in."""
_TUNNELS = tuple(map(IPv6Network, ("2001::/32", "2002::/16", "64:ff9b:1::/48", "3fff::/20")))

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""A host's addresses, by name and port. Raises `OSError` when there are none."""


class NotPublic(Exception):
    """The address is not https, not well formed, or not on a public host."""


class Unresolved(Exception):
    """The name has no address now."""


async def resolve(host: str, port: int) -> list[str]:
    """As the system resolves it."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Checked:
    """An address that may be asked. `addresses` are the only ones to connect to, best first;
    empty for the sandbox's own and where a proxy connects."""

    url: httpx.URL
    addresses: tuple[str, ...] = ()
    proxy: network.Proxy | None = None

    def requests(
        self, client: httpx.AsyncClient, method: str, **parts: Any
    ) -> Iterator[httpx.Request]:
        """The request, once for each address, to be tried in turn until one is connected to."""
        if not self.addresses:
            yield client.build_request(method, self.url, **parts)
        headers = {
            **parts.pop("headers", {}),
            "Host": self.url.netloc.decode("ascii"),
            "Connection": "close",  # kept, it would serve the next name at this address
        }
        for address in self.addresses:
            request = client.build_request(
                method, self.url.copy_with(host=address), headers=headers, **parts
            )
            if not _literal(self.url.host):
                request.extensions["sni_hostname"] = self.url.raw_host.decode("ascii")
            yield request


class Connections:
    """Connections to checked addresses only; they know no key, keep no cookie, follow nothing.

    `transport` is the network but in tests.
    """

    def __init__(
        self, timeout: httpx.Timeout, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._timeout = timeout
        self._transport = transport
        self._clients: dict[tuple[network.Proxy | None, bool], httpx.AsyncClient] = {}

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    @asynccontextmanager
    async def asked(
        self, checked: Checked, method: str, **parts: Any
    ) -> AsyncIterator[httpx.Response]:
        """The answer, not read yet, of the first of the addresses that can be connected to.

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
        """One client that connects by itself, and one for each proxy the environment names."""
        way = proxy, secure
        if way not in self._clients:
            # loading the certificates takes tens of milliseconds
            made = self._transport or await asyncio.to_thread(
                network.transport, proxy, secure=secure
            )
            if way not in self._clients:  # asked again: another may have been here meanwhile
                self._clients[way] = httpx.AsyncClient(
                    transport=made,
                    trust_env=False,  # whether a proxy is asked was decided with the check
                    timeout=self._timeout,
                    follow_redirects=False,
                )
        return self._clients[way]


async def check(url: str, sandbox: str = "", resolver: Resolve = resolve) -> Checked:
    """`url` as it may be asked. Raises `NotPublic`, `Unresolved`, or `Misconfigured` for a proxy.

    `sandbox`: an origin on this machine whose addresses are allowed as they are, or "".
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
    """Whether `address` is one that anybody on the internet could be meant by."""
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
