"""Diagnosis of failed connections: proxy, certificate or network."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx

from ima_tui.api import network
from ima_tui.core.errors import Misconfigured, Unreachable, Untrusted
from ima_tui.core.text import one_line

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
