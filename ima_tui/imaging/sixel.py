"""Sixel encoder (DEC STD 070): six rows of pixels per band, one pass per colour.

Every step over pixels is one call into C: rows are translated to bits and joined as big integers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

BAND = 6
_CHARACTERS = bytes(63 + value if value < 64 else 63 for value in range(256))
_RUN = re.compile(rb"(.)\1{3,}", re.DOTALL)


def encode(
    pixels: bytes, palette: Sequence[tuple[int, int, int]], width: int, height: int
) -> bytes:
    """Return the whole sequence, from DCS to ST.

    `pixels` are indices into `palette`, row by row.
    """
    parts = [b'\x1bP0;1;0q"1;1;%d;%d' % (width, height)]
    parts += [_register(index, palette[index]) for index in sorted(set(pixels))]
    for top in range(0, height, BAND):
        rows = [pixels[y * width : (y + 1) * width] for y in range(top, min(top + BAND, height))]
        parts.append(
            b"$".join(_pass(rows, colour, width) for colour in sorted(set(b"".join(rows))))
        )
        parts.append(b"-")
    parts[-1] = b"\x1b\\"
    return b"".join(parts)


def _register(index: int, colour: tuple[int, int, int]) -> bytes:
    red, green, blue = (round(part * 100 / 255) for part in colour)
    return b"#%d;2;%d;%d;%d" % (index, red, green, blue)


def _pass(rows: Sequence[bytes], colour: int, width: int) -> bytes:
    """Encode one colour of one band."""
    bits = 0
    for number, row in enumerate(rows):
        if colour in row:
            bits |= int.from_bytes(row.translate(_bit(colour, number)), "big")
    line = bits.to_bytes(width, "big").translate(_CHARACTERS).rstrip(b"?")
    return b"#%d%b" % (colour, _RUN.sub(_shorter, line))


@cache
def _bit(colour: int, number: int) -> bytes:
    """Return the table that maps `colour` to its bit in row `number` of a band, all others to 0."""
    table = bytearray(256)
    table[colour] = 1 << number
    return bytes(table)


def _shorter(run: re.Match[bytes]) -> bytes:
    return b"!%d%b" % (len(run[0]), run[1])
