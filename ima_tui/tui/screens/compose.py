"""Compose: say what you want, see what it costs, send it.

What is being shaped lies on the `Desk`; the screen shows it and hears the person. Typing in the
prompt draws nothing anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import TextArea

from ima_tui import drafting
from ima_tui.desk import INPUTS, KIND, MODEL, Desk
from ima_tui.domain import Leaf, Order, TaskType
from ima_tui.drafting import Offer
from ima_tui.errors import ImaError, KeyMissing, UsageError
from ima_tui.inputs import InputFacts
from ima_tui.messages import say
from ima_tui.tui import choosing, pricing, styles, verbs
from ima_tui.tui.news import News
from ima_tui.tui.screens.place import Place
from ima_tui.tui.widgets.fieldlines import Picked, Pressed
from ima_tui.tui.widgets.form import Form, hint
from ima_tui.tui.widgets.inputs import Inputs, InputsChanged
from ima_tui.tui.widgets.lines import Rule
from ima_tui.tui.widgets.pricebar import PriceBar, Said
from ima_tui.tui.widgets.prompt import Prompt
from ima_tui.tui.widgets.question import Question
from ima_tui.tui.widgets.reading import Reading

if TYPE_CHECKING:
    from ima_tui.intent.reading import Decision

Route = Callable[..., "Decision"]


AFTER_FIRST_PAINT = 0.15
"""Seconds: the vocabulary is read when the screen already stands."""


class ComposeScreen(Place):
    """The draft stays when it was sent: the next picture is often almost the same."""

    PLACE = "compose"
    HOME = "#kind"
    CSS_PATH = styles.path("compose")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "send", "bind.compose_send", id="compose.send"),
        Binding("f9,ctrl+enter", "send", "bind.compose_send", show=False, id="compose.send_too"),
        Binding("ctrl+l", "choose_model", "bind.compose_model", id="compose.model"),
        Binding("ctrl+t", "choose_kind", "bind.compose_kind", id="compose.kind"),
        Binding("ctrl+o", "inputs", "bind.compose_inputs", id="compose.inputs"),
        Binding("ctrl+r", "refresh", "bind.compose_refresh", show=False, id="compose.refresh"),
        Binding("ctrl+g", "key", "bind.compose_key", show=False, id="compose.key"),
        Binding("i", "app.focus('prompt')", "bind.compose_write", show=False, id="compose.write"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self._offer = Offer()
        self._note = ("", "")
        """What happened last, and the role it is said in."""
        self._sent: Order | None = None
        self._route: Route | None = None
        self._decision: Decision | None = None

    def body(self) -> ComposeResult:
        with Container(id="desk"):
            with Vertical(id="wish"):
                yield Prompt(widget_id="prompt")
                yield Reading(widget_id="reading")
                yield Inputs(self._look_at, widget_id="inputs")
            yield Rule()
            yield Form(widget_id="form")
        yield Rule()
        yield Said(widget_id="said")
        yield PriceBar(widget_id="price")

    async def on_mount(self) -> None:
        self.query_one(Prompt).focus()
        await self.reload()
        self.set_timer(AFTER_FIRST_PAINT, self._begin_to_read, name="begin to read")
        if not self.studio.connection.has_key and not self.studio.settings.profile:
            self.call_after_refresh(self.action_key)

    # ------------------------------------------------------------------ what comes from outside

    async def heard(self, news: News) -> None:
        if self.desk.kind in news.lists or news.preferences:
            if self._note == self._asking_again():
                self._note = ("", "")
            await self.reload()

    async def reload(self) -> None:
        kind = self.desk.kind
        self.desk.catch_up(self.studio.offer.leaves(kind), self.studio.offer.suggested(kind))
        await self._show()

    def _begin_to_read(self) -> None:
        self.run_worker(self._learn_to_read(), name="learn to read", group="reading")

    async def _learn_to_read(self) -> None:
        """The vocabulary takes a moment to load, which no key should have to wait for."""
        self._route = await asyncio.to_thread(_reader)
        await self._read()

    async def _read(self) -> None:
        """Read the wish as it stands, and follow it where nothing was chosen by hand."""
        text = self.query_one(Prompt).text
        if not text.strip():
            self.desk.begin_anew()
        if self._route is None:
            return
        studio, draft = self.studio, self.desk.draft
        attached = draft.inputs if draft and self.desk.kind.takes_inputs else ()
        lists = {kind: studio.offer.leaves(kind) for kind in TaskType}
        decision = (
            self._route(text, attached, lists, studio.wishes.preferred()) if text.strip() else None
        )
        if decision == self._decision:
            return
        self._decision = decision
        meant = decision.task_type if decision and decision.task_type else self.desk.kind
        self.desk.hear(decision, studio.offer.suggested(meant))
        await self._show()
        self.query_one(Reading).show(self.desk, decision)

    def load_order(self, order: Order, replaces: int | None = None) -> None:
        """Fill the screen with what `order` was made of."""
        prompt = self.query_one(Prompt)
        prompt.text = order.prompt
        prompt.move_cursor(prompt.document.end)
        self.desk.recall(order, replaces)
        self.desk.pin(KIND, MODEL, INPUTS, *(name for name, _ in order.parameters))
        self.call_next(self.reload)

    def load_leaf(self, leaf: Leaf) -> None:
        """Compose with `leaf`; what was shaped so far comes along as far as it fits."""
        self.desk.take(leaf)
        self.desk.pin(KIND, MODEL)
        self.call_next(self._show)

    async def _look_at(self, source: str) -> InputFacts:
        leaf = self.desk.leaf
        if leaf is None:
            raise UsageError("error.no_models")
        return (await self.studio.inspect_inputs(leaf, (source,)))[0]

    # ---------------------------------------------------------------------------- what is shown

    async def _show(self) -> None:
        """Show the desk; each widget repaints only what differs."""
        desk, page = self.desk, self.query_one(Form)
        before, self._offer = self._offer, desk.offer(self.studio.offer.leaves(desk.kind))
        if before != self._offer and (question := self.query_one(Question)).asking:
            question.action_no()  # what it asked no longer holds
        page.kind.show(*choosing.kind_line(self.studio, desk.kind, self.ima.glyphs))
        page.model.show(*choosing.model_line(self.studio, desk.kind, desk.leaf, self.ima.glyphs))
        rows = drafting.rows(desk.leaf, desk.draft) if desk.leaf and desk.draft else ()
        await page.show(rows, desk.leaf, desk.draft, self._offer.at_fault)
        inputs = desk.draft.inputs if desk.draft else ()
        await self.query_one(Inputs).show(partial(drafting.roles_on, desk.leaf), inputs)
        self.query_one(PriceBar).show(desk.leaf, self._offer)
        self._speak()

    def _speak(self) -> None:
        """One sentence: what is wrong, else what happened, else what the field is about."""
        desk, problem, remark = self.desk, self._offer.problem, self.desk.remark
        if problem is not None:
            words, role = say(problem.key, **drafting.spoken(desk.leaf, problem)), "bad"
        elif self._note[0]:
            words, role = self._note
        elif remark is not None:
            words, role = say(remark.key, **remark.values), "warn"
        elif desk.replaces is not None:
            words, role = say("compose.replaces", id=desk.replaces), "warn"
        elif desk.leaf is None:
            words, role = choosing.way_to_a_list(self.studio.offer.lists[desk.kind]), "muted"
        else:
            words, role = hint(self.focused), "muted"
        self.query_one(Said).say(words, role)

    def _remark(self, words: str, role: str) -> None:
        self._note = (words, role)
        self._speak()

    def on_descendant_focus(self) -> None:
        self._speak()

    # -------------------------------------------------------------------- what the person does

    async def on_picked(self, event: Picked) -> None:
        self._note = ("", "")
        self.desk.set(event.name, event.value, typed=event.typed)
        self.desk.pin(event.name)
        await self._show()

    def on_inputs_changed(self, event: InputsChanged) -> None:
        self.desk.feed(event.inputs)
        self.desk.pin(INPUTS)
        self._remark("", "")

    async def on_text_area_changed(self, event: TextArea.Changed) -> None:
        if self._note[0]:
            self._remark("", "")
        await self._read()

    def on_pressed(self, event: Pressed) -> None:
        {"kind": self.action_choose_kind, "model": self.action_choose_model}[event.name]()

    def action_choose_kind(self) -> None:
        async def chosen(number: int | None) -> None:
            if number is not None:
                self.desk.turn_to(list(TaskType)[number])
                self.desk.pin(KIND)
                await self.reload()

        self.app.push_screen(choosing.kinds(self.studio, self.desk.kind), chosen)

    def action_choose_model(self) -> None:
        leaves = self.studio.offer.leaves(self.desk.kind)

        async def chosen(number: int | None) -> None:
            if number is not None:
                self._note = ("", "")
                self.desk.take(leaves[number])
                self.desk.pin(KIND, MODEL)
                await self._show()

        if leaves:
            chooser = choosing.models(self.studio, self.desk.kind, self.desk.leaf, self.ima.glyphs)
            self.app.push_screen(chooser, chosen)

    def action_inputs(self) -> None:
        if self.desk.kind.takes_inputs:
            self.query_one(Inputs).focus_empty()
        else:
            self._remark(say("compose.no_inputs", kind=choosing.kind_name(self.desk.kind)), "muted")

    def action_refresh(self) -> None:
        self._remark(*self._asking_again())
        refresh = self.studio.offer.refresh(self.desk.kind)
        self.run_worker(refresh, name="ask again", group="lists", exit_on_error=False)

    def _asking_again(self) -> tuple[str, str]:
        return say("compose.asking_again"), "muted"

    def action_key(self) -> None:
        from ima_tui.tui.screens.welcome import WelcomeScreen

        self.app.push_screen(WelcomeScreen())

    # ----------------------------------------------------------------------------------- sending

    async def action_send(self) -> None:
        """Check, ask where it could be a slip, and hand the order over."""
        leaf = self.desk.leaf
        order = await self._order()
        if not self.studio.connection.has_key and (order or leaf is None):
            self.action_key()  # without a key there is no list, and so no leaf either
            return
        if leaf is None or order is None:
            return
        limit = self.studio.settings.ask_above
        words = pricing.question(leaf, order, self._offer, limit, self._sent)
        if words:
            self.ask(words, partial(self._send, order))
        else:
            await self._send(order)

    async def _order(self) -> Order | None:
        """The order as it stands; None, and the keys where something is missing."""
        leaf, draft, form = self.desk.leaf, self.desk.draft, self.query_one(Form)
        if leaf is None or draft is None:
            return None
        if self._offer.problem is not None:
            form.reveal(next(iter(self._offer.at_fault), ""))
            return None
        draft = replace(draft, prompt=self._words())
        try:
            order, _ = drafting.finish(leaf, draft)
        except UsageError as problem:
            self._point_at(problem)
            return None
        if not order.inputs:
            return order
        facts = await self.query_one(Inputs).settle()
        if facts is None:
            self._remark(say("compose.input_bad"), "bad")
            return None
        return replace(order, inputs=tuple(one.source for one in facts))

    def _words(self) -> str:
        """What goes out: of a wish for speech, only the words to be spoken."""
        text, decision = self.query_one(Prompt).text, self._decision
        if decision is not None and decision.spoken and self.desk.kind is TaskType.TEXT_TO_SPEECH:
            start, end = decision.spoken
            return text[start:end]
        return text

    def _point_at(self, problem: UsageError) -> None:
        """Say what is missing, and give the keys to the field that lacks it."""
        if problem.key.startswith("error.inputs"):
            self.query_one(Inputs).focus_empty()
        else:
            self.query_one(Prompt).focus()
        self._remark(say(problem.key, **problem.values), "bad")

    async def _send(self, order: Order) -> None:
        old, self.desk.replaces = self.desk.replaces, None
        try:
            job = await verbs.submit(self.studio, order, in_place_of=old)
        except KeyMissing:
            self.action_key()
            return
        except ImaError as error:
            self._remark(say(error.key, **error.values), "bad")
            return
        self._sent = order
        key = "compose.sent" if old is None else "compose.sent_instead"
        self._remark(say(key, number=job.id, points=order.total, old=old or 0), "ok")
        if self.studio.settings.after_send == "queue":
            await self.ima.show_job(job.id)


def _reader() -> Route:
    """The router with its vocabulary loaded: a tenth of a second, off the event loop."""
    from ima_tui.intent.route import route

    route("")
    return route
