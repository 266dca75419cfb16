"""Detects a terminal's image protocol and clipboard support.

By setting, environment, or the response to device attributes, which no screen ever waits for.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from ima_tui.config.api_key import environment_for_children
from ima_tui.core.records import dataclass

QUESTION = "\x1b[c"
_ANSWER = re.compile(r"\x1b\[\?([0-9;]*)c")
_BEGUN = re.compile(r"\x1b\[(?:\?[0-9;]*)?\Z")
_ENDED = re.compile(r"\[\?([0-9;]*)c")
TMUX_SECONDS = 1.0


class ImageProtocol(StrEnum):
    """Protocols for images in a terminal."""

    KITTY = "kitty"
    ITERM2 = "iterm2"
    SIXEL = "sixel"
    BLOCKS = "blocks"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ProtocolChoice:
    """`protocol`, or what it would be if the terminal reports sixel support (`ask`).

    `in_tmux`: sequences must be wrapped for the outer terminal.
    """

    protocol: ImageProtocol
    ask: bool = False
    in_tmux: bool = False


@dataclass(frozen=True, slots=True)
class Tmux:
    """What tmux reports: the outer terminal, and whether passthrough is allowed."""

    terminal: str = ""
    passes: bool = False
    copies: bool = False
    """Whether it accepts OSC 52 from programs."""


def choose(setting: str, environ: Mapping[str, str], tmux: Tmux | None = None) -> ProtocolChoice:
    """Return the protocol to use. `tmux`: the result of `ask_tmux`, inside tmux."""
    inside = "TMUX" in environ
    if setting != "auto":
        return ProtocolChoice(ImageProtocol(setting), in_tmux=inside)
    term = environ.get("TERM", "")
    if inside:
        outside = tmux or Tmux()
        if outside.passes and outside.terminal in _KITTY_TERMS:
            return ProtocolChoice(ImageProtocol.KITTY, in_tmux=True)
        return ProtocolChoice(
            ImageProtocol.BLOCKS, ask=True
        )  # tmux draws sixel itself, if built with it
    if term.startswith("screen") or "STY" in environ or term in ("linux", "dumb"):
        return ProtocolChoice(ImageProtocol.BLOCKS)
    program = environ.get("TERM_PROGRAM", "")
    if term in _KITTY_TERMS or environ.get("KITTY_WINDOW_ID") or program == "ghostty":
        return ProtocolChoice(ImageProtocol.KITTY)
    if program in _ITERM2_PROGRAMS or environ.get("LC_TERMINAL") == "iTerm2":
        return ProtocolChoice(ImageProtocol.ITERM2)
    if program in ("Apple_Terminal", "vscode"):
        return ProtocolChoice(ImageProtocol.BLOCKS)
    if term.startswith(_SIXEL_TERMS):
        return ProtocolChoice(ImageProtocol.SIXEL)
    return ProtocolChoice(ImageProtocol.BLOCKS, ask=True)


_KITTY_TERMS = frozenset({"xterm-kitty", "xterm-ghostty"})
_ITERM2_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "mintty"})
_SIXEL_TERMS = ("foot", "mlterm", "yaft", "contour")


def ask_tmux() -> Tmux:
    """Query the surrounding tmux; blocks for up to a second."""
    wanted = "#{client_termname}|#{allow-passthrough}|#{set-clipboard}"
    try:
        told = (
            subprocess.run(
                ["tmux", "display-message", "-p", wanted],
                stdin=subprocess.DEVNULL,
                env=environment_for_children(),
                capture_output=True,
                text=True,
                timeout=TMUX_SECONDS,
                check=True,
            )
            .stdout.strip()
            .split("|")
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return Tmux()
    terminal, passes, copies = (*told, "", "", "")[:3]
    return Tmux(terminal, passes in ("on", "all", "1", "2"), copies in ("on", "2"))


_CONSOLES = re.compile(r"linux|vt\d+.*|dumb|ansi|cons25|sun|wscons|.*-mono")
"""Values of TERM for terminals without a clipboard."""


def no_copies(environ: Mapping[str, str], tmux: Tmux | None = None) -> str:
    """Return why OSC 52 can't reach the clipboard, as a message key; "" if nothing prevents it.

    OSC 52 has no response, so success can't be known.
    """
    term = environ.get("TERM", "")
    if "TMUX" in environ:
        asked = tmux or Tmux()
        if _CONSOLES.fullmatch(asked.terminal):
            return "clipboard.console"
        return "" if asked.copies or asked.passes else "clipboard.tmux"
    if "STY" in environ:
        return "clipboard.screen"
    if _CONSOLES.fullmatch(term):
        return "clipboard.console"
    if environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return "clipboard.apple"
    if term.startswith(("screen", "tmux")):  # on the other side of an ssh
        return "clipboard.nested"
    return "clipboard.mosh" if _under_mosh() else ""


def _under_mosh() -> bool:
    """Tell whether mosh is among the parent processes; it sets no variable."""
    pid = os.getppid()
    for _ in range(16):
        try:
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
            pid = int(rest.split()[1])
        except (OSError, ValueError, IndexError):
            return False
        if name == "mosh-server":
            return True
        if pid <= 1:
            return False
    return False


class ReplyListener:
    """Removes the response to our query from terminal input, even late or in pieces."""

    def __init__(self) -> None:
        self._rest = ""
        self._escaped = False
        self.awaited = False
        self.sixel = False
        """Whether the terminal reported sixel support."""

    def take(self, data: str) -> str:
        """Return `data` without the response.

        A possible beginning of it is kept for the next call, but not a lone escape, which may be
        the key.
        """
        if not self.awaited and not self._rest:
            return data
        data, self._rest = self._rest + data, ""
        found = _ANSWER.search(data) or (_ENDED.match(data) if self._escaped else None)
        self._escaped = data.endswith("\x1b")
        if found is not None:
            self.awaited = False
            self.sixel = "4" in found[1].split(";")[1:]
            return data[: found.start()] + data[found.end() :]
        if (begun := _BEGUN.search(data)) is not None:  # no known key begins like this
            self._rest = begun[0]
            return data[: begun.start()]
        return data


def cell_size() -> tuple[int, int] | None:
    """Return width and height of a cell in pixels, as reported by the system, or None."""
    try:
        import fcntl
        import struct
        import termios
    except ImportError:
        return None
    for stream in (sys.__stderr__, sys.__stdout__, sys.__stdin__):
        try:
            asked = fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, bytes(8)) if stream else b""
        except (OSError, ValueError):
            continue
        if len(asked) == 8:
            rows, columns, wide, high = struct.unpack("HHHH", asked)
            if rows and columns and wide and high:
                return _plausible(wide // columns, high // rows)
    return None


def _plausible(wide: int, high: int) -> tuple[int, int] | None:
    return (wide, high) if 3 <= wide <= 100 and 5 <= high <= 200 else None


def iterm2_image(data: bytes, columns: int, rows: int) -> str:
    """Return the sequence that draws the file `data` at the cursor, which does not move."""
    body = base64.b64encode(data).decode()
    facts = f"inline=1;size={len(data)};width={columns};height={rows};preserveAspectRatio=0"
    return f"\x1b]1337;File={facts};doNotMoveCursor=1:{body}\x07"
