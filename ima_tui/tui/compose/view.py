"""What Compose shows of its desk: every widget is told, and repaints only what differs; and the one
sentence above the price."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ima_tui.compose import draft, parameter_names, suggestions
from ima_tui.compose.apply_intent import COUNT
from ima_tui.compose.composer import KIND, MODEL
from ima_tui.compose.draft import DraftPrice
from ima_tui.compose.highlights import marks
from ima_tui.compose.suggestions import OpenQuestion, PreferenceSwitch
from ima_tui.core.domain import TaskType
from ima_tui.i18n import say
from ima_tui.intent.intent import RequestKind
from ima_tui.studio.guides import Document
from ima_tui.tui.compose import origins
from ima_tui.tui.compose.intent_summary import IntentSummary, Row, joined
from ima_tui.tui.compose.price_neighbours import PriceNeighbours
from ima_tui.tui.keys import actions
from ima_tui.tui.shell import model_picker
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.widgets.form import hint
from ima_tui.tui.widgets.price_bar import DraftMessage, PriceBar

if TYPE_CHECKING:
    from ima_tui.tui.compose.screen import ComposeScreen


class ComposeView:
    """`offer`, `askings` and `switch` are what is shown now."""

    def __init__(self, place: ComposeScreen) -> None:
        self._place = place
        self.offer = DraftPrice()
        self.askings: tuple[OpenQuestion, ...] = ()
        self.switch: PreferenceSwitch | None = None
        self._note = ("", "")
        """What happened last, and the role it is said in."""

    def tell_price(self) -> None:
        place = self._place
        steps = place.outline.total if place.desk.in_steps else None
        bar = place.query_one(PriceBar)
        bar.show(place.desk.model, self.priced, place.many.several, steps)

    @property
    def priced(self) -> DraftPrice:
        """What the price bar tells: nothing while a question is open, for nobody knows yet what is
        made; nothing of a prompt in steps, for the plan does."""
        return DraftPrice() if self._place.desk.in_steps or self.blocked else self.offer

    @property
    def blocked(self) -> bool:
        """Whether a question is open that has to be answered first."""
        return any(asking.blocks for asking in self.askings)

    async def all(self) -> None:
        place, desk, page = self._place, self._place.desk, self._place.form
        studio, signs = place.studio, place.ima.glyphs
        lists = {kind: studio.catalogue.models(kind) for kind in TaskType}
        before = (self.offer, self.askings)
        self.offer, self.askings = desk.offer(lists[desk.kind]), suggestions.askings(desk, lists)
        question = place.query_one(ConfirmBar)
        if question.asking and before != (self.offer, self.askings):
            question.action_no()  # what it asked no longer holds
        self.switch = suggestions.switch(desk, studio.preferences.model_id(desk.kind))
        page.kind.show(*model_picker.kind_line(studio, desk.kind, signs))
        page.model.show(*model_picker.model_line(studio, desk.kind, desk.model, signs))
        place.prompt.show_marks(marks(desk), partial(origins.role, kind=desk.kind))
        place.query_one(IntentSummary).show(
            desk, self._told(), self.askings, self.switch, self._guide_names()
        )
        place.outline.look()
        self.tell_price()
        place.query_one(PriceNeighbours).show(desk.model, desk.draft, signs)
        place.drawer.soon()
        rows = draft.rows(desk.model, desk.draft) if desk.model and desk.draft else ()
        origin = partial(origins.tail, desk, place.prompt.text)
        await page.show(rows, desk.model, desk.draft, self.offer.at_fault, origin)
        if place.stands:
            await place.inputs.show(desk.roles, desk.draft.inputs if desk.draft else (), desk.model)
            self.speak()

    def guides(self, *, everything: bool = False) -> tuple[Document, ...]:
        """The guides that matter for the wish; behind them (`everything`) all the others."""
        place, knowledge = self._place, self._place.studio.guides
        decision = place.desk.decision
        found = knowledge.documents(place.prompt.text, decision) if decision is not None else ()
        rest = tuple(each for each in knowledge.all if each not in found) if everything else ()
        return (*found, *rest)

    def _guide_names(self) -> tuple[str, ...]:
        return tuple(say(f"guides.{document.topic.name.lower()}") for document in self.guides())

    def _told(self) -> Row:
        """What stands for the reading where more, or less, than one thing is to be made."""
        decision = self._place.desk.decision
        if decision is None:
            return []
        if decision.kind is RequestKind.PREFERENCE:
            return [[(self._place.memory.meant(decision), "info")]]
        if not decision.steps:
            return []
        key = actions.key_of(self._place.ima.screen, "compose.send")
        arrow = self._place.ima.glyphs.right
        steps = [(say(f"task.{step.task_type.value}"), "warn") for step in decision.steps]
        return [[(say("compose.reads_steps", send=key), "warn")], *joined(steps, arrow)]

    def speak(self) -> None:
        """One sentence: what is wrong, else what happened, else what the field is about."""
        desk, problem, remark = self._place.desk, self.offer.problem, self._place.desk.remark
        if problem is not None:
            words, role = say(problem.key, **draft.spoken(desk.model, problem)), "bad"
        elif self._note[0]:
            words, role = self._note
        elif remark is not None:
            words, role = say(remark.key, **remark.values), "warn"
        elif desk.replaces is not None:
            words, role = say("compose.replaces", id=desk.replaces), "warn"
        elif desk.model is None:
            lists = self._place.studio.catalogue.lists
            words, role = model_picker.way_to_a_list(lists[desk.kind]), "muted"
        elif pinned := self._pinned():
            words, role = say("compose.pinned", what=pinned), "info"
        elif self._place.many.could_be:
            words, role = say("compose.by_lines_hint"), "muted"
        else:
            words, role = hint(self._place.focused), "muted"
        self._place.query_one(DraftMessage).say(words, role)

    def _pinned(self) -> str:
        """What was chosen by hand for the last prompt, while the next one is not begun."""
        place, desk = self._place, self._place.desk
        if place.prompt.text.strip() or desk.model is None or desk.draft is None:
            return ""
        told = [model_picker.kind_name(desk.kind)] if KIND in desk.kept else []
        told += [desk.model.name] if MODEL in desk.kept else []
        told += [
            parameter_names.value(name, value)
            for name, value in desk.draft.chosen
            if name in desk.kept
        ]
        told += [f"×{desk.draft.n}"] if COUNT in desk.kept else []
        told += [say("compose.pinned_lines")] if place.by_lines else []
        return say("compose.list_comma").join(told)

    def remark(self, words: str, role: str) -> None:
        self._note = (words, role)
        self.speak()

    def forget_remark(self, only: str = "") -> None:
        """What happened is over (`only`: if it is that)."""
        if self._note[0] and only in ("", self._note[0]):
            self.remark("", "")
