"""Access to the TCP connection of a request, so that faults can break it as networks do."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

EXTENSION = "sandbox.connection"
LINGER_0 = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class SandboxConnection:
    """The connection of a request."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def reset(self) -> None:
        """Send a TCP RST; linger 0 discards unsent data on close."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        self._transport.abort()

    def finish(self) -> None:
        """Send what is buffered, then FIN."""
        self._transport.close()


class ConnectionProtocol(H11Protocol):
    """uvicorn's h11 protocol, which also passes the connection to the endpoint (ASGI extension)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {EXTENSION: SandboxConnection(self.transport)}
            try:
                await inner(scope, receive, send)
            except asyncio.CancelledError:  # the server stops during a fault that waits
                self.cycle.disconnected = True
                self.transport.abort()

        self.app = app


async def until_closed(receive: Receive) -> None:
    """Wait until the client disconnects, or our own reset is noticed."""
    while (await receive())["type"] != "http.disconnect":
        pass
