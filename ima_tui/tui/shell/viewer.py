"""Viewer: results at full size, one at a time."""

from __future__ import annotations

import re
from typing import ClassVar, Protocol, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from ima_tui.core.domain import Job, Media, Medium
from ima_tui.core.records import dataclass
from ima_tui.i18n import say
from ima_tui.studio.gallery import open_file
from ima_tui.tui.images.preview import Cover, Preview
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import cut, width
from ima_tui.tui.widgets.inputs import input_source
from ima_tui.tui.widgets.lines import Line, Part, measure

ZOOM: list[BindingType] = [
    bind("more", "zoom(2)", "bind.closer", "viewer.closer", show=True),
    bind("less", "zoom(0.5)", "bind.farther", "viewer.farther", show=True),
    bind("left", "pan(-1, 0)", "bind.pan_left", "viewer.pan_left"),
    bind("right", "pan(1, 0)", "bind.pan_right", "viewer.pan_right"),
    bind("up", "pan(0, -1)", "bind.pan_up", "viewer.pan_up"),
    bind("down", "pan(0, 1)", "bind.pan_down", "viewer.pan_down"),
]
"""How a picture is looked at closely, here and where two are compared."""


@dataclass(frozen=True, slots=True)
class ViewerItem:
    """One result of a job; `index` counts from 0."""

    job: Job
    index: int

    @property
    def media(self) -> Media:
        """The result."""
        return self.job.medias[self.index]

    @property
    def title(self) -> str:
        """What it is called."""
        return f"#{self.job.id} {self.job.order.model_name}"

    @property
    def medium(self) -> Medium:
        """What it is."""
        return self.job.order.task_type.medium


@dataclass(frozen=True, slots=True)
class FileItem:
    """A file that no job made, such as a film."""

    title: str
    media: Media
    medium: Medium


class ViewerItems(Protocol):
    """Results to turn through; read one at a time, for there may be thousands."""

    def __len__(self) -> int: ...

    async def get(self, number: int) -> ViewerItem | FileItem | None:
        """The result at `number`, from 0; None: it is no more."""


class FewItems(tuple[ViewerItem | FileItem, ...]):
    """Items that are all known."""

    async def get(self, number: int) -> ViewerItem | FileItem | None:
        """Return the item with that number, from 0."""
        return self[number]


def results_of(job: Job) -> FewItems:
    """Return all results of one job."""
    return FewItems(ViewerItem(job, index) for index in range(len(job.medias)))


class ViewerLine(Line):
    """What is being looked at."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.number = 0
        self.item: ViewerItem | FileItem | None = None

    def show(self, item: ViewerItem | FileItem, number: int) -> None:
        """Show which result is open."""
        self.item, self.number = item, number
        self.refresh()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        if self.item is None:
            return [], []
        right: list[Part] = []
        if self.count > 1:
            right = [(say("viewer.of", index=self.number + 1, count=self.count) + " ", "strong")]
        title = f" {self.item.title}  "
        room = cells - measure([(title, ""), *right]) - 2
        return [(title, "strong"), (_where(self.item.media, max(10, room)), "muted")], right


def _where(media: Media, cells: int) -> str:
    """All that is known of the file, else its path, else its name, else what fits of that."""
    name = re.split(r"[/\\]", media.path or media.url)[-1]
    told = (words.result_words(media), media.path or media.url, name)
    return next((one for one in told if width(one) <= cells), cut(name, cells))


class ViewerScreen(ModalScreen[int]):
    """Over the screen that opened it; what it is closed with is where one stood last."""

    CSS_PATH = theme.path("viewer")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("right", "turn(1)", "bind.next_result", "viewer.next", show=True),
        bind("left", "turn(-1)", "bind.previous_result", "viewer.previous", show=True),
        bind("play", "play", "bind.play", "viewer.play", show=True),
        bind("use", "use", "bind.use_as_input", "viewer.use", show=True),
        bind("open_file", "open_file", "bind.open", "viewer.open", show=True),
        *ZOOM,
        bind("close", "close", "bind.close", "viewer.close", show=True),
    ]

    def __init__(self, items: ViewerItems, at: int = 0, *, cover: Cover | None = None) -> None:
        super().__init__()
        self.items = items
        self.at = at
        self._cover_of = cover

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield ViewerLine(len(self.items))
        yield Preview(cover=self._cover_of)
        yield BottomLine()

    async def on_mount(self) -> None:
        """Set up once the widgets exist."""
        await self._show()

    async def _show(self) -> None:
        item = await self.items.get(self.at)
        if item is not None:
            self.query_one(ViewerLine).show(item, self.at)
            self.query_one(Preview).see(item.media, item.medium)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if not self.is_mounted:
            return True
        preview = self.query_one(Preview)
        match action:
            case "turn":
                return len(self.items) > 1 and preview.lens.whole
            case "play":
                return preview.is_film
            case "use":
                return self._usable is not None
            case "open_file":
                return preview.media is not None and bool(preview.media.path)
            case "pan":
                return not preview.lens.whole
            case "zoom":
                return preview.is_picture and preview.lens.can_zoom(cast(float, parameters[0]))
        return True

    async def action_turn(self, by: int) -> None:
        """Turn to the next or previous."""
        self.at = (self.at + by) % len(self.items)
        await self._show()

    def action_play(self) -> None:
        """Play the video, or stop it."""
        self.query_one(Preview).play()

    @property
    def _usable(self) -> Media | None:
        """The image that can be an input."""
        item = self.query_one(ViewerLine).item
        return item.media if item is not None and item.medium is Medium.IMAGE else None

    async def action_use(self) -> None:
        """Close, and open Compose with the image as input."""
        if (media := self._usable) is not None:
            app, source = context(self), await input_source(media)
            self.dismiss(self.at)
            self.app.call_next(app.compose_on, [source])

    def action_open_file(self) -> None:
        """Open the file with the system's program, which has the sound too."""
        media = self.query_one(Preview).media
        if media is not None and not open_file(media.path):
            self.notify(say("queue.file_is", path=media.path))

    def action_zoom(self, factor: float) -> None:
        """Zoom in or out."""
        preview = self.query_one(Preview)
        preview.lens = preview.lens.closer(factor)
        self.refresh_bindings()

    def action_pan(self, right: int, down: int) -> None:
        """Move the visible part."""
        preview = self.query_one(Preview)
        preview.lens = preview.lens.moved(right, down)

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss(self.at)
