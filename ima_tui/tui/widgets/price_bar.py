"""Price bar: the price of the draft, and cheaper or better neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from ima_tui.compose.draft import DraftPrice
from ima_tui.compose.prompt_text import MultiPrompt
from ima_tui.core.domain import ModelVersion
from ima_tui.i18n import say
from ima_tui.tui.keys import actions
from ima_tui.tui.widgets import lines, price_text
from ima_tui.tui.widgets.lines import Line, Part, measure

Told = tuple[Sequence[Part], Sequence[Part]]
Shown = tuple[ModelVersion | None, DraftPrice, MultiPrompt | None, Told | None, bool]


class PriceBar(Line):
    """Repaints its one line when the price is another; nothing else moves."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._shown: Shown = (None, DraftPrice(), None, None, False)

    def show(
        self,
        model: ModelVersion | None,
        draft_price: DraftPrice,
        several: MultiPrompt | None = None,
        steps: Told | None = None,
        is_likely: bool = False,
    ) -> None:
        """`several`: many entries are one sending; `steps`: what a workflow's bar would say.
        `is_likely`: a question is open, and the price is that of the likely answer."""
        shown = (model, draft_price, several, steps, is_likely)
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        model, draft_price, entries, steps, is_likely = self._shown
        if entries is not None:
            words = say("compose.several", n=len(entries.entries), points=entries.total)
            return [(f" {words}", "title")], []
        if steps is not None:
            return list(steps[0]), list(steps[1])
        quote = draft_price.quote
        if model is None or quote is None:
            return [(" " + say("compose.no_price"), "muted")], []
        if is_likely:
            kind = say(f"task.{model.task_type}")
            words = say("compose.points_likely", points=quote.total, kind=kind)
            return [(" " + words, "title"), ("   " + say("compose.choose_above"), "muted")], []
        left: list[Part] = [(" " + say("compose.points", points=quote.total), "title")]
        if several := price_text.times_n(quote):
            left.append((f"   {several}", "text"))
        left.append((f"   {price_text.usually(model)}", "muted"))
        if quote.changes:
            return left, [(price_text.changes(model, quote.changes) + " ", "warn")]
        near = self._neighbours(model, draft_price, quote.n)
        for kept in (near[:count] for count in range(len(near), 0, -1)):
            right = [part for place, one in enumerate(kept) for part in (*self._dot(place), *one)]
            if measure(left) + measure(right) + 3 <= cells:
                return left, [*right, (" ", "text")]
        return left, []

    def _neighbours(self, model: ModelVersion, draft_price: DraftPrice, n: int) -> list[list[Part]]:
        """What else it could cost, each with the key that takes it."""
        found = price_text.neighbours(model, draft_price, n)
        keys = {name: actions.key_of(self.screen, f"compose.{name}") for name, _ in found}
        return [
            [(f"{keys[name]} " if keys[name] else "", "strong"), (words, "muted")]
            for name, words in found
        ]

    def _dot(self, place: int) -> list[Part]:
        return [(f" {self.ima.glyphs.dot} ", "muted")] if place else []


class DraftMessage(Static):
    """What has to be said about the draft now: what is wrong, what happened, what a field is."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__("", id=widget_id, markup=False)
        self._now = ("", "")

    def say(self, words: str, role: str) -> None:
        """`role` is a token's name: `bad`, `warn`, `ok`, `muted`."""
        if self._now != (words, role):
            self._now = (words, role)
            told = Content.styled(words, f"${role}") if words else Content("")
            self.update(lines.facts(told))
