"""`ima-tui mcp`: serves an agent until it closes stdin."""

from __future__ import annotations

import argparse
import asyncio
from importlib.util import find_spec

from ima_tui.cli import session
from ima_tui.config.loader import Settings
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.runner import result_files


def run(arguments: argparse.Namespace) -> int:
    """Run the verb. Raises `UsageError` without the extra `agents`."""
    if find_spec("mcp") is None or find_spec("mcp_types") is None:
        raise UsageError("error.mcp_missing")
    settings = session.settle(arguments).for_writing()
    if settings.download:
        result_files.prepare(settings.folder)
    return session.run(_serve(arguments, settings))


async def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    from ima_tui.mcp import stdio
    from ima_tui.mcp.server import AgentServer

    async with session.session(arguments, settings, patient=True, asks=True) as studio:
        server = AgentServer(studio)
        unsubscribe = studio.subscribe(server.hear)
        try:
            await stdio.serve(server.protocol)
        except asyncio.CancelledError:  # SIGTERM is how a client ends a server
            return EXIT_DONE
        finally:
            unsubscribe()
    return EXIT_DONE
