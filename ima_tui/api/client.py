"""HTTP client of the IMA Open API: every call, with typed errors.

The error type tells what matters most: a create was certainly not accepted (`Refused`,
`Unreachable`) or may have been (`Lost`). Reads can't lose anything, so a read that broke is
`Unreachable` and may be repeated.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from ima_tui import __version__
from ima_tui.api import network, url_guard, wire
from ima_tui.api.exchange import (
    Answer,
    Body,
    Limits,
    ResponseTooLarge,
    Stage,
    TimedOut,
    exchange,
    explain,
    watched,
)
from ima_tui.config.loader import is_loopback
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import (
    ClockWrong,
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
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line, redact

KEY_PREFIX = "ima_"
OK = frozenset({0, 200})
CALL = Limits()
VERIFY_CALL = Limits(silence=420, whole=420)
"""Checking an input can take minutes."""
UPLOAD = httpx.Timeout(None, connect=10)
"""For each address of the host; `UPLOAD_CALL` keeps the other deadlines."""
UPLOAD_CALL = Limits(pool=60, connect=60, silence=45, slowest=1024 * 1024)
"""An upload of 1 MB may take four minutes, one of 10 MB 22 minutes."""
LIMITS = httpx.Limits(max_connections=24, max_keepalive_connections=12, keepalive_expiry=15)
LARGE_ANSWER = 200_000
"""Bytes above which a response is parsed off the event loop."""
DEEPEST_ANSWER = 48
"""Maximum nesting of a response's JSON; product trees have about a dozen levels."""

if find_spec("sniffio") is None:  # httpcore looks for it on each request, a fifth of its cost
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

SHORTEST_SECRET = 8
"""Minimum length of a key to mask in responses; shorter text could match by accident."""
MOST_SKEW = 240.0
"""Tolerated clock error in seconds; the service accepts signatures of the last five minutes."""
APP_ID = "webAgent"
APP_KEY = "32jdskjdk320eew"
"""Public: the same for every client of the upload service."""

NEVER_CONNECTED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)

Shape = TypeVar("Shape", bound=BaseModel)


class _Quiet(logging.Filter):
    """Log filter: httpx writes whole URLs at INFO, and upload URLs contain a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop records below WARNING and mask the rest."""
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = redact(record.getMessage()), ()
        return True


def _client(
    base_url: str, upload_url: str, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient:
    """Return one HTTP client for both hosts, with their proxies. Raises `Misconfigured`."""
    api = transport or network.transport_to(base_url, LIMITS)
    uploads = transport or (
        api if _same_way(base_url, upload_url) else network.transport_to(upload_url, LIMITS)
    )
    return httpx.AsyncClient(
        timeout=httpx.Timeout(None),  # `exchange` keeps the deadlines
        follow_redirects=False,
        headers={"User-Agent": f"ima-tui/{__version__}"},
        transport=api,
        mounts=None if uploads is api else {_origin(upload_url): uploads},
        trust_env=False,  # `network` reads it, and names unusable values
    )


def _same_way(one: str, other: str) -> bool:
    schemes = {url.partition(":")[0] for url in (one, other)}
    return len(schemes) == 1 and network.proxy_for(one) == network.proxy_for(other)


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def quieten_httpx() -> None:
    """Install the filter on the loggers of httpx and httpcore."""
    for name in ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _Quiet) for known in logger.filters):
            logger.addFilter(_Quiet())
        logger.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Created:
    """An accepted create. `deadline`: seconds since the epoch, None when the service names none."""

    task_id: str
    deadline: float | None


class HttpError(Unreachable):
    """A host answered with an HTTP error and without an envelope."""


class ImaClient:
    """Calls of the API.

    `key` must begin with `ima_`, else `KeyInvalid` before any request. Close with `aclose`.
    """

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
        self._skew = 0.0
        """Seconds that our clock is fast, by the last Date header."""
        self._traced = transport is None
        """Whether the transport reports when a request was written."""
        self._http = _client(self._base_url, self._upload_url, transport)
        self._uploads = url_guard.Connections(UPLOAD, transport)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()
        await self._uploads.aclose()

    # ------------------------------------------------------------------------------- calls

    async def products(self, task_type: TaskType) -> list[dict[str, Any]]:
        """Return the product tree of one task type."""
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
            created = _read(wire.CreatedBody, data)
        except Malformed as error:
            raise Lost(error.why) from error
        if not created.id:
            raise Lost("accepted without an id")
        return Created(created.id, created.timeout_at / 1000 if created.timeout_at else None)

    async def detail(self, task_id: str, before: Callable[[], None] | None = None) -> wire.Progress:
        """Return the state of a task.

        `before` is called right before the request is written, once a connection exists; an
        exception of it cancels the request.
        """
        request = self._api("POST", "/open/v1/tasks/detail", body={"task_id": task_id})
        return _read(wire.Detail, await self._call(request, before=before)).progress()

    async def verify(self, url: str) -> None:
        """Have the service check an input, for the models that require it.

        Raises `UsageError` if it fails.
        """
        request = self._api("POST", "/open/v1/assets/verify", body={"url": url})
        answer = _read(wire.Verified, await self._call(request, limits=VERIFY_CALL))
        if not answer.passed:
            error = answer.result.error
            why = one_line(error.message or error.code or answer.result.status, 200)
            raise UsageError("error.input_rejected", reason=why or "—")

    async def upload(self, content: bytes, *, mime: str, suffix: str) -> str:
        """Upload a file; returns the URL to use as input.

        The token is signed with our time: while our clock is wrong, a refusal is reported as
        `ClockWrong`, whatever the host's reason.
        """
        try:
            token = await self._token(mime, suffix)
            await self._put(token.ful, content, mime)
        except (Unauthorised, Limited):
            raise
        except (Refused, Malformed, HttpError) as error:
            if abs(self._skew) > MOST_SKEW:
                raise ClockWrong(self._skew) from error
            raise
        return token.fdl

    async def _token(self, mime: str, suffix: str) -> wire.UploadToken:
        token = _read(wire.UploadToken, await self._call(self._token_request(mime, suffix)))
        if not token.ful or not token.fdl:
            raise Malformed("upload token without addresses")
        return token

    async def _put(self, url: str, content: bytes, mime: str) -> None:
        """Upload to the URL of the token, which must be a public host or the upload host itself."""
        try:
            checked = await url_guard.check(url, self._upload_url)
        except url_guard.NotPublic as error:
            raise Malformed(f"upload address: {error}") from error
        except url_guard.Unresolved as error:
            raise Unreachable("upload host has no address") from error
        stage = Stage()

        async def put() -> tuple[int, httpx.Headers]:
            async with self._uploads.asked(
                checked,
                "PUT",
                content=Body(content, stage),
                headers={"Content-Type": mime, "Content-Length": str(len(content))},
                extensions={"trace": stage.trace},
            ) as response:
                return response.status_code, response.headers

        try:
            status, headers = await watched(put(), stage, UPLOAD_CALL)
        except NEVER_CONNECTED as error:
            raise await explain(error, url) from error
        except (httpx.HTTPError, TimedOut) as error:
            raise Unreachable(type(error).__name__) from error
        self._update_clock_skew(headers)
        if status == 429:
            raise Limited(self._retry_after(headers))
        if not 200 <= status < 300:
            raise HttpError(f"upload answered {status}")

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
        self,
        request: httpx.Request,
        *,
        paid: bool = False,
        limits: Limits | None = None,
        before: Callable[[], None] | None = None,
    ) -> object:
        """Return `data` of the envelope. The envelope's code decides, not the HTTP status."""
        answer = await self._exchange(request, paid, limits or CALL, before)
        self._update_clock_skew(answer.headers)
        body = self._without_the_key(answer.body)
        if len(body) > LARGE_ANSWER:  # parsing must not block the event loop
            envelope = await asyncio.to_thread(_envelope, body)
        else:
            envelope = _envelope(body)
        if answer.status == 429 and not _decides(envelope):
            raise Limited(self._retry_after(answer.headers), _message(envelope))
        if envelope is None or envelope.code is None:
            raise _transport_fault(answer.status, paid)
        if envelope.code in OK:
            return envelope.data
        message = _message(envelope)
        if envelope.code == 401:
            raise Unauthorised(message)
        if envelope.code == 429:
            raise Limited(self._retry_after(answer.headers), message)
        if paid and _has_task(envelope):
            raise Lost(f"code {envelope.code} with a task id")
        raise Refused(envelope.code, message, answer.status)

    async def _exchange(
        self,
        request: httpx.Request,
        paid: bool,
        limits: Limits,
        before: Callable[[], None] | None,
    ) -> Answer:
        """Return the response, or raise the error that tells whether it may have been accepted."""
        lost: type[Lost | Unreachable] = Lost if paid else Unreachable
        try:
            return await exchange(self._http, request, limits, before)
        except NEVER_CONNECTED as error:
            if "certificate is not yet valid" in str(error):
                raise ClockWrong from error
            raise await explain(error, str(request.url)) from error
        except TimedOut as error:
            if self._traced and not error.written:
                raise await explain(error, str(request.url)) from error
            raise lost("TimedOut") from error
        except (httpx.HTTPError, httpx.StreamError, ResponseTooLarge) as error:
            raise lost(type(error).__name__) from error

    def _without_the_key(self, body: bytes) -> bytes:
        """Mask the key in a response that repeats the request."""
        if len(self._key) < SHORTEST_SECRET:
            return body
        return body.replace(self._key.encode(), f"{KEY_PREFIX}…".encode())

    def _update_clock_skew(self, headers: httpx.Headers) -> None:
        said = wire.http_date(headers.get("Date", ""))
        if said is not None:
            self._skew = self._now() - said

    def _retry_after(self, headers: httpx.Headers) -> float | None:
        said, date = headers.get("Retry-After", ""), headers.get("Date", "")
        return wire.retry_after(said, date, self._now())


def _decides(envelope: wire.Envelope | None) -> bool:
    """Tell whether a body under HTTP 429 takes precedence over it.

    That is so for an accepted task, and for a missing key, points or subscription.
    """
    if envelope is None or envelope.code is None:
        return False
    if envelope.code in OK:
        return isinstance(envelope.data, dict) and bool(envelope.data)
    return envelope.code in (401, 4008, 4014)


def _has_task(envelope: wire.Envelope) -> bool:
    """Tell whether a refusal with a vague code names a task, so that it may have been accepted."""
    vague = envelope.code == 500 or envelope.code not in Refused.KEYS
    return vague and isinstance(envelope.data, dict) and bool(envelope.data.get("id"))


def _message(envelope: wire.Envelope | None) -> str:
    return one_line(envelope.message, 300) if envelope is not None else ""


def _envelope(body: bytes) -> wire.Envelope | None:
    try:
        return wire.Envelope.model_validate(_shallow(json.loads(body)))
    except (ValueError, RecursionError):
        return None


def _shallow(value: Any) -> Any:
    """Return `value`; raise `ValueError` when it is nested deeper than any real response."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST_ANSWER):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for items in inner for item in items if isinstance(item, dict | list)]
        if not level:
            return value
    raise ValueError("nested too deeply")


def _transport_fault(status: int, paid: bool) -> ServiceError:
    """Return the error for a response without an envelope, such as a proxy's page or a redirect."""
    why = f"HTTP {status}"
    if paid:
        return Lost(why)
    return Malformed(why) if 200 <= status < 300 else HttpError(why)


def _read(shape: type[Shape], data: object) -> Shape:
    try:
        return shape.model_validate(data)
    except (ValidationError, RecursionError) as error:
        raise Malformed(shape.__name__) from error
