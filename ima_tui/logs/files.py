"""Files of the log folder: which are logs, their tools, and rotation.

A file is identified by device and inode, not by name, so it is still read after a rotation renamed
it. A file whose beginning changed is a new one, even where it was truncated in place.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.logs.entry import time_of

MOST_FILES = 500
"""Maximum number of files, newest first; a folder with more is no log folder."""
PRINT = 128
"""Bytes at the beginning that identify a file's content."""
SETTLED = 2.0
"""Seconds after which a line without an end counts as complete."""
TAIL = 64 * 1024
_NO_LOGS = (".gz", ".bz2", ".xz", ".zst", ".zip", ".lock", ".pid", ".part", ".tmp", ".swp")
_DAY = re.compile(r"[._\-]?\d{4}[._\-]?\d\d[._\-]?\d\d")
_NUMBER = re.compile(r"\.\d{1,3}$")
_SUFFIX = re.compile(r"\.(?:log|txt|out|err|jsonl?)$")

Place = tuple[int, int]
"""Device and inode."""


@dataclass(slots=True)
class LogFile:
    """One log file.

    `size`: its bytes; `whole`: bytes of complete lines, as the last may be half written. `timed`:
    whether its lines begin with times (None: not determined yet).
    """

    number: int
    path: Path
    place: Place
    size: int
    mtime: float
    head: bytes
    tool: str = field(init=False)
    gone: bool = False
    whole: int = 0
    _timed: bool = False
    _judged: int = -1
    """Its size when `is_timed` was last determined."""

    def __post_init__(self) -> None:
        self.tool = tool_of(self.path.name)

    def read(self, start: int, count: int) -> bytes:
        """Read bytes from `start`; fewer, or none, where it shrank or is gone."""
        if self.gone or count <= 0:
            return b""
        try:
            # must not block: a pipe may have taken the name
            opened = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            status = os.fstat(opened)
            same = (status.st_dev, status.st_ino) == self.place
            return os.pread(opened, count, start) if same else b""
        except OSError:
            return b""
        finally:
            os.close(opened)

    def settle(self, now: float) -> None:
        """Determine how far complete lines go."""
        if self.whole == self.size:
            return
        if now - self.mtime > SETTLED:
            self.whole = self.size
            return
        start = max(self.whole, self.size - TAIL)
        last = self.read(start, self.size - start).rfind(b"\n")
        if last >= 0:
            self.whole = start + last + 1

    def is_timed(self) -> bool:
        """Tell whether its lines have times; else every line is an entry."""
        if not self._timed and self._judged != self.size and self._judged < TAIL:
            lines = self.read(0, TAIL).split(b"\n")
            self._timed = any(time_of(line) is not None for line in lines)
            self._judged = self.size
        return self._timed


def tool_of(name: str) -> str:
    """Return the tool of a file: `ima_create` of `ima_create_20261125.log.2`."""
    stem = _SUFFIX.sub("", _NUMBER.sub("", name))
    stem = _NUMBER.sub("", stem)
    return one_line(_DAY.sub("", stem) or stem, 40) or "?"


class LogFolder:
    """The log files of `path`, by number. `look` updates them."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self._now = now
        self.files: dict[int, LogFile] = {}
        """Existing files; numbers are never reused."""
        self.trouble = ""
        """Why the folder is unreadable, in the system's words; "" if it is readable."""
        self._numbers = 0

    def look(self) -> dict[int, LogFile | None]:
        """Update the files.

        Returns the numbers of new files, each with the former file that it is a copy of, or None.
        """
        fresh: list[LogFile] = []
        replaced: list[LogFile] = []
        seen: set[int] = set()
        known = {file.place: file for file in self.files.values()}
        for path, status in self._found():
            place = (status.st_dev, status.st_ino)
            file = known.get(place)
            if file is not None and self._is_still(file, path, status):
                file.path, file.size, file.mtime = path, status.st_size, status.st_mtime
                seen.add(file.number)
                continue
            fresh.append(self._take(path, status))
            seen.add(fresh[-1].number)
        for number in [number for number in self.files if number not in seen]:
            replaced.append(self.files.pop(number))
            replaced[-1].gone = True
        now = self._now()
        for file in self.files.values():
            file.settle(now)
        return {file.number: _original(file, replaced) for file in fresh}

    def _found(self) -> list[tuple[Path, os.stat_result]]:
        found: list[tuple[Path, os.stat_result]] = []
        self.trouble = ""
        try:
            with os.scandir(self.path) as entries:
                for each in entries:
                    if each.name.startswith(".") or each.name.endswith(_NO_LOGS):
                        continue
                    try:
                        status = each.stat()
                    except OSError:
                        continue
                    if stat.S_ISREG(status.st_mode):
                        found.append((Path(each.path), status))
        except FileNotFoundError:
            pass  # no log was written yet
        except OSError as error:
            self.trouble = error.strerror or type(error).__name__
        found.sort(key=lambda pair: (pair[1].st_mtime, pair[0].name))
        return found[-MOST_FILES:]

    def _take(self, path: Path, status: os.stat_result) -> LogFile:
        self._numbers += 1
        place = (status.st_dev, status.st_ino)
        file = LogFile(self._numbers, path, place, status.st_size, status.st_mtime, b"")
        file.head = file.read(0, PRINT)
        self.files[file.number] = file
        return file

    def _is_still(self, file: LogFile, path: Path, status: os.stat_result) -> bool:
        """Tell whether the content read of `file` is still there."""
        if status.st_size < file.size:
            return False
        if (status.st_size, status.st_mtime) == (file.size, file.mtime):
            return True
        file.path = path
        begins = file.read(0, PRINT)
        if not begins.startswith(file.head):
            return False
        file.head = begins
        return True


def _original(file: LogFile, replaced: list[LogFile]) -> LogFile | None:
    """Return the file that a rotation copied before truncating it.

    Such a copy holds nothing new.
    """
    for old in replaced:
        whole = len(old.head) == PRINT or old.size <= PRINT
        if whole and old.head and file.head.startswith(old.head) and file.size >= old.size:
            return old
    return None
