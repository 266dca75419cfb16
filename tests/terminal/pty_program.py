"""A program in a real pty, and the screen that a terminal would show of it (pyte)."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import pyte

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "ctrl+a": "\x01",
    "ctrl+k": "\x0b",
    "ctrl+j": "\n",
    "ctrl+q": "\x11",
    "ctrl+u": "\x15",
    "ctrl+l": "\x0c",
    "ctrl+n": "\x0e",
    "ctrl+t": "\x14",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "shift+down": "\x1b[1;2B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
}


TAKES_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class PtyChild:
    """A program on a terminal of its own.

    Started by `subprocess`, which runs no Python between fork and exec: this process has threads,
    of the sandbox and of C libraries, and what they hold at a fork stays held in the child.
    """

    def __init__(
        self,
        command: Sequence[str],
        rows: int,
        columns: int,
        env: Mapping[str, str],
        cwd: str | None,
    ) -> None:
        self.child_fd, terminal = pty.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", TAKES_TERMINAL, *command],
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        finally:
            os.close(terminal)
        self.pid = self._child.pid

    @property
    def exitstatus(self) -> int | None:
        """None while it runs and where a signal ended it."""
        code = self._child.poll()
        return None if code is None or code < 0 else code

    def isalive(self) -> bool:
        return self._child.poll() is None

    def send(self, text: str) -> None:
        left = text.encode()
        while left:
            left = left[os.write(self.child_fd, left) :]

    def read(self, timeout: float) -> bytes:
        """What arrives first; nothing after `timeout`, or once the terminal is closed."""
        with contextlib.suppress(OSError):  # Linux: nobody has the other end open any more
            if self.child_fd >= 0 and select.select([self.child_fd], [], [], timeout)[0]:
                return os.read(self.child_fd, 65536)
        return b""

    def kill(self, number: int) -> None:
        if self.isalive():
            os.kill(self.pid, number)

    def close(self, force: bool = True) -> None:
        """Hang up; with `force`, kill what does not end by that."""
        if self.child_fd >= 0:
            with contextlib.suppress(OSError):  # a test may have hung up itself
                os.close(self.child_fd)
            self.child_fd = -1
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            if force:
                self._child.kill()
                self._child.wait(30)


class PtyProgram:
    """`with PtyProgram(["python", "-m", "ima_tui"]) as program: program.wait("Compose")`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        encoding: str = "utf-8",
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self.received = bytearray()
        self.started = time.perf_counter()
        environment = {**plain_environment(), **(env or {})}
        self.process = PtyChild(command, rows, columns, environment, cwd)

    def __enter__(self) -> PtyProgram:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.close(force=True)

    @property
    def text(self) -> str:
        """What stands on the screen, one line a row."""
        return "\n".join(map(self._row, range(self.screen.lines)))

    def _row(self, y: int) -> str:
        """A line as it reads. The second cell of a wide character is empty, and stays so where the
        first was drawn over: `pyte`'s own `display` fails there."""
        cells = self.screen.buffer[y]
        return "".join(cells[x].data for x in range(self.screen.columns)).rstrip()

    def read(self, seconds: float) -> int:
        """Take in what arrives within `seconds`; returns how many bytes that was."""
        due = time.perf_counter() + seconds
        before = len(self.received)
        while (left := due - time.perf_counter()) > 0:
            chunk = self.process.read(left)
            if not chunk:
                break
            self.received += chunk
            self._feed(chunk)
        return len(self.received) - before

    def _feed(self, chunk: bytes) -> None:
        # pyte does not know private mode queries; they draw nothing
        plain = re.sub(rb"\x1b\[\?[0-9;]*\$p|\x1b\[[<>=][0-9;]*[a-z]", b"", chunk)
        self._stream.feed(self._decoder.decode(plain))

    def wait(self, pattern: str, seconds: float = 90.0) -> float:
        """Read until `pattern` stands on the screen; returns seconds since the start."""
        due = time.perf_counter() + seconds
        while not re.search(pattern, self.text):
            if time.perf_counter() > due or not self.process.isalive():
                self.read(0.2)
                if re.search(pattern, self.text):
                    break
                raise AssertionError(f"{pattern!r} did not appear; the screen:\n{self.text}")
            self.read(0.02)
        return time.perf_counter() - self.started

    def type(self, text: str) -> None:
        self.process.send(text)

    def press(self, *names: str) -> None:
        for name in names:
            self.process.send(KEYS.get(name, name))
            # an escape that something follows at once would be read as alt
            self.read(0.3 if name == "escape" else 0.05)

    def send(self, number: int = 1) -> None:
        """Send what is typed on Compose as job `number`.

        A price may be that of a stored list: until the lists are there, the key only asks for it.
        """
        sent = f"#{number} is in the queue"
        self.press("ctrl+j")
        self.wait(f"{sent}|Models loaded")
        if sent not in self.text:
            self.press("ctrl+j")
            self.wait(sent)

    def wait_exit(self, seconds: float = 60.0) -> int:
        due = time.perf_counter() + seconds
        while self.process.isalive():
            self.read(0.05)
            if time.perf_counter() > due:
                raise AssertionError(f"still running; the screen:\n{self.text}")
        while self.read(0.2):
            pass  # what it said last
        self.process.close()
        return int(self.process.exitstatus or 0)


def plain_environment() -> dict[str, str]:
    """As over SSH: nothing that tells of a graphical terminal, and none of our own settings."""
    dropped = ("COLORTERM", "TERM_PROGRAM", "TMUX", "NO_COLOR", "COLUMNS", "LINES")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.startswith(("IMA_", "PYTEST", "COV_"))
    }
    return {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
