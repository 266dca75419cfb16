"""A sixel decoder for the tests: as a terminal reads it, and in none of the encoder's ways."""

from __future__ import annotations

import re

TOKEN = re.compile(
    rb'"([\d;]+)|#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)(.)|([$-])|([?-~])', re.DOTALL
)


def decode(sequence: bytes) -> tuple[int, int, dict[tuple[int, int], tuple[int, int, int]]]:
    """Width, height, and the colour (0 to 100 each) of every pixel that was set."""
    start = sequence.index(b"q") + 1
    assert sequence.startswith(b"\x1bP")
    assert sequence.endswith(b"\x1b\\")
    body = sequence[start:-2]
    palette: dict[int, tuple[int, int, int]] = {}
    pixels: dict[tuple[int, int], tuple[int, int, int]] = {}
    width = height = x = y = colour = at = 0
    while at < len(body):
        found = TOKEN.match(body, at)
        assert found, body[at : at + 20]
        at = found.end()
        raster, register, red, green, blue, count, repeated, move, single = found.groups()
        if raster:
            _, _, width, height = map(int, raster.split(b";"))
        elif register:
            colour = int(register)
            if red:
                palette[colour] = (int(red), int(green), int(blue))
        elif move:
            x, y = 0, y + 6 * (move == b"-")
        else:
            bits = (repeated or single)[0] - 63
            end = x + int(count or 1)
            for column in range(x, end):
                for row in range(6):
                    if bits >> row & 1:
                        pixels[column, y + row] = palette[colour]
            x = end
    return width, height, pixels
