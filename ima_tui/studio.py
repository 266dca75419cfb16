"""The studio: the parts wired together, and the verbs that both front ends use.

    async with open_studio(settings) as studio:
        await ImaApp(studio).run_async()

The first paint waits for nothing: the ledger and the scheduler are imported and opened by `begin`,
the API when it is first needed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui import key as keys
from ima_tui import lifecycle
from ima_tui.catalogue import choice, price, times
from ima_tui.catalogue.alternatives import Alternative, alternatives
from ima_tui.clock import Clock, SystemClock, midnight
from ima_tui.config import Settings, is_loopback
from ima_tui.domain import Estimate, Event, Job, Leaf, Order, State, TaskType
from ima_tui.errors import ImaError, KeyMissing, Limited, UsageError
from ima_tui.lists import ProductLists
from ima_tui.notices import (
    JobChanged,
    LinkChanged,
    ListChanged,
    Notice,
    PreferencesChanged,
    ProductList,
    Totals,
)
from ima_tui.preferences import Preferences

if TYPE_CHECKING:
    from ima_tui.api.service import RemoteService
    from ima_tui.inputs import InputFacts
    from ima_tui.ledger import Ledger
    from ima_tui.scheduler import Scheduler

log = logging.getLogger(__name__)

log = logging.getLogger(__name__)

Listener = Callable[[Notice], None]
WATCH_SECONDS = 2.0
"""How often the preferences file is looked at: a stat, no read."""
LIMITED_SECONDS = 5.0
"""A pause when the service wants one and does not say how long."""
NEWS_SECONDS = 1.0
"""How often the ledger is asked whether another process changed it, while somebody listens."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service is. The demo's own brings its own `key`, which is no secret."""

    base_url: str
    upload_url: str
    key: str = ""


Locate = Callable[[], Awaitable[Address]]


@asynccontextmanager
async def open_studio(
    settings: Settings,
    *,
    clock: Clock | None = None,
    key: keys.Key | None = None,
    locate: Locate | None = None,
    for_screen: bool = False,
    patient: bool = False,
) -> AsyncIterator[Studio]:
    """A studio, closed at the end.

    `for_screen`: nothing is opened or followed before `begin`, which the app calls once it has
    painted; from then on jobs of runs that ended are followed too, and a dead network is waited
    out. Otherwise all is ready when this yields (`LedgerError` where that can't be), and only
    this run's own jobs are followed. `patient`: a dead network is waited out without a screen, too.
    """
    studio = Studio(
        settings,
        clock or SystemClock(),
        key,
        locate,
        everything=for_screen,
        patient=for_screen or patient,
    )
    try:
        if not for_screen:
            await studio.begin()
        yield studio
    finally:
        await studio._aclose()


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs jobs: there from `begin` on."""

    ledger: Ledger
    scheduler: Scheduler


class Studio:
    """One run of the program: what the service offers, the jobs, the wishes, the key."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        key: keys.Key | None,
        locate: Locate | None,
        *,
        everything: bool,
        patient: bool,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.started_at = clock.time()
        self.preferences = Preferences(settings.preferences)
        self._key = key
        self._everything = everything
        self._patient = patient
        self._engine: asyncio.Future[Engine] = asyncio.get_running_loop().create_future()
        self._begun = False
        self._locate = locate or self._official
        self._address: Address | None = None
        self._listeners: list[Listener] = []
        self._connecting = asyncio.Lock()
        self._service: RemoteService | None = None
        self._watches: tuple[asyncio.Task[None], ...] = ()
        self._told: dict[int, int] = {}
        """The newest revision of each job that was told: nothing is told twice."""
        self._product_lists = ProductLists(
            settings.cache, clock.time, lambda found: self._tell(ListChanged(found))
        )

    async def begin(self) -> None:
        """Open the ledger, read the wishes and the cached lists, follow what is unfinished. Once.

        Raises `LedgerError`; then every verb that needs the ledger raises it too.
        """
        if self._begun:
            return
        self._begun = True
        try:
            engine = await self._build_engine()
        except BaseException as error:
            self._engine.set_exception(error if isinstance(error, ImaError) else KeyMissing())
            self._engine.exception()  # whoever awaits it hears of it; nobody has to
            raise
        self._engine.set_result(engine)
        await asyncio.to_thread(self.preferences.reload)
        self._tell(PreferencesChanged())
        await self._product_lists.load(self.settings.base_url)
        await engine.scheduler.start(everything=self._everything)
        self._watches = (
            asyncio.create_task(self._watch_preferences(), name="preferences"),
            asyncio.create_task(self._watch_ledger(engine), name="ledger"),
        )

    async def _build_engine(self) -> Engine:
        await asyncio.to_thread(import_module, "ima_tui.scheduler")
        from ima_tui import owner
        from ima_tui.ledger import Ledger
        from ima_tui.ledger.admission import Limits
        from ima_tui.pace import Pace
        from ima_tui.scheduler import Scheduler

        ledger = await Ledger.open(self.settings.ledger, session=owner.name())
        limits = Limits(
            running=self.settings.running,
            per_kind=self.settings.running_per_kind,
            per_job=self.settings.per_job,
            per_session=self.settings.per_session,
            per_day=self.settings.per_day,
        )
        scheduler = Scheduler(
            ledger,
            self.clock,
            self._connect,
            self._find_leaf,
            folder=self.settings.folder,
            download=self.settings.download,
            with_prompt=self.settings.prompt_in_sidecar,
            patient=self._patient,
            asks=self._everything,
            limits=limits,
            pace=Pace(
                self.clock,
                per_second=self.settings.requests_per_second,
                at_once=self.settings.requests_at_once,
            ),
            tell_job=lambda job: self._tell(JobChanged(job)),
            tell_link=lambda problem: self._tell(LinkChanged(problem)),
        )
        return Engine(ledger, scheduler)

    async def _ledger(self) -> Ledger:
        return (await asyncio.shield(self._engine)).ledger

    async def _scheduler(self) -> Scheduler:
        return (await asyncio.shield(self._engine)).scheduler

    async def _aclose(self) -> None:
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        opened = self._engine.done() and self._engine.exception() is None
        if opened:
            await self._engine.result().scheduler.aclose()
        if self._service:
            await self._service.aclose()
        if opened:
            await self._engine.result().ledger.aclose()

    # ------------------------------------------------------------------------- the service

    async def _official(self) -> Address:
        return Address(self.settings.base_url, self.settings.upload_url)

    async def _connect(self) -> RemoteService:
        """The client, made when it is first needed. Raises `KeyMissing` or `KeyInvalid`."""
        async with self._connecting:
            if self._service is None:
                address = self._address or await self._locate()
                self._address = address
                secret = address.key or (self._key.secret if self._key else "")
                if not secret:
                    raise KeyMissing
                self._service = await asyncio.to_thread(
                    _remote_service, secret, address, self.settings.language, self.clock
                )
            return self._service

    @property
    def has_key(self) -> bool:
        return self._key is not None or self.settings.profile == "demo"

    @property
    def key(self) -> keys.Key | None:
        return self._key

    async def set_key(self, secret: str, *, keep: keys.Keep) -> None:
        """Use this key from now on, and keep it where the person said.

        Raises `KeyInvalid`, or `UsageError` where it can't be kept.
        """
        plain = keys.checked(secret)
        await asyncio.to_thread(keys.keep, plain, keep, key_file(self.settings))
        async with self._connecting:
            old, self._service = self._service, None
            self._key = keys.Key(plain, "flag" if keep == "session" else keep)
        if old is not None:
            await old.aclose()

    # --------------------------------------------------------------------------- the lists

    @property
    def lists(self) -> dict[TaskType, ProductList]:
        return self._product_lists.lists

    def leaves(self, task_type: TaskType) -> tuple[Leaf, ...]:
        return self._product_lists.leaves(task_type)

    def suggested(self, task_type: TaskType) -> Leaf | None:
        """The person's preferred model, else the default, else the first live one."""
        wish = self.preferences.of(self.settings.user_id, task_type)
        leaves = self.leaves(task_type)
        return choice.default_leaf(leaves, task_type, wish.model_id if wish else "")

    def preferred(self) -> dict[TaskType, str]:
        """The ids of the models that the person prefers."""
        user = self.settings.user_id
        wishes = {kind: self.preferences.of(user, kind) for kind in TaskType}
        return {kind: wish.model_id for kind, wish in wishes.items() if wish is not None}

    async def refresh(self, *task_types: TaskType) -> None:
        """Fetch lists (all, if none is named). Never raises: each list says its own problem."""
        wanted = task_types or tuple(TaskType)
        try:
            service = await self._connect()
        except ImaError as error:
            for task_type in wanted:
                self._product_lists.fail(task_type, error)
            return
        await self._product_lists.refresh(service.products, self._origin, wanted)
        problems = [self.lists[task_type].problem for task_type in wanted]
        if any(problem is None for problem in problems):
            (await self._scheduler()).link.works()
        elif problems and problems[0] is not None:
            (await self._scheduler()).link.broke(problems[0])
        for problem in problems:
            if isinstance(problem, Limited):
                (await self._scheduler()).pace.pause(problem.retry_after or LIMITED_SECONDS)

    async def fresh(self, task_type: TaskType) -> tuple[Leaf, ...]:
        """The list, fetched again if it is too old. Raises the problem if there is no list."""
        if self._product_lists.age(task_type) > self.settings.max_age:
            await self.refresh(task_type)
        found = self.lists[task_type]
        if not found.leaves:
            raise found.problem or UsageError("error.no_models")
        return found.leaves

    def age(self, task_type: TaskType) -> float:
        """Seconds since the list was fetched; infinite when it never was."""
        return self._product_lists.age(task_type)

    async def _find_leaf(self, order: Order, fetch: bool) -> Leaf:
        """The leaf that an order is for, off a list that is fresh enough (`fetch`: off a new one).

        Raises the problem of the list, or `UsageError` when the model is gone.
        """
        task_type = order.task_type
        if fetch or self.age(task_type) > self.settings.max_age:
            await self.refresh(task_type)
            if (problem := self.lists[task_type].problem) is not None:
                raise problem
        await self.fresh(task_type)
        if (leaf := self._leaf_of(order)) is not None:
            return leaf
        raise UsageError("error.model_gone", model=order.model_name)

    @property
    def _origin(self) -> str:
        return self._address.base_url if self._address else self.settings.base_url

    # ---------------------------------------------------------------------------- the jobs

    async def inspect_inputs(self, leaf: Leaf, inputs: Sequence[str]) -> tuple[InputFacts, ...]:
        """Look at inputs before anything is sent. Raises `UsageError` for the first bad one."""
        from ima_tui import inputs as input_files

        loopback = self._origin if is_loopback(self._origin) else ""
        return await asyncio.to_thread(input_files.inspect, leaf, inputs, loopback)

    async def submit(
        self,
        order: Order,
        intent: str = "",
        repeats: int | None = None,
        after: int | None = None,
    ) -> Job:
        """Write the intent to disk and wake the scheduler. Raises `KeyMissing`.

        An `intent` that is known already brings its job back, and sends nothing: see
        `Ledger.add`. `repeats` names the job that this one tries again. `after` names one that
        must be done first; inputs such as `job:41#1` (the first result of job 41) name theirs.
        """
        if not self.has_key:
            raise KeyMissing
        order = replace(order, estimate=await self._expect(order))
        job = await (await self._ledger()).add(
            order, self.clock.time(), repeats=repeats, intent=intent, after=after
        )
        self._tell(JobChanged(job))
        if repeats is not None:  # what waited in vain for that one waits for this one now
            for each in await (await self._ledger()).waiting_for(job.id):
                self._tell(JobChanged(each))
        if intent:  # it may be another process's, perhaps just being sent
            await (await self._scheduler()).adopt(job.id)
        else:
            await (await self._scheduler()).follow(job)
        return job

    async def _expect(self, order: Order) -> Estimate | None:
        """How long it should take: the list knows, or the table, or our own history."""
        leaf = self._leaf_of(order)
        if leaf is None:
            return order.estimate
        return times.estimate(leaf, await (await self._ledger()).durations(order))

    def _leaf_of(self, order: Order) -> Leaf | None:
        wanted = (order.model_id, order.version)
        leaves = self.leaves(order.task_type)
        return next((leaf for leaf in leaves if (leaf.model_id, leaf.version) == wanted), None)

    def alternatives(self, order: Order, *, cheaper: bool = False) -> tuple[Alternative, ...]:
        """One or two live models that could do the same, or (`cheaper`) the same for less."""
        leaves, below = self.leaves(order.task_type), order.points if cheaper else None
        count = len(order.inputs)
        return alternatives(leaves, order.task_type, order.model_id, count, below=below)

    def usual_instead(self, order: Order) -> Alternative | None:
        """The default model, where the person's own preference was followed and differs from it."""
        wish = self.preferences.of(self.settings.user_id, order.task_type)
        if wish is None or wish.model_id != order.model_id:
            return None
        usual = choice.default_leaf(self.leaves(order.task_type), order.task_type)
        quoted = price.quote_or_none(usual, {}) if usual is not None else None
        if usual is None or quoted is None or usual.model_id == order.model_id:
            return None
        return Alternative(usual, quoted.rule.points)

    async def again(self, job_id: int) -> Job:
        """The same order as a new job: a new intent, and a new charge.

        Jobs that waited in vain for the old one's result wait for the new one's; those that are
        held go on when the person says so (`follow`).
        """
        before = await self._require(job_id)
        return await self.submit(before.order, repeats=job_id)

    async def by_intents(self, intents: Collection[str]) -> dict[str, Job]:
        """What became of orders that were submitted under these intents."""
        return await (await self._ledger()).by_intents(intents)

    async def page(self, after: int, since: float, limit: int) -> tuple[Job, ...]:
        """A stretch of the whole ledger, oldest first: jobs above the id `after`."""
        return await (await self._ledger()).page(after, since, limit)

    async def recent(self, limit: int = 500) -> tuple[Job, ...]:
        return await (await self._ledger()).recent(limit)

    async def job(self, job_id: int) -> Job | None:
        return await (await self._ledger()).job(job_id)

    async def timeline(self, job_id: int) -> tuple[Event, ...]:
        return await (await self._ledger()).timeline(job_id)

    async def totals(self) -> Totals:
        ledger = await self._ledger()
        return Totals(
            today=await ledger.spent(midnight(self.clock.time())),
            session=await ledger.spent(0.0, ledger.session),
            out=await ledger.out(),
        )

    async def stop(self, job_id: int) -> Job:
        """Stop following; an unsent job is taken out. What was sent stays paid."""
        await (await self._scheduler()).leave(job_id)
        job = await self._require(job_id)
        if job.state not in lifecycle.OPEN:
            return job
        if State.STOPPED not in lifecycle.TRANSITIONS[job.state]:
            raise UsageError("error.busy_job")  # another window is just sending it
        unsent = job.state in lifecycle.UNSENT
        key = "event.taken_out" if unsent else "event.stopped"
        job = await self._step(job_id, State.STOPPED, key)
        await (await self._scheduler()).leave(job_id)  # a renewal may have taken it up meanwhile
        return job

    async def follow(self, job_id: int) -> Job:
        """Follow again what was stopped or parked, or send what waited for a word."""
        job = await self._require(job_id)
        if job.held and job.state in lifecycle.UNSENT:
            await (await self._scheduler()).adopt(
                job_id
            )  # first: whoever takes a dead run's job holds it
            job = await self._release(job)
        elif job.state is State.STOPPED and not job.task_id:
            raise UsageError("error.never_sent")
        elif job.state in (State.STOPPED, State.PARKED):
            await (await self._scheduler()).leave(job_id)
            job = await self._step(job_id, State.RUNNING, "event.followed_again")
        await (await self._scheduler()).adopt(
            job_id
        )  # a window that lives and owns it follows it itself
        return job

    async def _release(self, job: Job) -> Job:
        """The person's word that a held job may be sent, at the price it has now."""
        ledger = await self._ledger()
        agreed = replace(job.order, confirmed=job.order.total)
        values = {"points": agreed.total}
        await ledger.reorder(job.id, agreed, self.clock.time(), "event.released", values)
        job = await ledger.hold(job.id, held=False)
        self._tell(JobChanged(job))
        return job

    async def adopt(self, *job_ids: int) -> None:
        """Follow these jobs if nobody alive does; else they are watched in the ledger alone."""
        await (await self._scheduler()).adopt(*job_ids)

    async def forget(self, job_id: int) -> None:
        """Take an ended or unsent job off the list; its row stays in the ledger."""
        job = await self._require(job_id)
        if State.FORGOTTEN not in lifecycle.TRANSITIONS[job.state]:
            raise UsageError("error.busy_job")
        await (await self._scheduler()).leave(job_id)
        job = await self._require(job_id)
        if State.FORGOTTEN not in lifecycle.TRANSITIONS[job.state]:
            raise UsageError("error.busy_job")  # it was just being sent
        await self._step(job_id, State.FORGOTTEN, "event.forgotten")

    async def fetch(self, job_id: int) -> Job:
        """Download the results of a finished job again."""
        job = await self._require(job_id)
        if job.state is not State.DONE:
            raise UsageError("error.not_done")
        job = await self._step(job_id, State.FETCHING, "event.fetching_again")
        await (await self._scheduler()).follow(job)
        return job

    async def _require(self, job_id: int) -> Job:
        job = await (await self._ledger()).job(job_id)
        if job is None:
            raise UsageError("error.no_job", id=job_id)
        return job

    async def _step(self, job_id: int, after: State, key: str) -> Job:
        job = await (await self._ledger()).step(job_id, after, self.clock.time(), key)
        self._tell(JobChanged(job))
        (await self._scheduler()).look()
        return job

    # -------------------------------------------------------------------------- the wishes

    async def prefer(self, task_type: TaskType, leaf: Leaf, user: str | None = None) -> bool:
        """Remember a model for a task type. False where the file is not to be written."""
        user_id = user or self.settings.user_id
        stored = await asyncio.to_thread(self.preferences.save, user_id, task_type, leaf)
        self._tell(PreferencesChanged())
        return stored

    async def unprefer(self, task_type: TaskType, user: str | None = None) -> bool:
        user_id = user or self.settings.user_id
        stored = await asyncio.to_thread(self.preferences.clear, user_id, task_type)
        self._tell(PreferencesChanged())
        return stored

    async def _watch_preferences(self) -> None:
        """Other tools write the same file: what they change shows by itself."""
        while True:
            await self.clock.sleep(WATCH_SECONDS)
            if self.preferences.changed():
                await asyncio.to_thread(self.preferences.reload)
                self._tell(PreferencesChanged())

    async def _watch_ledger(self, engine: Engine) -> None:
        """What other processes do to the jobs shows by itself, too."""
        while True:
            await self.clock.sleep(NEWS_SECONDS)
            if not self._listeners:
                continue
            try:
                news = await engine.ledger.news()
                fresh = [job for job in news if job.revision > self._told.get(job.id, 0)]
                for job in fresh:
                    self._tell(JobChanged(job))
                if fresh:
                    await engine.scheduler.heard(fresh)
            except (ImaError, lifecycle.ImpossibleTransition) as error:
                log.warning("news: %r", error)  # a busy file is asked again in a second

    # --------------------------------------------------------------------------- listening

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear of every change, on the event loop; returns the unsubscriber."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, notice: Notice) -> None:
        if isinstance(notice, JobChanged):
            job = notice.job
            if job.revision < self._told.get(job.id, 0):
                return  # another process was faster, and its news were told already
            self._told[job.id] = job.revision
        for listener in tuple(self._listeners):
            try:
                listener(notice)
            except Exception:  # a screen's fault must not break the story of a paid job
                log.exception("listener")


def key_file(settings: Settings) -> Path:
    return settings.config_file.with_name("key")


def _remote_service(secret: str, address: Address, language: str, clock: Clock) -> RemoteService:
    """Imports the API (a quarter of a second): call it off the event loop."""
    from ima_tui.api.client import ImaClient
    from ima_tui.api.download import Downloader
    from ima_tui.api.service import RemoteService

    client = ImaClient(
        key=secret,
        base_url=address.base_url,
        upload_url=address.upload_url,
        language=language,
        now=clock.time,
    )
    sandbox = address.base_url if is_loopback(address.base_url) else ""
    return RemoteService(client, Downloader(sandbox=sandbox))
