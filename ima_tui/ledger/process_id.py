"""Who follows a job: a run of the program, named so that others on this machine see it die.

A lease alone would leave the jobs of a killed run alone for half a minute; a process that is gone
can be known at once. On another machine (a shared home) the lease decides.
"""

from __future__ import annotations

import os
import secrets
import socket


def name() -> str:
    """A new name for this run."""
    return f"{_host()}/{os.getpid()}/{secrets.token_hex(4)}"


def is_gone(owner: str) -> bool:
    """True only where it is certain that the run has ended."""
    return _lives(owner) is False


def is_here(owner: str) -> bool:
    """True only where it is certain that the run goes on, on this machine."""
    return _lives(owner) is True


def _lives(owner: str) -> bool | None:
    """None: nobody can tell from here."""
    host, _, rest = owner.partition("/")
    pid = rest.partition("/")[0]
    if host != _host() or not pid.isdigit():
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return None
    return True


def _host() -> str:
    return socket.gethostname().replace("/", "_")
