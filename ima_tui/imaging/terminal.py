"""Detects a terminal's image protocol and clipboard support; speaks Kitty's graphics protocol.

By setting, environment, or the response to device attributes, which no screen ever waits for.

By Kitty's protocol with Unicode placeholders an image is sent once under a number, then text cells
say which part they show. So it is scrolled, covered and clipped like text, by tmux too.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Mapping
from enum import StrEnum
from itertools import chain
from pathlib import Path

from ima_tui.config.api_key import environment_for_children
from ima_tui.core.records import dataclass
from ima_tui.core.text import pattern

QUESTION = "\x1b[c"
_ANSWER = pattern(r"\x1b\[\?([0-9;]*)c")
_BEGUN = pattern(r"\x1b\[(?:\?[0-9;]*)?\Z")
_ENDED = pattern(r"\[\?([0-9;]*)c")
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


_CONSOLES = pattern(r"linux|vt\d+.*|dumb|ansi|cons25|sun|wscons|.*-mono")
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


CHUNK = 4096
PLACEHOLDER = "\U0010eeee"
MOST_CELLS = 255

_MARKS = (
    "0305 030D-030E 0310 0312 033D-033F 0346 034A-034C 0350-0352 0357 035B 0363-036F 0483-0487 "
    "0592-0595 0597-0599 059C-05A1 05A8-05A9 05AB-05AC 05AF 05C4 0610-0617 0657-065B 065D-065E "
    "06D6-06DC 06DF-06E2 06E4 06E7-06E8 06EB-06EC 0730 0732-0733 0735-0736 073A 073D 073F-0741 "
    "0743 0745 0747 0749-074A 07EB-07F1 07F3 0816-0819 081B-0823 0825-0827 0829-082D 0951 "
    "0953-0954 0F82-0F83 0F86-0F87 135D-135F 17DD 193A 1A17 1A75-1A7C 1B6B 1B6D-1B73 1CD0-1CD2 "
    "1CDA-1CDB 1CE0 1DC0-1DC1 1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 20D4-20D7 20DB-20DC "
    "20E1 20E7 20E9 20F0 2CEF-2CF1 2DE0-2DFF A66F A67C-A67D A6F0-A6F1 A8E0-A8F1"
)
"""Combining marks above, without a decomposition, as of Unicode 6.0: the protocol's digits."""


def _spread(span: str) -> range:
    first, _, last = span.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


DIGITS = tuple(map(chr, chain.from_iterable(map(_spread, _MARKS.split()))))[: MOST_CELLS + 1]


def upload(number: int, png: bytes, columns: int, rows: int) -> list[str]:
    """Return the sequences that send an image with its size in cells; nothing shows yet.

    `q=2` suppresses all responses, because nobody would read them.
    """
    text = base64.b64encode(png).decode()
    pieces = [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)] or [""]
    last = len(pieces) - 1
    head = f"a=T,U=1,f=100,i={number},c={columns},r={rows},"
    return [
        f"\x1b_G{head if at == 0 else ''}q=2,m={int(at < last)};{piece}\x1b\\"
        for at, piece in enumerate(pieces)
    ]


def delete(number: int) -> str:
    """Return the sequence that removes the image from screen and memory."""
    return f"\x1b_Ga=d,d=I,q=2,i={number}\x1b\\"


def cells(row: int, columns: int) -> str:
    """Return one row of placeholder cells.

    Every cell names its row and column, so that partial redraws are right.
    """
    digit = DIGITS[row]
    return "".join(PLACEHOLDER + digit + DIGITS[column] for column in range(columns))


def through_tmux(sequence: str) -> str:
    """Wrap a sequence, so that tmux passes it to the outer terminal."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"
