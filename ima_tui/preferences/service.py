"""Preferred models of the user: stored in the shared file, which is watched for changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ima_tui.config.loader import Settings
from ima_tui.core.clock import Clock
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.events import Notice, PreferencesChanged
from ima_tui.preferences.file import DroppedPreference, Preferences

WATCH_SECONDS = 2.0
"""Seconds between checks of the file; a stat, no read."""


class PreferenceService:
    """Preferences for the studio.

    `preferences` is the store; changes by us or other tools are published.
    """

    def __init__(self, settings: Settings, clock: Clock, tell: Callable[[Notice], None]) -> None:
        self.preferences = Preferences(
            settings.preferences, settings.preference_notes, read_only=settings.read_only
        )
        self._user = settings.user_id
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._dropped: tuple[DroppedPreference, ...] = ()

    async def load(self) -> None:
        """Read the file and publish it."""
        await asyncio.to_thread(self.preferences.reload)
        self._dropped = await asyncio.to_thread(self.preferences.dropped)
        self._tell(PreferencesChanged())

    def model_id(self, task_type: TaskType, user: str | None = None) -> str:
        """Return the preferred model's id for `task_type`, else ""."""
        preference = self.preferences.of(user or self._user, task_type)
        return preference.model_id if preference else ""

    def preferred(self) -> dict[TaskType, str]:
        """Return the preferred models' ids by task type."""
        return {kind: preference for kind in TaskType if (preference := self.model_id(kind))}

    async def prefer(
        self, task_type: TaskType, model: ModelVersion, user: str | None = None
    ) -> bool:
        """Store a preference.

        Returns False where the file is not writable. Raises `UsageError` in a read-only run.
        """
        self._settings.for_writing()
        user_id = user or self._user
        stored = await asyncio.to_thread(self.preferences.save, user_id, task_type, model)
        self._tell(PreferencesChanged())
        return stored

    async def unprefer(self, task_type: TaskType, user: str | None = None) -> bool:
        """Remove a preference.

        Returns False where the file is not writable. Raises `UsageError` in a read-only run.
        """
        self._settings.for_writing()
        user_id = user or self._user
        stored = await asyncio.to_thread(self.preferences.clear, user_id, task_type)
        self._tell(PreferencesChanged())
        return stored

    def dropped(self) -> tuple[DroppedPreference, ...]:
        """Return preferences of ours that another program dropped, as of the last read."""
        return self._dropped

    async def bring_back(self, dropped: Sequence[DroppedPreference]) -> bool:
        """Store dropped preferences again. Returns False where the file is not writable."""
        self._settings.for_writing()
        stored = [await asyncio.to_thread(self.preferences.bring_back, each) for each in dropped]
        await self.load()
        return all(stored)

    async def let_go(self, dropped: Sequence[DroppedPreference]) -> None:
        """Stop offering dropped preferences."""
        self._settings.for_writing()
        for each in dropped:
            await asyncio.to_thread(self.preferences.let_go, each)
        await self.load()

    async def watch(self) -> None:
        """Reload the file whenever another tool changes it."""
        while True:
            await self._clock.sleep(WATCH_SECONDS)
            if self.preferences.changed():
                await self.load()
