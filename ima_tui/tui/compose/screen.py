"""Compose: say what you want, see what it costs, send it.

What is being shaped lies on the `Desk`. The screen hears the person and the news; `Picking` changes
the desk, `Showing` shows it, `Dispatch` sends what lies there. The prompt is read again whenever
its text changes, and whenever something changes that it is read against: live lists, preferences,
guides, inputs, the language. Typing draws nothing anew that did not change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import TextArea

from ima_tui.compose import draft
from ima_tui.compose.composer import (
    INPUTS,
    KIND,
    MODEL,
    Composer,
)
from ima_tui.compose.multi_prompt import first_line
from ima_tui.core.domain import ModelVersion, Order
from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import InputFacts
from ima_tui.i18n import say
from ima_tui.tui.compose.choices import DraftChoices
from ima_tui.tui.compose.history import DraftHistory
from ima_tui.tui.compose.intent_reader import IntentReader
from ima_tui.tui.compose.intent_summary import IntentSummary, PreferenceSwitched, SuggestionChosen
from ima_tui.tui.compose.latest_job import LatestJob
from ima_tui.tui.compose.multi_prompt import MultiPromptPane
from ima_tui.tui.compose.preference_prompts import PreferencePrompts
from ima_tui.tui.compose.price_neighbours import PriceNeighbours
from ima_tui.tui.compose.prompt_list import PromptList
from ima_tui.tui.compose.submit import DraftSubmitter
from ima_tui.tui.compose.view import ComposeView
from ima_tui.tui.compose.workflow_preview import WorkflowPreview
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.shell.job_detail import JobDetail
from ima_tui.tui.theme import styles
from ima_tui.tui.widgets.field_rows import Picked, Pressed
from ima_tui.tui.widgets.form import DraftForm, control_of
from ima_tui.tui.widgets.inputs import InputList, InputsChanged
from ima_tui.tui.widgets.lines import Rule
from ima_tui.tui.widgets.price_bar import DraftMessage, PriceBar
from ima_tui.tui.widgets.prompt import EDIT, FilesDropped, Prompt
from ima_tui.tui.widgets.update_batcher import Updates
from ima_tui.tui.workflow.graph import WorkflowGraph

AFTER_FIRST_PAINT = 0.15
"""Seconds: the vocabulary is read when the screen already stands."""
ANSWERS = 9
Verb = Callable[[], Awaitable[None] | None]


def _do(key: str, verb: str, *, show: bool = False) -> Binding:
    """A binding of a verb, with its id and sentence."""
    return Binding(key, f"do('{verb}')", f"bind.compose_{verb}", show=show, id=f"compose.{verb}")


class ComposeScreen(BaseScreen):
    """Empty again once a prompt was sent; `alt+h` brings earlier prompts back."""

    PLACE = "compose"
    HOME = "#kind"
    CSS_PATH = styles.path("compose")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "send", "bind.compose_send", id="compose.send"),
        Binding("f9,ctrl+enter", "send", "bind.compose_send", show=False, id="compose.send_too"),
        _do("ctrl+l", "model", show=True),
        _do("ctrl+t", "kind", show=True),
        _do("ctrl+o", "inputs", show=True),
        _do("alt+r", "results"),
        _do("ctrl+b", "batch"),
        EDIT,
        _do("ctrl+n", "anew"),
        _do("alt+h", "history"),
        _do("alt+t", "templates"),
        _do("alt+p", "plan"),
        _do("alt+m", "remember"),
        _do("alt+s", "cheaper"),
        _do("alt+o", "elsewhere"),
        _do("alt+u", "better"),
        Binding("alt+1", "answer(1)", "bind.compose_answer", show=False, id="compose.answer"),
        *(
            Binding(f"alt+{n}", f"answer({n})", show=False, id=f"compose.answer{n}")
            for n in range(2, ANSWERS + 1)
        ),
        _do("alt+g", "guides"),
        _do("ctrl+r", "refresh"),
        _do("ctrl+g", "key"),
        Binding("i", "write", "bind.compose_write", show=False, id="compose.write"),
    ]
    prompt = getters.query_one(Prompt)
    form = getters.query_one(DraftForm)
    inputs = getters.query_one(InputList)

    def __init__(self) -> None:
        super().__init__()
        self.desk = Composer()
        self.showing = ComposeView(self)
        self.picking = DraftChoices(self)
        self.dispatch = DraftSubmitter(self)
        self.memory = PreferencePrompts(self)
        self.many = MultiPromptPane(self)
        self.outline = WorkflowPreview(self)
        self.latest = LatestJob(self)
        self.reader: IntentReader
        self.drawer: DraftHistory
        self.by_lines = False
        """Each line of the prompt is a wish of its own."""
        self._is_empty = True
        self._verbs: dict[str, Verb] = {}

    def body(self) -> ComposeResult:
        with Container(id="desk"):
            with Vertical(id="wish"):
                yield Prompt(widget_id="prompt")
                yield IntentSummary(widget_id="reading")
                yield PromptList(widget_id="wishes")
                yield InputList(self._look_at, widget_id="inputs")
            yield Rule()
            with Vertical(id="making"):
                yield DraftForm(widget_id="form")
                yield PriceNeighbours(widget_id="prices")
                yield WorkflowGraph(widget_id="outline", still=True)
            yield JobDetail()
        yield Rule()
        yield DraftMessage(widget_id="said")
        yield PriceBar(widget_id="price")

    @property
    def stands(self) -> bool:
        """Whether all of it is there still: what was waited for may come when it is left."""
        needed = (Prompt, IntentSummary, PromptList, InputList, DraftForm, PriceBar)
        return all(self.query(kind) for kind in needed) and len(self.query("#said")) == 1

    async def on_mount(self) -> None:
        self.reader, self.drawer = IntentReader(self.studio), DraftHistory(self)
        self._verbs = self._all_verbs()
        self.prompt.focus()
        await self.reload()
        self.set_timer(AFTER_FIRST_PAINT, self._begin_to_read, name="begin to read")
        if not self.studio.connection.has_key and not self.studio.settings.profile:
            self.call_after_refresh(self.enter_key)

    def _all_verbs(self) -> dict[str, Verb]:
        pick, drawer = self.picking, self.drawer
        return {
            "model": pick.model,
            "kind": pick.kind,
            "inputs": pick.inputs,
            "results": pick.results,
            "cheaper": pick.cheaper,
            "better": pick.better,
            "elsewhere": pick.elsewhere,
            "remember": pick.remember,
            "batch": self.many.turn,
            "plan": self.dispatch.plan,
            "anew": self._new_draft,
            "history": drawer.history,
            "templates": drawer.templates,
            "guides": self._open_guides,
            "refresh": self._refresh_list,
            "key": self.enter_key,
        }

    async def on_unmount(self) -> None:
        await self.drawer.keep()

    # ------------------------------------------------------------------ what comes from outside

    async def heard(self, news: Updates) -> None:
        if news.lists or news.preferences or news.guides:
            self.showing.forget_remark(only=say("compose.asking_again"))
            await self.reload()
            await self.drawer.lists_came()
            self.dispatch.lists_came()
        if news.jobs:
            await self.latest.hear(news.jobs)

    async def reload(self) -> None:
        """What the prompt is read against may be different: read it again."""
        kind = self.desk.kind
        suggested = self.studio.offer.suggested
        self.desk.catch_up(self.studio.offer.models(kind), suggested(kind))
        if self.reader.can_read:
            words = first_line(self.prompt.text, by_lines=self.by_lines)
            self.desk.loosen(partial(self.reader.read, words), suggested)
        await self.read(anew=True)
        self.outline.look_again()
        await self.latest.look_again()

    def _begin_to_read(self) -> None:
        async def learn() -> None:
            await self.reader.learn()
            await self.drawer.restore()
            if self.stands:
                await self.read()
                await self.latest.look()

        self.run_worker(learn(), name="learn to read", group="reading")

    async def read(self, *, anew: bool = False) -> None:
        """Read the prompt as it is now, and follow it where nothing was chosen by hand. `anew`:
        something else than the text is different."""
        text = self.prompt.text
        was_empty, self._is_empty = self._is_empty, not text.strip()
        if self._is_empty and not was_empty:
            self.desk.begin_anew()
        self.many.look(text)
        decision = self.reader.read(first_line(text, by_lines=self.by_lines), self.desk)
        if decision == self.desk.decision and not anew:
            return
        self.desk.hear(decision, self.studio.offer.suggested(self.desk.meant(decision)))
        await self.showing.all()

    async def begin_anew(self) -> None:
        """An empty prompt without inputs; what was picked by hand stays pinned. The editor's undo
        brings the text back."""
        self.desk.feed(())
        self.desk.begin_anew()
        with self.prompt.prevent(TextArea.Changed):
            self.prompt.clear()
        self._is_empty = True
        self.prompt.focus()
        await self.read(anew=True)

    async def _new_draft(self) -> None:
        """A new prompt; pressed once more on an empty one, nothing stays pinned either."""
        if self._is_empty:
            self.desk.let_all_go()
            self.by_lines = False
        self.showing.forget_remark()
        await self.begin_anew()

    def load_order(self, order: Order, replaces: int | None = None) -> None:
        """Fill the screen with what `order` was made of."""
        with self.prompt.prevent(TextArea.Changed):
            self.prompt.text = order.prompt
        self.prompt.move_cursor(self.prompt.document.end)
        self._is_empty = False
        self.by_lines = False
        self.desk.recall(order, replaces)
        self.call_next(self.take_over)

    def load_leaf(self, model: ModelVersion) -> None:
        """Compose with `model`; what was shaped so far comes along as far as it fits."""
        self.desk.take(model)
        self.desk.pin(KIND, MODEL)
        self.call_next(self.take_over)

    def load_inputs(self, sources: Sequence[str]) -> None:
        """Compose with `sources` as inputs; a kind that takes none becomes one that does."""
        self.desk.make_room_for_inputs()
        self.call_next(self._take_inputs, tuple(sources))

    async def _take_inputs(self, sources: tuple[str, ...]) -> None:
        await self.reload()
        self.desk.add_inputs(sources)
        self.desk.have_inputs()
        await self.take_over()

    async def take_over(self) -> None:
        """Something was chosen by hand, perhaps another kind: what the words say may differ."""
        await self.reload()

    async def _look_at(self, source: str) -> InputFacts:
        model = self.desk.model
        if model is None:
            raise UsageError("error.no_models")
        draft.check_input(model, source)
        return (await self.studio.inspect_inputs(model, (source,)))[0]

    # -------------------------------------------------------------------- what the person does

    def on_descendant_focus(self) -> None:
        self.prompt.point_at(control_of(self.focused))
        self.showing.speak()

    async def on_picked(self, event: Picked) -> None:
        self.showing.forget_remark()
        if event.value is None and not event.typed:
            self.desk.unpin(event.name)
            await self.read(anew=True)
            return
        self.desk.set(event.name, event.value, typed=event.typed)
        self.desk.pin(event.name)
        await self.showing.all()

    async def on_input_list_changed(self, event: InputsChanged) -> None:
        self.desk.feed(event.inputs)
        self.desk.pin(INPUTS)
        self.showing.forget_remark()
        await self.read(anew=True)

    async def on_dropped(self, event: FilesDropped) -> None:
        await self.picking.dropped(event.path)

    async def on_text_area_changed(self, event: TextArea.Changed) -> None:
        self.showing.forget_remark()
        self.dispatch.text_changed()
        self.drawer.soon()
        await self.read()
        self.query_one(IntentSummary).make_way()

    async def on_pressed(self, event: Pressed) -> None:
        await self.action_do(event.name)

    async def on_answered(self, event: SuggestionChosen) -> None:
        was_blocked = self.showing.blocked
        await self.picking.answer(event.number)
        if was_blocked and not self.showing.blocked and isinstance(self.focused, IntentSummary):
            self.prompt.focus()

    async def on_switched(self, event: PreferenceSwitched) -> None:
        await self.picking.remember()

    async def action_answer(self, number: int) -> None:
        await self.picking.answer(number)

    async def action_do(self, verb: str) -> None:
        done = self._verbs[verb]()
        if done is not None:
            await done

    async def action_edit(self) -> None:
        await self.drawer.edit()

    def action_write(self) -> None:
        self.prompt.focus()  # the app's own action looks on the screen that was there first

    async def action_send(self) -> None:
        await self.dispatch.send()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "do" and parameters == ("guides",):
            return bool(self.studio.knowledge.all)  # without guides nothing is missing
        return super().check_action(action, parameters)

    async def _open_guides(self) -> None:
        from ima_tui.tui.shell.guides import GuidesScreen

        await asyncio.to_thread(self.studio.knowledge.load)
        await self.reload()
        if documents := self.showing.guides(everything=True):
            self.app.push_screen(GuidesScreen(documents))

    def _refresh_list(self) -> None:
        self.showing.remark(say("compose.asking_again"), "muted")
        refresh = self.studio.offer.refresh(self.desk.kind)
        self.run_worker(refresh, name="ask again", group="lists", exit_on_error=False)

    def enter_key(self) -> None:
        from ima_tui.tui.shell.welcome import WelcomeScreen

        self.app.push_screen(WelcomeScreen())
