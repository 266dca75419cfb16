"""Send several prompts at once: priced together, confirmed as a total, and written to the ledger
before the first of them is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ima_tui.compose import draft
from ima_tui.compose.prompt_text import MultiPrompt, PromptDraft
from ima_tui.core.domain import Order
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.i18n import listed, say
from ima_tui.tui.shell.confirm_bar import Choice
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import price_text

if TYPE_CHECKING:
    from ima_tui.tui.compose.confirm import ListGate
    from ima_tui.tui.compose.draft_screen import DraftScreen
    from ima_tui.tui.compose.history import DraftHistory
    from ima_tui.tui.compose.multi_prompt import MultiPromptPane

MOST_CHANGES = 6
MOST_NUMBERS = 8


class MultiPromptSubmitter:
    """Sends all prompts that a pane shows, or none."""

    def __init__(
        self, screen: DraftScreen, pane: MultiPromptPane, gate: ListGate, history: DraftHistory
    ) -> None:
        self._screen = screen
        self._pane = pane
        self._gate = gate
        self._history = history

    async def send(self) -> None:
        """All or none: what can't be sent is told first; the total is agreed to; then every intent
        is written before one is sent."""
        screen = self._screen
        if not screen.studio.connection.has_key:
            screen.enter_key()
            return
        found = await self._pane.price_again()
        kinds = {entry.kind for entry in found.entries} - {None} if found is not None else ()
        if found is None or self._gate.is_too_early([kind for kind in kinds if kind]):
            return
        found = await self._with_inputs(found)
        if found.problem is not None or found.bad:
            screen.remark(_why_not(found), "bad")
            return
        words = say("compose.ask_several", n=len(found.entries), points=found.total)
        if changed := _changed(found, screen.ima.glyphs):
            words += " " + changed
        send = Choice(say("compose.choice_send", points=found.total), partial(self._submit, found))
        screen.ask(words, send.then, choices=[send])

    async def _with_inputs(self, found: MultiPrompt) -> MultiPrompt:
        """With files by their whole paths; one that can't be used is that prompt's problem."""
        entries: list[PromptDraft] = []
        for entry in found.entries:
            order = entry.order
            if order is not None and entry.model is not None and order.inputs:
                try:
                    facts = await self._screen.studio.inspect_inputs(entry.model, order.inputs)
                except UsageError as problem:
                    entry = replace(entry, problem=problem)
                else:
                    sources = tuple(fact.source for fact in facts)
                    entry = replace(entry, order=replace(order, inputs=sources))
            entries.append(entry)
        return replace(found, entries=tuple(entries))

    async def _submit(self, found: MultiPrompt) -> None:
        screen = self._screen
        label = self._history.label
        orders: Sequence[tuple[str, Order]] = [
            (entry.row.intent(label), entry.order)
            for entry in found.entries
            if entry.order is not None
        ]
        if not screen.studio.connection.has_key:
            screen.enter_key()
            return
        from ima_tui.tui.shell import job_actions

        old, screen.composer.replaces = screen.composer.replaces, None
        try:
            await job_actions.remove_from_queue(screen.studio, old)
            jobs = await screen.studio.jobs.submit_all(orders)
        except ImaError as error:
            screen.remark(say(error.key, **error.values), "bad")
            return
        await self._history.begin_next()
        screen.ima.sent = jobs[-1].id
        words = say("compose.sent_several", n=len(jobs), points=found.total)
        screen.remark(words, "ok")
        if screen.studio.settings.after_send == "queue" and jobs:
            await screen.ima.show_job(jobs[-1].id)


def _changed(found: MultiPrompt, signs: Glyphs) -> str:
    """What would be sent otherwise than it was asked for, and in which of them."""
    where: dict[str, list[str]] = {}
    for number, entry in enumerate(found.entries, 1):
        for each in entry.unmet:
            where.setdefault(price_text.change(each, signs), []).append(str(number))
    if not where:
        return ""
    told = [
        say("compose.several_of", change=change, n=len(numbers), numbers=_numbers(numbers))
        for change, numbers in list(where.items())[:MOST_CHANGES]
    ]
    if len(where) > MOST_CHANGES:
        told.append(say("compose.several_more", n=len(where) - MOST_CHANGES))
    return say("compose.changed", changes=listed(told))


def _numbers(numbers: Sequence[str]) -> str:
    shown = " ".join(numbers[:MOST_NUMBERS])
    return f"{shown} …" if len(numbers) > MOST_NUMBERS else shown


def _why_not(found: MultiPrompt) -> str:
    """The first thing in the way, with its number."""
    if found.problem is not None:
        return say(found.problem.key, **found.problem.values)
    entry = found.bad[0]
    number = found.entries.index(entry) + 1
    why = (
        say(entry.problem.key, **draft.spoken(entry.model, entry.problem)) if entry.problem else ""
    )
    return say("compose.several_why", number=number, why=why)
