"""Facade for the scheduler: API client and downloader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ima_tui.api import wire
from ima_tui.api.client import Created, ImaClient
from ima_tui.api.download import Downloader
from ima_tui.core.domain import Job, TaskType


class RemoteService:
    """The service as the scheduler uses it. Errors are those of `ImaClient` and `Downloader`."""

    def __init__(self, client: ImaClient, downloader: Downloader) -> None:
        self._client = client
        self._downloader = downloader

    async def products(self, task_type: TaskType) -> Sequence[dict[str, Any]]:
        """Return the product tree of one task type."""
        return await self._client.products(task_type)

    async def create_order(self, job: Job, urls: tuple[str, ...]) -> Created:
        """Create the task for `job`, with its inputs uploaded to `urls`. Charged."""
        return await self._client.create(wire.create_payload(job.order, urls))

    async def detail(self, task_id: str, before: Callable[[], None]) -> wire.Progress:
        """Return the state of a task; see `ImaClient.detail`."""
        return await self._client.detail(task_id, before)

    async def verify(self, url: str) -> None:
        """Have the service check an input."""
        await self._client.verify(url)

    async def upload(self, content: bytes, *, mime: str, suffix: str) -> str:
        """Upload a file; returns its URL."""
        return await self._client.upload(content, mime=mime, suffix=suffix)

    async def download(self, url: str, part: Path) -> int:
        """Download a result to `part`; returns the size in bytes."""
        return await self._downloader.fetch(url, part)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
        await self._downloader.aclose()
