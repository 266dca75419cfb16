"""Results of all jobs, newest first, and actions on their files."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from ima_tui.api.connection import Connection
from ima_tui.config import api_key
from ima_tui.config.loader import Settings
from ima_tui.core import atomic_file
from ima_tui.core.clock import Clock
from ima_tui.core.domain import Job, Media, Result
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.events import EventBus, JobChanged
from ima_tui.core.input_files import local_path
from ima_tui.core.records import dataclass
from ima_tui.studio.engine import Engine

STRETCH = 1_000
"""Jobs read at once, so that the ledger's thread stays available."""
NEWEST = 1 << 62
MOST_COVERS = 200


@dataclass(eq=False)
class ResultGallery:
    """Results and their files. Actions raise `UsageError`, or `ImaError` on disk errors."""

    _settings: Settings
    _clock: Clock
    _engine: Engine
    _connection: Connection
    _broadcast: EventBus

    async def results(self) -> AsyncIterator[tuple[Result, ...]]:
        """Yield every result in batches, newest job first."""
        ledger = await self._engine.ledger()
        below = NEWEST
        while below:
            found, below = await ledger.results(below, STRETCH)
            yield found

    async def cover(self, media: Media) -> str:
        """Return the path of a video's cover image, downloaded once; "" if unavailable."""
        name = hashlib.sha256(media.cover.encode()).hexdigest()[:32]
        path = self._settings.cache / "covers" / name
        if await asyncio.to_thread(path.is_file):
            return str(path)
        if self._settings.read_only:
            return ""
        part = path.with_name(f".{name}.part")
        try:
            await asyncio.to_thread(_make_room, path.parent)
            service = await self._connection.connect()
            await service.download(media.cover, part)
            await asyncio.to_thread(part.replace, path)
        except (ImaError, OSError):
            return ""
        finally:
            with suppress(OSError):
                await asyncio.to_thread(part.unlink, missing_ok=True)
        return str(path)

    async def copy(self, media: Media, written: str) -> Path:
        """Copy the file to `written`: a folder, or a new file name."""
        self._settings.for_writing()
        if not media.path:
            raise UsageError("gallery.not_here")
        target = local_path(written)
        atomic_file.expand(target)  # raises: else a folder named ~ would be made
        into = written.strip().strip("'\"").endswith("/")
        return await asyncio.to_thread(_copy, Path(media.path), target, into)

    async def discard(self, job_id: int, index: int) -> Job:
        """Delete the file of a result (from 1) and its sidecar.

        The result stays, and can be downloaded again while its link is valid.
        """
        self._settings.for_writing()
        ledger = await self._engine.ledger()
        job = await ledger.job(job_id)
        if job is None or not 1 <= index <= len(job.medias):
            raise UsageError("error.no_job", id=job_id)
        path = job.medias[index - 1].path
        if path:
            await asyncio.to_thread(_delete, Path(path))
            now = self._clock.time()
            job = await ledger.mark_missing(job_id, index, now, "event.file_deleted")
            self._broadcast.tell(JobChanged(job))
        return job


def _make_room(folder: Path) -> None:
    """Create the folder, and delete the oldest covers above the maximum."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    covers = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in covers[: max(0, len(covers) - MOST_COVERS + 1)]:
        path.unlink(missing_ok=True)


def _copy(source: Path, target: Path, into: bool) -> Path:
    """Copy without overwriting anything or leaving a partial file. `into`: `target` is a folder."""
    if into or target.is_dir():
        target = target / source.name
    elif not target.suffix:
        target = target.with_name(target.name + source.suffix)
    try:
        with source.open("rb") as reader:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as writer:
                try:
                    shutil.copyfileobj(reader, writer, 1 << 20)
                    writer.flush()
                    atomic_file.sync(writer.fileno())
                except OSError:
                    target.unlink(missing_ok=True)
                    raise
    except FileExistsError as error:
        raise UsageError("gallery.exists", path=str(target)) from error
    except FileNotFoundError as error:
        raise UsageError("gallery.not_here") from error
    except OSError as error:
        raise ImaError("error.disk", reason=error.strerror or "—") from error
    return target


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".json").unlink(missing_ok=True)
    except OSError as error:
        raise ImaError("error.disk", reason=error.strerror or "—") from error


def open_file(path: str) -> bool:
    """Open a file with the desktop's own program; False where there is no desktop."""
    local = "SSH_CONNECTION" not in os.environ and "SSH_TTY" not in os.environ
    desktop = sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    if not (local and desktop and Path(path).is_file()):
        return False
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.Popen(
            [opener, path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=api_key.environment_for_children(),
            start_new_session=True,
        )
    except OSError:
        return False
    return True
