"""The streamable HTTP transport: loopback only, with a bearer token.

Any web page can send requests to a loopback port, under a name of its own that resolves to it (DNS
rebinding), and so can every user of this machine. So the Host and Origin headers are checked, and
the token, which is in a file that only its user can read.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from ima_tui.core import atomic_file
from ima_tui.core.errors import UsageError

if TYPE_CHECKING:
    from mcp.server import Server
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
"""What clients of this machine call it in their Host header."""
PATH = "/mcp"
MOST_SESSIONS = 64
TOKEN_BYTES = 32
LONGEST_TOKEN_FILE = 1024
_STOP_SECONDS = 2
"""How long open streams have to end after SIGTERM."""


def token_of(file: Path) -> str:
    """Return the token in `file`; a new one where it has none, or others could read it.

    Raises `UsageError` where the file can't be read or written.
    """
    try:
        content, facts = atomic_file.read_small(file, LONGEST_TOKEN_FILE)
    except FileNotFoundError:
        return _new_token(file)
    except OSError as error:
        raise UsageError("error.agent_token", path=str(file)) from error
    token = content.decode("ascii", "replace").strip()
    kept = len(token) >= TOKEN_BYTES and not facts.st_mode & 0o077
    return token if kept else _new_token(file)


def _new_token(file: Path) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        atomic_file.replace(file, f"{token}\n".encode(), mode=atomic_file.PRIVATE)
    except OSError as error:
        raise UsageError("error.agent_token", path=str(file)) from error
    return token


class Guard:
    """Lets requests through to `app` that this machine's user sent, by Host, Origin and token."""

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = {f"{name}:{port}".encode() for name in NAMES}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if refusal := self._refusal(scope):
            await _refuse(send, refusal)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> int:
        """The HTTP status that refuses the request; 0 for one that is let through."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 421
        if any(name == b"origin" and value not in self._origins for name, value in headers):
            return 403
        given = [value for name, value in headers if name == b"authorization"]
        kind, _, token = (given[0] if len(given) == 1 else b"").partition(b" ")
        if kind.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self._token):
            return 401
        return 0 if scope["path"] == PATH else 404


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0")]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="ima-tui"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class _Server(uvicorn.Server):
    """uvicorn without handlers of its own for signals: the verb has them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bound(port: int) -> socket.socket:
    """Return a socket that listens on loopback. Raises `UsageError` for a taken port."""
    # The protocol is named because asyncio sets TCP_NODELAY only then.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError("error.port", port=port) from error
    return listener


async def serve(
    protocol: Server[Any], listener: socket.socket, token: str, announce: Callable[[str], None]
) -> None:
    """Serve agents until cancelled. `announce` gets the URL once connections are taken."""
    port = int(listener.getsockname()[1])
    # without a handler of its own, logging writes its stack traces to stderr
    logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())
    manager = StreamableHTTPSessionManager(protocol, max_sessions=MOST_SESSIONS)
    config = uvicorn.Config(
        Guard(manager.handle_request, port, token),
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    async with manager.run(), _running(_Server(config), listener) as running:
        announce(f"http://{HOST}:{port}{PATH}")
        await running


@asynccontextmanager
async def _running(
    server: uvicorn.Server, listener: socket.socket
) -> AsyncIterator[asyncio.Future[None]]:
    """Run the server beside what is inside; a cancelled one stops in its own order."""
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield asyncio.shield(task)
    finally:
        server.should_exit = server.force_exit = True
        await asyncio.wait({task})
