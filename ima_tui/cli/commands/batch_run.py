"""A batch on its way: what ends is told on stdout and in the manifest, at once."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from contextlib import aclosing

from ima_tui.batch.manifest import Manifest
from ima_tui.cli import exit_status
from ima_tui.cli.commands.batch_feeder import BatchFeeder
from ima_tui.cli.commands.batch_rows import PricedRow, may_retry
from ima_tui.cli.exit_status import OVER, WORST_LAST
from ima_tui.cli.json_documents import error_json, job_json
from ima_tui.cli.output import ProgressLine, print_line, print_plain, talk
from ima_tui.core import atomic_file
from ima_tui.core.clock import Clock
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_LIMIT,
    EXIT_UNREACHABLE,
    ImaError,
    UsageError,
)
from ima_tui.core.events import ConnectivityChanged, Notice
from ima_tui.core.text import duration, one_line
from ima_tui.i18n import explain, say
from ima_tui.ledger import traces
from ima_tui.ledger.job_states import ENDED, UNSENT
from ima_tui.studio.studio import Studio

STEPS = 10
"""Lines in total where stderr is no terminal."""
ENOUGH = 3
"""Rows that must have ended before the rest can be estimated from them."""


class BatchProgress:
    """A line that rewrites itself on a terminal; in a log or a pipe, one for each tenth."""

    def __init__(self, clock: Clock, errands: Sequence[PricedRow]) -> None:
        self._line = ProgressLine()
        self._clock = clock
        self._rows = len(errands)
        self._points = sum(errand.order.total for errand in errands)
        ended = [errand for errand in errands if errand.job and errand.job.state in ENDED]
        self._before = len(ended)
        self._began = clock.steady()
        self._done = self._failed = self._spent = self._step = 0

    def count(self, errand: PricedRow, *, done: bool) -> None:
        """Count a row that ended."""
        self._done += done
        self._failed += not done
        self._spent += errand.order.total if done else 0
        ended = self._done + self._failed
        step = ended * STEPS // max(1, self._rows)
        if step > self._step and ended < self._rows and not sys.stderr.isatty():
            talk(self._words(None))
        self._step = step

    def show(self, live: int, waits: str = "") -> None:
        """Rewrite the line. `waits`: what all requests wait for."""
        words = self._words(live)
        self._line.show(f"{words} · {waits}" if waits else words)

    def clear(self) -> None:
        """Remove the line before something else is said."""
        self._line.clear()

    def _words(self, live: int | None) -> str:
        words = say(
            "batch.progress",
            done=self._done,
            rows=self._rows,
            points=self._spent,
            total=self._points,
            failed=self._failed,
        )
        if live is not None:
            words += " · " + say("batch.live", live=live)
        left = self._left()
        return words if left is None else f"{words} · {say('batch.left', time=duration(left))}"

    def _left(self) -> float | None:
        """Return the seconds left at the pace so far; None while nothing tells."""
        ended = self._done + self._failed
        ours, rest = ended - self._before, self._rows - ended
        if ours < ENOUGH or rest <= 0:
            return None
        return (self._clock.steady() - self._began) / ours * rest


log = logging.getLogger(__name__)


class BatchRun:
    """One run of a priced and agreed batch."""

    def __init__(
        self,
        studio: Studio,
        arguments: argparse.Namespace,
        errands: Sequence[PricedRow],
        *,
        asked: bool,
    ) -> None:
        self._studio = studio
        self._json: bool = arguments.json
        self._errands = errands
        self._manifest = manifest_of(arguments)
        self._feeder = BatchFeeder(
            studio,
            asked=asked,
            after_repair=arguments.after_repair,
            parallel=arguments.parallel,
            until=arguments.until,
        )
        self._progress = BatchProgress(studio.clock, errands)
        self._codes: set[int] = set()
        self._done = 0
        self._failed = 0
        self._offline = False

    async def to_the_end(self) -> int:
        """Send the rows and follow them; return the exit code."""
        await self._note([])  # a manifest that can't be written is told before anything is sent
        if self._manifest is not None and self._manifest.path.is_file():
            await asyncio.to_thread(
                traces.note, self._studio.settings.ledger, "manifest", self._manifest.path
            )
        feeder = self._feeder
        log.info("batch of %s rows", len(self._errands))
        unsubscribe = self._studio.subscribe(self._hear)
        try:
            async with aclosing(feeder.run(self._errands)) as ends:
                async for ended in ends:
                    await self._tell(ended)
                    self._show()
        except asyncio.CancelledError:
            self._studio.engine.hasten()
            self._progress.clear()
            talk(say("batch.interrupted"))
            return EXIT_INTERRUPTED
        finally:
            self._progress.clear()
            unsubscribe()
        return self._conclude()

    def _hear(self, notice: Notice) -> None:
        self._show()
        if not isinstance(notice, ConnectivityChanged):
            return
        offline = notice.problem is not None and notice.problem.exit_code == EXIT_UNREACHABLE
        if offline != self._offline:
            self._offline = offline
            self._progress.clear()
            talk(say("batch.offline" if offline else "batch.online"))

    def _show(self) -> None:
        self._progress.show(self._feeder.live, exit_status.waits(self._studio))

    async def _tell(self, ended: Sequence[PricedRow]) -> None:
        lines: list[dict[str, object]] = []
        self._progress.clear()
        for errand in ended:
            if (job := errand.job) is None:
                continue
            problem = _problem(job)
            wanted = self._studio.settings.download
            told = problem or exit_status.shortcoming(job, wanted=wanted)
            self._done += problem is None
            self._progress.count(errand, done=problem is None)
            self._codes.add(EXIT_DONE if told is None else _code(job, wanted=wanted))
            self._failed += may_retry(job)
            head: dict[str, object] = {"line": errand.row.line, "intent": errand.name}
            line = head | await job_json(self._studio, job, told)
            if job.state in ENDED:
                lines.append(line)
            if self._json:
                print_line(line)
            else:
                _print_end(errand.row.line, job, told)
        await self._note(lines)

    async def _note(self, lines: Sequence[dict[str, object]]) -> None:
        if self._manifest is not None:
            await asyncio.to_thread(self._manifest.append, lines)

    def _conclude(self) -> int:
        feeder = self._feeder
        log.info("batch ended: %s of %s done", self._done, len(self._errands))
        talk(say("batch.ended", done=self._done, rows=len(self._errands)))
        if self._failed:
            talk(say("batch.failed", n=self._failed))
        if feeder.given_up is not None:
            self._codes.add(feeder.given_up.exit_code)
            if feeder.unsent:
                sentence = explain(feeder.given_up)
                talk(say("batch.given_up", n=feeder.unsent, sentence=sentence))
                if self._json:
                    error = error_json(feeder.given_up)
                    print_line({"line": None, "status": "error", "error": error})
        return max(self._codes, key=WORST_LAST.index, default=EXIT_DONE)


def manifest_of(arguments: argparse.Namespace) -> Manifest | None:
    """Return the manifest that the flags name; None for --no-manifest.

    Raises `UsageError` where that is the file of the rows, which would be read as rows next time.
    """
    if arguments.manifest:
        path = atomic_file.expand(arguments.manifest)
        rows = atomic_file.expand(arguments.file)
        if path.exists() and rows.exists() and path.samefile(rows):
            raise UsageError("error.batch_manifest_rows", path=one_line(path, 300))
        return Manifest(path)
    if arguments.file == "-":
        return None
    return Manifest(atomic_file.expand(f"{arguments.file}.manifest.jsonl"))


def _code(job: Job, *, wanted: bool) -> int:
    held = job.needs_approval and job.state in UNSENT
    return EXIT_LIMIT if held else exit_status.exit_code(job, wanted=wanted)


def is_done(job: Job) -> bool:
    """A forgotten job that brought something was done before it was forgotten."""
    return job.state is State.DONE or (job.state is State.FORGOTTEN and bool(job.medias))


def _problem(job: Job) -> ImaError | None:
    """Why a row is not done; None where it is."""
    if is_done(job):
        return None
    if job.state is State.NEEDS_REVIEW:
        return ImaError("error.lost")
    if (over := exit_status.held_by_limit(job)) is not None:
        return over
    if job.state in UNSENT:
        rise = {"before": job.order.confirmed, "points": job.order.total}
        return ImaError("error.price_rose", **rise)
    if job.state is State.TIMED_OUT:
        return ImaError("error.still_running", id=job.id)
    if job.state in (State.STOPPED, State.FORGOTTEN):
        return ImaError("error.batch_left", id=job.id)
    return exit_status.failure_of(job)


def _sentence(job: Job, problem: ImaError) -> str:
    """Why, and what the next run does about it."""
    own = {
        State.NEEDS_REVIEW: "batch.unknown",
        State.TIMED_OUT: "batch.parked",
        State.QUEUED: "batch.held",
    }
    key = None if job.waiting.startswith(OVER) else own.get(job.state)
    return say(key, points=job.order.total, id=job.id) if key else explain(problem)


def _print_end(line: int, job: Job, problem: ImaError | None) -> None:
    for media in job.medias:
        print_plain(media.path or media.url)
    if more := exit_status.surplus(job):
        talk(say("batch.row", line=line, sentence=more))
    if problem is not None:
        talk(say("batch.row", line=line, sentence=_sentence(job, problem)))
        exit_status.say_how_to_fetch(job)
