"""Lines in, lines out: what the plain mode talks through. Nothing is ever redrawn."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from enum import Enum
from functools import cache
from importlib import import_module
from typing import TypeVar

from ima_tui.core.errors import UsageError
from ima_tui.core.text import LIMIT, clean, encodable, folded, one_line, redact, whole
from ima_tui.i18n import say

Item = TypeVar("Item")
Asked = tuple[str, Callable[[], Awaitable[None]]]
"""A question, and what a yes to it does."""


class Next(Enum):
    """What plain mode does after a command."""

    OFFER = "offer"
    """Show the draft with its price, and ask whether to send it."""
    SHAPED = "shaped"
    """The same where there is a prompt, else say the settings."""
    PLAN = "plan"
    """Make a workflow of the prompt."""


Command = Callable[[str], Awaitable[Asked | Next | None]]
"""Run with what was typed behind its name; a question that it returns is asked."""


def name_of(command: str) -> str:
    """Return what a command is called in the language in use: `/stop`."""
    return _name(say(f"plain.command_{command}"))


@cache
def names(command: str) -> frozenset[str]:
    """Return what a command is called in every language, and was called by earlier versions."""
    texts = (import_module(f"ima_tui.i18n.{language}.plain").TEXTS for language in ("en", "zh"))
    called = (_name(each[f"plain.command_{command}"])[1:] for each in texts)
    return frozenset((command, *map(folded, called)))


def _name(text: str) -> str:
    return text.replace("：", ":").partition(":")[0]


MOST_BYTES = 1_000_000
"""A line longer than that is not one that somebody typed."""


def numbered(
    items: Sequence[Item], written: str, name: Callable[[Item], str] = lambda _: ""
) -> Item | None:
    """Return the item of a numbered list by its number, or its `name`; None where none has it."""
    number = whole(written)
    if number is not None and 0 < number <= len(items):
        return items[number - 1]
    return next((one for one in items if written and folded(name(one)) == folded(written)), None)


class LineIO:
    """A person's lines on stdin, ours on stdout. What comes while somebody is asked is said on a
    line of its own, and the question once more below it."""

    def __init__(self) -> None:
        self._typed: deque[str] = deque()
        self._rest = b""
        self._ended = False
        self._prompt = ""
        self._arrived = asyncio.Event()

    def say(self, *sentences: str) -> None:
        """Print sentences, each on a line."""
        words = redact(clean("\n".join(sentences)))
        if self._prompt and sentences:
            print(f"\n{words}\n{self._prompt}", end=" ", flush=True)
        elif sentences:
            print(words, flush=True)

    def choose(self, name: str, lines: Iterable[str], none: str = "") -> None:
        """Print numbered lines, and that `name` and a number take one; without lines `none`."""
        found = list(lines)
        self.say_numbered(found)
        self.say(say(none) if none and not found else say("plain.choose", name=name))

    def say_numbered(self, lines: Iterable[str]) -> None:
        """Print lines, each behind its number."""
        self.say(*(f"{place}. {line}" for place, line in enumerate(lines, 1)))

    async def ask(self, question: str, *, hidden: bool = False) -> str | None:
        """What is typed next, without blanks around it; None where nothing comes any more.

        Raises `UsageError` for bytes that are no text. The question is shown whole: it names what
        is agreed to.
        """
        self._prompt = one_line(question, LIMIT)
        print(self._prompt, end=" ", flush=True)
        try:
            with _silent() if hidden else nullcontext():
                while not self._typed:
                    if self._ended:
                        print(flush=True)
                        return None
                    await self._read()
        finally:
            self._prompt = ""
        if hidden or not sys.stdin.isatty():
            print(flush=True)
        typed = self._typed.popleft().strip()
        if encodable(typed) != typed:
            raise UsageError("error.not_text", encoding=sys.stdin.encoding)
        return typed

    async def ask_lines(self, question: str) -> list[str]:
        """What is typed next, up to an empty line."""
        self.say(question)
        lines: list[str] = []
        while line := await self.ask(say("plain.next_line")):
            lines.append(one_line(line, len(line)))
        return lines

    async def _read(self) -> None:
        """Wait for bytes, and take the whole lines among them."""
        loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
        self._arrived.clear()
        try:
            loop.add_reader(descriptor, self._arrived.set)
        except PermissionError:  # a plain file: it never makes anybody wait
            self._arrived.set()
        try:
            await self._arrived.wait()
            found = os.read(descriptor, 65536)
        finally:
            with suppress(PermissionError):
                loop.remove_reader(descriptor)
        self._ended = not found
        *whole, rest = (self._rest + found).split(b"\n")
        self._rest = rest[:MOST_BYTES]
        if self._ended and self._rest:
            whole, self._rest = [*whole, self._rest], b""
        self._typed.extend(line.decode(sys.stdin.encoding, "surrogateescape") for line in whole)


@contextmanager
def _silent() -> Iterator[None]:
    """Typed letters are not shown, where there is a terminal that shows them."""
    import termios

    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    quiet = [*before]
    quiet[3] = before[3] & ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
