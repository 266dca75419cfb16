"""Blocks of a log file, cut between entries, read forwards or backwards.

Only the current block is in memory, so a file's size does not matter.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from ima_tui.logs.entry import time_of
from ima_tui.logs.files import LogFile

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
