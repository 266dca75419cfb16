"""Table of the screens; each is imported on its first visit."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ima_tui.core.records import dataclass

if TYPE_CHECKING:
    from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """`number` is what its name shows; its key is `go_<id>` in `tui.keys.verbs`."""

    number: int
    id: str
    module: str
    screen: str

    @property
    def key(self) -> str:
        """The message key of its name; `place.short_<id>` on narrow terminals."""
        return f"place.{self.id}"

    def load(self) -> type[Screen[None]]:
        """The class of its screen, imported now."""
        found: type[Screen[None]] = getattr(import_module(self.module), self.screen)
        return found

    def open(self) -> Screen[None]:
        """A new instance of the screen."""
        return self.load()()


SCREENS = (
    ScreenEntry(1, "models", "ima_tui.tui.models.screen", "ModelsScreen"),
    ScreenEntry(2, "compose", "ima_tui.tui.compose.screen", "ComposeScreen"),
    ScreenEntry(3, "queue", "ima_tui.tui.queue.screen", "QueueScreen"),
    ScreenEntry(4, "gallery", "ima_tui.tui.gallery.screen", "GalleryScreen"),
    ScreenEntry(5, "preferences", "ima_tui.tui.preferences.screen", "PreferencesScreen"),
    ScreenEntry(6, "logs", "ima_tui.tui.logs.screen", "LogsScreen"),
)
WORKFLOW = ScreenEntry(0, "plan", "ima_tui.tui.workflow.screen", "WorkflowScreen")
"""A screen without a number: it is reached from a prompt, and from the list of workflows."""
SPENDING = ScreenEntry(0, "spending", "ima_tui.tui.spending.screen", "SpendingScreen")
"""A view of the queue, without a number."""
