"""Paint sixel and iTerm2 images over blank cells, right after Textual drew these.

Nobody counts what is on the screen: whatever is drawn over a picture takes it off the screen by
itself, and when its own cells were drawn again, and nothing covers them, it is painted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Region

from ima_tui.core.records import dataclass
from ima_tui.tui.images.cells import Rendered
from ima_tui.tui.terminal.textual_internals import (
    is_uncovered,
    update_touches,
    visible_region,
)
from ima_tui.tui.widgets.app_context import AppContext

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget


@dataclass(slots=True)
class PlacedImage:
    """A picture on a widget, `x` from its left; `due`: it has to be painted."""

    rendered: Rendered
    x: int
    due: bool = True


class Overlay:
    """What hangs on which widget; also pictures that need no painting, so that they are kept."""

    def __init__(self, app: AppContext) -> None:
        self._app = app
        self._hung: dict[Widget, PlacedImage] = {}

    def hang(self, widget: Widget, rendered: Rendered, x: int) -> None:
        """Have `rendered` on `widget`, whenever its cells were drawn."""
        before = self._hung.get(widget)
        if before is None or (before.rendered, before.x) != (rendered, x):
            self._hung[widget] = PlacedImage(rendered, x)

    def take_down(self, widget: Widget) -> None:
        """Its cells, drawn again, take the picture off the screen."""
        self._hung.pop(widget, None)

    def has(self, rendered: Rendered) -> bool:
        """Whether it hangs anywhere."""
        return any(hung.rendered is rendered for hung in self._hung.values())

    def after(self, screen: Screen[object], update: object) -> str:
        """What has to be painted now that `update` of `screen` was drawn."""
        found = ""
        for widget, hung in tuple(self._hung.items()):
            if not widget.is_attached:
                del self._hung[widget]
            elif hung.rendered.paint and widget.screen is screen and self._app.screen is screen:
                found += self._painting(screen, widget, hung, update)
        return found

    def _painting(
        self, screen: Screen[object], widget: Widget, hung: PlacedImage, update: object
    ) -> str:
        place = visible_region(screen, widget)
        if place is None:
            hung.due = True
            return ""
        region, clip = place
        rendered = hung.rendered
        mine = Region(region.x + hung.x, region.y, rendered.width, len(rendered.lines))
        hung.due = hung.due or update_touches(update, mine)
        if not hung.due or not clip.contains_region(mine) or not is_uncovered(screen, widget, mine):
            return ""
        hung.due = False
        self._app.shown.forget(mine)  # what is drawn there next takes the picture off the screen
        return f"\x1b7\x1b[{mine.y + 1};{mine.x + 1}H{rendered.paint}\x1b8"
