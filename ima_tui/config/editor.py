"""Editor of config.toml: current values beside those of the next start, and changes to the file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from ima_tui.config import loader, toml_file
from ima_tui.config.loader import Settings
from ima_tui.config.schema import BY_NAME, SETTINGS, Raw, Setting, parsed
from ima_tui.core.records import dataclass


@dataclass(frozen=True, slots=True)
class SettingStatus:
    """One setting, with its value in this run and in the file.

    `now` came from `origin` (`flag`, `environment`, `file`, `default`); `written` is what the file
    says now, None for nothing.
    """

    setting: Setting
    now: Raw
    origin: str
    written: object | None

    @property
    def later(self) -> object | None:
        """The value after a restart if it differs from the current one, else None."""
        if self.origin in ("flag", "environment"):
            return None
        after = self.setting.default if self.written is None else self.written
        after = tuple(after) if isinstance(after, list) else after
        return None if after == self.now else after


AT_ONCE = frozenset({"agents", "spending"})
"""Tables whose settings need no new start: who lowers a limit means the next job."""


class ConfigEditor:
    """Changes config.toml while the program runs. The only writer.

    `use` is handed the settings when one of them changed that needs no new start.
    """

    def __init__(
        self, settings: Settings, use: Callable[[Settings], None] = lambda settings: None
    ) -> None:
        self._settings = settings
        self._path = settings.config_file
        self._use = use

    @property
    def kept(self) -> bool:
        """Whether changes are saved: not in a read-only run."""
        return not self._settings.read_only

    @property
    def in_demo(self) -> bool:
        """Whether the file goes with the demo."""
        return bool(self._settings.profile)

    async def statuses(self) -> tuple[SettingStatus, ...]:
        """Return every setting, in the file's order.

        Raises `UsageError` when the file can't be read.
        """
        settings = self._settings
        written: Mapping[str, object] = (await asyncio.to_thread(toml_file.read, self._path)).values
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
        """Parse and save what the user typed or chose.

        Returns the parsed value. Raises `UsageError` for an invalid value or an unwritable file.
        """
        self._settings.for_writing()
        setting = BY_NAME[name]
        value = parsed(setting, words)
        if setting.attribute in ("base_url", "upload_url"):
            value = loader.endpoint(str(value), self._settings.allow_custom_endpoints)
        await asyncio.to_thread(toml_file.put, self._path, name, value)
        self._apply(setting, value, "file")
        return value

    async def drop(self, name: str) -> bool:
        """Remove the setting from the file, so that the default applies.

        Returns False if it was not there.
        """
        self._settings.for_writing()
        was_there = await asyncio.to_thread(toml_file.drop, self._path, name)
        if was_there:
            self._apply(BY_NAME[name], BY_NAME[name].default, "default")
        return was_there

    def _apply(self, setting: Setting, value: Raw, origin: str) -> None:
        """A flag or an environment variable still takes precedence."""
        settings = self._settings
        wins = settings.origins.get(setting.name) in ("flag", "environment")
        if setting.table not in AT_ONCE or wins:
            return
        self._settings = replace(
            settings,
            values={**settings.values, setting.name: value},
            origins={**settings.origins, setting.name: origin},
            **{setting.attribute: value},  # type: ignore[arg-type]
        )
        self._use(self._settings)
