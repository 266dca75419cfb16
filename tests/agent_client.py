"""An agent: the SDK's own client, in this process or over stdio."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters, stdio_client
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
