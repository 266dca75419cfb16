"""Theme and language, changed at run time and kept in the config file on request."""

from __future__ import annotations

import asyncio
from functools import partial

from textual.theme import BUILTIN_THEMES

from ima_tui import i18n
from ima_tui.config import toml_file
from ima_tui.core.errors import ImaError
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.app_context import AppContext
from ima_tui.tui.widgets.columns import Column

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
