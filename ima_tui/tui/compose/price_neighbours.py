"""Prices of the current settings and of their neighbours, on wide screens."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from ima_tui.core.domain import Draft, ModelVersion
from ima_tui.i18n import say
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import price_table
from ima_tui.tui.widgets.pane import Pane


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


def price_pane() -> Pane:
    """Return the pane in which they stand."""
    pane = Pane(say("pane.price"), widget_id="price-pane")
    pane.compose_add_child(PriceNeighbours(widget_id="prices"))
    return pane
