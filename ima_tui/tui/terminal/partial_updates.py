"""Compositor whose partial updates send the changed cells only.

Textual draws a changed region from the left edge of the widget it lies in (a known shortcoming of
its own). In a table whose last columns tick, that is the whole row, over SSH ten times the
bytes. These two classes cut the left side off too; the exact pin of Textual keeps them true.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor


class PartialUpdate(ChopsUpdate):
    """A `ChopsUpdate` that sends the changed cells only."""

    def render_segments(self, console: Console) -> str:
        """Return the sequences that draw the changed cells."""
        sequences: list[str] = []
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= last or end <= first:
                    continue
                start = max(x, first)
                changed = strip.crop(start - x, min(end, last) - x)
                sequences += (Control.move_to(start, y).segment.text, changed.render(console))
        return "".join(sequences)


class PartialCompositor(Compositor):
    """A compositor whose partial updates are tight."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return the update of changed regions; None where nothing changed."""
        update = super().render_partial_update()
        if update is None:
            return None
        return PartialUpdate(update.chops, update.spans, update.chop_ends)
