"""Small files, whole: read with a limit and never from what is no file; written so that a reader,
or a crash, sees the old one or the new one, never half."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from pathlib import Path

PRIVATE = 0o600


def sync(handle: int) -> None:
    """Return once the file or folder is on the disk itself. On macOS `fsync` leaves it in the
    drive's cache, which a power cut empties."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        try:
            fcntl.fcntl(handle, full)
            return
        except OSError:  # network drives, for one, have no such order
            pass
    os.fsync(handle)


class NotAFile(OSError):
    """A pipe, a device, a folder or a socket: reading it could wait or go on for ever. `key` names
    the words for it."""

    key = "file.special"

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "not a regular file")


class TooLarge(OSError):
    key = "file.large"

    def __init__(self) -> None:
        super().__init__(errno.EFBIG, "too large")


def read_small(path: Path, limit: int) -> tuple[bytes, os.stat_result]:
    """What the regular file at `path` holds, and its facts. `/dev/null` is empty.

    Raises `OSError`: `NotAFile` for what is none, `TooLarge` above `limit` bytes. Never waits.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as reader:
        facts = os.fstat(handle)
        if _is_null(facts):
            return b"", facts
        if not stat.S_ISREG(facts.st_mode):
            raise NotAFile
        content = reader.read(limit + 1)
    if len(content) > limit:
        raise TooLarge
    return content, facts


def _is_null(facts: os.stat_result) -> bool:
    return stat.S_ISCHR(facts.st_mode) and facts.st_rdev == Path(os.devnull).stat().st_rdev


def real(path: Path) -> Path:
    """Where `path` leads. Raises `OSError` for links that lead in a circle."""
    try:
        found = path.resolve()
    except RuntimeError as error:  # before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error
    if found.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return found


def replace(path: Path, content: bytes, *, mode: int | None = None, flush: bool = True) -> None:
    """Write beside, flush, rename, flush the folder. Raises `OSError`, and leaves the old file.

    A symlink stays one: what it leads to is written. `mode`: else the file's own mode is kept, and
    a new file is its owner's alone. `flush` False: whole all the same, but a power cut may bring
    the old one back. The folder must be there. Touches the disk: call it off the event loop.
    """
    target = real(path)
    if target.exists() and not target.is_file():
        raise NotAFile
    if mode is None:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else PRIVATE
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if flush:
                file.flush()
                sync(file.fileno())
        beside.chmod(mode)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if flush:
        _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        sync(handle)
    finally:
        os.close(handle)
