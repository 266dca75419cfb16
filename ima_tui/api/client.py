"""The client: one pooled connection set, every call of the API, and the family of its errors.

What matters most is said by the type of the error: whether a create was provably not accepted
(`Refused`, `Unreachable`) or may have been (`Lost`). Reads have nothing to lose, so a read that
broke is `Unreachable` and may be asked again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from ima_tui import __version__
from ima_tui.api import guard, network, trouble, wire
from ima_tui.config import is_loopback
from ima_tui.domain import TaskType
from ima_tui.errors import (
    KeyInvalid,
    Limited,
    Lost,
    Malformed,
    Refused,
    ServiceError,
    Unauthorised,
    Unreachable,
    UsageError,
)
from ima_tui.text import one_line, redact

KEY_PREFIX = "ima_"
OK = frozenset({0, 200})
TIMEOUT = httpx.Timeout(connect=10, read=45, write=45, pool=20)
WHOLE_CALL = 120.0
"""Seconds for one call from start to end: a slow drip must not hold a job for ever."""
UPLOAD_CALL = 900.0
VERIFY_CALL = 420.0
"""Checking an asset can take minutes."""
LIMITS = httpx.Limits(max_connections=24, max_keepalive_connections=12, keepalive_expiry=15)
LARGEST_ANSWER = 16 * 1024 * 1024
LARGE_ANSWER = 200_000
"""Bytes above which reading an answer takes longer than the screen should wait."""
DEEPEST_ANSWER = 48
"""Levels of an answer's JSON; product trees have about a dozen."""

if find_spec("sniffio") is None:  # httpcore looks for it at each request, a fifth of its cost
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

APP_ID = "webAgent"
APP_KEY = "32jdskjdk320eew"
"""Public: every client of the upload service has this one."""

NEVER_CONNECTED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)

Answer = TypeVar("Answer", bound=BaseModel)


class _Quiet(logging.Filter):
    """httpx writes whole URLs at INFO, and the upload key travels in one: warnings only."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = redact(record.getMessage()), ()
        return True


def _client(
    base_url: str, upload_url: str, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient:
    """One client for both hosts, each asked the way its address needs. Raises `Misconfigured`."""
    api = transport or network.transport_to(base_url, LIMITS)
    uploads = transport or (
        api if _same_way(base_url, upload_url) else network.transport_to(upload_url, LIMITS)
    )
    return httpx.AsyncClient(
        timeout=TIMEOUT,
        follow_redirects=False,
        headers={"User-Agent": f"ima-tui/{__version__}"},
        transport=api,
        mounts=None if uploads is api else {_origin(upload_url): uploads},
        trust_env=False,  # read by `network`, which names what can't be used
    )


def _same_way(one: str, other: str) -> bool:
    schemes = {url.partition(":")[0] for url in (one, other)}
    return len(schemes) == 1 and network.proxy_for(one) == network.proxy_for(other)


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def quieten_httpx() -> None:
    for name in ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _Quiet) for known in logger.filters):
            logger.addFilter(_Quiet())
        logger.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Created:
    """`deadline`: seconds since the epoch, None when the service names none."""

    task_id: str
    deadline: float | None


class ImaClient:
    """`key` must begin with `ima_` (`KeyInvalid` before any request). Close with `aclose`."""

    def __init__(
        self,
        *,
        key: str,
        base_url: str,
        upload_url: str,
        language: str = "en",
        now: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not key.startswith(KEY_PREFIX) or not key.isascii() or not key.isprintable():
            raise KeyInvalid
        quieten_httpx()
        self._key = key
        self._base_url = base_url.rstrip("/")
        self._upload_url = upload_url.rstrip("/")
        self._language = language
        self._now = now
        for url in (self._base_url, self._upload_url):
            if not url.startswith("https://") and not is_loopback(url):
                raise UsageError("error.endpoint", url=one_line(url, 120))
        self._http = _client(self._base_url, self._upload_url, transport)
        self._uploads = guard.Connections(TIMEOUT, transport)

    async def aclose(self) -> None:
        await self._http.aclose()
        await self._uploads.aclose()

    # ------------------------------------------------------------------------------- calls

    async def products(self, task_type: TaskType) -> list[dict[str, Any]]:
        """The product tree of one task type."""
        query = {"app": "ima", "platform": "web", "category": task_type.value}
        request = self._api("GET", "/open/v1/product/list", params=query)
        data = await self._call(request)
        if not isinstance(data, list):
            raise Malformed("product list is no list")
        return _read(wire.ProductTree, {"nodes": data}).nodes

    async def create(self, payload: Mapping[str, Any]) -> Created:
        """Send a paid request once. Raises `Lost` whenever it may have been accepted."""
        request = self._api("POST", "/open/v1/tasks/create", body=payload)
        data = await self._call(request, paid=True)
        try:
            created = _read(wire.Created, data)
        except Malformed as error:
            raise Lost(error.why) from error
        if not created.id:
            raise Lost("accepted without an id")
        return Created(created.id, created.timeout_at / 1000 if created.timeout_at else None)

    async def detail(self, task_id: str, before: Callable[[], None] | None = None) -> wire.Progress:
        """`before` is called as late as can be: with the connection there, right before the
        question is written. What it raises is raised, and nothing was asked."""
        request = self._api("POST", "/open/v1/tasks/detail", body={"task_id": task_id})
        if before is not None:
            request.extensions["trace"] = _before_writing(before)
        return _read(wire.Detail, await self._call(request)).progress()

    async def verify(self, url: str) -> None:
        """Have an input checked, for the models that want it. Raises `UsageError` if it fails."""
        request = self._api("POST", "/open/v1/assets/verify", body={"url": url})
        request.extensions["timeout"] = {**TIMEOUT.as_dict(), "read": VERIFY_CALL}
        answer = _read(wire.Verified, await self._call(request, seconds=VERIFY_CALL))
        if not answer.passed:
            error = answer.result.error
            why = one_line(error.message or error.code or answer.result.status, 200)
            raise UsageError("error.input_rejected", reason=why or "—")

    async def upload(self, content: bytes, *, mime: str, suffix: str) -> str:
        """Store a file with the service; returns the URL to use as input."""
        token = _read(wire.UploadToken, await self._call(self._token_request(mime, suffix)))
        if not token.ful or not token.fdl:
            raise Malformed("upload token without addresses")
        await self._put(token.ful, content, mime)
        return token.fdl

    async def _put(self, url: str, content: bytes, mime: str) -> None:
        """To where the token says, which must be a public host or the upload host itself."""
        try:
            checked = await guard.check(url, self._upload_url)
        except guard.NotPublic as error:
            raise Malformed(f"upload address: {error}") from error
        except guard.Unresolved as error:
            raise Unreachable("upload host has no address") from error
        try:
            async with (
                asyncio.timeout(UPLOAD_CALL),
                self._uploads.asked(
                    checked, "PUT", content=content, headers={"Content-Type": mime}
                ) as response,
            ):
                status = response.status_code
        except NEVER_CONNECTED as error:
            raise await trouble.explain(error, url) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from error
        if not 200 <= status < 300:
            raise Unreachable(f"upload answered {status}")

    # ---------------------------------------------------------------------------- requests

    def _api(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "x-app-source": "ima_skills",
            "x_app_language": self._language,
        }
        url = self._base_url + path
        return self._http.build_request(method, url, params=params, json=body, headers=headers)

    def _token_request(self, mime: str, suffix: str) -> httpx.Request:
        timestamp, nonce = str(int(self._now())), secrets.token_hex(10)
        signed = f"{APP_ID}|{APP_KEY}|{timestamp}|{nonce}"
        family = mime.partition("/")[0]
        query = {
            "appUid": self._key,
            "cmimToken": self._key,
            "appId": APP_ID,
            "appKey": APP_KEY,
            "sign": hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest().upper(),
            "timestamp": timestamp,
            "nonce": nonce,
            "fService": "privite",
            "fType": family if family in ("video", "audio") else "picture",
            "fSuffix": suffix,
            "fContentType": mime,
        }
        url = self._upload_url + "/api/rest/oss/getuploadtoken"
        return self._http.build_request("GET", url, params=query)

    async def _call(
        self, request: httpx.Request, *, paid: bool = False, seconds: float = WHOLE_CALL
    ) -> object:
        """`data` of the envelope. The body's code decides, not the HTTP status."""
        status, headers, body = await self._exchange(request, paid=paid, seconds=seconds)
        if len(body) > LARGE_ANSWER:  # the event loop has others to serve meanwhile
            envelope = await asyncio.to_thread(_envelope, body)
        else:
            envelope = _envelope(body)
        if envelope is None or envelope.code is None:
            raise _transport_fault(status, headers, paid)
        if envelope.code in OK:
            return envelope.data
        message = one_line(redact(envelope.message), 300)
        if envelope.code == 401:
            raise Unauthorised(message)
        if envelope.code == 429:
            raise Limited(_retry_after(headers, self._now()), message)
        raise Refused(envelope.code, message)

    async def _exchange(
        self, request: httpx.Request, *, paid: bool, seconds: float
    ) -> tuple[int, httpx.Headers, bytes]:
        """Send, and read the whole answer within `seconds` and the largest size."""
        lost: type[Lost | Unreachable] = Lost if paid else Unreachable
        try:
            async with asyncio.timeout(seconds):
                response = await self._http.send(request, stream=True)
                try:
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        body += chunk
                        if len(body) > LARGEST_ANSWER:
                            raise lost("answer too large")
                finally:
                    await response.aclose()
        except NEVER_CONNECTED as error:
            raise await trouble.explain(error, str(request.url)) from error
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            raise lost(type(error).__name__) from error
        return response.status_code, response.headers, bytes(body)


def _before_writing(check: Callable[[], None]) -> Callable[[str, object], Awaitable[None]]:
    """httpcore tells of each step of an exchange: headers and body of a request are two writes."""

    async def trace(name: str, _: object) -> None:
        if name.endswith(("send_request_headers.started", "send_request_body.started")):
            check()

    return trace


def _envelope(body: bytes) -> wire.Envelope | None:
    try:
        return wire.Envelope.model_validate(_shallow(json.loads(body)))
    except (ValueError, RecursionError):
        return None


def _shallow(value: Any) -> Any:
    """`value`, or ValueError when it is nested deeper than anything the service says."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST_ANSWER):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for items in inner for item in items if isinstance(item, dict | list)]
        if not level:
            return value
    raise ValueError("nested too deeply")


def _transport_fault(status: int, headers: httpx.Headers, paid: bool) -> ServiceError:
    """An answer that is not the service's own: a proxy's page, a cut body, a redirect."""
    why = f"HTTP {status}"
    if paid:
        return Lost(why)
    if status == 429:
        return Limited(_retry_after(headers, time.time()))
    return Malformed(why) if 200 <= status < 300 else Unreachable(why)


def _retry_after(headers: httpx.Headers, now: float) -> float | None:
    """Seconds, from either form of the header."""
    raw = headers.get("Retry-After", "").strip()
    if raw.isdecimal() and len(raw) < 7:
        return float(raw)
    try:
        return max(0.0, parsedate_to_datetime(raw).timestamp() - now) if raw else None
    except (ValueError, TypeError, OverflowError):
        return None


def _read(shape: type[Answer], data: object) -> Answer:
    try:
        return shape.model_validate(data)
    except (ValidationError, RecursionError) as error:
        raise Malformed(shape.__name__) from error
