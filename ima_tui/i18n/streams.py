"""The standard streams, made usable whatever they are: any encoding, closed, full, or broken.

stdout says when it can't be written any more (`OutputLost`), once; stderr never fails, for it has
nobody to tell. Both write a readable form of what their encoding lacks.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import select
import sys
import unicodedata
from collections.abc import Mapping
from typing import TextIO, cast

from ima_tui import i18n

SIGNS = "─│·…✓◐▰▱★●‖−"
"""Some of what the screens draw; an encoding that lacks one gets the ASCII set."""
ASCII_LOCALES = ("C", "POSIX")

_FORMS = {
    **dict.fromkeys("·•‧", "-"),
    **dict.fromkeys("‐‑–—―─━−", "-"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’‚", "'"),
    "…": "...",
    "×": "x",
    "→": "->",
    "←": "<-",
    "↑": "^",
    "↓": "v",
    "│": "|",
    "✓": "+",
    "✗": "x",
    "●": "*",
    "○": "o",
    "★": "*",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "∞": "inf",
    "，": ", ",
    "。": ". ",
    "：": ": ",
    "；": "; ",
    "！": "! ",
    "？": "? ",
    "、": ", ",
    "（": " (",
    "）": ") ",
    "ß": "ss",
    "©": "(c)",
    "€": "EUR",
    "\u00a0": " ",
}


class OutputLost(Exception):
    """stdout can't be written to. No `OSError`, which would be taken for a disk's or network's.

    `unwanted`: whoever read it has stopped reading, as `head` does.
    """

    def __init__(self, *, unwanted: bool) -> None:
        super().__init__()
        self.unwanted = unwanted


class _Raw(io.RawIOBase):
    """A descriptor; `loud`: the first failure is raised, what comes later is dropped."""

    def __init__(self, descriptor: int, *, loud: bool, lost: bool = False) -> None:
        self._descriptor = descriptor
        self._loud = loud
        self.lost = lost
        self.unwanted = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: object) -> int:
        view = memoryview(cast(bytes, data))
        while not self.lost:
            try:
                return os.write(self._descriptor, view)
            except BlockingIOError:  # somebody else's setting of the same terminal
                select.select([], [self._descriptor], [])
            except OSError as error:
                self.lost, self.unwanted = True, isinstance(error, BrokenPipeError)
                if self._loud:
                    raise OutputLost(unwanted=self.unwanted) from error
        return len(view)


def prepare() -> None:
    """Make the three streams usable. Called once, before anything is said."""
    missing = [each for each in (0, 1, 2) if not _is_open(each)]
    for each in missing:  # else the next file that is opened would be taken for a stream
        _fill(each)
    register()
    if sys.stdout is sys.__stdout__:  # else somebody captures what is said
        sys.stdout = _writer(sys.stdout, 1, loud=True, lost=1 in missing)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _writer(sys.stderr, 2, loud=False, lost=2 in missing)
    if sys.stdin is sys.__stdin__:
        _prepare_stdin()
    i18n.write_in(sys.stdout.encoding, sys.stderr.encoding)


def register() -> None:
    """Make the ways to write what an encoding lacks known to Python."""
    codecs.register_error("ima-tui.file", _for_file)
    codecs.register_error("ima-tui.screen", _for_screen)
    codecs.register_error("ima-tui.cells", _for_cells)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _fill(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != descriptor:
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def _writer(old: TextIO | None, descriptor: int, *, loud: bool, lost: bool) -> TextIO:
    terminal = os.isatty(descriptor)
    return io.TextIOWrapper(
        io.BufferedWriter(_Raw(descriptor, loud=loud, lost=lost)),
        encoding=named_encoding(old.encoding if old is not None else "utf-8"),
        errors="ima-tui.file" if descriptor == 1 and not terminal else "ima-tui.screen",
        line_buffering=descriptor == 2 or terminal,
    )


def _prepare_stdin() -> None:
    if sys.stdin is None:
        sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc] # noqa: SIM115
    elif isinstance(sys.stdin, io.TextIOWrapper):
        # whoever runs us in a process of their own may have read from it already
        with contextlib.suppress(io.UnsupportedOperation):
            sys.stdin.reconfigure(encoding=named_encoding(sys.stdin.encoding), errors="replace")


def named_encoding(pythons: str, environ: Mapping[str, str] | None = None) -> str:
    """The encoding of the terminal. Where the locale's own is not installed Python takes UTF-8
    instead, which such a terminal can't show."""
    env = os.environ if environ is None else environ
    if not sys.flags.utf8_mode or env.get("PYTHONUTF8") or env.get("PYTHONIOENCODING"):
        return pythons
    charset = _locale(env).partition(".")[2].partition("@")[0]
    try:
        known = codecs.lookup(charset).name if charset else ""
        "ascii".encode(known)
    except (LookupError, UnicodeError):
        return pythons
    return known or pythons


def _locale(env: Mapping[str, str]) -> str:
    return env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""


def lacks_signs(environ: Mapping[str, str] | None = None) -> bool:
    """Whether a screen has to be drawn in ASCII."""
    env = os.environ if environ is None else environ
    if env.get("LC_ALL") in ASCII_LOCALES:
        return True
    return not i18n.can_write(sys.stdout.encoding, SIGNS)


def readable(word: str) -> str:
    """A word of the command line. Bytes that Python could not decode are read in the encoding that
    the locale names; the name of a file that is there stays as it is."""
    if word.isprintable() or not any("\udc80" <= sign <= "\udcff" for sign in word):
        return word
    with contextlib.suppress(OSError, ValueError):
        if os.path.lexists(word):
            return word
    with contextlib.suppress(UnicodeError):
        return os.fsencode(word).decode(named_encoding("utf-8"))
    return word


def screen_file() -> TextIO:
    """What a screen is drawn on: the terminal, also where stderr leads elsewhere."""
    file = sys.__stderr__
    if file is None or not file.isatty():
        file = sys.__stdout__
    assert isinstance(file, io.TextIOWrapper)  # noqa: S101 - a terminal was found before
    file.reconfigure(encoding=named_encoding(file.encoding), errors="ima-tui.cells")
    return file


def finish() -> None:
    """Write what is still held back. Raises `OutputLost` if not all of stdout was written."""
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return
    sys.stdout.flush()
    raw = getattr(sys.stdout.buffer, "raw", None)
    if isinstance(raw, _Raw) and raw.lost:
        raise OutputLost(unwanted=raw.unwanted)


# -------------------------------------------------------------------- what an encoding lacks


def _for_file(error: UnicodeError) -> tuple[str | bytes, int]:
    """Names of files are bytes, and go out as they came."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - only used for writing
    sign = error.object[error.start]
    if "\udc80" <= sign <= "\udcff":
        return bytes([ord(sign) - 0xDC00]), error.start + 1
    return _plain(sign), error.start + 1


def _for_screen(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101
    return _plain(error.object[error.start]), error.start + 1


def _for_cells(error: UnicodeError) -> tuple[str, int]:
    """As wide as what it replaces, so that nothing moves on a screen."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101
    sign = error.object[error.start]
    cells = _cells(sign)
    form = "~" if sign == "…" else _plain(sign)
    return (form if len(form) == cells else "?" * cells), error.start + 1


def _cells(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _plain(sign: str) -> str:
    """An ASCII form of one character."""
    if (form := _FORMS.get(sign)) is not None:
        return form
    bare = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return bare or "?" * _cells(sign)
