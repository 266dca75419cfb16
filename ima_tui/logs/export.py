"""Export the filtered log entries to a file that only its owner can read."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path

from ima_tui.config.loader import Settings
from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.logs.filter import LogFilter
from ima_tui.logs.stream import LogStream

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
