"""Preview widget of a result; decodes in a child process, and the newest request wins.

`Viewport` is the arithmetic of zoom and pan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import WorkType

from ima_tui.core.domain import Media, Medium
from ima_tui.core.records import dataclass
from ima_tui.core.text import duration
from ima_tui.i18n import say
from ima_tui.imaging.request import CannotShow, DecodeReply
from ima_tui.tui.images import cells
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.app_context import AppContext, context
from ima_tui.tui.widgets.cells import fit, width, wrap

if TYPE_CHECKING:
    from ima_tui.tui.images.graphics import Graphics


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


Cover = Callable[[Media], Awaitable[str]]
"""Where a picture of a film lies that can't be shown itself: a path, or "" for none."""


class Preview(Widget):
    """Shows one media, as large as there is room, and facts on the file below it.

    `delay`: seconds it waits for another request before it draws, for a picture costs kilobytes and
    a cursor that runs through a list would draw them all.
    """

    DEFAULT_CSS = "Preview { width: 1fr; height: 1fr; }"

    media: reactive[Media | None] = reactive(None)
    lens: reactive[Viewport] = reactive(Viewport())

    def __init__(
        self,
        *,
        widget_id: str | None = None,
        ground: str = "background",
        delay: float = 0.0,
        cover: Cover | None = None,
    ) -> None:
        super().__init__(id=widget_id)
        self._ground = ground
        self._delay = delay
        self._get_cover = cover
        self._shown: cells.Rendered | None = None
        self._problem = ""
        self._reel: DecodeReply | None = None
        self._frame: cells.Lines = ()
        self._number = 0
        self._role = "speech"
        self._loaded = Size(0, 0)
        """The size that was loaded for."""

    def see(self, media: Media | None, medium: Medium = Medium.SPEECH) -> None:
        """Show this; a sound is drawn in the colour of its medium."""
        self._role = MEDIUM_ROLE[medium]
        self.media = media

    @property
    def ima(self) -> AppContext:
        """The app."""
        return context(self)

    @property
    def graphics(self) -> Graphics:
        """The app's, which are made for the first picture."""
        from ima_tui.tui.images.graphics import graphics_of

        return graphics_of(self)

    @property
    def shown(self) -> cells.Rendered | None:
        """What is on the screen now."""
        return self._shown

    @property
    def is_film(self) -> bool:
        """Whether it is a video that can be played."""
        return self._shown is not None and self._shown.facts.kind == "film"

    @property
    def is_picture(self) -> bool:
        """Whether it is an image."""
        return self._shown is not None and self._shown.facts.kind == "picture"

    # ------------------------------------------------------------------------------ what is shown

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.watch(self.app, "theme", self._repaint, init=False)

    def _repaint(self) -> None:
        """Letters, waves and what shines through are in the theme's colours."""
        self._reel = None
        self._load(0.0)

    def watch_media(self) -> None:
        """Load the new medium."""
        self._reel, self._number = None, 0
        self.set_reactive(Preview.lens, Viewport())
        self._load(self._delay)

    def watch_lens(self) -> None:
        """Draw the other part."""
        self._load(0.0)

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._reel = None
        self._load(self._delay)

    def _load(self, delay: float) -> None:
        """Start to decode what is to be shown; an older decoding is dropped."""
        self.workers.cancel_node(self)
        self._frame = ()
        media, size = self.media, self.size
        self._loaded = size
        if media is None or not media.path or size.width < 4 or size.height < 2:
            self._show(None, self._why_nothing(media))
            return
        decode: WorkType[None] = partial(self._decode, media, delay)
        self.run_worker(decode, group="preview", exit_on_error=False)

    def _why_nothing(self, media: Media | None) -> str:
        if media is None:
            return "viewer.none"
        return "" if media.path else "viewer.not_here"  # "": there is no room yet

    async def _decode(self, media: Media, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            self._show(await self._picture(media.path), "")
        except CannotShow as problem:
            if problem.key == "viewer.no_film" and await self._show_cover(media):
                return
            self._show(None, problem.key, **problem.values)

    async def _picture(self, path: str) -> cells.Rendered:
        return await self.graphics.picture(
            path,
            self.size.width,
            self.size.height - 1,
            ground=self._ground,
            role=self._role,
            crop=self.lens.crop,
        )

    async def _show_cover(self, media: Media) -> bool:
        """The picture that came with the film, and the sentence why it is no more than that."""
        path = await self._get_cover(media) if self._get_cover is not None and media.cover else ""
        if not path:
            return False
        try:
            self._show(await self._picture(path), "viewer.no_film")
        except CannotShow:
            return False
        return True

    def _show(self, found: cells.Rendered | None, problem: str, **values: str | int) -> None:
        before, self._shown = self._shown, found
        self._problem = say(problem, **values) if problem else ""
        if before is not None or found is not None:
            self._hang()
        self.refresh()
        self.screen.refresh_bindings()

    def _hang(self) -> None:
        overlay = self.graphics.overlay
        if self._shown is None or self._frame:
            overlay.take_down(self)
        else:
            overlay.hang(self, self._shown, (self.size.width - self._shown.width) // 2)

    # ----------------------------------------------------------------------------------- films

    @property
    def playing(self) -> bool:
        """Whether the video plays."""
        return bool(self._frame)

    def play(self) -> None:
        """Play the film once, or stop it. Where motion is off: show the next of its frames."""
        if self.playing and self.ima.studio.settings.motion:
            self._load(0.0)
        elif self.media is not None and self.is_film:
            play: WorkType[None] = partial(self._play, self.media.path)
            self.workers.cancel_group(self, "film")
            self.run_worker(play, group="film", exit_on_error=False)

    async def _play(self, path: str) -> None:
        try:
            reel = self._reel or await self.graphics.reel(
                path, self.size.width, self.size.height - 1, self._ground
            )
        except CannotShow as problem:
            self._show(None, problem.key, **problem.values)
            return
        self._reel = reel
        if not self.ima.studio.settings.motion:
            self._number = (self._number + 1) % reel.count
            await self._show_frame(reel, self._number)
            return
        for number in range(reel.count):
            if not self.screen.is_current:
                break
            await self._show_frame(reel, number)
            await asyncio.sleep(1 / cells.RATE)
        self._frame = ()
        self._hang()
        self.refresh()

    async def _show_frame(self, reel: DecodeReply, number: int) -> None:
        frame = self.graphics.frame
        self._frame = await asyncio.to_thread(frame, reel, number, self._ground)
        self._number = number
        self._hang()
        self.refresh()

    # --------------------------------------------------------------------------------- drawing

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        if self.size != self._loaded:  # Textual sends no resize if a region was asked for before it
            self._loaded = self.size
            self.call_next(self._load, self._delay)
        room = self.size.width
        plain = style(self.app.theme, "muted", self._ground)
        if self._shown is None:
            words = wrap(self._problem, max(4, room - 2))
            text = " " + words[y - 1] if 1 <= y <= len(words) else ""
            return Strip([Segment(text, plain)]).adjust_cell_length(room, plain)
        lines = self._frame or self._shown.lines
        wide = self._reel.width if self._frame and self._reel else self._shown.width
        left = Segment(" " * ((room - wide) // 2), plain)
        if y < len(lines):
            line = Segment.apply_style(lines[y], plain)
            return Strip([left, *line]).adjust_cell_length(room, plain)
        if y == len(lines):
            told = self._facts()
            indent = " " * max(0, min(len(left.text), room - width(told)))
            return Strip([Segment(fit(indent + told, room), plain)])
        return Strip.blank(room, plain)

    def _facts(self) -> str:
        if self._shown is None:
            return ""
        facts = self._shown.facts
        if self._frame and self._reel:
            at = duration(self._number / cells.RATE)
            return say("viewer.frame", at=at, length=duration(facts.seconds))
        told = cells.words(facts)
        if not self.lens.whole:
            told += f"  {self.lens.zoom:g}x"
        return f"{told}  {self._problem}" if self._problem else told
