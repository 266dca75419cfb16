"""Private parts of Textual, each behind a function of ours.

Nothing outside this package names a private attribute or module of Textual. The contract tests in
`tests/tui/terminal/test_textual_contracts.py` say what each function relies on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.binding import Binding, BindingsMap
from textual.keys import _character_to_key
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.geometry import Region
    from textual.widget import Widget


def visible_region(screen: Screen[object], widget: Widget) -> tuple[Region, Region] | None:
    """Return the region of `widget` on the screen and its clipping region; None while hidden."""
    return screen._compositor.visible_widgets.get(widget)


def is_uncovered(screen: Screen[object], widget: Widget, region: Region) -> bool:
    """Return whether no other widget is drawn over `region` of `widget`."""
    layers = screen._compositor.layers_visible
    for y in range(region.y, min(region.bottom, len(layers))):
        first = next((one for one, cropped, _ in layers[y] if cropped.overlaps(region)), None)
        if first is not widget:
            return False
    return True


def update_touches(update: object, region: Region) -> bool:
    """Return whether a drawn update changed cells of `region`."""
    if isinstance(update, ChopsUpdate):
        return any(
            region.y <= y < region.bottom and first < region.right and last > region.x
            for y, first, last in update.spans
        )
    return not isinstance(update, LayoutUpdate) or update.region.overlaps(region)


def character_to_key(character: str) -> str:
    """Return Textual's name of the key that types a character."""
    return _character_to_key(character)


_CHARACTERS = {character_to_key(chr(code)): chr(code) for code in range(33, 127)}


def character_of(key: str) -> str:
    """Return the character that a key types, which Textual knows of most keys; "" for none."""
    return _CHARACTERS.get(key, "")


def binding_chain(screen: Screen[object]) -> list[tuple[DOMNode, BindingsMap]]:
    """Return what has bindings, from the focused widget out, up to a modal screen. Unlike
    Textual's own, with the keys that a text field takes as text."""
    start = screen if screen.focused is None else screen.focused
    found: list[tuple[DOMNode, BindingsMap]] = []
    for node in start.ancestors_with_self:
        found.append((node, node._bindings))
        if node.is_modal:
            break
    return found


def action_state(app: App[object], action: str, node: DOMNode) -> bool | None:
    """Return whether `action` is available on `node`; False: it is not even shown."""
    return app._check_action_state(action, node)


def add_binding(bindings: BindingsMap, binding: Binding) -> None:
    """Add one binding under its key, beside others of that key."""
    bindings._add_binding(binding)


def bindings_of_node(node: DOMNode) -> BindingsMap:
    """Return the bindings of a widget, screen or app, as they hold now."""
    return node._bindings


def set_bindings(node: DOMNode, bindings: BindingsMap) -> None:
    """Replace the bindings of a widget, screen or app."""
    node._bindings = bindings


def class_bindings(owner: type[DOMNode]) -> BindingsMap:
    """Return the bindings of a class, those that it inherits included."""
    return owner._merge_bindings()


def top_screen(app: App[object]) -> Screen[object] | None:
    """Return the topmost screen of the current mode; None before there is one."""
    stack = app._screen_stacks.get(app._current_mode)
    return stack[-1] if stack else None
