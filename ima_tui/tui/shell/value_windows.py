"""Windows in which one value is set: an editor for long texts, a list of voices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static, TextArea

from ima_tui.catalogue.names import Voice, voice_of, voices, voices_used
from ima_tui.compose import parameter_names
from ima_tui.compose.draft import FormRow
from ima_tui.core.domain import Option, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.text import clean, folded, one_line
from ima_tui.i18n import has, say
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.shell.picker import Picker, PickerItem, Window
from ima_tui.tui.terminal import external_editor
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.painter import Cell
from ima_tui.tui.widgets.table import Table
from ima_tui.tui.widgets.text_fields import LineInput, PlainEditor

Put = Callable[[Value | None], object]
_VOICES = (
    Column("name", 14, "voice.col_name", flex=2),
    Column("language", 10, "voice.col_language"),
    Column("sex", 7, "voice.col_sex"),
    Column("sample", 16, "voice.col_sample", flex=2, drop=1),
)
_LONGEST_ID = 200


class TextEditor(ModalScreen[str | None]):
    """Gives back the text, or None where it stays as it was. `most`: the longest text taken."""

    CSS_PATH = theme.path("text_editor")
    AUTO_FOCUS = "PlainEditor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,f9", "take", "bind.text_take", priority=True, id="text.take"),
        Binding("f4", "external", "bind.compose_editor", id="text.editor"),
        Binding("escape", "give_up", "bind.text_leave", priority=True, id="text.close"),
    ]

    def __init__(self, title: str, text: str, about: str = "", most: int | None = None) -> None:
        super().__init__()
        self._heading = title
        self._text = text
        self._about = about
        self._most = most
        self._warned = False
        """`esc` was pressed on a changed text, and nothing since."""

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Window(self._heading, widget_id="text-window"):
            yield Static(Content(self._about), id="text-about")
            yield PlainEditor(self._text)
            yield Static(id="text-count")
        yield BottomLine()

    def on_mount(self) -> None:
        """Set the cursor behind the text."""
        editor = self.query_one(PlainEditor)
        editor.move_cursor(editor.document.end)
        self._count()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Count the characters."""
        event.stop()
        self._warned = False
        self._count()

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self.query_one(PlainEditor).text

    def _count(self) -> None:
        n = len(self.text)
        words = say("editor.count", n=n)
        if self._most is not None:
            words = say("editor.count_of", n=f"{n:,}", most=f"{self._most:,}")
        role = "bad" if self._most is not None and n > self._most else "muted"
        self.query_one("#text-count", Static).update(Content.styled(words, f"${role}"))

    async def action_external(self) -> None:
        """Edit the text in the user's own editor."""
        try:
            self.query_one(PlainEditor).text = await external_editor.edit(self.app, self.text)
        except UsageError as error:
            self.notify(say(error.key, **error.values), severity="error")

    def action_take(self) -> None:
        """Take over the text, unless it is too long."""
        if self._most is None or len(self.text) <= self._most:
            self.dismiss(self.text)

    def action_give_up(self) -> None:
        """Close without a change; a changed text is discarded by a second press."""
        if self._warned or self.text == self._text:
            self.dismiss(None)
            return
        self._warned = True
        words = Content.styled(say("editor.not_saved"), "$warn")
        self.query_one("#text-count", Static).update(words)


class VoicePicker(Picker):
    """The voices that the model lists, and those that earlier jobs used; gives back a number. What
    is typed narrows the list; where nothing matches, it is taken as a voice's id."""

    PLACEHOLDER = "voice.filter"
    EMPTY = "voice.none"

    def __init__(self, known: Sequence[Voice], current: Value | None) -> None:
        self.known = tuple(known)
        self.typed = ""
        at = next((i for i, one in enumerate(known, 1) if one.value == current), 0)
        own = (Cell(say("voice.own"), "muted"), Cell(""), Cell(""), Cell(""))
        rows = [PickerItem(own, folded(say("voice.own"))), *map(_row, known)]
        super().__init__(say("voice.choose"), _VOICES, rows, at)

    def action_choose(self) -> None:
        """Take the row under the cursor; where none matches, the id that was typed."""
        if self.query_one(Table).order:
            super().action_choose()
            return
        self.typed = one_line(self.query_one(LineInput).value.strip(), _LONGEST_ID)
        self.dismiss(-1 if self.typed else None)

    def _narrow(self, written: str) -> None:
        name = one_line(written.strip(), 60)
        known_as = voice_of(Option(name, name)).name
        if known_as != name:
            name = f"{known_as} ({name})"
        self.query_one(Table).empty = say("voice.typed", name=name) if name else say("voice.none")
        super()._narrow(written)


def _row(voice: Voice) -> PickerItem:
    language = f"voice.language_{voice.language}"
    sex = f"voice.sex_{voice.sex}"
    told = say(language) if has(language) else "", say(sex) if has(sex) else ""
    cells = Cell(voice.name), Cell(told[0], "muted"), Cell(told[1]), Cell(voice.sample, "muted")
    return PickerItem(cells, folded(f"{voice.value} {voice.name} {' '.join(told)}"))


async def open_value(screen: Screen[Any], row: FormRow, put: Put) -> None:
    """Open the window that sets `row`; `put` is called with its new value, None for none."""
    field = row.field
    if not parameter_names.is_voice(field):
        most = int(field.maximum) if field.maximum is not None else None
        about = parameter_names.about(field)

        def written(text: str | None) -> None:
            if text is not None:
                put(clean(text).strip() or None)

        screen.app.push_screen(TextEditor(row.title, row.shown, about, most), written)
        return
    known = list(voices(field))
    if not known:  # a list that takes any id names none
        known = voices_used(await context(screen).studio.jobs.recent(), field.name)
    if row.value and not any(one.value == row.value for one in known):
        known.insert(0, voice_of(Option(row.shown, row.value)))
    picker = VoicePicker(known, row.value)

    def chosen(number: int | None) -> None:
        if number is None:
            return
        put(picker.typed if number < 0 else picker.known[number - 1].value if number else None)

    screen.app.push_screen(picker, chosen)
