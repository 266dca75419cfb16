"""Choices by hand on Compose: task type, model, a neighbouring price, a suggestion, inputs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ima_tui.catalogue.price import Neighbour
from ima_tui.compose import suggestions
from ima_tui.compose.composer import INPUTS, KIND
from ima_tui.compose.suggestions import Suggestion
from ima_tui.core.domain import ModelVersion, Order, TaskType
from ima_tui.core.errors import ImaError
from ima_tui.core.input_files import local_path
from ima_tui.i18n import say
from ima_tui.tui.compose.intent_summary import IntentSummary
from ima_tui.tui.keys.actions import key_of
from ima_tui.tui.widgets import model_text
from ima_tui.tui.widgets.inputs import input_source

if TYPE_CHECKING:
    from ima_tui.tui.compose.draft_screen import DraftScreen
    from ima_tui.tui.compose.view import ComposeView


class DraftChoices:
    """Actions that change the composer of a screen."""

    def __init__(
        self, screen: DraftScreen, view: ComposeView, plan: Callable[[], Awaitable[None]]
    ) -> None:
        """`plan` opens the prompt as a workflow."""
        self._screen = screen
        self._view = view
        self._plan = plan

    def task_type(self) -> None:
        """Open the list of task types."""
        from ima_tui.tui.shell import model_picker

        screen = self._screen

        async def chosen(number: int | None) -> None:
            if number is not None:
                screen.forget_remark(only=say("error.empty_prompt"))
                screen.composer.turn_to(list(TaskType)[number])
                screen.composer.pins.hold(KIND)
                await screen.reload()

        screen.app.push_screen(model_picker.kinds(screen.studio, screen.composer.task_type), chosen)

    def model(self) -> None:
        """Open the list of models of the task type."""
        from ima_tui.tui.shell import model_picker

        screen = self._screen
        models = screen.studio.catalogue.models(screen.composer.task_type)

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self._take(models[number])

        if models:
            composer = screen.composer
            picker = model_picker.models(
                screen.studio, composer.task_type, composer.model, screen.ima.glyphs
            )
            screen.app.push_screen(picker, chosen)

    async def _take(self, model: ModelVersion) -> None:
        self._screen.forget_remark()
        self._screen.composer.choose(model)
        await self._screen.read(anew=True)

    async def project(self) -> None:
        """Open the list of projects; the one that is taken stays for the next prompts."""
        from ima_tui.tui.shell.label_windows import ProjectPicker

        screen = self._screen
        picker = ProjectPicker(await screen.studio.history.projects(), screen.composer.project)

        async def chosen(number: int | None) -> None:
            if number is not None:
                screen.composer.project = picker.names[number]
                await screen.show_draft()

        screen.app.push_screen(picker, chosen)

    # ------------------------------------------------------------------ neighbours of the price

    async def cheaper(self) -> None:
        """Take the next cheaper value of a parameter."""
        await self._set(self._view.draft_price.cheaper)

    async def better(self) -> None:
        """Take the next better value of a parameter."""
        await self._set(self._view.draft_price.better)

    async def elsewhere(self) -> None:
        """Switch to the cheaper model that is offered."""
        other = self._view.draft_price.elsewhere
        if other is not None:
            await self._take(other.model)

    async def _set(self, near: Neighbour | None) -> None:
        if near is not None:
            self._screen.forget_remark()
            self._screen.composer.set(near.name, near.value)
            self._screen.composer.pins.hold(near.name)
            await self._screen.read(anew=True)

    # -------------------------------------------------------------------------------- answers

    async def accept(self) -> None:
        """Take the one suggestion; where there are several, let the user choose."""
        if self._view.answers == 1:
            await self.answer(1)
        else:
            self._screen.query_one(IntentSummary).focus()

    async def answer(self, number: int) -> None:
        """Take the suggestion with this number, from 1, if there is one."""
        given = [one for asking in self._view.askings for one in asking.answers]
        if not 1 <= number <= len(given):
            return
        await self.give(given[number - 1])

    async def give(self, answer: Suggestion) -> None:
        """Take a suggestion, and ask for an input where it needs one."""
        screen = self._screen
        screen.forget_remark()
        if answer.plans:
            await self._plan()
            return
        if answer.subject:
            self._use(answer.subject)
            return
        suggestions.take(screen.composer, answer, screen.studio.catalogue.suggested)
        await screen.reload()
        if answer.wants_input:
            self.inputs()

    def _use(self, name: str) -> None:
        """Put an `@` before the first place where a subject is only named."""
        screen = self._screen
        found = (one for one in screen.composer.named.found if not one.is_used)
        mention = next((one for one in found if one.subject.name == name), None)
        if mention is not None:
            before = screen.prompt.text[: mention.start]
            newline = screen.prompt.document.newline
            place = (before.count(newline), len(before.rpartition(newline)[2]))
            screen.prompt.insert("@", place, maintain_selection_offset=True)

    async def remember(self) -> None:
        """Turn the switch."""
        screen, turn = self._screen, self._view.switch
        if turn is not None:
            screen.composer.remember = not turn.on
            await screen.show_draft()

    # ---------------------------------------------------------------------------------- lyrics

    def lyrics(self) -> None:
        """Open an editor for the lyrics in the prompt."""
        from ima_tui.compose.prompt_text import lyrics_of, with_lyrics
        from ima_tui.tui.shell.value_windows import TextEditor

        prompt = self._screen.prompt

        def written(lyrics: str | None) -> None:
            if lyrics is not None:
                prompt.text = with_lyrics(prompt.text, lyrics)
                prompt.move_cursor(prompt.document.end)

        title, about = say("parameter.lyrics"), say("parameter.lyrics.help")
        self._screen.app.push_screen(TextEditor(title, lyrics_of(prompt.text), about), written)

    # ------------------------------------------------------------------------ guides and lists

    async def open_guides(self) -> None:
        """Open the guides, those that matter for the prompt first."""
        from ima_tui.tui.shell.guides import GuidesScreen

        screen = self._screen
        await asyncio.to_thread(screen.studio.guides.load)
        await screen.reload()
        if documents := self._view.guides(everything=True):
            screen.app.push_screen(GuidesScreen(documents))

    def refresh_list(self) -> None:
        """Fetch the model list of the task type again."""
        screen = self._screen
        screen.remark(say("compose.asking_again"), "muted")
        refresh = screen.studio.catalogue.refresh(screen.composer.task_type)
        screen.run_worker(refresh, name="ask again", group="lists", exit_on_error=False)

    # --------------------------------------------------------------------------------- inputs

    def inputs(self) -> None:
        """Move the focus to the first empty input."""
        screen = self._screen
        if screen.composer.task_type.takes_inputs:
            screen.inputs.focus_empty()
        else:
            words = say("compose.no_inputs", kind=model_text.kind_name(screen.composer.task_type))
            screen.remark(words, "muted")

    async def results(self) -> None:
        """An earlier job's result as an input."""
        from ima_tui.tui.shell import model_picker

        screen = self._screen
        found = model_picker.pictures(await screen.studio.jobs.recent(), screen.composer.model)

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self.attach(await input_source(found[number][1]))

        if found:
            now = screen.studio.clock.time()
            screen.app.push_screen(model_picker.results(found, now), chosen)
        else:
            screen.remark(say("compose.no_results"), "muted")

    async def attach(self, source: str) -> None:
        """One more input, by hand; a task type without inputs becomes one that takes it."""
        screen, composer = self._screen, self._screen.composer
        screen.forget_remark()
        if not composer.task_type.takes_inputs:
            medium, catalogue = composer.task_type.medium, screen.studio.catalogue
            taking = [
                task_type
                for task_type in TaskType
                if task_type.takes_inputs
                and (catalogue.models(task_type) or catalogue.is_loading(task_type))
            ]
            if not taking:
                self.inputs()  # it says so
                return
            composer.unpin(KIND)
            composer.resting = min(taking, key=lambda task_type: task_type.medium is not medium)
        shown = INPUTS in composer.pins or composer.task_type.takes_inputs
        before = composer.inputs if shown else ()
        composer.feed((*before, source))
        composer.pins.hold(INPUTS)
        await screen.reload()

    async def look_at(self, sources: Sequence[str]) -> None:
        """Offer the prompt and settings of the newest input whose file carries them."""
        screen = self._screen
        screen.made_from = await asyncio.to_thread(_made_from, sources)
        if screen.made_from is not None:
            keys = key_of(screen.app.screen, "compose.made_from")
            told = say("compose.made_from", model=screen.made_from.model_name, keys=keys)
            screen.remark(told, "muted")
        screen.refresh_bindings()

    def use_made_from(self) -> None:
        """Fill the screen with what the newest input was made from."""
        found, self._screen.made_from = self._screen.made_from, None
        if found is not None:
            self._screen.forget_remark()
            self._screen.load_order(found)

    async def dropped(self, path: str) -> None:
        """Attach a path that was pasted or dragged into the prompt; insert it if it is no file."""
        if await asyncio.to_thread(_is_file, path):
            await self.attach(path)
            await self.look_at((path,))
        else:
            self._screen.prompt.insert(path)


def _is_file(path: str) -> bool:
    return local_path(path).is_file()


def _made_from(sources: Sequence[str]) -> Order | None:
    """What the last of the files was made from; links and unreadable files say nothing."""
    from ima_tui.runner import result_files

    for source in reversed(sources):
        with suppress(ImaError):
            if "://" not in source and (found := result_files.read(local_path(source))):
                return found
    return None
