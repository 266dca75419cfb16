"""Requests beside the API: a connection test, and the webhook. Neither carries the API key.

The test says whether the host answers over TLS, and its time. The webhook posts JSON to an address
of the user. It is checked as those of results are (`url_guard`): https on a public host, no
redirects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx

from ima_tui.api import exchange, network, url_guard
from ima_tui.api.client import quieten_httpx
from ima_tui.core.errors import ImaError, Unreachable
from ima_tui.core.records import dataclass

SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Result of a probe.

    `status`: the HTTP status, 0 where nothing answered; `problem` then says why. `skew`: seconds
    that our clock is fast, None without a Date header.
    """

    status: int = 0
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
            asyncio.timeout(SECONDS),
            httpx.AsyncClient(timeout=SECONDS, transport=way, trust_env=False) as client,
        ):
            before = now()
            async with client.stream("GET", url) as answer:
                middle = (before + now()) / 2
                return ProbeResult(
                    answer.status_code, skew=_skew(answer.headers.get("Date"), middle)
                )
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        return ProbeResult(problem=await exchange.explain(error, url))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        return ProbeResult(problem=Unreachable(type(error).__name__))


def _skew(date: str | None, now: float) -> float | None:
    """Return the clock error; half a second is allowed for because Date has whole seconds."""
    try:
        return now - (parsedate_to_datetime(date).timestamp() + 0.5) if date else None
    except (ValueError, TypeError, OverflowError):
        return None


TIMEOUT = httpx.Timeout(10.0)
WHOLE_SECONDS = 10.0
"""Time limit of one post, with name resolution."""


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
    connections = url_guard.Connections(TIMEOUT, transport)
    headers = {"Content-Type": "application/json", "User-Agent": "ima-tui"}
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
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
