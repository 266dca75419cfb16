"""One call of a tool: who asks, with which checked arguments, and how progress is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ima_tui.core import labels
from ima_tui.core.records import dataclass
from ima_tui.studio.studio import Studio

Document = dict[str, object]
Progress = Callable[[float, str], Awaitable[None]]
"""Takes a number that grows, and a sentence."""
Confirm = Callable[[str], Awaitable[bool | None]]
"""Asks the user a question in the agent's program; None where that program can't ask."""

UNNAMED = "agent"
"""The client of an agent that gives no name: its jobs are an agent's all the same."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose arguments fit the tool's schema."""

    studio: Studio
    client: str
    arguments: Mapping[str, Any]
    progress: Progress
    confirm: Confirm


def client_name(given: object) -> str:
    """Return an agent's name as jobs carry it: one short, clean line, never empty."""
    return labels.shortened(given) or UNNAMED
