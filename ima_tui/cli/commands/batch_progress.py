"""Progress of a batch on stderr: rows, points, and the time that is left."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ima_tui.cli.commands.batch_rows import PricedRow
from ima_tui.cli.output import ProgressLine, talk
from ima_tui.core.clock import Clock
from ima_tui.core.text import duration
from ima_tui.i18n import say
from ima_tui.ledger.job_states import ENDED

STEPS = 10
"""Lines in total where stderr is no terminal."""
ENOUGH = 3
"""Rows that must have ended before the rest can be estimated from them."""


class BatchProgress:
    """A line that rewrites itself on a terminal; in a log or a pipe, one for each tenth."""

    def __init__(self, clock: Clock, errands: Sequence[PricedRow]) -> None:
        self._line = ProgressLine()
        self._clock = clock
        self._rows = len(errands)
        self._points = sum(errand.order.total for errand in errands)
        ended = [errand for errand in errands if errand.job and errand.job.state in ENDED]
        self._before = len(ended)
        self._began = clock.steady()
        self._done = self._failed = self._spent = self._step = 0

    def count(self, errand: PricedRow, *, done: bool) -> None:
        """Count a row that ended."""
        self._done += done
        self._failed += not done
        self._spent += errand.order.total if done else 0
        ended = self._done + self._failed
        step = ended * STEPS // max(1, self._rows)
        if step > self._step and ended < self._rows and not sys.stderr.isatty():
            talk(self._words(None))
        self._step = step

    def show(self, live: int, waits: str = "") -> None:
        """Rewrite the line. `waits`: what all requests wait for."""
        words = self._words(live)
        self._line.show(f"{words} · {waits}" if waits else words)

    def clear(self) -> None:
        """Remove the line before something else is said."""
        self._line.clear()

    def _words(self, live: int | None) -> str:
        words = say(
            "batch.progress",
            done=self._done,
            rows=self._rows,
            points=self._spent,
            total=self._points,
            failed=self._failed,
        )
        if live is not None:
            words += " · " + say("batch.live", live=live)
        left = self._left()
        return words if left is None else f"{words} · {say('batch.left', time=duration(left))}"

    def _left(self) -> float | None:
        """Return the seconds left at the pace so far; None while nothing tells."""
        ended = self._done + self._failed
        ours, rest = ended - self._before, self._rows - ended
        if ours < ENOUGH or rest <= 0:
            return None
        return (self._clock.steady() - self._began) / ours * rest
