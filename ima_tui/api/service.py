"""The service as the scheduler knows it: the client and the downloader behind one door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ima_tui.api import wire
from ima_tui.api.client import Created, ImaClient
from ima_tui.api.download import Downloader
from ima_tui.core.domain import Job, TaskType


class RemoteService:
    def __init__(self, client: ImaClient, downloader: Downloader) -> None:
        self._client = client
        self._downloader = downloader

    async def products(self, task_type: TaskType) -> Sequence[dict[str, Any]]:
        return await self._client.products(task_type)

    async def create_order(self, job: Job, urls: tuple[str, ...]) -> Created:
        return await self._client.create(wire.create_payload(job.order, urls))

    async def detail(self, task_id: str, before: Callable[[], None]) -> wire.Progress:
        return await self._client.detail(task_id, before)

    async def verify(self, url: str) -> None:
        await self._client.verify(url)

    async def upload(self, content: bytes, *, mime: str, suffix: str) -> str:
        return await self._client.upload(content, mime=mime, suffix=suffix)

    async def download(self, url: str, part: Path) -> int:
        return await self._downloader.fetch(url, part)

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._downloader.aclose()
