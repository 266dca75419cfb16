"""Titled pane: a thin rounded rule with a title, facts and hints in it.

Where it is narrow the rule is the title's line alone, so that no row is lost.
"""

from __future__ import annotations

from rich.segment import Segment
from textual import events, on
from textual.containers import Container, Vertical
from textual.strip import Strip
from textual.widget import Widget

from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.flow import clipped
from ima_tui.tui.widgets.lines import Line, Part, measure

Aside = list[Part]
"""What stands at the right end of a pane's upper rule."""


SEPARATOR = " · "
LEAST_TITLE = 8
"""Cells that a title keeps beside facts."""


class PaneHead(Line):
    """The upper rule: left the title, right facts, of which shorter forms may be given."""

    GROUND = "background"

    def __init__(self, title: list[Part]) -> None:
        super().__init__()
        self.title = title
        self.asides: list[Aside] = []

    def fitted(self, cells: int) -> tuple[list[Part], Aside]:
        """Return title and facts for a rule of that width: the longest facts beside which the whole
        title fits; else the shortest, and of the title what fits beside them."""
        most = cells - 6
        for aside in self.asides:
            if measure(self.title) + measure(aside) + 3 <= most:
                return self.title, aside
        shortest = self.asides[-1] if self.asides else []
        room = most - measure(shortest) - 3 if shortest else most - 2
        if shortest and room < LEAST_TITLE:
            return _shortened(self.title, most - 2), []
        return _shortened(self.title, room), shortest

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        cells, glyphs, theme = self.size.width, self.ima.glyphs, self.app.theme
        pane = self.parent
        has_keys = isinstance(pane, Widget) and pane.has_pseudo_class("focus-within")
        role = "accent" if has_keys else "rule"
        framed = self.screen.has_class("-wide") or self.screen.has_class("-huge")
        first, last = glyphs.corners if framed else (glyphs.rule, glyphs.rule)
        title, aside = self.fitted(cells)
        room = cells - measure(title) - 6
        fill = room - (measure(aside) + 2 if aside else 0)
        parts: list[Part] = [(f"{first}{glyphs.rule}", role), (" ", "text"), *title, (" ", "text")]
        parts.append((glyphs.rule * max(0, fill), role))
        parts += [(" ", "text"), *aside, (" ", "text")] if aside else []
        parts.append((f"{glyphs.rule}{last}", role))
        segments = [Segment(text, style(theme, how, self.GROUND)) for text, how in parts if text]
        return Strip(segments).adjust_cell_length(cells, style(theme, "text", self.GROUND))


def _shortened(title: list[Part], cells: int) -> list[Part]:
    """The title without the last of its facts; if that is not enough, cut."""
    kept = list(title)
    while measure(kept) > cells:
        text, role = kept[-1]
        if SEPARATOR in text.strip(SEPARATOR):
            kept[-1] = (text.rpartition(SEPARATOR)[0], role)
            continue
        if len(kept) == 1:
            break
        kept.pop()
        if len(kept) > 1 and kept[-1][0] == SEPARATOR:
            kept.pop()
    return clipped(kept, cells)


class Pane(Vertical):
    """A part of a screen with a title; what is composed within it is its body."""

    def __init__(self, title: str, *, widget_id: str | None = None) -> None:
        self.head = PaneHead([(title, "strong")])
        self._body = Container(classes="pane-body")
        super().__init__(self.head, self._body, id=widget_id)

    def compose_add_child(self, widget: Widget) -> None:
        """Add a child to the body."""
        self._body.compose_add_child(widget)

    def say(self, title: list[Part], *asides: Aside) -> None:
        """Show another title, and other facts on the right: the longest form first."""
        now = title, [aside for aside in asides if aside]
        if now != (self.head.title, self.head.asides):
            self.head.title, self.head.asides = now
            self.head.refresh()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _follow_focus(self) -> None:
        self.head.refresh()
