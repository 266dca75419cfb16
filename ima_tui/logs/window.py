"""Sliding window over the logs for a screen: some thousand entries, newest first.

It grows at one end and is cut at the other, so memory does not depend on the size of the logs.
Every call reads files: call it off the event loop, one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from pathlib import Path

from ima_tui.logs.blocks import seek
from ima_tui.logs.cursor import SLACK, BackwardCursor
from ima_tui.logs.entry import LogEntry
from ima_tui.logs.files import LogFile, LogFolder
from ima_tui.logs.filter import LogFilter
from ima_tui.logs.merge import Due, NewestFirst, OldestFirst, never

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
        self._stand({n: _end(file, wanted) for n, file in self.folder.files.items()})
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

    def place(self, entry: LogEntry) -> int | None:
        """Return the index of `entry` in the window, or None."""
        for index, each in enumerate(self.entries):
            if (each.file, each.start) == (entry.file, entry.start):
                return index
        return None

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
