"""Escape and a character at once: alt and that key, in every terminal.

What most terminals send for alt and a character is escape and the character. Textual takes some of
these for what a Mac types with option (`¡` for alt+1, an en dash for alt+-) or loses the alt (`*`).
"""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser

from ima_tui.tui.terminal.textual_internals import character_of, character_to_key

_TAKEN = "[]OPX^_"
"""After an escape these begin a sequence of the terminal."""


class AltParser(XTermParser):
    """A parser for which escape and a character are alt and that key."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if len(sequence) == 2 and sequence[0] == "\x1b" and after_escape(sequence[1]):
            yield events.Key(f"alt+{character_to_key(sequence[1])}", None)
            return
        yield from super()._sequence_to_key_events(sequence, alt)


def after_escape(character: str | None) -> bool:
    """Return whether escape and this character, sent at once, are one key: alt and it."""
    return (
        character is not None
        and len(character) == 1
        and "!" <= character <= "~"
        and character not in _TAKEN
    )


def without_alt(key: str) -> str:
    """Return the plain key of `alt+m`, `alt+W` or `alt+shift+w`; "" for any other key."""
    head, _, base = key.partition("alt+")
    letter = base.removeprefix("shift+")
    if letter != base and len(letter) == 1:
        base = letter.upper()
    return base if not head and character_of(base) else ""
