"""Actions that every screen has: open another screen, help, palette, jump, language, theme.

Theme and language are changed at run time, and kept in the config file on request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Protocol, cast

from textual import events
from textual.screen import ModalScreen
from textual.theme import BUILTIN_THEMES
from textual.widget import Widget

from ima_tui import i18n
from ima_tui.config import toml_file
from ima_tui.core.errors import ImaError
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.tui.keys import actions
from ima_tui.tui.screens import SCREENS, SPENDING, WORKFLOW
from ima_tui.tui.terminal.textual_internals import read_styles
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.app_context import AppContext
from ima_tui.tui.widgets.cells import Column

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

    def on_resize(self, event: events.Resize) -> None:
        """Read the styles of wide screens before an open one becomes wide."""
        if event.size.width >= theme.LEAST_WIDE:
            read_styles(self, theme.path("wide"))

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
        from ima_tui.tui.shell.help import JumpScreen

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
        switch_language(self)

    def action_theme(self) -> None:
        """Open the list of themes."""
        choose_theme(self)

    def action_say_how_to_quit(self) -> None:
        """Say which key quits: ctrl+c does not."""
        self.notify(say("app.how_to_quit"))


_COLUMNS = (Column("theme", 24, "look.col_theme", flex=1), Column("shade", 8))


def names() -> tuple[str, ...]:
    """Every theme that can be chosen: ours first, then Textual's own."""
    foreign = (name for name, one in BUILTIN_THEMES.items() if not one.ansi)
    return (theme.DARK, theme.LIGHT, *sorted(foreign))


def paint(app: AppContext, name: str) -> None:
    """Use the theme `name`, in the colours that this terminal has."""
    colours = theme.depth(app.console.color_system)
    if name in names() and name not in theme.TOKENS and colours != 16:
        app.register_theme(theme.adopted(BUILTIN_THEMES[name]))
    app.theme = theme.known(name, colours=colours)


def choose_theme(app: AppContext) -> None:
    """A list of all themes, over whatever is open; the one that is taken is used at once."""
    from ima_tui.tui.shell.picker import Picker, PickerItem
    from ima_tui.tui.widgets.table import Cell

    offered = names() if theme.depth(app.console.color_system) != 16 else (theme.DARK, theme.LIGHT)
    choices = [
        PickerItem((Cell(name), Cell(shade, "muted")), folded(f"{name.replace('-', ' ')} {shade}"))
        for name in offered
        for shade in (say("look.dark" if _is_dark(app, name) else "look.light"),)
    ]
    now = theme.plain(app.theme)
    at = offered.index(now) if now in offered else 0

    def chosen(number: int | None) -> None:
        if number is not None and offered[number] != now:
            paint(app, offered[number])
            ask_to_keep(app, "look.theme", offered[number], say("look.theme_now"))

    app.push_screen(Picker(say("look.choose_theme"), _COLUMNS, choices, at), chosen)


def _is_dark(app: AppContext, name: str) -> bool:
    found = app.get_theme(name)
    return found is None or found.dark


def switch_language(app: AppContext) -> None:
    """The other language, everywhere: what was typed, marked and chosen stays."""
    other: i18n.Language = "zh" if i18n.language() == "en" else "en"
    i18n.use(other)
    app.retell()
    ask_to_keep(app, "language", other, say("look.language_now"))


def ask_to_keep(app: AppContext, name: str, value: str, words: str) -> None:
    """Whether the next start shall be like this too; the demo leaves no trace."""
    from ima_tui.tui.shell.base_screen import BaseScreen

    if app.studio.settings.profile or not isinstance(app.screen, BaseScreen):
        app.notify(words)
        return
    keep = partial(_keep, app, name, value)
    # the screen may be just being drawn anew: asked before that, the question would be gone
    app.screen.call_after_refresh(app.screen.ask, f"{words} {say('look.ask_keep')}", keep)


async def _keep(app: AppContext, name: str, value: str) -> None:
    if app.studio.settings.read_only:
        return
    try:
        await asyncio.to_thread(toml_file.put, app.studio.settings.config_file, name, value)
    except ImaError as error:
        app.notify(say(error.key, **error.values), severity="error")
        return
    app.notify(say("look.kept"))
