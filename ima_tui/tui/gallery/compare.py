"""Compare two results side by side, zoomed and played together."""

from __future__ import annotations

from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen

from ima_tui.compose import parameter_names
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.tui.images.preview import Cover, Preview
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.shell.viewer import ZOOM, ViewerItem
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.lines import ToldLine


class CompareSide(Vertical):
    """One of the two."""

    def __init__(self, exhibit: ViewerItem, cover: Cover | None) -> None:
        super().__init__()
        self.exhibit = exhibit
        self.preview = Preview(cover=cover)

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        job, order = self.exhibit.job, self.exhibit.job.order
        values = " ".join(parameter_names.settings(order.parameters))
        number = f"#{job.id}"
        if len(job.medias) > 1:
            number += f" {self.exhibit.index + 1}/{len(job.medias)}"
        for words, role in (
            (f"{number}  {order.model_name}", "strong"),
            (f"{say('queue.points', points=order.points)}  {values}", "muted"),
            (one_line(order.prompt, 300), "text"),
        ):
            yield ToldLine([(f" {words}", role)], [(" ", "text")])
        yield self.preview

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.preview.see(self.exhibit.media, self.exhibit.job.order.task_type.medium)


class CompareScreen(ModalScreen[None]):
    """Over the gallery."""

    CSS_PATH = theme.path("compare")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("play", "play", "bind.play", "compare.play", show=True),
        *ZOOM,
        Binding("tab", "swap", "bind.swap", id="compare.swap"),
        bind("close", "close", "bind.close", "compare.close", show=True),
    ]

    def __init__(self, left: ViewerItem, right: ViewerItem, *, cover: Cover | None = None) -> None:
        super().__init__()
        self._sides = (CompareSide(left, cover), CompareSide(right, cover))

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Horizontal(id="sides"):
            yield from self._sides
        yield BottomLine()

    @property
    def previews(self) -> tuple[Preview, Preview]:
        """The two previews."""
        return self._sides[0].preview, self._sides[1].preview

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        match action:
            case "play":
                return any(preview.is_film for preview in self.previews)
            case "pan":
                return not self.previews[0].lens.whole
            case "zoom":
                lens, factor = self.previews[0].lens, cast(float, parameters[0])
                is_picture = any(preview.is_picture for preview in self.previews)
                return is_picture and lens.can_zoom(factor)
        return True

    def action_play(self) -> None:
        """Play the video, or stop it."""
        for preview in self.previews:
            preview.play()

    def action_zoom(self, factor: float) -> None:
        """Zoom in or out."""
        lens = self.previews[0].lens.closer(factor)
        for preview in self.previews:
            preview.lens = lens
        self.refresh_bindings()

    def action_pan(self, right: int, down: int) -> None:
        """Move the visible part."""
        lens = self.previews[0].lens.moved(right, down)
        for preview in self.previews:
            preview.lens = lens

    def action_swap(self) -> None:
        """The left one to the right: a difference is seen best where it jumps."""
        left, right = self._sides
        self._sides = (right, left)
        self.query_one("#sides").move_child(left, after=right)

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss()
