"""Zoom and pan of an image. Arithmetic only."""

from __future__ import annotations

from dataclasses import replace

from ima_tui.core.records import dataclass

MOST = 8.0
STEP = 0.25
"""Of what is seen, for one key."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """`zoom` times as large, with the point `x`, `y` (between 0 and 1) in the middle."""

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5

    @property
    def whole(self) -> bool:
        """Whether all of the image is visible."""
        return self.zoom <= 1.0

    @property
    def crop(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        half = 0.5 / self.zoom
        return self.x - half, self.y - half, self.x + half, self.y + half

    def closer(self, factor: float) -> Viewport:
        """Return the viewport, zoomed by a factor."""
        return replace(self, zoom=max(1.0, min(MOST, self.zoom * factor)))._inside()

    def can_zoom(self, factor: float) -> bool:
        """Whether it gets closer, or farther, by that."""
        return self.closer(factor).zoom != self.zoom

    def moved(self, right: int, down: int) -> Viewport:
        """Return the viewport, moved right and down."""
        step = STEP / self.zoom
        return replace(self, x=self.x + right * step, y=self.y + down * step)._inside()

    def _inside(self) -> Viewport:
        half = 0.5 / self.zoom
        return replace(self, x=max(half, min(1 - half, self.x)), y=max(half, min(1 - half, self.y)))
