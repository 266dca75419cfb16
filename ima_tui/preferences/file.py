"""ima_prefs.json, shared by all IMA tools: locked, merged, atomic writes.

Every write locks, reads again, merges our own keys, writes a temporary file, flushes and renames.
Unknown content is kept. An unreadable file is set aside under another name and reported, never
overwritten. A read-only file or /dev/null means "don't store".

Older tools don't lock; they truncate and rewrite in place. So an empty or broken file is read again
for a moment, and preferences of ours that such a tool drops are detected by notes of our own
(`dropped`) and offered back.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from ima_tui import i18n
from ima_tui.core import atomic_file
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import encodable, one_line

LOCK_SECONDS = 10.0
LOCK_POLL_SECONDS = 0.005
LARGEST = 4 * 1024 * 1024
SETTLING = (0.02, 0.05, 0.1, 0.2)
"""Seconds between reads of a file that may just be rewritten in place."""
_KNOWN = {task_type.value: task_type for task_type in TaskType}


@dataclass(frozen=True, slots=True)
class Preference:
    """One user's preferred model for one task type, from the shared file; texts are cleaned."""

    model_id: str
    model_name: str = ""
    credit: int | None = None
    last_used: str = ""


@dataclass(frozen=True, slots=True)
class DroppedPreference:
    """A preference of ours that another program removed or reverted."""

    user_id: str
    task_type: TaskType
    preference: Preference


Row = dict[str, object]
Change = Callable[[dict[str, object]], None]


class Preferences:
    """The shared file at `path`.

    Reading never raises; `trouble` holds the error. `notes`: our own file of what we wrote; without
    it nothing is reported as dropped.
    """

    def __init__(self, path: Path, notes: Path | None = None, *, read_only: bool = False) -> None:
        self.path = path
        self._notes = notes
        self._read_only = read_only
        self.trouble: UsageError | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._data: dict[str, object] = {}

    # ----------------------------------------------------------------------------- reading

    def changed(self) -> bool:
        """Tell whether the file changed since it was read. Costs a stat."""
        return _stamp(self.path) != self._stamp

    def reload(self) -> None:
        """Read the file. A broken one is set aside, and `trouble` names where."""
        self._stamp = _stamp(self.path)
        self._data, self.trouble = {}, None
        try:
            self._data = _read_settled(self.path)
        except _BrokenError as error:
            self.trouble = self._set_aside(error)
        except OSError as error:
            self.trouble = UsageError(
                "error.prefs_unreadable", path=str(self.path), reason=i18n.reason(error)
            )

    def users(self) -> Mapping[str, Mapping[TaskType, Preference]]:
        """Return `user_…` -> task type -> preference, as last read."""
        return {
            one_line(user, 80): dict(_preferences(by_type))
            for user, by_type in self._data.items()
            if user.startswith("user_") and isinstance(by_type, dict)
        }

    def of(self, user_id: str, task_type: TaskType) -> Preference | None:
        """Return one preference, or None."""
        by_type = self._data.get(f"user_{user_id}")
        row = by_type.get(task_type.value) if isinstance(by_type, dict) else None
        return preference_of(row)

    @property
    def writable(self) -> bool:
        """Whether preferences can be stored: not in /dev/null or a read-only file or folder."""
        if self._read_only:
            return False
        try:
            real = atomic_file.real(self.path)
        except OSError:  # circular links
            return False
        if real.exists():
            return real.is_file() and os.access(real, os.W_OK) and os.access(real.parent, os.W_OK)
        above = next((folder for folder in real.parents if folder.exists()), None)
        return above is not None and above.is_dir() and os.access(above, os.W_OK)

    # ----------------------------------------------------------------------------- writing

    def save(self, user_id: str, task_type: TaskType, model: ModelVersion) -> bool:
        """Store a preference. Returns False where the file is not writable."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        preference = Preference(model.model_id, model.name, model.points[0], stamp)
        return self.put(user_id, task_type, preference)

    def clear(self, user_id: str, task_type: TaskType) -> bool:
        """Remove a preference. Returns False where the file is not writable."""
        return self._update(
            lambda data: _drop(data, user_id, task_type),
            lambda notes: _drop(notes, user_id, task_type),
        )

    def dropped(self) -> tuple[DroppedPreference, ...]:
        """Return our preferences that another program removed or reverted, newest each.

        A newer preference of another tool is no loss.
        """
        if self.trouble is not None or not self.writable:
            return ()
        return tuple(
            DroppedPreference(user.removeprefix("user_"), _KNOWN[name], preference)
            for user, by_type in self._read_notes().items()
            for name, row in by_type.items()
            if name in _KNOWN
            and (preference := preference_of(row)) is not None
            and self._misses(user, name, preference)
        )

    def _misses(self, user: str, name: str, ours: Preference) -> bool:
        by_type = self._data.get(user)
        theirs = preference_of(by_type.get(name)) if isinstance(by_type, dict) else None
        if theirs is None:
            return True
        return theirs.model_id != ours.model_id and theirs.last_used < ours.last_used

    def bring_back(self, dropped: DroppedPreference) -> bool:
        """Store a dropped preference again. Returns False where the file is not writable."""
        return self.put(dropped.user_id, dropped.task_type, dropped.preference)

    def put(self, user_id: str, task_type: TaskType, preference: Preference) -> bool:
        """Store a preference as it is. Returns False where the file is not writable."""
        row = asdict(preference)
        return self._update(
            lambda data: _merge(data, user_id, task_type, row),
            lambda notes: _merge(notes, user_id, task_type, row),
        )

    def let_go(self, dropped: DroppedPreference) -> None:
        """Stop offering a dropped preference."""
        self._update(None, lambda notes: _drop(notes, dropped.user_id, dropped.task_type))

    def _update(self, change: Change | None, note: Change) -> bool:
        """Write the note first: a note without its preference is offered back."""
        if not self.writable:
            return False
        real = atomic_file.real(self.path)
        try:
            real.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(real):
                self._write_notes(note)
                if change is not None:
                    self._rewrite(real, change)
        except (OSError, TimeoutError) as error:
            raise UsageError(
                "error.prefs_unwritable", path=str(self.path), reason=i18n.reason(error)
            ) from error
        trouble = self.trouble
        self.reload()
        self.trouble = self.trouble or trouble
        return True

    def _rewrite(self, real: Path, change: Change) -> None:
        """Read, change, write; repeat if a program that does not lock wrote meanwhile."""
        for _ in SETTLING:
            before = _stamp(real)
            try:
                data = _read_settled(real)
            except _BrokenError as error:
                self.trouble = self._set_aside(error)
                if self.trouble.key == "error.prefs_broken":
                    raise self.trouble from error  # it still exists, so never overwrite it
                data, before = {}, _stamp(real)
            change(data)
            if _stamp(real) == before:
                break
        atomic_file.replace(real, (_dumped(data) + "\n").encode())

    def _read_notes(self) -> Mapping[str, dict[str, object]]:
        if self._notes is None:
            return {}
        with contextlib.suppress(OSError, _BrokenError):
            notes = _read(self._notes)
            return {user: rows for user, rows in notes.items() if isinstance(rows, dict)}
        return {}

    def _write_notes(self, change: Change) -> None:
        """Write the notes. A failure does not prevent storing the preference."""
        if self._notes is None:
            return
        notes: dict[str, object] = {**self._read_notes()}
        change(notes)
        with contextlib.suppress(OSError):
            self._notes.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            atomic_file.replace(self._notes, (_dumped(notes) + "\n").encode(), flush=False)

    def _set_aside(self, error: _BrokenError) -> UsageError:
        """Rename the broken file, which may hold something valuable."""
        if self._read_only:
            return UsageError("error.prefs_broken", path=str(self.path), reason=str(error))
        real = atomic_file.real(self.path)
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


class _Unlockable(TimeoutError):
    """Another program keeps the file locked, or it can't be locked at all."""

    key = "file.locked"


class _BrokenError(Exception):
    """The file exists and is no preferences file; the text says where it breaks."""


def _read(path: Path) -> dict[str, object]:
    try:
        text, _ = atomic_file.read_small(path, LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except atomic_file.TooLarge as error:
        raise _BrokenError(f"> {LARGEST} B") from error
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


def _read_settled(path: Path) -> dict[str, object]:
    """Read as `_read`, repeatedly while the file is empty or broken: it may be half written."""
    for pause in SETTLING:
        with contextlib.suppress(_BrokenError):
            found = _read(path)
            if found or not _is_empty(path):
                return found
        time.sleep(pause)
    return _read(path)


def _is_empty(path: Path) -> bool:
    try:
        facts = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_size == 0


def _merge(data: dict[str, object], user_id: str, task_type: TaskType, row: Row) -> None:
    """Merge a row; unknown parts by other tools are kept."""
    by_type = data.setdefault(f"user_{user_id}", {})
    if not isinstance(by_type, dict):
        raise UsageError("error.prefs_entry", name=one_line(f"user_{user_id}", 80))
    before = by_type.get(task_type.value)
    kept = before if isinstance(before, dict) else {}
    by_type[task_type.value] = {**kept, **row}


def _drop(data: dict[str, object], user_id: str, task_type: TaskType) -> None:
    by_type = data.get(f"user_{user_id}")
    if isinstance(by_type, dict):
        by_type.pop(task_type.value, None)


def _preferences(by_type: Mapping[str, object]) -> Iterator[tuple[TaskType, Preference]]:
    for name, row in by_type.items():
        preference = preference_of(row)
        if preference and name in _KNOWN:
            yield _KNOWN[name], preference


def preference_of(row: object) -> Preference | None:
    """Return the preference in one row of the file, cleaned; None for anything else."""
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
    from filelock import Timeout

    from ima_tui.core import atomic_file

    try:
        with atomic_file.lock(
            real.with_name(real.name + ".lock"),
            timeout=LOCK_SECONDS,
            poll_interval=LOCK_POLL_SECONDS,
        ):
            yield
    except (Timeout, NotImplementedError) as error:  # held all the time, or no locks here
        raise _Unlockable("it can't be locked") from error


def _dumped(data: Mapping[str, object]) -> str:
    """Dump readable JSON; lone surrogates of other programs stay escaped."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return text if encodable(text) == text else json.dumps(data, indent=2)
