"""Graph of a workflow: two lines a step and its prompt, connections at the left."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import ClassVar

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from ima_tui.core.domain import Media, Medium
from ima_tui.core.records import dataclass
from ima_tui.i18n import say
from ima_tui.tui.images.preview import Preview
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets import lines
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import cut, width, wrap
from ima_tui.tui.widgets.lines import Pane, Part, Parts, filled
from ima_tui.tui.workflow.step_rows import StepRow

LINES, MOST_PROMPT = 2, 4
"""Lines of a step, and of its prompt at most, where there is room for every step's."""
_WAYS = (*((lines, 1) for lines in range(MOST_PROMPT, 0, -1)), (1, 0), (0, 1))
"""Lines of a prompt at most, and blank ones below a step: the best first."""
POINTS = 6
ROOMY = 72
"""From this width on the state stands beside the title, else below it."""


def heights(needed: Sequence[int], room: int) -> tuple[int, list[int]]:
    """Return the lines of a prompt at most, and those of each step, in `room` lines.

    `needed`: the lines of each step's prompt.
    """
    for most, blank in _WAYS:
        found = [LINES + min(most, lines) + blank for lines in needed]
        if sum(found) <= room:
            return most, found
    return 0, [LINES] * len(needed)


class WorkflowGraph(ScrollView, can_focus=True):
    """Rows of a workflow, one of them under the cursor."""

    DEFAULT_CSS = "WorkflowGraph { overflow-x: hidden; overflow-y: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        # the screen's own, named here too: so it stands first among the keys at the bottom
        bind("send", "screen.do('run')", "bind.plan_run", "plan.run", show=True),
        bind("up", "step(-1)", "bind.up", "plan.above"),
        bind("down", "step(1)", "bind.down", "plan.below"),
        bind("first", "step(-99)", "bind.first", "plan.first"),
        bind("last", "step(99)", "bind.last", "plan.last"),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor moved to a step."""

        step_id: int

    @dataclass
    class Selected(Message):
        """A step was clicked twice."""

        step_id: int

    def __init__(self, *, widget_id: str | None = None, still: bool = False) -> None:
        """`still`: only to be looked at, without a cursor."""
        super().__init__(id=widget_id)
        self.can_focus = not still
        self._still = still
        self._rows: tuple[StepRow, ...] = ()
        self._at = 0
        self._tops = [0]
        self._prompt_lines = 0

    @property
    def current(self) -> int | None:
        """The step under the cursor."""
        return self._rows[self._at].id if self._rows else None

    def show(self, rows: Sequence[StepRow]) -> None:
        """Show exactly these; the cursor stays on its step."""
        before, here = self._rows, self.current
        self._rows = tuple(rows)
        ids = [row.id for row in self._rows]
        self._at = ids.index(here) if here in ids else max(0, min(self._at, len(ids) - 1))
        self._fit()
        if [row.id for row in before] != ids:
            self.refresh()
            if self.current is not None and self.current != here:
                self.post_message(self.Highlighted(self.current))
            return
        for index, (old, new) in enumerate(zip(before, self._rows, strict=True)):
            if old != new:
                self._refresh_row(index)

    def move_to(self, step_id: int) -> None:
        """Move the cursor to a step."""
        ids = [row.id for row in self._rows]
        if step_id in ids:
            self._go(ids.index(step_id))

    def action_step(self, by: int) -> None:
        """Move the cursor by that many."""
        if self._rows:
            self._go(max(0, min(len(self._rows) - 1, self._at + by)))

    def _go(self, index: int) -> None:
        if index == self._at:
            return
        self._refresh_row(self._at)
        self._at = index
        self._refresh_row(index)
        top, end = self._tops[index : index + 2]
        region = Region(0, top, self.size.width, end - top)
        self.scroll_to_region(region, animate=False, force=True)
        self.post_message(self.Highlighted(self._rows[index].id))

    def _refresh_row(self, index: int) -> None:
        if index < len(self._rows):
            top, end = self._tops[index : index + 2]
            self.refresh(Region(0, top - self.scroll_offset.y, self.size.width, end - top))

    # ------------------------------------------------------------------------------- drawing

    @on(events.Focus)
    @on(events.Blur)
    def _show_focus(self) -> None:
        self._refresh_row(self._at)

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._fit()
        self.refresh()

    def _fit(self) -> None:
        """Give each step the lines that its prompt needs, or as many as all have room for."""
        cells, room = self.size.width - 1, self.size.height
        needed = [len(_prompt(row, cells, MOST_PROMPT)) for row in self._rows]
        most, high = heights(needed, 0 if self._still else room)
        tops = list(accumulate(high, initial=0))
        if tops != self._tops or most != self._prompt_lines:
            self._tops, self._prompt_lines = tops, most
            self.refresh()
        self.virtual_size = Size(self.size.width, tops[-1])

    def _row_at(self, y: int) -> int:
        """Return the index of the row at a line of the widget."""
        return bisect_right(self._tops, y + self.scroll_offset.y) - 1

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        theme, cells = self.app.theme, self.size.width
        index = self._row_at(y)
        if index >= len(self._rows):
            return Strip.blank(cells, style(theme, "text", "background"))
        row, here = self._rows[index], index == self._at and not self._still
        ground = "raised" if here else "background"
        glyphs = context(self).glyphs
        bar = (glyphs.cursor if here else " ", "accent" if self.has_focus else "muted")
        line = y + self.scroll_offset.y - self._tops[index]
        left, right = _line(row, line, cells - 1, self._prompt_lines)
        parts = [bar, *filled(left, right, cells - 1)]
        return Strip(Segment(text, style(theme, role, ground)) for text, role in parts)

    def on_click(self, event: events.Click) -> None:
        """Act on the row or cell under the mouse."""
        if self._still:
            return
        index = self._row_at(event.y)
        if index < len(self._rows):
            self._go(index)
            if event.chain == 2:
                self.post_message(self.Selected(self._rows[index].id))


def _line(row: StepRow, line: int, cells: int, most: int) -> Parts:
    """Return one of the lines of a step: what it is, its settings, then its prompt."""
    if line < LINES:
        return (_first if line == 0 else _second)(row, cells)
    told = _prompt(row, cells, most)
    words = told[line - LINES] if line - LINES < len(told) else ""
    return [(f" {row.lanes.below}", "muted"), (_indent(row) + words, "text")], []


def _prompt(row: StepRow, cells: int, most: int) -> list[str]:
    """Return the prompt in at most so many lines, none where the title says it all."""
    room = cells - width(row.lanes.below) - width(_indent(row)) - POINTS - 3
    if room <= POINTS or (row.prompt == row.title and width(row.title) <= room - ROOMY // 3):
        return []
    told = wrap(row.prompt, room)
    if len(told) > most > 0:
        told[most - 1] = cut(told[most - 1], room - 1, "") + "…"
    return told[:most]


def _indent(row: StepRow) -> str:
    return " " * (4 + width(row.tag[0]) + 1)


def _first(row: StepRow, cells: int) -> Parts:
    """Its place and what it is; right where it stands and what it costs."""
    points, points_role = row.points
    right: list[Part] = [(points.rjust(POINTS), points_role), (" ", "text")]
    if cells >= ROOMY and row.state[0]:
        right = [("  ", "text"), row.state, *right]
    left: list[Part] = [
        (f" {row.lanes.before}", "muted"),
        row.sign,
        (f"{row.lanes.after} ", "muted"),
        (f"{row.id:>2} ", "muted"),
        row.tag,
        (" ", "text"),
        (row.title, "strong"),
    ]
    return left, right


def _second(row: StepRow, cells: int) -> Parts:
    """Below: the model and its settings."""
    left: list[Part] = [
        (f" {row.lanes.below}", "muted"),
        (_indent(row), "text"),
        (row.told, "muted"),
    ]
    if cells < ROOMY and row.state[0]:
        return left, [(" ", "text"), row.state, (" ", "text")]
    return left, []


class StepDetail(Widget):
    """The step under the cursor: what it is, where it stands, and its picture."""

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        pane = Pane(say("workflow.title"), widget_id="step-pane")
        with pane, VerticalScroll(id="plan-scroll", can_focus=False):
            yield Static(id="plan-facts", markup=False)
        with Pane(say("pane.preview"), widget_id="step-picture-pane"):
            yield Preview(widget_id="plan-picture", ground="background", delay=0.3)

    def show(self, title: str, facts: Content, media: Media | None, medium: Medium) -> None:
        """Show the details of a step."""
        self.set_class(media is not None, "-picture")
        self.query_one("#step-pane", Pane).say([(title, "strong")])
        self.query_one(Preview).see(media, medium)
        self.query_one("#plan-facts", Static).update(lines.facts(facts))

    def scroll_facts(self, by: int) -> None:
        """By so many lines."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def rewind(self) -> None:
        """Scroll to the top."""
        self.query_one(VerticalScroll).scroll_home(animate=False)
