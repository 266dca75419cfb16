"""One look at a host without a key: does it answer, over TLS, and what time does it think it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from ima_tui.api import connection_errors, network
from ima_tui.api.client import quieten_httpx
from ima_tui.core.errors import ImaError, Unreachable

SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """`status` is the HTTP status, whatever it is; 0 where nothing answered, `problem` then says
    why. `skew`: seconds that our clock is ahead, None when no date came."""

    status: int = 0
    problem: ImaError | None = None
    skew: float | None = None


async def look(url: str, now: Callable[[], float]) -> ProbeResult:
    """Ask `url` for its root. Never raises."""
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
        return ProbeResult(problem=await connection_errors.explain(error, url))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        return ProbeResult(problem=Unreachable(type(error).__name__))


def _skew(date: str | None, now: float) -> float | None:
    """A Date header has whole seconds: half of one is taken off."""
    try:
        return now - (parsedate_to_datetime(date).timestamp() + 0.5) if date else None
    except (ValueError, TypeError, OverflowError):
        return None
