"""Actions of the active bindings, for key bar, help and palette.

A binding's description is a key of `messages`; bindings without one of ours (a text field's own
cursor keys) are no actions. Ids stay as they are, so that people can give them other keys.

While a text field has the focus, letters are typed. They work after `escape`, or with alt, and are
named so here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from textual.app import App
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import ModalScreen, Screen

from ima_tui.core.records import dataclass
from ima_tui.i18n import has, say
from ima_tui.tui.keys.verbs import is_none, verb_of
from ima_tui.tui.terminal.textual_internals import (
    action_state,
    after_escape,
    binding_chain,
    character_of,
)

FOOTER_KEYS = 5
"""Keys that the bar of a screen shows at most; that of a window has room for all of its keys."""


class Scope(StrEnum):
    """Where an action holds: on the screen, in the widget that has the keys, or anywhere."""

    HERE = "here"
    FOCUS = "focus"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class ActionEntry:
    """One thing that can be done now, with its keys in order of preference."""

    id: str
    keys: tuple[str, ...]
    sentence: str
    """A message key."""
    action: str
    node: DOMNode
    scope: Scope
    prominent: bool

    def words(self) -> str:
        """Return the sentence in the current language."""
        return say(self.sentence)

    def long_words(self) -> str:
        """Return a verb with its object, where the sentence is only a word for the key bar."""
        key = self.sentence.replace("bind.", "do.", 1)
        words = say(key if has(key) else self.sentence)
        return words[:1].upper() + words[1:]

    def key_words(self, limit: int = 3) -> str:
        """Return up to that many keys, as people read them."""
        return "  ".join(key_name(key) for key in self.keys[:limit])


def acts(screen: Screen[object]) -> tuple[ActionEntry, ...]:
    """Everything that the active bindings of `screen` can do, nearest first."""
    found: dict[str, tuple[DOMNode, Binding, list[str]]] = {}
    taken: set[str] = set()
    for node, key, binding in _active(screen):
        if key in taken and not is_none(key):
            continue  # something nearer has this key
        name = binding.id or binding.action
        keys = found[name][2] if name in found else []
        found[name] = node, binding, keys
        if not is_none(key):
            taken.add(key)
            keys.append(key)
    return tuple(
        ActionEntry(
            id=name,
            keys=_plain_first(keys),
            sentence=_sentence(node, name, binding.description),
            action=binding.action,
            node=node,
            scope=_scope(node),
            prominent=binding.show,
        )
        for name, (node, binding, keys) in found.items()
    )


def _sentence(node: DOMNode, name: str, usual: str) -> str:
    """The key of what an action does now; a node may have another word for it at times."""
    words_now: Callable[[str], str] | None = getattr(node, "words_now", None)
    return (words_now(name) if words_now is not None else "") or usual


def _is_available(app: App[object], action: str, node: DOMNode) -> bool:
    """Tell whether `action` does something now; nothing does while a screen is composed anew."""
    try:
        return bool(action_state(app, action, node))
    except NoMatches:
        return False


def _active(screen: Screen[object]) -> Iterator[tuple[DOMNode, str, Binding]]:
    """Each binding of ours that does something now, by the key that reaches it; first those of the
    screen that have priority over its widgets."""
    focused = screen.focused
    every = [(node, *one) for node, bindings in binding_chain(screen) for one in bindings]
    for node, key, binding in sorted(every, key=lambda one: not _is_first(screen, *one)):
        if not binding.description.startswith("bind."):
            continue
        if not _is_available(screen.app, binding.action, node):
            continue
        character = character_of(key) or key_to_character(key)
        is_typed = (
            node is not focused
            and focused is not None
            and not binding.priority
            and focused.check_consume_key(key, character)
        )
        if not is_typed:
            yield node, key, binding
        elif after_escape(character) and not getattr(focused, "KEEPS_KEYS", False):
            yield node, f"alt+{key}", binding


def _is_first(screen: Screen[object], node: DOMNode, key: str, binding: Binding) -> bool:
    return node is screen and binding.priority


def _plain_first(keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(keys, key=lambda key: key.startswith("alt+")))


def _scope(node: DOMNode) -> Scope:
    if isinstance(node, App):
        return Scope.EVERYWHERE
    return Scope.HERE if isinstance(node, Screen) else Scope.FOCUS


def footer(all_acts: Sequence[ActionEntry]) -> tuple[ActionEntry, ...]:
    """The few that matter most here; of a window, all that it names."""
    shown = [
        act for act in all_acts if act.prominent and act.keys and act.scope is not Scope.EVERYWHERE
    ]
    asked = [act for act in shown if _asks(act.node)]
    named = asked or shown  # while something is asked, only its answers
    return tuple(named if any(map(leaves_window, named)) else named[:FOOTER_KEYS])


def leaves_window(act: ActionEntry) -> bool:
    """Return whether this is the way out of a window: the key bar always shows it."""
    return isinstance(act.node, ModalScreen) and (
        "escape" in act.keys or verb_of.get(act.id) in ("back", "close")
    )


def _asks(node: DOMNode) -> bool:
    return any(getattr(node, name, False) for name in ("KEEPS_KEYS", "FILLS_BAR"))


_NAMES = {
    "escape": "esc",
    "delete": "del",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


def key_name(key: str) -> str:
    """A key as people read it on their keyboard; alt is said as what works everywhere, `esc`."""
    if is_none(key):
        return ""
    *modifiers, base = key.split("+")
    if base.startswith("upper_"):
        base = base.removeprefix("upper_").upper()
    name = _NAMES.get(base) or character_of(base) or base
    if modifiers == ["alt"] and after_escape(name):
        return f"esc {name}"
    return "+".join((*modifiers, name))


def key_of(screen: Screen[object], binding_id: str) -> str:
    """The key that does `binding_id` now, as people read it; "" while none does."""
    found = (act.keys for act in acts(screen) if act.id == binding_id and act.keys)
    return next((key_name(keys[0]) for keys in found), "")
