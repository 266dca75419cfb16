"""Cursor over one log file, forwards or backwards, skipping filtered entries.

It advances one block per step, so that callers can report progress or stop. Blocks are cut between
entries, and only the current one is in memory, so a file's size does not matter.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from math import inf

from ima_tui.logs.entry import LogEntry, parse, time_of
from ima_tui.logs.files import LogFile
from ima_tui.logs.filter import LogFilter

BLOCK = 64 * 1024
MOST = 2 * 1024 * 1024
"""Maximum bytes of one entry; the rest of a longer one counts as another entry."""
PROBE = 4096
"""Bytes read per step of the search for a time."""
_ENTRY = re.compile(rb"\n(?=(?:\x1b\[[\d;]*m)*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)")
_LINE = re.compile(rb"\n(?=[^\n])")


class Block:
    """`data` starts at byte `start` of the file, with an entry."""

    def __init__(self, start: int, data: bytes, marks: re.Pattern[bytes]) -> None:
        self.start = start
        self.data = data
        self._marks = marks

    @property
    def end(self) -> int:
        """Offset in the file after the last byte."""
        return self.start + len(self.data)

    @cached_property
    def cuts(self) -> tuple[int, ...]:
        """Offsets of the entries, found on first use because most blocks are skipped."""
        return (0, *(found.end() for found in self._marks.finditer(self.data))) if self.data else ()

    def raw(self, index: int) -> bytes:
        """Return the bytes of one entry."""
        last = self.cuts[index + 1] if index + 1 < len(self.cuts) else len(self.data)
        return self.data[self.cuts[index] : last]

    def index(self, offset: int) -> int:
        """Return the number of the entry at `offset` of the data."""
        return bisect_right(self.cuts, offset) - 1

    @property
    def last_cut(self) -> int:
        """Offset of the last entry."""
        for tail in (2_000, 16_000, len(self.data)):
            start = max(0, len(self.data) - tail)
            ends = [found.end() for found in self._marks.finditer(self.data, start)]
            if ends:
                return ends[-1]
        return 0


EMPTY = Block(0, b"", _LINE)


def before(file: LogFile, end: int) -> Block:
    """Return the block that ends at `end`; `EMPTY` at the beginning of the file."""
    marks, size = _marks(file), BLOCK
    while True:
        start = max(0, end - size)
        data = file.read(start, end - start)
        if not data or len(data) < end - start:
            return EMPTY  # it shrank, or is gone
        first = marks.search(data) if start else None
        if first is not None:
            return Block(start + first.end(), data[first.end() :], marks)
        if start == 0 or size >= MOST:
            return Block(start, data, marks)
        size *= 4


def after(file: LogFile, start: int, size: int) -> Block:
    """Return the block at `start`, the beginning of an entry; `EMPTY` at `size`, the end."""
    marks, count = _marks(file), BLOCK
    while True:
        data = file.read(start, min(count, size - start))
        if not data:
            return EMPTY
        block = Block(start, data, marks)
        if block.end >= size or count > MOST:
            return block
        if last := block.last_cut:  # the last entry may continue after the block
            return Block(start, data[:last], marks)
        count *= 4


def seek(file: LogFile, when: float) -> int:
    """Return the offset of the first entry at `when` or later.

    By bisection, so only approximate in a file with unordered times.
    """
    if not file.is_timed():
        return file.size if file.mtime < when else 0
    low, high = 0, file.size
    while high - low > PROBE:
        middle = (low + high) // 2
        at, time = _first_time(file, middle, high)
        if time is None or at >= high:
            high = middle
        elif time < when:
            low = at
        else:
            high = middle
    return _exactly(file, low, when)


def first_time(file: LogFile, start: int) -> float:
    """Return the time of the entry at `start`; if unknown, when the file was changed."""
    if not file.is_timed():
        return file.mtime
    time = time_of(file.read(start, 64))
    if time is None:
        time = _first_time(file, start, min(file.size, start + BLOCK))[1]
    return file.mtime if time is None else time


def last_time(file: LogFile, end: int) -> float:
    """Return the time of the last entry before `end`.

    If unknown, just after the file was changed.
    """
    if file.is_timed():
        start = max(0, end - PROBE)
        data = file.read(start, end - start)
        block = Block(start, data, _ENTRY)
        time = time_of(data[block.last_cut : block.last_cut + 64])
        if time is not None:
            return time
    return file.mtime + 1


def _exactly(file: LogFile, start: int, when: float) -> int:
    """Step from `start` to the first entry at `when` or later."""
    at = start
    while at < file.size:
        block = after(file, at, file.size)
        if not block.data:
            break
        for cut in block.cuts:
            time = time_of(block.data[cut : cut + 64])
            if time is not None and time >= when:
                return block.start + cut
        at = block.end
    return file.size


def _first_time(file: LogFile, start: int, end: int) -> tuple[int, float | None]:
    """Return the first entry that begins after `start`, and its time."""
    at, tail = start, b""
    while at < end:
        data = file.read(at, PROBE)
        if not data:
            break
        whole = tail + data
        for found in _ENTRY.finditer(whole):
            time = time_of(whole[found.end() : found.end() + 64])
            if time is not None:
                return at - len(tail) + found.end(), time
        tail = whole[-64:]
        at += len(data)
    return end, None


def _marks(file: LogFile) -> re.Pattern[bytes]:
    """Return the pattern between entries."""
    return _ENTRY if file.is_timed() else _LINE


SLACK = 120.0
"""Seconds by which lines may be out of order, because several programs write to one file."""


class LogCursor(ABC):
    """`head` is the next matching entry, if found; `reached` bounds the times of all later ones.

    `edge`: everything before it was returned or skipped.
    """

    def __init__(self, file: LogFile, edge: int, wanted: LogFilter) -> None:
        self.file = file
        self.edge = edge
        self.wanted = wanted
        self.head: LogEntry | None = None
        self.done = False
        self.reached = 0.0
        self._block: Block = EMPTY
        self._left: list[int] = []
        """Candidate entries of the block, the next one last."""

    def step(self) -> None:
        """Advance by one block at most: sets `head`, moves `reached`, or ends."""
        if not self._left and not self._open():
            return
        while self._left:
            index = self._left.pop()
            raw = self._block.raw(index)
            entry = self._parsed(raw, self._block.start + self._block.cuts[index])
            self.reached = entry.time
            if self._beyond(entry.time):
                self._finish()
                return
            if self.wanted.takes(entry, self.file):
                self.head = entry
                return
        self._close()

    def take(self) -> LogEntry:
        """Return the head and advance."""
        entry = self.head
        if entry is None:
            raise LookupError("no head")
        self.head = None
        self._move_past(entry)
        if not self._left:
            self._close()
        return entry

    def _open(self) -> bool:
        """Read the next block; False when there is none, or nothing in it can match."""
        self._block = block = self._load()
        if not block.data:
            self._finish()
            return False
        places = self.wanted.places(block.data, self.file)
        if places is None:
            self._left = self._in_order(range(len(block.cuts)))
        else:
            self._left = self._in_order(sorted({block.index(place) for place in places}))
        if not self._left:
            self._close()
        return bool(self._left)

    def _parsed(self, raw: bytes, start: int) -> LogEntry:
        return parse(
            raw,
            file=self.file.number,
            start=start,
            tool=self.file.tool,
            fallback=self.reached if self.file.is_timed() else self.file.mtime,
        )

    def _close(self) -> None:
        """Leave the current block."""
        time = time_of(self._pass_block())
        if time is not None:
            self.reached = time
        self._block = EMPTY
        if self._beyond(self.reached):
            self._finish()

    def _finish(self) -> None:
        self.done, self._block, self._left = True, EMPTY, []

    # direction-specific parts

    @abstractmethod
    def _load(self) -> Block: ...

    @abstractmethod
    def _in_order(self, indices: Sequence[int]) -> list[int]: ...

    @abstractmethod
    def _pass_block(self) -> bytes:
        """Move the edge to the block's far side; returns the bytes there."""

    @abstractmethod
    def _move_past(self, entry: LogEntry) -> None: ...

    @abstractmethod
    def _beyond(self, time: float) -> bool: ...


class BackwardCursor(LogCursor):
    """Cursor from `edge` to the beginning.

    It knows the time of its last entry, so that a file is only read when needed.
    """

    def __init__(self, file: LogFile, edge: int, wanted: LogFilter) -> None:
        super().__init__(file, edge, wanted)
        self.reached = last_time(file, edge)
        if edge <= 0 or self._beyond(self.reached):
            self.done = True

    @property
    def key(self) -> float:
        """Sort key; the largest comes next."""
        return self.head.time if self.head else self.reached

    def _load(self) -> Block:
        return before(self.file, self.edge)

    def _in_order(self, indices: Sequence[int]) -> list[int]:
        return list(indices)

    def _pass_block(self) -> bytes:
        self.edge = self._block.start
        return self._block.data[:64]

    def _move_past(self, entry: LogEntry) -> None:
        self.edge = entry.start

    def _beyond(self, time: float) -> bool:
        return time < self.wanted.since - SLACK


class ForwardCursor(LogCursor):
    """Cursor from `edge` to the last known end of the file; continues when that has moved."""

    def __init__(self, file: LogFile, edge: int, wanted: LogFilter) -> None:
        super().__init__(file, edge, wanted)
        self.reached = -inf
        self._size = edge
        self.done = True  # until told how far to go

    @property
    def key(self) -> float:
        """Sort key; the smallest comes next."""
        return self.head.time if self.head else self.reached

    def go_on(self, size: int) -> None:
        """Continue reading, up to `size`."""
        if size <= self._size or self._beyond(self.reached):
            return
        if self.done:
            self.reached = first_time(self.file, self.edge)
        self._size, self.done = size, False

    def _load(self) -> Block:
        return after(self.file, self.edge, self._size)

    def _in_order(self, indices: Sequence[int]) -> list[int]:
        return list(reversed(indices))

    def _pass_block(self) -> bytes:
        self.edge = self._block.end
        last = self._block.last_cut
        return self._block.data[last : last + 64]

    def _move_past(self, entry: LogEntry) -> None:
        self.edge = entry.end

    def _beyond(self, time: float) -> bool:
        return time > self.wanted.until + SLACK
