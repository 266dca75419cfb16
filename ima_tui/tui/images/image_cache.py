"""Image cache: rendered images, and the ids of those stored in the terminal's memory.

Numbers of kitty's pictures are colours of cells: only such are used as survive the rounding to 256
colours unchanged. Whose picture is dropped, gives its number back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace

from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet

from ima_tui.imaging import terminal
from ima_tui.tui.images.cells import Rendered

MOST_KEPT = 24 * 1024 * 1024
"""Bytes."""
MOST_NUMBERS = 160


class ImageCache:
    """`write` goes to the terminal; `hangs` tells what is on the screen, and is not dropped."""

    def __init__(self, write: Callable[[str], None], hangs: Callable[[Rendered], bool]) -> None:
        self._write = write
        self._hangs = hangs
        self._kept: OrderedDict[Hashable, Rendered] = OrderedDict()
        self._alive: dict[int, Rendered] = {}
        self._colours: dict[int, ColorTriplet] = {}
        self._size = 0
        self.in_tmux = False
        """Whether sequences have to be wrapped."""

    def get(self, key: Hashable) -> Rendered | None:
        """Return a cached image and mark it as used."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def is_good(self, rendered: Rendered) -> bool:
        """Whether it can still be shown: its number is still its own."""
        return not rendered.number or self._alive.get(rendered.number) is rendered

    def number(self, *, exact: bool) -> tuple[int, str]:
        """A free number, and its colour. `exact`: the terminal has all colours."""
        if not self._colours:
            self._colours = _colours(exact=exact)
        while len(self._alive) >= min(MOST_NUMBERS, len(self._colours)):
            self._drop_oldest()
        number = next(one for one in self._colours if one not in self._alive)
        return number, self._colours[number].hex

    def keep(self, key: Hashable, rendered: Rendered) -> Rendered:
        """Send what has to be sent, and keep the rest; returns what is to be shown."""
        self._write("".join(map(self._wrapped, rendered.upload)))
        kept = replace(rendered, upload=())
        if kept.number:
            self._alive[kept.number] = kept
        self._kept[key] = kept
        self._size += kept.size
        while self._size > MOST_KEPT and len(self._kept) > 1:
            self._drop_oldest()
        return kept

    def clear(self) -> None:
        """Take everything out of the terminal."""
        for number in self._alive:
            self._write(self._wrapped(terminal.delete(number)))
        self._kept.clear()
        self._alive.clear()
        self._size = 0

    def _drop_oldest(self) -> None:
        key = next((k for k, one in self._kept.items() if not self._hangs(one)), None)
        dropped = self._kept.pop(next(iter(self._kept)) if key is None else key)
        self._size -= dropped.size
        if self._alive.pop(dropped.number, None) is not None:
            self._write(self._wrapped(terminal.delete(dropped.number)))

    def _wrapped(self, sequence: str) -> str:
        return terminal.through_tmux(sequence) if self.in_tmux else sequence


def _colours(*, exact: bool) -> dict[int, ColorTriplet]:
    """Each number with its colour: the place in the 256, or (`exact`) red, green and blue."""
    found: dict[int, ColorTriplet] = {}
    for index in range(17, 232):  # 16 is black, and no picture has the number 0
        triplet = Color.from_ansi(index).get_truecolor()
        rounded = Color.from_triplet(triplet).downgrade(ColorSystem.EIGHT_BIT)
        if rounded.number == index:
            whole = (triplet.red << 16) + (triplet.green << 8) + triplet.blue
            found[whole if exact else index] = triplet
    return found
