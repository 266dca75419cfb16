"""Actions of the active bindings, for footer, help and palette.

A binding's description is a key of `messages`; bindings without one of ours (a text field's own
cursor keys) are no actions. Ids stay as they are, so that people can give them other keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from textual.app import App
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import Screen
from textual.widget import Widget

from ima_tui.i18n import say

FOOTER_KEYS = 5
_MISTAKEN = {
    "slash": "/",
    "backslash": "\\",
    "at": "@",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
}
"""Keys with a name of Textual's own, which it doesn't lead back to their characters."""


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

    def key_words(self, limit: int = 3) -> str:
        """Return up to that many keys, as people read them."""
        return " ".join(key_name(key) for key in self.keys[:limit])


def acts(screen: Screen[object]) -> tuple[ActionEntry, ...]:
    """Everything that the active bindings of `screen` can do, nearest first."""
    found: dict[str, ActionEntry] = {}
    focused = screen.focused
    for key, (node, binding, enabled, _) in screen.active_bindings.items():
        if not binding.description.startswith("bind.") or not enabled:
            continue
        if node is not focused and _is_typed(focused, key):
            continue
        name = binding.id or binding.action
        before = found.get(name)
        found[name] = ActionEntry(
            id=name,
            keys=(*before.keys, key) if before else (key,),
            sentence=binding.description,
            action=binding.action,
            node=node,
            scope=_scope(node),
            prominent=binding.show,
        )
    return tuple(replace(act, keys=_plain_first(act.keys)) for act in found.values())


def _is_typed(focused: Widget | None, key: str) -> bool:
    """Whether a text field takes it. Textual knows it of all keys but a few."""
    if focused is None or key not in _MISTAKEN:
        return False
    return focused.check_consume_key(key, _MISTAKEN[key])


def _plain_first(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(keys, key=lambda key: "+" in key))


def _scope(node: DOMNode) -> Scope:
    if isinstance(node, App):
        return Scope.EVERYWHERE
    return Scope.HERE if isinstance(node, Screen) else Scope.FOCUS


def footer(all_acts: Sequence[ActionEntry]) -> tuple[ActionEntry, ...]:
    """The few that matter most here."""
    shown = [act for act in all_acts if act.prominent and act.scope is not Scope.EVERYWHERE]
    return tuple(shown[:FOOTER_KEYS])


_NAMES = {
    "escape": "esc",
    "delete": "del",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


def key_name(key: str) -> str:
    """A key as people read it on their keyboard."""
    *modifiers, base = key.split("+") if key != "plus" else ["plus"]
    if base.startswith("upper_"):
        base = base.removeprefix("upper_").upper()
    name = _NAMES.get(base) or _MISTAKEN.get(base)
    if name is None:
        character = key_to_character(base)
        name = character if character and character.isprintable() else base
    return "+".join((*modifiers, name if name != " " else "space"))


def key_of(screen: Screen[object], binding_id: str) -> str:
    """The key that does `binding_id` now, as people read it; "" while none does."""
    active = screen.active_bindings.items()
    return next((key_name(key) for key, one in active if one.binding.id == binding_id), "")
