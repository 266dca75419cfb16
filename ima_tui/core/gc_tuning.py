"""Garbage collector tuning: off during start, rarely a full collection later, none at the end.

What is created at start lives as long as the program, and collecting it took a tenth of the start.
The interpreter's own collection at exit took a fifth of the processor time of a short verb.
A full collection (thousands of models) stops the screen for 50 ms; with Python's thresholds that is
every hundredth key.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 200
"""Thresholds of the three generations for `gc.set_threshold`."""


def begin() -> None:
    """Collect rarely: most of what a short program creates lives until its end."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def end() -> None:
    """Exempt everything from the collection at exit; the system takes the memory back."""
    gc.freeze()


def rest() -> None:
    """Disable the collector until `resume`."""
    gc.disable()


def resume() -> None:
    """Enable the collector, existing objects exempt. Does nothing where it is enabled."""
    if gc.isenabled():
        return
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    gc.enable()
