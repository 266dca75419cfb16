"""Confirm bar: a question with answers above the bottom line."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from ima_tui.core.records import dataclass
from ima_tui.i18n import say
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.cells import cut, width, wrap
from ima_tui.tui.widgets.lines import Line

Answer = Callable[[], Awaitable[None]]
HELD = 0.3
"""Seconds: a confirming key that comes sooner after the question, or after the same key, is a key
that is still held down, and confirms nothing."""
now = time.monotonic
INDENT = 3
BOLD = Style(bold=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to answer; `words` say what it does and what it costs."""

    words: str
    then: Answer


class ConfirmBar(Line):
    """Takes the keys while it asks: `enter` does what is chosen, `y` the first choice; `escape` and
    `n` do nothing. Where it is `deliberate`, `y` alone confirms: enter is too easily pressed."""

    GROUND = "accent"
    KEEPS_KEYS = True
    """Alt with a key answers nothing."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "bind.yes", id="question.take"),
        Binding("y", "yes", "bind.yes", show=False, id="question.yes"),
        Binding("y", "yes_deliberately", "bind.yes", id="question.yes_deliberately"),
        Binding("left", "move(-1)", "bind.question_back", show=False, id="question.left"),
        Binding("right", "move(1)", "bind.question_next", id="question.right"),
        Binding("escape,n", "no", "bind.no", id="question.no"),
        # what opened the question never confirms it
        Binding(
            "ctrl+j,f9,ctrl+enter",
            "nothing",
            "bind.question_nothing",
            show=False,
            id="question.nothing",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._words = ""
        self._choices: tuple[Choice, ...] = ()
        self._chosen = 0
        self._is_asking = self._deliberate = False
        self._before: Widget | None = None
        self._last = 0.0
        """When it was asked, or a confirming key came last."""

    @property
    def asking(self) -> bool:
        """Whether a question is open."""
        return self._is_asking

    @property
    def words(self) -> str:
        """The question and its choices, the chosen one in brackets."""
        rows = self._rows() if self.asking else []
        return "\n".join("".join(text for text, _ in row) for row in rows)

    def ask(
        self,
        words: str,
        then: Answer,
        *,
        deliberate: bool = False,
        choices: Sequence[Choice] = (),
    ) -> None:
        """Show `words`; `then` runs only on a yes. `choices`: shown below, the first of them
        preselected, instead of `then`; a last one, which does nothing, is added."""
        self._words, self._deliberate = words, deliberate
        self._choices = (*choices,) if choices else (Choice("", then),)
        self._chosen, self._is_asking, self._last = 0, True, now()
        if self.screen.focused is not self:
            self._before = self.screen.focused
        self.styles.height = len(self._rows())
        self.display = self.can_focus = True
        self.refresh()
        self.focus()

    # -------------------------------------------------------------------------------- drawing

    @property
    def _labels(self) -> tuple[str, ...]:
        """What can be chosen; nothing where it is yes or no."""
        shown = tuple(choice.words for choice in self._choices if choice.words)
        return (*shown, say("app.cancel")) if shown else ()

    def _rows(self) -> list[list[tuple[str, int | None]]]:
        """Each line as texts, a choice with its place: as many lines as it takes, for the price
        must never be cut off."""
        cells = max(10, self.screen.size.width - INDENT - 1)
        rows: list[list[tuple[str, int | None]]]
        rows = [[(line, None)] for line in wrap(self._words, cells)]
        for place, label in enumerate(self._labels):
            name = cut(label, cells - 2)
            shown = f"[{name}]" if place == self._chosen else f" {name} "
            taken = sum(width(text) for text, _ in rows[-1])
            if rows[-1][0][1] is None or taken + width(shown) > cells:
                rows.append([])
            rows[-1].append((shown, place))
        return rows

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self.styles.height = len(self._rows())

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        rows, theme = self._rows(), self.app.theme
        ground = style(theme, "background", self.GROUND)
        plain, chosen = ground + BOLD, style(theme, "title", "background")
        segments = [Segment(" ? " if y == 0 else " " * INDENT, plain)]
        for text, place in rows[y] if y < len(rows) else ():
            how = plain if place is None else chosen if place == self._chosen else ground
            segments.append(Segment(text, how))
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    # ----------------------------------------------------------------------------- the user

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """While it asks, the screen's own keys are off."""
        taken = ("delete", "enter") if self._deliberate else ("delete",)
        return key in taken or (character is not None and character.isprintable())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if action == "move":
            return bool(self._labels)
        if action in ("take", "yes"):
            return not self._deliberate
        return self._deliberate if action == "yes_deliberately" else True

    def action_nothing(self) -> None:
        """The key that sends is off while something is asked."""

    def action_move(self, by: int) -> None:
        """Move the cursor or the choice by that many."""
        if self._labels:
            self._chosen = max(0, min(len(self._labels) - 1, self._chosen + by))
            self.styles.height = len(self._rows())
            self.refresh()

    async def action_take(self) -> None:
        """Take the chosen answer."""
        await self._take(self._chosen)

    async def action_yes(self) -> None:
        """Answer yes."""
        await self._take(0)

    async def action_yes_deliberately(self) -> None:
        """Answer yes to a question that wants a `y`."""
        await self._take(0)

    async def _take(self, place: int) -> None:
        last, self._last = self._last, now()
        if self._last - last < HELD:
            return
        then = self._choices[place].then if place < len(self._choices) else None
        self.action_no()
        if then is not None:
            await then()

    async def on_click(self, event: events.Click) -> None:
        """Act on the row or cell under the mouse."""
        rows, x = self._rows(), event.x - INDENT
        for text, place in rows[event.y] if x >= 0 and event.y < len(rows) else ():
            x -= width(text)
            if x < 0:
                if place is not None:
                    await self._take(place)
                return

    def action_no(self) -> None:
        """Answer no."""
        self._put_away()
        before = self._before
        self.screen.set_focus(before if before and before.is_attached else None)

    def on_blur(self) -> None:
        """Answer no when the focus leaves."""
        self._put_away()

    def _put_away(self) -> None:
        self._is_asking = False
        self._choices = ()
        self.display = self.can_focus = False
