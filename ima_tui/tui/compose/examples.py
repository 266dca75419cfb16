"""Three examples for an empty prompt: arrows choose one, enter takes it."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from ima_tui.core.records import dataclass
from ima_tui.i18n import say
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.cells import cut, fit, width
from ima_tui.tui.widgets.lines import Line

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
