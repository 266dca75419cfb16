"""Help: the keys that work now, grouped by scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ima_tui.i18n import say
from ima_tui.tui.keys.actions import ActionEntry, Scope
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.theme import styles
from ima_tui.tui.widgets.cells import fit, width


class HelpScreen(ModalScreen[None]):
    """A panel over the screen; any of its keys closes it again."""

    CSS_PATH = styles.path("help")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("close", "dismiss", "bind.close", "help.close", show=True),
        Binding("f1,question_mark,enter", "dismiss", "bind.close", show=False, id="help.close_too"),
    ]

    def __init__(self, acts: Sequence[ActionEntry], title: str) -> None:
        super().__init__()
        self.acts = tuple(acts)
        self.place_title = title

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with VerticalScroll(id="help"):
            yield Static(self._text(), id="help-text")

    def _text(self) -> Content:
        groups = [(scope, self._told(scope)) for scope in Scope]
        keys = max((width(key) for _, group in groups for key in group.values()), default=0)
        lines: list[Content] = []
        for scope, group in groups:
            if not group:
                continue
            if lines:
                lines.append(Content(""))
            title = say(f"help.{scope}", place=self.place_title)
            lines.append(Content.styled(title, "bold $accent"))
            for words, key in group.items():
                lines.append(Content.styled(fit(key, keys), "bold $text") + Content(f"   {words}"))
        lines += [Content(""), Content.styled(say("help.typing"), "$muted")]
        return Content("\n").join(lines)

    def _told(self, scope: Scope) -> dict[str, str]:
        """The keys of each sentence: what two bindings do alike (one of them while typing, too)
        is told once."""
        told: dict[str, str] = {}
        for act in self.acts:
            if act.scope is scope and act.keys:
                words, keys = act.long_words(), act.key_words()
                told[words] = f"{told[words]} {keys}" if words in told else keys
        return told
