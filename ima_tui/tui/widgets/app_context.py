"""Interface of the app for widgets and actions: a typed base class without decisions.

`ImaApp` implements it. Widgets import this instead of the app, so that no import leads upwards.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from textual.app import App

from ima_tui.core.errors import ImaError
from ima_tui.tui.terminal.base_app import TerminalApp
from ima_tui.tui.widgets.cells import width, wrap

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.notifications import SeverityLevel
    from textual.signal import Signal

    from ima_tui.core.domain import Job, ModelVersion
    from ima_tui.core.events import Totals
    from ima_tui.studio.studio import Studio
    from ima_tui.tui.keys.keymap import Keymap
    from ima_tui.tui.theme.glyphs import Glyphs
    from ima_tui.tui.widgets.hints import SeenHints
    from ima_tui.tui.widgets.update_batcher import Updates

TOAST_CELLS = 60
"""Width of a notification, as Textual has it: this, at most half of the screen."""
TOAST_EDGES = 4


class AppContext(TerminalApp, inherit_bindings=False):
    """The app as its screens and widgets see it: shared state, and ways to other screens."""

    studio: Studio
    glyphs: Glyphs
    keymap: Keymap
    totals: Totals
    used: SeenHints
    news: Signal[Updates]
    unsaved: set[int]
    sent: int | None = None
    """A job that was just sent: the queue opens on it."""
    sent_prompt: str = ""
    """The prompt of a workflow that was just sent: Compose is empty when it is opened again."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notification; Chinese is broken where a line of Chinese may end."""
        if width(message) != len(message):
            cells = min(TOAST_CELLS, self.size.width // 2) - TOAST_EDGES
            message = "\n".join(wrap(message, max(8, cells)))
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    @property
    @abstractmethod
    def problem(self) -> ImaError | None:
        """Why the service can't be reached; None while it can."""

    @abstractmethod
    async def action_go(self, place: str) -> None:
        """Open the screen of that id."""

    @abstractmethod
    async def compose_from(self, job: Job, *, in_its_place: bool = False) -> None:
        """Open Compose with the prompt and settings of `job`."""

    @abstractmethod
    async def compose_with(self, model: ModelVersion) -> None:
        """Open Compose with `model` chosen."""

    @abstractmethod
    async def compose_on(self, sources: Sequence[str]) -> None:
        """Open Compose with `sources`, paths or links, as inputs."""

    @abstractmethod
    async def show_job(self, job_id: int) -> None:
        """Open the queue on a job."""

    @abstractmethod
    async def show_log(self, job_id: int) -> None:
        """Open the logs on the entries of a job."""

    @abstractmethod
    def retell(self) -> None:
        """Draw every screen again in the language that was just chosen."""


def context(node: DOMNode) -> AppContext:
    """The app that `node` belongs to."""
    app: App[Any] = node.app
    return cast(AppContext, app)
