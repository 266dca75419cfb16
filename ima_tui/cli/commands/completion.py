"""`ima-tui completion SHELL`: a script that lets the shell complete verbs and flags."""

from __future__ import annotations

import argparse

from ima_tui.cli.parser import build
from ima_tui.core.errors import EXIT_DONE


def run(arguments: argparse.Namespace) -> int:
    """Read off the parser itself, so that it can't say anything else than what is there."""
    import shtab

    print(shtab.complete(build(), shell=arguments.shell))
    return EXIT_DONE
