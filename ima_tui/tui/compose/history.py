"""Drafts, templates and earlier prompts of Compose, and the prompt in an external editor."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.widgets import TextArea

from ima_tui.catalogue import form
from ima_tui.catalogue.form import COUNT
from ima_tui.compose.composer import INPUTS, KIND, MODEL
from ima_tui.compose.draft_store import (
    Drafts,
    SavedDraft,
    Templates,
    usual_name,
)
from ima_tui.core.domain import Job
from ima_tui.core.errors import UsageError
from ima_tui.i18n import say

if TYPE_CHECKING:
    from ima_tui.tui.compose.draft_screen import DraftScreen


PAUSE = 0.6
"""Seconds without a key before the draft is written."""


class DraftHistory:
    """For the Compose screen."""

    def __init__(self, screen: DraftScreen) -> None:
        self._screen = screen
        settings = screen.studio.settings
        self._drafts = Drafts(settings.data / "drafts")
        self._templates = Templates(settings.data / "templates", settings.for_writing)
        self._timer: Timer | None = None
        self._kept = self._latest = SavedDraft("")
        self._sent: SavedDraft | None = None
        self._waiting: SavedDraft | None = None
        self._writing = asyncio.Lock()
        self.label = os.urandom(8).hex()

    # ------------------------------------------------------------------------- what lies there

    def current(self, name: str = "") -> SavedDraft:
        """The prompt as it is, with what was chosen by the user."""
        screen, composer = self._screen, self._screen.composer
        model, draft, pinned = composer.model, composer.draft, composer.pins
        own = dict(draft.chosen) if draft is not None else {}
        return SavedDraft(
            text=screen.prompt.text,
            task_type=composer.task_type if KIND in pinned else None,
            model_id=model.model_id if model is not None and MODEL in pinned else "",
            version=model.version if model is not None and MODEL in pinned else "",
            chosen=tuple((k, v) for k, v in own.items() if k in pinned),
            n=draft.n if draft is not None and COUNT in pinned else None,
            inputs=draft.inputs if draft is not None and INPUTS in pinned else (),
            by_lines=screen.by_lines,
            label=self.label,
            at=screen.studio.clock.time(),
            name=name,
            project=composer.project,
        )

    async def put_back(self, saved: SavedDraft, *, passing: bool = False) -> None:
        """Load `saved`, with what the user chose. `passing`: chosen for this prompt only. A new
        draft that is begun meanwhile stays as it is."""
        screen, composer = self._screen, self._screen.composer
        composer.pins.release(*composer.pins)
        composer.begin_anew()
        composer.project = saved.project or composer.project
        pin = partial(composer.pins.hold, passing=passing)
        screen.by_lines = saved.by_lines
        with screen.prompt.prevent(TextArea.Changed):
            screen.prompt.text = saved.text
        screen.prompt.move_cursor(screen.prompt.document.end)
        if saved.task_type is not None:
            composer.turn_to(saved.task_type)
            pin(KIND)
        await screen.reload()
        if screen.prompt.text != saved.text:
            return
        models = screen.studio.catalogue.models(composer.task_type)
        kin = [model for model in models if model.model_id == saved.model_id]
        exact = [model for model in kin if model.version == saved.version]
        if found := exact or kin:
            composer.take(found[0])
            pin(MODEL)
        for name, value in (*saved.chosen, *(((COUNT, saved.n),) if saved.n else ())):
            if composer.model is not None and (
                name == COUNT or form.user_field(composer.model, name)
            ):
                try:
                    composer.set(name, value)
                except UsageError:
                    continue
                pin(name)
        if saved.inputs:
            composer.feed(saved.inputs)
            pin(INPUTS)
        await screen.reload()

    # -------------------------------------------------------------------------------- drafts

    async def restore(self) -> None:
        """What a window that is gone left behind, if the user has not begun already."""
        screen = self._screen
        if screen.studio.settings.read_only or not (screen.is_complete and screen.is_untouched):
            return
        saved = await asyncio.to_thread(self._drafts.take_over, screen.studio.clock.time())
        if saved is None or saved.is_empty or not screen.is_complete or not screen.is_untouched:
            return
        self._kept, self.label = saved, saved.label or self.label
        await self.put_back(saved)
        if screen.has_begun:
            return
        if not screen.studio.catalogue.models(screen.composer.task_type):
            self._waiting = saved
        clock = datetime.fromtimestamp(saved.at).strftime("%H:%M")  # noqa: DTZ006 - the user's
        screen.remark(say("compose.draft_back", clock=clock), "info")

    async def lists_came(self) -> None:
        """What was chosen for a list that was not there yet is chosen now."""
        saved = self._waiting
        screen = self._screen
        if saved is not None and screen.studio.catalogue.models(screen.composer.task_type):
            self._waiting = None
            if screen.prompt.text == saved.text and not screen.has_begun:
                await self.put_back(saved)

    def soon(self) -> None:
        """Something is different: write it down once nobody types."""
        self._latest = self.current()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(PAUSE, self.keep, name="keep the draft")

    async def keep(self) -> None:
        """Write the draft now, off the event loop. A draft that was sent is none."""
        if self._timer is not None:
            self._timer.stop()
        if self._screen.studio.settings.read_only:
            return
        async with self._writing:
            saved = self._latest
            if self._sent is not None and replace(saved, at=0.0) == self._sent:
                saved = SavedDraft("")
            if replace(saved, at=0.0) != replace(self._kept, at=0.0):
                self._kept = saved
                await asyncio.to_thread(self._drafts.keep, saved)

    async def begin_next(self, *, take_focus: bool = True) -> None:
        """After sending: empty the prompt for the next one, unless the setting keeps it. Without
        `take_focus` the keys stay where they are: somebody went there while it was sent."""
        screen = self._screen
        if screen.studio.settings.after_send != "keep":
            await screen.clear_draft(take_focus=take_focus)
        await self.was_sent()

    async def was_sent(self) -> None:
        """The prompt is in the queue: a crash has nothing to bring back."""
        self.label = os.urandom(8).hex()
        self._latest = self.current()
        self._sent = replace(self._latest, at=0.0)
        await self.keep()

    # ------------------------------------------------------------------- templates and history

    async def templates(self) -> None:
        """Templates: take one, save this one, delete one."""
        from ima_tui.tui.compose.template_picker import TemplatePicker

        screen = self._screen
        known = await asyncio.to_thread(self._templates.all)

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self.put_back(known[number], passing=True)

        name = usual_name(screen.prompt.text)
        screen.app.push_screen(TemplatePicker(known, name, self._save, self._delete), chosen)

    def _save(self, name: str) -> None:
        """Called by the chooser; the file is small. Raises `UsageError`."""
        self._templates.save(replace(self.current(name), label=""))
        self._screen.remark(say("compose.template_saved", name=name), "ok")

    def _delete(self, name: str) -> None:
        self._templates.delete(name)

    async def history(self) -> None:
        """Earlier prompts, newest first, each once."""
        from ima_tui.tui.shell import model_picker

        screen = self._screen
        jobs: dict[str, Job] = {}
        for job in await screen.studio.jobs.recent():
            jobs.setdefault(job.order.prompt, job)
        earlier = list(jobs.values())

        def chosen(number: int | None) -> None:
            if number is not None:
                screen.load_order(earlier[number].order)

        if earlier:
            now = screen.studio.clock.time()
            screen.app.push_screen(model_picker.history(earlier, now), chosen)
        else:
            screen.remark(say("compose.no_history"), "muted")

    # --------------------------------------------------------------------------------- editor

    async def edit(self) -> None:
        """The prompt in the user's own editor."""
        from ima_tui.tui.terminal import external_editor

        screen = self._screen
        try:
            text = await external_editor.edit(screen.app, screen.prompt.text)
        except UsageError as error:
            screen.remark(say(error.key, **error.values), "bad")
            return
        screen.prompt.text = text
        screen.prompt.move_cursor(screen.prompt.document.end)
        screen.prompt.focus()
