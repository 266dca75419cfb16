"""What stands below the prompt: examples while it is empty, or the list of several prompts.

Of the examples, arrows choose one and enter takes it. In the list each prompt has what it is
understood as, and what it costs.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from ima_tui.compose import draft
from ima_tui.compose.prompt_text import MultiPrompt, PromptDraft
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.i18n import listed, say
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.cells import cut, fit, width
from ima_tui.tui.widgets.lines import Line, Part, measure
from ima_tui.tui.widgets.price_text import change

LINES = {"-narrow": 3, "-normal": 5, "-wide": 14, "-huge": 30}
"""Lines by the width of the screen, the head among them."""


class PromptList(Line, can_focus=False):
    """A head with the number and the total, then the prompts; up and down scroll them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "scroll(-1)", "bind.form_up", "form.up"),
        bind("down", "scroll(1)", "bind.form_down", "form.down"),
    ]

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self.several: MultiPrompt | None = None
        self._first = 0
        self.display = False

    def show(self, several: MultiPrompt | None) -> None:
        """Show these prompts; None hides the list."""
        if several == self.several:
            return
        self.several = several
        self.display = self.can_focus = several is not None
        self._first = min(self._first, max(0, self._count - self._room))
        self.styles.height = 1 + min(self._room, self._count)
        self.refresh()

    @property
    def _count(self) -> int:
        return len(self.several.entries) if self.several is not None else 0

    @property
    def _room(self) -> int:
        found = (n for name, n in LINES.items() if self.screen.has_class(name))
        return next(found, LINES["-normal"]) - 1

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        if self.several is not None:
            self.styles.height = 1 + min(self._room, self._count)

    def action_scroll(self, by: int) -> None:
        """Scroll by that many lines."""
        first = max(0, min(self._count - self._room, self._first + by))
        if first == self._first:  # at the end the keys go on to what stands there
            self.screen.focus_next() if by > 0 else self.screen.focus_previous()
            return
        self._first = first
        self.refresh()

    def on_focus(self) -> None:
        """Redraw with focus."""
        self.refresh()

    def on_blur(self) -> None:
        """Redraw without focus."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        theme, cells = self.app.theme, self.size.width
        plain = style(theme, "text", self.GROUND)
        left, right = self._head() if y == 0 else self._line(self._first + y - 1, cells)
        gap = max(0, cells - measure(left) - measure(right))
        parts = [*left, (" " * gap, "text"), *right]
        segments = [Segment(text, style(theme, role, self.GROUND)) for text, role in parts if text]
        return Strip(segments).adjust_cell_length(cells, plain)

    def _head(self) -> tuple[list[Part], list[Part]]:
        several, bar = self.several, self.ima.glyphs.cursor if self.has_focus else " "
        if several is None:
            return [], []
        if several.problem is not None:
            words = say(several.problem.key, **several.problem.values)
            return [(f"{bar} ", "accent"), (words, "bad")], []
        told = say("compose.several", n=self._count, points=several.total)
        left: list[Part] = [(f"{bar} ", "accent"), (told, "strong")]
        if several.bad:
            left.append(("  " + say("compose.several_bad", n=len(several.bad)), "bad"))
        below = self._count - self._first - self._room
        if self._first or below > 0:
            last = min(self._count, self._first + self._room)
            return left, [(f"{self._first + 1}–{last} ", "muted")]
        return left, []

    def _line(self, index: int, cells: int) -> tuple[list[Part], list[Part]]:
        if self.several is None or index >= self._count:
            return [], []
        entry = self.several.entries[index]
        number = fit(str(index + 1), 4, "right") + "  "
        right = self._outcome(entry, cells)
        room = cells - width(number) - measure(right) - 2
        words = cut(one_line(entry.row.prompt, 400), room)
        return [(number, "muted"), (words, "text")], right

    def _outcome(self, entry: PromptDraft, cells: int) -> list[Part]:
        """The model and the points, and what is changed; or in few words why not."""
        if entry.problem is not None:
            words = say(entry.problem.key, **draft.spoken(entry.model, entry.problem))
            return [("! ", "bad"), (cut(words, cells // 2), "bad"), (" ", "text")]
        if entry.order is None or entry.model is None:
            return []
        medium = entry.order.task_type.medium
        changed = listed(change(each, self.ima.glyphs) for each in entry.unmet)
        model: list[Part] = [(f"  {fit(entry.model.name, 16)}", "muted")] if cells >= 70 else []
        points = fit(say("compose.points", points=entry.order.total), 9, "right")
        return [
            *([(f"! {cut(changed, cells // 3)}  ", "warn")] if changed else []),
            (say(f"task.tag_{medium.value}"), medium.value),
            *model,
            (points, "warn" if entry.unmet else "text"),
            (" ", "text"),
        ]


EXAMPLES = (("image", 1), ("video", 2), ("music", 3))
"""The medium and the number of each."""


@dataclass
class ExampleChosen(Message):
    """The user took an example."""

    text: str


class Examples(Line):
    """Shown below the prompt while it is empty; the prompt hands its arrows and enter here."""

    DEFAULT_CSS = "Examples { height: 4; }"

    def __init__(self) -> None:
        super().__init__(id="examples")
        self._chosen = 0

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        cells, theme = self.size.width, self.app.theme
        plain = style(theme, "muted", self.GROUND)
        if y == 0:
            segments = [Segment(" " + cut(say("example.lead"), cells - 2), plain)]
        else:
            medium, number = EXAMPLES[y - 1]
            here = y - 1 == self._chosen
            tag = say(f"task.tag_{medium}")
            room = cells - width(tag) - 5
            segments = [
                Segment(f" {self.ima.glyphs.right if here else ' '} "[:3], plain),
                Segment(
                    fit(say(f"example.{number}"), room),
                    style(theme, "strong" if here else "text", self.GROUND),
                ),
                Segment(f" {tag} ", style(theme, medium, self.GROUND)),
            ]
        return Strip(segments).adjust_cell_length(cells, plain)

    def press(self, key: str) -> bool:
        """Take a key that the empty prompt has no use for; return whether it was one."""
        if key == "enter":
            self.post_message(ExampleChosen(say(f"example.{EXAMPLES[self._chosen][1]}")))
        elif key in ("up", "down"):
            by = 1 if key == "down" else -1
            self._chosen = max(0, min(len(EXAMPLES) - 1, self._chosen + by))
            self.refresh()
        return key in ("enter", "up", "down")

    def on_click(self, event: events.Click) -> None:
        """Take the example under the mouse."""
        if 1 <= event.y <= len(EXAMPLES):
            self.post_message(ExampleChosen(say(f"example.{EXAMPLES[event.y - 1][1]}")))
