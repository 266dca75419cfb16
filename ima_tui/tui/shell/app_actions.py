"""Actions that every screen has: open another screen, help, palette, jump, language, theme."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Protocol, cast

from textual.screen import ModalScreen
from textual.widget import Widget

from ima_tui.i18n import say
from ima_tui.tui.keys import actions
from ima_tui.tui.screens import SCREENS, SPENDING, WORKFLOW
from ima_tui.tui.shell import appearance
from ima_tui.tui.widgets.app_context import AppContext

if TYPE_CHECKING:
    from ima_tui.core.domain import Job, ModelVersion, Order


class ComposeTarget(Protocol):
    """What the Compose screen can be handed."""

    def load_order(self, order: Order, replaces: int | None = None) -> None:
        """Fill the screen with what `order` was made of."""

    def load_model(self, model: ModelVersion) -> None:
        """Compose with `model`."""

    def load_inputs(self, sources: Sequence[str]) -> None:
        """Compose with `sources` as inputs."""

    def mention(self, name: str) -> None:
        """Put the name of a subject into the prompt."""


class JobTarget(Protocol):
    """What the queue, and the logs, can be asked."""

    async def show_job(self, job_id: int) -> None:
        """Show a job, or what was logged of it."""


class AppActions(AppContext, inherit_bindings=False):
    """An app whose screens open each other."""

    async def action_go(self, place: str) -> None:
        """Open the screen of that id."""
        sent, self.sent = (self.sent, None) if place == "queue" else (None, self.sent)
        if sent is None:
            await self.switch_mode(place)
        else:
            await self.show_job(sent)

    async def action_turn_screen(self, by: int) -> None:
        """Open the next or previous of the numbered screens."""
        names = [place.id for place in SCREENS]
        at = names.index(self.current_mode) if self.current_mode in names else 0
        if len(self.screen_stack) == 1:  # not from under an open window
            await self.action_go(names[(at + by) % len(names)])

    async def compose_from(self, job: Job, *, in_its_place: bool = False) -> None:
        """Open Compose with what `job` was made of; what is sent there may take its place."""
        replaces = job.id if in_its_place else None
        (await self._open_compose()).load_order(job.order, replaces)

    async def compose_with(self, model: ModelVersion) -> None:
        """Open Compose with `model` chosen."""
        (await self._open_compose()).load_model(model)

    async def compose_on(self, sources: Sequence[str]) -> None:
        """Open Compose with `sources`, paths or links, as inputs."""
        (await self._open_compose()).load_inputs(sources)

    async def compose_about(self, name: str) -> None:
        """Open Compose with the name of a subject in the prompt."""
        (await self._open_compose()).mention(name)

    async def _open_compose(self) -> ComposeTarget:
        await self.switch_mode("compose")
        return cast(ComposeTarget, self.screen)

    async def show_job(self, job_id: int) -> None:
        """Open the queue on a job."""
        await self.switch_mode("queue")
        await cast(JobTarget, self.screen).show_job(job_id)

    async def show_log(self, job_id: int) -> None:
        """Open the logs on the entries of a job."""
        await self.switch_mode("logs")
        await cast(JobTarget, self.screen).show_job(job_id)

    # --------------------------------------------------------------------- the same everywhere

    def action_help(self) -> None:
        """Show all keys of the open screen."""
        from ima_tui.tui.shell.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
            return
        entry = next(
            (each for each in (*SCREENS, WORKFLOW, SPENDING) if each.id == self.current_mode), None
        )
        title = say("help.here", place=say(entry.key) if entry else "")
        is_window = isinstance(self.screen, ModalScreen)
        if is_window:  # there esc closes it, and leads to no key
            title = say("help.window")
        self.push_screen(HelpScreen(actions.acts(self.screen), title, in_window=is_window))

    def action_palette(self) -> None:
        """Open the command palette."""
        from ima_tui.tui.shell.palette import Palette

        if isinstance(self.screen, Palette):
            return
        palette = Palette(self.screen)

        async def chosen(number: int | None) -> None:
            if number is not None:
                done = palette.commands[number].run()
                if isawaitable(done):
                    await done

        self.push_screen(palette, chosen)

    def action_jump(self) -> None:
        """Show a letter on each widget; the one that is pressed gets the focus."""
        from ima_tui.tui.shell.jump import JumpScreen

        below = self.screen

        def found(widget: Widget | None) -> None:
            if widget is not None:
                below.set_focus(widget)

        self.push_screen(JumpScreen(below), found)

    def action_redraw(self) -> None:
        """Draw the whole screen again."""
        self.draw_anew()

    def action_language(self) -> None:
        """Switch between English and Chinese."""
        appearance.switch_language(self)

    def action_theme(self) -> None:
        """Open the list of themes."""
        appearance.choose_theme(self)

    def action_say_how_to_quit(self) -> None:
        """Say which key quits: ctrl+c does not."""
        self.notify(say("app.how_to_quit"))
