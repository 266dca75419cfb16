"""Filter, sort and group the results of the gallery. No widget here."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import groupby

from ima_tui.core.domain import (
    Job,
    Medium,
    Result,
    TaskType,
    results_of,
)
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.tui.images.thumbnails import Key, key_of
from ima_tui.tui.widgets.job_text import label_terms

SORTS = ("newest", "oldest", "model", "kind", "project")
"""The first is what the gallery begins with."""
KINDS: tuple[Medium | None, ...] = (None, *Medium)


@dataclass(frozen=True, slots=True)
class ResultGroup:
    """Results under one heading."""

    name: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class GallerySelection:
    """What the user chose; `hidden` are results that are being forgotten."""

    filter: str = ""
    kind: Medium | None = None
    sort: str = SORTS[0]
    hidden: Collection[int] = field(default_factory=frozenset)

    def next_sort(self) -> GallerySelection:
        """Return the selection with the next order."""
        return replace(self, sort=SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)])

    def next_kind(self, by: int = 1) -> GallerySelection:
        """Return the selection with the next or previous medium."""
        return replace(self, kind=KINDS[(KINDS.index(self.kind) + by) % len(KINDS)])


class GalleryArrangement:
    """Every result, and the folded words that it is found by: those of 20,000 take a tenth of a
    second to fold, which no key should have to wait for."""

    def __init__(self) -> None:
        self._rows: dict[Key, Result] = {}
        self._words: dict[Key, str] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: Key) -> Result:
        return self._rows[key]

    def get(self, key: Key) -> Result | None:
        """Return what is known of a result."""
        return self._rows.get(key)

    def add(self, results: Iterable[Result]) -> None:
        """Add results."""
        kinds = {
            task_type: f"{say(f'task.tag_{task_type.medium}')} {say(f'task.{task_type}')}"
            for task_type in TaskType
        }
        rows, words = dict(self._rows), dict(self._words)
        for result in results:
            key = key_of(result)
            rows[key] = result
            mark = result.mark
            terms = label_terms(result.project, mark.tags, starred=mark.star)
            words[key] = folded(
                f"#{result.job} {result.model} {kinds[result.task_type]} {result.prompt} {terms}"
            )
        self._rows, self._words = rows, words  # at once: an arrangement may be under way

    def hear(self, jobs: Iterable[Job]) -> bool:
        """Take in what became of jobs; whether any result came, went or changed."""
        changed = False
        for job in jobs:
            fresh = {key_of(result): result for result in results_of(job)}
            if not fresh and (job.id, 1) not in self._rows:
                continue
            if all(self._rows.get(key) == result for key, result in fresh.items()) and fresh:
                continue
            self._rows = {key: row for key, row in self._rows.items() if key[0] != job.id}
            self.add(fresh.values())
            changed = True
        return changed

    def arranged(self, chosen: GallerySelection) -> tuple[ResultGroup, ...]:
        """What is shown, in its groups. For many thousands: call it in a thread."""
        words, wanted = self._words, folded(chosen.filter).split()
        shown = [
            result
            for key, result in self._rows.items()
            if (chosen.kind is None or result.task_type.medium is chosen.kind)
            and key[0] not in chosen.hidden
            and all(word in words[key] for word in wanted)
        ]
        shown.sort(key=_ORDERS[chosen.sort])
        if chosen.sort in ("newest", "oldest"):
            return _by_day(shown)
        return _by_name(shown, _NAMES[chosen.sort])


_NAMES: Mapping[str, Callable[[Result], str]] = {
    "model": lambda result: result.model,
    "kind": lambda result: say(f"task.{result.task_type}"),
    "project": lambda result: result.project or say("label.none"),
}
_KIND_ORDER = {task_type: place for place, task_type in enumerate(TaskType)}
_Order = Callable[[Result], tuple[object, ...]]
_ORDERS: Mapping[str, _Order] = {
    "newest": lambda one: (-one.at, -one.job, one.index),
    "oldest": lambda one: (one.at, one.job, one.index),
    "model": lambda one: (one.model.casefold(), -one.at, -one.job, one.index),
    "project": lambda one: (
        not one.project,
        one.project.casefold(),
        -one.at,
        -one.job,
        one.index,
    ),
    "kind": lambda one: (_KIND_ORDER[one.task_type], -one.at, -one.job, one.index),
}


def _by_name(results: Sequence[Result], name: Callable[[Result], str]) -> tuple[ResultGroup, ...]:
    groups = groupby(results, name)
    return tuple(ResultGroup(named, tuple(map(key_of, group))) for named, group in groups)


def _by_day(results: Sequence[Result]) -> tuple[ResultGroup, ...]:
    """By days of this screen's time; it is asked for once for each day, not for each result."""
    groups: list[tuple[str, list[Key]]] = []
    begin, end = 0.0, 0.0
    for result in results:
        if not begin <= result.at < end:
            begin, end = _day_of(result.at)
            groups.append((day_words(result.at), []))
        groups[-1][1].append(key_of(result))
    return tuple(ResultGroup(name, tuple(keys)) for name, keys in groups)


def _day_of(at: float) -> tuple[float, float]:
    year, month, day, *_ = time.localtime(at)
    begin = time.mktime((year, month, day, 0, 0, 0, 0, 0, -1))
    return begin, time.mktime((year, month, day + 1, 0, 0, 0, 0, 0, -1))


def day_words(at: float) -> str:
    """`2026-11-25`, as both languages read it."""
    return time.strftime("%Y-%m-%d", time.localtime(at))
