"""Help: the keys that work now, grouped by scope. Jump mode: a letter on each focusable widget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import ascii_lowercase
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from ima_tui.i18n import say
from ima_tui.tui.keys.actions import ActionEntry, Scope
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.cells import fit, width

WIDE = 110
"""Columns of a terminal from which on the keys stand beside each other."""


class HelpScreen(ModalScreen[None]):
    """A panel over the screen; any of its keys closes it again."""

    CSS_PATH = theme.path("help")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("close", "dismiss", "bind.close", "help.close", show=True),
        Binding("f1,question_mark,enter", "dismiss", "bind.close", show=False, id="help.close_too"),
    ]

    def __init__(self, acts: Sequence[ActionEntry], title: str, *, in_window: bool = False) -> None:
        super().__init__()
        self.acts = tuple(acts)
        self.title_here = title
        self.in_window = in_window

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        self.on_resize()  # before the first layout, so that it is painted once
        near, far = self.columns()
        window = VerticalScroll(id="help", classes="window")
        window.border_title = Content(say("help.title"))
        with window, Container(id="help-columns"):
            yield Static(near, id="help-near")
            yield Static(far, id="help-far")
        yield BottomLine()

    def on_resize(self) -> None:
        """Lay out for the new size."""
        self.set_class(self.app.size.width >= WIDE, "-wide")

    def columns(self) -> tuple[Content, Content]:
        """The keys of the screen, and those that work everywhere."""
        groups = {scope: self._told(scope) for scope in Scope}
        keys = max((width(key) for group in groups.values() for key in group.values()), default=0)
        near = [self._group(each, groups[each], keys) for each in (Scope.HERE, Scope.FOCUS)]
        far = [self._group(Scope.EVERYWHERE, groups[Scope.EVERYWHERE], keys)]
        if not self.in_window:
            far.append([Content.styled(say("help.typing"), "$muted")])
        return _below(near), _below(far)

    def _group(self, scope: Scope, told: Mapping[str, str], keys: int) -> list[Content]:
        if not told:
            return []
        title = self.title_here if scope is Scope.HERE else say(f"help.{scope}")
        lines = [Content.styled(title, "bold $accent")]
        for words, key in told.items():
            lines.append(Content.styled(fit(key, keys), "bold $text") + Content(f"   {words}"))
        return lines

    def _told(self, scope: Scope) -> dict[str, str]:
        """The keys of each sentence: what two bindings do alike (one of them while typing, too)
        is told once."""
        told: dict[str, str] = {}
        for act in self.acts:
            if act.scope is scope and act.keys:
                words, keys = act.long_words(), act.key_words()
                told[words] = f"{told[words]} {keys}" if words in told else keys
        return told


def _below(groups: Iterable[list[Content]]) -> Content:
    """The groups below each other, with an empty line between two."""
    lines: list[Content] = []
    for group in filter(None, groups):
        lines += [Content(""), *group] if lines else group
    return Content("\n").join(lines)


LETTERS = "asdfghjkl" + "".join(c for c in ascii_lowercase if c not in "asdfghjkl")
"""The easiest to reach come first; no more targets than these get one."""


def targets(screen: Screen[object]) -> Iterator[tuple[str, Widget, Region]]:
    """A letter, what it stands on, and the part of that which can be seen."""
    seen = ((widget, screen.find_widget(widget).visible_region) for widget in screen.focus_chain)
    shown = ((widget, region) for widget, region in seen if region)
    for letter, (widget, region) in zip(LETTERS, shown, strict=False):
        yield letter, widget, region


class JumpScreen(ModalScreen[Widget | None]):
    """Lies over the screen that opened it; any other key takes it away again."""

    CSS_PATH = theme.path("jump")
    AUTO_FOCUS = ""
    KEEPS_KEYS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "bind.close", show=False, id="jump.close"),
    ]

    def __init__(self, below: Screen[object]) -> None:
        super().__init__()
        self.targets = tuple(targets(below))

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        for letter, _, region in self.targets:
            label = Static(f" {letter} ", classes="letter", markup=False)
            label.styles.offset = (region.x, region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Choose the widget of the letter; any other key closes."""
        event.stop()
        event.prevent_default()
        found = (widget for letter, widget, _ in self.targets if letter == event.key)
        self.dismiss(next(found, None))
