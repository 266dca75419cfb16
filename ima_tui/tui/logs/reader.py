"""Read the logs in a thread, in short slices that can be cancelled.

Every call comes back after a slice of reading at most; whoever wants more asks again, and can be
cancelled between two slices.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import inf
from pathlib import Path
from typing import TypeVar

from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.logs.entry import LogEntry
from ima_tui.logs.filter import LogFilter, Pattern
from ima_tui.logs.window import Due, LogWindow, NewestFirst, OldestFirst

SLICE = 0.04
"""Seconds of reading before it is asked whether somebody still wants it."""
PIECE = 300
MOST_HITS = 100_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class View:
    """What there is to be seen: a stretch of entries, newest first. `shift`: by how many an entry
    of the view before has moved down; None when it is another stretch altogether."""

    entries: tuple[LogEntry, ...] = ()
    at_top: bool = True
    at_bottom: bool = False
    shift: int | None = None
    tools: tuple[str, ...] = ()
    trouble: str = ""


class LogReader:
    """One window on the log folder. Close it when the screen goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.view = View()
        self._window = LogWindow(folder)
        self._thread = ThreadPoolExecutor(1, "logs")

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    @property
    def wanted(self) -> LogFilter:
        """The filter in use."""
        return self._window.wanted

    def name_of(self, entry: LogEntry) -> str:
        """The file that an entry stands in; "" where it is gone."""
        file = self._window.files.get(entry.file)
        return "" if file is None else one_line(file.path.name, 80)

    # --------------------------------------------------------------------------- what is seen

    async def open(self, wanted: LogFilter) -> View:
        """Stand at the newest that is wanted."""

        def work() -> None:
            self._window.open(wanted)
            self._window.older(PIECE, _due())

        return await self._change(work, fresh=True)

    async def go_to(self, when: float) -> View:
        """Stand at a time, with what was written before it below, and a little after it above."""

        def work() -> None:
            self._window.go_to(when)
            due = _due()
            self._window.older(PIECE, due)
            self._window.newer(PIECE // 4, due)

        return await self._change(work, fresh=True)

    async def go_to_start(self) -> View:
        """Stand at the oldest that is wanted."""

        def work() -> None:
            self._window.go_to(-inf)
            self._window.older(1)
            self._window.newer(PIECE, _due())

        return await self._change(work, fresh=True)

    async def older(self) -> View:
        """Read a piece of older entries."""
        return await self._change(lambda: self._window.older(PIECE, _due()))

    async def newer(self) -> View:
        """Read a piece of newer entries."""
        return await self._change(lambda: self._window.newer(PIECE, _due()))

    async def follow(self) -> View | None:
        """What was written since; None where nothing was."""
        before = self.view
        view = await self._change(lambda: self._window.newer(PIECE, _due()))
        changed = view.shift != 0 or (view.tools, view.trouble) != (before.tools, before.trouble)
        return view if changed else None

    async def go_to_entry(self, entry: LogEntry) -> View:
        """Stand so that `entry` is in it, with some on either side."""

        def work() -> None:
            self._window.go_to_entry(entry)
            due = _due()
            self._window.older(PIECE, due)
            self._window.newer(PIECE // 4, due)

        return await self._change(work, fresh=True)

    # ------------------------------------------------------------------------ what is searched

    async def find(self, index: int, pattern: Pattern, *, older: bool) -> LogEntry | None:
        """The next entry in which `pattern` is found, from the one at `index` on, which does not
        count. Takes as long as it takes: cancel it. Raises `UsageError` (a slow pattern)."""
        wanted = self.wanted.with_text(pattern)
        walk = await self._run(lambda: self._window.search(index, older=older, wanted=wanted))
        while True:
            found = await self._run(lambda: _step(walk))
            if found is not None or walk.done:
                return found
            await asyncio.sleep(0)

    async def count(self, pattern: Pattern, told: Callable[[int, bool], None]) -> None:
        """Tell, now and then, in how many wanted entries `pattern` is found, and whether that was
        all. Raises `UsageError` (a slow pattern)."""
        steps = self._window.count(self.wanted.with_text(pattern))
        total, done = 0, False
        while not done and total < MOST_HITS:
            total, done = await self._run(lambda so_far=total: _count_on(steps, so_far))  # type: ignore[misc]
            told(total, done)
            await asyncio.sleep(SLICE / 4)  # the screen's own reading comes between

    # -------------------------------------------------------------------------------- the thread

    async def _change(self, work: Callable[[], object], *, fresh: bool = False) -> View:
        def work_and_look() -> View:
            before = self.view.entries
            work()
            entries = tuple(self._window.entries)
            return View(
                entries=entries,
                at_top=self._window.at_top,
                at_bottom=self._window.at_bottom,
                shift=None if fresh else _shift(before, entries),
                tools=tuple(sorted({file.tool for file in self._window.files.values()})),
                trouble=self._window.folder.trouble,
            )

        self.view = await self._run(work_and_look)
        return self.view

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _due() -> Due:
    until = time.perf_counter() + SLICE
    return lambda: time.perf_counter() > until


def _step(walk: OldestFirst | NewestFirst) -> LogEntry | None:
    return next(iter(walk.take(1, _due())), None)


def _count_on(steps: Iterator[int], total: int) -> tuple[int, bool]:
    due = _due()
    for total in steps:
        if due():
            return total, False
    return total, True


def _shift(before: tuple[LogEntry, ...], after: tuple[LogEntry, ...]) -> int | None:
    """By how many the entries have moved down: what is in both is the same object."""
    if not before:
        return 0 if not after else None
    for index, entry in enumerate(after):
        if entry is before[0]:
            return index
    for index, entry in enumerate(before):
        if after and entry is after[0]:
            return -index
    return None
