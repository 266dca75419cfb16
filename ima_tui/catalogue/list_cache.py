"""Product list cache: shows stored lists at once, refreshes them, keeps their age.

A fresh list is compared with the stored one: models added, removed, repriced.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from math import isfinite
from pathlib import Path
from urllib.parse import urlsplit

from ima_tui.catalogue import tree
from ima_tui.core import atomic_file
from ima_tui.core.clock import steady
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import ImaError
from ima_tui.core.events import ListChanges, ModelKey, ProductList

LARGEST = 32 * 1024 * 1024
"""Maximum bytes of a stored list: twice the largest response."""

Fetch = Callable[[TaskType], Awaitable[Sequence[object]]]
Tell = Callable[[ProductList], None]


class ProductLists:
    """Holds the product lists of all task types and reports changes to `tell`."""

    def __init__(
        self,
        cache: Path,
        now: Callable[[], float],
        tell: Tell,
        *,
        keep: bool = True,
        steady: Callable[[], float] = steady,
    ) -> None:
        """Create empty lists.

        `keep`: store fetched lists in the folder `cache` for the next start.
        """
        self._cache = cache
        self._keep = keep
        self._now = now
        self._steady = steady
        self._fetched: dict[TaskType, float] = {}
        """When this run fetched each list, by the monotonic clock."""
        self._tell = tell
        self.lists = {task_type: ProductList(task_type) for task_type in TaskType}
        self._first: dict[TaskType, ProductList] = {}
        """Each list when this run first saw it; changes are relative to it."""

    def models(self, task_type: TaskType) -> tuple[ModelVersion, ...]:
        """Return the models of one task type, as last seen."""
        return self.lists[task_type].models

    def age(self, task_type: TaskType) -> float:
        """Return the seconds since the list was fetched.

        Infinite if it never was, or if the time lies in the future: then a clock was wrong, and the
        age of the prices is unknown.
        """
        if (fetched := self._fetched.get(task_type)) is not None:
            return self._steady() - fetched
        as_of = self.lists[task_type].as_of
        age = float("inf") if as_of is None else self._now() - as_of
        return age if age >= 0 else float("inf")

    async def load(self, origin: str, task_types: Sequence[TaskType] = tuple(TaskType)) -> None:
        """Load the stored lists of the service at `origin`."""
        for task_type in task_types:
            if self.lists[task_type].as_of is None:
                path = _path(self._cache, origin, task_type)
                found = await asyncio.to_thread(_load, path, task_type)
                if found is not None and self.lists[task_type].as_of is None:
                    self._set(found)

    async def refresh(self, fetch: Fetch, origin: str, task_types: Sequence[TaskType]) -> None:
        """Fetch lists concurrently.

        A list that can't be fetched keeps its last state with the problem.
        """
        await asyncio.gather(*(self._refresh(fetch, origin, each) for each in task_types))

    async def _refresh(self, fetch: Fetch, origin: str, task_type: TaskType) -> None:
        try:
            raw = await fetch(task_type)
        except ImaError as error:
            self.fail(task_type, error)
            return
        now = self._now()
        models = await asyncio.to_thread(tree.models, raw, task_type)
        first = self._first.get(task_type)
        changes = (
            compare(first.models, models, first.as_of)
            if first is not None and first.as_of is not None
            else ListChanges()
        )
        self._fetched[task_type] = self._steady()
        self._set(ProductList(task_type, models, now, live=True, changes=changes))
        if self._keep:
            await asyncio.to_thread(_store, _path(self._cache, origin, task_type), raw, now)

    def fail(self, task_type: TaskType, problem: ImaError) -> None:
        """Record that a list could not be fetched."""
        last = self.lists[task_type]
        self._set(replace(last, live=False, problem=problem))

    def _set(self, product_list: ProductList) -> None:
        self.lists[product_list.task_type] = product_list
        if product_list.as_of is not None:
            self._first.setdefault(product_list.task_type, product_list)
        self._tell(product_list)


def _path(cache: Path, origin: str, task_type: TaskType) -> Path:
    host = re.sub(r"[^A-Za-z0-9.-]+", "_", urlsplit(origin).netloc) or "service"
    return cache / "products" / host / f"{task_type.value}.json"


def _load(path: Path, task_type: TaskType) -> ProductList | None:
    """Load a stored list; None if it is missing or unreadable."""
    try:
        kept = json.loads(atomic_file.read_small(path, LARGEST)[0])
        as_of = float(kept["as_of"])
        if not isfinite(as_of):
            return None
        return ProductList(task_type, tree.models(kept["tree"], task_type), as_of)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _store(path: Path, raw: Sequence[object], as_of: float) -> None:
    with suppress(OSError), atomic_file.unfinished(path) as part:  # a full disk costs the cache
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({"as_of": as_of, "tree": raw}), "utf-8")
        part.replace(path)


def kept(cache: Path, origin: str, task_type: TaskType) -> tuple[ModelVersion, ...]:
    """The models as last seen, from disk alone."""
    found = _load(_path(cache, origin, task_type), task_type)
    return () if found is None else found.models


def name_of(model: ModelVersion) -> ModelKey:
    """Return the model's key in a list of changes."""
    return model.model_id, model.version


def compare(
    before: Iterable[ModelVersion], after: Iterable[ModelVersion], since: float
) -> ListChanges:
    """Compare `before`, seen at `since`, with `after`. Prices are compared by their rules."""
    old = {name_of(model): model for model in before}
    new = {name_of(model): model for model in after}
    return ListChanges(
        since=since,
        new=frozenset(new.keys() - old.keys()),
        gone=tuple(model for name, model in old.items() if name not in new),
        was={
            name: old[name].points
            for name, model in new.items()
            if name in old and _prices(old[name]) != _prices(model)
        },
    )


def _prices(model: ModelVersion) -> list[tuple[object, int]]:
    return sorted(((rule.attributes, rule.points) for rule in model.rules), key=repr)
