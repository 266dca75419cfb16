"""Batch manifest: one JSON line per finished row, appended and flushed as rows finish.

The ledger is authoritative; the manifest is for users and scripts. A line torn by a crash is cut
off and written again; an existing line is not repeated. Runs that share a file take turns by a lock
on it: what one reads before it writes must be all that the other wrote.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from collections.abc import Collection, Iterable
from pathlib import Path

from ima_tui.core import atomic_file
from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.ledger.traces import outcome_of as outcome_of

Line = dict[str, object]
_MARK = b'{"line": '
"""Beginning of our lines; other lines are foreign and stay."""
PATIENCE = 20.0
"""Seconds to wait for another run's lock."""


class Manifest:
    """Reads and writes the file: call it off the event loop. Raises `UsageError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[str] = set()
        self._read = 0

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._path

    def append(self, lines: Iterable[Line]) -> None:
        """Append missing lines; they are on disk when this returns."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._append(handle, lines)
            finally:
                os.close(handle)
        except OSError as error:
            shown, reason = one_line(self._path, 300), error.strerror or "—"
            raise UsageError("error.batch_manifest", path=shown, reason=reason) from error

    def known(self, intents: Collection[str]) -> dict[str, Line]:
        """Return the last line of each of these rows; lines with a task id have priority."""
        found: dict[str, Line] = {}
        try:
            if not self._path.is_file():
                return {}
            with self._path.open("rb") as handle:
                for written in handle:
                    line = _loaded(written)
                    intent = line.get("intent") if line is not None else None
                    if line is None or not isinstance(intent, str) or intent not in intents:
                        continue
                    if line.get("task_id") or not found.get(intent, {}).get("task_id"):
                        found[intent] = line
        except OSError:
            return found
        return found

    def _append(self, handle: int, lines: Iterable[Line]) -> None:
        plain_file = stat.S_ISREG(os.fstat(handle).st_mode)
        if plain_file:
            _lock(handle)
        start = self._catch_up(handle) if plain_file else b""
        fresh = [line for line in lines if _name(line) not in self._seen]
        text = start + b"".join(json.dumps(line).encode() + b"\n" for line in fresh)
        while text:
            text = text[os.write(handle, text) :]
        if plain_file:
            atomic_file.sync(handle)
        self._seen |= {_name(line) for line in fresh}

    def _catch_up(self, handle: int) -> bytes:
        """Read new content; returns what must precede the next line."""
        with open(handle, "rb", closefd=False) as reader:
            reader.seek(self._read)
            *whole, rest = reader.read().split(b"\n")
        for written in whole:
            self._read += len(written) + 1
            if (line := _loaded(written)) is not None:
                self._seen.add(_name(line))
        if not rest:
            return b""
        if (line := _loaded(rest)) is not None:
            self._seen.add(_name(line))
        elif rest.startswith(_MARK) or _MARK.startswith(rest):
            os.ftruncate(handle, self._read)  # torn by a crash; its row is written again
            return b""
        return b"\n"


def _lock(handle: int) -> None:
    """Lock the file until it is closed; where there are no locks it is written without one.

    Another run has it for milliseconds, so a lock that does not come means a process that was
    stopped in between: a line written twice is then better than a batch that stands still.
    """
    due = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= due:
                return
            time.sleep(0.02)
        except OSError:
            return
        else:
            return


def _loaded(written: bytes) -> Line | None:
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _name(line: Line) -> str:
    """Identify a line; a row that ended differently, or got its files later, is another line."""
    medias = line.get("medias")
    files = medias if isinstance(medias, list) else []
    paths = [media.get("path") for media in files if isinstance(media, dict)]
    return json.dumps([line.get("intent"), line.get("job_id"), line.get("status"), paths])
