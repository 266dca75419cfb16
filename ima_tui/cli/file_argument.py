"""Read a FILE argument: a file, a named pipe, or `-` for stdin."""

from __future__ import annotations

import errno
import os
import select
import stat
import sys

from ima_tui.core import home_folder
from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line

WRITER_WAIT = 5.0
"""Seconds for which a named pipe may be without a writer; opening it would wait for ever."""


def read(name: str, most: int) -> bytes:
    """Return the first `most` + 1 bytes, so that the caller sees that there are too many.

    Raises `UsageError` for a pipe that nothing writes to, and `OSError`.
    """
    if name == "-":
        return sys.stdin.buffer.read(most + 1)
    path = home_folder.expand(name)
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(number, "rb") as handle:
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        first = _first(number) if stat.S_ISFIFO(os.fstat(number).st_mode) else b""
        if first is None:
            raise UsageError("error.pipe_without_writer", path=one_line(name, 300))
        os.set_blocking(number, True)
        return first + handle.read(most + 1 - len(first))


def _first(pipe: int) -> bytes | None:
    """Wait for a writer; None without one. A writer that has not written yet may take its time."""
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    waiting.poll(WRITER_WAIT * 1000)
    try:
        return os.read(pipe, 1) or None
    except BlockingIOError:
        return b""
