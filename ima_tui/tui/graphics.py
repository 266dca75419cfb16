"""Pictures in this terminal: which way it has, what is kept, and what is painted over the cells.

One for the app. Textual knows cells alone, so there are three kinds of pictures: cells (blocks,
dots, letters, waves), cells that the terminal fills (kitty's placeholders), and blank cells that
are painted over right after Textual drew them (sixel, iTerm2). The last kind needs no counting
either: what is drawn over a picture takes it away, and when its own cells are drawn again, it is.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.color import Color, ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region

from ima_tui.imaging import iterm2, kitty, terminal
from ima_tui.imaging.decoder import Decoder
from ima_tui.imaging.request import CannotShow, Form, Reply, Request
from ima_tui.imaging.terminal import Choice, Listener, Way
from ima_tui.tui import answers, pictures
from ima_tui.tui.pictures import Lines, Rendered
from ima_tui.tui.theme import FEW, TOKENS, depth, style

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

    from ima_tui.tui.app import ImaApp

MOST_KEPT = 24 * 1024 * 1024
"""Bytes of pictures that are kept ready."""
ANSWER_SECONDS = 0.3
"""How long the first picture waits for what the terminal has to say; it is asked long before."""
STRIP_FRAMES = 5
STRIP_ROWS = 12
"""From so many rows on a film shows a strip of frames."""
USUAL_CELL = (10, 20)
SMALL_CELL = (8, 16)
"""Where a terminal was named by hand that does not tell its own: too small hurts less."""
RATE = 6.0
"""Frames a second of a film that plays."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be shown, and where on: part of what a picture is kept by."""

    path: str
    changed: int
    columns: int
    rows: int
    ground: str
    crop: tuple[float, float, float, float]
    theme: str
    small: bool


@dataclass(slots=True)
class Hung:
    """A picture painted over a widget, `x`, `y` from its corner; `due`: not painted yet."""

    rendered: Rendered
    x: int
    y: int
    due: bool = True


class Graphics:
    """`write` goes straight to the terminal, past the screen."""

    def __init__(self, app: ImaApp, write: Callable[[str], None]) -> None:
        self._app = app
        self._write = write
        self.listener = Listener()
        self._listens = answers.install(self.listener)
        self.decoder = Decoder()
        self._choice: Choice | None = None
        self._asked_at: float | None = None
        self._kept: OrderedDict[Look, Rendered] = OrderedDict()
        self._size = 0
        self._numbers: list[int] | None = None
        self._hung: dict[Widget, Hung] = {}

    # --------------------------------------------------------------------------------- the terminal

    def ask(self) -> None:
        """Put the one question to the terminal, if its answer matters. Waits for nothing."""
        settings = self._app.studio.settings
        first = terminal.choose(settings.images, os.environ)
        if first.ask and self._listens and not self._app.is_headless:
            self.listener.awaited = True
            self._asked_at = asyncio.get_running_loop().time()
            self._write(terminal.QUESTION)

    async def way(self) -> Choice:
        """The way that pictures take."""
        if self._choice is None:
            setting = self._app.studio.settings.images
            tmux = None
            if "TMUX" in os.environ and setting == "auto":
                tmux = await asyncio.to_thread(terminal.ask_tmux)
            self._choice = terminal.choose(setting, os.environ, tmux)
        choice = self._choice
        if choice.ask and self._asked_at is not None:
            due = self._asked_at + ANSWER_SECONDS - asyncio.get_running_loop().time()
            if due > 0 and self.listener.awaited:
                await asyncio.sleep(due)
            if self.listener.sixel and terminal.cell_size() is not None:
                choice = replace(choice, way=Way.SIXEL)
        if self._plain and choice.way is not Way.OFF:
            return Choice(Way.BLOCKS)
        return choice

    @property
    def _plain(self) -> bool:
        """Without colours, or with 16 that nobody knows: pictures are dots or letters."""
        app = self._app
        few = app.theme.endswith(FEW) and not app.is_headless  # a test has no terminal at all
        return app.no_color or app.glyphs.ascii or few

    # --------------------------------------------------------------------------------- the pictures

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
        look = Look(path, await _changed(path), columns, rows, ground, crop, self._app.theme, small)
        if (kept := self._kept.get(look)) is not None:
            self._kept.move_to_end(look)
            return kept
        choice = Choice(Way.BLOCKS) if small else await self.way()
        if choice.way is Way.OFF:
            raise CannotShow("viewer.off")
        request = self._request(look, choice)
        reply = await self.decoder.ask(request)
        if choice.way is Way.BLOCKS:
            rendered = await asyncio.to_thread(self._rendered, reply, request, look, choice, role)
        else:
            rendered = self._rendered(reply, request, look, choice, role)
        self._keep(look, rendered)
        return rendered

    async def reel(self, path: str, columns: int, rows: int, ground: str) -> Reply:
        """The frames of a film, each of them two pixels a cell. Raises `CannotShow`."""
        return await self.decoder.ask(
            Request(
                path,
                columns,
                rows * 2,
                self._colours,
                reel=True,
                rate=RATE,
                ground=self._colour(ground),
            )
        )

    def frame(self, reply: Reply, number: int, ground: str) -> Lines:
        """One frame of a reel. Slow: call it in a thread."""
        size = reply.width * reply.height * 3
        data = reply.data[number * size : (number + 1) * size]
        return self._cells(data, reply, ground)

    def _request(self, look: Look, choice: Choice) -> Request:
        frames = STRIP_FRAMES if look.rows >= STRIP_ROWS and not look.small else 0
        form, (wide, high) = self._form(choice, look)
        return Request(
            look.path,
            max(1, look.columns * wide),
            max(1, look.rows * high),
            form,
            frames,
            crop=look.crop,
            ground=self._colour(look.ground),
        )

    def _form(self, choice: Choice, look: Look) -> tuple[Form, tuple[int, int]]:
        """What to ask for, and how many pixels a cell has in it."""
        cell = terminal.cell_size()
        match choice.way:
            case Way.KITTY:
                return Form.PNG, cell or USUAL_CELL
            case Way.ITERM2:
                return Form.JPEG, cell or USUAL_CELL
            case Way.SIXEL:
                return Form.SIXEL, cell or SMALL_CELL
        if self._app.glyphs.ascii:
            return Form.RGB, (1, 2)
        if self._plain:
            return Form.DOTS, (2, 4)
        return self._colours, (1, 2)

    @property
    def _colours(self) -> Form:
        """As many as the terminal has."""
        return Form.RGB if depth(self._app.console.color_system) == 0 else Form.FEW

    def _rendered(
        self, reply: Reply, request: Request, look: Look, choice: Choice, role: str
    ) -> Rendered:
        if reply.facts.kind == "sound":
            return self._wave(reply, look, role)
        if request.form in (Form.RGB, Form.FEW, Form.DOTS):
            return Rendered(
                self._cells(reply.data, reply, look.ground),
                _cells_wide(reply, request),
                reply.facts,
            )
        wide = min(look.columns, -(-reply.width * look.columns // request.width))
        high = min(look.rows, -(-reply.height * look.rows // request.height))
        blank = pictures.blank(wide, high, self._colour(look.ground))
        if choice.way is Way.KITTY:
            return self._uploaded(reply, wide, high, look, choice)
        if choice.way is Way.ITERM2:
            paint = iterm2.sequence(reply.data, wide, high)
        else:
            paint = reply.data.decode("ascii")
        return Rendered(blank, wide, reply.facts, paint=paint)

    def _cells(self, data: bytes, reply: Reply, ground: str) -> Lines:
        theme = self._app.theme
        light = not self._app.current_theme.dark
        plain = style(theme, "text", ground)
        if self._app.glyphs.ascii:
            return pictures.letters(data, reply.width, reply.height, plain, light=light)
        if len(data) == reply.width * reply.height:
            return pictures.dots(data, reply.width, reply.height, plain, light=light)
        return pictures.blocks(data, reply.width, reply.height, self._colour(ground))

    def _wave(self, reply: Reply, look: Look, role: str) -> Rendered:
        peaks = _narrowed(reply.data, look.columns)
        plain = style(look.theme, role, look.ground)
        ascii_only = self._app.glyphs.ascii
        lines = pictures.wave(peaks, look.rows, plain, ascii_only=ascii_only)
        return Rendered(lines, len(peaks), reply.facts)

    def _uploaded(self, reply: Reply, wide: int, high: int, look: Look, choice: Choice) -> Rendered:
        wide, high = min(wide, kitty.MOST_CELLS), min(high, kitty.MOST_CELLS)
        index = self._free_number()
        triplet = Color.from_ansi(index).get_truecolor()
        exact = self._app.console.color_system == "truecolor"
        number = (triplet.red << 16) + (triplet.green << 8) + triplet.blue if exact else index
        lines = pictures.placeholders(wide, high, triplet.hex, self._colour(look.ground))
        upload = kitty.upload(number, reply.data, wide, high)
        if choice.in_tmux:
            upload = [kitty.through_tmux(part) for part in upload]
        return Rendered(lines, wide, reply.facts, upload=tuple(upload), number=number)

    def _free_number(self) -> int:
        if self._numbers is None:
            self._numbers = _numbers()
        while not self._numbers:
            self._drop_oldest()
        return self._numbers.pop(0)

    def _colour(self, ground: str) -> str:
        return cast(str, getattr(TOKENS[self._app.theme], ground))

    # --------------------------------------------------------------------------------- what is kept

    def _keep(self, look: Look, rendered: Rendered) -> None:
        if look in self._kept:
            return
        self._write("".join(rendered.upload))
        kept = replace(rendered, upload=()) if rendered.upload else rendered
        self._kept[look] = kept
        self._size += kept.size
        while self._size > MOST_KEPT and len(self._kept) > 1:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, dropped = self._kept.popitem(last=False)
        self._size -= dropped.size
        if dropped.number:
            self._delete(dropped.number)

    def _delete(self, number: int) -> None:
        self._write(self._wrapped(kitty.delete(number)))
        if self._numbers is not None:
            self._numbers.append(_index_of(number))

    def _wrapped(self, sequence: str) -> str:
        in_tmux = self._choice is not None and self._choice.in_tmux
        return kitty.through_tmux(sequence) if in_tmux else sequence

    async def aclose(self) -> None:
        """Take every picture out of the terminal, and end the child."""
        for rendered in self._kept.values():
            if rendered.number:
                self._write(self._wrapped(kitty.delete(rendered.number)))
        self._kept.clear()
        await self.decoder.aclose()

    # ------------------------------------------------------------------- painted over the cells

    def hang(self, widget: Widget, rendered: Rendered, x: int, y: int) -> None:
        """Paint `rendered` over `widget`, whenever its cells were drawn."""
        before = self._hung.get(widget)
        if before is None or (before.rendered, before.x, before.y) != (rendered, x, y):
            self._hung[widget] = Hung(rendered, x, y)

    def take_down(self, widget: Widget) -> None:
        """Its cells, drawn again, take the picture off the screen."""
        self._hung.pop(widget, None)

    def after(self, screen: Screen[object], update: object) -> str:
        """What has to be painted now that `update` of `screen` was drawn."""
        found = ""
        for widget, hung in tuple(self._hung.items()):
            if not widget.is_attached:
                del self._hung[widget]
            elif widget.screen is screen and self._app.screen is screen:
                found += self._painting(screen, widget, hung, update)
        return found

    def _painting(self, screen: Screen[object], widget: Widget, hung: Hung, update: object) -> str:
        place = screen._compositor.visible_widgets.get(widget)
        if place is None:
            hung.due = True
            return ""
        region, clip = place
        lines = hung.rendered.lines
        mine = Region(region.x + hung.x, region.y + hung.y, hung.rendered.width, len(lines))
        hung.due = hung.due or _touches(update, mine)
        if not hung.due or not clip.contains_region(mine) or not _uncovered(screen, widget, mine):
            return ""
        hung.due = False
        return f"\x1b7\x1b[{mine.y + 1};{mine.x + 1}H{hung.rendered.paint}\x1b8"


def _touches(update: object, region: Region) -> bool:
    if isinstance(update, ChopsUpdate):
        return any(
            region.y <= y < region.bottom and first < region.right and last > region.x
            for y, first, last in update.spans
        )
    return not isinstance(update, LayoutUpdate) or update.region.overlaps(region)


def _uncovered(screen: Screen[object], widget: Widget, region: Region) -> bool:
    """Whether nothing stands on the region."""
    layers = screen._compositor.layers_visible
    for y in range(region.y, min(region.bottom, len(layers))):
        first = next((one for one, cropped, _ in layers[y] if cropped.overlaps(region)), None)
        if first is not widget:
            return False
    return True


async def _changed(path: str) -> int:
    def look() -> int:
        try:
            return Path(path).stat().st_mtime_ns
        except OSError as error:
            raise CannotShow("viewer.gone", path=path) from error

    return await asyncio.to_thread(look)


def _cells_wide(reply: Reply, request: Request) -> int:
    return -(-reply.width // 2) if request.form is Form.DOTS else reply.width


def _narrowed(peaks: bytes, columns: int) -> bytes:
    """One peak for each column."""
    if len(peaks) <= columns:
        return peaks
    return bytes(
        max(peaks[at * len(peaks) // columns : (at + 1) * len(peaks) // columns])
        for at in range(columns)
    )


def _numbers() -> list[int]:
    """The colours that are the same in 256 and in all of them: numbers of pictures are colours,
    and only such a colour comes through the rounding to 256 unchanged."""
    found = []
    for index in range(17, 232):  # 16 is black, and no picture has the number 0
        triplet = Color.from_ansi(index).get_truecolor()
        rounded = Color.from_triplet(triplet).downgrade(ColorSystem.EIGHT_BIT)
        if rounded.number == index:
            found.append(index)
    return found


def _index_of(number: int) -> int:
    """The colour whose number (in 256, or in all) this is."""
    if number < 256:
        return number
    parts = (number >> 16, number >> 8 & 255, number & 255)
    steps = [0 if part == 0 else 1 + (part - 95) // 40 for part in parts]
    return 16 + steps[0] * 36 + steps[1] * 6 + steps[2]
