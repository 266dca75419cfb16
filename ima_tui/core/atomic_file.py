"""Atomic file writes, bounded reads of small regular files, locks between processes, `~` in paths.

A reader, or a crash, sees the old content or the new one, never a mix.

There may be no home folder: containers and service accounts run under user ids without a passwd
entry and without `HOME`. A path that still begins with `~`, or hangs from a relative `HOME`, would
become a folder in whatever directory the program was started in: another ledger each time.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import stat
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line

if TYPE_CHECKING:
    from filelock import BaseFileLock


PRIVATE = 0o600


def sync(handle: int) -> None:
    """Flush a file or folder to the disk itself.

    On macOS `fsync` leaves it in the drive's cache, which a power cut empties.
    """
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        try:
            fcntl.fcntl(handle, full)
            return
        except OSError:  # network drives, for one, have no such order
            pass
    os.fsync(handle)


class NotAFile(OSError):
    """Raised for pipes, devices, folders and sockets.

    Reading one could block or never end. `key`: the message for the user.
    """

    key = "file.special"

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "not a regular file")


class TooLarge(OSError):
    """Raised for files above the size limit. `key`: the message for the user."""

    key = "file.large"

    def __init__(self) -> None:
        super().__init__(errno.EFBIG, "too large")


def read_small(path: Path, limit: int) -> tuple[bytes, os.stat_result]:
    """Read a regular file of at most `limit` bytes without blocking.

    Returns its content and its `stat`. `/dev/null` reads as empty. Raises `OSError`: `NotAFile` for
    anything but a regular file, `TooLarge` above `limit`.
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
    """Resolve `path`, symlinks followed. Raises `OSError` for circular links."""
    try:
        found = path.resolve()
    except RuntimeError as error:  # before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error
    if found.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return found


def replace(path: Path, content: bytes, *, mode: int | None = None, flush: bool = True) -> None:
    """Replace a file atomically: write a temporary file, flush, rename, flush the folder.

    Raises `OSError` and leaves the old file. A symlink is kept and its target written. `mode`: by
    default the file's own mode, 0600 for a new file. `flush` False: still atomic, but a power cut
    may bring the old content back. The folder must exist. Blocking: call it off the event loop.
    """
    target = real(path)
    if target.exists() and not target.is_file():
        raise NotAFile
    if mode is None:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else PRIVATE
    prefix, suffix = f".{target.name}.", f".{os.getpid()}.part"
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=prefix, suffix=suffix)
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
        sync_path(target.parent)
    remove_beside(target, SETTLED)


SETTLED = 60.0
"""Seconds after which a small file is written: who shares the folder from another machine, whose
processes aren't known here, needs it no more."""


def remove_beside(target: Path, age: float = 0.0) -> None:
    """Remove what killed processes left of writing `target`, at least `age` seconds ago.

    Where the folder can't be read or changed, it stays.
    """
    with suppress(OSError):
        for part in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
            if is_orphan(part) and time.time() - part.stat().st_mtime >= age:
                part.unlink(missing_ok=True)


def is_orphan(path: Path) -> bool:
    """Return whether the process that wrote an unfinished file has ended, by its id in the name."""
    if path.suffix != ".part":
        return False
    owner = path.suffixes[-2].lstrip(".") if len(path.suffixes) > 1 else ""
    return not owner.isdigit() or is_running(int(owner)) is False


def is_running(pid: int) -> bool | None:
    """Return whether a process of this machine runs; None where that can't be known."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return None
    return True


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Context of the path of a file that is written beside `path` and then renamed to it.

    Where it was not renamed, it is removed at the end.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def sync_path(path: Path) -> None:
    """Flush a file or folder that is not open."""
    handle = os.open(path, os.O_RDONLY)
    try:
        sync(handle)
    finally:
        os.close(handle)


FALLS_BACK = "flock not supported"
"""Beginning of filelock's warning where the file system has no locks (ENOSYS). It then locks by the
existence of the file, which is good enough here and nothing that a user could act on."""


def lock(path: Path, **settings: Any) -> BaseFileLock:
    """Return a lock that is held by one process at a time; see `filelock.FileLock`."""
    from filelock import FileLock

    warnings.filterwarnings("ignore", message=FALLS_BACK)
    return FileLock(path, **settings)


@contextmanager
def new_text(path: Path, *, with_folder: bool = False) -> Iterator[TextIO]:
    """Open a file that was not there before and that only its owner can read.

    Raises `UsageError`, also for what goes wrong while it is written.
    """
    shown = one_line(path, 300)
    try:
        if with_folder:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
        with os.fdopen(opened, "w", encoding="utf-8") as out:
            yield out
    except FileExistsError as error:
        raise UsageError("error.export_exists", path=shown) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError("error.export", path=shown, reason=reason) from error


def changed_at(path: Path) -> float:
    """Return when a file changed, in seconds since the epoch; 0 where it is missing."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def expand(written: str | Path) -> Path:
    """Replace a leading `~` or `~user`.

    Raises `UsageError` for a user that does not exist, and for `~` where nobody knows the home.
    """
    path = Path(written)
    if not str(written).startswith("~"):  # not asked of the path, which drops a leading ./
        return path
    if path.parts[0] == "~":
        return find().joinpath(*path.parts[1:])
    try:
        return path.expanduser()
    except (RuntimeError, ValueError, KeyError) as error:
        raise UsageError("error.no_such_user", path=one_line(path, 200)) from error


def find() -> Path:
    """The home folder. Raises `UsageError` where it is unknown."""
    home = known()
    if home is None:
        raise UsageError("error.no_home")
    return home


def known() -> Path | None:
    """The home folder, or None: no `HOME` and no passwd entry, an empty or a relative one."""
    if os.environ.get("HOME") == "":
        return None
    try:
        home = Path.home()
    except (RuntimeError, KeyError):
        return None
    return home if home.is_absolute() else None
