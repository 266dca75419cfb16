"""What is looked for in texts: words as they are, or a regular expression that can't hang.

Python's own `re` can't be stopped once it runs, and people type `(a+)+$` by accident; so anything
but plain words goes to the `regex` library, which gives up after a time.
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
"""Repetitions that a pattern may ask for, multiplied: each one costs memory before it is used."""
PATIENCE = 0.05
"""Seconds for one text."""
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
_NOT_LOCAL = re.compile(r"[\^$]|\(\?|[*+?}]\+|\\[ABGmMZz]")
_COUNT = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")


class _Compiled(Protocol):
    def finditer(self, string: str, *, timeout: float) -> Iterator[re.Match[str]]: ...


class Pattern:
    """Case never matters. Raises `UsageError` when `written` can't be understood. `literal`: it
    stands for itself, whatever is in it."""

    def __init__(self, written: str, *, literal: bool = False) -> None:
        self.written = written
        self.plain = literal or _SPECIAL.search(written) is None
        self.local = _NOT_LOCAL.search(written) is None
        """What is found in a text is also found in any longer one."""
        self._words = re.compile(re.escape(written), re.IGNORECASE) if self.plain else None
        self._regex = None if self.plain else _compiled(written)

    def spans(self, text: str, *, empty: bool = False) -> list[tuple[int, int]]:
        """(first, after the last) of every place where it is found; `empty`: also where that is
        nothing. Raises `UsageError` when it takes too long."""
        found = ((m.start(), m.end()) for m in self._found(text))
        return [(first, end) for first, end in found if empty or end > first]

    def is_in(self, text: str) -> bool:
        """Raises `UsageError` when that takes too long."""
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
    """`written` as a pattern; as the plain words that it is, where it is no valid expression."""
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
