"""Top, bottom and hint line of every screen, and the splash screen, which has nothing else.

It stands until the first screen is imported. Whoever types ahead of us loses nothing: the app holds
the keys for the screen that follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Input, TextArea

from ima_tui.core.text import duration
from ima_tui.i18n import say
from ima_tui.tui.keys import actions
from ima_tui.tui.screens import SCREENS, ScreenEntry
from ima_tui.tui.terminal.textual_internals import BareScreen
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.cells import cut, wrap
from ima_tui.tui.widgets.lines import Line, Part, clipped, measure

LEAST = 16
"""Lines that a screen has before a hint may take some of them."""


class TopLine(Line):
    """The places, the open one in brackets; right: whose profile, the link, the points out."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        states = (
            self._state(),
            self._state(today=False),
            self._state(full=False, today=False, unit=True),
            self._state(full=False, today=False),
        )
        for state in states:
            for form in ("airy", "dense"):
                left = self._places(form)
                if measure(left) + measure(state) < cells:
                    return left, state
        left = self._places("short")
        state = self._state(full=False, today=False, profile=False, unit=True)
        if measure(left) + measure(state) > cells:
            state = self._state(full=False, today=False, profile=False)
        return left, clipped(state, max(0, cells - measure(left) - 1))

    def _places(self, form: str) -> list[Part]:
        """`airy`, `dense` or `short` names, as the room allows; a name is never left out."""
        row = [(self._label(place, form), self._role(place)) for place in SCREENS]
        # in a text field, digits are typed: the way to the screens is said
        lead = " esc " if isinstance(self.screen.focused, Input | TextArea) else " ima "
        return [(lead if form == "airy" else lead.rstrip(), "title"), *row]

    def _label(self, place: ScreenEntry, form: str) -> str:
        name = say(f"place.short_{place.id}" if form == "short" else place.key)
        blank = " " if form == "airy" else ""
        if place.id == self.place:
            return f"{blank or ' '}[{place.number} {name}]"
        return f"{blank} {place.number} {name}{blank}"

    def _role(self, place: ScreenEntry) -> str:
        return "strong" if place.id == self.place else "muted"

    def _state(
        self,
        *,
        full: bool = True,
        today: bool = True,
        profile: bool = True,
        unit: bool = False,
    ) -> list[Part]:
        """`unit`: the points out are said in full, even if all else is short."""
        app = self.ima
        settings = app.studio.settings
        found: list[Part] = []
        if app.studio.read_only is not None:
            found.append((say("app.looking" if full else "app.looking_short"), "warn"))
        if unsaved := len(app.unsaved):
            key = "ledger.unwritten_mark" if full else "ledger.unwritten_mark_short"
            found.append((say(key, n=unsaved), "bad"))
        waiting = app.studio.engine.waiting
        if waiting is not None:
            key = waiting[0] if full else f"{waiting[0]}.short"
            found.append((say(key, left=duration(waiting[1] + 0.99)), "warn"))
        elif app.problem is not None:
            found.append((say("app.offline"), "warn"))
        if settings.custom_endpoint and settings.profile != "demo":
            host = settings.base_url.partition("//")[2].partition("/")[0]
            found.append((cut(host, 24) if full else say("app.custom"), "warn"))
        if settings.profile and profile:
            found.append((say(f"app.profile_{settings.profile}"), "info"))
        if app.totals.out:
            key = "app.points_out" if full or unit else "app.points_out_short"
            found.append((say(key, points=app.totals.out), "text"))
        if today and app.totals.today:
            found.append((say("app.points_today", points=app.totals.today), "muted"))
        dot = f" {app.glyphs.dot} "
        spaced: list[Part] = []
        for part in found:
            spaced += [(dot, "muted"), part] if spaced else [part]
        return [*spaced, (" ", "text")]

    def on_mount(self) -> None:
        """Follow the focus: the first word says whether digits are typed."""
        self.watch(self.screen, "focused", self._show_lead, init=False)

    def _show_lead(self) -> None:
        self.refresh(Region(0, 0, 5, 1))

    async def on_click(self, event: events.Click) -> None:
        """Act on the row or cell under the mouse."""
        labels, _ = self.parts(self.size.width)
        at = measure(labels[:1])
        for place, label in zip(SCREENS, labels[1:], strict=True):
            at += measure([label])
            if event.x < at:
                await self.ima.action_go(place.id)
                return


class BottomLine(Line):
    """The keys that matter here; right: where all the others are told."""

    _told: tuple[str, ...] | None = None
    """What was drawn last; None: nothing yet."""
    _ways: tuple[actions.ActionEntry, ...] = ()
    """What is shown, from left to right."""

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._retell())

    def _retell(self) -> None:
        """Most moves of the cursor change no key: then nothing is drawn."""
        if self._told is not None and _told_of(actions.acts(self.screen)) != self._told:
            self.refresh()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        known = actions.acts(self.screen)
        self._told = _told_of(known)
        by_id = {act.id: act for act in known}
        ways = [by_id.get("app.palette"), by_id.get("app.help")]
        right = [self._part(act, "  " if place else "") for place, act in enumerate(ways) if act]
        if measure([part for one in right for part in one]) * 3 > cells:
            right = right[-1:]
        told = [part for one in right for part in one]
        room = cells - measure(told) - 3
        shown = list(actions.footer(known))
        while measure(left := self._parts_of(shown)) > room and shown:
            # the last one, but the way out of a window only when nothing else is left
            others = [act for act in shown if not actions.leaves_window(act)]
            shown.remove((others or shown)[-1])
        self._ways = (*shown, *(act for act in ways[-len(right) :] if act))
        return left, [*told, (" ", "text")]

    def _parts_of(self, acts: Sequence[actions.ActionEntry]) -> list[Part]:
        parts = (self._part(act, "  " if place else " ") for place, act in enumerate(acts))
        return [part for one in parts for part in one]

    def _part(self, act: actions.ActionEntry, lead: str) -> list[Part]:
        signs = {"left": self.ima.glyphs.left, "right": self.ima.glyphs.right}
        name = signs.get(act.keys[0]) or actions.key_name(act.keys[0])
        return [(lead + name, "strong"), (f" {act.words()}", "muted")]

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        left, right = self.parts(self.size.width)
        right = [part for part in right if part[0].strip()]
        first = self.size.width - 1 - measure(right)
        edges = [*_edges(left, 0), *_edges(right, first)]
        for act, (start, end) in zip(self._ways, edges, strict=True):
            if start <= event.x < end:
                await self.app.run_action(act.action, act.node)
                return


def _told_of(known: Sequence[actions.ActionEntry]) -> tuple[str, ...]:
    return tuple(f"{act.sentence} {act.id} {act.keys[:1]}" for act in known)


def _edges(parts: list[Part], at: int) -> Iterator[tuple[int, int]]:
    """The first cell and the end of each key with its words."""
    for key, words in zip(parts[::2], parts[1::2], strict=True):
        end = at + measure([key, words])
        yield at, end
        at = end


class HintLine(Line):
    """What this screen is for, while nobody used it yet; above the keys, in as many lines as that
    takes."""

    GROUND = "background"

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place
        self.makes_way = False
        """Whether a field stands in its place."""
        self.display = False

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.show()

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self.show()

    def show(self) -> None:
        """Be there if the screen is still new; the news of that may come after the first paint."""
        has_room = self.screen.size.height >= LEAST and not self.makes_way
        self.display = has_room and self.ima.used.wants_hint(self.place)
        self.styles.height = len(self._lines()) if self.display else 1

    def _lines(self) -> list[str]:
        return wrap(say(f"hint.{self.place}"), max(10, self.screen.size.width - 2))

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        lines = self._lines()
        plain = style(self.app.theme, "info", self.GROUND)
        text = " " + lines[y] if y < len(lines) else ""
        return Strip([Segment(text, plain)]).adjust_cell_length(self.size.width, plain)


class SplashScreen(BareScreen):
    """`place` is the id of the one that follows."""

    DEFAULT_CSS = "SplashScreen { layout: vertical; background: $background; color: $text; }"

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place
        self._is_painted = False

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield TopLine(self._place)

    def is_painted(self) -> bool:
        """True once: when it is on the terminal for the first time."""
        first, self._is_painted = not self._is_painted, True
        return first
