"""Cursor over one log file, forwards or backwards, skipping filtered entries.

It advances one block per step, so that callers can report progress or stop.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import inf

from ima_tui.logs.blocks import EMPTY, Block, after, before, first_time, last_time
from ima_tui.logs.entry import LogEntry, parse, time_of
from ima_tui.logs.files import LogFile
from ima_tui.logs.filter import LogFilter

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
