"""The person's preferred models: kept in the file that all of IMA's tools share, and watched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ima_tui.config.loader import Settings
from ima_tui.core.clock import Clock
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.events import Notice, PreferencesChanged
from ima_tui.preferences.file import DroppedPreference, Preferences

WATCH_SECONDS = 2.0
"""How often the preferences file is looked at: a stat, no read."""


class PreferenceService:
    """`preferences` is the store; what is changed here, or by another tool, is told."""

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
        await asyncio.to_thread(self.preferences.reload)
        self._dropped = await asyncio.to_thread(self.preferences.dropped)
        self._tell(PreferencesChanged())

    def model_id(self, task_type: TaskType, user: str | None = None) -> str:
        """The preferred model for `task_type`, else ""."""
        wish = self.preferences.of(user or self._user, task_type)
        return wish.model_id if wish else ""

    def preferred(self) -> dict[TaskType, str]:
        """The ids of the models that the person prefers."""
        return {kind: wish for kind in TaskType if (wish := self.model_id(kind))}

    async def prefer(
        self, task_type: TaskType, model: ModelVersion, user: str | None = None
    ) -> bool:
        """Remember a model for a task type. False where the file is not to be written.

        Raises `UsageError` where nothing is written at all.
        """
        self._settings.for_writing()
        user_id = user or self._user
        stored = await asyncio.to_thread(self.preferences.save, user_id, task_type, model)
        self._tell(PreferencesChanged())
        return stored

    async def unprefer(self, task_type: TaskType, user: str | None = None) -> bool:
        self._settings.for_writing()
        user_id = user or self._user
        stored = await asyncio.to_thread(self.preferences.clear, user_id, task_type)
        self._tell(PreferencesChanged())
        return stored

    def dropped(self) -> tuple[DroppedPreference, ...]:
        """Wishes of ours that another program dropped, as of the last look at the file."""
        return self._dropped

    async def bring_back(self, dropped: Sequence[DroppedPreference]) -> bool:
        """Store dropped wishes again. False where the file is not to be written."""
        self._settings.for_writing()
        stored = [await asyncio.to_thread(self.preferences.bring_back, each) for each in dropped]
        await self.load()
        return all(stored)

    async def let_go(self, dropped: Sequence[DroppedPreference]) -> None:
        """They are gone for good."""
        self._settings.for_writing()
        for each in dropped:
            await asyncio.to_thread(self.preferences.let_go, each)
        await self.load()

    async def watch(self) -> None:
        """Other tools write the same file: what they change shows by itself."""
        while True:
            await self._clock.sleep(WATCH_SECONDS)
            if self.preferences.changed():
                await self.load()
