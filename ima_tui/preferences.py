"""ima_prefs.json, which all of IMA's tools share: read, merged, never torn, never guessed.

Every write locks, reads again, merges our own keys, writes beside, flushes and renames. What we
don't know stays as it is. A file that can't be read as preferences is set aside under a name that
says so, and told; it is never overwritten. A read-only file or /dev/null means "don't store".
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ima_tui.domain import Leaf, TaskType
from ima_tui.errors import UsageError
from ima_tui.text import encodable, one_line

LOCK_SECONDS = 5.0
LARGEST = 4 * 1024 * 1024
_KNOWN = {task_type.value: task_type for task_type in TaskType}


@dataclass(frozen=True, slots=True)
class Preference:
    """What the shared file says of one user's wish for one task type; texts are cleaned."""

    model_id: str
    model_name: str = ""
    credit: int | None = None
    last_used: str = ""


class Preferences:
    """The file at `path`. Reading never raises: `trouble` then says what is wrong with it."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self.trouble: UsageError | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._data: dict[str, object] = {}

    # ----------------------------------------------------------------------------- reading

    def changed(self) -> bool:
        """Whether the file is another than the one last read. Cheap: a stat."""
        return _stamp(self.path) != self._stamp

    def reload(self) -> None:
        """Read the file. A broken one is set aside, and `trouble` names where."""
        self._stamp = _stamp(self.path)
        self._data, self.trouble = {}, None
        try:
            self._data = _read(self.path)
        except _BrokenError as error:
            self.trouble = self._set_aside(error)
        except OSError as error:
            self.trouble = UsageError(
                "error.prefs_unreadable", path=str(self.path), reason=error.strerror or "—"
            )

    def users(self) -> Mapping[str, Mapping[TaskType, Preference]]:
        """`user_…` -> task type -> preference, as last read."""
        return {
            one_line(user, 80): dict(_preferences(wishes))
            for user, wishes in self._data.items()
            if user.startswith("user_") and isinstance(wishes, dict)
        }

    def of(self, user_id: str, task_type: TaskType) -> Preference | None:
        wishes = self._data.get(f"user_{user_id}")
        row = wishes.get(task_type.value) if isinstance(wishes, dict) else None
        return _preference(row)

    @property
    def writable(self) -> bool:
        """False for /dev/null, a read-only file or folder: then nothing is stored."""
        real = self.path.resolve()
        if self._read_only:
            return False
        if real.exists():
            return real.is_file() and os.access(real, os.W_OK) and os.access(real.parent, os.W_OK)
        above = next((folder for folder in real.parents if folder.exists()), None)
        return above is not None and above.is_dir() and os.access(above, os.W_OK)

    # ----------------------------------------------------------------------------- writing

    def save(self, user_id: str, task_type: TaskType, leaf: Leaf) -> bool:
        """Store a wish. False where the person's file is not to be written."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        row = {
            "model_id": leaf.model_id,
            "model_name": leaf.name,
            "credit": leaf.points[0],
            "last_used": stamp,
        }

        def put(data: dict[str, object]) -> None:
            wishes = data.setdefault(f"user_{user_id}", {})
            if isinstance(wishes, dict):
                before = wishes.get(task_type.value)
                kept = before if isinstance(before, dict) else {}
                wishes[task_type.value] = {**kept, **row}

        return self._update(put)

    def clear(self, user_id: str, task_type: TaskType) -> bool:
        def drop(data: dict[str, object]) -> None:
            wishes = data.get(f"user_{user_id}")
            if isinstance(wishes, dict):
                wishes.pop(task_type.value, None)

        return self._update(drop)

    def _update(self, change: Callable[[dict[str, object]], None]) -> bool:
        if not self.writable:
            return False
        real = self.path.resolve()
        try:
            real.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(real):
                try:
                    data = _read(real)
                except _BrokenError as error:
                    self.trouble = self._set_aside(error)
                    if self.trouble.key == "error.prefs_broken":
                        raise self.trouble from error  # it is still there: never over it
                    data = {}
                change(data)
                _replace(real, data)
        except (OSError, TimeoutError) as error:
            raise UsageError(
                "error.prefs_unwritable", path=str(self.path), reason=one_line(error, 120)
            ) from error
        trouble = self.trouble
        self.reload()
        self.trouble = self.trouble or trouble
        return True

    def _set_aside(self, error: _BrokenError) -> UsageError:
        """Keep the broken file under another name: it may hold what somebody needs."""
        if self._read_only:
            return UsageError("error.prefs_broken", path=str(self.path), reason=str(error))
        real = self.path.resolve()
        moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        aside = real.with_name(f"{real.stem}.broken-{moment}{real.suffix}")
        number = 1
        while aside.exists():
            number += 1
            aside = real.with_name(f"{real.stem}.broken-{moment}-{number}{real.suffix}")
        try:
            real.rename(aside)
        except OSError:
            return UsageError("error.prefs_broken", path=str(self.path), reason=str(error))
        self._stamp = _stamp(self.path)
        return UsageError(
            "error.prefs_set_aside", path=str(self.path), aside=str(aside), reason=str(error)
        )


class _BrokenError(Exception):
    """The file is there, and is no preferences file; the text says where it breaks."""


def _read(path: Path) -> dict[str, object]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return {}  # /dev/null and its kin hold nothing
        if path.stat().st_size > LARGEST:
            raise _BrokenError(f"> {LARGEST} B")
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    if not text.strip():
        return {}
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise _BrokenError(f"{error.lineno}:{error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise _BrokenError("UTF-8") from error
    if not isinstance(data, dict):
        raise _BrokenError("1:1")
    return data


def _preferences(wishes: Mapping[str, object]) -> Iterator[tuple[TaskType, Preference]]:
    for name, row in wishes.items():
        preference = _preference(row)
        if preference and name in _KNOWN:
            yield _KNOWN[name], preference


def _preference(row: object) -> Preference | None:
    if not isinstance(row, dict) or not isinstance(row.get("model_id"), str):
        return None
    credit = row.get("credit")
    return Preference(
        model_id=one_line(row["model_id"], 120),
        model_name=one_line(row.get("model_name") or "", 80),
        credit=credit if isinstance(credit, int) and not isinstance(credit, bool) else None,
        last_used=one_line(row.get("last_used") or "", 40),
    )


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return (facts.st_ino, facts.st_mtime_ns, facts.st_size)


@contextlib.contextmanager
def _locked(real: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(real.with_name(real.name + ".lock"), timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise TimeoutError("lock") from error


def _dumped(data: Mapping[str, object]) -> str:
    """Readable where it can be; another program's lone surrogates stay the escapes they were."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return text if encodable(text) == text else json.dumps(data, indent=2)


def _replace(real: Path, data: Mapping[str, object]) -> None:
    """Write beside, flush, rename: a reader sees the old file or the new one, never half."""
    part = real.with_name(f"{real.name}.{os.getpid()}.part")
    mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else 0o600
    try:
        with part.open("w", encoding="utf-8") as handle:
            handle.write(_dumped(data) + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        part.chmod(mode)
        part.replace(real)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(real.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
