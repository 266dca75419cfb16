"""The draft on the Compose screen: its prompt, what is understood of it, and how one is loaded.

The parts of Compose (view, choices, history, submission) are handed `DraftScreen`, never the screen
that puts them together, so that imports between them point one way.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial

from textual import getters
from textual.timer import Timer
from textual.widgets import TextArea

from ima_tui.compose import draft
from ima_tui.compose.composer import Composer, loosen, recall
from ima_tui.compose.prompt_text import first_line
from ima_tui.core.domain import ModelVersion, Order
from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import InputFacts
from ima_tui.i18n import say
from ima_tui.intent.kinds import Confidence
from ima_tui.studio.intent_reader import IntentReader
from ima_tui.subjects import mentions
from ima_tui.tui.compose.intent_summary import IntentSummary
from ima_tui.tui.compose.prompt_list import ExampleChosen, PromptList
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.widgets.form import DraftForm
from ima_tui.tui.widgets.inputs import InputList
from ima_tui.tui.widgets.price_bar import DraftMessage, PriceBar
from ima_tui.tui.widgets.prompt import Prompt

NEEDED = frozenset(
    {Prompt, IntentSummary, PromptList, InputList, DraftForm, PriceBar, DraftMessage}
)
"""Widgets that what comes from outside is shown in."""
PAUSE = 0.6
"""Seconds without a key after which an unfinished word is read, too."""


class DraftScreen(BaseScreen):
    """A screen with a composer, whose draft follows the prompt."""

    prompt = getters.query_one(Prompt)
    form = getters.query_one(DraftForm)
    inputs = getters.query_one(InputList)

    def __init__(self) -> None:
        super().__init__()
        self.composer = Composer()
        self.reader = IntentReader(self.studio)
        self.by_lines = False
        """Each line of the prompt is a prompt of its own."""
        self.note = ("", "")
        """What happened last, and the role in which it is said."""
        self.note_of: int | None = None
        """The job that `note` tells of: when that ends, its end is told instead."""
        self.made_from: Order | None = None
        """What the newest input was made from, if its file says so."""
        self.has_begun = False
        """Whether the user wrote anything or began a new draft, which may be empty again."""
        self._is_empty = True
        self._text = ""
        """The prompt as it was last read."""
        self._pause: Timer | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all widgets exist: a background result may arrive while the screen closes."""
        return {type(node) for node in self.walk_children()} >= NEEDED

    @property
    def is_untouched(self) -> bool:
        """Whether the user did nothing yet: then what an earlier run left may come back."""
        composer = self.composer
        return not (self.has_begun or self.prompt.text or composer.pins or composer.inputs)

    # ------------------------------------------------------------------------------ what is shown

    @abstractmethod
    async def show_draft(self) -> None:
        """Show the draft, its price and the open questions."""

    @abstractmethod
    def show_message(self) -> None:
        """Show the one sentence above the price."""

    @abstractmethod
    def text_read(self, text: str) -> None:
        """Take notice of the text of the prompt each time that it is read."""

    @abstractmethod
    def text_edited(self) -> None:
        """Drop what was said about the text before it was edited."""

    def remark(self, words: str, role: str, *, job: int | None = None) -> None:
        """Say what happened, until something else does; `job`: to which job."""
        self.note, self.note_of = (words, role), job
        self.show_message()

    def forget_remark(self, only: str = "") -> None:
        """Remove the last remark (`only`: if it is that one)."""
        if self.note[0] and only in ("", self.note[0]):
            self.remark("", "")

    def on_screen_suspend(self) -> None:
        """Let a new prompt be typed at once after a visit to another screen, not after a window."""
        left = self.app.current_mode != self.SCREEN_ID
        if left and self.is_complete:
            self.forget_remark(only=say("error.empty_prompt"))
        if left and self._is_empty and self.focused is self.query(self.HOME).first():
            self.set_focus(self.prompt)

    def on_example_chosen(self, event: ExampleChosen) -> None:
        """Write the example into the prompt."""
        self.prompt.text = event.text
        self.prompt.move_cursor(self.prompt.document.end)
        self.prompt.focus()

    # ------------------------------------------------------------------------- reading the prompt

    async def reload(self) -> None:
        """Read the prompt again: what it is read against may have changed."""
        task_type = self.composer.task_type
        suggested = self.studio.catalogue.suggested
        self.composer.catch_up(self.studio.catalogue.models(task_type), suggested(task_type))
        if self.reader.can_read:
            words = first_line(self.prompt.text, by_lines=self.by_lines)
            loosen(self.composer, partial(self.reader.read, words), suggested)
        await self.read(anew=True)

    async def read(self, *, anew: bool = False) -> None:
        """Read the prompt, and follow it where nothing was chosen by the user. `anew`: something
        other than the text changed."""
        text = self._text = self.prompt.text
        before = self.composer.named
        self.composer.subjects = self.studio.subjects.all
        self.composer.named = mentions.find(text, self.composer.subjects)
        was_empty, self._is_empty = self._is_empty, not text.strip()
        if self._is_empty and not was_empty:
            self.composer.begin_anew()
        if not self._is_empty:
            self.forget_remark(only=say("error.empty_prompt"))
        self.text_read(text)
        intent = self.reader.read(first_line(text, by_lines=self.by_lines), self.composer)
        anew = anew or self.composer.named != before
        if intent == self.composer.intent and not anew:
            return
        suggested = self.studio.catalogue.suggested(self.composer.meant(intent))
        self.composer.hear(intent, suggested)
        await self.show_draft()

    async def follow_typing(self) -> None:
        """Read what is typed. A word that is not finished opens no question yet: "vid" is a video
        and "vide" is nothing, so all settings would change, and back at the next letter."""
        if self._pause is not None:
            self._pause.stop()
        if self.prompt.text == self._text:
            return
        self.text_edited()
        if self._is_half_typed():
            self._pause = self.set_timer(PAUSE, self.catch_up, name="pause in typing")
            return
        await self.read()

    def _is_half_typed(self) -> bool:
        """Whether letters that were put to the last word leave open what was clear before them."""
        text, last = self.prompt.text, self.composer.intent
        word = text[len(self._text) - 1 :]
        if not (self._text and text.startswith(self._text) and word.isascii() and word.isalnum()):
            return False
        if self.by_lines or last is None or last.confidence is Confidence.UNSURE:
            return False
        intent = self.reader.read(text, self.composer)
        return intent is None or intent.confidence is Confidence.UNSURE

    async def catch_up(self) -> None:
        """Read what was typed since the last reading.

        The key that sends may overtake the event of the last letters, which then finds nothing new.
        """
        if self.prompt.text != self._text:
            self.text_edited()
            await self.read()

    # -------------------------------------------------------------------------- loading a draft

    async def clear_draft(self, *, take_focus: bool = True) -> None:
        """Empty the prompt and the inputs; what was chosen by hand stays pinned. The text can be
        brought back with the editor's undo."""
        self.composer.feed(())
        self.composer.begin_anew()
        with self.prompt.prevent(TextArea.Changed):
            self.prompt.clear()
        self._is_empty = True
        if take_focus:
            self.prompt.focus()
        await self.read(anew=True)

    async def new_draft(self) -> None:
        """Begin a new prompt; on an empty one, unpin everything as well."""
        self.has_begun = True
        if self._is_empty:
            self.composer.pins.release(*self.composer.pins)
            self.composer.project = ""
            self.by_lines = False
        self.forget_remark()
        await self.clear_draft()

    def load_order(self, order: Order, replaces: int | None = None) -> None:
        """Fill the screen with what `order` was made of."""
        with self.prompt.prevent(TextArea.Changed):
            self.prompt.text = order.prompt
        self.prompt.move_cursor(self.prompt.document.end)
        self._is_empty = False
        self.by_lines = False
        recall(self.composer, order, replaces)
        self.call_next(self.reload)

    def load_model(self, model: ModelVersion) -> None:
        """Compose with `model`; settings come along as far as they fit."""
        self.forget_remark(only=say("error.empty_prompt"))
        self.composer.choose(model)
        self.call_next(self.reload)

    def mention(self, name: str) -> None:
        """Put the name of a subject where the cursor is."""
        at = len(self.prompt.get_text_range((0, 0), self.prompt.cursor_location))
        before = self.prompt.text[:at]
        gap = " " if before and before[-1].isascii() and not before[-1].isspace() else ""
        behind = " " if name.isascii() else ""
        self.prompt.insert(f"{gap}@{name}{behind}")
        self.prompt.focus()

    def load_inputs(self, sources: Sequence[str]) -> None:
        """Compose with `sources` as inputs, with a task type that takes some."""
        self.has_begun = True
        self.composer.make_room_for_inputs()
        self.call_next(self._take_inputs, tuple(sources))

    async def _take_inputs(self, sources: tuple[str, ...]) -> None:
        await self.reload()
        self.composer.add_inputs(sources)
        self.composer.have_inputs()
        await self.reload()

    async def inspect_input(self, source: str) -> InputFacts:
        """Return what is known of an input for the chosen model. Raises `UsageError`."""
        model = self.composer.model
        if model is None:
            raise UsageError("error.no_models")
        draft.check_input(model, source)
        return (await self.studio.inspect_inputs(model, (source,)))[0]

    def enter_key(self) -> None:
        """Open the screen on which the API key is entered."""
        from ima_tui.tui.shell.welcome import WelcomeScreen

        self.app.push_screen(WelcomeScreen())
