"""Submission of jobs: prepare inputs, send once, record whatever is answered.

Money rules:

- *sending* is on disk before the request leaves;
- only what was certainly not accepted (a refusal, no connection) is sent again;
- a fault of the service (code 500) is followed by a smaller order or none, never by the same one;
  the smaller one replaces it in the same commit that ends *sending*;
- what may have been accepted needs review, and only the user sends it again.

`Submitter._send` sends; `_refused` and `_adapt` settle a refusal, by `catalogue.refusals`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace
from pathlib import Path

from ima_tui.api.rate_limit import Connectivity, RateLimit, pause
from ima_tui.catalogue import refusals
from ima_tui.core.clock import Clock, backoff
from ima_tui.core.domain import Failure, Job, ModelVersion, Order, State, result_of
from ima_tui.core.errors import (
    ImaError,
    Limited,
    Lost,
    Malformed,
    Misconfigured,
    OverLimit,
    Refused,
    Unreachable,
    UsageError,
)
from ima_tui.core.events import TaskUnsaved
from ima_tui.core.input_files import Stamp, living, stamp_of
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.ledger.records import FAULT, ImpossibleTransition, LedgerError
from ima_tui.ledger.writing import Values
from ima_tui.runner import outputs
from ima_tui.runner.input_checks import InputChecks
from ima_tui.runner.transitions import Service, Transitions, log_step

log = logging.getLogger(__name__)

MOST_TRIES = 3
"""Maximum tries of one create that is rate-limited or does not get through."""
REFUSED = "event.refused_once"
REDUCED = "event.too_heavy"
"""A smaller order follows; nothing was charged."""
CHECKED_MODELS = frozenset({"ima-pro", "ima-pro-fast"})
"""Models whose inputs the service must check first."""


@dataclass(frozen=True, slots=True)
class Outset:
    """Everything looked up before a create; nothing is needed after its answer.

    `doubtful`: an earlier try of this job may have been charged.
    """

    model: ModelVersion
    refusals: int
    doubtful: bool


Delivery = asyncio.Task[tuple[Job, ImaError | None]]


@dataclass(eq=False)
class Submitter:
    """Sends jobs. `patient`: wait for the network without limit; scripts give up soon."""

    _record: Transitions
    _connect: Callable[[], Awaitable[Service]]
    _find_model: Callable[[Order, bool], Awaitable[ModelVersion]]
    _input_checks: InputChecks
    _connectivity: Connectivity
    _rate_limit: RateLimit
    patient: bool
    tell_unsaved: Callable[[TaskUnsaved], None] = lambda _: None

    def __post_init__(self) -> None:
        self._agreed: dict[tuple[int, str], Stamp] = {}
        """The stamps of each job's files when the user approved it."""
        self._prepared = UploadCache(self._record.clock)
        self.deliveries: dict[int, Delivery] = {}
        """The creates in progress, by job."""
        self.unwritten: dict[int, TaskUnsaved] = {}
        """Task ids that the ledger can't save, by job; retried while this process lives."""

    def agree(self, job: Job) -> None:
        """Remember the job's files as they were checked; replaced files are not sent."""
        for source in job.order.inputs:
            if (stamp := self._input_checks.stamp(source)) is not None:
                self._agreed.setdefault((job.id, source), stamp)

    async def send(self, job: Job) -> Job:
        """Send an admitted job; returns once the service accepted it or it is settled otherwise."""
        job = await self._send_queued(job)
        if job.state is not State.QUEUED:
            self._prepared.drop(job.id)
            for source in job.order.inputs:
                self._agreed.pop((job.id, source), None)
        return job

    async def _send_queued(self, job: Job) -> Job:
        tries = 0
        while job.state is State.QUEUED and not job.needs_approval:
            tries += 1
            try:
                job, outset = await self._settle_price(job)
                if job.needs_approval or job.state is not State.QUEUED:
                    break
                service = await self._connect()
                job, urls = await self._prepare(service, job)
                async with self._connectivity.passage(), self._rate_limit.request():
                    job, problem = await self._deliver(service, job, urls, outset)
            except (Limited, Unreachable, Malformed) as error:
                job, problem = await self._back_to_queue(job, "event.waiting"), error
            except ImaError as error:
                return await self._fail(job, error)
            if isinstance(problem, Refused) and not isinstance(problem, Limited):
                job = await self._adapt(job, problem)
            elif problem is not None:
                if isinstance(problem, Unreachable):
                    self._connectivity.broke(problem)
                if not self._may_try_again(problem, tries):
                    return await self._fail(job, problem)
                await self._wait_out(problem, tries)
        return job

    async def _settle_price(self, job: Job) -> tuple[Job, Outset]:
        """Update the price; an order whose price left the list is priced again."""
        model = await self._find_model(job.order, False)
        outset = Outset(model, *await self._past(job))
        current = (job.order.attribute_id, job.order.points)
        if any((rule.attribute_id, rule.points) == current for rule in model.rules):
            return job, outset
        fresh = refusals.reprice(job.order, model, refusals.choices_of(model, job.order))
        return await self._reorder(job, fresh, "event.repriced", {"points": fresh.total}), outset

    async def _adapt(self, job: Job, problem: Refused) -> Job:
        """Apply the retry policy after a refusal: the next order, or the end."""
        try:
            model = await self._find_model(job.order, problem.code in refusals.REPRICED)
        except ImaError as error:
            return await self._fail(job, error)
        refused, _ = await self._past(job)
        adapted = refusals.adapt(problem.code, job.order, model, refused)
        if adapted is None:
            return await self._fail(job, problem)
        return await self._reorder(job, adapted.order, adapted.key, adapted.values)

    async def _past(self, job: Job) -> tuple[int, bool]:
        """Return how often this job was refused, and whether a try may have been charged.

        Read from the ledger, so that a restart forgets nothing.
        """
        keys = [event.key for event in await self._record.ledger.timeline(job.id)]
        return sum(key in (REFUSED, REDUCED, FAULT) for key in keys), FAULT in keys

    async def _fail(self, job: Job, error: ImaError) -> Job:
        """End the job. It failed if nothing was charged, else it needs review."""
        _, doubtful = await self._past(job)
        if not doubtful:
            return await self._record.fail(job, error)
        failure = Failure("error.fault", error.message if isinstance(error, Refused) else "")
        return await self._record.step(job, State.NEEDS_REVIEW, "event.fault_end", failure=failure)

    async def _reorder(self, job: Job, order: Order, key: str, values: Values) -> Job:
        """Record the changed order; a more expensive one needs the user's approval."""
        now, ledger = self._record.clock.time(), self._record.ledger
        job = await ledger.reorder(job.id, order, now, key, values)
        if order.total > order.confirmed:
            rise = {"before": order.confirmed, "points": order.total}
            if not self.patient:
                return await self._fail(job, OverLimit("error.price_rose", **rise))
            await self._record.note(job, "event.price_rose", rise)
            job = await ledger.hold(job.id, True, "waiting.price", rise)
        log_step(job, key)
        self._record.tell(job)
        return job

    async def _back_to_queue(self, job: Job, key: str) -> Job:
        current = await self._record.ledger.job(job.id) or job
        if current.state is State.QUEUED:
            return current
        return await self._record.step(current, State.QUEUED, key)

    def _may_try_again(self, error: ImaError, tries: int) -> bool:
        if isinstance(error, Unreachable) and self.patient:
            return True
        if isinstance(error, Misconfigured):
            return False
        return tries < MOST_TRIES

    async def _wait_out(self, error: ImaError, failures: int) -> None:
        if isinstance(error, Limited):
            await self._rate_limit.pause(error.retry_after or backoff(failures))
            await self._rate_limit.rest()
        else:
            await self._connectivity.wait(pause(failures))

    async def _prepare(self, service: Service, job: Job) -> tuple[Job, tuple[str, ...]]:
        """Upload local inputs and have the service check those that need it; costs no points."""
        urls: list[str] = []
        order, ready = job.order, self._prepared.of(job.id)
        for source in order.inputs:
            if (made := result_of(source)) is not None:
                source = await self._result(*made)
            if "://" in source:
                urls.append(source)
                continue
            file = source, await self._stamp(job, source)
            if file not in ready.uploads:
                if job.state is not State.UPLOADING:
                    job = await self._record.step(job, State.UPLOADING, "event.uploading")
                ready.uploads[file] = await self._upload(service, job, source)
            urls.append(ready.uploads[file])
        unchecked = [url for url in urls if url not in ready.checked]
        if unchecked and order.model_id in CHECKED_MODELS:
            job = await self._record.step(job, State.VERIFYING, "event.verifying")
            for url in unchecked:
                async with self._connectivity.passage(), self._rate_limit.request():
                    await service.verify(url)
                ready.checked.add(url)
        return job, tuple(urls)

    async def _stamp(self, job: Job, source: str) -> Stamp:
        """Return the file's stamp. Raises `UsageError` where it is not the approved file."""
        stamp = await asyncio.to_thread(_stamp, Path(source))
        if stamp != self._agreed.setdefault((job.id, source), stamp):
            self._input_checks.forget(source)  # sending again means the new file
            raise UsageError("error.input_changed", input=one_line(source, 200))
        return stamp

    async def _upload(self, service: Service, job: Job, source: str) -> str:
        model = await self._find_model(job.order, False)
        file = await self._input_checks.upload(model, source)
        async with self._connectivity.passage(), self._rate_limit.request():
            url = await service.upload(file.content, mime=file.mime, suffix=file.suffix)
        self._connectivity.works()
        return url

    async def _result(self, job_id: int, index: int) -> str:
        """Return an earlier result as an input: its link, or its file once the link has expired."""
        first = await self._record.ledger.job(job_id)
        if first is None or not 0 < index <= len(first.medias):
            raise UsageError("error.no_result", id=job_id, index=index)
        return await asyncio.to_thread(living, first, index, self._record.clock.time())

    async def _deliver(
        self, service: Service, job: Job, urls: tuple[str, ...], outset: Outset
    ) -> tuple[Job, ImaError | None]:
        """Send once.

        The exchange survives cancellation of the caller: its answer must reach the disk.
        """
        delivery = asyncio.create_task(
            self._send(service, job, urls, outset), name=f"send {job.id}"
        )
        self.deliveries[job.id] = delivery
        delivery.add_done_callback(lambda _: self.deliveries.pop(job.id, None))
        return await asyncio.shield(delivery)

    async def _send(
        self, service: Service, job: Job, urls: tuple[str, ...], outset: Outset
    ) -> tuple[Job, ImaError | None]:
        """Send and record the outcome before returning.

        A returned error proves that nothing was accepted, so the job may be tried again.
        """
        job = await self._record.step(job, State.SENDING, "event.sending")
        try:
            created = await service.create_order(job, urls)
        except (Limited, Unreachable) as error:
            return await self._write_down(job, State.QUEUED, "event.not_accepted"), error
        except Refused as error:
            kind = outputs.of_refusal(error, job.order.task_type)
            if kind == error.key and error.code in refusals.ADAPTED:
                return await self._write_down(job, State.QUEUED, REFUSED), error
            return await self._refused(job, error, kind, outset), None
        except Exception as error:
            if not isinstance(error, Lost):
                log.exception("job %s: the create ended in %s", job.id, type(error).__name__)
            failure = Failure("error.lost")
            return await self._write_down(
                job, State.NEEDS_REVIEW, "event.unknown", failure=failure
            ), None
        running = await self._write_down(
            job,
            State.RUNNING,
            "event.running",
            task_id=created.task_id,
            deadline=created.deadline,
            failure=Failure(""),
        )
        self._connectivity.works()  # reported afterwards: nothing may delay writing the task id
        return running, None

    async def _refused(self, job: Job, error: Refused, kind: str, outset: Outset) -> Job:
        """Record a refusal: by a smaller order after code 500, else the end.

        The next order is in the commit that ends *sending*, so a crash can't bring the old one
        back.
        """
        heavy = error.code == refusals.TOO_HEAVY and kind == error.key
        smaller = refusals.lighter(job.order, outset.model, outset.refusals + 1) if heavy else None
        if smaller is not None:
            key, values = REDUCED, dict(smaller.values)
            if error.may_be_charged:
                key, values["at_risk"] = FAULT, job.order.total
            return await self._write_down(
                job, State.QUEUED, key, values=values, order=smaller.order
            )
        charged = error.may_be_charged and kind not in outputs.REFUSED_BY_WORDS
        if charged or outset.doubtful:
            failure = Failure("error.fault", error.message)
            return await self._write_down(
                job, State.NEEDS_REVIEW, "event.fault_end", failure=failure
            )
        failure = Failure(kind, error.message, {**error.values, "unsent": 1})
        return await self._write_down(job, State.FAILED, "event.refused", failure=failure)

    async def _write_down(self, job: Job, after: State, key: str, **columns: object) -> Job:
        """Record the answer to a create, however long the disk takes.

        An error here would be mistaken for one before the sending, "nothing charged".
        """
        failures, task_id = 0, str(columns.get("task_id", ""))
        while True:
            try:
                written = await self._record.answered(job, after, key, **columns)
            except LedgerError as error:
                failures += 1
                log.error("job %s is %s %s: %r", job.id, after, task_id, error)  # noqa: TRY400
                if task_id and job.id not in self.unwritten:
                    await self._save_unsaved_task(job, task_id, columns)
                await self._record.clock.sleep(backoff(failures))
            except ImpossibleTransition:
                found = await self._record.ledger.job(job.id)
                if not task_id or found is None or found.task_id != task_id:
                    raise
                written = found  # another start took it in from the file
                break
            else:
                break
        await self._drop_unsaved_tasks(job)
        return written

    async def _save_unsaved_task(
        self, job: Job, task_id: str, columns: Mapping[str, object]
    ) -> None:
        """Save a task id outside the ledger and report it."""
        deadline = columns.get("deadline")
        where = await self._record.ledger.save_unsaved_task(
            job,
            self._record.clock.time(),
            task_id,
            deadline if isinstance(deadline, float) else None,
        )
        told = TaskUnsaved(job, task_id, str(where or ""))
        self.unwritten[job.id] = told
        self.tell_unsaved(told)

    async def _drop_unsaved_tasks(self, job: Job) -> None:
        if (told := self.unwritten.pop(job.id, None)) is None:
            return
        if not self.unwritten:
            await self._record.ledger.drop_unsaved_tasks()
        self.tell_unsaved(replace(told, written=True))


def _stamp(path: Path) -> Stamp:
    """Raise `ImaError` when the file has disappeared since it was checked."""
    try:
        facts = path.stat()
    except OSError as error:
        raise ImaError("error.input_missing", input=one_line(path, 200)) from error
    return stamp_of(facts)


KEPT = 3600.0
"""Seconds; uploaded files are available longer than that."""


@dataclass(slots=True)
class _OfJob:
    at: float
    uploads: dict[tuple[str, Stamp], str] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)


class UploadCache:
    """Uploads and checks by job, for its next try.

    In memory, for an hour: after a restart inputs are uploaded again, which costs no points.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[int, _OfJob] = {}

    def of(self, job_id: int) -> _OfJob:
        """Return the job's entry, to be filled in; a new one when it is too old."""
        now = self._clock.steady()
        known = self._jobs.get(job_id)
        if known is None or now - known.at >= KEPT:
            known = self._jobs[job_id] = _OfJob(now)
        return known

    def drop(self, job_id: int) -> None:
        """Drop the entry of a job that was sent or will not be."""
        self._jobs.pop(job_id, None)
