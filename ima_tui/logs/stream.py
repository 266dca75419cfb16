"""Log entries as a stream, oldest first: for a pipe, an export, or `--follow`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ima_tui.logs.entry import LogEntry
from ima_tui.logs.files import LogFolder
from ima_tui.logs.filter import LogFilter
from ima_tui.logs.merge import NewestFirst, OldestFirst
from ima_tui.logs.window import beginnings, ends

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
