"""A clock and a service made by hand, for tests in which HTTP is not the point."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ima_tui.api.client import Created
from ima_tui.api.rate_limit import RateLimit
from ima_tui.api.wire import Progress
from ima_tui.catalogue import order
from ima_tui.config.loader import Settings
from ima_tui.core.domain import (
    Draft,
    Job,
    Media,
    ModelVersion,
    Order,
    TaskType,
)
from ima_tui.ledger.store import Ledger
from ima_tui.runner.input_checks import InputChecks
from ima_tui.runner.scheduler import Scheduler

DONE = Progress(done=True, medias=(Media("https://x.example/1.png", format="png"),))
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
MP4 = b"\0\0\0\x10ftypmp42\0\0\0\0" + b"\0\0\0\x28free" + b"x" * 32


class FastClock:
    """A minute takes a few milliseconds, and nobody sleeps shorter than one turn of the loop.

    A stall of this process counts as `stall` real seconds at most: on a busy machine no deadline
    passes only because nobody had his turn. Tests of a pace measure real time: math.inf.
    """

    def __init__(self, rate: float = 1500.0, stall: float = 0.01) -> None:
        self._rate = rate
        self._stall = stall
        self._ahead = 0.0
        self._seen = time.monotonic()
        self._passed = self._seen * rate

    def time(self) -> float:
        return 1_700_000_000 + self._ahead + self.steady()

    def steady(self) -> float:
        now = time.monotonic()
        self._passed += min(now - self._seen, self._stall) * self._rate
        self._seen = now
        return self._passed

    def jump(self, seconds: float) -> None:
        """The lid was closed for so long."""
        self._passed += max(0.0, seconds)
        self._ahead += min(0.0, seconds)

    def set(self, seconds: float) -> None:
        """A person or NTP set the wall clock by so much."""
        self._ahead += seconds

    async def sleep(self, seconds: float) -> None:
        due = self.steady() + seconds
        await asyncio.sleep(max(0.0, seconds) / self._rate)
        late = due - self.steady()
        self._passed += max(0.0, late)


Step = Any
"""What one call does: an answer, an exception to raise, or a coroutine function to await."""


@dataclass
class FakeService:
    """Answers each call by the next step of its list; the last one is repeated."""

    create: Sequence[Step] = (Created("task-1", None),)
    ask: Sequence[Step] = (DONE,)
    load: Sequence[Step] = (PNG,)
    check: Sequence[Step] = (None,)
    put: Sequence[Step] = ("https://x.example/in.png",)
    calls: list[str] = field(default_factory=list)

    async def _next(self, name: str, steps: Sequence[Step]) -> Any:
        step = steps[min(self.calls.count(name), len(steps) - 1)]
        self.calls.append(name)
        if isinstance(step, BaseException):
            raise step
        return await step() if callable(step) else step

    async def create_order(self, job: Job, urls: tuple[str, ...]) -> Created:
        created: Created = await self._next("create", self.create)
        return created

    async def detail(self, task_id: str, before: Callable[[], None]) -> Progress:
        before()
        progress: Progress = await self._next("ask", self.ask)
        return progress

    async def verify(self, url: str) -> None:
        await self._next("check", self.check)

    async def upload(self, content: bytes, *, mime: str, suffix: str) -> str:
        return str(await self._next("put", self.put))

    async def download(self, url: str, part: Path) -> int:
        content = await self._next("load", self.load)
        part.write_bytes(content)
        return len(content)


class _Alone(Scheduler):
    """A scheduler whose input checks end with it; in the program they are the studio's."""

    checks: InputChecks

    async def aclose(self) -> None:
        await super().aclose()
        await self.checks.aclose()


def scheduler(
    ledger: Ledger,
    service: FakeService,
    model: ModelVersion,
    folder: Path,
    *,
    clock: FastClock | None = None,
    patient: bool = True,
    download: bool = True,
    find_model: Callable[[Order, bool], Awaitable[ModelVersion]] | None = None,
    checks: InputChecks | None = None,
) -> Scheduler:
    async def connect() -> FakeService:
        return service

    async def same_version(_: Order, __: bool) -> ModelVersion:
        return model

    checks, clock = checks or InputChecks(), clock or FastClock()
    settings = Settings(folder=folder, download=download)
    made = _Alone(
        ledger,
        clock,
        connect,
        find_model or same_version,
        checks,
        settings=settings,
        usual=settings,
        rate_limit=RateLimit(clock),
        patient=patient,
        asks=patient,
        tell_job=lambda _: None,
        tell_connectivity=lambda _: None,
        tell_unsaved=lambda _: None,
    )
    made.checks = checks
    return made


def placed(model: ModelVersion, prompt: str = "a lighthouse", **more: Any) -> Order:
    draft = Draft(model.task_type, model.model_id, model.version, prompt=prompt, **more)
    return order.place(model, draft)[0]


def any_order(task_type: TaskType = TaskType.TEXT_TO_IMAGE, points: int = 5, n: int = 1) -> Order:
    return Order(
        task_type, "test", "test-1", "Test 1.0", "a lighthouse", n, (("size", "1K"),), 501, points
    )
