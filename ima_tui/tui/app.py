"""The Textual app: screens, theme, and the signal that carries changes to the open screen.

The studio's notices are gathered for a moment and published as one `Updates`; the open screen
redraws what changed. Nothing here, and nothing imported here, loads the client or its libraries.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.signal import Signal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from ima_tui.core.domain import TaskType
from ima_tui.core.errors import ImaError
from ima_tui.core.events import (
    ConnectivityChanged,
    Notice,
    Paused,
    TaskUnsaved,
    Totals,
)
from ima_tui.i18n import say
from ima_tui.tui.images.image_protocol import TerminalImages
from ima_tui.tui.keys import keymap
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.screens import SCREENS, SPENDING, WORKFLOW
from ima_tui.tui.shell import app_actions
from ima_tui.tui.shell.announcements import Announcements
from ima_tui.tui.shell.app_actions import AppActions
from ima_tui.tui.shell.frame import HintLine, SplashScreen, TopLine
from ima_tui.tui.terminal import notifications
from ima_tui.tui.terminal.textual_internals import (
    bindings_of_node,
    read_styles,
    set_bindings,
    top_screen,
)
from ima_tui.tui.theme import theme
from ima_tui.tui.theme.glyphs import AsciiFilter, NoColour, glyphs
from ima_tui.tui.widgets.app_context import (
    GATHERING,
    SLOW_GATHERING,
    SeenHints,
    UpdateBatcher,
    Updates,
)

if TYPE_CHECKING:
    from ima_tui.studio.studio import Studio
    from ima_tui.tui.images.graphics import Graphics


log = logging.getLogger(__name__)

SLOW_COUNT = 5.0
"""Seconds between two numbers of a countdown over a slow line."""


class ImaApp(AppActions, inherit_bindings=False):
    """`start` is the id of the screen that is open first; `frame_first`: its frame is painted
    before the screen itself is even imported."""

    TITLE = "ima-tui"
    ENABLE_COMMAND_PALETTE = False  # ours is bound below, with an id and a sentence
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            bind(f"go_{place.id}", f"go('{place.id}')", f"bind.go_{place.id}", f"place.{place.id}")
            for place in SCREENS
        ),
        bind(
            "screen_before", "turn_screen(-1)", "bind.screen_before", "place.before", priority=True
        ),
        bind("screen_after", "turn_screen(1)", "bind.screen_after", "place.after", priority=True),
        bind("help", "help", "bind.help", "app.help"),
        # in windows, too
        Binding("f1", "help", "bind.help", show=False, priority=True, id="app.help_too"),
        bind("palette", "palette", "bind.palette", "app.palette"),
        Binding(
            "ctrl+p", "palette", "bind.palette", show=False, priority=True, id="app.palette_too"
        ),
        bind("workflows", "plans", "bind.plans", "app.plans"),
        bind("spending", "go('spending')", "bind.spending", "app.spending"),
        bind("subjects", "subjects", "bind.subjects", "app.subjects"),
        bind("jump", "jump", "bind.jump", "app.jump"),
        bind("", "language", "bind.language", "app.language"),
        bind("", "theme", "bind.theme", "app.theme"),
        bind("redraw", "redraw", "bind.redraw", "app.redraw", priority=True),
        bind("suspend", "suspend_process", "bind.suspend", "app.suspend", priority=True),
        bind("quit", "quit", "bind.quit", "app.quit", priority=True),
        Binding("ctrl+c,q", "say_how_to_quit", show=False, id="app.interrupt"),
    ]

    def __init__(
        self, studio: Studio, *, start: str = "compose", frame_first: bool = False
    ) -> None:
        self._first = next(place for place in SCREENS if place.id == start)
        if not frame_first:
            # read by Textual's own __init__; a class variable there, but each app has its own
            self.DEFAULT_MODE = start  # type: ignore[misc]
        # the first screen's sheet comes along: added later, it would have all be read once more
        super().__init__(css_path=[theme.path("app"), theme.path(start)])
        self.studio = studio
        wanted = studio.settings.hints and not studio.settings.read_only
        self.used = SeenHints(studio.settings.data, wanted=wanted)
        self.keymap = keymap.settled(studio.settings.keys)
        if studio.settings.read_only:
            self.keymap = {**self.keymap, **keymap.without_keys()}
        set_bindings(self, keymap.rekey(bindings_of_node(self), self.keymap))
        self.glyphs = glyphs(studio.settings.ascii)
        self._ascii = AsciiFilter()
        self.totals = Totals()
        self.news: Signal[Updates] = Signal(self, "news")
        self._gatherer = UpdateBatcher()
        self.unsaved: set[int] = set()
        """Jobs whose task ids the ledger could not take yet."""
        self._counting: Timer | None = None
        self._announcements = Announcements(self)
        self._images = TerminalImages(
            self, self.write
        )  # hears the terminal from its first answer on
        self._graphics: Graphics | None = None  # until there is a picture
        self._leave_studio: Callable[[], None] | None = None
        self.on_painted: Callable[[], None] | None = None
        """Called once the screen is there."""
        for place in (*SCREENS, WORKFLOW, SPENDING):
            self.add_mode(place.id, place.open)
        for one in theme.themes():
            self.register_theme(one)
        if self.no_color:
            self.use_filters_only(NoColour())  # Textual's own would draw in shades of grey
        app_actions.paint(self, studio.settings.theme)
        if not studio.settings.motion:
            self.animation_level = "none"

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's line filters, with one for ASCII where that is set."""
        filters = super().get_line_filters()
        return [*filters, self._ascii] if self.glyphs.ascii else filters

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our tokens, so that the style sheets can be read under any theme."""
        return theme.variables(theme.TOKENS[theme.DARK])

    @property
    def problem(self) -> ImaError | None:
        """Why the service can't be reached; None while it can."""
        return self._gatherer.problem

    @property
    def graphics(self) -> Graphics:
        """Images in this terminal."""
        if self._graphics is None:
            from ima_tui.tui.images.graphics import Graphics

            self._graphics = Graphics(self, self._images, self.write)
        return self._graphics

    def get_default_screen(self) -> Screen[None]:
        """Return the frame that is shown until the first screen is imported."""
        return SplashScreen(self._first.id)

    # -------------------------------------------------------------------------------- the news

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self._leave_studio = self.studio.subscribe(self._hear)
        # back from the shell the terminal is blank, which Textual doesn't know
        self.app_resume_signal.subscribe(self, lambda _: self.draw_anew())
        if self.studio.settings.notify != "off":
            self.write(notifications.KEEP_TITLE)
        if not isinstance(self.screen, SplashScreen):
            self.call_after_refresh(self._after_first_paint)

    async def on_unmount(self) -> None:
        """Finish what must not be lost."""
        if self._graphics is not None:
            await self._graphics.aclose()
        if self._leave_studio is not None:  # None: it failed before it was mounted
            self._leave_studio()
            if self.studio.settings.notify != "off":
                self.write(notifications.GIVE_TITLE_BACK)

    def prepare_node(self, node: Widget) -> None:
        """Give each node the keys of the user's config, and text fields their styles."""
        if isinstance(node, Input):
            read_styles(self, theme.path("fields"))
        if self.keymap:
            set_bindings(node, keymap.rekey(bindings_of_node(node), self.keymap))

    async def _open_first(self, opening: SplashScreen) -> None:
        """The frame stands; read the place in beside it. Keys wait their turn behind this."""
        await asyncio.to_thread(_read_services)
        # a draft names its model at once
        stored = self.studio.load_stored(TaskType.TEXT_TO_IMAGE)
        await asyncio.gather(asyncio.to_thread(self._first.load), stored)
        await self.switch_mode(self._first.id)
        self._after_first_paint()

    def _after_first_paint(self) -> None:
        read_styles(self, theme.path("windows"))
        self._images.ask()
        if self.on_painted is not None:
            self.on_painted()
        self.run_worker(self._hint(), name="hint", group="hint", exit_on_error=False)
        if self.studio.settings.keys or self.studio.settings.warnings:
            self.run_worker(self._announcements.odd_settings(), name="odd settings", group="odd")
        self.run_worker(self._publish(), name="first totals", group="totals", exit_on_error=False)
        # beside waking the studio: opening the ledger takes longer
        check = self.studio.catalogue.check_connection()
        self.run_worker(check, name="check the connection", group="way", exit_on_error=False)
        self.run_worker(self._wake(), name="wake the studio", group="lists", exit_on_error=False)

    async def _hint(self) -> None:
        await self.used.load()
        for line in self.screen.query(HintLine):
            line.show()

    async def _wake(self) -> None:
        try:
            await self.studio.begin()
        except ImaError as error:
            self.exit(error)
            return
        self._announcements.ledger_state()
        jobs = await self.studio.jobs.recent()
        self._announcements.left_behind(jobs)
        self._announcements.asks(jobs)
        await self.studio.catalogue.refresh()

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, TaskUnsaved):
            self._announcements.unwritten(notice)
        if isinstance(notice, Paused | ConnectivityChanged):
            self._count_down()
        if self._gatherer.hear(notice):
            pause = SLOW_GATHERING if self.studio.settings.quiet else GATHERING
            self.set_timer(pause, self._publish, name="gather news")

    def _count_down(self) -> None:
        """Draw the time that is left in the top line, until nothing waits any more."""
        for line in self.screen.query(TopLine):
            line.refresh()
        if self._counting is None and self.studio.engine.waiting is not None:
            self._counting = self.set_timer(
                SLOW_COUNT if self.studio.settings.quiet else 1.0, self._count, name="countdown"
            )

    def _count(self) -> None:
        self._counting = None
        self._count_down()

    async def _publish(self) -> None:
        self.totals = await self.studio.jobs.totals()
        news = self._gatherer.take()
        self.news.publish(news)
        self._announcements.ends(news.jobs.values())
        self._announcements.asks(news.jobs.values())
        self._announcements.endings(news.endings)
        if news.preferences:
            self._announcements.dropped_preferences()

    def after_display(self, screen: Screen[object], update: RenderableType) -> None:
        """Paint images that are no cells right after the cells below them; open the first screen
        right after its frame."""
        if isinstance(screen, SplashScreen):
            if screen.is_painted():
                self.call_next(self._open_first, screen)
        elif self._graphics is not None:
            self.write(self._graphics.overlay.after(screen, update))

    # ------------------------------------------------------------------------------ the screens

    async def action_plans(self) -> None:
        """Open the list of the workflows that are kept."""
        from ima_tui.tui.workflow.navigation import choose_workflow

        await choose_workflow(self)

    def action_subjects(self) -> None:
        """Open the named references; the one that is chosen goes into the prompt."""
        from ima_tui.tui.shell.subjects import SubjectsScreen

        async def chosen(name: str | None) -> None:
            if name is not None:
                await self.compose_about(name)

        if not isinstance(self.screen, SubjectsScreen):
            self.push_screen(SubjectsScreen(), chosen)

    def retell(self) -> None:
        """The language changed: say everything anew, what is hidden when it is opened again."""
        from ima_tui.tui.shell.base_screen import BaseScreen

        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
                screen.call_next(screen.retell)

    def is_opening(self, screen: Screen[object]) -> bool:
        """Return whether another screen follows at once."""
        return isinstance(screen, SplashScreen)

    def key_taken(self, key: str) -> None:
        """A key that opens another screen says nothing about the use of this one."""
        from ima_tui.tui.shell.base_screen import BaseScreen

        if isinstance(self.screen, BaseScreen):
            self.screen.key_used(key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No action before the first screen is there."""
        return not isinstance(top_screen(self), SplashScreen)

    def describe_crash(self, error: BaseException) -> str:
        """Log the traceback without local variables; return where the error was raised."""
        log.error("the app ended by an error", exc_info=error)
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        return say("app.crashed", kind=type(error).__name__, where=where)


def _read_services() -> None:
    """Import what every screen needs when it is mounted."""
    from ima_tui.studio import catalogue_service  # noqa: F401
