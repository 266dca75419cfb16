"""Log writer in the format of IMA's other tools: one file per day, a new one after 10 MB.

Logging only queues a line; a thread writes it, and a full disk or unwritable folder loses nothing
but lines. Files are never renamed or rewritten: lines are appended in one write each, so several
processes can share a file, and a full one is followed by the next number.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import threading
import traceback
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from ima_tui.core.text import clean, encodable, one_line, redact

MOST_BYTES = 10_000_000
KEEP_DAYS = 7
MOST_WAITING = 10_000
"""Maximum queued lines; further ones are counted and dropped."""
PIECE = 64 * 1024
PAUSE = 30.0
"""Seconds before an unwritable folder is tried again."""
CLOSING = 2.0
_OURS = re.compile(r"ima_tui_(\d{8})(?:\.\d{1,4})?\.log")
_HEARD = {"ima_tui": logging.INFO, "asyncio": logging.WARNING}
"""Loggers that are written, with their levels. Not httpx, whose lines hold whole addresses."""


def name_of(day: date, number: int) -> str:
    """Return a file name: `ima_tui_20261125.log`, then `ima_tui_20261125.1.log`."""
    return f"ima_tui_{day:%Y%m%d}.log" if number == 0 else f"ima_tui_{day:%Y%m%d}.{number}.log"


def line_of(record: logging.LogRecord, now: float) -> str:
    """Format one line; below it, indented, an error's traceback.

    Contains no line break that could look like another entry, no keys, and no messages of
    exceptions, which may quote what the user wrote.
    """
    when = datetime.fromtimestamp(now).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ006 - as the others
    function = one_line(record.funcName or "", 40).strip("_<>") or "-"
    message = one_line(redact(record.getMessage()), 2000)
    line = f"{when} | {record.levelname:<5} | {function:<20} | {message}\n"
    if record.exc_info and record.exc_info[1] is not None:
        line += "".join(f"    {each}\n" for each in _way(record.exc_info[1]))
    return encodable(line)


def _way(error: BaseException) -> list[str]:
    """Return the lines of a traceback: code locations and exception types."""
    lines = ["Traceback (most recent call last):"]
    frames = traceback.extract_tb(error.__traceback__, limit=-30)
    lines += [f"  {Path(f.filename).name}:{f.lineno} in {f.name}: {f.line or ''}" for f in frames]
    lines.append(type(error).__name__)
    cause = error.__cause__ or error.__context__
    if cause is not None:
        lines.append(f"after {type(cause).__name__}")
    return [redact(clean(each)).replace("\n", " ") for each in lines]


class LogWriter(logging.Handler):
    """Queued handler. `now` in seconds since the epoch. Never raises or blocks."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        super().__init__(logging.INFO)
        self.folder = folder
        self.now = now
        self.trouble = ""
        """Why nothing is written, in the system's words; "" while it works."""
        self._lines: deque[tuple[float, str]] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._idle = threading.Event()
        self._idle.set()
        self.lost = 0
        """Number of dropped lines, logged when writing works again."""
        self._rest_until = 0.0
        self._tidied: date | None = None
        self._number = 0
        self._torn = False
        self._levels: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name="logbook", daemon=True)

    def start(self) -> None:
        """Attach to our loggers."""
        self._thread.start()
        for name, level in _HEARD.items():
            logger = logging.getLogger(name)
            logger.addHandler(self)
            self._levels[name] = logger.level
            logger.setLevel(level)

    def close(self) -> None:
        """Write queued lines, for two seconds at most, and detach."""
        for name, level in self._levels.items():
            logging.getLogger(name).removeHandler(self)
            logging.getLogger(name).setLevel(level)
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(CLOSING)
        super().close()

    @property
    def waiting(self) -> int:
        """Number of queued lines."""
        return len(self._lines)

    def settled(self, seconds: float) -> bool:
        """Wait until no line is queued; False when that takes longer."""
        return self._idle.wait(seconds)

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one record."""
        try:
            if len(self._lines) >= MOST_WAITING:
                self.lost += 1
                return
            now = self.now()
            line = line_of(record, now)
            self._idle.clear()
            self._lines.append((now, line))
            self._wake.set()
        except Exception:  # noqa: BLE001 - a line that can't be written must break nothing
            self.lost += 1

    # ------------------------------------------------------------------------- in the thread

    def _run(self) -> None:
        while True:
            self._wake.wait()
            closing = self._closing  # read first: what is queued before closing is still written
            self._wake.clear()
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                self._write(lines)
            if not self._wake.is_set():
                self._idle.set()
            if closing:
                return

    def _write(self, lines: list[tuple[float, str]]) -> None:
        now = lines[-1][0]
        if 0 <= self._rest_until - now <= PAUSE:
            self.lost += len(lines)
            return
        written = 0
        try:
            for day, text, count in _pieces(lines):
                self._tidy(day)
                self._append(day, text.encode("utf-8", "replace"))
                written += count
            self.trouble = ""
            if self.lost:
                self._tell_lost(now)
        except (OSError, ValueError, OverflowError) as error:
            self.trouble = getattr(error, "strerror", None) or type(error).__name__
            self.lost += len(lines) - written
            self._rest_until = now + PAUSE

    def _tell_lost(self, now: float) -> None:
        lost, self.lost = self.lost, 0
        words = f"{lost} lines before this one could not be written"
        record = logging.LogRecord("ima_tui", logging.WARNING, "", 0, words, (), None, "logbook")
        self._append(_day(now), line_of(record, now).encode())

    def _append(self, day: date, text: bytes) -> None:
        """Append to the first file of that day with room. Raises `OSError`."""
        text = b"\n" + text if self._torn else text
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            path = self.folder / name_of(day, self._number)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            opened = os.open(path, flags | os.O_NONBLOCK, 0o600)
            try:
                status = os.fstat(opened)
                if not stat.S_ISREG(status.st_mode):
                    raise OSError(0, f"{path.name} is no file")
                if status.st_size and status.st_size + len(text) > MOST_BYTES:
                    self._number += 1
                    continue
                self._torn = os.write(opened, text) < len(text)
                if self._torn:
                    raise OSError(0, "the disk is full")
                return
            finally:
                os.close(opened)

    def _tidy(self, day: date) -> None:
        """Delete our own expired files, known by their exact name, once a day."""
        if self._tidied == day:
            return
        self._tidied, self._number = day, 0
        oldest = f"{day - timedelta(days=KEEP_DAYS):%Y%m%d}"
        try:
            with os.scandir(self.folder) as entries:
                for each in entries:
                    ours = _OURS.fullmatch(each.name)
                    if ours and ours[1] < oldest and each.is_file(follow_symlinks=False):
                        Path(each.path).unlink(missing_ok=True)
        except OSError:
            pass  # missing, or not ours to delete


def _pieces(lines: list[tuple[float, str]]) -> list[tuple[date, str, int]]:
    """Group lines for writing: one day, limited number (day, text, how many)."""
    pieces: list[tuple[date, str, int]] = []
    for when, line in lines:
        day = _day(when)
        if pieces and pieces[-1][0] == day and len(pieces[-1][1]) + len(line) < PIECE:
            pieces[-1] = (day, pieces[-1][1] + line, pieces[-1][2] + 1)
        else:
            pieces.append((day, line, 1))
    return pieces


def _day(when: float) -> date:
    return datetime.fromtimestamp(when).date()  # noqa: DTZ006 - the day here
