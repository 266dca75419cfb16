"""The settings of this run beside what the file says for the next one, and changing the file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from ima_tui.config import loader, toml_file
from ima_tui.config.loader import Settings
from ima_tui.config.schema import (
    BY_NAME,
    SETTINGS,
    Raw,
    Setting,
    parsed,
)
from ima_tui.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class SettingStatus:
    """One setting as it stands. `now` holds in this run, and came from `origin` (`flag`,
    `environment`, `file`, `default`); `written` is what the file says by now, None for nothing."""

    setting: Setting
    now: Raw
    origin: str
    written: object | None

    @property
    def later(self) -> object | None:
        """What holds from the next start on, where that is something else; None where not."""
        if self.origin in ("flag", "environment"):
            return None
        after = self.setting.default if self.written is None else self.written
        return None if after == self.now else after


class ConfigEditor:
    """The one owner of changes to config.toml while the program runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.config_file

    @property
    def kept(self) -> bool:
        """Whether changes are kept: the demo leaves no trace, and a run for looking changes
        nothing."""
        return not (self._settings.profile or self._settings.read_only)

    async def statuses(self) -> tuple[SettingStatus, ...]:
        """Every setting, in the file's order. Raises `UsageError` when the file can't be read."""
        settings = self._settings
        written: Mapping[str, object] = settings.values  # the demo has no later
        if not settings.profile:
            written = (await asyncio.to_thread(toml_file.read, self._path)).values
        return tuple(
            SettingStatus(
                setting,
                settings.values.get(setting.name, setting.default),
                settings.origins.get(setting.name, "default"),
                written.get(setting.name),
            )
            for setting in SETTINGS
        )

    async def put(self, name: str, words: str) -> Raw:
        """Write what a person typed or chose; returns it as it was understood.

        Raises `UsageError` where it can't be that, or can't be written.
        """
        self._refuse_what_leaves_no_trace()
        setting = BY_NAME[name]
        value = parsed(setting, words)
        if setting.attribute in ("base_url", "upload_url"):
            value = loader.endpoint(str(value), self._settings.allow_custom_endpoints)
        await asyncio.to_thread(toml_file.put, self._path, name, value)
        return value

    async def drop(self, name: str) -> bool:
        """Let the default hold again. False where the file said nothing."""
        self._refuse_what_leaves_no_trace()
        return await asyncio.to_thread(toml_file.drop, self._path, name)

    def _refuse_what_leaves_no_trace(self) -> None:
        if self._settings.for_writing().profile:
            raise UsageError("error.demo_settings")
