"""Update the widgets of Compose, and the one sentence above the price, from the composer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ima_tui.catalogue.form import COUNT
from ima_tui.compose import draft, parameter_names, preference_prompts
from ima_tui.compose.composer import KIND, MODEL
from ima_tui.compose.draft import DraftPrice, FormRow
from ima_tui.compose.preference_prompts import PreferenceSwitch
from ima_tui.compose.prices import price_of
from ima_tui.compose.prompt_text import lyrics_of, marks, unmet
from ima_tui.core.domain import TaskType
from ima_tui.i18n import listed, say
from ima_tui.intent.kinds import RequestKind
from ima_tui.studio.guides import Document
from ima_tui.tui.compose import intent_summary
from ima_tui.tui.compose.intent_summary import IntentSummary, Row, joined
from ima_tui.tui.keys import actions
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.widgets import model_text
from ima_tui.tui.widgets.form import hint
from ima_tui.tui.widgets.price_bar import DraftMessage, PriceBar

if TYPE_CHECKING:
    from ima_tui.compose.preference_prompts import PreferencePrompts
    from ima_tui.compose.suggestions import OpenQuestion
    from ima_tui.tui.compose.draft_screen import DraftScreen
    from ima_tui.tui.compose.history import DraftHistory
    from ima_tui.tui.compose.previews import MultiPromptPane, WorkflowPreview


class ComposeView:
    """`draft_price`, `askings` and `switch` are what is shown now."""

    def __init__(
        self,
        screen: DraftScreen,
        lines: MultiPromptPane,
        preview: WorkflowPreview,
        preferences: PreferencePrompts,
        history: DraftHistory,
    ) -> None:
        self._screen = screen
        self._lines = lines
        self._preview = preview
        self._preferences = preferences
        self._history = history
        self.draft_price = DraftPrice()
        self.askings: tuple[OpenQuestion, ...] = ()
        self.switch: PreferenceSwitch | None = None

    def show_price(self) -> None:
        """Show the price of the draft, of all prompts or of the workflow."""
        screen = self._screen
        steps = self._preview.total if screen.composer.in_steps else None
        bar = screen.query_one(PriceBar)
        bar.show(screen.composer.model, self.priced, self._lines.several, steps, self.blocked)

    @property
    def priced(self) -> DraftPrice:
        """What the price bar tells: nothing of a prompt in steps, as the workflow does, and nothing
        where nothing is made. While a question is open it is the price of the likely answer."""
        composer = self._screen.composer
        intent = composer.intent
        is_preference = intent is not None and intent.kind is RequestKind.PREFERENCE
        return DraftPrice() if composer.in_steps or is_preference else self.draft_price

    @property
    def blocked(self) -> bool:
        """Whether a question is open that has to be answered first."""
        return any(asking.blocks for asking in self.askings)

    @property
    def answers(self) -> int:
        """The number of suggestions that are offered."""
        return sum(len(asking.answers) for asking in self.askings)

    async def show(self) -> None:
        """Show the draft in all widgets, its price and the open questions."""
        screen, composer, page = self._screen, self._screen.composer, self._screen.form
        studio, signs = screen.studio, screen.ima.glyphs
        lists = studio.catalogue.all_models()
        before = (self.draft_price, self.askings)
        self.draft_price, self.askings = (
            price_of(composer, lists[composer.task_type]),
            self._open_questions(),
        )
        question = screen.query_one(ConfirmBar)
        if question.asking and before != (self.draft_price, self.askings):
            question.action_no()  # what it asked no longer holds
        self.switch = preference_prompts.switch(
            composer, studio.preferences.model_id(composer.task_type)
        )
        page.kind.show(*model_text.kind_line(studio, composer.task_type, signs))
        page.model.show(*model_text.model_line(studio, composer.task_type, composer.model, signs))
        page.show_project(composer.project)
        role = partial(intent_summary.role, task_type=composer.task_type, missed=unmet(composer))
        screen.prompt.show_marks(marks(composer), role)
        screen.query_one(IntentSummary).show(
            composer, self._told(), self.askings, self.switch, self._guide_names()
        )
        self._preview.look()
        self.show_price()
        if screen.query("#prices"):
            from ima_tui.tui.compose.side_panes import PriceNeighbours

            prices = screen.query_one(PriceNeighbours)
            prices.show(composer, lists[composer.task_type], signs)
        self._history.soon()
        rows = (
            draft.rows(composer.model, composer.draft) if composer.model and composer.draft else ()
        )
        origin = partial(intent_summary.tail, composer, screen.prompt.text)
        sung = composer.task_type is TaskType.TEXT_TO_MUSIC and not _has_lyrics(rows)
        page.show_lyrics(lyrics_of(screen.prompt.text) if sung else None)
        await page.show(rows, composer.model, composer.draft, self.draft_price.at_fault, origin)
        if screen.is_complete:
            await screen.inputs.show(
                composer.roles, composer.draft.inputs if composer.draft else (), composer.model
            )
            self.show_message()

    def _open_questions(self) -> tuple[OpenQuestion, ...]:
        screen = self._screen
        if screen.composer.intent is None:
            return ()
        from ima_tui.compose import suggestions

        lists = screen.studio.catalogue.all_models()
        return suggestions.askings(screen.composer, lists, screen.prompt.text)

    def guides(self, *, everything: bool = False) -> tuple[Document, ...]:
        """The guides that matter for the prompt; behind them (`everything`) all the others."""
        screen, knowledge = self._screen, self._screen.studio.guides
        intent = screen.composer.intent
        found = knowledge.documents(screen.prompt.text, intent) if intent is not None else ()
        rest = tuple(each for each in knowledge.all if each not in found) if everything else ()
        return (*found, *rest)

    def _guide_names(self) -> tuple[str, ...]:
        return tuple(say(f"guides.{document.topic.name.lower()}") for document in self.guides())

    def _told(self) -> Row:
        """What stands for the intent where more, or less, than one thing is to be made."""
        intent = self._screen.composer.intent
        if intent is None:
            return []
        if intent.kind is RequestKind.PREFERENCE:
            return [[(self._preferences.meant(intent), "info")]]
        if not intent.steps:
            return []
        from ima_tui.compose import other_requests

        key = actions.key_of(self._screen.ima.screen, "compose.send")
        if other_requests.ends_with_film(self._screen.prompt.text, intent):
            return [[(say("compose.reads_a_film", send=key), "warn")]]
        arrow = self._screen.ima.glyphs.right
        steps = [(say(f"task.{step.task_type.value}"), "warn") for step in intent.steps]
        return [[(say("compose.reads_steps", send=key), "warn")], *joined(steps, arrow)]

    def show_message(self) -> None:
        """One sentence: what is wrong, else what happened, else what the field is about."""
        screen, composer, problem = self._screen, self._screen.composer, self.draft_price.problem
        remark = composer.remark
        if problem is not None:
            words, role = say(problem.key, **draft.spoken(composer.model, problem)), "bad"
        elif screen.note[0]:
            words, role = screen.note
        elif remark is not None:
            words, role = say(remark.key, **remark.values), "warn"
        elif composer.replaces is not None:
            words, role = say("compose.replaces", id=composer.replaces), "warn"
        elif composer.model is None:
            lists = self._screen.studio.catalogue.lists
            words, role = model_text.way_to_a_list(lists[composer.task_type]), "muted"
        elif pinned := self._pinned():
            words, role = say("compose.pinned", what=pinned), "info"
        elif self._lines.could_be and not lyrics_of(screen.prompt.text):
            words, role = say("compose.by_lines_hint"), "muted"
        else:
            words, role = hint(self._screen.focused), "muted"
        self._screen.query_one(DraftMessage).say(words, role)

    def _pinned(self) -> str:
        """What was chosen by the user for the last prompt, while the next one is not begun."""
        screen, composer = self._screen, self._screen.composer
        if screen.prompt.text.strip() or composer.model is None or composer.draft is None:
            return ""
        told = [model_text.kind_name(composer.task_type)] if KIND in composer.pins.kept else []
        told += [composer.model.name] if MODEL in composer.pins.kept else []
        told += [
            parameter_names.value(name, value)
            for name, value in composer.draft.chosen
            if name in composer.pins.kept
        ]
        told += [f"×{composer.draft.n}"] if COUNT in composer.pins.kept else []
        told += [say("compose.pinned_lines")] if screen.by_lines else []
        return listed(told)


def _has_lyrics(rows: Sequence[FormRow]) -> bool:
    """Whether the model takes lyrics in a field of their own."""
    return any(row.field.name == "lyrics" for row in rows)
