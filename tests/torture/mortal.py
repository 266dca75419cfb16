"""One life of the program, lived in a forked child that may be killed at any moment.

A life opens a studio on a ledger, submits what its plan wishes for, says *yes* to what waits for a
person's word, and ends when every job has ended. It knows nothing of the product's insides: what
it counts are the COMMITs that pass through sqlite3, and the creates that pass through httpx.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from ima_tui.catalogue import order
from ima_tui.config import loader
from ima_tui.config.api_key import Key
from ima_tui.config.loader import Settings
from ima_tui.core.domain import (
    Draft,
    Job,
    Order,
    TaskType,
)
from ima_tui.core.errors import ImaError
from ima_tui.ledger.records import ENDED, UNSENT, ImpossibleTransition
from ima_tui.studio.studio import Studio, open_studio

KEY = Key("ima_canary_0123456789", "flag")
CREATE = "/tasks/create"
FREEZES_AT = 6
"""The question: by then several jobs are followed."""


@dataclass(frozen=True)
class Wish:
    """One job of the plan. With an `intent` every life submits it anew, as a batch does."""

    prompt: str
    task_type: str = "text_to_image"
    model_id: str = ""
    n: int = 1
    chosen: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()
    intent: str = ""


@dataclass(frozen=True)
class Plan:
    """What a life is to do, and where it is to die by its own hand (0, "": nowhere)."""

    folder: Path
    url: str
    rate: float
    origin: float
    wishes: tuple[Wish, ...] = ()
    commit: int = 0
    after: bool = False
    create: str = ""
    """`before` it is sent, once it was `sent`, or when it was `answered`."""
    pipe: int = -1
    name: str = ""
    asks: Path | None = None
    """Where every question about a task is noted: who asked about which one, and when."""
    freeze: str = ""
    """`before` a question is written, or `during` one: see `note_asks`."""
    look_again: float = 0.01
    extra: dict[str, Any] = field(default_factory=dict)


class SharedClock:
    """`rate` times as fast as the wall's clock, and the same in every process of an ordeal."""

    def __init__(self, rate: float, origin: float) -> None:
        self._rate = rate
        self._origin = origin

    def time(self) -> float:
        return self._origin + (time.time() - self._origin) * self._rate

    def steady(self) -> float:
        return self.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._rate)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # a signal to oneself may take a moment


def doom_commit(nth: int, after: bool) -> None:
    """Die right before or right after the nth COMMIT of this process."""
    seen = 0

    class Mortal(sqlite3.Connection):
        def execute(self, sql: str, *more: Any) -> sqlite3.Cursor:  # type: ignore[override]
            nonlocal seen
            if sql.strip().rstrip(";").upper() not in ("COMMIT", "END"):
                return super().execute(sql, *more)
            seen += 1
            if seen == nth and not after:
                die()
            done = super().execute(sql, *more)
            if seen == nth:
                die()
            return done

        def commit(self) -> None:
            self.execute("COMMIT")

    plain = sqlite3.connect

    def connect(*args: Any, **more: Any) -> sqlite3.Connection:
        return plain(*args, **{"factory": Mortal, **more})

    sqlite3.connect = connect


def doom_create(moment: str) -> None:
    """Die at the first create: before it leaves, when it has left, or when it was answered."""
    plain = httpx.AsyncClient.send

    async def send(self: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
        if not request.url.path.endswith(CREATE):
            return await plain(self, request, **more)
        if moment == "before":
            die()
        exchange = asyncio.ensure_future(plain(self, request, **more))
        if moment == "answered":
            await exchange
        else:
            await asyncio.sleep(float(moment))
        die()
        return await exchange

    httpx.AsyncClient.send = send  # type: ignore[method-assign,assignment]


def note_asks(file: Path, freeze: str = "", nth: int = FREEZES_AT) -> None:
    """From now on this process notes `pid task time` when it writes a question to the wire.

    `freeze`: it stops itself at the nth question: `before` that is written, or with it on its way
    (`during`) until somebody lets it go on. So the moment is known, and no chance decides.
    """
    plain = httpx.AsyncClient.send
    notes = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    seen = 0

    async def send(self: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
        nonlocal seen
        if not request.url.path.endswith("/tasks/detail"):
            return await plain(self, request, **more)
        task_id = json.loads(request.content)["task_id"]
        last_look = request.extensions.get("trace")

        async def trace(name: str, info: Any) -> None:
            if last_look is not None:
                await last_look(name, info)
            if name.endswith("send_request_body.started"):
                os.write(notes, f"{os.getpid()} {task_id} {time.time()}\n".encode())

        request.extensions["trace"] = trace
        seen += 1
        if freeze == "before" and seen == nth:
            os.kill(os.getpid(), signal.SIGSTOP)
        exchange = asyncio.ensure_future(plain(self, request, **more))
        if freeze == "during" and seen == nth:
            await asyncio.sleep(0.005)  # most of the time it is at the service by then
            os.kill(os.getpid(), signal.SIGSTOP)
        return await exchange

    httpx.AsyncClient.send = send  # type: ignore[method-assign,assignment]


def settings_of(workflow: Plan) -> Settings:
    plain = loader.load({}, {"IMA_TUI_CONFIG": str(workflow.folder / "config.toml")})
    return replace(
        plain,
        base_url=workflow.url,
        upload_url=workflow.url,
        data=workflow.folder / "data",
        cache=workflow.folder.parent / "cache",
        folder=workflow.folder / "out",
        preferences=workflow.folder / "ima_prefs.json",
        max_age=10**9,
        **workflow.extra,
    )


async def order_of(studio: Studio, wish: Wish) -> Order:
    task_type = TaskType(wish.task_type)
    models = await studio.catalogue.fresh(task_type)
    model = next(
        (one for one in models if one.model_id == wish.model_id), None
    ) or studio.catalogue.suggested(task_type)
    assert model is not None
    draft = Draft(
        task_type, model.model_id, model.version, wish.prompt, wish.chosen, wish.inputs, wish.n
    )
    return order.place(model, draft)[0]


async def submit(studio: Studio, workflow: Plan, *, first: bool) -> None:
    """Every promise that a submit has given is told to the parent before anything else."""
    for wish in workflow.wishes:
        if first or wish.intent:
            await studio.jobs.submit(await order_of(studio, wish), intent=wish.intent)
            if workflow.pipe >= 0:
                os.write(workflow.pipe, f"{wish.prompt}\n".encode())


async def to_the_end(studio: Studio, look_again: float = 0.01) -> tuple[Job, ...]:
    """Until every job has ended; a person is there who says yes to what waits for a word."""
    while True:
        jobs = await studio.jobs.recent(100_000)
        for job in jobs:
            if job.needs_approval and job.state in UNSENT:
                try:
                    await studio.jobs.follow(job.id)
                except (ImaError, ImpossibleTransition):  # another window was faster
                    await asyncio.sleep(look_again)
        if all(job.state in ENDED for job in jobs):
            return jobs
        await asyncio.sleep(look_again)


async def _live(workflow: Plan, first: bool) -> None:
    clock = SharedClock(workflow.rate, workflow.origin)
    settings = settings_of(workflow)
    async with open_studio(settings, clock=clock, key=KEY, for_screen=True) as studio:
        await studio.begin()
        await submit(studio, workflow, first=first)
        await to_the_end(studio, workflow.look_again)


def live(workflow: Plan, *, first: bool) -> None:
    """A whole life; returns when all jobs have ended, unless it dies before."""
    if workflow.commit:
        doom_commit(workflow.commit, workflow.after)
    if workflow.create:
        doom_create(workflow.create)
    if workflow.asks is not None:
        note_asks(workflow.asks, workflow.freeze)
    asyncio.run(_live(workflow, first))
