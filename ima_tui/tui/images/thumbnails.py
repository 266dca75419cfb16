"""Load, cache and draw thumbnails of the results in view."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.worker import WorkType

from ima_tui.core.domain import Result
from ima_tui.i18n import say
from ima_tui.imaging.request import CannotShow
from ima_tui.tui.images.cells import Rendered
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE
from ima_tui.tui.widgets.cells import fit, wrap

if TYPE_CHECKING:
    from textual.widget import Widget

    from ima_tui.tui.images.graphics import Graphics

MOST_KEPT = 600
PAUSE = 0.08
"""Seconds that the wall stands still before pictures are asked for."""

Name = tuple[str, int, int, str]
"""What a small picture is kept by: path, width, height, theme."""

Key = tuple[int, int]
"""A job and the number of its result, as in `job:41#1`."""

Shown = Rendered | str | None
"""A picture, a sentence instead of it, or nothing yet."""


def key_of(result: Result) -> Key:
    """Return the key of a result: job id and number, from 1."""
    return result.job, result.index


def picture_line(shown: Shown, line: int, room: int, high: int, plain: Style) -> list[Segment]:
    """Return one of `high` lines of a picture, centred in `room` cells."""
    if isinstance(shown, str):
        first = min(2, max(0, high // 2 - 1))
        words = wrap(shown, max(4, room - 2))[: max(1, high - first - 1)]
        text = words[line - first] if first <= line < first + len(words) else ""
        return [Segment(fit(" " + text, room), plain)]
    above = (high - len(shown.lines)) // 2 if shown else 0
    if shown is None or not above <= line < above + len(shown.lines):
        return [Segment(" " * room, plain)]
    left = (room - shown.width) // 2
    right = room - left - shown.width
    row = shown.lines[line - above]
    return [Segment(" " * left, plain), *row, Segment(" " * right, plain)]


def on_ground(drawn: list[Segment], before: Style, now: Style) -> list[Segment]:
    """Return a line of a picture with the ground of `now` wherever that of `before` is seen."""
    if before.bgcolor == now.bgcolor:
        return drawn
    ground = Style(bgcolor=now.bgcolor)
    return [
        Segment(each.text, each.style + ground)
        if each.style is not None and each.style.bgcolor == before.bgcolor
        else each
        for each in drawn
    ]


class Thumbnails:
    """For one widget, which is told by `drawn` what has come."""

    def __init__(self, widget: Widget, drawn: Callable[[Key], None]) -> None:
        self._widget = widget
        self._drawn = drawn
        self._found: OrderedDict[Name, Rendered | str] = OrderedDict()
        self._wanted: frozenset[Key] = frozenset()

    def of(self, result: Result, wide: int, high: int, graphics: Graphics) -> Shown:
        """The picture, `wide` cells and `high` lines at most; None: it has not come yet."""
        if not result.path:
            return say("gallery.fetching" if result.fetching else "gallery.no_file")
        found = self._found.get(self._name(result, wide, high))
        if isinstance(found, Rendered) and not graphics.shelf.is_good(found):
            return None
        return found

    def want(self, results: Iterable[Result], wide: int, high: int, graphics: Graphics) -> None:
        """Have these, a moment after nothing else was wanted; what was wanted before is not."""
        seen = tuple(results)
        self._wanted = frozenset(map(key_of, seen))
        missing = [one for one in seen if self.of(one, wide, high, graphics) is None]
        self._widget.workers.cancel_group(self._widget, "tiles")
        if missing:
            fetch: WorkType[None] = partial(self._fetch, missing, wide, high, graphics)
            self._widget.run_worker(fetch, group="tiles", exit_on_error=False)

    async def _fetch(self, results: list[Result], wide: int, high: int, graphics: Graphics) -> None:
        await asyncio.sleep(PAUSE)
        # the newest request is answered first, so the first of them is asked for last
        await asyncio.gather(*(self._draw(one, wide, high, graphics) for one in reversed(results)))

    async def _draw(self, result: Result, wide: int, high: int, graphics: Graphics) -> None:
        name, role = self._name(result, wide, high), MEDIUM_ROLE[result.task_type.medium]
        found: Rendered | str
        try:
            found = await graphics.picture(
                result.path, wide, high, ground="background", role=role, small=True
            )
        except CannotShow as problem:
            found = say(problem.key, **problem.values)
        self._found[name] = found
        while len(self._found) > MOST_KEPT:
            self._found.popitem(last=False)
        if key_of(result) in self._wanted:
            self._drawn(key_of(result))

    def _name(self, result: Result, wide: int, high: int) -> Name:
        return result.path, wide, high, self._widget.app.theme
