"""A question that stands above the bottom line, where the eye already is; never a window."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from ima_tui.tui.theme import style
from ima_tui.tui.widgets.cells import wrap
from ima_tui.tui.widgets.lines import Line, Part

Answer = Callable[[], Awaitable[None]]


class Question(Line):
    """Takes the keys while it asks: `enter` or `y` does it, everything else leaves it. Where it is
    `deliberate`, `y` alone does: enter is too easily pressed."""

    GROUND = "raised"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "bind.yes", id="question.take"),
        Binding("y", "yes", "bind.yes", show=False, id="question.yes"),
        Binding("y", "yes_deliberately", "bind.yes", id="question.yes_deliberately"),
        Binding("escape,n", "no", "bind.no", id="question.no"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._words = ""
        self._then: Answer | None = None
        self._deliberate = False
        self._before: Widget | None = None

    @property
    def asking(self) -> bool:
        return self._then is not None

    def ask(self, words: str, then: Answer, *, deliberate: bool = False) -> None:
        """Show `words`; `then` runs only on a yes."""
        self._words, self._then, self._deliberate = words, then, deliberate
        self._before = self.screen.focused
        self.styles.height = len(self._lines())
        self.display = self.can_focus = True
        self.refresh()
        self.focus()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        return [(" ? ", "warn"), (self._words, "strong")], []

    def _lines(self) -> list[str]:
        """In as many lines as it takes: the price must never be cut off."""
        return wrap(self._words, max(10, self.screen.size.width - 4))

    def on_resize(self) -> None:
        self.styles.height = len(self._lines())

    def render_line(self, y: int) -> Strip:
        (sign, sign_role), (_, role) = self.parts(self.size.width)[0]
        lines = self._lines()
        plain = style(self.app.theme, role, self.GROUND)
        segments = [
            Segment(sign if y == 0 else "   ", style(self.app.theme, sign_role, self.GROUND)),
            Segment(lines[y] if y < len(lines) else "", plain),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """While it asks, the place's own keys are off."""
        taken = ("delete", "enter") if self._deliberate else ("delete",)
        return key in taken or (character is not None and character.isprintable())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("take", "yes"):
            return not self._deliberate
        return self._deliberate if action == "yes_deliberately" else True

    async def action_take(self) -> None:
        await self.action_yes()

    async def action_yes_deliberately(self) -> None:
        await self.action_yes()

    async def action_yes(self) -> None:
        then = self._then
        self.action_no()
        if then is not None:
            await then()

    def action_no(self) -> None:
        self._put_away()
        before = self._before
        self.screen.set_focus(before if before and before.is_attached else None)

    def on_blur(self) -> None:
        self._put_away()

    def _put_away(self) -> None:
        self._then = None
        self.display = self.can_focus = False
