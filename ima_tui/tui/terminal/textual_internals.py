"""Private parts of Textual, each behind a function of ours.

Nothing outside this package names a private attribute or module of Textual. The contract tests in
`tests/tui/terminal/test_textual_contracts.py` say what each function relies on.

`SharedStylesheet` parses each source once per set of theme variables. Textual parses all sources
again whenever a mode is opened or the theme is set, and a cache of 64 entries is cleared each time;
at the start that happens five times. Parsed rules are not changed afterwards, so all stylesheets of
the process share them.

`without_alt`: escape and a character at once are alt and that key, in every terminal. What most
terminals send for alt and a character is escape and the character. Textual takes some of these for
what a Mac types with option (`¡` for alt+1, an en dash for alt+-) or loses the alt (`*`).

The terminal's replies to queries are taken out of the input before Textual parses keys: Textual
knows no device attributes, and would hand a late or cut answer to the user's fields as keystrokes.
The exact pin of Textual keeps this true.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.binding import Binding, BindingsMap
from textual.css.stylesheet import Stylesheet
from textual.keys import _character_to_key
from textual.message import Message
from textual.screen import Screen

from ima_tui.imaging.terminal import ReplyListener

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App
    from textual.dom import DOMNode
    from textual.geometry import Region
    from textual.widget import Widget


def visible_region(screen: Screen[object], widget: Widget) -> tuple[Region, Region] | None:
    """Return the region of `widget` on the screen and its clipping region; None while hidden."""
    return screen._compositor.visible_widgets.get(widget)


def skip_refresh_of_styles(app: App[Any], screen: Screen[Any]) -> None:
    """Tell Textual that a screen that is about to be registered has the current styles, which it
    then gets: it would read all style sheets again first, 4 ms for each new screen."""
    screen._css_update_count = app._css_update_count


class BareScreen(Screen[None], inherit_css=False):
    """A screen without Textual's styles, and without what it adds for tooltips and toasts."""

    def _extend_compose(self, _widgets: list[Widget]) -> None:
        pass


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


def css_variables(stylesheet: Stylesheet) -> dict[str, str]:
    """Return the variables that a style sheet was made with."""
    return stylesheet._variables


def read_styles(app: App[Any], sheet: Path) -> None:
    """Read one more style sheet, if it is not known yet. Widgets that exist follow it once their
    classes change."""
    if not app.stylesheet.has_source(str(sheet)):
        app.stylesheet.read(sheet)
        app.stylesheet.parse()  # else rules are looked for in an index without the new ones


_parsed: dict[frozenset[tuple[str, str]], dict[Any, Any]] = {}
_MOST_THEMES = 8
"""Sets of variables whose rules are kept: a user tries themes one after another."""


class SharedStylesheet(Stylesheet):
    """Textual's stylesheet with parsed rules kept across `reparse`."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._share()

    def set_variables(self, variables: dict[str, str]) -> None:
        """Use other values of the theme's variables; parsed rules of earlier values are kept."""
        if variables == self._variables:
            return
        self._parse_cache = {}  # type: ignore[assignment]  # cleared by Textual
        super().set_variables(variables)
        self._share()

    def reparse(self) -> None:
        """Apply the variables to all sources. Raises as `parse` does; the rules stay then."""
        self.parse()

    def _share(self) -> None:
        if len(_parsed) > _MOST_THEMES:
            _parsed.clear()
        self._parse_cache = _parsed.setdefault(frozenset(self._variables.items()), {})  # type: ignore[assignment]


_TAKEN = "[]OPX^_"
"""After an escape these begin a sequence of the terminal."""


class AltParser(XTermParser):
    """A parser for which escape and a character are alt and that key."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if len(sequence) == 2 and sequence[0] == "\x1b" and after_escape(sequence[1]):
            yield events.Key(f"alt+{character_to_key(sequence[1])}", None)
            return
        yield from super()._sequence_to_key_events(sequence, alt)


def after_escape(character: str | None) -> bool:
    """Return whether escape and this character, sent at once, are one key: alt and it."""
    return (
        character is not None
        and len(character) == 1
        and "!" <= character <= "~"
        and character not in _TAKEN
    )


def without_alt(key: str) -> str:
    """Return the plain key of `alt+m`, `alt+W` or `alt+shift+w`; "" for any other key."""
    head, _, base = key.partition("alt+")
    letter = base.removeprefix("shift+")
    if letter != base and len(letter) == 1:
        base = letter.upper()
    return base if not head and character_of(base) else ""


def install(listener: ReplyListener) -> bool:
    """Let `listener` read first, in every driver made from now on. False: not on this system."""
    try:
        from textual.drivers import linux_driver
    except ImportError:
        return False

    class ListeningParser(AltParser):
        def feed(self, data: str) -> Iterable[Message]:
            rest = listener.take(data) if data else data
            return super().feed(rest) if rest or not data else ()  # nothing would mean the end

    vars(linux_driver)["XTermParser"] = ListeningParser
    return True
