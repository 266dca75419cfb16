"""Prices of the current settings and of their neighbours, on wide screens."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from ima_tui.catalogue.alternatives import alternatives
from ima_tui.core.domain import Draft, ModelVersion
from ima_tui.i18n import say
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import price_table
from ima_tui.tui.widgets.lines import Pane


class PriceNeighbours(Static):
    """Beside the form; made anew only when the settings are others."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__("", id=widget_id, markup=False)
        self._of: tuple[object, ...] = ()

    def show(
        self,
        model: ModelVersion | None,
        draft: Draft | None,
        models: Sequence[ModelVersion],
        glyphs: Glyphs,
    ) -> None:
        """Show the prices round those of the draft; where there is room, also those of the other
        `models` that could do it."""
        inputs, wide = len(draft.inputs) if draft else 0, self.screen.has_class("-wide")
        roomy = self.screen.has_class("-huge") or (wide and self.screen.has_class("-no-earlier"))
        of = (model, draft.chosen if draft is not None else (), roomy, inputs)
        if of == self._of:
            return
        self._of = of
        lines = price_table.near(model, dict(draft.chosen), glyphs) if model and draft else []
        if model is not None and roomy:
            found = alternatives(models, model.task_type, model.model_id, inputs, most=None)
            others = price_table.others(found)
            lines += [Content(""), *others] if lines and others else others
        self.screen.set_class(not lines, "-no-prices")
        self.update(Content("\n").join(lines))


def price_pane() -> Pane:
    """Return the pane in which they stand."""
    pane = Pane(say("pane.price"), widget_id="price-pane")
    pane.compose_add_child(PriceNeighbours(widget_id="prices"))
    return pane
