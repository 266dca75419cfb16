"""Name of a run, by which other processes on this machine can tell whether it is alive.

With a lease alone, the jobs of a killed run would be unattended for half a minute; a dead process
is known at once. For other machines (a shared home folder) the lease decides.
"""

from __future__ import annotations

import os
import socket

from ima_tui.core.atomic_file import is_running


def name() -> str:
    """Return a new name for this run."""
    return f"{_host()}/{os.getpid()}/{os.urandom(4).hex()}"


def is_gone(owner: str) -> bool:
    """Tell whether the run has certainly ended."""
    return _lives(owner) is False


def is_here(owner: str) -> bool:
    """Tell whether the run is certainly alive, on this machine."""
    return _lives(owner) is True


def _lives(owner: str) -> bool | None:
    """Return whether it is alive; None where that can't be known from here."""
    host, _, rest = owner.partition("/")
    pid = rest.partition("/")[0]
    if host != _host() or not pid.isdigit():
        return None
    return is_running(int(pid))


def _host() -> str:
    return socket.gethostname().replace("/", "_")
