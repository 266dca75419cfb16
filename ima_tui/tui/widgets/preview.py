"""A result, seen in the terminal. Decoding happens in a thread; the newest wish wins."""

from __future__ import annotations

import asyncio

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from ima_tui.domain import Media
from ima_tui.messages import say
from ima_tui.tui import pictures
from ima_tui.tui.theme import COARSE, style
from ima_tui.tui.widgets.cells import fit, wrap


class Preview(Widget):
    """Shows one media, as large as there is room, and facts on the file below it.

    `delay`: seconds it waits for another wish before it draws, for a picture costs kilobytes and
    a cursor that runs through a list would draw them all.
    """

    DEFAULT_CSS = "Preview { width: 1fr; height: 1fr; }"

    media: reactive[Media | None] = reactive(None)

    def __init__(
        self, *, widget_id: str | None = None, ground: str = "background", delay: float = 0.0
    ) -> None:
        super().__init__(id=widget_id)
        self._ground = ground
        self._delay = delay
        self._shown: pictures.Rendered | None = None
        self._problem = ""

    def watch_media(self) -> None:
        self._load()

    def on_resize(self) -> None:
        self._load()

    def _load(self) -> None:
        """Start to decode what is to be shown; an older decoding is dropped."""
        self.workers.cancel_node(self)
        media, size = self.media, self.size
        if media is None or not media.path or size.width < 4 or size.height < 2:
            self._show(None, self._why_nothing(media))
            return
        self.run_worker(
            self._decode(media.path, size.width, size.height - 1),
            group="preview",
            exit_on_error=False,
        )

    def _why_nothing(self, media: Media | None) -> str:
        if media is None:
            return "viewer.none"
        return "" if media.path else "viewer.not_here"  # "": there is no room yet

    async def _decode(self, path: str, columns: int, rows: int) -> None:
        await asyncio.sleep(self._delay)
        coarse = self.app.theme.endswith(COARSE)
        try:
            found = await asyncio.to_thread(pictures.render, path, columns, rows, coarse=coarse)
        except pictures.CannotShow as problem:
            self._show(None, problem.key, **problem.values)
        else:
            self._show(found, "")

    def _show(self, found: pictures.Rendered | None, problem: str, **values: str) -> None:
        self._shown = found
        self._problem = say(problem, **values) if problem else ""
        self.refresh()

    @property
    def shown(self) -> pictures.Rendered | None:
        """What is on the screen now."""
        return self._shown

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        plain = style(self.app.theme, "muted", self._ground)
        if self._shown is None:
            words = wrap(self._problem, max(4, width - 2))
            text = " " + words[y - 1] if 1 <= y <= len(words) else ""
            return Strip([Segment(text, plain)]).adjust_cell_length(width, plain)
        left = Segment(" " * ((width - self._shown.width) // 2), plain)
        if y < len(self._shown.lines):
            line = Segment.apply_style(self._shown.lines[y], plain)
            return Strip([left, *line]).adjust_cell_length(width, plain)
        if y == len(self._shown.lines):
            return Strip([left, Segment(fit(self._shown.facts, width - len(left.text)), plain)])
        return Strip.blank(width, plain)
