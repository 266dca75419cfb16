"""Child process that restores the terminal when the program is killed.

SIGKILL, SIGSEGV and their like end a program at once, and leave the terminal raw, in the other
screen, with the mouse on. The watcher is a shell that waits for a pipe to close: no Python, no
processor time, no hold on the terminal, which it opens by name and only when it has to.
"""

from __future__ import annotations

import os
import subprocess
import termios
from contextlib import suppress
from typing import Any

from ima_tui.config.api_key import environment_for_children

OFF = (
    *("\x1b[?1000l", "\x1b[?1003l", "\x1b[?1015l", "\x1b[?1006l", "\x1b[?1016l"),  # mouse
    *("\x1b[?2004l", "\x1b[?2048l", "\x1b[?2026l", "\x1b[?1004l"),  # paste, resize, sync, focus
    *("\x1b[<u", "\x1b[?7h", "\x1b[?1049l", "\x1b[?25h", "\x1b[0m"),
)
"""Everything that the screen switches on, off; the other screen is left last but for the cursor."""

_SCRIPT = r"""
trap '' HUP INT QUIT TERM TSTP TTIN TTOU PIPE USR1 USR2 ALRM
parent=$1 tty=$2 off=$3
shift 3
read -r word && exit 0  # the program has nothing left to give back
# a program that replaced itself by another closed the pipe as well, and still has the terminal
left=20
while [ $left -gt 0 ]; do
    if [ -r "/proc/$$/stat" ]; then read -r _ _ _ now _ < "/proc/$$/stat"
    else now=$(ps -o ppid= -p $$ 2>/dev/null); fi
    [ ${now:-0} -eq "$parent" ] 2>/dev/null || break
    left=$((left - 1))
    sleep 0.1
done
[ $left -gt 0 ] || exit 0
( exec 0<>"$tty" || exit; printf "$off" >&0; stty "$@" ) 2>/dev/null
"""

_LOCAL = (("echo", "ECHO"), ("icanon", "ICANON"), ("iexten", "IEXTEN"), ("isig", "ISIG"))
_INPUT = (
    *(("ixon", "IXON"), ("ixoff", "IXOFF")),
    *(("icrnl", "ICRNL"), ("inlcr", "INLCR"), ("igncr", "IGNCR")),
)
"""What Textual changes, by the names of `stty` and of `termios`."""


class Watcher:
    """`start` with the screen's modes, `stop` when the terminal is as it was before."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, descriptor: int, before: list[Any]) -> None:
        """Watch over the terminal at `descriptor`, whose modes were `before`. Where it can't be
        watched over, it isn't: that is no reason not to work."""
        if self._child is not None:
            return
        with suppress(OSError, ValueError):
            words = [str(os.getpid()), os.ttyname(descriptor), _escaped("".join(OFF))]
            self._child = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT, "ima-tui-watcher", *words, *_stty(before)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",  # no folder is held
                env=environment_for_children(),
                start_new_session=True,  # keys and a hang-up are not meant for it
            )

    def stop(self) -> None:
        """The terminal is given back, or not ours for a while: there is nothing left to do."""
        child, self._child = self._child, None
        if child is None or child.stdin is None:
            return
        with suppress(OSError):  # somebody ended it
            child.stdin.write(b"over\n")
            child.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            child.wait(1)


def _escaped(sequences: str) -> str:
    return sequences.replace("\x1b", "\\033")


def _stty(before: list[Any]) -> list[str]:
    """The words for `stty` that bring these modes back."""
    flags = ((_LOCAL, before[3]), (_INPUT, before[0]))
    return [
        name if flag & getattr(termios, constant) else f"-{name}"
        for names, flag in flags
        for name, constant in names
    ]
