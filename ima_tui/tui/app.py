"""The app: places, a theme, and one signal. A guest of the studio, it knows no business.

The studio's notices are gathered for a moment and published as one `News`; the place that is open
redraws what changed. Nothing here, and nothing imported here, loads the client or its libraries.
"""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, cast

from rich.console import RenderableType
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.screen import Screen
from textual.signal import Signal
from textual.timer import Timer
from textual.widget import Widget

from ima_tui.core.errors import ImaError
from ima_tui.core.events import (
    ConnectivityChanged,
    Notice,
    Paused,
    TaskUnsaved,
    Totals,
)
from ima_tui.i18n import explain, say
from ima_tui.imaging.terminal import ask_tmux, no_copies
from ima_tui.tui.images.image_protocol import TerminalImages
from ima_tui.tui.keys import actions, keymap, read_only
from ima_tui.tui.screens import SCREENS, WORKFLOW
from ima_tui.tui.shell import appearance
from ima_tui.tui.shell.frame import HintLine, TopLine
from ima_tui.tui.shell.splash import SplashScreen
from ima_tui.tui.terminal import alt_keys, clipboard, notifications
from ima_tui.tui.terminal.notifications import JobNotifications
from ima_tui.tui.theme import styles, theme
from ima_tui.tui.theme.filters import AsciiFilter, NoColour
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.widgets.app_context import AppContext
from ima_tui.tui.widgets.hints import SeenHints
from ima_tui.tui.widgets.update_batcher import (
    GATHERING,
    SLOW_GATHERING,
    UpdateBatcher,
    Updates,
)

if TYPE_CHECKING:
    from textual.driver import Driver

    from ima_tui.core.domain import Job, ModelVersion, Order
    from ima_tui.preferences.file import DroppedPreference
    from ima_tui.studio.studio import Studio
    from ima_tui.tui.images.graphics import Graphics


log = logging.getLogger(__name__)

STAYS = 7 * 86_400.0
"""Seconds: a notification that is closed by hand alone."""
SLOW_COUNT = 5.0
"""Seconds between two numbers of a countdown over a slow line."""
WITH_THE_FIRST = (
    "ima_tui.studio.catalogue_service",
    "ima_tui.studio.jobs",
    "ima_tui.tui.images.graphics",
)
"""What every place wants when it is mounted."""


class ComposeTarget(Protocol):
    """What the Compose place can be handed."""

    def load_order(self, order: Order, replaces: int | None = None) -> None: ...

    def load_leaf(self, model: ModelVersion) -> None: ...

    def load_inputs(self, sources: Sequence[str]) -> None: ...


class JobTarget(Protocol):
    """What the queue, and the logs, can be asked."""

    async def show_job(self, job_id: int) -> None: ...


class ImaApp(AppContext, inherit_bindings=False):
    """`start` is the id of the place that is open first; `frame_first`: its frame is painted
    before the place itself is even imported."""

    TITLE = "ima-tui"
    ENABLE_COMMAND_PALETTE = False  # ours is bound below, with an id and a sentence
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                f"{place.number},f{place.number}",
                f"go('{place.id}')",
                f"bind.go_{place.id}",
                show=False,
                id=f"place.{place.id}",
            )
            for place in SCREENS
        ),
        Binding("question_mark", "help", "bind.help", show=False, id="app.help"),
        Binding("ctrl+p", "palette", "bind.palette", show=False, priority=True, id="app.palette"),
        Binding("W", "plans", "bind.plans", show=False, id="app.plans"),
        # a text field would take it for "select all"
        Binding("f7", "plans", "bind.plans", show=False, priority=True, id="app.plans_too"),
        Binding("apostrophe,f8", "jump", "bind.jump", show=False, id="app.jump"),
        Binding("L,f12", "language", "bind.language", show=False, id="app.language"),
        Binding("T,f10", "theme", "bind.theme", show=False, id="app.theme"),
        Binding(
            "ctrl+z", "suspend_process", "bind.suspend", show=False, priority=True, id="app.suspend"
        ),
        Binding("q,ctrl+q", "quit", "bind.quit", show=False, id="app.quit"),
        Binding("ctrl+c", "say_how_to_quit", show=False, id="app.interrupt"),
    ]

    def __init__(
        self, studio: Studio, *, start: str = "compose", frame_first: bool = False
    ) -> None:
        self._first = next(place for place in SCREENS if place.id == start)
        if not frame_first:
            # read by Textual's own __init__; a class variable there, but each app has its own
            self.DEFAULT_MODE = start  # type: ignore[misc]
        # the first place's sheet comes along: added later, it would have all be read once more
        super().__init__(css_path=[styles.path("app"), styles.path(start)])
        alt_keys.use_alt_digits()
        self.studio = studio
        wanted = studio.settings.hints and not studio.settings.read_only
        self.used = SeenHints(studio.settings.data, wanted=wanted)
        self.keymap = keymap.settled(studio.settings.keys)
        if studio.settings.read_only:
            self.keymap = {**self.keymap, **read_only.without_keys()}
        self._bindings = keymap.rekey(self._bindings, self.keymap)
        self.glyphs = glyphs(studio.settings.ascii)
        self._ascii = AsciiFilter()
        self.totals = Totals()
        self.news: Signal[Updates] = Signal(self, "news")
        self._gatherer = UpdateBatcher()
        self._losses: set[DroppedPreference] = set()
        self.unsaved: set[int] = set()
        """Jobs whose task ids the ledger could not take yet."""
        self._counting: Timer | None = None
        self._endings = JobNotifications(studio.clock.time())
        self._way = TerminalImages(self, self._write)  # hears the terminal from its first answer on
        self._leave_studio: Callable[[], None] | None = None
        self.on_painted: Callable[[], None] | None = None
        """Called once the screen is there."""
        for place in (*SCREENS, WORKFLOW):
            self.add_mode(place.id, place.open)
        for one in theme.themes():
            self.register_theme(one)
        if self.no_color:
            self._filters[:] = [NoColour()]  # Textual's own would draw in shades of grey
        appearance.paint(self, studio.settings.theme)
        if not studio.settings.motion:
            self.animation_level = "none"

    @property
    def driver(self) -> Driver | None:
        """What draws on the terminal, once it is there."""
        return self._driver

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return [*filters, self._ascii] if self.glyphs.ascii else filters

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our tokens, so that the style sheets can be read under any theme."""
        return theme.variables(theme.TOKENS[theme.DARK])

    @property
    def problem(self) -> ImaError | None:
        """Why the service can't be reached; None while it can."""
        return self._gatherer.problem

    @cached_property
    def graphics(self) -> Graphics:
        """Pictures in this terminal."""
        from ima_tui.tui.images.graphics import Graphics

        return Graphics(self, self._way, self._write)

    def get_default_screen(self) -> Screen[None]:
        return SplashScreen(self._first.id)

    # -------------------------------------------------------------------------------- the news

    def on_mount(self) -> None:
        self._leave_studio = self.studio.subscribe(self._hear)
        # back from the shell the terminal is blank, which Textual doesn't know
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        if self.studio.settings.notify != "off":
            self._write(notifications.KEEP_TITLE)
        if not isinstance(self.screen, SplashScreen):
            self.call_after_refresh(self._after_first_paint)

    async def on_unmount(self) -> None:
        await self.graphics.aclose()
        if self._leave_studio is not None:  # None: it failed before it was mounted
            self._leave_studio()
            if self.studio.settings.notify != "off":
                self._write(notifications.GIVE_TITLE_BACK)

    def _register_child(
        self, parent: DOMNode, child: Widget, before: int | None, after: int | None
    ) -> None:
        """Every widget and screen comes by here once: with the keys that the person gave it."""
        if self.keymap:
            child._bindings = keymap.rekey(child._bindings, self.keymap)
        super()._register_child(parent, child, before, after)

    async def _open_first(self, opening: SplashScreen) -> None:
        """The frame stands; read the place in beside it. Keys wait their turn behind this."""
        await asyncio.to_thread(self._read_in)
        await self.switch_mode(self._first.id)
        opening.hand_over()
        self._after_first_paint()

    def _read_in(self) -> None:
        for module in (self._first.module, *WITH_THE_FIRST):
            import_module(module)

    def _after_first_paint(self) -> None:
        self._way.ask()
        if self.on_painted is not None:
            self.on_painted()
        self.run_worker(self._hint(), name="hint", group="hint", exit_on_error=False)
        if self.studio.settings.keys or self.studio.settings.warnings:
            self.run_worker(self._say_what_is_odd(), name="odd settings", group="odd")
        self.run_worker(self._publish(), name="first totals", group="totals", exit_on_error=False)
        # beside waking the studio: opening the ledger takes longer
        check = self.studio.catalogue.check_connection()
        self.run_worker(check, name="check the connection", group="way", exit_on_error=False)
        self.run_worker(self._wake(), name="wake the studio", group="lists", exit_on_error=False)

    async def _hint(self) -> None:
        await self.used.load()
        for line in self.screen.query(HintLine):
            line.show()

    async def _say_what_is_odd(self) -> None:
        """About the config file. Each action's keys are known when all of tui is imported, which
        takes a moment."""
        settings = self.studio.settings
        from ima_tui.tui.shell import keymap_check

        odd = await asyncio.to_thread(keymap_check.warnings, settings.keys) if settings.keys else []
        for warning in (*settings.warnings, *odd):
            self.notify(warning, severity="warning", timeout=12)

    async def _wake(self) -> None:
        try:
            await self.studio.begin()
        except ImaError as error:
            self.exit(error)
            return
        self._tell_of_the_ground()
        if left := notifications.left_behind(await self.studio.jobs.recent(), self._endings.since):
            self.notify(left, severity="warning", timeout=12)
        await self.studio.catalogue.refresh()

    def _tell_of_the_ground(self) -> None:
        """What became of the ledger, where it is not as it should be."""
        if (done := self.studio.repair_report) is not None:
            from ima_tui.ledger import repair_report

            for words in repair_report.describe(done):
                self.notify(words, severity="warning", timeout=60)
        if (why := self.studio.read_only) is not None and not self.studio.settings.read_only:
            self.notify(explain(why), severity="error", timeout=60)

    def _tell_of_unwritten(self, told: TaskUnsaved) -> None:
        """It stays on the screen: whoever closes this window must know the task id."""
        from ima_tui.ledger import repair_report

        if told.written:
            self.unsaved.discard(told.job.id)
            self.notify(repair_report.saved_text(told), timeout=60)
        else:
            self.unsaved.add(told.job.id)
            self.notify(explain(repair_report.unsaved_error(told)), severity="error", timeout=STAYS)

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, TaskUnsaved):
            self._tell_of_unwritten(notice)
        if isinstance(notice, Paused | ConnectivityChanged):
            self._count_down()
        if self._gatherer.hear(notice):
            pause = SLOW_GATHERING if self.studio.settings.quiet else GATHERING
            self.set_timer(pause, self._publish, name="gather news")

    def _count_down(self) -> None:
        """Draw the time that is left in the top line, until nothing waits any more."""
        for line in self.screen.query(TopLine):
            line.refresh()
        if self._counting is None and self.studio.waiting is not None:
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
        if ended := self._endings.fresh(news.jobs.values()):
            self._tell_of_ends(ended)
        if news.preferences:
            self._tell_of_losses()

    def _tell_of_losses(self) -> None:
        """Wishes that another program dropped: once each, and not where they are seen anyway."""
        fresh = [one for one in self.studio.preferences.dropped() if one not in self._losses]
        self._losses |= {*fresh}
        if fresh and self.current_mode != "preferences":
            from ima_tui.tui.shell import model_picker

            self.notify(say("prefs.dropped_toast", which=model_picker.dropped(fresh)), timeout=12)

    def _tell_of_ends(self, ended: list[Job]) -> None:
        """Title, bell or notification, as the person set it."""
        now, way = self.studio.clock.time(), self.studio.settings.notify
        self._write(
            notifications.sequences(
                notifications.words(ended),
                way,
                sound=notifications.sounds(ended, now, focused=self.app_focus),
                in_tmux="TMUX" in os.environ,
            )
        )

    def _write(self, sequences: str) -> None:
        """Straight to the terminal, past the screen."""
        if self._driver is not None and sequences:
            self._driver.write(sequences)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Pictures that are no cells are painted right after the cells below them, and the first
        place is begun right after its frame."""
        super()._display(screen, renderable)
        if renderable is None or self._batch_count:
            return
        if isinstance(screen, SplashScreen):
            if screen.is_painted():
                self.call_next(self._open_first, screen)
        elif drawn := self.graphics.overlay.after(screen, renderable):
            self._write(drawn)

    # ------------------------------------------------------------------------------ the places

    async def action_go(self, place: str) -> None:
        await self.switch_mode(place)

    async def compose_from(self, job: Job, *, in_its_place: bool = False) -> None:
        """Open Compose with what `job` was made of; what is sent there may take its place."""
        replaces = job.id if in_its_place else None
        (await self._composer()).load_order(job.order, replaces)

    async def compose_with(self, model: ModelVersion) -> None:
        """Open Compose with `model` chosen."""
        (await self._composer()).load_leaf(model)

    async def compose_on(self, sources: Sequence[str]) -> None:
        """Open Compose with `sources`, paths or links, as inputs."""
        (await self._composer()).load_inputs(sources)

    async def show_job(self, job_id: int) -> None:
        """Open the queue on a job."""
        await self.switch_mode("queue")
        await cast(JobTarget, self.screen).show_job(job_id)

    async def show_log(self, job_id: int) -> None:
        """Open the logs on what was done for a job."""
        await self.switch_mode("logs")
        await cast(JobTarget, self.screen).show_job(job_id)

    async def action_plans(self) -> None:
        """The list of the plans that are kept."""
        from ima_tui.tui.workflow.navigation import choose_plan

        await choose_plan(self)

    async def _composer(self) -> ComposeTarget:
        await self.switch_mode("compose")
        return cast(ComposeTarget, self.screen)

    # --------------------------------------------------------------------- the same everywhere

    def action_help(self) -> None:
        from ima_tui.tui.shell.help import HelpScreen

        place = next((p for p in (*SCREENS, WORKFLOW) if p.id == self.current_mode), None)
        title = say(place.key) if place else ""
        self.push_screen(HelpScreen(actions.acts(self.screen), title))

    def action_palette(self) -> None:
        from ima_tui.tui.shell.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_jump(self) -> None:
        from ima_tui.tui.shell.jump import JumpScreen

        below = self.screen

        def found(widget: Widget | None) -> None:
            if widget is not None:
                below.set_focus(widget)

        self.push_screen(JumpScreen(below), found)

    def action_language(self) -> None:
        appearance.switch_language(self)

    def action_theme(self) -> None:
        appearance.choose_theme(self)

    def retell(self) -> None:
        """The language changed: say everything anew, what is hidden when it is opened again."""
        from ima_tui.tui.shell.base_screen import BaseScreen

        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
                screen.call_next(screen.retell)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Before the first place is there, a key is kept for it."""
        stack = self._screen_stacks.get(self._current_mode)
        return not (stack and isinstance(stack[-1], SplashScreen))

    def action_say_how_to_quit(self) -> None:
        self.notify(say("app.how_to_quit"))

    def _fatal_error(self) -> None:
        """A bug of ours ends the app with a sentence. Textual would print every local variable,
        and one of them may be the key; the log gets the traceback without them."""
        error = self._exception
        if error is None or self.debug:
            super()._fatal_error()
            return
        log.error("the app ended by an error", exc_info=error)
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        words = say("app.crashed", kind=type(error).__name__, where=where)
        self._exit_renderables.append(Text(words))
        self._close_messages_no_wait()

    def copy_to_clipboard(self, text: str) -> None:
        """Hand `text` to the terminal; whether it took it, nobody can know."""
        self._clipboard = text
        self._write(clipboard.sequence(text, in_tmux="TMUX" in os.environ))

    def copy(self, text: str) -> None:
        """As `copy_to_clipboard`, and say what became of it as far as that can be known."""
        self.copy_to_clipboard(text)
        self.run_worker(self._say_copied(), name="copied", group="copied", exit_on_error=False)

    async def _say_copied(self) -> None:
        tmux = await asyncio.to_thread(ask_tmux) if "TMUX" in os.environ else None
        if why := no_copies(os.environ, tmux):
            self.notify(say(why), severity="warning", timeout=12)
        else:
            self.notify(say("app.copied"))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Literal["information", "warning", "error"] = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """As Textual's, but text is never markup: it may come from outside."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)
