"""The Compose screen: write a prompt, see its price, send it.

The draft and its loading are in `draft_screen`. This module puts the parts together and handles
events: `DraftChoices` changes the composer, `ComposeView` shows it, `DraftSubmitter` sends it. The
prompt is read again when its text changes, and when lists, preferences, guides, inputs or the
language do. What did not change is not drawn again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from inspect import isawaitable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget
from textual.widgets import TextArea

from ima_tui.compose.composer import INPUTS
from ima_tui.compose.preference_prompts import PreferencePrompts
from ima_tui.i18n import say
from ima_tui.subjects import mentions
from ima_tui.tui.compose.draft_screen import DraftScreen
from ima_tui.tui.compose.history import DraftHistory
from ima_tui.tui.compose.intent_summary import IntentSummary, SuggestionChosen
from ima_tui.tui.compose.previews import MultiPromptPane, WorkflowPreview
from ima_tui.tui.compose.prompt_list import Examples, PromptList
from ima_tui.tui.compose.view import ComposeView
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.terminal.textual_internals import read_styles
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.app_context import Updates
from ima_tui.tui.widgets.field_rows import Picked, Pressed, ValueWanted
from ima_tui.tui.widgets.form import DraftForm, parameter_of
from ima_tui.tui.widgets.inputs import InputList, InputsChanged
from ima_tui.tui.widgets.lines import Pane
from ima_tui.tui.widgets.price_bar import DraftMessage, PriceBar
from ima_tui.tui.widgets.prompt import FilesDropped, Prompt

if TYPE_CHECKING:
    from ima_tui.tui.compose.side_panes import LatestJob
    from ima_tui.tui.compose.submit import DraftSubmitter

AFTER_FIRST_PAINT = 0.15
"""Seconds: the vocabulary is read when the screen already stands."""
Action = Callable[[], object]


def _do(verb: str, name: str, *, show: bool = False) -> Binding:
    """Return the binding of a verb to the action of that name."""
    return bind(verb, f"do('{name}')", f"bind.compose_{name}", f"compose.{name}", show=show)


class ComposeScreen(DraftScreen):
    """Empty again once a prompt was sent; `h` brings earlier prompts back."""

    SCREEN_ID = "compose"
    HOME = "#kind"
    CSS_PATH = theme.path("compose")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("send", "send", "bind.compose_send", "compose.send", show=True),
        _do("approve", "answer"),  # its key stands at the question
        _do("model", "model", show=True),
        _do("type", "kind", show=True),
        _do("history", "history", show=True),
        _do("add_input", "inputs", show=True),
        _do("project", "project"),
        _do("use", "results"),
        _do("duplicate", "made_from"),
        _do("batch", "batch"),
        _do("editor", "editor"),
        _do("new", "anew"),
        _do("", "templates"),
        _do("", "lyrics"),
        _do("workflows", "plan"),
        _do("prefer", "remember"),
        _do("less", "cheaper"),
        _do("more", "better"),
        _do("retry_other", "elsewhere"),
        _do("guides", "guides"),
        _do("fetch", "refresh"),
        _do("", "key"),
        _do("edit", "write", show=True),
        bind("undo", "do('undo')", "bind.prompt_undo", "compose.undo"),
    ]

    def __init__(self) -> None:
        super().__init__()
        # as long as nothing else is known; each change later styles all widgets once more
        self.add_class("-examples", "-no-job", "-no-earlier", "-no-prices", update=False)
        self.history = DraftHistory(self)
        self.preferences = PreferencePrompts(
            self.studio.preferences, self.studio.catalogue.all_models
        )
        self.lines = MultiPromptPane(self, lambda: self.view.show_price())
        self.preview = WorkflowPreview(self, lambda: self.view.show_price())
        self.view = ComposeView(self, self.lines, self.preview, self.preferences, self.history)
        self.latest_job: LatestJob | None = None
        """None before there are panes beside prompt and form, or about to be."""
        self._actions: dict[str, Action] = {
            "answer": lambda: self.submitter.choices.accept(),
            "editor": self.history.edit,
            "write": lambda: self.prompt.focus(),
            "undo": lambda: self.prompt.undo(),
            "model": lambda: self.submitter.choices.model(),
            "kind": lambda: self.submitter.choices.task_type(),
            "project": lambda: self.submitter.choices.project(),
            "inputs": lambda: self.submitter.choices.inputs(),
            "lyrics": lambda: self.submitter.choices.lyrics(),
            "results": lambda: self.submitter.choices.results(),
            "made_from": lambda: self.submitter.choices.use_made_from(),
            "cheaper": lambda: self.submitter.choices.cheaper(),
            "better": lambda: self.submitter.choices.better(),
            "elsewhere": lambda: self.submitter.choices.elsewhere(),
            "remember": lambda: self.submitter.choices.remember(),
            "batch": self.lines.toggle,
            "plan": lambda: self.submitter.plan(),
            "anew": self.new_draft,
            "history": self.history.history,
            "templates": self.history.templates,
            "guides": lambda: self.submitter.choices.open_guides(),
            "refresh": lambda: self.submitter.choices.refresh_list(),
            "key": self.enter_key,
        }

    @cached_property
    def submitter(self) -> DraftSubmitter:
        """What takes choices and sends; imported beside the vocabulary, or when a key wants it."""
        from ima_tui.tui.compose.submit import DraftSubmitter

        return DraftSubmitter(self, self.view, self.lines, self.preferences, self.history)

    def body(self) -> ComposeResult:
        """Yield the prompt, the form, the latest job, and the price under them."""
        panes = self._side_panes() if self.is_wide or self.latest_job is not None else ()
        with Container(id="composer"):
            with Pane(say("pane.prompt"), widget_id="prompt-pane"):
                yield Prompt(widget_id="prompt")
                yield Examples()
                yield IntentSummary(widget_id="intent")
                yield PromptList(widget_id="prompts")
                yield InputList(self.inspect_input, widget_id="inputs")
            with Vertical(id="settings"):
                with Pane(say("pane.settings"), widget_id="settings-pane"):
                    yield DraftForm(widget_id="form")
                yield from panes[:1]
            yield from panes[1:]
        yield DraftMessage(widget_id="said")
        yield PriceBar(widget_id="price")

    def _side_panes(self) -> Sequence[Widget]:
        """Return new panes beside prompt and form, that of the prices first. Narrow screens hide
        most of them, and get them after the first paint."""
        from ima_tui.tui.compose.side_panes import LatestJob, job_panes, price_pane

        read_styles(self.app, theme.path("compose_later"))
        self.latest_job = self.latest_job or LatestJob(self)
        return (price_pane(), *job_panes())

    async def on_mount(self) -> None:
        """Show the empty draft; load the vocabulary once the screen is painted."""
        examples = self.query_one(Examples)

        def key_in_empty_prompt(key: str) -> bool:
            self.forget_remark(only=say("error.empty_prompt"))
            return examples.press(key)

        self.prompt.when_empty = key_in_empty_prompt
        self.prompt.completed = lambda text, at: mentions.completed(
            text, at, self.studio.subjects.all
        )
        self.prompt.focus()
        await self.reload()
        self.set_timer(AFTER_FIRST_PAINT, self._begin_to_read, name="begin to read")
        if not self.studio.connection.has_key and not self.studio.settings.profile:
            self.call_after_refresh(self.enter_key)

    async def on_screen_resume(self) -> None:
        """Begin the next prompt where this one was sent as a workflow."""
        sent, self.ima.sent_prompt = self.ima.sent_prompt, ""
        if sent and sent == self.prompt.text.strip():
            await self.history.begin_next()
            self.remark(say("compose.workflow_sent"), "ok")

    async def on_unmount(self) -> None:
        """Write the draft."""
        await self.history.keep()

    # ------------------------------------------------------------------ what comes from outside

    async def heard(self, news: Updates) -> None:
        """Read the prompt again when lists, preferences or guides changed; follow the jobs."""
        if news.lists or news.preferences or news.guides or news.subjects:
            self.forget_remark(only=say("compose.asking_again"))
            await self.reload()
            await self.history.lists_came()
            self.submitter.lists_came()
        if news.jobs and self.latest_job is not None:
            await self.latest_job.hear(news.jobs)

    async def reload(self) -> None:
        """Read the prompt again; prices and the latest job may be others too."""
        await super().reload()
        self.preview.look_again()
        if self.latest_job is not None:
            await self.latest_job.look_again()

    def _begin_to_read(self) -> None:
        async def learn() -> None:
            await asyncio.to_thread(_import_later_parts)
            if not self.is_complete:
                return  # the app ends already
            if self.latest_job is None:
                prices, *jobs = self._side_panes()
                await self.query_one("#settings").mount(prices)
                await self.query_one("#composer").mount(*jobs)
                if self.is_wide or self.query("TextLine, InputLine"):  # there before their styles
                    self.update_node_styles(animate=False)
            await self.reader.learn()
            await self.history.restore()
            if self.is_complete:
                await super(ComposeScreen, self).reload()
            if self.is_complete and self.latest_job is not None:
                self.submitter.lists_came()
                await self.latest_job.look()

        self.run_worker(learn(), name="learn to read", group="reading")

    async def show_draft(self) -> None:
        """Show the draft, its price and the open questions."""
        self.set_class(not self.prompt.text, "-examples")
        await self.view.show()

    def show_message(self) -> None:
        """Show the one sentence above the price."""
        self.view.show_message()

    def text_read(self, text: str) -> None:
        """Split the text into several prompts where it is about that."""
        self.lines.look(text)

    # -------------------------------------------------------------------- what the user does

    def on_descendant_focus(self) -> None:
        """Point out the words behind the focused field, and show its hint."""
        self.prompt.point_at(parameter_of(self.focused))
        if self.is_complete:
            self.show_message()

    async def on_picked(self, event: Picked) -> None:
        """Set or unpin the parameter that was chosen in the form."""
        self.forget_remark()
        if event.value is None and not event.typed:
            self.composer.unpin(event.name)
            await self.read(anew=True)
            return
        self.composer.set(event.name, event.value, typed=event.typed)
        self.composer.pins.hold(event.name)
        await self.show_draft()

    async def on_value_wanted(self, event: ValueWanted) -> None:
        """Open the window for a voice or a long text."""
        from ima_tui.tui.shell.value_windows import open_value

        name = event.row.field.name
        await open_value(self, event.row, lambda value: self.post_message(Picked(name, value)))

    async def on_inputs_changed(self, event: InputsChanged) -> None:
        """Take over the changed inputs."""
        self.composer.feed(event.inputs)
        self.composer.pins.hold(INPUTS)
        self.forget_remark()
        await self.read(anew=True)
        await self.submitter.choices.look_at(event.inputs)

    async def on_files_dropped(self, event: FilesDropped) -> None:
        """Take a dropped file as an input, anything else as text."""
        await self.submitter.choices.dropped(event.path)

    async def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Read the prompt again."""
        self.has_begun = True
        self.set_class(not self.prompt.text, "-examples")
        await self.follow_typing()
        self.history.soon()
        self.query_one(IntentSummary).make_way()

    def text_edited(self) -> None:
        """Drop what was said about the text before."""
        self.forget_remark()
        self.submitter.text_changed()

    async def on_pressed(self, event: Pressed) -> None:
        """Run the action of the button."""
        await self.action_do(event.name)

    async def on_suggestion_chosen(self, event: SuggestionChosen) -> None:
        """Take the suggestion; the focus returns to the prompt once no question blocks."""
        was_blocked = self.view.blocked
        await self.submitter.choices.answer(event.number)
        if was_blocked and not self.view.blocked and isinstance(self.focused, IntentSummary):
            self.prompt.focus()

    async def action_do(self, verb: str) -> None:
        """Run an action by its name."""
        done = self._actions[verb]()
        if isawaitable(done):
            await done

    async def action_send(self) -> None:
        """Send the draft."""
        await self.submitter.send()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if action == "do" and parameters == ("guides",):
            return bool(self.studio.guides.all)  # without guides nothing is missing
        if action == "do" and parameters == ("lyrics",):
            return self.is_mounted and self.form.lyrics.display
        if action == "do" and parameters == ("made_from",):
            return self.made_from is not None
        if action == "do" and parameters == ("answer",):
            return self.view.answers > 0
        if action == "do" and parameters == ("write",):
            return not self.prompt.has_focus
        return super().check_action(action, parameters)


def _import_later_parts() -> None:
    """Import what the first keys need and the first paint does not, so that no key waits for it."""
    from ima_tui.tui.compose import side_panes, submit, template_picker  # noqa: F401
    from ima_tui.tui.shell import job_actions, job_detail  # noqa: F401
