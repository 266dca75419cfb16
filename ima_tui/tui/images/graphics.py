"""Load images and draw them with what this terminal supports, for the whole app.

Textual knows cells alone, so there are three kinds of pictures: cells (blocks, dots, letters,
waves), cells that the terminal fills (kitty's placeholders), and blank cells that are painted over
(sixel, iTerm2; see `cells`).

The cache has rendered images, and the ids of those stored in the terminal's memory. Numbers of
kitty's pictures are colours of cells: only such are used as survive the rounding to 256 colours
unchanged. Whose picture is dropped, gives its number back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet

from ima_tui.core.records import dataclass
from ima_tui.imaging import terminal
from ima_tui.imaging.decoder import Decoder
from ima_tui.imaging.request import (
    CannotShow,
    DecodeReply,
    DecodeRequest,
    OutputForm,
)
from ima_tui.imaging.terminal import ImageProtocol, ProtocolChoice
from ima_tui.tui.images import cells
from ima_tui.tui.images.cells import Lines, Overlay, Rendered
from ima_tui.tui.theme.theme import TOKENS, depth, style
from ima_tui.tui.widgets.app_context import AppContext

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from ima_tui.tui.images.image_protocol import TerminalImages


STRIP_FRAMES = 5
STRIP_ROWS = 12
"""From so many rows on a film shows a strip of frames."""
USUAL_CELL = (10, 20)
SMALL_CELL = (8, 16)
"""Where a terminal was named by hand that does not tell its own: too small hurts less."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What is to be shown, and where on: part of what a picture is kept by."""

    path: str
    changed: int
    columns: int
    rows: int
    ground: str
    crop: tuple[float, float, float, float]
    theme: str
    small: bool


class Graphics:
    """`write` goes straight to the terminal, past the screen; `way` is how pictures get there."""

    def __init__(self, app: AppContext, way: TerminalImages, write: Callable[[str], None]) -> None:
        self._app = app
        self.way = way
        self.overlay = Overlay(app)
        self.shelf = ImageCache(write, self.overlay.has)
        self.decoder = Decoder()

    async def aclose(self) -> None:
        """Take every picture out of the terminal, and end the child."""
        self.shelf.clear()
        await self.decoder.aclose()

    async def picture(
        self,
        path: str,
        columns: int,
        rows: int,
        *,
        ground: str,
        role: str = "speech",
        crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0),
        small: bool = False,
    ) -> Rendered:
        """The file within `columns` x `rows` cells. Raises `CannotShow`.

        `ground` is a token of the theme, `role` the one that a sound is drawn in. `small`: one of
        many, in cells whatever the terminal can.
        """
        look = RenderRequest(
            path, await _changed(path), columns, rows, ground, crop, self._app.theme, small
        )
        if (kept := self.shelf.get(look)) is not None:
            return kept
        choice = await self.way.choice()
        if choice.protocol is ImageProtocol.OFF:
            raise CannotShow("viewer.off")
        if (
            small and choice.protocol is not ImageProtocol.KITTY
        ):  # what is painted over cells is for one or two
            choice = ProtocolChoice(ImageProtocol.BLOCKS)
        request = self._request(look, choice)
        reply = await self.decoder.ask(request)
        if choice.protocol is ImageProtocol.BLOCKS:
            rendered = await asyncio.to_thread(self._rendered, reply, request, look, choice, role)
        else:
            rendered = self._rendered(reply, request, look, choice, role)
        return self.shelf.get(look) or self.shelf.keep(look, rendered)

    async def reel(self, path: str, columns: int, rows: int, ground: str) -> DecodeReply:
        """The frames of a film, each of them two pixels a cell. Raises `CannotShow`."""
        return await self.decoder.ask(
            DecodeRequest(
                path,
                columns,
                rows * 2,
                self._colours,
                reel=True,
                rate=cells.RATE,
                background=self._colour(ground),
            )
        )

    def frame(self, reply: DecodeReply, number: int, ground: str) -> Lines:
        """One frame of a reel. Slow: call it in a thread."""
        size = reply.width * reply.height * 3
        data = reply.data[number * size : (number + 1) * size]
        return self._cells(data, reply, ground)

    def _request(self, look: RenderRequest, choice: ProtocolChoice) -> DecodeRequest:
        frames = STRIP_FRAMES if look.rows >= STRIP_ROWS and not look.small else 0
        form, (wide, high) = self._form(choice, look)
        return DecodeRequest(
            look.path,
            max(1, look.columns * wide),
            max(1, look.rows * high),
            form,
            frames,
            crop=look.crop,
            background=self._colour(look.ground),
        )

    def _form(
        self, choice: ProtocolChoice, look: RenderRequest
    ) -> tuple[OutputForm, tuple[int, int]]:
        """What to ask for, and how many pixels a cell has in it."""
        cell = terminal.cell_size()
        match choice.protocol:
            case ImageProtocol.KITTY:
                return OutputForm.PNG, cell or USUAL_CELL
            case ImageProtocol.ITERM2:
                return OutputForm.JPEG, cell or USUAL_CELL
            case ImageProtocol.SIXEL:
                return OutputForm.SIXEL, cell or SMALL_CELL
        if self._app.glyphs.ascii:
            return OutputForm.RGB, (1, 2)
        if self.way.plain:
            return OutputForm.DOTS, (2, 4)
        return self._colours, (1, 2)

    @property
    def _colours(self) -> OutputForm:
        """As many as the terminal has."""
        return OutputForm.RGB if depth(self._app.console.color_system) == 0 else OutputForm.FEW

    def _rendered(
        self,
        reply: DecodeReply,
        request: DecodeRequest,
        look: RenderRequest,
        choice: ProtocolChoice,
        role: str,
    ) -> Rendered:
        if reply.facts.kind == "sound":
            return self._wave(reply, look, role)
        if request.form in (OutputForm.RGB, OutputForm.FEW, OutputForm.DOTS):
            return Rendered(
                self._cells(reply.data, reply, look.ground),
                _cells_wide(reply, request),
                reply.facts,
            )
        wide = min(look.columns, -(-reply.width * look.columns // request.width))
        high = min(look.rows, -(-reply.height * look.rows // request.height))
        blank = cells.blank(wide, high, self._colour(look.ground))
        if choice.protocol is ImageProtocol.KITTY:
            return self._uploaded(reply, wide, high, look, choice)
        if choice.protocol is ImageProtocol.ITERM2:
            paint = terminal.iterm2_image(reply.data, wide, high)
        else:
            paint = reply.data.decode("ascii")
        return Rendered(blank, wide, reply.facts, paint=paint)

    def _cells(self, data: bytes, reply: DecodeReply, ground: str) -> Lines:
        theme = self._app.theme
        light = not self._app.current_theme.dark
        plain = style(theme, "text", ground)
        if self._app.glyphs.ascii:
            return cells.letters(data, reply.width, reply.height, plain, light=light)
        if len(data) == reply.width * reply.height:
            return cells.dots(data, reply.width, reply.height, plain, light=light)
        return cells.blocks(data, reply.width, reply.height, self._colour(ground))

    def _wave(self, reply: DecodeReply, look: RenderRequest, role: str) -> Rendered:
        peaks = _narrowed(reply.data, look.columns)
        plain = style(look.theme, role, look.ground)
        ascii_only = self._app.glyphs.ascii
        lines = cells.wave(peaks, look.rows, plain, ascii_only=ascii_only)
        return Rendered(lines, len(peaks), reply.facts)

    def _uploaded(
        self, reply: DecodeReply, wide: int, high: int, look: RenderRequest, choice: ProtocolChoice
    ) -> Rendered:
        wide, high = min(wide, terminal.MOST_CELLS), min(high, terminal.MOST_CELLS)
        exact = self._app.console.color_system == "truecolor"
        self.shelf.in_tmux = choice.in_tmux
        number, colour = self.shelf.number(exact=exact)
        lines = cells.placeholders(wide, high, colour, self._colour(look.ground))
        upload = tuple(terminal.upload(number, reply.data, wide, high))
        return Rendered(lines, wide, reply.facts, upload=upload, number=number)

    def _colour(self, ground: str) -> str:
        return cast(str, getattr(TOKENS[self._app.theme], ground))


async def _changed(path: str) -> int:
    def look() -> int:
        try:
            return Path(path).stat().st_mtime_ns
        except OSError as error:
            raise CannotShow("viewer.gone", path=path) from error

    return await asyncio.to_thread(look)


def _cells_wide(reply: DecodeReply, request: DecodeRequest) -> int:
    return -(-reply.width // 2) if request.form is OutputForm.DOTS else reply.width


def _narrowed(peaks: bytes, columns: int) -> bytes:
    """One peak for each column."""
    if len(peaks) <= columns:
        return peaks
    return bytes(
        max(peaks[at * len(peaks) // columns : (at + 1) * len(peaks) // columns])
        for at in range(columns)
    )


class _HasGraphics(Protocol):
    graphics: Graphics


def graphics_of(node: DOMNode) -> Graphics:
    """The graphics of the app that `node` belongs to."""
    return cast(_HasGraphics, node.app).graphics


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
