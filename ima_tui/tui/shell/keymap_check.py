"""Check the user's keymap: unknown ids, keys that no terminal sends, and clashes.

The only module that imports all of `tui`: the ids of every action are known only then.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import pairwise

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from ima_tui.core.text import nearest, one_line
from ima_tui.i18n import say
from ima_tui.tui.keys.keymap import MOVED, NEEDED, REMOVED, Keymap, is_key, keys_of, settled
from ima_tui.tui.keys.verbs import is_none
from ima_tui.tui.terminal.textual_internals import class_bindings
from ima_tui.tui.widgets.table import Table

# ------------------------------------------------------------------------- all there are, anywhere


def owners() -> Iterator[type[DOMNode]]:
    """Every class of ours that has bindings, in a fixed order. Imports all of tui."""
    package = import_module("ima_tui.tui")
    names = [one.name for one in pkgutil.walk_packages(package.__path__, "ima_tui.tui.")]
    for name in sorted(names):
        for found in vars(import_module(name)).values():
            is_ours = isinstance(found, type) and found.__module__ == name
            if is_ours and issubclass(found, DOMNode) and found.__dict__.get("BINDINGS"):
                yield found


def bindings_of(owner: type[DOMNode]) -> Iterator[Binding]:
    """Its own and what it inherits from ours: each key alone."""
    for _, binding in class_bindings(owner):
        if binding.id and binding.description.startswith("bind."):
            yield binding


def every_id() -> dict[str, tuple[str, ...]]:
    """All ids, with the keys that they have by themselves."""
    found: dict[str, dict[str, None]] = {}
    for owner in owners():
        for binding in bindings_of(owner):
            keys = found.setdefault(str(binding.id), {})
            if not is_none(binding.key):
                keys[binding.key] = None
    return {name: tuple(keys) for name, keys in found.items()}


# --------------------------------------------------------------------------------- what is odd


def warnings(written: Mapping[str, str]) -> list[str]:
    """A sentence for each id that nothing has, each key that is none, and each clash."""
    known = every_id()
    said: list[str] = []
    for name, keys in written.items():
        shown = one_line(name, 60)
        if name in MOVED:
            said.append(say("keys.moved", name=shown, new=MOVED[name]))
        elif name in REMOVED:
            said.append(say("keys.removed", name=shown, why=say(REMOVED[name])))
        elif name not in known:
            near = nearest(name, list(known), 1)
            key = "keys.unknown_near" if near else "keys.unknown"
            said.append(say(key, name=shown, near=near[0] if near else ""))
        elif not keys_of(keys) and name in NEEDED:
            said.append(say("keys.needed", name=shown))
        said += [
            say("keys.no_key", name=shown, pressed=one_line(key, 30))
            for key in keys_of(keys)
            if not is_key(key)
        ]
    return said + _clashes(settled(written))


def _clashes(keymap: Keymap) -> list[str]:
    """What the changed keys did before, or do nearer to where the user is."""
    found: dict[tuple[str, str, str], None] = {}
    for group in _together():
        by_key: dict[str, list[str]] = {}
        before: dict[str, set[str]] = {}
        for owner in group:
            for binding in bindings_of(owner):
                name = str(binding.id)
                before.setdefault(binding.key, set()).add(name)
                for key in keymap.get(name, (binding.key,)):
                    if name not in by_key.setdefault(key, []):
                        by_key[key].append(name)
        for key, names in by_key.items():
            for one, other in pairwise(names):
                is_new = not {one, other} <= before.get(key, set())
                if is_new and (one in keymap or other in keymap):
                    mine, theirs = (one, other) if one in keymap else (other, one)
                    found[key, mine, theirs] = None
    return [say("keys.clash", pressed=key, name=one, other=other) for key, one, other in found]


def _together() -> Iterator[tuple[type[DOMNode], ...]]:
    """Classes whose bindings hold at the same time: a screen, its table, the app."""
    app = next(owner for owner in owners() if issubclass(owner, App))
    for owner in owners():
        if issubclass(owner, Screen):
            around = vars(sys.modules[owner.__module__]).values()
            has_table = any(isinstance(one, type) and issubclass(one, Table) for one in around)
            yield (*((Table,) if has_table else ()), owner, app)
        elif not issubclass(owner, App):
            yield (owner,)
