"""Merge of all log files by time: newest first backwards, oldest first forwards.

The cursor that is behind advances, one block at a time. An entry is returned as soon as no other
file can hold an earlier one; a large file without matches delays the others no longer than that.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import TypeVar

from ima_tui.logs.cursor import BackwardCursor, ForwardCursor, LogCursor
from ima_tui.logs.entry import LogEntry
from ima_tui.logs.files import LogFile
from ima_tui.logs.filter import LogFilter

Due = Callable[[], bool]
"""Returns True when it is time to stop, whatever was found."""
_Some = TypeVar("_Some", bound=LogCursor)


def never() -> bool:
    """Never stop early."""
    return False


class OldestFirst:
    """From `edges` (an offset for each file) to the past."""

    def __init__(
        self, files: Mapping[int, LogFile], edges: Mapping[int, int], wanted: LogFilter
    ) -> None:
        self._cursors = [BackwardCursor(files[n], edges[n], wanted) for n in edges if n in files]

    @property
    def done(self) -> bool:
        """Whether every file was read to its beginning."""
        return all(cursor.done for cursor in self._cursors)

    @property
    def reached(self) -> float:
        """Everything after this time was examined."""
        return max((cursor.key for cursor in self._cursors if not cursor.done), default=0.0)

    def take(self, count: int, due: Due = never) -> list[LogEntry]:
        """Return up to `count` more, newest first. Raises `UsageError` (a slow pattern)."""
        return _take(self._cursors, lambda cursor: -cursor.key, count, due)

    def edges(self) -> dict[int, int]:
        """Return the current offset in each file."""
        return {cursor.file.number: cursor.edge for cursor in self._cursors}


class NewestFirst:
    """From `edges` to now, as far as the files went at the last look."""

    def __init__(
        self, files: Mapping[int, LogFile], edges: Mapping[int, int], wanted: LogFilter
    ) -> None:
        self._wanted = wanted
        self._cursors: dict[int, ForwardCursor] = {}
        self.go_on(files, edges)

    def go_on(self, files: Mapping[int, LogFile], edges: Mapping[int, int]) -> None:
        """Continue after files have grown; new ones begin at their offset in `edges`."""
        for number in edges:
            if number in files and number not in self._cursors:
                self._cursors[number] = ForwardCursor(files[number], edges[number], self._wanted)
        for number in [number for number in self._cursors if number not in files]:
            del self._cursors[number]
        for cursor in self._cursors.values():
            cursor.go_on(cursor.file.whole)

    @property
    def done(self) -> bool:
        """Whether every file was read to its known end."""
        return all(cursor.done for cursor in self._cursors.values())

    def take(self, count: int, due: Due = never) -> list[LogEntry]:
        """Return up to `count` more, oldest first. Raises `UsageError` (a slow pattern)."""
        return _take(list(self._cursors.values()), lambda cursor: cursor.key, count, due)

    def edges(self) -> dict[int, int]:
        """Return the current offset in each file."""
        return {number: cursor.edge for number, cursor in self._cursors.items()}


def _take(
    cursors: list[_Some], rank: Callable[[_Some], float], count: int, due: Due
) -> list[LogEntry]:
    found: list[LogEntry] = []
    heap = [(rank(cursor), index) for index, cursor in enumerate(cursors) if not cursor.done]
    heapq.heapify(heap)
    while heap and len(found) < count:
        cursor = cursors[heap[0][1]]
        if cursor.head is not None:
            found.append(cursor.take())
        else:
            if due():
                break
            cursor.step()
        if cursor.done:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (rank(cursor), heap[0][1]))
    return found
