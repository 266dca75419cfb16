"""One step of a plan, changed where it stands: its words, its model, its settings, its price."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from ima_tui import drafting
from ima_tui.desk import MODEL, Desk
from ima_tui.domain import Leaf
from ima_tui.drafting import Offer
from ima_tui.messages import say
from ima_tui.plan.pricing import price_step
from ima_tui.plan.steps import Step
from ima_tui.text import clean, encodable
from ima_tui.tui import choosing, planrows, styles
from ima_tui.tui.widgets.fieldlines import Picked, Pressed
from ima_tui.tui.widgets.form import Form, hint
from ima_tui.tui.widgets.lines import BottomLine, Part, Rule
from ima_tui.tui.widgets.pricebar import PriceBar, Said
from ima_tui.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from ima_tui.tui.app import ImaApp


class StepScreen(ModalScreen[Step | None]):
    """Gives back the changed step, or None."""

    CSS_PATH = styles.path("step")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,f9", "take", "bind.plan_take", priority=True, id="step.take"),
        Binding("escape", "give_up", "bind.plan_leave", priority=True, id="step.close"),
        Binding("ctrl+l", "choose_model", "bind.compose_model", id="step.model"),
    ]

    def __init__(self, step: Step, leaf: Leaf | None) -> None:
        super().__init__()
        self.step = step
        self.desk = Desk(step.task_type)
        if leaf is not None:
            self.desk.leaf = leaf
            self.desk.draft = planrows.draft_of(step)
        self._offer = Offer()

    @property
    def ima(self) -> ImaApp:
        return cast("ImaApp", self.app)

    def compose(self) -> ComposeResult:
        kind = say(f"task.{self.step.task_type}")
        with Vertical(id="step"):
            title = say("workflow.change_step", id=self.step.id, kind=kind)
            yield Static(Content(title), id="step-title")
            yield Prompt(widget_id="step-prompt")
            yield Rule()
            yield Form(widget_id="form")
            yield Said(widget_id="said")
            yield PriceBar(widget_id="price")
        yield BottomLine()

    async def on_mount(self) -> None:
        prompt = self.query_one(Prompt)
        prompt.text = self.step.prompt
        prompt.move_cursor(prompt.document.end)
        prompt.focus()
        await self._show()

    async def _show(self) -> None:
        desk, page, studio = self.desk, self.query_one(Form), self.ima.studio
        self._offer = desk.offer(studio.offer.leaves(desk.kind))
        page.model.show(*choosing.model_line(studio, desk.kind, desk.leaf, self.ima.glyphs))
        rows = drafting.rows(desk.leaf, desk.draft) if desk.leaf and desk.draft else ()
        await page.show(rows, desk.leaf, desk.draft, self._offer.at_fault, _nobody)
        self.query_one(PriceBar).show(desk.leaf, self._offer)
        self._speak()

    def _speak(self) -> None:
        problem, remark, said = self._offer.problem, self.desk.remark, self.query_one(Said)
        if problem is not None:
            said.say(say(problem.key, **drafting.spoken(self.desk.leaf, problem)), "bad")
        elif remark is not None:
            said.say(say(remark.key, **remark.values), "warn")
        else:
            said.say(hint(self.focused), "muted")

    def on_descendant_focus(self) -> None:
        self._speak()

    # ------------------------------------------------------------------------------ the person

    async def on_picked(self, event: Picked) -> None:
        self.desk.set(event.name, event.value, typed=event.typed)
        await self._show()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        self._speak()

    def on_pressed(self, event: Pressed) -> None:
        if event.name == MODEL:
            self.action_choose_model()

    def action_choose_model(self) -> None:
        leaves = self.ima.studio.offer.leaves(self.desk.kind)

        async def chosen(number: int | None) -> None:
            if number is not None:
                self.desk.take(leaves[number])
                await self._show()

        if leaves:
            studio, signs = self.ima.studio, self.ima.glyphs
            chooser = choosing.models(studio, self.desk.kind, self.desk.leaf, signs)
            self.app.push_screen(chooser, chosen)

    def action_take(self) -> None:
        """The step as it stands here, where it can be had."""
        leaf, draft = self.desk.leaf, self.desk.draft
        if leaf is None or draft is None or self._offer.problem is not None:
            self.query_one(Form).reveal(next(iter(self._offer.at_fault), ""))
            return
        words = encodable(clean(self.query_one(Prompt).text)).strip()
        changed = planrows.step_of(self.step, leaf, replace(draft, prompt=words))
        priced = price_step(changed, {leaf.task_type: (leaf,)})
        if priced.problem is not None:
            told = drafting.spoken(leaf, priced.problem)
            self.query_one(Said).say(say(priced.problem.key, **told), "bad")
            return
        self.dismiss(priced.step)

    def action_give_up(self) -> None:
        self.dismiss(None)


def _nobody(control: str) -> tuple[list[Part], bool]:
    """Of a step nothing is read: every part stands where somebody put it."""
    return [], False
