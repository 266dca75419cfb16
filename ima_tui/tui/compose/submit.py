"""Send a draft: check it, ask where it differs from what was asked for, submit the order.

Several prompts are priced together, confirmed as a total, and written to the ledger before the
first of them is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ima_tui.compose import draft
from ima_tui.compose import draft as drafting
from ima_tui.compose.prompt_text import MultiPrompt, PromptDraft, shares, words_of
from ima_tui.core.domain import Medium, Order
from ima_tui.core.errors import ImaError, KeyMissing, UsageError
from ima_tui.i18n import explain, joined, listed, say
from ima_tui.intent.kinds import RequestKind
from ima_tui.tui.compose import confirm
from ima_tui.tui.compose.choices import DraftChoices
from ima_tui.tui.compose.confirm import ListGate
from ima_tui.tui.compose.intent_summary import IntentSummary
from ima_tui.tui.shell.confirm_bar import Choice, ConfirmBar
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import price_text

if TYPE_CHECKING:
    from ima_tui.compose.preference_prompts import PreferencePrompts
    from ima_tui.compose.suggestions import Suggestion
    from ima_tui.tui.compose.confirm import ListGate
    from ima_tui.tui.compose.draft_screen import DraftScreen
    from ima_tui.tui.compose.history import DraftHistory
    from ima_tui.tui.compose.previews import MultiPromptPane
    from ima_tui.tui.compose.view import ComposeView


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
        if found is None or self._gate.is_too_early(
            [*{one.task_type for one in found.entries if one.task_type is not None}]
        ):
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


class DraftSubmitter:
    """Remembers what was sent last: the same once more is asked about."""

    def __init__(
        self,
        screen: DraftScreen,
        view: ComposeView,
        lines: MultiPromptPane,
        preferences: PreferencePrompts,
        history: DraftHistory,
    ) -> None:
        self._screen = screen
        self._view = view
        self.choices = DraftChoices(screen, view, self.plan)
        self._lines = lines
        self._preferences = preferences
        self._history = history
        self._gate = ListGate(screen)
        self._multi = MultiPromptSubmitter(screen, lines, self._gate, history)
        self._sent: Order | None = None

    def text_changed(self) -> None:
        """Withdraw the open question: it is about what the prompt said before."""
        self._gate.forget()
        if (question := self._screen.query_one(ConfirmBar)).asking:
            question.action_no()

    def lists_came(self) -> None:
        """Say that what was tried too early can be sent now."""
        self._gate.lists_came()

    # --------------------------------------------------------------------------------- sending

    async def send(self, agreed: int | None = None) -> None:
        """`agreed`: the points that were agreed to a moment ago, for what is sent now."""
        screen = self._screen
        await screen.catch_up()
        if screen.composer.model is None and not screen.studio.connection.has_key:
            screen.enter_key()  # without a key there is no list
            return
        if not screen.prompt.text.strip():
            self._point_at(UsageError("error.empty_prompt"))
            return
        if self._lines.is_several:
            await self._multi.send()
            return
        if self._view.blocked:
            self._point_at_question()
            return
        if self._gate.is_too_early(self._gate.needed()):
            return
        intent = screen.composer.intent
        if intent is not None and intent.kind is RequestKind.PREFERENCE:
            if words := await self._preferences.alone(intent):
                await self._history.begin_next()
                screen.remark(words, "ok")
            else:
                screen.remark(say("compose.nothing_to_remember"), "muted")
        elif screen.composer.in_steps:
            await self.plan()
        else:
            await self._send_one(agreed)

    async def _send_one(self, agreed: int | None) -> None:
        screen = self._screen
        model, order = screen.composer.model, await self._order()
        if model is None or order is None:
            return
        if not screen.studio.connection.has_key:
            screen.enter_key()
            return
        asked = confirm.question(screen, self._view, order, self._sent, other_price=agreed)
        if asked is None or (agreed == order.total and not asked.unmet):
            await self._send(order)
            return
        screen.forget_remark()
        choices = [Choice(asked.send, partial(self._send, order))] if asked.send else []
        if several := await self._several(order):
            total = sum(each.total for each in several)
            words = say(
                "compose.choice_several",
                n=sum(each.n for each in several),
                jobs=len(several),
                points=total,
            )
            choices.append(Choice(words, partial(self._send_several, several)))
        choices += [Choice(words, partial(self._instead, answer)) for words, answer in asked.others]
        screen.ask(asked.words, partial(self._send, order), choices=choices)

    async def _instead(self, answer: Suggestion) -> None:
        """Take `answer`, whose price was on it, and send that; ask again if more is to be said."""
        await self.choices.give(answer)
        if not answer.plans:  # a workflow has a screen of its own, which asks before it is sent
            await self.send(agreed=answer.points)

    async def plan(self) -> None:
        """What the prompt would be in steps, before anything is sent: where it is about several
        things, and where somebody wants it so (a series has a master picture first). Without a
        prompt: the list of workflows."""
        from ima_tui.tui.workflow.navigation import choose_workflow, plan_prompt

        screen = self._screen
        await screen.catch_up()
        if not screen.prompt.text.strip():
            await choose_workflow(screen.ima)
            return
        if self._gate.is_too_early(self._gate.needed()):
            return
        why_not = await plan_prompt(
            screen.ima, screen.prompt.text, screen.composer.attached, screen.composer.project
        )
        if why_not:
            screen.remark(why_not, "bad")

    async def _several(self, order: Order) -> list[Order]:
        """Orders that together make as many results as the prompt asks for, where one can't."""
        screen = self._screen
        if screen.composer.replaces is not None:
            return []
        found = [await self._order(n) for n in shares(screen.composer, order)]
        return [each for each in found if each is not None]

    async def _order(self, n: int | None = None) -> Order | None:
        """The order as it is, or for `n` results; None, and the keys where something is missing."""
        screen = self._screen
        model, draft = screen.composer.model, screen.composer.draft
        if model is None or draft is None:
            screen.forget_remark()  # why there is no list is said instead
            return None
        if self._view.draft_price.problem is not None:
            screen.form.reveal(next(iter(self._view.draft_price.at_fault), ""))
            return None
        draft = replace(draft, prompt=words_of(screen.prompt.text, screen.composer))
        draft = draft if n is None else replace(draft, n=n)
        try:
            order, _ = drafting.finish(model, replace(draft, project=screen.composer.project))
        except UsageError as problem:
            self._point_at(problem)
            return None
        if not order.inputs:
            return order
        facts = await screen.inputs.settle()
        if facts is None:
            screen.remark(say("compose.input_bad"), "bad")
            return None
        sources = tuple(one.source for one in facts)
        return replace(order, inputs=drafting.ordered(sources, screen.composer.order))

    def _point_at(self, problem: UsageError) -> None:
        """Say what is missing, and give the keys to the field that lacks it."""
        if problem.key.startswith("error.inputs"):
            self._screen.inputs.focus_empty()
        else:
            self._screen.prompt.focus()
        self._screen.remark(say(problem.key, **problem.values), "bad")

    def _point_at_question(self) -> None:
        """The number of an answer is enough now."""
        self._screen.query_one(IntentSummary).point_at()
        self._screen.remark(say("compose.answer_first"), "warn")

    async def _send(self, order: Order) -> None:
        from ima_tui.tui.shell import job_actions

        screen, before = self._screen, self._screen.focused
        old, screen.composer.replaces = screen.composer.replaces, None
        try:
            job = await job_actions.submit(screen.studio, order, in_place_of=old)
        except KeyMissing:
            screen.composer.replaces = old
            screen.enter_key()
            return
        except ImaError as error:
            if error.key != "error.no_longer_unsent":
                screen.composer.replaces = old  # sent once more, it must not become a second job
            screen.remark(explain(error), "bad")
            return
        self._sent, screen.ima.sent = order, job.id
        remembered = await self._preferences.after_sending(screen.composer, self._view.switch)
        await self._history.begin_next(take_focus=screen.focused is before)
        key = "compose.sent" if old is None else "compose.sent_instead"
        words = [say(key, number=job.id, points=order.total, old=old or 0)]
        if order.task_type.medium is Medium.VIDEO and order.estimate is not None:
            words.append(say("compose.sent_video", time=price_text.usual_time(order.estimate)))
        screen.remark(joined(*words, *remembered), "ok", job=job.id)
        if screen.studio.settings.after_send == "queue":
            await screen.ima.show_job(job.id)

    async def _send_several(self, orders: Sequence[Order]) -> None:
        screen = self._screen
        try:
            jobs = await screen.studio.jobs.submit_all([("", order) for order in orders])
        except KeyMissing:
            screen.enter_key()
            return
        except ImaError as error:
            screen.remark(explain(error), "bad")
            return
        remembered = await self._preferences.after_sending(screen.composer, self._view.switch)
        await self._history.begin_next()
        points, screen.ima.sent = sum(order.total for order in orders), jobs[-1].id
        screen.remark(
            joined(say("compose.sent_several", n=len(jobs), points=points), *remembered), "ok"
        )
        if screen.studio.settings.after_send == "queue":
            await screen.ima.show_job(jobs[-1].id)
