"""Search pattern: plain text, or a regular expression with a time limit.

Python's `re` can't be interrupted, and users type `(a+)+$` by accident; so anything but plain text
uses the `regex` library, which stops after a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from typing import Protocol, cast

from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line

MOST_PATTERN = 300
MOST_REPEATS = 20_000
"""Maximum product of a pattern's repetition counts; each costs memory in advance."""
PATIENCE = 0.05
"""Time limit in seconds for one text."""
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
_NOT_LOCAL = re.compile(r"[\^$]|\(\?|[*+?}]\+|\\[ABGmMZz]")
_COUNT = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")


class _Compiled(Protocol):
    def finditer(self, string: str, *, timeout: float) -> Iterator[re.Match[str]]: ...


class Pattern:
    """A case-insensitive pattern.

    Raises `UsageError` for an invalid expression. `literal`: take all characters as they are.
    """

    def __init__(self, written: str, *, literal: bool = False) -> None:
        self.written = written
        self.plain = literal or _SPECIAL.search(written) is None
        self.local = _NOT_LOCAL.search(written) is None
        """A match in a text is also a match in any longer text."""
        self._words = re.compile(re.escape(written), re.IGNORECASE) if self.plain else None
        self._regex = None if self.plain else _compiled(written)

    def spans(self, text: str, *, empty: bool = False) -> list[tuple[int, int]]:
        """Return (start, end) of every match; `empty`: empty ones included.

        Raises `UsageError` when it takes too long.
        """
        found = ((m.start(), m.end()) for m in self._found(text))
        return [(first, end) for first, end in found if empty or end > first]

    def is_in(self, text: str) -> bool:
        """Tell whether it matches. Raises `UsageError` when that takes too long."""
        return next(self._found(text), None) is not None

    def _found(self, text: str) -> Iterator[re.Match[str]]:
        if self._words is not None:
            yield from self._words.finditer(text)
        elif self._regex is not None:
            try:
                yield from self._regex.finditer(text, timeout=PATIENCE)
            except TimeoutError as error:
                shown = one_line(self.written, 60)
                raise UsageError("error.pattern_slow", pattern=shown) from error


def literally(written: str) -> Pattern:
    """Return `written` as a pattern, as plain text where it is not a valid expression."""
    try:
        return Pattern(written)
    except UsageError:
        return Pattern(written, literal=True)


def _compiled(written: str) -> _Compiled:
    import regex

    shown = one_line(written, 60)
    counts = (int(most or least or 1) for least, most in _COUNT.findall(written))
    if len(written) > MOST_PATTERN or prod(max(1, count) for count in counts) > MOST_REPEATS:
        raise UsageError("error.pattern_long", pattern=shown)
    try:
        return cast(_Compiled, regex.compile(written, regex.IGNORECASE | regex.MULTILINE))
    except (regex.error, RecursionError, ValueError, OverflowError) as error:
        raise UsageError("error.pattern", pattern=shown, reason=one_line(error, 80)) from error
