"""An agent: the SDK's own client, in this process or over stdio."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Implementation

FOX = {"prompt": "a red fox in snow", "task_type": "text_to_image"}
MAIN = [sys.executable, "-m", "ima_tui", "mcp"]


@asynccontextmanager
async def agent(
    folder: Path, environment: Mapping[str, str], name: str = "claude", **more: Any
) -> AsyncIterator[Client]:
    """An agent with a server of its own; the server's process id is in `folder`/pid."""
    started = ["-c", 'echo $$ > "$0"; exec "$@"', str(folder / "pid"), *MAIN]
    env = dict(os.environ) | {"HOME": str(folder)} | dict(environment)
    server = StdioServerParameters(command="/bin/sh", args=started, env=env)
    info = Implementation(name=name, version="1")
    with (folder / "stderr").open("a+") as stderr:
        transport = stdio_client(server, errlog=stderr)
        async with Client(transport, client_info=info, **more) as client:
            yield client


@asynccontextmanager
async def http_server(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[str]:
    """`ima-tui mcp --http` as a process of its own; gives its URL."""
    process = await asyncio.create_subprocess_exec(
        *MAIN, "--http", "--port", "0", stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"HOME": str(folder)} | dict(environment),
    )  # fmt: skip
    (folder / "pid").write_text(str(process.pid))
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@asynccontextmanager
async def agent_by_http(
    url: str, token: str, name: str = "claude", **more: Any
) -> AsyncIterator[Client]:
    """An agent that connects to a running server."""
    info = Implementation(name=name, version="1")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=300) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, client_info=info, **more) as client:
            yield client


def told(result: CallToolResult) -> dict[str, Any]:
    """The document of a call, which is the same as data and as text."""
    document: dict[str, Any] = result.structured_content
    (content,) = result.content
    assert content.type == "text"
    assert json.loads(content.text) == document
    assert document["schema"] == 1
    return document


async def ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The document of a call that succeeds."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return told(result)


async def refused(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The error of a call that fails."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result.content
    error: dict[str, Any] = told(result)["error"]
    return error
