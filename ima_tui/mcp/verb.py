"""`ima-tui mcp`: serves an agent until it closes stdin, or agents by HTTP until it is ended."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ima_tui.cli import session
from ima_tui.cli.output import print_plain, talk
from ima_tui.config.loader import Settings
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.i18n import say
from ima_tui.runner import result_files

if TYPE_CHECKING:
    from ima_tui.mcp.server import AgentServer

TOKEN_FILE = "agents.token"  # noqa: S105 - the name of the file that has it


def run(arguments: Namespace) -> int:
    """Run the verb. Raises `UsageError` without the extra `agents`."""
    if find_spec("mcp") is None or find_spec("mcp_types") is None:
        raise UsageError("error.mcp_missing")
    settings = session.settle(arguments).for_writing()
    if settings.download:
        result_files.prepare(settings.folder)
    return session.run(_serve(arguments, settings))


async def _serve(arguments: Namespace, settings: Settings) -> int:
    from ima_tui.mcp.server import AgentServer, serve_stdio

    async with session.session(arguments, settings, patient=True, asks=True) as studio:
        server = AgentServer(studio)
        unsubscribe = studio.subscribe(server.hear)
        try:
            if arguments.http is not None or arguments.port is not None:
                await _serve_http(arguments, settings, server)
            else:
                await serve_stdio(server.protocol)
        except asyncio.CancelledError:  # SIGTERM is how a client ends a server
            return EXIT_DONE
        finally:
            unsubscribe()
    return EXIT_DONE


async def _serve_http(arguments: Namespace, settings: Settings, server: AgentServer) -> None:
    from ima_tui.mcp import http

    file = settings.data / TOKEN_FILE
    token = await asyncio.to_thread(http.token_of, file)
    listener = http.bound(arguments.http if arguments.port is None else arguments.port)

    def announce(url: str) -> None:
        print_plain(url)
        talk(say("agents.http", url=url, path=str(file)))

    await http.serve(server.protocol, listener, token, announce)
