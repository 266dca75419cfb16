"""When Python looks for garbage: not while the program starts, and seldom through all there is.

What a start makes lives as long as the program; looking through it took a tenth of the start. Later
a look through everything, thousands of models among it, stops the screen for 50 ms: at every
hundredth key with Python's own limits.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 200
"""A look at the newest after so many objects, at the middle ones after so many of those, at all
after so many of these."""


def rest() -> None:
    """Look for none until `resume`."""
    gc.disable()


def resume() -> None:
    """Look again, but no more at what is there now. Where nothing rests nothing is changed."""
    if gc.isenabled():
        return
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    gc.enable()
