"""The table of places. A place is a full screen with a number; its module loads on first visit."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ima_tui.tui.screens.place import Place


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


_SCREENS = "ima_tui.tui.screens"

PLACES = (
    PlaceRow(1, "models", f"{_SCREENS}.models", "ModelsScreen"),
    PlaceRow(2, "compose", f"{_SCREENS}.compose", "ComposeScreen"),
    PlaceRow(3, "queue", f"{_SCREENS}.queue", "QueueScreen"),
    PlaceRow(4, "gallery", f"{_SCREENS}.gallery", "GalleryScreen"),
    PlaceRow(5, "preferences", f"{_SCREENS}.preferences", "PreferencesScreen"),
    PlaceRow(6, "logs", f"{_SCREENS}.logs", "LogsScreen"),
)
PLAN = PlaceRow(0, "plan", f"{_SCREENS}.plan", "PlanScreen")
"""A place without a number: it is reached from a wish, and from the list of plans."""
