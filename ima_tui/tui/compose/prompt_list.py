"""What stands below the prompt: examples while it is empty, or the list of several prompts.

Of the examples, arrows choose one and enter takes it. In the list each prompt has what it is
understood as, and what it costs.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
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


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt to start from, by its number, and the media of what it makes, step by step."""

    number: int
    media: tuple[str, ...]

    @property
    def text(self) -> str:
        """The prompt, in the language in use."""
        return say(f"example.{self.number}")

    @property
    def tags(self) -> list[Part]:
        """The tag of each medium, in its colour."""
        return [(f" {say(f'task.tag_{medium}')}", medium) for medium in self.media]


FEW = (Example(1, ("image",)), Example(2, ("video",)), Example(3, ("music",)))
"""What there is always room for."""
GROUPS = (
    ("images", (FEW[0], Example(4, ("image",)))),
    ("videos", (FEW[1], Example(5, ("video",)))),
    ("sounds", (FEW[2], Example(6, ("speech",)))),
    ("steps", (Example(7, ("image", "video", "music")), Example(8, ("video", "music", "speech")))),
    ("variants", (Example(9, ("image",)),)),
)
"""All of them, by the text of their heading."""
ExampleLine = Example | str
"""An example, the text of a heading, or nothing for a blank line."""
SOME: tuple[ExampleLine, ...] = ("lead", *FEW)
ALL: tuple[ExampleLine, ...] = (
    "lead",
    *(line for heading, examples in GROUPS for line in ("", heading, *examples)),
)
PROMPT_LINES = 3
"""Lines of the empty prompt above the examples, on wide screens."""
OTHER_LINES = 20
"""Lines of all that is above and below them where nothing stands beside them."""


@dataclass
class ExampleChosen(Message):
    """The user took an example."""

    text: str


class Examples(Line):
    """Shown below the prompt while it is empty; the prompt hands its arrows and enter here."""

    DEFAULT_CSS = "Examples { height: auto; }"

    def __init__(self) -> None:
        super().__init__(id="examples")
        self._chosen = FEW[0]
        self._may_grow = False

    def grow(self) -> None:
        """Show all groups from now on where there is room: it is known what is beside them."""
        if not self._may_grow:
            self._may_grow = True
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines of all groups where there is room for them, else of the first three."""
        wide = self.screen.has_class("-wide") or self.screen.has_class("-huge")
        room = container.height - PROMPT_LINES if wide else viewport.height - OTHER_LINES
        return len(ALL if self._may_grow and room >= len(ALL) else SOME)

    @property
    def _lines(self) -> tuple[ExampleLine, ...]:
        return ALL if self.size.height >= len(ALL) else SOME

    @property
    def _shown(self) -> list[Example]:
        return [line for line in self._lines if isinstance(line, Example)]

    @property
    def _at(self) -> int:
        """The place of the chosen one; the first one's where that is not shown any more."""
        return self._shown.index(self._chosen) if self._chosen in self._shown else 0

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        cells = self.size.width
        line = self._lines[y] if y < len(self._lines) else ""
        if isinstance(line, str):
            words = say(f"example.{line}") if line else ""
            return self.drawn([(" " + cut(words, cells - 2), "muted")])
        here = line is self._shown[self._at]
        sign = f" {self.ima.glyphs.right if here else ' '} "[:3]
        room = max(0, cells - measure(line.tags) - 4)
        words = fit(line.text, room)
        return self.drawn(
            [(sign, "muted"), (words, "strong" if here else "text"), *line.tags, (" ", "text")]
        )

    def press(self, key: str) -> bool:
        """Take a key that the empty prompt has no use for; return whether it was one."""
        shown, at = self._shown, self._at
        if key == "enter":
            self.post_message(ExampleChosen(shown[at].text))
        elif key in ("up", "down"):
            by = 1 if key == "down" else -1
            self._chosen = shown[max(0, min(len(shown) - 1, at + by))]
            self.refresh()
        return key in ("enter", "up", "down")

    def on_click(self, event: events.Click) -> None:
        """Take the example under the mouse."""
        line = self._lines[event.y] if 0 <= event.y < len(self._lines) else ""
        if isinstance(line, Example):
            self.post_message(ExampleChosen(line.text))
