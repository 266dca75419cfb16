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


class PaneHead(Line):
    """The upper rule: left the title, right what is less needed; it goes first."""

    GROUND = "background"

    def __init__(self, title: list[Part]) -> None:
        super().__init__()
        self.title = title
        self.aside: list[Part] = []

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        cells, glyphs, theme = self.size.width, self.ima.glyphs, self.app.theme
        pane = self.parent
        has_keys = isinstance(pane, Widget) and pane.has_pseudo_class("focus-within")
        role = "accent" if has_keys else "rule"
        framed = self.screen.has_class("-wide") or self.screen.has_class("-huge")
        first, last = glyphs.corners if framed else (glyphs.rule, glyphs.rule)
        title = clipped(self.title, cells - 8)
        room = cells - measure(title) - 6
        aside = self.aside if self.aside and measure(self.aside) + 3 <= room else []
        fill = room - (measure(aside) + 2 if aside else 0)
        parts: list[Part] = [(f"{first}{glyphs.rule}", role), (" ", "text"), *title, (" ", "text")]
        parts.append((glyphs.rule * max(0, fill), role))
        parts += [(" ", "text"), *aside, (" ", "text")] if aside else []
        parts.append((f"{glyphs.rule}{last}", role))
        segments = [Segment(text, style(theme, how, self.GROUND)) for text, how in parts if text]
        return Strip(segments).adjust_cell_length(cells, style(theme, "text", self.GROUND))


class Pane(Vertical):
    """A part of a screen with a title; what is composed within it is its body."""

    def __init__(self, title: str, *, widget_id: str | None = None) -> None:
        self.head = PaneHead([(title, "strong")])
        self._body = Container(classes="pane-body")
        super().__init__(self.head, self._body, id=widget_id)

    def compose_add_child(self, widget: Widget) -> None:
        """Add a child to the body."""
        self._body.compose_add_child(widget)

    def say(self, title: list[Part], aside: list[Part] | None = None) -> None:
        """Show another title, and other facts on the right."""
        now = title, aside or []
        if now != (self.head.title, self.head.aside):
            self.head.title, self.head.aside = now
            self.head.refresh()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _follow_focus(self) -> None:
        self.head.refresh()
