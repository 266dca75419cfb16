"""Kitty's graphics protocol with Unicode placeholders.

An image is sent once under a number, then text cells say which part they show. So it is scrolled,
covered and clipped like text, by tmux too.
"""

from __future__ import annotations

import base64
from itertools import chain

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
