"""Keymap: keys of the user's config, applied to bindings and checked.

Textual's own keymap takes a key from all that share it with a changed action (`escape` leaves a
field here and clears a filter there). Ours goes over each node's bindings once, when it is made;
footer, help and palette read them off the nodes, so they follow by themselves.

Read-only mode removes the keys of every action that sends, writes or deletes. The keys are taken
away, so footer, help and palette are silent about them too. That is a kindness: what refuses is
below, in the ledger, the preferences and the connection.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import BindingsMap
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from ima_tui.tui.terminal.textual_internals import add_binding, character_to_key

Keymap = Mapping[str, tuple[str, ...]]
"""Id of a binding to the keys it has now."""

NEEDED = ("app.quit", "app.palette", "app.help")
"""Without a key for these nobody would find the way."""
MOVED: Mapping[str, str] = {
    "app.plans_too": "app.plans",
    "compose.send_too": "compose.send",
    "plan.run_too": "plan.run",
    "reading.answer_enter": "reading.answer",
}
"""Ids of earlier versions, and what does the same now."""
REMOVED: Mapping[str, str] = {
    f"{group}.answer{n}": "keys.removed_answers"
    for group in ("compose", "reading")
    for n in range(2, 10)
}
"""Ids of earlier versions that have no successor, and what is done instead."""
_MODIFIERS = {"ctrl", "alt", "shift", "super", "hyper", "meta"}
_LONG = {"esc": "escape", "del": "delete", "pgup": "pageup", "pgdn": "pagedown", "return": "enter"}


# ------------------------------------------------------------------------------------ reading


def keys_of(written: str) -> tuple[str, ...]:
    """`"S, f6"` as Textual names keys; what is no key stays as it is."""
    return tuple(_long(key.strip()) for key in written.split(",") if key.strip())


def _long(key: str) -> str:
    *modifiers, base = key.split("+") if key not in ("", "+") else [key]
    base = _LONG.get(base.lower(), base)
    return "+".join((*modifiers, character_to_key(base) if len(base) == 1 else base))


def is_key(key: str) -> bool:
    """Whether a terminal can send it."""
    *modifiers, base = key.split("+")
    if not set(modifiers) <= _MODIFIERS:
        return False
    known = {one.value for one in Keys} | set(KEY_NAME_REPLACEMENTS.values()) | {"space"}
    return len(base) == 1 or base in known or base in _NAMED


_NAMED = {character_to_key(chr(code)) for code in range(33, 127)}


def settled(written: Mapping[str, str]) -> Keymap:
    """The keys that hold: what is no key, or would leave no way out, is left out."""
    found = {name: keys_of(keys) for name, keys in written.items()}
    return {
        name: keys
        for name, keys in found.items()
        if all(map(is_key, keys)) and (keys or name not in NEEDED)
    }


def rekey(bindings: BindingsMap, keymap: Keymap) -> BindingsMap:
    """`bindings` with the user's keys; what had one of those before loses it."""
    mine = {binding.id for _, binding in bindings if binding.id in keymap}
    if not mine:
        return bindings
    taken = {key for name in mine for key in keymap[str(name)]}
    kept = BindingsMap()
    done: set[str] = set()
    for key, binding in bindings:
        name = binding.id or ""
        if name not in keymap:
            if key not in taken:
                add_binding(kept, binding.with_key(key))
        elif name not in done:
            done.add(name)
            for new in keymap[name]:
                add_binding(kept, binding.with_key(new))
    return kept


WRITING = frozenset(
    {
        "board.assemble",
        "board.earlier",
        "board.later",
        "board.leave_out",
        "board.less",
        "board.more",
        "board.remake",
        "board.settings",
        "board.swap",
        "board.undo",
        "compose.key",
        "compose.send",
        "gallery.discard",
        "gallery.fetch",
        "gallery.forget",
        "gallery.again",
        "gallery.instead",
        "gallery.project",
        "gallery.save",
        "gallery.subject",
        "gallery.similar",
        "gallery.star",
        "gallery.tags",
        "gallery.undo",
        "logs.export",
        "models.prefer",
        "models.undo",
        "plan.run",
        "prefs.bring_back",
        "prefs.choose",
        "prefs.clear",
        "prefs.let_go",
        "prefs.undo",
        "queue.again",
        "queue.approve",
        "queue.earlier",
        "queue.edit",
        "queue.fetch",
        "queue.follow",
        "queue.forget",
        "queue.instead",
        "queue.later",
        "queue.project",
        "queue.send_next",
        "queue.similar",
        "queue.star",
        "queue.stop",
        "queue.tags",
        "queue.undo",
        "reading.remember",
        "settings.change",
        "spending.write",
        "settings.reset",
        "subjects.add",
        "subjects.export",
        "subjects.remove",
        "template.delete",
        "template.save",
        "welcome.take",
    }
)
"""Ids of bindings."""


def without_keys() -> dict[str, tuple[str, ...]]:
    """A keymap that takes the keys of these away."""
    return dict.fromkeys(WRITING, ())
