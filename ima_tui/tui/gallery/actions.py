"""Actions on results: which fit which result, and confirmation of what can't be undone.

`GalleryChoice` tells which results are meant: the current one, and the marked. A result is known by
its key: the job and the number of the result in it, from 1. `SaveRow` asks where to save them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from ima_tui.core import atomic_file
from ima_tui.core.domain import Job, Medium, State
from ima_tui.core.errors import ImaError
from ima_tui.core.text import size
from ima_tui.i18n import say
from ima_tui.studio.gallery import open_file
from ima_tui.subjects.store import LONGEST_NAME
from ima_tui.tui.gallery import detail
from ima_tui.tui.gallery.arrangement import day_words
from ima_tui.tui.images.thumbnails import Key
from ima_tui.tui.shell import job_actions
from ima_tui.tui.shell.frame import HintLine
from ima_tui.tui.shell.job_actions import JobActions
from ima_tui.tui.shell.label_windows import Target
from ima_tui.tui.shell.viewer import ViewerItem
from ima_tui.tui.widgets.input_line import PathSuggester
from ima_tui.tui.widgets.text_fields import AskInput

if TYPE_CHECKING:
    from ima_tui.studio.jobs import Jobs
    from ima_tui.tui.gallery.tile_grid import TileGrid
    from ima_tui.tui.shell.base_screen import BaseScreen


FITS: Mapping[str, Callable[[ViewerItem], bool]] = {
    "open": lambda one: bool(one.media.path),
    "fetch": lambda one: one.job.state is State.DONE,
    "copy_link": lambda one: bool(one.media.url),
    "copy_path": lambda one: bool(one.media.path),
    "use": lambda one: one.job.order.task_type.medium is Medium.IMAGE,
    "subject": lambda one: bool(one.media.path) and one.job.order.task_type.medium is Medium.IMAGE,
    "variant": lambda one: True,
    "show_job": lambda one: True,
    "forget": lambda one: one.job.state is State.DONE,
    "discard": lambda one: bool(one.media.path),
    "again": lambda one: job_actions.FITS["again"](one.job),
    "instead": lambda one: job_actions.FITS["instead"](one.job),
    "similar": lambda one: job_actions.FITS["similar"](one.job),
    "star": lambda one: True,
    "tags": lambda one: True,
    "project": lambda one: True,
}
"""A verb and whether it means anything for a result."""
ONE_ONLY = frozenset({"open", "variant", "show_job", "instead", "subject"})
OF_THE_JOB = frozenset({"fetch", "forget", "again", "instead", "similar", "project"})
"""Actions on the jobs of the results."""


class ResultActions:
    """The verbs, for the gallery, which asks and complains."""

    def __init__(self, screen: BaseScreen) -> None:
        self._screen = screen
        self.jobs = JobActions(screen)

    def can(self, verb: str, chosen: Sequence[ViewerItem]) -> bool:
        """Return whether an action fits any of the chosen results."""
        # the keys of another screen may be asked about while it closes
        return verb in FITS and any(FITS[verb](one) for one in chosen)

    async def do(self, verb: str, chosen: Sequence[ViewerItem]) -> None:
        """Do `verb` with those of `chosen` that it fits."""
        if verb in ONE_ONLY and len(chosen) > 1:
            self._screen.notify(say("gallery.one_only"), severity="warning")
        elif verb in OF_THE_JOB:
            await self.jobs.do(verb, _jobs([one for one in chosen if FITS[verb](one)]))
        elif self.can(verb, chosen):
            method: Callable[[list[ViewerItem]], Awaitable[None]] = getattr(self, verb)
            await method([one for one in chosen if FITS[verb](one)])

    async def open(self, chosen: list[ViewerItem]) -> None:
        """Open the file with the system's program for it."""
        path = chosen[0].media.path
        if not open_file(path):
            self._screen.notify(say("queue.file_is", path=path))

    async def copy_link(self, chosen: list[ViewerItem]) -> None:
        """Copy the links."""
        self._copy([one.media.url for one in chosen])

    async def copy_path(self, chosen: list[ViewerItem]) -> None:
        """Copy the paths."""
        self._copy([one.media.path for one in chosen])

    def _copy(self, texts: list[str]) -> None:
        self._screen.ima.copy("\n".join(texts))

    async def use(self, chosen: list[ViewerItem]) -> None:
        """Hand pictures to Compose, as files where they are here, else as links."""
        sources = []
        for one in chosen:
            here = await asyncio.to_thread(detail.file_size, one.media) >= 0
            sources.append(one.media.path if here else one.media.url)
        await self._screen.ima.compose_on(sources)

    async def subject(self, chosen: list[ViewerItem]) -> None:
        """Keep an image as a named reference: `@name` in a prompt then uses it."""
        from ima_tui.tui.shell.picker import TextPrompt

        one, screen = chosen[0], self._screen

        async def named(name: str | None) -> None:
            if name is None:
                return
            try:
                made = await screen.studio.subjects.add_result(name, one.job, one.index + 1)
            except ImaError as error:
                screen.complain(error)
            else:
                screen.notify(say("subject.added", name=made.name, n=len(made.files)))

        asked = TextPrompt(
            say("subject.ask_name"), say("subject.name_hint"), limit=LONGEST_NAME + 1
        )
        await screen.ima.push_screen(asked, named)

    async def variant(self, chosen: list[ViewerItem]) -> None:
        """Open Compose with the prompt and settings of the job."""
        await self._screen.ima.compose_from(chosen[0].job)

    async def show_job(self, chosen: list[ViewerItem]) -> None:
        """Open the queue on the job."""
        await self._screen.ima.show_job(chosen[0].job.id)

    async def star(self, chosen: list[ViewerItem]) -> None:
        """Add a star to the results, or take it away."""
        await self.jobs.labels.star(_targets(chosen))

    async def tags(self, chosen: list[ViewerItem]) -> None:
        """Ask for the tags of the results."""
        await self.jobs.labels.tags(_targets(chosen))

    async def save(self, chosen: Sequence[ViewerItem], written: str) -> None:
        """Copy files to a folder, or one to a name."""
        try:
            for one in chosen:
                path = await self._screen.studio.gallery.copy(one.media, written)
        except ImaError as error:
            self._screen.complain(error)
        else:
            self._screen.notify(say("gallery.saved", path=str(path)))

    async def discard(self, chosen: list[ViewerItem]) -> None:
        """Delete files, after a deliberate yes: only while its link lives one can be had again."""
        studio = self._screen.studio
        sizes = [await asyncio.to_thread(detail.file_size, one.media) for one in chosen]
        until = min(one.job.links_expire_at for one in chosen)
        key = "gallery.ask_discard" if len(chosen) == 1 else "gallery.ask_discard_many"
        asked = say(
            key, id=chosen[0].job.id, n=len(chosen), size=size(sum(max(0, one) for one in sizes))
        )
        alive = until > studio.clock.time()
        key = "gallery.again_until" if alive else "gallery.never_again"
        words = f"{asked} {say(key, day=day_words(until))}"
        self._screen.ask(words, partial(self._discard, chosen), deliberate=True)

    async def _discard(self, chosen: Sequence[ViewerItem]) -> None:
        for one in chosen:
            try:
                await self._screen.studio.gallery.discard(one.job.id, one.index + 1)
            except ImaError as error:
                self._screen.complain(error)
                return


def _targets(chosen: Sequence[ViewerItem]) -> list[Target]:
    jobs = {one.job.id: one.job for one in chosen}
    indices: dict[int, list[int]] = {}
    for one in chosen:
        indices.setdefault(one.job.id, []).append(one.index + 1)
    return [(jobs[job_id], tuple(sorted(found))) for job_id, found in indices.items()]


def _jobs(chosen: Sequence[ViewerItem]) -> list[Job]:
    return list({one.job.id: one.job for one in chosen}.values())


# ------------------------------------------------------------------------------- what is meant


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

    def __init__(self) -> None:
        super().__init__(id="save-row")

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield Static(Content(say("gallery.save_label")), id="save-label")
        yield AskInput(
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

    @on(events.DescendantBlur)
    def _left(self) -> None:
        if not self.query_one("#save").has_focus:
            self._show(False)

    def _show(self, saving: bool) -> None:
        self.screen.set_class(saving, "-saving")
        hint = self.screen.query_one(HintLine)
        hint.makes_way = saving
        hint.show()
