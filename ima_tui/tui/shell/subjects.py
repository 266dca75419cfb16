"""The Subjects screen: named references for prompts, with their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import ModalScreen

from ima_tui.core import atomic_file
from ima_tui.core.domain import Media, Medium
from ima_tui.core.errors import ImaError
from ima_tui.core.input_files import local_path
from ima_tui.i18n import explain, say
from ima_tui.subjects.store import LONGEST_NAME, Subject
from ima_tui.tui.images.preview import Preview
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.shell.picker import TextPrompt
from ima_tui.tui.shell.viewer import FewItems, FileItem, ViewerScreen
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.app_context import AppContext, Updates, context
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.input_line import PathSuggester
from ima_tui.tui.widgets.lines import Pane
from ima_tui.tui.widgets.table import Cell, Row, RowId, Table

_COLUMNS = (
    Column("name", 16, "subject.col_name", flex=1),
    Column("files", 8, "subject.col_files", align="right"),
    Column("when", 11, "subject.col_when", drop=1),
)


class SubjectsScreen(ModalScreen[str | None]):
    """Gives back the name that is to be put into the prompt, or None."""

    CSS_PATH = theme.path("subjects")
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - so declared by Textual
        (0, "-narrow"),
        (80, "-normal"),
        (120, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("use", "use", "bind.subject_use", "subjects.use", show=True),
        bind("open", "view", "bind.view_large", "subjects.view", show=True),
        bind("new", "add", "bind.subject_add", "subjects.add", show=True),
        bind("delete", "remove", "bind.subject_remove", "subjects.remove", show=True),
        bind("write", "export", "bind.subject_export", "subjects.export", show=True),
        bind("close", "close", "bind.close", "subjects.close", show=True),
    ]

    @property
    def ima(self) -> AppContext:
        """The app."""
        return context(self)

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Container(id="subjects"):
            with Pane(say("pane.subjects"), widget_id="subjects-pane"):
                yield Table(_COLUMNS, widget_id="subject-rows")
            with Pane(say("pane.preview"), widget_id="subject-pane"):
                yield Preview(widget_id="subject-picture", delay=0.2)
        yield ConfirmBar()
        yield BottomLine()

    async def on_mount(self) -> None:
        """Read the subjects and show them."""
        self.ima.news.subscribe(self, self._hear)
        table = self.query_one(Table)
        table.empty = say("subject.none")
        table.focus()
        await self.ima.studio.subjects.load()
        self._show()

    def _hear(self, news: Updates) -> None:
        if news.subjects:
            self._show()

    @property
    def _all(self) -> Sequence[Subject]:
        return self.ima.studio.subjects.all

    @property
    def current(self) -> Subject | None:
        """The subject under the cursor."""
        cursor = self.query_one(Table).cursor
        return next((one for one in self._all if one.id == cursor), None)

    def _show(self) -> None:
        trouble = self.ima.studio.subjects.trouble
        if trouble is not None:
            self.notify(explain(trouble), severity="error")
        rows: dict[RowId, Row] = {one.id: _row(one) for one in self._all}
        self.query_one(Table).set_rows(rows)
        self._show_picture()

    def on_table_row_highlighted(self) -> None:
        """Show the picture of the subject under the cursor."""
        self._show_picture()

    def on_table_row_selected(self) -> None:
        """Use the subject that was clicked twice."""
        self.action_use()

    def _show_picture(self) -> None:
        one = self.current
        media = _media(one)[0] if one is not None and one.files else None
        self.query_one(Preview).see(media, Medium.IMAGE)
        self.refresh_bindings()

    # ------------------------------------------------------------------------------ the user

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if not self.is_mounted or action not in ("use", "view", "remove", "export"):
            return True
        if action == "export":
            return bool(self._all)
        return self.current is not None

    def action_use(self) -> None:
        """Put the name into the prompt."""
        if self.current is not None:
            self.dismiss(self.current.name)

    def action_view(self) -> None:
        """Open its pictures at full size."""
        one = self.current
        if one is not None and one.files:
            files = (FileItem(f"@{one.name}", media, Medium.IMAGE) for media in _media(one))
            self.ima.push_screen(ViewerScreen(FewItems(files)))

    def action_add(self) -> None:
        """Ask for a picture, then for a name."""

        def named(path: str, name: str | None) -> None:
            if name is not None:
                self.run_worker(self._add(name, path), group="subjects", exit_on_error=False)

        def chosen(path: str | None) -> None:
            if path is not None:
                asked = TextPrompt(say("subject.ask_name"), say("subject.name_hint"),
                                   limit=LONGEST_NAME + 1)  # fmt: skip
                self.ima.push_screen(asked, partial(named, path))

        home = atomic_file.known()
        picture = TextPrompt(
            say("subject.ask_file"), value=f"{home}/" if home else "", suggester=PathSuggester()
        )
        self.ima.push_screen(picture, chosen)

    async def _add(self, name: str, path: str) -> None:
        try:
            made = await self.ima.studio.subjects.add(name, [local_path(path)])
        except ImaError as error:
            self.notify(explain(error), severity="error")
            return
        self._show()
        self.query_one(Table).move_to(made.id)

    def action_remove(self) -> None:
        """Remove the subject, after a yes: its pictures are deleted."""
        one = self.current
        if one is not None:
            words = say("subject.ask_remove", name=one.name, n=len(one.files))
            self.query_one(ConfirmBar).ask(words, partial(self._remove, one.name), deliberate=True)

    async def _remove(self, name: str) -> None:
        try:
            await self.ima.studio.subjects.remove(name)
        except ImaError as error:
            self.notify(explain(error), severity="error")
        self._show()

    def action_export(self) -> None:
        """Ask where to write a ZIP archive of all of them."""

        def chosen(path: str | None) -> None:
            if path is not None:
                self.run_worker(self._export(path), group="subjects", exit_on_error=False)

        home = atomic_file.known()
        value = f"{home}/subjects.zip" if home else "subjects.zip"
        asked = TextPrompt(say("subject.ask_export"), value=value, suggester=PathSuggester())
        self.ima.push_screen(asked, chosen)

    async def _export(self, path: str) -> None:
        try:
            count = await self.ima.studio.subjects.export(atomic_file.expand(path))
        except ImaError as error:
            self.notify(explain(error), severity="error")
        else:
            self.notify(say("subject.exported", n=count, path=path))

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss(None)


def _media(subject: Subject) -> tuple[Media, ...]:
    return tuple(Media("", path=file.path) for file in subject.files)


def _row(subject: Subject) -> Row:
    when = datetime.fromtimestamp(subject.created).strftime("%Y-%m-%d")  # noqa: DTZ006 - the user's
    names = " ".join(f"@{name}" for name in subject.names)
    return Cell(names), Cell(str(len(subject.files)), "muted"), Cell(when, "muted")
