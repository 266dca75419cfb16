"""Open studios, place orders and wait for jobs, as the tests of several packages do."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from ima_tui.catalogue import order
from ima_tui.config.api_key import Key
from ima_tui.config.loader import Settings
from ima_tui.core.domain import (
    Draft,
    Job,
    Order,
    State,
    TaskType,
)
from ima_tui.core.events import JobChanged, Notice
from ima_tui.ledger.records import ENDED
from ima_tui.studio.studio import Studio, open_studio

SPEED = 100.0
POLITE = f"[server]\nseed = 1\npoll_scale = {0.5 / SPEED}\n"
"""Asking much sooner than allowed is a violation; half of it is left to how threads run."""

UNHURRIED = "[server]\ntimeout_s = 0\n"
"""No deadlines: they are on the wall's clock, and a busy machine would miss them."""

KEY = Key("ima_canary_0123456789", "flag")
ENDS = (State.DONE, State.FAILED, State.NEEDS_REVIEW, State.STOPPED)
BASE = float(os.environ.setdefault("QUEUE_TEST_BASE", str(time.time())))
"""All processes of a test run on one fast clock: leases are compared across them."""

Open = Callable[..., AbstractAsyncContextManager[Studio]]


class CommonClock:
    """The same fast time in every process of a test run."""

    def time(self) -> float:
        return BASE + (time.time() - BASE) * SPEED

    def steady(self) -> float:
        return self.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / SPEED)


@asynccontextmanager
async def window(settings: Settings, *, screen: bool = True) -> AsyncIterator[Studio]:
    clock = CommonClock()
    async with open_studio(settings, clock=clock, key=KEY, for_screen=screen) as studio:
        await studio.begin()
        yield studio


async def wish(
    studio: Studio,
    prompt: str = "a lighthouse",
    task_type: TaskType = TaskType.TEXT_TO_IMAGE,
    **more: Any,
) -> Order:
    await studio.catalogue.fresh(task_type)
    model = studio.catalogue.suggested(task_type)
    assert model is not None
    draft = Draft(task_type, model.model_id, model.version, prompt=prompt, **more)
    return order.place(model, draft)[0]


async def until(studio: Studio, job_id: int, good: Callable[[Job], bool]) -> Job:
    """The job as soon as `good(job)`. A minute without that fails the test."""
    changed = asyncio.Event()

    def listen(notice: Notice) -> None:
        if isinstance(notice, JobChanged) and notice.job.id == job_id:
            changed.set()

    unsubscribe = studio.subscribe(listen)
    try:
        async with asyncio.timeout(60):
            while True:
                changed.clear()
                job = await studio.jobs.get(job_id)
                assert job is not None
                if good(job):
                    return job
                await changed.wait()
    finally:
        unsubscribe()


async def at(studio: Studio, job_id: int, *wanted: State) -> Job:
    """The job in one of the states, by default in one in which nothing more happens."""
    return await until(studio, job_id, lambda job: job.state in (wanted or ENDS))


async def ended(studio: Studio, job_id: int) -> Job:
    return await until(studio, job_id, lambda job: job.state in ENDED)


async def held(studio: Studio, job_id: int) -> Job:
    return await until(studio, job_id, lambda job: job.needs_approval or job.state in ENDED)
