"""`ima-tui sandbox`: the embedded service, alone."""

from __future__ import annotations

import argparse
import sys

from ima_tui.core import home_folder
from ima_tui.core.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Run the sandbox service until it is ended."""
    from ima_tui.sandbox.scenario import ScenarioError
    from ima_tui.sandbox.server import serve

    scenario = home_folder.expand(arguments.scenario) if arguments.scenario else None
    try:
        return serve(
            arguments.port,
            arguments.speed,
            scenario,
            sys.stdout,
            lifeline=arguments.stdin_lifeline,
        )
    except ScenarioError as error:
        raise UsageError("error.scenario", reason=str(error)) from error
    except OSError as error:
        raise UsageError("error.port", port=arguments.port) from error
