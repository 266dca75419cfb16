"""Compose: say what you want, see what it costs, send it.

What is being shaped lies on the `Desk`; the screen shows it and hears the person. Typing in the
prompt draws nothing anew.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import TextArea

from ima_tui import drafting
from ima_tui.desk import INPUTS, KIND, MODEL, Desk
from ima_tui.domain import Leaf, Order, TaskType
from ima_tui.drafting import Offer
from ima_tui.errors import UsageError
from ima_tui.inputs import InputFacts
from ima_tui.marks import marks
from ima_tui.messages import say
from ima_tui.tui import choosing, origins, styles
from ima_tui.tui.dispatch import Dispatch
from ima_tui.tui.news import News
from ima_tui.tui.reader import Reader
from ima_tui.tui.screens.place import Place
from ima_tui.tui.widgets.fieldlines import Picked, Pressed
from ima_tui.tui.widgets.form import Form, control_of, hint
from ima_tui.tui.widgets.inputs import Inputs, InputsChanged
from ima_tui.tui.widgets.lines import Rule
from ima_tui.tui.widgets.pricebar import PriceBar, Said
from ima_tui.tui.widgets.prompt import Prompt
from ima_tui.tui.widgets.question import Question
from ima_tui.tui.widgets.reading import Reading

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
        self.offer = Offer()
        self.dispatch = Dispatch(self)
        self.reader: Reader
        self._note = ("", "")
        """What happened last, and the role it is said in."""
        self._is_empty = True

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

    @property
    def prompt(self) -> Prompt:
        return self.query_one(Prompt)

    @property
    def form(self) -> Form:
        return self.query_one(Form)

    @property
    def inputs(self) -> Inputs:
        return self.query_one(Inputs)

    async def on_mount(self) -> None:
        self.reader = Reader(self.studio)
        self.prompt.focus()
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
        async def learn() -> None:
            await self.reader.learn()
            await self.read()

        self.run_worker(learn(), name="learn to read", group="reading")

    async def read(self, *, anew: bool = False) -> None:
        """Read the wish as it stands, and follow it where nothing was chosen by hand. `anew`:
        something else than the words is different."""
        text = self.prompt.text
        was_empty, self._is_empty = self._is_empty, not text.strip()
        if self._is_empty and not was_empty:
            self.desk.begin_anew()
        decision = self.reader.read(text, self.desk)
        if decision == self.desk.decision and not anew:
            return
        meant = decision.task_type if decision and decision.task_type else self.desk.kind
        self.desk.hear(decision, self.studio.offer.suggested(meant))
        await self._show()

    def load_order(self, order: Order, replaces: int | None = None) -> None:
        """Fill the screen with what `order` was made of."""
        prompt = self.prompt
        prompt.text = order.prompt
        prompt.move_cursor(prompt.document.end)
        self.desk.recall(order, replaces)
        self.desk.pin(KIND, MODEL, INPUTS, *(name for name, _ in order.parameters))
        self.call_next(self._take_over)

    def load_leaf(self, leaf: Leaf) -> None:
        """Compose with `leaf`; what was shaped so far comes along as far as it fits."""
        self.desk.take(leaf)
        self.desk.pin(KIND, MODEL)
        self.call_next(self._take_over)

    async def _take_over(self) -> None:
        await self.reload()
        await self.read(anew=True)

    async def _look_at(self, source: str) -> InputFacts:
        leaf = self.desk.leaf
        if leaf is None:
            raise UsageError("error.no_models")
        return (await self.studio.inspect_inputs(leaf, (source,)))[0]

    # ---------------------------------------------------------------------------- what is shown

    async def _show(self) -> None:
        """Show the desk; each widget repaints only what differs."""
        desk, page, text = self.desk, self.form, self.prompt.text
        before, self.offer = self.offer, desk.offer(self.studio.offer.leaves(desk.kind))
        if before != self.offer and (question := self.query_one(Question)).asking:
            question.action_no()  # what it asked no longer holds
        page.kind.show(*choosing.kind_line(self.studio, desk.kind, self.ima.glyphs))
        page.model.show(*choosing.model_line(self.studio, desk.kind, desk.leaf, self.ima.glyphs))
        rows = drafting.rows(desk.leaf, desk.draft) if desk.leaf and desk.draft else ()
        origin = partial(origins.tail, desk, text)
        await page.show(rows, desk.leaf, desk.draft, self.offer.at_fault, origin)
        inputs = desk.draft.inputs if desk.draft else ()
        await self.inputs.show(desk.roles, inputs)
        self.prompt.show_marks(marks(desk), partial(origins.role, kind=desk.kind))
        self.query_one(Reading).show(desk)
        self.query_one(PriceBar).show(desk.leaf, self.offer)
        self._speak()

    def _speak(self) -> None:
        """One sentence: what is wrong, else what happened, else what the field is about."""
        desk, problem, remark = self.desk, self.offer.problem, self.desk.remark
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

    def remark(self, words: str, role: str) -> None:
        self._note = (words, role)
        self._speak()

    def on_descendant_focus(self) -> None:
        self.prompt.point_at(control_of(self.focused))
        self._speak()

    # -------------------------------------------------------------------- what the person does

    async def on_picked(self, event: Picked) -> None:
        self._note = ("", "")
        if event.value is None and not event.typed:
            self.desk.unpin(event.name)
            await self.read(anew=True)
            return
        self.desk.set(event.name, event.value, typed=event.typed)
        self.desk.pin(event.name)
        await self._show()

    async def on_inputs_changed(self, event: InputsChanged) -> None:
        self.desk.feed(event.inputs)
        self.desk.pin(INPUTS)
        self.remark("", "")
        await self.read(anew=True)

    async def on_text_area_changed(self, event: TextArea.Changed) -> None:
        if self._note[0]:
            self.remark("", "")
        await self.read()

    def on_pressed(self, event: Pressed) -> None:
        {"kind": self.action_choose_kind, "model": self.action_choose_model}[event.name]()

    def action_choose_kind(self) -> None:
        async def chosen(number: int | None) -> None:
            if number is not None:
                self.desk.turn_to(list(TaskType)[number])
                self.desk.pin(KIND)
                await self.reload()
                await self.read(anew=True)

        self.app.push_screen(choosing.kinds(self.studio, self.desk.kind), chosen)

    def action_choose_model(self) -> None:
        leaves = self.studio.offer.leaves(self.desk.kind)

        async def chosen(number: int | None) -> None:
            if number is not None:
                self._note = ("", "")
                self.desk.take(leaves[number])
                self.desk.pin(KIND, MODEL)
                await self.read(anew=True)

        if leaves:
            chooser = choosing.models(self.studio, self.desk.kind, self.desk.leaf, self.ima.glyphs)
            self.app.push_screen(chooser, chosen)

    def action_inputs(self) -> None:
        if self.desk.kind.takes_inputs:
            self.inputs.focus_empty()
        else:
            self.remark(say("compose.no_inputs", kind=choosing.kind_name(self.desk.kind)), "muted")

    def action_refresh(self) -> None:
        self.remark(*self._asking_again())
        refresh = self.studio.offer.refresh(self.desk.kind)
        self.run_worker(refresh, name="ask again", group="lists", exit_on_error=False)

    def _asking_again(self) -> tuple[str, str]:
        return say("compose.asking_again"), "muted"

    def action_key(self) -> None:
        from ima_tui.tui.screens.welcome import WelcomeScreen

        self.app.push_screen(WelcomeScreen())

    async def action_send(self) -> None:
        await self.dispatch.send()
