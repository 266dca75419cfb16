"""Notifications about ended jobs: a command of the user, and a webhook.

Every window hears of every job; the ledger lets one of them notify, once per job. A crash between
that entry and the notification loses it: a notification is never sent twice.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ima_tui.core.domain import State
from ima_tui.core.errors import ImaError
from ima_tui.core.events import JobChanged, Notice
from ima_tui.core.records import dataclass
from ima_tui.core.text import redact
from ima_tui.studio.job_documents import SCHEMA, error_json, job_facts

if TYPE_CHECKING:
    from ima_tui.api.connection import Connection
    from ima_tui.config.loader import Settings
    from ima_tui.core.clock import Clock
    from ima_tui.core.domain import Job
    from ima_tui.ledger.store import Ledger
    from ima_tui.studio.engine import Engine

log = logging.getLogger(__name__)

ENDS = frozenset({State.DONE, State.FAILED, State.NEEDS_REVIEW})
"""What is told; stopping and removing a job are the user's own acts."""
SECONDS = 10.0
"""Time limit of a command, and of all that is pending when the studio closes."""
AT_ONCE = 4
SECRETS = ("IMA_API_KEY",)
"""Variables that the command does not inherit."""
SENT = "event.notified"


@dataclass(eq=False)
class JobNotifier:
    """Notifies about jobs that end. `hear` is a listener of the event bus and never waits."""

    _settings: Settings
    _clock: Clock
    _engine: Engine
    _connection: Connection

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._known: set[int] = set()
        self._pending: set[asyncio.Task[None]] = set()

    @staticmethod
    def is_wanted(settings: Settings) -> bool:
        """Whether anything is to be notified: never in the demo or in a read-only run."""
        quiet = bool(settings.profile) or settings.read_only
        return not quiet and bool(settings.command or settings.webhook)

    def hear(self, notice: Notice) -> None:
        """Begin the notification of a job that ended."""
        if not isinstance(notice, JobChanged):
            return
        job = notice.job
        if job.state in ENDS and job.id not in self._known:
            self._known.add(job.id)
            task = asyncio.create_task(self._notify(job), name=f"notification {job.id}")
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

    async def aclose(self) -> None:
        """Give pending notifications `SECONDS` to finish, then end them."""
        pending = tuple(self._pending)
        if pending:
            await asyncio.wait(pending, timeout=SECONDS)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _notify(self, job: Job) -> None:
        async with self._slots:
            try:
                ledger = await self._engine.ledger()
                if ledger.read_only is not None or not await ledger.note_once(
                    job.id, self._clock.time(), SENT
                ):
                    return
                await asyncio.gather(self._command(ledger, job), self._webhook(ledger, job))
            except ImaError as error:
                log.warning("notification of job %s: %r", job.id, error)

    async def _command(self, ledger: Ledger, job: Job) -> None:
        if not self._settings.command:
            return
        facts = {
            "prompt": job.order.prompt,
            "parameters": dict(job.order.parameters),
            "inputs": [redact(source) for source in job.order.inputs],
        }
        try:
            await run_command(self._settings.command, _body({**_document(job), **facts}))
        except ImaError as error:
            await self._failed(ledger, job, error)

    async def _webhook(self, ledger: Ledger, job: Job) -> None:
        if not self._settings.webhook:
            return
        from ima_tui.api import service

        url = self._settings.webhook
        try:
            await service.post(url, _body(_for_others(job)), sandbox=self._local_origin(url))
        except ImaError as error:
            await self._failed(ledger, job, error)

    def _local_origin(self, url: str) -> str:
        """Return the webhook's origin where it and the service are on this machine, else ""."""
        from urllib.parse import urlsplit

        from ima_tui.config.schema import is_loopback

        parts = urlsplit(url)
        local = self._connection.loopback and is_loopback(url)
        return f"{parts.scheme}://{parts.netloc}" if local else ""

    async def _failed(self, ledger: Ledger, job: Job, error: ImaError) -> None:
        log.warning("job %s: %s", job.id, error.key)
        await ledger.note(job.id, self._clock.time(), error.key, error.values)


def _document(job: Job) -> dict[str, object]:
    """The document of an ended job, as `jobs show --json` has it, without its timeline."""
    from ima_tui.runner import outputs

    problem = outputs.problem_of(job)
    error = None if problem is None else error_json(problem)
    return {
        "schema": SCHEMA,
        "event": "job_ended",
        **job_facts(job, job.updated_at),
        "error": error,
    }


def _for_others(job: Job) -> dict[str, object]:
    """The same for another host: without paths of this machine."""
    medias = tuple(replace(media, path="") for media in job.medias)
    return _document(replace(job, medias=medias))


def _body(document: dict[str, object]) -> bytes:
    return json.dumps(document).encode() + b"\n"


async def run_command(command: tuple[str, ...], body: bytes) -> None:
    """Run a program without a shell, with `body` on its stdin.

    It is killed with its children after `SECONDS`. Raises `ImaError` unless it exits with 0.
    """
    environment = {name: value for name, value in os.environ.items() if name not in SECRETS}
    silent = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=silent,
            stderr=silent,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "—"
        raise ImaError("error.command_start", reason=reason) from error
    try:
        async with asyncio.timeout(SECONDS):
            await process.communicate(body)
    except TimeoutError as error:
        raise ImaError("error.command_slow", seconds=round(SECONDS)) from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        raise ImaError("error.command_failed", code=process.returncode)
