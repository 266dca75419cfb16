"""Sending: what stands on the desk is checked, asked about where it could be a slip, and handed
over. For the Compose place, as `verbs` is for the queue."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ima_tui import drafting
from ima_tui.domain import Order
from ima_tui.errors import ImaError, KeyMissing, UsageError
from ima_tui.intent.reading import Kind
from ima_tui.messages import say
from ima_tui.several import words_of
from ima_tui.tui import pricing, verbs

if TYPE_CHECKING:
    from ima_tui.tui.screens.compose import ComposeScreen


class Dispatch:
    """Remembers what was sent last: the same once more is asked about."""

    def __init__(self, place: ComposeScreen) -> None:
        self._place = place
        self._sent: Order | None = None

    async def send(self) -> None:
        place = self._place
        leaf = place.desk.leaf
        if (decision := place.desk.decision) is not None and decision.kind is Kind.PREFERENCE:
            await place.memory.alone(decision)
            return
        if place.many.is_several:
            await place.many.send()
            return
        if place.desk.in_steps:
            await self.plan()
            return
        if any(asking.blocks for asking in place.showing.askings):
            place.showing.remark(say("compose.answer_first"), "bad")
            return
        order = await self._order()
        if not place.studio.connection.has_key and (order or leaf is None):
            place.enter_key()  # without a key there is no list, and so no leaf either
            return
        if leaf is None or order is None:
            return
        limit = place.studio.settings.ask_above
        words = pricing.question(leaf, order, place.showing.offer, limit, self._sent)
        if words:
            place.ask(words, partial(self._send, order))
        else:
            await self._send(order)

    async def plan(self) -> None:
        """What the wish would be in steps, before anything is sent: where it is about several
        things, and where somebody wants it so (a series has a master picture first)."""
        from ima_tui.tui.planning import plan_wish

        place = self._place
        steps = place.desk.decision.steps if place.desk.decision is not None else ()
        lists = place.studio.offer.lists
        if any(lists[step.task_type].as_of is None for step in steps):
            place.showing.remark(say("compose.fetching"), "muted")
            return
        why_not = await plan_wish(place.ima, place.prompt.text, place.desk.attached)
        if why_not:
            place.showing.remark(why_not, "bad")

    async def _order(self) -> Order | None:
        """The order as it stands; None, and the keys where something is missing."""
        place = self._place
        leaf, draft = place.desk.leaf, place.desk.draft
        if leaf is None or draft is None:
            return None
        if place.showing.offer.problem is not None:
            place.form.reveal(next(iter(place.showing.offer.at_fault), ""))
            return None
        draft = replace(draft, prompt=words_of(place.prompt.text, place.desk))
        try:
            order, _ = drafting.finish(leaf, draft)
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

    async def _send(self, order: Order) -> None:
        place = self._place
        old, place.desk.replaces = place.desk.replaces, None
        try:
            job = await verbs.submit(place.studio, order, in_place_of=old)
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
        await place.drawer.was_sent()
        key = "compose.sent" if old is None else "compose.sent_instead"
        words = say(key, number=job.id, points=order.total, old=old or 0)
        place.showing.remark("  ".join((words, *remembered)), "ok")
        if place.studio.settings.after_send == "queue":
            await place.ima.show_job(job.id)
