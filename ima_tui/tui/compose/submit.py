"""Sending: what is on the desk is checked, asked about where it is not what was meant or could be a
slip, and handed over. For the Compose screen, as `verbs` is for the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ima_tui.compose import draft as drafting
from ima_tui.compose.multi_prompt import words_of
from ima_tui.core.domain import Order, TaskType
from ima_tui.core.errors import ImaError, KeyMissing, UsageError
from ima_tui.i18n import say
from ima_tui.intent.intent import RequestKind
from ima_tui.preferences import policy
from ima_tui.tui.compose import confirm
from ima_tui.tui.compose.intent_summary import IntentSummary
from ima_tui.tui.shell import job_actions
from ima_tui.tui.shell.confirm_bar import Choice, ConfirmBar

if TYPE_CHECKING:
    from ima_tui.compose.suggestions import Suggestion
    from ima_tui.tui.compose.screen import ComposeScreen


class DraftSubmitter:
    """Remembers what was sent last: the same once more is asked about."""

    def __init__(self, place: ComposeScreen) -> None:
        self._place = place
        self._sent: Order | None = None
        self._waited_for: Sequence[TaskType] | None = None
        """The key that sends was pressed before these lists were here."""

    # --------------------------------------------------------------------- what comes meanwhile

    def text_changed(self) -> None:
        """What was asked about is no longer what the prompt says."""
        self._waited_for = None
        if (question := self._place.query_one(ConfirmBar)).asking:
            question.action_no()

    def lists_came(self) -> None:
        """Say that what was tried too early can be sent now."""
        place, waited = self._place, self._waited_for
        if waited is None or self._are_loading(waited):
            return
        self._waited_for = None
        if place.desk.model is None:
            place.showing.forget_remark()  # why there is no list is said instead
        else:
            place.showing.remark(say("compose.ready"), "ok")

    def is_too_early(self, kinds: Sequence[TaskType]) -> bool:
        """Whether the prompt is not read yet, or one of the lists that it needs is still on its
        way; then that is said, and nothing is sent before the key is pressed again."""
        place = self._place
        if not place.studio.connection.has_key or not self._are_loading(kinds):
            return False
        self._waited_for = tuple(kinds)
        place.showing.remark(say("compose.loading"), "info")
        return True

    def _are_loading(self, kinds: Sequence[TaskType]) -> bool:
        place = self._place
        return not place.reader.can_read or any(map(place.studio.catalogue.is_loading, kinds))

    def _kinds(self) -> Sequence[TaskType]:
        """The task types whose lists a single prompt needs."""
        place, decision = self._place, self._place.desk.decision
        if decision is not None and decision.kind is RequestKind.PREFERENCE:
            wish = decision.preference
            return policy.task_types(wish.model_id) if wish and wish.model_id else ()
        if place.desk.in_steps and decision is not None:
            return tuple(step.task_type for step in decision.steps)
        return (place.desk.kind,)

    # --------------------------------------------------------------------------------- sending

    async def send(self, agreed: int | None = None) -> None:
        """`agreed`: the points that were agreed to a moment ago, for what is sent now."""
        place = self._place
        await place.catch_up()
        if place.desk.model is None and not place.studio.connection.has_key:
            place.enter_key()  # without a key there is no list
            return
        if not place.prompt.text.strip():
            self._point_at(UsageError("error.empty_prompt"))
            return
        if place.many.is_several:
            await place.many.send()
            return
        if place.showing.blocked:
            self._point_at_question()
            return
        if self.is_too_early(self._kinds()):
            return
        decision = place.desk.decision
        if decision is not None and decision.kind is RequestKind.PREFERENCE:
            await place.memory.alone(decision)
        elif place.desk.in_steps:
            await self.plan()
        else:
            await self._send_one(agreed)

    async def _send_one(self, agreed: int | None) -> None:
        place = self._place
        model, order = place.desk.model, await self._order()
        if model is None or order is None:
            return
        if not place.studio.connection.has_key:
            place.enter_key()
            return
        asked = confirm.question(place, order, self._sent, other_price=agreed)
        if asked is None or (agreed == order.total and not asked.unmet):
            await self._send(order)
            return
        place.showing.forget_remark()
        choices = [Choice(asked.send, partial(self._send, order))] if asked.send else []
        choices += [Choice(words, partial(self._instead, answer)) for words, answer in asked.others]
        place.ask(asked.words, partial(self._send, order), choices=choices)

    async def _instead(self, answer: Suggestion) -> None:
        """Take `answer`, whose price was on it, and send that; ask again if more is to be said."""
        await self._place.picking.give(answer)
        await self.send(agreed=answer.points)

    async def plan(self) -> None:
        """What the wish would be in steps, before anything is sent: where it is about several
        things, and where somebody wants it so (a series has a master picture first)."""
        from ima_tui.tui.workflow.navigation import plan_wish

        place = self._place
        await place.catch_up()
        if self.is_too_early(self._kinds()):
            return
        why_not = await plan_wish(place.ima, place.prompt.text, place.desk.attached)
        if why_not:
            place.showing.remark(why_not, "bad")

    async def _order(self) -> Order | None:
        """The order as it stands; None, and the keys where something is missing."""
        place = self._place
        model, draft = place.desk.model, place.desk.draft
        if model is None or draft is None:
            place.showing.forget_remark()  # why there is no list is said instead
            return None
        if place.showing.offer.problem is not None:
            place.form.reveal(next(iter(place.showing.offer.at_fault), ""))
            return None
        draft = replace(draft, prompt=words_of(place.prompt.text, place.desk))
        try:
            order, _ = drafting.finish(model, draft)
        except UsageError as problem:
            self._point_at(problem)
            return None
        if not order.inputs:
            return order
        facts = await place.inputs.settle()
        if facts is None:
            place.showing.remark(say("compose.input_bad"), "bad")
            return None
        sources = tuple(one.source for one in facts)
        return replace(order, inputs=place.desk.ordered(sources))

    def _point_at(self, problem: UsageError) -> None:
        """Say what is missing, and give the keys to the field that lacks it."""
        if problem.key.startswith("error.inputs"):
            self._place.inputs.focus_empty()
        else:
            self._place.prompt.focus()
        self._place.showing.remark(say(problem.key, **problem.values), "bad")

    def _point_at_question(self) -> None:
        """The number of an answer is enough now."""
        self._place.query_one(IntentSummary).focus()
        self._place.showing.remark(say("compose.answer_first"), "warn")

    async def _send(self, order: Order) -> None:
        place = self._place
        old, place.desk.replaces = place.desk.replaces, None
        try:
            job = await job_actions.submit(place.studio, order, in_place_of=old)
        except KeyMissing:
            place.desk.replaces = old
            place.enter_key()
            return
        except ImaError as error:
            if error.key != "error.no_longer_unsent":
                place.desk.replaces = old  # sent once more, it must not become a second job
            place.showing.remark(say(error.key, **error.values), "bad")
            return
        self._sent = order
        remembered = await place.memory.after_sending()
        await self.begin_next()
        key = "compose.sent" if old is None else "compose.sent_instead"
        words = say(key, number=job.id, points=order.total, old=old or 0)
        place.showing.remark("  ".join((words, *remembered)), "ok")
        if place.studio.settings.after_send == "queue":
            await place.ima.show_job(job.id)

    async def begin_next(self) -> None:
        """What was sent is in the queue: an empty prompt, so that the next one can be typed at
        once; unless the person likes to go on from it."""
        place = self._place
        if place.studio.settings.after_send != "keep":
            await place.begin_anew()
        await place.drawer.was_sent()
