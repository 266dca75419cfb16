"""A draft as it is kept in a file: its words, and what was chosen by hand beside them. What the
words themselves say is not kept: they say it again.

Drafts are kept so that a crash loses none, templates so that a good prompt can be made again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ima_tui.core import atomic_file, labels
from ima_tui.core.domain import TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, folded, one_line
from ima_tui.ledger import process_id

LONGEST_NAME = 60
OLDEST = 30 * 86_400.0
"""Seconds after which nobody comes back for a draft."""
MOST_BYTES = 400_000
"""Of one file: more was not written by us."""


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """`task_type`, `model_id` and `n` are set where they were chosen by hand; `label` names the
    several jobs that are being sent from it, so that none of them is paid for twice."""

    text: str
    task_type: TaskType | None = None
    model_id: str = ""
    version: str = ""
    chosen: tuple[tuple[str, Value], ...] = ()
    n: int | None = None
    inputs: tuple[str, ...] = ()
    by_lines: bool = False
    label: str = ""
    at: float = 0.0
    name: str = ""
    project: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self.text.strip() and not self.inputs


def dumped(saved: SavedDraft, run: str = "") -> str:
    """`saved` as JSON; `run` is whose draft it is."""
    told = {
        "name": saved.name,
        "text": saved.text,
        "task_type": saved.task_type.value if saved.task_type else None,
        "model_id": saved.model_id,
        "version": saved.version,
        "chosen": dict(saved.chosen),
        "n": saved.n,
        "inputs": list(saved.inputs),
        "by_lines": saved.by_lines,
        "label": saved.label,
        "at": saved.at,
        "project": saved.project,
        "run": run,
    }
    return json.dumps({k: v for k, v in told.items() if v not in (None, "", [], {}, False)})


def loaded(text: str) -> tuple[SavedDraft, str] | None:
    """(the prompt, whose draft it is); None where that is none of ours. Files can be edited by
    anybody, so nothing in them is believed."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("text"), str):
        return None
    kind = str(told.get("task_type", ""))
    chosen, inputs = told.get("chosen"), told.get("inputs")
    at, n = told.get("at", 0.0), told.get("n")
    saved = SavedDraft(
        text=clean(told["text"]),
        task_type=TaskType(kind) if kind in set(TaskType) else None,
        model_id=one_line(told.get("model_id", "")),
        version=one_line(told.get("version", "")),
        chosen=tuple(_values(chosen)) if isinstance(chosen, Mapping) else (),
        n=n if isinstance(n, int) and not isinstance(n, bool) and 0 < n < 1000 else None,
        inputs=tuple(map(one_line, inputs)) if isinstance(inputs, list) else (),
        by_lines=told.get("by_lines") is True,
        label=one_line(told.get("label", ""), 64),
        at=float(at) if isinstance(at, int | float) else 0.0,
        name=one_line(told.get("name", ""), LONGEST_NAME),
        project=labels.shortened(told.get("project")),
    )
    return saved, one_line(told.get("run", ""), 200)


def _values(chosen: Mapping[str, object]) -> list[tuple[str, Value]]:
    return [
        (one_line(name, 100), clean(value) if isinstance(value, str) else value)
        for name, value in chosen.items()
        if isinstance(value, str | int | float)
    ]


def _write(path: Path, text: str) -> None:
    """Beside, then renamed: a reader sees the old file or the new one. For the owner's eyes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(text)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _read(path: Path) -> tuple[SavedDraft, str] | None:
    try:
        return loaded(atomic_file.read_small(path, MOST_BYTES)[0].decode("utf-8", errors="replace"))
    except OSError:
        return None


class Drafts:
    """One file for each window. Nobody touches the draft of a window that lives."""

    def __init__(self, folder: Path, run: str = "") -> None:
        self._folder = folder
        self._run = run or process_id.name()
        self._mine = folder / f"{os.urandom(8).hex()}.json"

    def keep(self, saved: SavedDraft) -> None:
        """Write this window's draft, or take it away where there is none. Never raises: a draft
        that can't be kept is no reason to stop somebody from writing."""
        with suppress(OSError, ValueError):
            if saved.is_empty:
                self._mine.unlink(missing_ok=True)
            else:
                _write(self._mine, dumped(saved, self._run))

    def take_over(self, now: float) -> SavedDraft | None:
        """The newest draft that a window left behind which is gone; it is this one's from now on.
        Of two windows that start together, one gets it."""
        with suppress(OSError):
            left = [
                (found[0].at, path, found[0])
                for path in self._folder.glob("*.json")
                if (found := _read(path)) is not None and self._is_left(found[1])
            ]
            for at, path, saved in sorted(left, key=lambda each: -each[0]):
                if now - at > OLDEST:
                    path.unlink(missing_ok=True)
                    continue
                claimed = path.with_suffix(".claimed")
                with suppress(FileNotFoundError):
                    path.rename(claimed)  # only one window can
                    self.keep(saved)
                    claimed.unlink(missing_ok=True)
                    return saved
        return None

    def _is_left(self, run: str) -> bool:
        """A process id comes back: one like ours under another name is of an earlier run."""
        same_process = run.rpartition("/")[0] == self._run.rpartition("/")[0]
        return run != self._run and (same_process or process_id.is_gone(run))


class Templates:
    """Prompts that were saved under a name, a file each. `for_writing` raises `UsageError` where
    nothing is to be written."""

    def __init__(self, folder: Path, for_writing: Callable[[], object] = lambda: None) -> None:
        self._folder = folder
        self._for_writing = for_writing

    def all(self) -> list[SavedDraft]:
        """By name. What can't be read is left alone, and not shown."""
        try:
            paths = list(self._folder.glob("*.json"))
        except OSError:
            return []
        found = [one[0] for path in paths if (one := _read(path)) is not None and one[0].name]
        return sorted(found, key=lambda saved: folded(saved.name))

    def save(self, saved: SavedDraft) -> None:
        """Under its name; one of the same name makes room. Raises `UsageError`."""
        self._for_writing()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._path(saved.name) or self._folder / f"{os.urandom(8).hex()}.json"
            _write(path, dumped(saved))
        except (OSError, ValueError) as error:
            raise UsageError("error.template_not_kept", path=str(self._folder)) from error

    def delete(self, name: str) -> None:
        """Raises `UsageError` where it can't be."""
        self._for_writing()
        try:
            path = self._path(name)
            if path is not None:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError("error.template_not_kept", path=str(self._folder)) from error

    def _path(self, name: str) -> Path | None:
        for path in self._folder.glob("*.json"):
            found = _read(path)
            if found is not None and folded(found[0].name) == folded(name):
                return path
        return None


def usual_name(text: str) -> str:
    """What a template is called while nobody named it: how it begins."""
    return one_line(text, 32)
