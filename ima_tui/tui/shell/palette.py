"""Command palette: the actions of this screen, and of the other screens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input

from ima_tui.i18n import say
from ima_tui.tui.keys import actions, keymap
from ima_tui.tui.keys.actions import key_name
from ima_tui.tui.screens import SCREENS, ScreenEntry
from ima_tui.tui.terminal.textual_internals import class_bindings
from ima_tui.tui.theme import styles
from ima_tui.tui.widgets.app_context import AppContext

Command = tuple[str, str, Callable[[], Any]]
"""Words, keys, what it does."""


class ActionProvider(Provider):
    """The actions of the screen that the palette was opened on; searching finds those of the other
    places too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._elsewhere: tuple[Command, ...] = ()

    async def startup(self) -> None:
        """The other places' actions: their modules may have to be imported for it."""
        owners = await asyncio.to_thread(_places)
        app = cast(AppContext, self.app)
        self._elsewhere = tuple(
            (f"{say(place.key)}: {say(binding.description)}", key_name(binding.key),
             partial(_do_there, app, place.id, binding.action))
            for place, owner in owners
            if place.id != app.current_mode
            for binding in _offered(owner, app)
        )  # fmt: skip

    def commands(self) -> Iterator[Command]:
        """Yield what can be done on the open screen."""
        known = actions.acts(self.screen)
        for act in sorted(known, key=_weight):
            if act.id != "app.palette":
                run = partial(self.app.run_action, act.action, act.node)
                yield act.words(), act.key_words(), run

    async def discover(self) -> Hits:
        """Yield all commands, before anything is typed."""
        for words, keys, run in self.commands():
            yield DiscoveryHit(_shown(Content(words), keys), run, text=words)

    async def search(self, query: str) -> Hits:
        """Yield the commands that match."""
        matcher = self.matcher(query)
        for commands, weight in ((self.commands(), 1.0), (self._elsewhere, 0.5)):
            for words, keys, run in commands:
                if (score := matcher.match(words)) > 0:
                    shown = _shown(matcher.highlight(words), keys)
                    yield Hit(score * weight, shown, run, text=words)


def _places() -> list[tuple[ScreenEntry, type[DOMNode]]]:
    return [(place, place.load()) for place in SCREENS]


def _offered(owner: type[DOMNode], app: AppContext) -> Iterator[Binding]:
    """Each action of a screen once, by its first key; not those that only undo a state."""
    named: dict[str, Binding] = {}
    for _, binding in keymap.rekey(class_bindings(owner), app.keymap):
        if binding.description.startswith("bind.") and binding.key != "escape" and binding.id:
            named.setdefault(binding.description, binding)
    yield from named.values()


async def _do_there(app: AppContext, place: str, action: str) -> None:
    """Open a screen, and do what was wished there as soon as it stands."""
    await app.action_go(place)
    app.screen.call_after_refresh(_do, app, app.screen, action)


async def _do(app: AppContext, screen: Screen[object], action: str) -> None:
    if not await app.run_action(action, screen):
        app.notify(say("app.not_now"))


def _weight(act: actions.ActionEntry) -> int:
    """What the footer would show comes first, and how to move a cursor last."""
    return 0 if act.prominent else 2 if act.scope is actions.Scope.FOCUS else 1


def _shown(words: Content, keys: str) -> Content:
    return words + Content.styled(f"   {keys}", "$muted") if keys else words


class Palette(CommandPalette):
    """Textual's palette with our commands, and a cursor that stands still."""

    CSS_PATH = styles.path("palette")

    def __init__(self) -> None:
        super().__init__([ActionProvider], placeholder=say("app.palette"))

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.query_one(Input).cursor_blink = False
