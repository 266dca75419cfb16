"""Command palette: the actions of what is in front, and those that open or arrange other screens.

What acts on a selection or a draft is offered only where that is visible: on another screen it
would act on a row, a job or a prompt that the user does not see, and could cost points.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.i18n import has, say
from ima_tui.tui.keys import actions, keymap
from ima_tui.tui.keys.actions import key_name
from ima_tui.tui.keys.verbs import verb_of
from ima_tui.tui.screens import SCREENS, SPENDING, WORKFLOW, ScreenEntry
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.shell.picker import Picker, PickerItem
from ima_tui.tui.terminal.textual_internals import class_bindings
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.app_context import AppContext, context
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.table import Cell, Table

LANGUAGES = ("en", "zh")
_COLUMNS = (
    Column("action", 36, "palette.col_action", flex=1),
    Column("where", 12, "palette.col_where", drop=1),
    Column("key", 11, "palette.col_key", align="right"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done, where, by which key, and how."""

    id: str
    sentence: str
    """A message key."""
    where: str
    keys: str
    run: Callable[[], Any]

    @property
    def words(self) -> str:
        """A verb with its object."""
        return say(said(self.sentence))

    def item(self) -> PickerItem:
        """Return its row; it is found by its words and their synonyms in both languages."""
        cells = Cell(self.words), Cell(self.where, "muted"), Cell(self.keys, "strong")
        return PickerItem(cells, folded(" ".join(_also(self.id, self.sentence))))


MOVES = frozenset({
    "back", "before", "choose", "close", "closer", "detail_down", "detail_up", "down", "farther",
    "field_find", "field_save", "field_time", "filter_done", "first", "form_down", "form_left",
    "form_next", "form_open", "form_reset", "form_right", "form_up",
    "guides_back", "guides_next", "input_complete", "last", "leave", "left", "next_result", "no",
    "page_down", "page_up", "pan_down", "pan_left", "pan_right", "pan_up", "plan_back",
    "plan_leave", "previous_result", "question_back", "question_next", "question_nothing", "right",
    "settings_back", "spending_back", "spending_view_before", "text_leave", "type_after",
    "type_before", "up", "welcome_later", "yes", "palette",
})  # fmt: skip
"""Sentences of bindings that nobody looks for: steps of a cursor, and ways out of a window."""

OFFERED_ELSEWHERE = frozenset({
    "models.all_kinds", "models.filter", "models.kind", "models.next_kind", "models.previous_kind",
    "models.refresh", "models.sort",
    "compose.editor", "compose.guides", "compose.history", "compose.inputs", "compose.key",
    "compose.kind", "compose.lyrics", "compose.model", "compose.project", "compose.refresh",
    "compose.results", "compose.templates", "compose.write",
    "queue.filter", "queue.group", "queue.sort", "queue.timeline",
    "gallery.draw", "gallery.filter", "gallery.kind", "gallery.next_kind", "gallery.previous_kind",
    "gallery.sort", "gallery.turn",
    "prefs.next_user", "prefs.previous_user", "prefs.settings",
    "logs.export", "logs.find", "logs.level", "logs.newest", "logs.next", "logs.oldest",
    "logs.only", "logs.pause", "logs.previous", "logs.source", "logs.time",
    "spending.longer", "spending.refresh", "spending.shorter", "spending.sort", "spending.view",
    "spending.write",
})  # fmt: skip
"""Ids of the bindings that need neither the selection nor the draft of their screen: they move
within it, arrange it, or open a window in which the user chooses. No other binding is offered while
its screen is not in front."""


def said(sentence: str) -> str:
    """Return the key of what the palette says for a binding's sentence: a verb with its object."""
    key = sentence.replace("bind.", "do.", 1)
    return key if has(key) else sentence


def is_offered(sentence: str) -> bool:
    """Return whether the palette offers actions of that sentence."""
    return sentence.startswith("bind.") and sentence.removeprefix("bind.") not in MOVES


def _also(name: str, sentence: str) -> Iterator[str]:
    verb = verb_of.get(name) or name.rpartition(".")[2]
    group = "go" if name.startswith("place.") else verb
    for language in LANGUAGES:
        texts: dict[str, str] = import_module(f"ima_tui.i18n.{language}").TEXTS
        yield texts[sentence]
        yield texts[said(sentence)]
        for word in (f"also.{group}", f"also.{group.partition('_')[0]}"):
            if word in texts:
                yield texts[word]
                break
        yield texts.get(f"also.{name.replace('.', '_')}", "")


def here(screen: Screen[object]) -> list[Command]:
    """What can be done on the open screen, each once, what matters most first."""
    entries = (*SCREENS, SPENDING, WORKFLOW)
    place = next((say(one.key) for one in entries if one.id == screen.app.current_mode), "")
    found: dict[str, Command] = {}
    for act in sorted(actions.acts(screen), key=_weight):
        if act.id.startswith("app.palette") or not is_offered(act.sentence):
            continue
        words = say(said(act.sentence))
        if words not in found:
            where = "" if act.scope is actions.Scope.EVERYWHERE else place
            run = partial(screen.app.run_action, act.action, act.node)
            found[words] = Command(act.id, act.sentence, where, act.key_words(2), run)
    return list(found.values())


def elsewhere(
    app: AppContext, owners: Sequence[tuple[ScreenEntry, type[DOMNode]]]
) -> list[Command]:
    """What the other screens can do without a selection; what several of them can do is told of the
    first."""
    found: dict[str, Command] = {}
    for place, owner in owners:
        if place.id == app.current_mode:
            continue
        for binding in _offered(owner, app):
            run = partial(_do_there, app, place.id, binding.action)
            command = Command(
                str(binding.id), binding.description, say(place.key), key_name(binding.key), run
            )
            found.setdefault(command.words, command)
    return list(found.values())


def _offered(owner: type[DOMNode], app: AppContext) -> Iterator[Binding]:
    """Each action of a screen that needs no selection once, by its first key."""
    named: dict[str, Binding] = {}
    for _, binding in keymap.rekey(class_bindings(owner), app.keymap):
        if is_offered(binding.description) and binding.id in OFFERED_ELSEWHERE:
            named.setdefault(binding.description, binding)
    yield from named.values()


async def _do_there(app: AppContext, place: str, action: str) -> None:
    """Open a screen, and do what was asked there as soon as it is drawn."""
    await app.action_go(place)
    app.screen.call_after_refresh(_do, app, app.screen, action)


async def _do(app: AppContext, screen: Screen[object], action: str) -> None:
    if not await app.run_action(action, screen):
        app.notify(say("app.not_now"))


def _weight(act: actions.ActionEntry) -> int:
    """What the key bar would show comes first, and how to move a cursor last."""
    return 0 if act.prominent else 2 if act.scope is actions.Scope.FOCUS else 1


class Palette(Picker):
    """A picker of actions. Over a screen, what the other screens can do is added once their modules
    are imported; over a window, only its own actions are listed."""

    CSS_PATH = theme.path("picker")
    PLACEHOLDER = "app.palette"
    EMPTY = "palette.none"

    def __init__(self, screen: Screen[object]) -> None:
        self.commands = here(screen)
        self._is_over_window = not isinstance(screen, BaseScreen)
        super().__init__(
            say("palette.title"), _COLUMNS, [command.item() for command in self.commands]
        )

    def on_mount(self) -> None:
        """Show the actions of the screen, and look for the others."""
        super().on_mount()
        if not self._is_over_window:
            self.run_worker(self._add(), name="other screens' actions", group="palette")

    async def _add(self) -> None:
        owners = await asyncio.to_thread(
            lambda: [(place, place.load()) for place in (*SCREENS, SPENDING)]
        )
        known = {command.words for command in self.commands}
        others = elsewhere(context(self), owners)
        self.commands += [command for command in others if command.words not in known]
        self.choices = tuple(command.item() for command in self.commands)
        if self.query(Table):  # it may have been closed meanwhile
            self.again()
