"""Live product lists, and what depends on them: default models, alternatives, quotes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from ima_tui.api.connection import Connection
from ima_tui.catalogue import choice, order, price
from ima_tui.catalogue.choice import Alternative, Reason, alternatives
from ima_tui.catalogue.list_cache import ProductLists
from ima_tui.config.loader import Settings
from ima_tui.core.clock import Clock
from ima_tui.core.domain import Job, ModelVersion, Order, State, TaskType
from ima_tui.core.errors import ImaError, Limited, Unreachable, UsageError
from ima_tui.core.events import ListChanged, Notice, ProductList
from ima_tui.core.records import dataclass
from ima_tui.preferences import policy
from ima_tui.preferences.policy import PreferenceService
from ima_tui.studio.engine import Engine
from ima_tui.studio.guides import Guides

LIMITED_SECONDS = 5.0
"""Seconds to pause when the service asks for it without a duration."""


@dataclass(eq=False)
class CatalogueService:
    """The live lists of all task types, fetched again when they are too old."""

    _settings: Settings
    _clock: Clock
    _connection: Connection
    _engine: Engine
    _preferences: PreferenceService
    _guides: Guides
    _tell: Callable[[Notice], None]

    def __post_init__(self) -> None:
        self.way = ""
        """The proxy that requests go through, with its variable; "" for none, or not known yet."""
        self._lists = ProductLists(
            self._settings.cache,
            self._clock.time,
            lambda found: self._tell(ListChanged(found)),
            keep=not self._settings.read_only,
            steady=self._clock.steady,
        )

    @property
    def lists(self) -> dict[TaskType, ProductList]:
        """The lists by task type."""
        return self._lists.lists

    def models(self, task_type: TaskType) -> tuple[ModelVersion, ...]:
        """Return the models of one task type, as last seen."""
        return self._lists.models(task_type)

    def all_models(self) -> dict[TaskType, tuple[ModelVersion, ...]]:
        """Return the models of every task type, as last seen."""
        return {task_type: self.models(task_type) for task_type in TaskType}

    def age(self, task_type: TaskType) -> float:
        """Return the seconds since the list was fetched; infinite if it never was."""
        return self._lists.age(task_type)

    def is_loading(self, task_type: TaskType) -> bool:
        """Tell whether the list is being fetched and no fresh one is here to order from."""
        found = self.lists[task_type]
        waits = found.problem is None and not found.live
        return waits and self.age(task_type) > self._settings.max_age

    def suggested(self, task_type: TaskType, inputs: Sequence[str] = ()) -> ModelVersion | None:
        """Return the preferred, else the recommended, the default, or the first model.

        Only models that take the videos and sounds among `inputs` count, if there are any.
        """
        served = self.serving(task_type, inputs)
        return served[0] if served is not None else None

    def serving(
        self, task_type: TaskType, inputs: Sequence[str] = ()
    ) -> tuple[ModelVersion, Reason] | None:
        """Return the model of `suggested`, and why it was chosen."""
        preferred, recommended = self._preferences.model_id(task_type), self._guides.recommended
        models = order.taking(self.models(task_type), inputs)
        return choice.serving(models, task_type, preferred, recommended.get(task_type, ""))

    def impersonal(self, task_type: TaskType, inputs: Sequence[str] = ()) -> ModelVersion | None:
        """Return the model for a user without preferences."""
        recommended = self._guides.recommended.get(task_type, "")
        models = order.taking(self.models(task_type), inputs)
        return choice.default_model(models, task_type, recommended=recommended)

    def model_of(self, order: Order) -> ModelVersion | None:
        """Return an order's model from the current list, or None."""
        return choice.exactly(self.models(order.task_type), order.model_id, order.version)

    # ------------------------------------------------------------------------------ fetching

    async def load(self, *task_types: TaskType) -> None:
        """Load the lists stored by the last run (all, if none is named), where none is here yet."""
        await self._lists.load(self._settings.base_url, task_types or tuple(TaskType))

    async def check_connection(self) -> None:
        """Find out, without the ledger and without a request, whether lists can be fetched.

        Never raises: each list reports its own problem.
        """
        try:
            await self._connection.connect()
            self.way = await asyncio.to_thread(_way_to, self._connection.origin)
        except ImaError as error:
            for task_type in TaskType:
                self._lists.fail(task_type, error)
            return
        if self.way:  # a proxy that does not answer is named while it is waited for
            for found in self.lists.values():
                if found.as_of is None and found.problem is None:
                    self._tell(ListChanged(found))

    async def refresh(self, *task_types: TaskType) -> None:
        """Fetch lists (all, if none is named). Never raises; each list holds its own problem."""
        wanted = task_types or tuple(TaskType)
        try:
            service = await self._connection.connect()
        except ImaError as error:
            for task_type in wanted:
                self._lists.fail(task_type, error)
            if isinstance(error, Unreachable):
                await self._report([error])
            return
        await self._rest()
        await self._lists.refresh(service.products, self._connection.origin, wanted)
        await self._report([self.lists[task_type].problem for task_type in wanted])

    async def _rest(self) -> None:
        """Wait out a pause that the service asked for; it applies to lists as well."""
        with suppress(ImaError):  # without a ledger there are no jobs, but lists
            await (await self._engine.scheduler()).rate_limit.rest()

    async def _report(self, problems: list[ImaError | None]) -> None:
        """Report connection problems and successes to the connectivity of the jobs."""
        scheduler = await self._engine.scheduler()
        if any(problem is None for problem in problems):
            scheduler.connectivity.works()
        elif problems and problems[0] is not None and not isinstance(problems[0], Limited):
            scheduler.connectivity.broke(problems[0])
        for problem in problems:
            if isinstance(problem, Limited):
                await scheduler.rate_limit.pause(problem.retry_after or LIMITED_SECONDS)

    async def fresh(self, task_type: TaskType) -> tuple[ModelVersion, ...]:
        """Return the list, fetched again if it is too old.

        Raises the problem if there is no list.
        """
        if self.age(task_type) > self._settings.max_age:
            await self.refresh(task_type)
        found = self.lists[task_type]
        if not found.models:
            raise found.problem or UsageError("error.no_models")
        return found.models

    async def find_model(self, order: Order, fetch: bool) -> ModelVersion:
        """Return an order's model from a fresh list (`fetch`: from a new one).

        Raises the list's problem, or `UsageError` when the model is gone.
        """
        task_type = order.task_type
        if fetch or self.age(task_type) > self._settings.max_age:
            await self.refresh(task_type)
            if (problem := self.lists[task_type].problem) is not None:
                raise problem
        await self.fresh(task_type)
        if (model := self.model_of(order)) is not None:
            return model
        raise UsageError("error.model_gone", model=order.model_name)

    # -------------------------------------------------------------------------- other models

    def alternatives(self, order: Order, *, cheaper: bool = False) -> tuple[Alternative, ...]:
        """Return up to two live models that could do the same, or (`cheaper`) the same for less."""
        models, below = self.models(order.task_type), order.points if cheaper else None
        count = len(order.inputs)
        return alternatives(models, order.task_type, order.model_id, count, below=below)

    def replacements(self, order: Order) -> tuple[Alternative, ...]:
        """Return every live model that could do the same, the likeliest first."""
        models, count = self.models(order.task_type), len(order.inputs)
        return alternatives(models, order.task_type, order.model_id, count, most=None)

    def instead(self, job: Job) -> tuple[Alternative, ...]:
        """Return the alternatives to offer for a failed job.

        None where the key is the trouble, cheaper ones where the points are.
        """
        kind = job.failure.kind if job.failure is not None else ""
        if job.state is not State.FAILED or kind == "error.unauthorised":
            return ()
        return self.alternatives(job.order, cheaper=kind == "error.too_few_points")

    def usual_instead(self, order: Order) -> Alternative | None:
        """Return the model that installed guides recommend instead of the preferred one used."""
        task_type = order.task_type
        if task_type not in self._guides.recommended:
            return None
        usual = policy.usual_instead(
            self.models(task_type),
            task_type,
            order.model_id,
            self._preferences.model_id(task_type),
            self._guides.recommended.get(task_type, ""),
        )
        quoted = price.quote_or_none(usual, {}) if usual is not None else None
        if usual is None or quoted is None:
            return None
        return Alternative(usual, quoted.rule.points)


def _way_to(url: str) -> str:
    """Return the proxy for `url` in words; "" for none. Raises `Misconfigured`."""
    from ima_tui.api import network

    proxy = network.proxy_for(url)
    return f"{proxy.shown} ({proxy.variable})" if proxy is not None else ""
