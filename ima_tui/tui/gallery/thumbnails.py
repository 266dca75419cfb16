"""Load and cache thumbnails of the results in view."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import WorkType

from ima_tui.core.domain import Result
from ima_tui.i18n import say
from ima_tui.imaging.request import CannotShow
from ima_tui.tui.gallery.arrangement import Key, key_of
from ima_tui.tui.gallery.tiles import Shown
from ima_tui.tui.images.cells import Rendered
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE

if TYPE_CHECKING:
    from textual.widget import Widget

    from ima_tui.tui.images.graphics import Graphics

MOST_KEPT = 600
PAUSE = 0.08
"""Seconds that the wall stands still before pictures are asked for."""

Name = tuple[str, int, str]
"""What a small picture is kept by: path, width, theme."""


class Thumbnails:
    """For one widget, which is told by `drawn` what has come."""

    def __init__(self, widget: Widget, drawn: Callable[[Key], None]) -> None:
        self._widget = widget
        self._drawn = drawn
        self._found: OrderedDict[Name, Rendered | str] = OrderedDict()
        self._wanted: frozenset[Key] = frozenset()

    def of(self, result: Result, wide: int, graphics: Graphics) -> Shown:
        """The picture, `wide` cells at most; None: it has not come yet."""
        if not result.path:
            return say("gallery.fetching" if result.fetching else "gallery.no_file")
        found = self._found.get(self._name(result, wide))
        if isinstance(found, Rendered) and not graphics.shelf.is_good(found):
            return None
        return found

    def want(self, results: Iterable[Result], wide: int, high: int, graphics: Graphics) -> None:
        """Have these, a moment after nothing else was wanted; what was wanted before is not."""
        seen = tuple(results)
        self._wanted = frozenset(map(key_of, seen))
        missing = [one for one in seen if self.of(one, wide, graphics) is None]
        self._widget.workers.cancel_group(self._widget, "tiles")
        if missing:
            fetch: WorkType[None] = partial(self._fetch, missing, wide, high, graphics)
            self._widget.run_worker(fetch, group="tiles", exit_on_error=False)

    async def _fetch(self, results: list[Result], wide: int, high: int, graphics: Graphics) -> None:
        await asyncio.sleep(PAUSE)
        # the newest wish is answered first, so the first of them is asked for last
        await asyncio.gather(*(self._draw(one, wide, high, graphics) for one in reversed(results)))

    async def _draw(self, result: Result, wide: int, high: int, graphics: Graphics) -> None:
        name, role = self._name(result, wide), MEDIUM_ROLE[result.task_type.medium]
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

    def _name(self, result: Result, wide: int) -> Name:
        return result.path, wide, self._widget.app.theme
