"""The picker of templates: chooses a saved prompt, saves the current one, or deletes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from ima_tui.compose.draft_store import LONGEST_NAME, SavedDraft
from ima_tui.core.errors import UsageError
from ima_tui.core.text import folded, one_line
from ima_tui.i18n import say
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.picker import Picker, PickerItem
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.painter import Cell
from ima_tui.tui.widgets.table import Table
from ima_tui.tui.widgets.text_fields import LineInput

_COLUMNS = (
    Column("name", 16, "compose.column_template", flex=1),
    Column("text", 20, "compose.column_prompt", flex=2, drop=1),
)
Do = Callable[[str], None]


class TemplatePicker(Picker):
    """What is typed narrows the list, and is the name to save under; without one, how the prompt
    begins. Deleting wants the key twice."""

    PLACEHOLDER = "compose.template_name"
    EMPTY = "compose.no_templates"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("new", "save", "bind.template_save", "template.save", show=True, priority=True),
        Binding("ctrl+d", "remove", "bind.template_delete", priority=True, id="template.delete"),
    ]

    def __init__(self, known: Sequence[SavedDraft], name: str, save: Do, delete: Do) -> None:
        super().__init__(say("compose.templates"), _COLUMNS, [_choice(one) for one in known])
        self._known = list(known)
        self._default_name = name
        self._save = save
        self._delete = delete
        self._doomed = ""

    def _say(self, words: str) -> None:
        said = self.query_one("#picker-said", Static)
        said.update(Content(words))
        said.display = bool(words)

    def action_save(self) -> None:
        """Save the prompt as a template of that name."""
        name = one_line(self.query_one(LineInput).value, LONGEST_NAME) or self._default_name
        if not name:
            self._say(say("compose.template_empty"))
            return
        try:
            self._save(name)
        except UsageError as error:
            self._say(say(error.key, **error.values))
        else:
            self.dismiss(None)

    def action_remove(self) -> None:
        """Delete the template under the cursor, when pressed twice."""
        at = self.query_one(Table).cursor
        if not isinstance(at, int):
            return
        name = self._known[at].name
        if name != self._doomed:
            self._doomed = name
            self._say(say("compose.template_delete", name=name))
            return
        try:
            self._delete(name)
        except UsageError as error:
            self._say(say(error.key, **error.values))
            return
        del self._known[at]
        self.choices = tuple(_choice(one) for one in self._known)
        self._doomed = ""
        self._say("")
        self._narrow(self.query_one(LineInput).value)

    def _narrow(self, written: str) -> None:
        self._doomed = ""
        super()._narrow(written)


def _choice(saved: SavedDraft) -> PickerItem:
    text = one_line(saved.text, 200)
    return PickerItem((Cell(saved.name), Cell(text, "muted")), folded(f"{saved.name} {text}"))
