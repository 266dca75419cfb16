"""Interface of the app for widgets and actions: a typed base class without decisions; its news.

`ImaApp` implements it. Widgets import this instead of the app, so that no import leads upwards.

`SeenHints` remembers between runs which screens were used, so that they need no hint. Used is: the
user pressed a key there that does something, and went on to another screen.

`UpdateBatcher` batches the studio's notices into one redraw.
"""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textual.app import App

from ima_tui.core import atomic_file
from ima_tui.core.errors import ImaError
from ima_tui.core.events import (
    ConnectivityChanged,
    EndingChanged,
    GuidesChanged,
    JobChanged,
    ListChanged,
    Notice,
    PreferencesChanged,
    ProductList,
    SubjectsChanged,
)
from ima_tui.core.records import dataclass
from ima_tui.tui.terminal.base_app import TerminalApp
from ima_tui.tui.widgets.cells import width, wrap

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.notifications import SeverityLevel
    from textual.signal import Signal

    from ima_tui.core.domain import Job, ModelVersion, TaskType
    from ima_tui.core.events import Totals
    from ima_tui.studio.studio import Studio
    from ima_tui.tui.keys.keymap import Keymap
    from ima_tui.tui.theme.glyphs import Glyphs


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


HINTED = ("models", "compose", "queue", "gallery", "preferences", "logs")
MOST_BYTES = 10_000


class SeenHints:
    """Which places were used, kept in a file in the data folder. A file that can't be read or
    written is as if there were none: hints are no reason to trouble anybody."""

    def __init__(self, data: Path, *, wanted: bool) -> None:
        self._path = data / "used_places.json"
        self._wanted = wanted
        self._places: set[str] | None = None

    async def load(self) -> None:
        """Read which screens were used."""
        if self._wanted:
            self._places = await asyncio.to_thread(_read, self._path)

    def wants_hint(self, place: str) -> bool:
        """False, too, before it was read: better late than for a blink."""
        return self._places is not None and place in HINTED and place not in self._places

    async def add(self, place: str) -> None:
        """Remember that a screen was used."""
        if self._places is None or place in self._places:
            return
        self._places.add(place)
        await asyncio.to_thread(_write, self._path, sorted(self._places))


def _read(path: Path) -> set[str]:
    with suppress(OSError, ValueError):
        found = json.loads(atomic_file.read_small(path, MOST_BYTES)[0])
        if isinstance(found, list):
            return {place for place in found if place in HINTED}
    return set()


def _write(path: Path, places: list[str]) -> None:
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(places), "utf-8")
        part.replace(path)


GATHERING = 0.1
"""Seconds between the first notice and the redraw."""
SLOW_GATHERING = 0.5
"""The same over a slow line."""


@dataclass(frozen=True, slots=True)
class Updates:
    """What changed since the last news; of each thing the newest facts only."""

    jobs: Mapping[int, Job] = field(default_factory=dict)
    lists: Mapping[TaskType, ProductList] = field(default_factory=dict)
    preferences: bool = False
    guides: bool = False
    subjects: bool = False
    endings: frozenset[str] = frozenset()
    """Workflows whose film, or other end, is being made or is over."""


class UpdateBatcher:
    """Hears notices, gives them back as one `Updates`."""

    def __init__(self) -> None:
        self.problem: ImaError | None = None
        """Why the service can't be reached, as last heard."""
        self._jobs: dict[int, Job] = {}
        self._lists: dict[TaskType, ProductList] = {}
        self._changed: set[type] = set()
        """Notices that only say that something is otherwise."""
        self._endings: set[str] = set()
        self._waiting = False

    def hear(self, notice: Notice) -> bool:
        """Keep `notice`; True when it is the first since `take`."""
        match notice:
            case JobChanged(job):
                before = self._jobs.get(job.id)
                if (
                    before is None or before.revision <= job.revision
                ):  # they may overtake each other
                    self._jobs[job.id] = job
            case ListChanged(product_list):
                self._lists[product_list.task_type] = product_list
            case ConnectivityChanged(problem):
                self.problem = problem
            case PreferencesChanged() | GuidesChanged() | SubjectsChanged():
                self._changed.add(type(notice))
            case EndingChanged(workflow_id):
                self._endings.add(workflow_id)
        first = not self._waiting
        self._waiting = True
        return first

    def take(self) -> Updates:
        """Everything heard since the last time."""
        news = Updates(
            self._jobs,
            self._lists,
            PreferencesChanged in self._changed,
            GuidesChanged in self._changed,
            SubjectsChanged in self._changed,
            frozenset(self._endings),
        )
        self._jobs, self._lists, self._endings, self._changed = {}, {}, set(), set()
        self._waiting = False
        return news
