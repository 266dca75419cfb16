"""Workflow files: JSON that users can read and edit, validated strictly.

    {"ima_tui_plan": 1, "id": …, "wish": …, "total_credit": …, "hash": …, "confirmed": …,
     "steps": [{"id": 1, "title": …, "task_type": …, "model_id": …, "model_version": …,
                "model_name": …, "prompt": …, "parameters": {…}, "n": 1, "inputs": ["step:1#1"],
                "after": null, "credit": …, "estimated_s": [20, 40]}],
     "unmet": [{"step": 1, "name": …, "asked": …, "sent": …, "why": …, …}]}

A workflow that ends with a film has version 2 and the keys of `film_file`, one that crops or joins
its results that of `finish_file`; a step that was ordered anew has its `take` there, above 1.

Jobs of a workflow with a `project` are filed under it. `total_credit` and `hash` are for the
reader; both are computed again. An unknown key is an error,
because it may be a typing mistake that costs points.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ima_tui.catalogue import order
from ima_tui.catalogue.order import LONGEST_PROMPT
from ima_tui.compose.confirmation import Unmet, Why
from ima_tui.core import atomic_file, labels
from ima_tui.core.domain import (
    Estimate,
    Medium,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError
from ima_tui.core.text import (
    encodable,
    one_line,
    size,
)
from ima_tui.workflow import file_parts
from ima_tui.workflow.file_parts import DocumentReader, at_key, is_exact
from ima_tui.workflow.steps import (
    Workflow,
    WorkflowStep,
    check,
    digest,
)

VERSION = 2
"""Of documents that end with something; others are version 1, which older programs read."""
LARGEST = 4 * 1024 * 1024
_MARK = "ima_tui_plan"
_ID = re.compile(r"[0-9a-f]{8,64}")
_PLAN_KEYS = {_MARK, "id", "wish", "steps", "total_credit", "hash", "confirmed"} | {
    *("unmet", "project"),
    *("notes", "problems", "warnings", "schema", "error"),  # more of `workflow workflow --json`
}
_STEP_KEYS = {
    *("id", "title", "task_type", "model_id", "model_version", "model_name", "prompt"),
    *("parameters", "n", "inputs", "after", "credit", "estimated_s", "take"),
}
_UNMET_KEYS = ("name", "asked", "sent", "why", "model", "model_id", "medium", "wanted")
_REASONS = {why.value: why for why in Why}
_KINDS = {kind.value: kind for kind in TaskType}
_MOST = 1_000_000_000
_MOST_INPUTS = 40
_MOST_OUTPUTS = 100
_MOST_TAKES = 99
_MOST_PARAMETERS = 100


# ---------------------------------------------------------------------------------- writing


def to_json(workflow: Workflow) -> dict[str, object]:
    """Return the workflow as JSON, in the format above."""
    return {
        _MARK: VERSION if workflow.ends else 1,
        "id": workflow.id,
        "wish": workflow.prompt,
        "total_credit": workflow.total,
        "hash": digest(workflow),
        "confirmed": workflow.confirmed or None,
        **({"project": workflow.project} if workflow.project else {}),
        "steps": [_step_json(step) for step in workflow.steps],
        **({"unmet": [_unmet_json(*each) for each in workflow.unmet]} if workflow.unmet else {}),
        **(file_parts.film_to_json(workflow.film) if workflow.film is not None else {}),
        **({file_parts.KEY: file_parts.finish_to_json(workflow.finish)} if workflow.finish else {}),
    }


def _unmet_json(step_id: int, unmet: Unmet) -> dict[str, object]:
    return {"step": step_id, **{name: getattr(unmet, name) or None for name in _UNMET_KEYS}}


def _step_json(step: WorkflowStep) -> dict[str, object]:
    return {
        "id": step.id,
        "title": step.title,
        "task_type": step.task_type.value,
        "model_id": step.model_id,
        "model_version": step.version,
        "model_name": step.model_name,
        "prompt": step.prompt,
        "parameters": dict(step.chosen),
        "n": step.n,
        "inputs": list(step.inputs),
        "after": step.after or None,
        "credit": step.points,
        "estimated_s": [step.estimate.low, step.estimate.high] if step.estimate else None,
        **({"take": step.take} if step.take > 1 else {}),
    }


def write(path: Path, workflow: Workflow) -> None:
    """Write atomically. Touches the disk: call it off the event loop. Raises `UsageError`."""
    text = json.dumps(to_json(workflow), ensure_ascii=False, indent=2) + "\n"
    real = path.resolve()
    try:
        real.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if real.exists() and not real.is_file():
            raise IsADirectoryError(21, os.strerror(21))
        atomic_file.replace(real, encodable(text).encode())
    except OSError as error:
        raise _file_error("error.plan_unwritable", path, error) from error


def write_first(path: Path, workflow: Workflow) -> bool:
    """Write where there is no file yet; return False where another run was first.

    Two runs with plans of their own would pay twice. Raises `UsageError`.
    """
    beside = path.with_name(f".{path.name}.{workflow.id[:16]}")
    try:
        write(beside, workflow)
        os.link(beside, path)
    except FileExistsError:
        return False
    except OSError as error:
        raise _file_error("error.plan_unwritable", path, error) from error
    finally:
        beside.unlink(missing_ok=True)
    return True


def _file_error(key: str, path: Path, error: OSError) -> UsageError:
    return UsageError(key, path=one_line(path, 300), reason=error.strerror or "—")


# ---------------------------------------------------------------------------------- reading


def read(path: Path) -> Workflow:
    """Read a workflow. Touches the disk: call it off the event loop. Raises `UsageError`."""
    shown = one_line(path, 300)
    try:
        return parse(atomic_file.read_small(path, LARGEST)[0], shown)
    except atomic_file.NotAFile as error:
        raise UsageError("error.plan_no_file", path=shown) from error
    except atomic_file.TooLarge as error:
        raise UsageError("error.plan_large", path=shown, limit=size(LARGEST)) from error
    except OSError as error:
        raise _file_error("error.plan_unreadable", path, error) from error


def parse(content: bytes | str, name: str) -> Workflow:
    """Parse a workflow; `name` is used in errors. Raises `UsageError`."""
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        place = f"{error.lineno}:{error.colno}"
        raise UsageError("error.plan_json", path=name, place=place) from error
    except (ValueError, RecursionError) as error:
        raise UsageError("error.plan_json", path=name, place="—") from error
    if not isinstance(found, dict) or _MARK not in found:
        raise UsageError("error.plan_none", path=name)
    version = found[_MARK]
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise UsageError("error.plan_newer", path=name)
    if version not in (1, VERSION) or isinstance(version, bool):
        raise UsageError("error.plan_none", path=name)
    workflow = _Reader(name).workflow(found)
    check(workflow)
    return workflow


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _refuse(constant: str) -> object:
    raise ValueError(constant)


class _Reader(DocumentReader):
    """Parser of one document; every error names the location."""

    def workflow(self, raw: Mapping[str, object]) -> Workflow:
        """Return the workflow of a document."""
        ends = file_parts.KEYS | {file_parts.KEY, "files"} if raw[_MARK] == VERSION else set()
        self.known(raw, _PLAN_KEYS | ends, "")
        steps = self.need(raw, "steps", "")
        if not isinstance(steps, list):
            raise self.error("error.plan_shape_list", "steps")
        workflow_id = self.text(raw, "id", "", 64)
        if not _ID.fullmatch(workflow_id):
            raise self.error("error.plan_shape_id", "id")
        return Workflow(
            id=workflow_id,
            prompt=self.text(raw, "wish", "", LONGEST_PROMPT, missing=""),
            steps=tuple(self._step(each, f"steps[{i}]") for i, each in enumerate(steps)),
            confirmed=self.text(raw, "confirmed", "", 64, missing=""),
            unmet=tuple(self._unmet(raw.get("unmet"))),
            film=file_parts.FilmReader(self.name).film(raw),
            finish=tuple(file_parts.FinishReader(self.name).finish(raw)),
            project=labels.shortened(self.text(raw, "project", "", 200, missing="")),
        )

    def _unmet(self, raw: object) -> Iterator[tuple[int, Unmet]]:
        if raw is not None and not isinstance(raw, list):
            raise self.error("error.plan_shape_list", "unmet")
        for place, each in enumerate(raw or ()):
            at = f"unmet[{place}]"
            if not isinstance(each, dict):
                raise self.error("error.plan_shape_object", at)
            self.known(each, {"step", *_UNMET_KEYS}, at)
            told = {name: self.text(each, name, at, 200, missing="") for name in _UNMET_KEYS}
            if told["why"] not in _REASONS:
                raise self.error("error.plan_shape_text", f"{at}.why")
            unmet = Unmet(
                told["name"],
                told["asked"],
                told["sent"],
                _REASONS[told["why"]],
                told["model"],
                told["model_id"],
                self._medium(told["medium"], f"{at}.medium"),
                self._medium(told["wanted"], f"{at}.wanted"),
            )
            yield self.number(each, "step", at, 1, 9_999), unmet

    def _medium(self, written: str, at: str) -> Medium | None:
        if written and written not in Medium.__members__.values():
            raise self.error("error.plan_shape_text", at)
        return Medium(written) if written else None

    def _step(self, raw: object, at: str) -> WorkflowStep:
        if not isinstance(raw, dict):
            raise self.error("error.plan_shape_object", at)
        self.known(raw, _STEP_KEYS, at)
        kind = self.text(raw, "task_type", at, 60)
        if kind not in _KINDS:
            raise UsageError("error.plan_task_type", path=self.name, where=at, value=kind)
        model_id = self.text(raw, "model_id", at, 200)
        chosen = self._parameters(raw.get("parameters"), f"{at}.parameters")
        return WorkflowStep(
            id=self.number(raw, "id", at, 1, 9_999),
            title=one_line(self.text(raw, "title", at, 200, missing=""), 200),
            task_type=_KINDS[kind],
            model_id=model_id,
            version=self.text(raw, "model_version", at, 200),
            model_name=self.text(raw, "model_name", at, 200, missing=model_id),
            prompt=self.text(raw, "prompt", at, LONGEST_PROMPT),
            chosen=tuple(pair for pair in chosen if not order.is_count(pair[0])),
            n=self._count(raw, chosen, at),
            inputs=self._inputs(raw.get("inputs"), f"{at}.inputs"),
            after=self.number(raw, "after", at, 1, 9_999, missing=0),
            points=self.number(raw, "credit", at, 0, _MOST, missing=0),
            estimate=self._estimate(raw.get("estimated_s"), f"{at}.estimated_s"),
            take=self.number(raw, "take", at, 1, _MOST_TAKES, missing=1),
        )

    def _count(
        self, raw: Mapping[str, object], chosen: Sequence[tuple[str, Value]], at: str
    ) -> int:
        """Return `n` of the step, or from its parameters."""
        own = self.number(raw, "n", at, 1, _MOST_OUTPUTS, missing=0)
        written = [value for name, value in chosen if order.is_count(name)]
        if not written:
            return own or 1
        try:
            found: object = order.one_count(own or None, written)
        except UsageError as error:
            if error.key == "error.count_twice":
                raise self.error("error.plan_count_twice", at_key(at, "n")) from error
            found = written[0]  # not a number: reported below
        return self.number({"n": found}, "n", at, 1, _MOST_OUTPUTS)

    def _parameters(self, raw: object, at: str) -> tuple[tuple[str, Value], ...]:
        if raw is None:
            return ()
        if not isinstance(raw, dict):
            raise self.error("error.plan_shape_object", at)
        if len(raw) > _MOST_PARAMETERS:
            raise self.error("error.plan_shape_short", at)
        found: list[tuple[str, Value]] = []
        for name, value in raw.items():
            where = f"{at}.{one_line(name, 60)}"
            if isinstance(value, str):
                value = self.checked(value, where, LONGEST_PROMPT)
            elif not isinstance(value, bool | int | float) or not is_exact(value):
                raise self.error("error.plan_shape_value", where)
            found.append((self.checked(name, where, 80), value))
        return tuple(found)

    def _inputs(self, raw: object, at: str) -> tuple[str, ...]:
        if raw is None:
            return ()
        if not isinstance(raw, list):
            raise self.error("error.plan_shape_list", at)
        if len(raw) > _MOST_INPUTS:
            raise self.error("error.plan_shape_short", at)
        found: list[str] = []
        for i, each in enumerate(raw):
            if not isinstance(each, str) or not each.strip():
                raise self.error("error.plan_shape_text", f"{at}[{i}]")
            found.append(self.checked(each, f"{at}[{i}]", 4096).strip())
        return tuple(found)

    def _estimate(self, raw: object, at: str) -> Estimate | None:
        if raw is None:
            return None
        numbers = raw if isinstance(raw, list) and len(raw) == 2 else []
        good = [x for x in numbers if isinstance(x, int | float) and is_exact(x) and 0 <= x < _MOST]
        if len(good) != 2 or any(isinstance(x, bool) for x in good):
            raise self.error("error.plan_shape_pair", at)
        return Estimate(float(good[0]), float(good[1]))
