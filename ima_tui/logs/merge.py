"""All files by time: newest first backwards, oldest first forwards.

Who is behind reads on, a block at a time. An entry is given out as soon as no other file can
still hold one that comes before it; a large file without a hit holds nobody up longer than that.
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
"""True when it is time to come back, whatever was found."""
_Some = TypeVar("_Some", bound=LogCursor)


def never() -> bool:
    return False


class OldestFirst:
    """From `edges` (an offset for each file) towards the past."""

    def __init__(
        self, files: Mapping[int, LogFile], edges: Mapping[int, int], wanted: LogFilter
    ) -> None:
        self._cursors = [BackwardCursor(files[n], edges[n], wanted) for n in edges if n in files]

    @property
    def done(self) -> bool:
        return all(cursor.done for cursor in self._cursors)

    @property
    def reached(self) -> float:
        """Everything that was written after this was looked at."""
        return max((cursor.key for cursor in self._cursors if not cursor.done), default=0.0)

    def take(self, count: int, due: Due = never) -> list[LogEntry]:
        """At most `count` more, newest first. Raises `UsageError` (a slow pattern)."""
        return _take(self._cursors, lambda cursor: -cursor.key, count, due)

    def edges(self) -> dict[int, int]:
        return {cursor.file.number: cursor.edge for cursor in self._cursors}


class NewestFirst:
    """From `edges` towards now, as far as the files went when they were last looked at."""

    def __init__(
        self, files: Mapping[int, LogFile], edges: Mapping[int, int], wanted: LogFilter
    ) -> None:
        self._wanted = wanted
        self._cursors: dict[int, ForwardCursor] = {}
        self.go_on(files, edges)

    def go_on(self, files: Mapping[int, LogFile], edges: Mapping[int, int]) -> None:
        """Files have grown, or are new: those begin at their offset in `edges`."""
        for number in edges:
            if number in files and number not in self._cursors:
                self._cursors[number] = ForwardCursor(files[number], edges[number], self._wanted)
        for number in [number for number in self._cursors if number not in files]:
            del self._cursors[number]
        for cursor in self._cursors.values():
            cursor.go_on(cursor.file.whole)

    @property
    def done(self) -> bool:
        return all(cursor.done for cursor in self._cursors.values())

    def take(self, count: int, due: Due = never) -> list[LogEntry]:
        """At most `count` more, oldest first. Raises `UsageError` (a slow pattern)."""
        return _take(list(self._cursors.values()), lambda cursor: cursor.key, count, due)

    def edges(self) -> dict[int, int]:
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
