"""Help: every key that does something right now, grouped by where it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ima_tui.messages import say
from ima_tui.tui import styles
from ima_tui.tui.actions import Act, Scope
from ima_tui.tui.widgets.cells import fit, width


class HelpScreen(ModalScreen[None]):
    """A panel over the place; any of its keys closes it again."""

    CSS_PATH = styles.path("help")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "bind.close", id="help.close"),
    ]

    def __init__(self, acts: Sequence[Act], title: str) -> None:
        super().__init__()
        self.acts = tuple(acts)
        self.place_title = title

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(self._text(), id="help-text")

    def _text(self) -> Content:
        keys = max((width(act.key_words()) for act in self.acts), default=0)
        lines: list[Content] = []
        for scope in Scope:
            group = [act for act in self.acts if act.scope is scope]
            if not group:
                continue
            if lines:
                lines.append(Content(""))
            title = say(f"help.{scope}", place=self.place_title)
            lines.append(Content.styled(title, "bold $accent"))
            for act in group:
                key = Content.styled(fit(act.key_words(), keys), "bold $text")
                lines.append(key + Content("   ") + Content(act.words()))
        lines += [Content(""), Content.styled(say("help.typing"), "$muted")]
        return Content("\n").join(lines)
