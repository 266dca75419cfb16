"""An agent: the SDK's own client, in this process or over stdio."""

from __future__ import annotations

import json
from typing import Any

from mcp import Client
from mcp.types import CallToolResult


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
