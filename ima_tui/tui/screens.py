"""The table of places. A place is a full screen with a number; its module loads on first visit."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ima_tui.tui.shell.base_screen import Place


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """`number` is its key (and its function key, which works while typing too)."""

    number: int
    id: str
    module: str
    screen: str

    @property
    def key(self) -> str:
        """The message that names it."""
        return f"place.{self.id}"

    def load(self) -> type[Place]:
        """The class of its screen, imported now."""
        found: type[Place] = getattr(import_module(self.module), self.screen)
        return found

    def open(self) -> Place:
        """A new screen of this place."""
        return self.load()()


PLACES = (
    PlaceRow(1, "models", "ima_tui.tui.models.screen", "ModelsScreen"),
    PlaceRow(2, "compose", "ima_tui.tui.compose.screen", "ComposeScreen"),
    PlaceRow(3, "queue", "ima_tui.tui.queue.screen", "QueueScreen"),
    PlaceRow(4, "gallery", "ima_tui.tui.gallery.screen", "GalleryScreen"),
    PlaceRow(5, "preferences", "ima_tui.tui.preferences.screen", "PreferencesScreen"),
    PlaceRow(6, "logs", "ima_tui.tui.logs.screen", "LogsScreen"),
)
PLAN = PlaceRow(0, "plan", "ima_tui.tui.workflow.screen", "PlanScreen")
"""A place without a number: it is reached from a wish, and from the list of plans."""
