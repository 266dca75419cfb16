"""Base class of the numbered screens: frame, updates, confirm bar, leaving text fields.

A screen overrides `body` (its widgets), `heard` (news while it is open) and `reload` (facts may
have changed while it was hidden, or the language did).
Screens with a filtered list are `tui.shell.list_screen`'s. While widgets are made anew in another
language, `RestoredState` keeps what was typed and marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from ima_tui import i18n
from ima_tui.core.errors import ImaError
from ima_tui.i18n import say
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.confirm_bar import Answer, Choice, ConfirmBar
from ima_tui.tui.shell.frame import BottomLine, HintLine, TopLine
from ima_tui.tui.terminal.textual_internals import bindings_of_node, read_styles
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.app_context import AppContext, Updates, context

if TYPE_CHECKING:
    from ima_tui.studio.studio import Studio


class BaseScreen(Screen[None]):
    """A screen with a number. `SCREEN_ID` is its id in the table of places."""

    SCREEN_ID: ClassVar[str] = ""
    UNDER: ClassVar[str] = ""
    """The numbered screen that this one is a view of."""
    HOME: ClassVar[str] = ""
    """A selector: what `escape` in a text field gives the keys to (nothing: to the screen)."""
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("back", "leave_field", "bind.leave", "place.leave", show=True),
    ]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - so declared by Textual
        (0, "-narrow"),
        (80, "-normal"),
        (120, "-wide"),
        (180, "-huge"),
    ]

    _stale = False
    _touched = False
    _was_hidden = False

    def __init__(self) -> None:
        super().__init__()
        self._language = i18n.language()

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        self._fit_classes()
        yield TopLine(self.UNDER or self.SCREEN_ID)
        yield from self.body()
        yield HintLine(self.SCREEN_ID)
        yield ConfirmBar()
        yield BottomLine()

    def body(self) -> ComposeResult:
        """The place's own widgets."""
        yield from ()

    @property
    def ima(self) -> AppContext:
        """The app."""
        return context(self)

    @property
    def studio(self) -> Studio:
        """The studio."""
        return self.ima.studio

    @property
    def is_wide(self) -> bool:
        """Whether panes stand beside each other, each in a frame."""
        return self.has_class("-wide") or self.has_class("-huge")

    # ------------------------------------------------------------------------------- the news

    def _fit_classes(self) -> None:
        """Take the class of this width before there are widgets: later, all would be styled
        twice."""
        if self.studio.settings.inline_safe:
            self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow")]
        wide = self.app.size.width
        if wide >= theme.LEAST_WIDE:
            read_styles(self.app, theme.path("wide"))
        name = [name for least, name in self.HORIZONTAL_BREAKPOINTS if wide >= least][-1]
        self.add_class(name, update=False)

    @on(events.Mount)
    def _listen(self) -> None:
        self.ima.news.subscribe(self, self._hear, immediate=True)

    def _hear(self, news: Updates) -> None:
        self.query_one(TopLine).refresh()
        if self.is_current:
            self.call_next(self.heard, news)
        else:
            self._stale = True

    @on(events.ScreenResume)
    def _catch_up(self, event: events.ScreenResume) -> None:
        event.refresh_styles = self._was_hidden  # else they are as the widgets were mounted
        if not self.is_in_language:
            self.call_next(self.retell)
        if self._stale:
            self._stale = False
            self.call_next(self.reload)

    def on_key(self, event: events.Key) -> None:
        """A key that nothing was bound to before it came here."""
        self.key_used(event.key)

    def key_used(self, key: str) -> None:
        """A key that is for this screen, not for going to another one."""
        found = bindings_of_node(self.ima).key_to_bindings.get(key, ())
        self._touched = self._touched or not any(
            one.id.startswith("place.") for one in found if one.id
        )

    @on(events.ScreenSuspend)
    async def _was_used(self) -> None:
        self._was_hidden = True
        if self._touched and self.ima.used.wants_hint(self.SCREEN_ID):
            await self.ima.used.add(self.SCREEN_ID)
            self.query_one(HintLine).show()

    async def heard(self, news: Updates) -> None:
        """Something changed while this screen is open: redraw what shows it."""

    async def reload(self) -> None:
        """Anything may have changed while this screen was hidden: read it all again."""

    @property
    def is_in_language(self) -> bool:
        """Whether it speaks the language that is chosen now."""
        return self._language == i18n.language()

    async def retell(self) -> None:
        """The language changed: every widget is made anew, and what was typed and marked stays."""
        if self.is_in_language:
            return
        self._language = i18n.language()
        kept = RestoredState(self)
        await self.recompose()
        kept.give_back_words(self)
        await self.reload()
        kept.give_back_places(self)

    # ------------------------------------------------------------------------------ the user

    def ask(
        self,
        words: str,
        then: Answer,
        *,
        deliberate: bool = False,
        choices: Sequence[Choice] = (),
    ) -> None:
        """Ask on the lines above the keys; `then` runs only on a yes (`deliberate`: on a `y`)."""
        self.query_one(ConfirmBar).ask(words, then, deliberate=deliberate, choices=choices)

    def complain(self, error: ImaError) -> None:
        """Say an error that has no better place."""
        self.notify(say(error.key, **error.values), severity="error")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if action == "leave_field":
            return isinstance(self.focused, Input | TextArea)
        return True

    def action_leave_field(self) -> None:
        """Leave the text field."""
        home = self.query(self.HOME).first() if self.HOME else None
        self.set_focus(home)


class RestoredState:
    """Words by the ids of their fields; cursors, marks and focus. Widgets without an id are told
    apart by their class, of which a screen has one."""

    def __init__(self, screen: Screen[None]) -> None:
        from ima_tui.tui.widgets.table import Table

        self._words = {_name(one): one.value for one in screen.query(Input)}
        self._texts = {_name(one): (one.text, one.selection) for one in screen.query(TextArea)}
        self._tables = {
            _name(one): (one.cursor, set(one.marked), one.scroll_offset.y)
            for one in screen.query(Table)
        }
        self._focused = _name(screen.focused) if screen.focused else ""

    def give_back_words(self, screen: Screen[None]) -> None:
        """Put typed text back into the fields."""
        for field in screen.query(Input):
            field.value = self._words.get(_name(field), field.value)
        for area in screen.query(TextArea):
            if _name(area) in self._texts:
                area.text, area.selection = self._texts[_name(area)]

    def give_back_places(self, screen: Screen[None]) -> None:
        """Once the rows are there."""
        from ima_tui.tui.widgets.table import Table

        for table in screen.query(Table):
            cursor, marked, top = self._tables.get(_name(table), (None, set(), 0))
            table.mark(marked)
            table.scroll_to(y=top, animate=False)
            if cursor is not None:
                table.move_to(cursor)
        found = next((one for one in screen.focus_chain if _name(one) == self._focused), None)
        if found is not None:
            screen.set_focus(found)


def _name(widget: Widget) -> str:
    return widget.id or type(widget).__name__
