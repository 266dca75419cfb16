"""Several wishes at once on Compose: shown while they are written, priced together, confirmed as a
total, and written to disk before the first of them is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import WorkType

from ima_tui.batch.rows import Row
from ima_tui.compose import draft, multi_prompt
from ima_tui.compose.multi_prompt import MultiPrompt, PromptDraft
from ima_tui.core.domain import Order
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.i18n import say
from ima_tui.tui.compose.prompt_list import PromptList
from ima_tui.tui.shell import job_actions
from ima_tui.tui.shell.confirm_bar import Choice
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import confirm_text

if TYPE_CHECKING:
    from ima_tui.tui.compose.screen import ComposeScreen

PAUSE = 0.12
"""Seconds without a key before they are priced."""
MOST_CHANGES = 6
MOST_NUMBERS = 8


class MultiPromptPane:
    """`several` is what is shown; None while the text is one wish."""

    def __init__(self, place: ComposeScreen) -> None:
        self._place = place
        self._rows: tuple[Row, ...] = ()
        self.several: MultiPrompt | None = None
        self.could_be = False
        """The text has lines, and is read as one wish."""

    @property
    def is_several(self) -> bool:
        return bool(self._rows) or (self.several is not None and self.several.problem is not None)

    async def turn(self) -> None:
        """Each line a wish of its own, or all of them one."""
        place = self._place
        place.by_lines = not place.by_lines
        place.showing.remark(
            say("compose.by_lines" if place.by_lines else "compose.as_one"), "info"
        )
        await place.read(anew=True)

    def look(self, text: str) -> None:
        """Take `text` apart, and price its wishes once nobody types."""
        place = self._place
        self.could_be = not place.by_lines and "\n" in text.strip()
        try:
            self._rows = multi_prompt.rows(text, by_lines=place.by_lines)
        except UsageError as problem:
            self._rows = ()
            self._show(MultiPrompt(problem=problem))
            return
        if not self._rows:
            self._show(None)
        else:
            work: WorkType[None] = self._soon
            place.run_worker(work, name="price several", group="several", exclusive=True)

    async def _soon(self) -> None:
        await asyncio.sleep(PAUSE)
        self._show(await self._plan())

    async def _plan(self) -> MultiPrompt:
        """Off the event loop: each is read and priced."""
        place, rows = self._place, self._rows
        desk, suggested = place.desk.copy(), place.studio.catalogue.suggested
        return await asyncio.to_thread(multi_prompt.plan, desk, rows, place.reader.read, suggested)

    def _show(self, found: MultiPrompt | None) -> None:
        place, self.several = self._place, found
        if not place.stands:
            return
        place.query_one(PromptList).show(found)
        place.set_class(found is not None, "-many")
        place.showing.tell_price()

    # -------------------------------------------------------------------------------- sending

    async def send(self) -> None:
        """All or none: what can't be sent is told first; the total is agreed to; then every intent
        is written before one is sent."""
        place = self._place
        if not place.studio.connection.has_key:
            place.enter_key()
            return
        found = await self._plan() if self._rows else self.several
        self._show(found)
        kinds = {wish.kind for wish in found.wishes} - {None} if found is not None else ()
        if found is None or place.dispatch.is_too_early([kind for kind in kinds if kind]):
            return
        found = await self._with_inputs(found)
        if found.problem is not None or found.bad:
            place.showing.remark(_why_not(found), "bad")
            return
        words = say("compose.ask_several", n=len(found.wishes), points=found.total)
        if changed := _changed(found, place.ima.glyphs):
            words += " " + changed
        send = Choice(say("compose.choice_send", points=found.total), partial(self._submit, found))
        place.ask(words, send.then, choices=[send])

    async def _with_inputs(self, found: MultiPrompt) -> MultiPrompt:
        """With files by their whole paths; one that can't be used is that wish's problem."""
        wishes: list[PromptDraft] = []
        for wish in found.wishes:
            order = wish.order
            if order is not None and wish.model is not None and order.inputs:
                try:
                    facts = await self._place.studio.inspect_inputs(wish.model, order.inputs)
                except UsageError as problem:
                    wish = replace(wish, problem=problem)
                else:
                    sources = tuple(fact.source for fact in facts)
                    wish = replace(wish, order=replace(order, inputs=sources))
            wishes.append(wish)
        return replace(found, wishes=tuple(wishes))

    async def _submit(self, found: MultiPrompt) -> None:
        place = self._place
        label = place.drawer.label
        orders: Sequence[tuple[str, Order]] = [
            (wish.row.intent(label), wish.order) for wish in found.wishes if wish.order is not None
        ]
        if not place.studio.connection.has_key:
            place.enter_key()
            return
        old, place.desk.replaces = place.desk.replaces, None
        try:
            await job_actions.remove_from_queue(place.studio, old)
            jobs = await place.studio.jobs.submit_all(orders)
        except ImaError as error:
            place.showing.remark(say(error.key, **error.values), "bad")
            return
        await place.dispatch.begin_next()
        words = say("compose.sent_several", n=len(jobs), points=found.total)
        place.showing.remark(words, "ok")
        if place.studio.settings.after_send == "queue" and jobs:
            await place.ima.show_job(jobs[-1].id)


def _changed(found: MultiPrompt, signs: Glyphs) -> str:
    """What would be sent otherwise than it was asked for, and in which of them."""
    where: dict[str, list[str]] = {}
    for number, wish in enumerate(found.wishes, 1):
        for each in wish.unmet:
            where.setdefault(confirm_text.change(each, signs), []).append(str(number))
    if not where:
        return ""
    told = [
        say("compose.several_of", change=change, numbers=_numbers(numbers))
        for change, numbers in list(where.items())[:MOST_CHANGES]
    ]
    if len(where) > MOST_CHANGES:
        told.append(say("compose.several_more", n=len(where) - MOST_CHANGES))
    return say("compose.changed", changes=say("compose.list_comma").join(told))


def _numbers(numbers: Sequence[str]) -> str:
    shown = " ".join(numbers[:MOST_NUMBERS])
    return f"{shown} …" if len(numbers) > MOST_NUMBERS else shown


def _why_not(found: MultiPrompt) -> str:
    """The first thing in the way, with its number."""
    if found.problem is not None:
        return say(found.problem.key, **found.problem.values)
    wish = found.bad[0]
    number = found.wishes.index(wish) + 1
    why = say(wish.problem.key, **draft.spoken(wish.model, wish.problem)) if wish.problem else ""
    return say("compose.several_why", number=number, why=why)
