"""Form of a draft: task type, model, one line for each parameter, and count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input

from ima_tui.catalogue import form
from ima_tui.catalogue.form import COUNT
from ima_tui.compose import parameter_names
from ima_tui.compose.draft import FormRow
from ima_tui.core.domain import (
    Draft,
    Field,
    FieldKind,
    ModelVersion,
    Option,
)
from ima_tui.i18n import say
from ima_tui.tui.widgets.cells import width
from ima_tui.tui.widgets.field_rows import (
    ButtonLine,
    ChoiceLine,
    FormLine,
    Pressed,
    WindowLine,
)
from ima_tui.tui.widgets.lines import Part

if TYPE_CHECKING:
    from ima_tui.tui.widgets.text_line import TextLine

    ParameterLine = ChoiceLine | TextLine | WindowLine

LONGEST_LABEL = 20
_TITLE = "title"
FIXED = ("kind", "model", "project", "lyrics")
"""Ids of the lines that every form has."""


class DraftForm(VerticalScroll, can_focus=False):
    """Kind and model on top, then the parameters, the advanced ones folded, then how many."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self.kind = ButtonLine("kind", say("compose.kind"), widget_id="kind")
        self.model = ButtonLine("model", say("compose.model"), widget_id="model")
        self.project = ButtonLine("project", say("label.project_field"), widget_id="project")
        self.lyrics = ButtonLine("lyrics", say("parameter.lyrics"), widget_id="lyrics")
        self.lyrics.display = False
        self._fold = ButtonLine("advanced", say("compose.advanced"), widget_id="fold")
        self._lines: tuple[ParameterLine, ...] = ()
        self._shape: object = None
        self._showing = asyncio.Lock()
        self._unfolded = False

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield self.kind
        yield self.model
        self.project.display = False
        yield self.project
        yield self.lyrics

    def show_project(self, name: str) -> None:
        """Show what the jobs are filed under; no line where that is nothing."""
        self.project.show([(name, "strong")])
        if self.project.display != bool(name):
            self.project.display = bool(name)
            self._align()

    def show_lyrics(self, lyrics: str | None) -> None:
        """Show the first line of the lyrics in the prompt; None where nothing is sung."""
        self.lyrics.display = lyrics is not None
        if lyrics is not None:
            first = lyrics.partition("\n")[0]
            words: Part = (first, "text") if first else (say("editor.none"), "muted")
            self.lyrics.show([words, (self.lyrics.sign(" ▾", " v"), "muted")])

    async def show(
        self,
        parameters: Sequence[FormRow],
        model: ModelVersion | None,
        draft: Draft | None,
        faults: frozenset[str],
        origin: Callable[[str], tuple[list[Part], bool]],
    ) -> None:
        """Show the parameters and how many; lines are made anew only where the form is another.

        `origin` says who put a parameter where it stands, and whether by hand.
        """
        rows = (*_title_first(parameters), *_count_row(model, draft))
        # a rebuild waits for Textual; another call in the meantime would mix up the lines
        async with self._showing:
            await self._fit(rows)
            for line, row in zip(self._lines, rows, strict=True):
                if isinstance(line, WindowLine):
                    line.show_row(row, row.field.name in faults)
                else:
                    line.show(row, row.field.name in faults)
            for each in (self.kind, self.model, *self._lines):
                parts, mine = origin(each.parameter) if self._has_value(each) else ([], False)
                each.show_origin(parts, mine=mine)
            self._show_fold(rows)

    def _has_value(self, line: FormLine | TextLine) -> bool:
        """Whether a line shows the value of its parameter: of sizes and shapes, which are one field
        on two lines, one does."""
        sharing = [each.row for each in self._lines if each.parameter == line.parameter]
        mine = [each.row for each in self._lines if each is line]
        return len(sharing) < 2 or not mine or mine[0].value is not None

    async def _fit(self, rows: Sequence[FormRow]) -> None:
        shape = tuple(
            (row.title, row.field.name, row.field.kind, row.field.options) for row in rows
        )
        if shape != self._shape:
            self._shape = None  # a rebuild that is cancelled is done anew
            await self._rebuild(rows)
            self._shape = shape

    async def _rebuild(self, rows: Sequence[FormRow]) -> None:
        self._lines = tuple(map(_line, rows))
        with self.app.batch_update():
            await self.remove_children([c for c in self.children if c.id not in FIXED])
            basic = [x for x in self._lines if not x.row.field.advanced and x.parameter != COUNT]
            folded = [x for x in self._lines if x.row.field.advanced]
            how_many = [x for x in self._lines if x.parameter == COUNT]
            self._fold = ButtonLine("advanced", say("compose.advanced"), widget_id="fold")
            await self.mount_all([*basic, *([self._fold] if folded else []), *folded, *how_many])
        self._align()

    def _align(self) -> None:
        """Labels that are seen share a width; those behind the fold would only push."""
        shown = [x for x in self._lines if self._unfolded or not x.row.field.advanced]
        labels = [x.row.title for x in shown]
        labels += [self.kind.label, self.model.label]
        labels += [self.project.label] if self.project.display else []
        labels += [self.lyrics.label] if self.lyrics.display else []
        labels += [self._fold.label] if len(shown) < len(self._lines) else []
        cells = min(LONGEST_LABEL, max(width(label) for label in labels))
        fixed = (self.kind, self.model, self.project, self.lyrics, self._fold)
        for line in (*fixed, *self._lines):
            if line.label_cells != cells:
                line.label_cells = cells
                line.refresh()

    def _show_fold(self, rows: Sequence[FormRow]) -> None:
        folded = [row for row in rows if row.field.advanced]
        if not folded:
            return
        for line in self._lines:
            if line.row.field.advanced:
                line.display = self._unfolded
        own = sum(row.is_set for row in folded)
        text = say("compose.advanced_set", own=own) if own else ""
        sign = self._fold.sign
        arrow = sign("▾ ", "v ") if self._unfolded else sign("▸ ", "> ") + f"{len(folded)}  "
        self._fold.show([(arrow, "text"), (text, "muted")])
        self._align()

    def on_pressed(self, event: Pressed) -> None:
        """Run the action of the button."""
        if event.name == "advanced":
            event.stop()
            self._unfolded = not self._unfolded
            self._show_fold([line.row for line in self._lines])

    def reveal(self, parameter: str) -> None:
        """Give the keys to the line of `parameter`, unfolding it if need be."""
        line = next((x for x in self._lines if x.parameter == parameter), None)
        if line is None:
            return
        if line.row.field.advanced and not self._unfolded:
            self._unfolded = True
            self._show_fold([x.row for x in self._lines])
        (line if isinstance(line, FormLine) else line.input).focus()


def _title_first(rows: Sequence[FormRow]) -> list[FormRow]:
    """Put the title of a song beside its lyrics; lists count it among the advanced fields."""
    plain = [replace(row, field=replace(row.field, advanced=False))
             if row.field.name == _TITLE else row for row in rows]  # fmt: skip
    return sorted(plain, key=lambda row: row.field.name != _TITLE)


def _line(row: FormRow) -> ParameterLine:
    if parameter_names.is_voice(row.field) or parameter_names.is_long_text(row.field):
        return WindowLine(row)
    if _has_options(row):
        return ChoiceLine(row)
    from ima_tui.tui.widgets.text_line import TextLine  # the first form has none

    return TextLine(row)


def _has_options(row: FormRow) -> bool:
    return bool(row.field.options) or row.field.kind is FieldKind.TOGGLE


def _count_row(model: ModelVersion | None, draft: Draft | None) -> tuple[FormRow, ...]:
    """How many outputs, as one more choice; nothing where there is no choice."""
    if model is None or draft is None or len(counts := form.counts(model)) < 2:
        return ()
    options = tuple(Option(str(number), number) for number in counts)
    label = say("compose.count")
    field = Field(COUNT, label, FieldKind.CHOICE, options=options)
    return (FormRow(field, draft.n, is_set=draft.n != counts[0], label=label),)


def _line_of(focused: object) -> object:
    return focused.parent if isinstance(focused, Input) else focused


def parameter_of(focused: object) -> str:
    """The parameter whose line has the keys; "" for anything else."""
    parameter: str = getattr(_line_of(focused), "parameter", "")
    return parameter


def hint(focused: object) -> str:
    """What the field that has the keys is about, and why some of its options aren't available."""
    line = _line_of(focused)
    row = getattr(line, "row", None)
    if not isinstance(row, FormRow):
        return ""
    said: list[str] = []
    if isinstance(line, ChoiceLine):
        said += [
            say("compose.blocked", option=label, other=why.other, value=why.other_value)
            for label, why in line.why_blocked()
        ]
    said += [about] if (about := parameter_names.about(row.field)) else []
    if isinstance(line, ChoiceLine) and line.is_mine:
        said.append(say("compose.let_go"))
    return "  ".join(said)
