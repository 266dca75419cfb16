"""Make alt with a digit a key of its own.

What most terminals send for it is escape and the digit; Textual takes that for the sign which a Mac
types with option (¡ for 1), so that over SSH no alt+1 would ever arrive.
"""

from __future__ import annotations

from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS


def use_alt_digits() -> None:
    """From now on, in this process."""
    table = cast("dict[str, object]", ANSI_SEQUENCES_KEYS)
    for digit in "1234567890":
        table.pop(f"\x1b{digit}", None)
