"""Prices of the current settings and of their neighbours, on wide screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from ima_tui.core.domain import Draft, ModelVersion
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import price_table

if TYPE_CHECKING:
    pass


class PriceNeighbours(Static):
    """Beside the form; made anew only when the settings are others."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__("", id=widget_id, markup=False)
        self._of: tuple[ModelVersion | None, object] = (None, ())

    def show(self, model: ModelVersion | None, draft: Draft | None, glyphs: Glyphs) -> None:
        """Show the prices round those of the draft."""
        of = (model, draft.chosen if draft is not None else ())
        if of == self._of:
            return
        self._of = of
        lines = price_table.near(model, dict(draft.chosen), glyphs) if model and draft else []
        self.screen.set_class(not lines, "-no-prices")
        self.update(Content("\n").join(lines))
