"""Writing a whole file: a reader, or a crash, sees the old one or the new one, never half."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

PRIVATE = 0o600


def replace(path: Path, content: bytes, *, mode: int | None = None, flush: bool = True) -> None:
    """Write beside, flush, rename, flush the folder. Raises `OSError`, and leaves the old file.

    A symlink stays one: what it leads to is written. `mode`: else the file's own mode is kept, and
    a new file is its owner's alone. `flush` False: whole all the same, but a power cut may bring
    the old one back. The folder must be there. Touches the disk: call it off the event loop.
    """
    real = path.resolve()
    if mode is None:
        mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else PRIVATE
    handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.", suffix=".part")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        beside.chmod(mode)
        beside.replace(real)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if flush:
        _flush_folder(real.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
