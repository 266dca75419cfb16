"""Stars, tags and the project of jobs and results, and the windows that ask for them.

For Queue and Gallery. None costs anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ima_tui.core import labels
from ima_tui.core.domain import Job
from ima_tui.core.errors import ImaError
from ima_tui.core.labels import UNMARKED, Mark, MarkChange
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.tui.shell.picker import Picker, PickerItem, TextPrompt
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.painter import Cell

if TYPE_CHECKING:
    from ima_tui.tui.shell.base_screen import BaseScreen


_COLUMNS = (Column("name", 30, "label.column", flex=1), Column("note", 14, "", drop=1))
MOST_SHOWN = 12
"""Tags that the window names."""


class ProjectPicker(Picker):
    """Known projects, no project, or a new one: what is typed is its name.

    Gives back a number in `names`.
    """

    PLACEHOLDER = "label.project_name"

    def __init__(self, known: Sequence[str], current: str) -> None:
        self._known = ("", *known)
        self._current = folded(current)
        self.names = self._known
        at = next((i for i, name in enumerate(self.names) if folded(name) == self._current), 0)
        rows = [self._item(name, "") for name in self.names]
        super().__init__(say("label.choose_project"), _COLUMNS, rows, at)

    def _item(self, name: str, written: str) -> PickerItem:
        is_new = name not in self._known
        note = say("label.new") if is_new else ""
        if folded(name) == self._current:
            note = say("label.now")
        cell = Cell(name) if name else Cell(say("label.none"), "muted")
        terms = f"{name} {written}" if is_new else name
        return PickerItem((cell, Cell(note, "muted")), folded(terms))

    def _narrow(self, written: str) -> None:
        new = labels.shortened(written)
        is_known = folded(new) in map(folded, self._known)
        self.names = self._known if is_known else (*self._known, new)
        self.choices = tuple(self._item(name, written) for name in self.names)
        super()._narrow(written)


class TagsWindow(TextPrompt):
    """Gives back the tags as they were written, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "bind.text_take", id="tags.take"),
        Binding("escape", "dismiss", "bind.close", id="tags.close"),
    ]

    def __init__(self, title: str, tags: Sequence[str], known: Sequence[str]) -> None:
        shown = " ".join(f"#{tag}" for tag in known[:MOST_SHOWN])
        super().__init__(
            title,
            say("label.tags_how"),
            ", ".join(tags),
            below=say("label.known_tags", tags=shown) if shown else "",
            check=labels.tags,
        )


Target = tuple[Job, tuple[int, ...]]
"""A job and the numbers (from 1) of the results that are meant; none: all of them."""


class LabelActions:
    """The actions, for one screen, which complains."""

    def __init__(self, screen: BaseScreen) -> None:
        self._screen = screen

    async def star(self, targets: Sequence[Target]) -> None:
        """Add a star; where all have one, take it away."""
        on = not all(mark.star for mark in _marks(targets))
        await self._change(targets, MarkChange(star=on))

    async def tags(self, targets: Sequence[Target]) -> None:
        """Ask for the tags; those that all have in common can be taken away."""
        marks = list(_marks(targets))
        common = [tag for tag in marks[0].tags if all(_has(mark, tag) for mark in marks)]
        known = await self._screen.studio.history.tags()
        title = say("label.tags_of", id=targets[0][0].id, n=len(marks))

        async def written(text: str | None) -> None:
            if text is not None:
                tags = labels.tags(text)
                kept = set(map(folded, tags))
                gone = tuple(tag for tag in common if folded(tag) not in kept)
                await self._change(targets, MarkChange(add=tags, remove=gone))

        self._screen.app.push_screen(TagsWindow(title, common, known), written)

    async def project(self, jobs: Sequence[Job]) -> None:
        """Ask for the project that the jobs belong to."""
        names = {job.order.project for job in jobs}
        current = next(iter(names)) if len(names) == 1 else ""
        picker = ProjectPicker(await self._screen.studio.history.projects(), current)
        self._screen.app.push_screen(picker, partial(self._file_under, jobs, picker))

    async def _file_under(
        self, jobs: Sequence[Job], picker: ProjectPicker, number: int | None
    ) -> None:
        if number is not None:
            change = MarkChange(project=picker.names[number])
            await self._change([(job, ()) for job in jobs], change)

    async def _change(self, targets: Sequence[Target], change: MarkChange) -> None:
        for job, indices in targets:
            try:
                await self._screen.studio.jobs.mark(job.id, change, indices)
            except ImaError as error:
                self._screen.complain(error)
                return


def _marks(targets: Sequence[Target]) -> Iterator[Mark]:
    for job, indices in targets:
        for index in indices or range(1, max(job.order.n, len(job.medias)) + 1):
            yield job.marks.get(index, UNMARKED)


def _has(mark: Mark, tag: str) -> bool:
    return folded(tag) in map(folded, mark.tags)
