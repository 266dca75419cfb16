"""What the settings at hand cost, and what one of them more or less would: where there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from ima_tui.core.domain import Draft, Leaf
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import price_table

if TYPE_CHECKING:
    pass


class Prices(Static):
    """Beside the form; made anew only when the settings are others."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__("", id=widget_id, markup=False)
        self._of: tuple[Leaf | None, object] = (None, ())

    def show(self, leaf: Leaf | None, draft: Draft | None, glyphs: Glyphs) -> None:
        of = (leaf, draft.chosen if draft is not None else ())
        if of == self._of:
            return
        self._of = of
        if leaf is None or draft is None:
            self.update(Content(""))
            return
        lines = price_table.near(leaf, dict(draft.chosen), glyphs)
        self.update(Content("\n").join(lines))
