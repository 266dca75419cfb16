"""Log entries as a stream, oldest first: for a pipe, `--follow`, or an export to a private file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ima_tui.config.loader import Settings
from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.logs.entry import LogEntry
from ima_tui.logs.files import LogFolder
from ima_tui.logs.filter import LogFilter
from ima_tui.logs.window import NewestFirst, OldestFirst, beginnings, ends

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
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as out:
            for entry in LogStream(logs, wanted).all():
                written += out.write(entry.line() + "\n")
                count += 1
                if written > MOST_BYTES:
                    return path, count, False
    except FileExistsError as error:
        raise UsageError("error.export_exists", path=one_line(path, 300)) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError("error.export", path=one_line(path, 300), reason=reason) from error
    return path, count, True
