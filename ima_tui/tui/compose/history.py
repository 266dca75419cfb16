"""What Compose puts away and takes out again: the draft of this window, templates, earlier wishes,
and the wish in the person's own editor."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.widgets import TextArea

from ima_tui.catalogue import form
from ima_tui.compose.apply_intent import COUNT
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
from ima_tui.tui.compose.templates import TemplatePicker
from ima_tui.tui.shell import model_picker
from ima_tui.tui.terminal import external_editor

if TYPE_CHECKING:
    from ima_tui.tui.compose.screen import ComposeScreen

PAUSE = 0.6
"""Seconds without a key before the draft is written."""


class DraftHistory:
    """For the Compose place."""

    def __init__(self, place: ComposeScreen) -> None:
        self._place = place
        settings = place.studio.settings
        self._drafts = Drafts(settings.data / "drafts")
        self._templates = Templates(settings.data / "templates", settings.for_writing)
        self._timer: Timer | None = None
        self._kept = self._latest = SavedDraft("")
        self._sent: SavedDraft | None = None
        self._waiting: SavedDraft | None = None
        self._writing = asyncio.Lock()
        self.label = secrets.token_hex(8)

    # ------------------------------------------------------------------------- what lies there

    def wish(self, name: str = "") -> SavedDraft:
        """The wish as it stands, with what was chosen by hand."""
        place, desk = self._place, self._place.desk
        model, draft, pinned = desk.model, desk.draft, desk.pinned
        own = dict(draft.chosen) if draft is not None else {}
        return SavedDraft(
            text=place.prompt.text,
            kind=desk.kind if KIND in pinned else None,
            model_id=model.model_id if model is not None and MODEL in pinned else "",
            version=model.version if model is not None and MODEL in pinned else "",
            chosen=tuple((k, v) for k, v in own.items() if k in pinned),
            n=draft.n if draft is not None and COUNT in pinned else None,
            inputs=draft.inputs if draft is not None and INPUTS in pinned else (),
            by_lines=place.by_lines,
            label=self.label,
            at=place.studio.clock.time(),
            name=name,
        )

    async def put_back(self, wish: SavedDraft, *, passing: bool = False) -> None:
        """Have `wish` on the screen again, with what was chosen by hand. `passing`: chosen for this
        prompt only, not for the next one."""
        place, desk = self._place, self._place.desk
        desk.let_all_go()
        desk.begin_anew()
        pin = partial(desk.pin, passing=passing)
        place.by_lines = wish.by_lines
        with place.prompt.prevent(TextArea.Changed):
            place.prompt.text = wish.text
        place.prompt.move_cursor(place.prompt.document.end)
        if wish.kind is not None:
            desk.turn_to(wish.kind)
            pin(KIND)
        await place.take_over()
        models = place.studio.catalogue.models(desk.kind)
        kin = [model for model in models if model.model_id == wish.model_id]
        exact = [model for model in kin if model.version == wish.version]
        if found := exact or kin:
            desk.take(found[0])
            pin(MODEL)
        for name, value in (*wish.chosen, *(((COUNT, wish.n),) if wish.n else ())):
            if desk.model is not None and (name == COUNT or form.user_field(desk.model, name)):
                try:
                    desk.set(name, value)
                except UsageError:
                    continue
                pin(name)
        if wish.inputs:
            desk.feed(wish.inputs)
            pin(INPUTS)
        await place.take_over()

    # -------------------------------------------------------------------------------- drafts

    async def restore(self) -> None:
        """What a window that is gone left behind, if the person has not begun already."""
        if self._place.studio.settings.read_only:
            return
        wish = await asyncio.to_thread(self._drafts.take_over, self._place.studio.clock.time())
        if wish is None or wish.is_empty or not self._place.stands:
            return
        if self._place.prompt.text:
            return
        self._kept, self.label = wish, wish.label or self.label
        await self.put_back(wish)
        if not self._place.studio.catalogue.models(self._place.desk.kind):
            self._waiting = wish
        clock = datetime.fromtimestamp(wish.at).strftime("%H:%M")  # noqa: DTZ006 - the person's
        self._place.showing.remark(say("compose.draft_back", clock=clock), "info")

    async def lists_came(self) -> None:
        """What was chosen for a list that was not there yet is chosen now."""
        wish = self._waiting
        if wish is not None and self._place.studio.catalogue.models(self._place.desk.kind):
            self._waiting = None
            if self._place.prompt.text == wish.text:
                await self.put_back(wish)

    def soon(self) -> None:
        """Something is different: write it down once nobody types."""
        self._latest = self.wish()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._place.set_timer(PAUSE, self.keep, name="keep the draft")

    async def keep(self) -> None:
        """Write the draft now, off the event loop. What was sent as it stands is none."""
        if self._timer is not None:
            self._timer.stop()
        if self._place.studio.settings.read_only:
            return
        async with self._writing:
            wish = self._latest
            if self._sent is not None and replace(wish, at=0.0) == self._sent:
                wish = SavedDraft("")
            if replace(wish, at=0.0) != replace(self._kept, at=0.0):
                self._kept = wish
                await asyncio.to_thread(self._drafts.keep, wish)

    async def was_sent(self) -> None:
        """The wish as it stands is in the queue: a crash has nothing to bring back."""
        self.label = secrets.token_hex(8)
        self._latest = self.wish()
        self._sent = replace(self._latest, at=0.0)
        await self.keep()

    # ------------------------------------------------------------------- templates and history

    async def templates(self) -> None:
        """Saved wishes: take one, save this one, delete one."""
        place = self._place
        known = await asyncio.to_thread(self._templates.all)

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self.put_back(known[number], passing=True)

        name = usual_name(place.prompt.text)
        place.app.push_screen(TemplatePicker(known, name, self._save, self._delete), chosen)

    def _save(self, name: str) -> None:
        """Called by the chooser; the file is small. Raises `UsageError`."""
        self._templates.save(replace(self.wish(name), label=""))
        self._place.showing.remark(say("compose.template_saved", name=name), "ok")

    def _delete(self, name: str) -> None:
        self._templates.delete(name)

    async def history(self) -> None:
        """Earlier wishes, newest first, each once."""
        place = self._place
        jobs: dict[str, Job] = {}
        for job in await place.studio.jobs.recent():
            jobs.setdefault(job.order.prompt, job)
        wishes = list(jobs.values())

        def chosen(number: int | None) -> None:
            if number is not None:
                place.load_order(wishes[number].order)

        if wishes:
            now = place.studio.clock.time()
            place.app.push_screen(model_picker.history(wishes, now), chosen)
        else:
            place.showing.remark(say("compose.no_history"), "muted")

    # --------------------------------------------------------------------------------- editor

    async def edit(self) -> None:
        """The wish in the person's own editor."""
        place = self._place
        try:
            text = await external_editor.edit(place.app, place.prompt.text)
        except UsageError as error:
            place.showing.remark(say(error.key, **error.values), "bad")
            return
        place.prompt.text = text
        place.prompt.move_cursor(place.prompt.document.end)
        place.prompt.focus()
