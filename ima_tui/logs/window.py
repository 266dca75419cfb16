"""All log files merged by time: a sliding window for a screen, a stream for a pipe or an export.

The file's cursor that is behind advances, one block at a time. An entry is returned as soon as no
other file can hold an earlier one; a large file without matches delays the others no longer.

The window holds some thousand entries, newest first. It grows at one end and is cut at the other,
so memory does not depend on the size of the logs. Every call reads files: call it off the event
loop, one at a time.

The stream goes from the oldest entry on, with `--follow` without an end.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from math import inf
from pathlib import Path
from typing import TypeVar

from ima_tui.config.loader import Settings
from ima_tui.core import atomic_file
from ima_tui.logs.cursor import SLACK, BackwardCursor, ForwardCursor, LogCursor, seek
from ima_tui.logs.entry import LogEntry
from ima_tui.logs.files import LogFile, LogFolder
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


MOST = 4_000
"""Maximum entries in memory."""
CUT_TO = 3_000

Edges = dict[int, int]


class LogWindow:
    """`entries` from `top` (nearest to now) to `bottom`, matching ones only."""

    def __init__(self, path: Path) -> None:
        self.folder = LogFolder(path)
        self.wanted = LogFilter()
        self.entries: list[LogEntry] = []
        self.at_top = True
        """Nothing newer existed at the last look."""
        self._top: Edges = {}
        self._bottom: Edges = {}
        self._older: OldestFirst | None = None
        self._newer: NewestFirst | None = None

    # -------------------------------------------------------------------------------- position

    def open(self, wanted: LogFilter) -> None:
        """Move to the newest matching entry; the window is empty until read."""
        self.folder.look()
        self.wanted = wanted
        self._stand(ends(self.folder.files, wanted))
        self.at_top = True

    def go_to(self, when: float) -> None:
        """Move to the time `when`: `older` returns what was written before it.

        The window is empty.
        """
        self.folder.look()
        self._stand({n: seek(file, when) for n, file in self.folder.files.items()})

    def go_to_entry(self, entry: LogEntry) -> None:
        """Move so that `entry` is the next older one."""
        self.folder.look()
        edges = {n: seek(file, entry.time) for n, file in self.folder.files.items()}
        self._stand(edges | ({entry.file: entry.end} if entry.file in edges else {}))

    def _stand(self, edges: Edges) -> None:
        self.entries = []
        self._top, self._bottom = dict(edges), dict(edges)
        self._older = self._newer = None
        self.at_top = False

    @property
    def files(self) -> Mapping[int, LogFile]:
        """The log files by number."""
        return self.folder.files

    @property
    def at_bottom(self) -> bool:
        """Whether no older entry matches."""
        return self._older is not None and self._older.done

    # --------------------------------------------------------------------------------- growth

    def older(self, count: int, due: Due = never) -> int:
        """Read up to `count` older entries; returns how many.

        May cut the top. Raises `UsageError` (a slow pattern).
        """
        if self._older is None:
            self._older = OldestFirst(self.files, self._bottom, self.wanted)
        found = self._older.take(count, due)
        self._bottom |= self._older.edges()
        self.entries += found
        if len(self.entries) > MOST:
            dropped = self.entries[:-CUT_TO]
            del self.entries[:-CUT_TO]
            for entry in dropped:
                self._top[entry.file] = min(entry.start, self._top.get(entry.file, entry.start))
            self._newer = None
            self.at_top = False
        return len(found)

    def newer(self, count: int, due: Due = never) -> int:
        """Read up to `count` newer entries; returns how many.

        May cut the bottom. Raises `UsageError` (a slow pattern).
        """
        self._look_again()
        if self._newer is None:
            self._newer = NewestFirst(self.files, self._top, self.wanted)
        found = self._newer.take(count, due)
        self._top |= self._newer.edges()
        self.at_top = self._newer.done
        self.entries[:0] = reversed(found)
        if len(self.entries) > MOST:
            dropped = self.entries[CUT_TO:]
            del self.entries[CUT_TO:]
            for entry in dropped:
                self._bottom[entry.file] = max(entry.end, self._bottom.get(entry.file, 0))
            self._older = None
        return len(found)

    def _look_again(self) -> None:
        for number, original in self.folder.look().items():
            old = original.number if original else 0
            self._top[number] = self._top.get(old, 0)
            self._bottom[number] = self._bottom.get(old, 0)
            self._older = None
        for edges in (self._top, self._bottom):
            for number in [number for number in edges if number not in self.files]:
                del edges[number]
        if self._newer is not None:
            self._newer.go_on(self.files, self._top)

    # --------------------------------------------------------------------------------- search

    def search(self, index: int, *, older: bool, wanted: LogFilter) -> OldestFirst | NewestFirst:
        """Return a cursor from the entry at `index` (exclusive), beyond the window."""
        edges = self._edges_at(index, older=older)
        return (
            OldestFirst(self.files, edges, wanted)
            if older
            else NewestFirst(self.files, edges, wanted)
        )

    def _edges_at(self, index: int, *, older: bool) -> Edges:
        """Return the offset for each file on one side of the entry at `index`."""
        edges = dict(self._bottom if older else self._top)
        beyond = self.entries[index + 1 :] if older else self.entries[: max(0, index)]
        for entry in reversed(beyond) if older else beyond:  # the nearest comes last and is kept
            edges[entry.file] = entry.end if older else entry.start
        if 0 <= index < len(self.entries):
            here = self.entries[index]
            edges[here.file] = here.start if older else here.end
        return edges

    def count(self, wanted: LogFilter) -> Iterator[int]:
        """Yield the growing number of entries that match `wanted`."""
        total = 0
        for file in sorted(self.files.values(), key=lambda file: -file.mtime):
            cursor = BackwardCursor(file, _end(file, wanted), wanted)
            while not cursor.done:
                cursor.step()
                if cursor.head is not None:
                    cursor.take()
                    total += 1
                yield total


def _end(file: LogFile, wanted: LogFilter) -> int:
    """Return where reading backwards begins."""
    return file.whole if wanted.until == inf else min(file.whole, seek(file, wanted.until + SLACK))


def beginnings(files: Mapping[int, LogFile], wanted: LogFilter) -> Edges:
    """Return where reading forwards begins, in each file."""
    if wanted.since == -inf:
        return dict.fromkeys(files, 0)
    return {number: seek(file, wanted.since - SLACK) for number, file in files.items()}


def ends(files: Mapping[int, LogFile], wanted: LogFilter) -> Edges:
    """Return where reading backwards begins, in each file."""
    return {number: _end(file, wanted) for number, file in files.items()}


PIECE = 500
"""Maximum entries in memory."""


class LogStream:
    """Blocking reader of all files. Methods may raise `UsageError` (a slow pattern)."""

    def __init__(self, path: Path, wanted: LogFilter) -> None:
        self.folder = LogFolder(path)
        self.folder.look()
        self.wanted = wanted
        self._newer: NewestFirst | None = None

    def all(self) -> Iterator[LogEntry]:
        """Yield every matching entry."""
        files = self.folder.files
        self._newer = NewestFirst(files, beginnings(files, self.wanted), self.wanted)
        while found := self._newer.take(PIECE):
            yield from found

    def last(self, count: int) -> list[LogEntry]:
        """Return the newest `count` matching entries; `news` continues after them."""
        files = self.folder.files
        edges = ends(files, self.wanted)
        self._newer = NewestFirst(files, {n: file.whole for n, file in files.items()}, self.wanted)
        return OldestFirst(files, edges, self.wanted).take(count)[::-1]

    def news(self) -> list[LogEntry]:
        """Return entries written since the last call, or since `all` or `last`."""
        fresh = self.folder.look()
        edges = dict.fromkeys(self.folder.files, 0)
        for number, original in fresh.items():
            edges[number] = original.whole if original else 0
        if self._newer is None:
            self._newer = NewestFirst(self.folder.files, edges, self.wanted)
        self._newer.go_on(self.folder.files, edges)
        return self._newer.take(PIECE)


MOST_BYTES = 200_000_000


async def export(settings: Settings, wanted: LogFilter, now: float) -> tuple[Path, int, bool]:
    """The file, how many entries are in it, and whether those are all. Raises `UsageError`."""
    folder = settings.for_writing().data / "exports"
    return await asyncio.to_thread(_export, settings.logs, wanted, folder, now)


def _export(logs: Path, wanted: LogFilter, folder: Path, now: float) -> tuple[Path, int, bool]:
    name = datetime.fromtimestamp(now).strftime("ima-logs-%Y%m%d-%H%M%S.log")  # noqa: DTZ006
    path = folder / name
    count = written = 0
    with atomic_file.new_text(path, with_folder=True) as out:
        for entry in LogStream(logs, wanted).all():
            written += out.write(entry.line() + "\n")
            count += 1
            if written > MOST_BYTES:
                return path, count, False
    return path, count, True
