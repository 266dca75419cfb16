"""Key of each verb: one letter, one meaning, on every screen.

Bindings take their keys from here, so that a letter can't mean two things. What has no letter of
its own is found in the palette and can be given a key in the user's config.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding

KEYS: Mapping[str, str] = {
    "help": "f1,question_mark",
    "palette": "ctrl+p,colon",
    "go_models": "1",
    "go_compose": "2",
    "go_queue": "3",
    "go_gallery": "4",
    "go_preferences": "5",
    "go_logs": "6",
    "screen_before": "ctrl+pageup",
    "screen_after": "ctrl+pagedown",
    "view_before": "left_square_bracket",
    "view_after": "right_square_bracket",
    "workflows": "W",
    "spending": "dollar_sign",
    "subjects": "at",
    "job": "J",
    "log": "l",
    "back": "escape",
    "close": "escape,q",
    "jump": "apostrophe",
    "up": "up,k",
    "down": "down,j",
    "first": "home,g",
    "last": "end,G",
    "page_up": "pageup,ctrl+u",
    "page_down": "pagedown,ctrl+d",
    "left": "left",
    "right": "right",
    "open": "enter",
    "mark": "space",
    "mark_all": "ctrl+a",
    "filter": "slash",
    "next": "n",
    "previous": "N",
    "sort": "s",
    "type": "t",
    "layout": "v",
    "zoom": "z",
    "less": "minus",
    "more": "plus",
    "fetch": "f,f5",
    "undo": "u",
    "edit": "e",
    "editor": "E,f4",
    "model": "m",
    "prefer": "asterisk",
    "retry": "r",
    "retry_other": "R",
    "approve": "a",
    "assemble": "A",
    "stop": "x",
    "delete": "D,delete",
    "duplicate": "d",
    "use": "i",
    "open_file": "o",
    "copy": "c",
    "copy_more": "C",
    "write": "w",
    "play": "p",
    "compare": "equals_sign",
    "earlier": "less_than_sign,ctrl+up",
    "later": "greater_than_sign,ctrl+down",
    "front": "F",
    "history": "h",
    "batch": "b",
    "guides": "K",
    "send": "ctrl+j,f9,ctrl+enter",
    "add_input": "ctrl+o",
    "new": "ctrl+n",
    "redraw": "ctrl+l",
    "suspend": "ctrl+z",
    "quit": "ctrl+q",
    "scroll_down": "shift+down",
    "scroll_up": "shift+up",
}
"""A verb and its keys, as Textual names them."""

verb_of: dict[str, str] = {}
"""Id of each binding that was made here to its verb."""
_NONE = "no_key_for_"


def bind(
    verb: str, action: str, words: str, name: str, *, show: bool = False, priority: bool = False
) -> Binding:
    """Return the binding `name` of a verb; of one that is not in the table: without a key."""
    verb_of[name] = verb
    keys = KEYS.get(verb) or _NONE + name.replace(".", "_")
    return Binding(keys, action, words, show=show, priority=priority, id=name)


def is_none(key: str) -> bool:
    """Return whether this stands for no key: no terminal sends it."""
    return key.startswith(_NONE)
