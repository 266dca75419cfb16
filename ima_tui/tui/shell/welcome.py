"""The Welcome screen: enter the API key, or start the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from ima_tui.compose.draft import FormRow
from ima_tui.core.domain import Field, FieldKind, Option
from ima_tui.core.errors import ImaError
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets import lines
from ima_tui.tui.widgets.app_context import AppContext, context
from ima_tui.tui.widgets.cells import width
from ima_tui.tui.widgets.field_rows import ChoiceLine, Picked
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.widgets.text_fields import LineInput

if TYPE_CHECKING:
    from ima_tui.config.api_key import Keep

API_HOST = "api.imastudio.com"
UPLOAD_HOST = "imapi.liveme.com"
KEY_PAGE = "https://www.imaclaw.ai/imaclaw/apikey"
WAYS: tuple[Keep, ...] = ("session", "keyring", "file")


class KeyInput(LineInput):
    """Shows dots. No key begins with a d, so on an empty line that letter opens the demo."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "bind.welcome_take", id="welcome.take"),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder=say("welcome.placeholder"), password=True, max_length=400)

    def on_key(self, event: events.Key) -> None:
        """Start the demo on `d` while the field is empty."""
        if event.key == "d" and not self.value:
            event.stop()
            event.prevent_default()
            cast(WelcomeScreen, self.screen).action_demo()

    def tidy(self, pasted: str) -> str:
        """Return pasted text as one line."""
        return one_line(pasted, 400)


class WelcomeScreen(Screen[None]):
    """Leaves by a key, by `escape`, or with the whole app into the demo."""

    CSS_PATH = theme.path("welcome")
    AUTO_FOCUS = "KeyInput"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "bind.welcome_take", id="welcome.take"),
        Binding("f9", "demo", "bind.welcome_demo", id="welcome.demo"),
        Binding("escape", "later", "bind.welcome_later", id="welcome.later"),
        Binding("down", "app.focus_next", "bind.form_down", show=False, id="form.down"),
        Binding("up", "app.focus_previous", "bind.form_up", show=False, id="form.up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._keep: Keep = "session"

    @property
    def ima(self) -> AppContext:
        """The app."""
        return context(self)

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with VerticalScroll(id="welcome", can_focus=False):
            yield Static(Content.styled(say("welcome.title"), "bold $accent"))
            yield Static(lines.facts(Content(say("welcome.what"))))
            yield Static(lines.facts(self._where()))
            yield Static(lines.facts(Content.assemble(*self._make())))
            with Horizontal(id="key"):
                yield Static(Content.styled(say("welcome.key"), "$muted"), id="key-label")
                yield KeyInput()
            yield ChoiceLine(self._row())
            yield DraftMessage(widget_id="welcome-said")
            with Vertical(id="ways"):
                yield from self._ways_out()
        yield BottomLine()

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        line = self.query_one(ChoiceLine)
        line.label_cells = max(width(line.label), width(say("welcome.key")))
        self.query_one("#key-label").styles.width = line.label_cells + 4
        self._show()

    # ---------------------------------------------------------------------------- what is shown

    def _where(self) -> Content:
        return Content(say("welcome.where", api=API_HOST, upload=UPLOAD_HOST))

    def _make(self) -> tuple[str | tuple[str, str], ...]:
        before, _, after = say("welcome.make", link="\n").partition("\n")
        return before, (KEY_PAGE, "underline $info"), after

    def _ways_out(self) -> ComposeResult:
        """Key and words in two columns: words that wrap keep to theirs."""
        pairs = (
            (say("welcome.demo_key"), say("welcome.demo")),
            (say("welcome.later_key"), say("welcome.later")),
        )
        for key, words in pairs:
            with Horizontal(classes="way"):
                yield Static(Content.styled(key, "bold"), classes="way-key")
                yield Static(lines.facts(Content.styled(words, "$muted")), classes="way-words")

    def _row(self) -> FormRow:
        options = tuple(Option(say(f"welcome.keep_{way}"), way) for way in WAYS)
        field = Field("keep", say("welcome.keep"), FieldKind.CHOICE, options=options)
        return FormRow(field, self._keep, is_set=True)

    def _show(self) -> None:
        self.query_one(ChoiceLine).show(self._row(), is_wrong=False)
        self._said(say(f"welcome.about_{self._keep}"), "muted")

    def _said(self, words: str, role: str) -> None:
        self.query_one(DraftMessage).say(words, role)

    # -------------------------------------------------------------------- what the user does

    def on_picked(self, event: Picked) -> None:
        """Take over the value that was chosen."""
        self._keep = next((way for way in WAYS if way == event.value), "session")
        self._show()

    def on_input_changed(self) -> None:
        """Follow the text that is typed."""
        self._show()

    async def on_input_submitted(self) -> None:
        """Take over what was typed."""
        await self.action_take()

    async def action_take(self) -> None:
        """Use the key and go on; a key that can't be one is refused here, and sent nowhere."""
        field = self.query_one(KeyInput)
        if not field.value.strip():
            field.focus()
            return
        self._said(say("welcome.checking"), "muted")
        try:
            await self.ima.studio.connection.set_key(field.value, keep=self._keep)
        except ImaError as error:
            self._said(say(error.key, **error.values), "bad")
            field.focus()
            return
        self.app.run_worker(
            self.ima.studio.catalogue.refresh(),
            name="fetch lists",
            group="lists",
            exit_on_error=False,
        )
        self.dismiss()

    def action_demo(self) -> None:
        """Leave the app for the demo."""
        self.app.exit("demo")

    def action_later(self) -> None:
        """Close the screen without a key."""
        self.dismiss()
