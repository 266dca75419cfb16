"""A batch on its way: rows are fed to the scheduler a few at a time and followed to their ends.

What ends is told on stdout and in the manifest, at once.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from argparse import Namespace
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from ima_tui.batch.manifest import Manifest
from ima_tui.cli import exit_status
from ima_tui.cli.commands.batch_rows import PricedRow, may_retry
from ima_tui.cli.confirm import RESTORED
from ima_tui.cli.exit_status import OVER
from ima_tui.cli.json_documents import error_json, job_json
from ima_tui.cli.output import ProgressLine, note_job, print_line, talk
from ima_tui.core import atomic_file
from ima_tui.core.clock import Clock
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import (
    EXIT_INTERRUPTED,
    EXIT_KEY,
    EXIT_STILL_RUNNING,
    EXIT_UNREACHABLE,
    ImaError,
    UsageError,
)
from ima_tui.core.events import ConnectivityChanged, JobChanged, Notice
from ima_tui.core.text import duration, one_line
from ima_tui.i18n import explain, say
from ima_tui.ledger import traces
from ima_tui.ledger.records import (
    ENDED,
    OPEN,
    ImpossibleTransition,
    is_done,
    waits_as_agents,
    waits_as_users,
)
from ima_tui.runner import outputs
from ima_tui.studio.studio import Studio

STEPS = 10
"""Lines in total where stderr is no terminal."""
ENOUGH = 3
"""Rows that must have ended before the rest can be estimated from them."""


class BatchProgress(ProgressLine):
    """A line that rewrites itself on a terminal; in a log or a pipe, one for each tenth."""

    def __init__(self, clock: Clock, priced_rows: Sequence[PricedRow]) -> None:
        super().__init__()
        self._clock = clock
        self._rows = len(priced_rows)
        self._points = sum(priced.order.total for priced in priced_rows)
        ended = [priced for priced in priced_rows if priced.job and priced.job.state in ENDED]
        self._before = len(ended)
        self._began = clock.steady()
        self.done = self._failed = self._spent = self._step = 0

    def count(self, priced: PricedRow, *, done: bool) -> None:
        """Count a row that ended."""
        self.done += done
        self._failed += not done
        self._spent += priced.order.total if done else 0
        ended = self.done + self._failed
        step = ended * STEPS // max(1, self._rows)
        if step > self._step and ended < self._rows and not sys.stderr.isatty():
            talk(self._words(None))
        self._step = step

    def show_live(self, live: int, waits: str = "") -> None:
        """Rewrite the line. `waits`: what all requests wait for."""
        self.show(" · ".join(filter(None, [self._words(live), waits])))

    def _words(self, live: int | None) -> str:
        points = {"points": self._spent, "total": self._points}
        counts = {"done": self.done, "rows": self._rows, "failed": self._failed}
        words = [say("batch.progress", **counts, **points)]
        if live is not None:
            words.append(say("batch.live", live=live))
        if (left := self._left()) is not None:
            words.append(say("batch.left", time=duration(left)))
        return " · ".join(words)

    def _left(self) -> float | None:
        """Return the seconds left at the pace so far; None while nothing tells."""
        ended = self.done + self._failed
        ours, rest = ended - self._before, self._rows - ended
        if ours < ENOUGH or rest <= 0:
            return None
        return (self._clock.steady() - self._began) / ours * rest


MOST_LIVE = 24
"""Rows handed over and not ended: some more than run at once, so that none has to wait for us."""
SWEEP_SECONDS = 2.0
"""How often the ledger is asked about rows that another process may be following."""


FOR_ALL = frozenset(
    {"error.too_few_points", "error.over_session", "error.over_day", "error.over_month"}
)
"""After these, as without a key, the next row would fare the same."""


class BatchFeeder:
    """`run` gives rows back as they end. `given_up` says why the rest was not sent.

    `asked`: a person said yes just now, which lets go what was over a limit; a flag does not.
    `after_repair`: what a restored ledger holds back is let go. `parallel`: the most rows at once;
    `until`: when no more rows are sent, in seconds since the epoch.
    """

    def __init__(
        self,
        studio: Studio,
        *,
        asked: bool,
        after_repair: bool = False,
        parallel: int | None = None,
        until: float | None = None,
    ) -> None:
        self._studio = studio
        self._most = min(MOST_LIVE, parallel or MOST_LIVE)
        self._until = until
        self._after_repair = asked or after_repair
        self._asked = asked
        self._live: dict[int, PricedRow] = {}
        self._settled: dict[int, Job] = {}
        self._news = asyncio.Event()
        self._swept = 0.0
        self._projects: set[str] = set()
        self.given_up: ImaError | None = None
        self.unsent = 0

    @property
    def live(self) -> int:
        """How many rows are being made."""
        return len(self._live)

    async def run(self, priced_rows: Iterable[PricedRow]) -> AsyncGenerator[list[PricedRow], None]:
        """Errands with the jobs that they ended in, in the order of their ends."""
        waiting = deque(priced_rows)
        self._projects = {priced.order.project for priced in waiting}
        unsubscribe = self._studio.subscribe(self._hear)
        try:
            while waiting or self._live:
                ended = await self._feed(waiting) + self._collect()
                if ended:
                    yield ended
                elif self._live:
                    await self._wait()
        finally:
            unsubscribe()

    async def _feed(self, waiting: deque[PricedRow]) -> list[PricedRow]:
        """As many as there is room for, side by side: their intents share commits."""
        chosen: list[PricedRow] = []
        late = self._until is not None and self._studio.clock.time() >= self._until
        if late and self.given_up is None and any(priced.to_pay for priced in waiting):
            self.given_up = ImaError("error.batch_until")
            self.given_up.exit_code = EXIT_STILL_RUNNING
        while waiting and len(self._live) + len(chosen) < self._most:
            priced = waiting.popleft()
            if self.given_up is not None and priced.to_pay:
                self.unsent += 1
            else:
                chosen.append(priced)
        ended: list[PricedRow] = []
        for priced, job in zip(chosen, await self._begin_all(chosen), strict=True):
            if settled(job):
                self._settled.pop(job.id, None)
                ended.append(self._end(priced, job))
            else:
                self._live[job.id] = priced
        return ended

    async def _begin_all(self, priced_rows: Sequence[PricedRow]) -> list[Job]:
        """All have begun, or failed to, when this returns or raises."""
        begun = await asyncio.gather(*map(self._begin, priced_rows), return_exceptions=True)
        for each in begun:
            if isinstance(each, BaseException):
                raise each
        return [each for each in begun if isinstance(each, Job)]

    async def _begin(self, priced: PricedRow) -> Job:
        """Hand one row over: a new job, or the one it has already."""
        if priced.job is None:
            job = await self._studio.jobs.submit(priced.order, priced.intent, priced.repeats)
        else:
            job = priced.job
            if job.state in OPEN:
                await self._studio.jobs.adopt(job.id)
                job = await self._studio.jobs.get(job.id) or job
        note_job(job.id)
        with suppress(ImpossibleTransition, UsageError):  # another window was just faster
            if outputs.unfetched(job) and self._studio.settings.download:
                await self._studio.jobs.fetch(job.id)  # an earlier run left it; it costs nothing
            elif job.state is State.TIMED_OUT or self._may_let_go(job):
                # the batch was agreed to, and with it this job
                await self._studio.jobs.follow(job.id)
            else:
                return job
        return await self._studio.jobs.get(job.id) or job

    def _may_let_go(self, job: Job) -> bool:
        held = waits_as_users(job)
        if job.waiting == RESTORED:
            return held and self._after_repair
        return held and (self._asked or not job.waiting.startswith(OVER))

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, JobChanged) and settled(notice.job):
            self._settled[notice.job.id] = notice.job
            self._news.set()

    def _collect(self) -> list[PricedRow]:
        here, self._settled = self._settled, {}
        return [self._end(self._live.pop(i), job) for i, job in here.items() if i in self._live]

    def _end(self, priced: PricedRow, job: Job) -> PricedRow:
        if job.needs_approval and self._holds_all(job.waiting):
            self.given_up = exit_status.held_by_limit(job)
        failed_now = priced.job is None or priced.job.state in OPEN
        if job.state is State.FAILED and not job.task_id and failed_now:
            problem = exit_status.failure_of(job)
            if problem.exit_code == EXIT_KEY or problem.key in FOR_ALL:
                self.given_up = problem
        return replace(priced, job=job)

    def _holds_all(self, why: str) -> bool:
        """Tell whether the limit that holds a job would hold all the next ones, too."""
        one_project = why.startswith(f"{OVER}project") and len(self._projects) == 1
        return one_project or why in (f"{OVER}session", f"{OVER}day", f"{OVER}month")

    async def _wait(self) -> None:
        """Until something ended, or it is time to look at what other processes do."""
        loop = asyncio.get_running_loop()
        self._swept = self._swept or loop.time()
        left = self._swept + SWEEP_SECONDS - loop.time()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, left)):
                await self._news.wait()
        self._news.clear()
        if loop.time() >= self._swept + SWEEP_SECONDS:
            await self._sweep()
            self._swept = loop.time()

    async def _sweep(self) -> None:
        """A row may be another process's: take it over if that one died, see it if it ended."""
        await self._studio.jobs.adopt(*self._live)
        intents = tuple(priced.intent for priced in self._live.values())
        for job in (await self._studio.jobs.by_intents(intents)).values():
            if settled(job):
                self._hear(JobChanged(job))
            elif self._may_let_go(job):
                with suppress(ImpossibleTransition):
                    await self._studio.jobs.follow(job.id)


def settled(job: Job) -> bool:
    """Tell whether this run is done with it: ended, timed out, price risen, over a limit, or an
    agent's that needs approval."""
    rose = job.order.total > job.order.confirmed
    held_back = waits_as_users(job) and (rose or job.waiting.startswith(OVER))
    return held_back or waits_as_agents(job) or job.state in ENDED or job.state is State.TIMED_OUT


log = logging.getLogger(__name__)


class BatchRun:
    """One run of a priced and agreed batch."""

    def __init__(
        self,
        studio: Studio,
        arguments: Namespace,
        priced_rows: Sequence[PricedRow],
        *,
        asked: bool,
    ) -> None:
        self._studio = studio
        self._json: bool = arguments.json
        self._priced_rows = priced_rows
        self._manifest = manifest_of(arguments)
        self._feeder = BatchFeeder(
            studio,
            asked=asked,
            after_repair=arguments.after_repair,
            parallel=arguments.parallel,
            until=arguments.until,
        )
        self._progress = BatchProgress(studio.clock, priced_rows)
        self._codes: set[int] = set()
        self._failed = 0
        self._offline = False

    async def to_the_end(self) -> int:
        """Send the rows and follow them; return the exit code."""
        await self._note([])  # a manifest that can't be written is told before anything is sent
        if self._manifest is not None and self._manifest.path.is_file():
            ledger, path = self._studio.settings.ledger, self._manifest.path
            await asyncio.to_thread(traces.note, ledger, "manifest", path)
        log.info("batch of %s rows", len(self._priced_rows))
        unsubscribe = self._studio.subscribe(self._hear)
        try:
            async with aclosing(self._feeder.run(self._priced_rows)) as ends:
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
        self._progress.show_live(self._feeder.live, exit_status.waits(self._studio))

    async def _tell(self, ended: Sequence[PricedRow]) -> None:
        lines: list[dict[str, object]] = []
        self._progress.clear()
        for priced in ended:
            if (job := priced.job) is None:
                continue
            wanted, done = self._studio.settings.download, is_done(job)
            told = exit_status.row_problem(job, wanted=wanted)
            self._progress.count(priced, done=done)
            self._codes.add(exit_status.row_exit_code(job, wanted=wanted))
            self._failed += may_retry(job)
            head: dict[str, object] = {"line": priced.row.line, "intent": priced.name}
            line = head | await job_json(self._studio, job, told)
            if job.state in ENDED:
                lines.append(line)
            if self._json:
                print_line(line)
            else:
                _print_end(priced.row.line, job, told)
        await self._note(lines)

    async def _note(self, lines: Sequence[dict[str, object]]) -> None:
        if self._manifest is not None:
            await asyncio.to_thread(self._manifest.append, lines)

    def _conclude(self) -> int:
        feeder = self._feeder
        done, rows = self._progress.done, len(self._priced_rows)
        log.info("batch ended: %s of %s done", done, rows)
        talk(say("batch.ended", done=done, rows=rows))
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
        return exit_status.worst_of_rows(self._codes)


def manifest_of(arguments: Namespace) -> Manifest | None:
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
    exit_status.print_results(job)
    if more := exit_status.surplus(job):
        talk(say("batch.row", line=line, sentence=more))
    if problem is not None:
        talk(say("batch.row", line=line, sentence=_sentence(job, problem)))
        exit_status.say_how_to_fetch(job)
