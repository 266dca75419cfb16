"""Webhook client: posts JSON to an address of the user, without the API key.

The address is checked as those of results are (`url_guard`): https on a public host, no redirects.
"""

from __future__ import annotations

import asyncio

import httpx

from ima_tui.api import url_guard
from ima_tui.api.client import quieten_httpx
from ima_tui.core.errors import ImaError

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
