"""What the command palette offers: every action of the help screen, and the themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from ima_tui.messages import say
from ima_tui.tui import actions, styles
from ima_tui.tui.theme import DARK, LIGHT

if TYPE_CHECKING:
    from ima_tui.tui.app import ImaApp

Command = tuple[str, str, Callable[[], Any]]
"""Words, keys, what it does."""


class Commands(Provider):
    """The actions of the screen that the palette was opened on."""

    def commands(self) -> Iterator[Command]:
        known = actions.acts(self.screen)
        for act in sorted(known, key=_weight):
            if act.id != "app.palette":
                run = partial(self.app.run_action, act.action, act.node)
                yield act.words(), act.key_words(), run
        for name in (DARK, LIGHT):
            paint = partial(cast("ImaApp", self.app).paint, name)
            yield say("app.theme", theme=name), "", paint

    async def discover(self) -> Hits:
        for words, keys, run in self.commands():
            yield DiscoveryHit(_shown(Content(words), keys), run, text=words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for words, keys, run in self.commands():
            if (score := matcher.match(words)) > 0:
                yield Hit(score, _shown(matcher.highlight(words), keys), run, text=words)


def _weight(act: actions.Act) -> int:
    """What the footer would show comes first, and how to move a cursor last."""
    return 0 if act.prominent else 2 if act.scope is actions.Scope.FOCUS else 1


def _shown(words: Content, keys: str) -> Content:
    return words + Content.styled(f"   {keys}", "$muted") if keys else words


class Palette(CommandPalette):
    """Textual's palette with our commands, and a cursor that stands still."""

    CSS_PATH = styles.path("palette")

    def __init__(self) -> None:
        super().__init__([Commands], placeholder=say("app.palette"))

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
