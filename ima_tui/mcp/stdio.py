"""The stdio transport: messages on stdin, one a line; on stdout nothing but the protocol.

The SDK reads stdin in a thread that no signal ends. Here the event loop reads it, with a limit for
one line, so that SIGTERM and the end of input stop the server at once.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Any, cast

import anyio
from mcp.server import Server
from mcp.server.stdio import stdio_server

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one message; a longer one ends the connection."""


class StdinLines:
    """Lines of stdin until it ends."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            try:
                line = await self._reader.readline()
            except ValueError:  # longer than the limit
                return
            if not line:
                return
            yield line.decode("utf-8", "replace")


async def _stdin() -> StdinLines:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE, loop=loop)
    pipe = os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader, loop=loop), pipe)
    return StdinLines(reader)


async def serve(protocol: Server[Any]) -> None:
    """Serve one agent until stdin ends."""
    lines = cast("anyio.AsyncFile[str]", await _stdin())
    async with stdio_server(stdin=lines) as (incoming, outgoing):
        await protocol.run(incoming, outgoing, protocol.create_initialization_options())
