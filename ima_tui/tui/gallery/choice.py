"""Which results of the gallery are meant: the current one, and the marked; and a row to save them.

A result is known by its key: the job and the number of the result in it, from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from ima_tui.core import atomic_file
from ima_tui.core.domain import Job
from ima_tui.core.records import dataclass
from ima_tui.i18n import say
from ima_tui.tui.images.thumbnails import Key
from ima_tui.tui.shell.frame import HintLine
from ima_tui.tui.shell.viewer import ViewerItem
from ima_tui.tui.widgets.inputs import PathSuggester
from ima_tui.tui.widgets.prompt import LineInput

if TYPE_CHECKING:
    from ima_tui.studio.jobs import Jobs
    from ima_tui.tui.gallery.tile_grid import TileGrid


class GalleryChoice:
    """The result under the cursor of `grid`, and those that are marked there, with their jobs.

    `job` is the job of the cursor's result, once it was read.
    """

    def __init__(self, jobs: Jobs, grid: Callable[[], TileGrid]) -> None:
        self._jobs = jobs
        self._grid = grid
        self._marked: tuple[ViewerItem, ...] = ()
        self.job: Job | None = None

    @property
    def current(self) -> ViewerItem | None:
        """The result under the cursor; None until its job was read."""
        key = self._grid().cursor
        if self.job is None or key is None or key[0] != self.job.id:
            return None
        return ViewerItem(self.job, key[1] - 1) if key[1] <= len(self.job.medias) else None

    async def item(self, key: Key) -> ViewerItem | None:
        """Return the result of a key; None once it is gone."""
        job = await self._jobs.get(key[0])
        if job is None or not 1 <= key[1] <= len(job.medias):
            return None
        return ViewerItem(job, key[1] - 1)

    async def read_marks(self) -> None:
        """Read the jobs of the marked results."""
        found = [await self.item(key) for key in self._grid().marked]
        self._marked = tuple(one for one in found if one is not None)

    @property
    def chosen(self) -> tuple[ViewerItem, ...]:
        """The marked results, else the current one."""
        if self._grid().marked:
            return self._marked
        return (self.current,) if self.current is not None else ()

    @property
    def every(self) -> tuple[ViewerItem, ...]:
        """The chosen results, and the current one."""
        return (*self.chosen, *((self.current,) if self.current is not None else ()))

    @property
    def pair(self) -> tuple[ViewerItem, ...]:
        """The marked results; where one is marked, it and the current one."""
        if len(self._marked) == 1 and self.current not in (None, *self._marked):
            return (*self._marked, self.current) if self.current else ()
        return self._marked


class SaveRow(Horizontal):
    """Asks where to copy files, in the place of the hint."""

    @dataclass
    class Submitted(Message):
        """A folder or a file name was entered; "" for none."""

        written: str

    def __init__(self) -> None:
        super().__init__(id="save-row")

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield Static(Content(say("gallery.save_label")), id="save-label")
        yield LineInput(
            widget_id="save", placeholder=say("gallery.save_to"), suggester=PathSuggester()
        )

    def open(self) -> None:
        """Show the row, with the home folder to begin with."""
        field = self.query_one("#save", Input)
        home = atomic_file.known()
        field.value = field.value or (f"{home}/" if home else "")
        self._show(True)
        field.focus()
        field.cursor_position = len(field.value)

    @on(Input.Submitted, "#save")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._show(False)
        self.post_message(self.Submitted(event.value.strip()))

    @on(events.DescendantBlur)
    def _left(self) -> None:
        if not self.query_one("#save").has_focus:
            self._show(False)

    def _show(self, saving: bool) -> None:
        self.screen.set_class(saving, "-saving")
        hint = self.screen.query_one(HintLine)
        hint.makes_way = saving
        hint.show()
