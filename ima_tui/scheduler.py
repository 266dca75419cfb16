"""What happens to a job between "submitted" and its end. Every arrow is one row of the ledger.

Each job that this process follows is one coroutine that reads like the job's own story:
prepare the inputs, send once, ask until it is done, fetch what it made. Money rules:

- *sending* is on disk before the request leaves;
- only what provably was not accepted (a refusal, no connection) is sent again;
- what may have been accepted is *unknown*, and only a person sends it again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ima_tui import lifecycle, polling, reasons, results
from ima_tui.catalogue import refusals
from ima_tui.clock import Clock
from ima_tui.domain import Estimate, Failure, Job, Leaf, Media, Order, State
from ima_tui.errors import (
    ImaError,
    KeyInvalid,
    KeyMissing,
    Limited,
    Lost,
    Malformed,
    OverLimit,
    Refused,
    Unauthorised,
    Unreachable,
)
from ima_tui.inputs import SUFFIXES, sniff
from ima_tui.ledger import Ledger, LedgerError, Values
from ima_tui.text import one_line, redact

if TYPE_CHECKING:
    from ima_tui.api.client import Created
    from ima_tui.api.wire import Progress

log = logging.getLogger(__name__)

LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0
MOST_RUNNING = 8
MOST_QUESTIONS = 8
MOST_FETCHES = 3
MOST_TRIES = 3
"""Of one create that is refused as too often or does not get through, or of one download."""
REFUSED = "event.refused_once"
SHUTDOWN_SECONDS = 20.0
CHECKED_MODELS = frozenset({"ima-pro", "ima-pro-fast"})
"""These want their input media checked first."""


class Service(Protocol):
    """What the scheduler needs of the API: the client and the downloader in one."""

    async def create_order(self, job: Job, urls: tuple[str, ...]) -> Created: ...
    async def detail(self, task_id: str) -> Progress: ...
    async def verify(self, url: str) -> None: ...
    async def upload(self, content: bytes, *, mime: str, suffix: str) -> str: ...
    async def download(self, url: str, part: Path) -> int: ...


class Link:
    """The way to the service: told when it breaks and when it is back, once each."""

    def __init__(self, tell: Callable[[ImaError | None], None]) -> None:
        self._tell = tell
        self._up = asyncio.Event()
        self._up.set()

    def broke(self, problem: ImaError) -> None:
        if self._up.is_set():
            self._up.clear()
            self._tell(problem)

    def works(self) -> None:
        if not self._up.is_set():
            self._up.set()
            self._tell(None)

    async def wait(self, clock: Clock, seconds: float) -> None:
        """Wait that long, or until somebody else got through again."""
        waits: set[asyncio.Future[object]] = {asyncio.ensure_future(clock.sleep(seconds))}
        if not self._up.is_set():
            waits.add(asyncio.ensure_future(self._up.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()


class Scheduler:
    """Follows jobs. `patient` ones wait for the network for ever; a script's give up soon."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        connect: Callable[[], Awaitable[Service]],
        find_leaf: Callable[[Order, bool], Awaitable[Leaf]],
        *,
        folder: Path,
        download: bool,
        with_prompt: bool,
        patient: bool,
        tell_job: Callable[[Job], None],
        tell_link: Callable[[ImaError | None], None],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._connect = connect
        self._find_leaf = find_leaf
        self._folder = folder
        self._download = download
        self._with_prompt = with_prompt
        self._patient = patient
        self._tell = tell_job
        self.link = Link(tell_link)
        self._stories: dict[int, asyncio.Task[None]] = {}
        self._deliveries: set[asyncio.Task[tuple[Job, ImaError | None]]] = set()
        self._running = asyncio.Semaphore(MOST_RUNNING)
        self._questions = asyncio.Semaphore(MOST_QUESTIONS)
        self._fetches = asyncio.Semaphore(MOST_FETCHES)
        self._paused_until = 0.0
        self._leases: asyncio.Task[None] | None = None
        self._everything = False
        self._alone_until = 0.0
        """After a sleep: until the other runs had time to renew their leases, too."""

    # ----------------------------------------------------------------------------- running

    async def start(self, *, everything: bool) -> None:
        """Keep leases from now on; `everything`: also follow what nobody alive follows."""
        self._everything = everything
        await self._renew()
        self._leases = asyncio.create_task(self._keep_leases(), name="leases")

    async def aclose(self) -> None:
        """Stop following. A create that is on its way is waited for: its answer is money."""
        tasks: list[asyncio.Task[None]] = [*self._stories.values()]
        if self._leases:
            tasks.append(self._leases)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=SHUTDOWN_SECONDS)
        await self._ledger.release(hold=not self._everything)

    async def _keep_leases(self) -> None:
        while True:
            await self._clock.sleep(RENEW_SECONDS)
            try:
                await self._renew()
            except (LedgerError, lifecycle.ImpossibleTransition) as error:
                log.warning("leases: %r", error)  # a busy file must not end the renewals

    async def _renew(self) -> None:
        now, busy = self._clock.time(), self._busy()
        alone = not self._everything or now < self._alone_until
        only: Collection[int] | None = set(self._stories) if alone else None
        ours = await self._ledger.claim(now, now + LEASE_SECONDS, only)
        await self._take_up(ours, busy)
        for job_id in busy.intersection(self._stories) - {job.id for job in ours}:
            job = await self._ledger.job(job_id)
            if job is not None and job.state in lifecycle.OPEN and not self._delivery(job_id):
                await self.leave(job_id)  # another run took it over while this one slept

    def _busy(self) -> set[int]:
        """Jobs that something is done to right now: what the ledger said of them may be old."""
        sending = {int(each.get_name().removeprefix("send ")) for each in self._deliveries}
        return sending.union(self._stories)

    async def _take_up(self, jobs: Collection[Job], busy: Collection[int]) -> None:
        """Follow those that nothing was done to (`busy`: it was) when they were read."""
        for job in jobs:
            if job.id not in busy:
                await self.follow(job)

    async def follow(self, job: Job) -> None:
        """Take a job on from wherever it stands."""
        if job.id in self._stories or job.state not in lifecycle.OPEN or self._delivery(job.id):
            return
        if job.state is State.SENDING:  # whoever sent it is gone, and took the answer along
            job = await self._step(job, State.UNKNOWN, "event.unknown_after_crash")
        elif job.state in (State.UPLOADING, State.VERIFYING):
            job = await self._step(job, State.QUEUED, "event.requeued")
        waits_for_a_word = job.held and job.state in lifecycle.UNSENT
        if job.state in lifecycle.OPEN and not waits_for_a_word:
            story = asyncio.create_task(self._story(job), name=f"job {job.id}")
            self._stories[job.id] = story
            story.add_done_callback(partial(self._ended, job.id))

    async def heard(self, jobs: Collection[Job]) -> None:
        """Another process changed these: what it stopped is left, what it let go is followed."""
        for job in jobs:
            if job.id in self._stories and job.state not in lifecycle.OPEN:
                await self.leave(job.id)
        busy = self._busy()
        await self._take_up(await self._ledger.owned(), busy)

    async def adopt(self, *job_ids: int) -> None:
        """Take those jobs over that no living process follows."""
        now, busy = self._clock.time(), self._busy()
        ours = await self._ledger.claim(now, now + LEASE_SECONDS, job_ids)
        await self._take_up([job for job in ours if job.id in job_ids], busy)

    def _ended(self, job_id: int, story: asyncio.Task[None]) -> None:
        """A story that broke is a fault of ours or a full disk: the next renewal takes it up."""
        self._stories.pop(job_id, None)
        if not story.cancelled() and (error := story.exception()) is not None:
            log.error("job %s: %r", job_id, error)

    async def leave(self, job_id: int) -> None:
        """Stop following one job, unless it is just being sent: then its answer comes first."""
        story = self._stories.get(job_id)
        if story is not None:
            story.cancel()
            await asyncio.wait({story})
        if delivery := self._delivery(job_id):
            await asyncio.wait({delivery})

    def _delivery(self, job_id: int) -> asyncio.Task[tuple[Job, ImaError | None]] | None:
        """The create of this job that is on its way right now."""
        return next((d for d in self._deliveries if d.get_name() == f"send {job_id}"), None)

    # ----------------------------------------------------------------------------- a story

    async def _story(self, job: Job) -> None:
        if job.state is State.QUEUED:
            async with self._running:
                job = await self._prepare_and_send(job)
                job = await self._until_ready(job)
        else:
            job = await self._until_ready(job)
        if job.state is State.FETCHING:
            await self._fetch(job)

    async def _prepare_and_send(self, job: Job) -> Job:
        tries = 0
        while job.state is State.QUEUED and not job.held:
            tries += 1
            try:
                job = await self._settle_price(job)
                if job.held or job.state is not State.QUEUED:
                    break
                service = await self._connect()
                job, urls = await self._prepare(service, job)
                await self._pause()
                job, problem = await self._deliver(service, job, urls)
            except (Limited, Unreachable, Malformed) as error:
                job, problem = await self._back_to_queue(job, "event.waiting"), error
            except ImaError as error:
                return await self._fail(job, error)
            if isinstance(problem, Refused) and not isinstance(problem, Limited):
                job = await self._adapt(job, problem)
            elif problem is not None:
                if isinstance(problem, Unreachable):
                    self.link.broke(problem)
                if not self._may_try_again(problem, tries):
                    return await self._fail(job, problem)
                await self._wait_out(problem, tries)
        return job

    async def _settle_price(self, job: Job) -> Job:
        """Prices change: an order that the list no longer has at its price is priced anew."""
        leaf = await self._find_leaf(job.order, False)
        current = (job.order.attribute_id, job.order.points)
        if any((rule.attribute_id, rule.points) == current for rule in leaf.rules):
            return job
        fresh = refusals.reprice(job.order, leaf, refusals.choices_of(leaf, job.order))
        return await self._reorder(job, fresh, "event.repriced", {"points": fresh.total})

    async def _adapt(self, job: Job, problem: Refused) -> Job:
        """After a refusal: the next try, by the service's table; else the end."""
        try:
            leaf = await self._find_leaf(job.order, problem.code in refusals.REPRICED)
        except ImaError as error:
            return await self._fail(job, error)
        refused = await self._refusals(job)
        adapted = refusals.adapt(problem.code, job.order, leaf, refused)
        if adapted is None:
            return await self._fail(job, problem)
        return await self._reorder(job, adapted.order, adapted.key, adapted.values)

    async def _refusals(self, job: Job) -> int:
        """How often this job was refused; counted in the ledger, so that a restart forgets none."""
        timeline = await self._ledger.timeline(job.id)
        return sum(event.key == REFUSED for event in timeline)

    async def _reorder(self, job: Job, order: Order, key: str, values: Values) -> Job:
        """Put the changed order on record; a dearer one waits for the person's word."""
        job = await self._ledger.reorder(job.id, order, self._clock.time(), key, values)
        if order.total > order.confirmed:
            rise = {"before": order.confirmed, "points": order.total}
            if not self._patient:
                return await self._fail(job, OverLimit("error.price_rose", **rise))
            await self._ledger.note(job.id, self._clock.time(), "event.price_rose", rise)
            job = await self._ledger.hold(job.id, held=True)
        self._tell(job)
        return job

    async def _back_to_queue(self, job: Job, key: str) -> Job:
        current = await self._ledger.job(job.id) or job
        if current.state is State.QUEUED:
            return current
        return await self._step(current, State.QUEUED, key)

    def _may_try_again(self, error: ImaError, tries: int) -> bool:
        if isinstance(error, Unreachable) and self._patient:
            return True
        return tries < MOST_TRIES

    async def _wait_out(self, error: ImaError, failures: int) -> None:
        if isinstance(error, Limited):
            pause = error.retry_after or polling.backoff(failures)
            self._paused_until = max(self._paused_until, self._clock.time() + pause)
            await self._clock.sleep(pause)
        else:
            await self.link.wait(self._clock, polling.backoff(failures) * random.uniform(0.7, 1.0))  # noqa: S311

    async def _prepare(self, service: Service, job: Job) -> tuple[Job, tuple[str, ...]]:
        """Upload what lies here, have checked what wants checking; nothing of it costs points."""
        urls: list[str] = []
        order = job.order
        for source in order.inputs:
            if "://" in source:
                urls.append(source)
                continue
            if job.state is not State.UPLOADING:
                job = await self._step(job, State.UPLOADING, "event.uploading")
            content, mime = await asyncio.to_thread(_load, Path(source))
            urls.append(await service.upload(content, mime=mime, suffix=SUFFIXES.get(mime, "bin")))
            self.link.works()
        if urls and order.model_id in CHECKED_MODELS:
            job = await self._step(job, State.VERIFYING, "event.verifying")
            for url in urls:
                await service.verify(url)
        return job, tuple(urls)

    async def _deliver(
        self, service: Service, job: Job, urls: tuple[str, ...]
    ) -> tuple[Job, ImaError | None]:
        """Send once. The exchange outlives whoever waits for it: its answer must reach the disk."""
        delivery = asyncio.create_task(self._send(service, job, urls), name=f"send {job.id}")
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)
        return await asyncio.shield(delivery)

    async def _send(
        self, service: Service, job: Job, urls: tuple[str, ...]
    ) -> tuple[Job, ImaError | None]:
        """Whatever comes back, the ledger tells the truth about it when this returns.

        The error, if one is returned, proves that nothing was accepted: it may be tried again.
        """
        job = await self._step(job, State.SENDING, "event.sending")
        try:
            created = await service.create_order(job, urls)
        except (Limited, Unreachable) as error:
            return await self._record(job, State.QUEUED, "event.not_accepted"), error
        except Refused as error:
            if error.code in refusals.ADAPTED:
                return await self._record(job, State.QUEUED, REFUSED), error
            kind = reasons.of_refusal(error, job.order.task_type)
            failure = Failure(kind, error.message, error.values)
            return await self._record(job, State.FAILED, "event.refused", failure=failure), None
        except Exception as error:  # noqa: BLE001 - lost, or our fault: it may be charged
            if not isinstance(error, Lost):
                log.error("job %s: %s", job.id, redact(repr(error)))  # noqa: TRY400
            failure = Failure("error.lost")
            return await self._record(job, State.UNKNOWN, "event.unknown", failure=failure), None
        self.link.works()
        running = await self._record(
            job,
            State.RUNNING,
            "event.running",
            task_id=created.task_id,
            deadline=created.deadline,
            failure=Failure(""),
        )
        return running, None

    async def _record(self, job: Job, after: State, key: str, **columns: object) -> Job:
        """Write down what a create was answered, however long the disk makes us wait.

        An error here would be taken for one before the sending: "refused, nothing charged".
        """
        failures = 0
        while True:
            try:
                return await self._step(job, after, key, **columns)
            except LedgerError as error:
                failures += 1
                task_id = columns.get("task_id", "")
                log.error("job %s is %s %s: %r", job.id, after, task_id, error)  # noqa: TRY400
                await self._clock.sleep(polling.backoff(failures))

    # ------------------------------------------------------------------------------ asking

    async def _until_ready(self, job: Job) -> Job:
        failures = 0
        odd = ""
        while job.state in (State.RUNNING, State.PARKED):
            if failures == 0:
                await self._clock.sleep(self._gap(job))
            try:
                progress = await self._ask(job)
            except (Refused, Unreachable, Malformed, KeyMissing, KeyInvalid) as error:
                failures += 1  # a fault while asking is no failure of the job
                if isinstance(error, Unreachable):
                    self.link.broke(error)
                if isinstance(error, Unauthorised | KeyMissing | KeyInvalid) and not self._patient:
                    self.link.broke(error)
                    raise
                job = await self._park_if_due(job)
                await self._wait_out(error, failures)
                continue
            failures = 0
            self.link.works()
            if progress.odd_status and progress.odd_status != odd:
                odd = progress.odd_status
                await self._ledger.note(job.id, self._clock.time(), "event.odd_status")
            job = await self._judge(job, progress)
        return job

    def _gap(self, job: Job) -> float:
        if job.state is State.PARKED:
            return polling.PARKED_GAP
        estimate, sent_at = _expected(job), job.sent_at or job.updated_at
        wait = polling.gap(job.order.task_type, estimate, self._clock.time() - sent_at)
        return wait * random.uniform(1.0, 1.1)  # noqa: S311 - jitter, so that jobs don't march in step

    async def _pause(self) -> None:
        """One 429 is meant for all of us."""
        pause = self._paused_until - self._clock.time()
        if pause > 0:
            await self._clock.sleep(pause)

    async def _ask(self, job: Job) -> Progress:
        await self._pause()
        async with self._questions:
            return await (await self._connect()).detail(job.task_id)

    async def _judge(self, job: Job, progress: Progress) -> Job:
        if progress.failed:
            kind = reasons.cause(progress.reason, job.order.task_type)
            if progress.deleted:
                kind = "error.result_deleted"
            failure = Failure(kind, progress.reason)
            return await self._step(job, State.FAILED, "event.failed", failure=failure)
        if progress.done:
            after = State.FETCHING if self._download else State.DONE
            key = "event.ready" if self._download else "event.done"
            return await self._step(job, after, key, medias=progress.medias)
        return await self._park_if_due(job)

    async def _park_if_due(self, job: Job) -> Job:
        sent_at = job.sent_at or job.created_at
        due = polling.deadline(sent_at, job.deadline, _expected(job))
        if job.state is State.RUNNING and self._clock.time() > due:
            return await self._step(job, State.PARKED, "event.parked")
        return job

    # ---------------------------------------------------------------------------- fetching

    async def _fetch(self, job: Job) -> None:
        medias = list(job.medias)
        problem: ImaError | None = None
        for index, media in enumerate(medias, 1):
            if await asyncio.to_thread(_is_here, media):
                continue
            try:
                medias[index - 1] = await self._fetch_one(job, media, index)
            except ImaError as error:
                problem = error
                await self._ledger.note(
                    job.id, self._clock.time(), "event.fetch_failed", {"index": index}
                )
        key = "event.done" if problem is None else "event.done_unfetched"
        failure = Failure(problem.key, values=problem.values) if problem else Failure("")
        await self._step(job, State.DONE, key, medias=tuple(medias), failure=failure)

    async def _fetch_one(self, job: Job, media: Media, index: int) -> Media:
        service = await self._connect()
        part = results.part_path(self._folder, job, index)
        tries = 0
        while True:
            tries += 1
            try:
                async with self._fetches:
                    await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
                    await service.download(media.url, part)
                return await asyncio.to_thread(self._settle, part, job, media, index)
            except OSError as error:
                raise ImaError("error.disk", reason=error.strerror or "—") from error
            except ImaError as error:
                if error.key != "error.download_broken" or tries >= MOST_TRIES:
                    raise
                await self._clock.sleep(polling.backoff(tries))
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

    def _settle(self, part: Path, job: Job, media: Media, index: int) -> Media:
        final = results.settle(part, job, media, index)
        results.sidecar(final, job, media, self._with_prompt)
        return replace(media, path=str(final))

    # ------------------------------------------------------------------------------- words

    async def _fail(self, job: Job, error: ImaError) -> Job:
        reason = error.message if isinstance(error, Refused) else ""
        failure = Failure(error.key, reason, error.values)
        return await self._step(job, State.FAILED, "event.refused", failure=failure)

    async def _step(self, job: Job, after: State, key: str, **columns: object) -> Job:
        stepped = await self._ledger.step(
            job.id,
            after,
            self._clock.time(),
            key,
            **columns,  # type: ignore[arg-type]
        )
        self._tell(stepped)
        return stepped


def _expected(job: Job) -> Estimate:
    return job.order.estimate or Estimate(60, 120)


def _is_here(media: Media) -> bool:
    return bool(media.path) and Path(media.path).exists()


def _load(path: Path) -> tuple[bytes, str]:
    """A file's content and its type. Raises `ImaError` when it has gone since it was looked at."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImaError("error.input_missing", input=one_line(path, 200)) from error
    return content, sniff(content[:32]) or "application/octet-stream"
