"""Lazily created API client, with its address and key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui.config import api_key as keys
from ima_tui.config.loader import Settings, is_loopback
from ima_tui.core.clock import Clock
from ima_tui.core.errors import KeyMissing
from ima_tui.core.records import dataclass

if TYPE_CHECKING:
    from ima_tui.api.service import RemoteService


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Address of the service. The demo brings its own `key`, which is not secret."""

    base_url: str
    upload_url: str
    key: str = ""


Locate = Callable[[], Awaitable[Endpoint]]


@dataclass(eq=False)
class Connection:
    """Owns the key and the client. `locate` finds a service that is just starting."""

    _settings: Settings
    _clock: Clock
    _key: keys.Key | None
    _locate: Locate | None

    def __post_init__(self) -> None:
        self._address: Endpoint | None = None
        self._service: RemoteService | None = None
        self._connecting = asyncio.Lock()

    async def connect(self) -> RemoteService:
        """Return the client, created on first use. Raises `KeyMissing` or `KeyInvalid`."""
        async with self._connecting:
            if self._service is None:
                if self._address is None:
                    usual = Endpoint(self._settings.base_url, self._settings.upload_url)
                    self._address = await self._locate() if self._locate else usual
                address = self._address
                secret = address.key or (self._key.secret if self._key else "")
                if not secret:
                    raise KeyMissing
                self._service = await asyncio.to_thread(
                    _remote_service, secret, address, self._settings.language, self._clock
                )
            return self._service

    @property
    def origin(self) -> str:
        """The service's base address, as far as it is known."""
        return self._address.base_url if self._address else self._settings.base_url

    @property
    def loopback(self) -> str:
        """`origin` if it is on this machine, else ""."""
        return self.origin if is_loopback(self.origin) else ""

    @property
    def has_key(self) -> bool:
        """Whether a key is available; the demo needs none."""
        return self._key is not None or self._settings.profile == "demo"

    @property
    def key(self) -> keys.Key | None:
        """The key in use."""
        return self._key

    async def set_key(self, secret: str, *, keep: keys.Keep) -> None:
        """Use this key from now on, and store it as told.

        Raises `KeyInvalid`, or `UsageError` where it can't be stored.
        """
        plain = keys.checked(secret)
        if keep != "session":
            self._settings.for_writing()
        await asyncio.to_thread(keys.keep, plain, keep, key_file(self._settings))
        async with self._connecting:
            old, self._service = self._service, None
            self._key = keys.Key(plain, "flag" if keep == "session" else keep)
        if old is not None:
            await old.aclose()

    async def aclose(self) -> None:
        """Close the client, if there is one."""
        if self._service:
            await self._service.aclose()


def key_file(settings: Settings) -> Path:
    """Return the path of the key file, beside config.toml."""
    return settings.config_file.with_name("key")


def _remote_service(secret: str, address: Endpoint, language: str, clock: Clock) -> RemoteService:
    """Create the client.

    Importing httpx takes a quarter of a second: call it off the event loop.
    """
    from ima_tui.api.service import RemoteService

    return RemoteService(
        key=secret,
        base_url=address.base_url,
        upload_url=address.upload_url,
        language=language,
        now=clock.time,
        sandbox=address.base_url if is_loopback(address.base_url) else "",
    )
