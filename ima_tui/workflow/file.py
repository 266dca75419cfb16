"""Workflow files: JSON that users can read and edit, validated strictly by `file_reader`.

    {"ima_tui_plan": 1, "id": …, "wish": …, "total_credit": …, "hash": …, "confirmed": …,
     "steps": [{"id": 1, "title": …, "task_type": …, "model_id": …, "model_version": …,
                "model_name": …, "prompt": …, "parameters": {…}, "n": 1, "inputs": ["step:1#1"],
                "after": null, "credit": …, "estimated_s": [20, 40]}],
     "unmet": [{"step": 1, "name": …, "asked": …, "sent": …, "why": …, …}]}

A workflow with an end has version 2 and more keys, for a film, for crops and for joined music:

    "shots": [{"id": 1, "title": …, "source": "step:5#1", "takes": [], "trim": [0, 4], "hold": 0,
               "transition": "cut", "transition_s": 0.5, "own_sound": 0}],
    "tracks": [{"role": "music", "source": "step:8#1", "start": 0, "volume": 0.4, "fade_in": 0.5,
                "fade_out": 2, "duck": true, "loop": true, "text": ""}],
    "assemble": {"size": [0, 0], "fps": 0, "loudness": -14, "title": "", "subtitles": "none",
                 "burned": false, "master": 1, "ratio": "7:3"},
    "finish": [{"do": "crop", "steps": [1], "ratio": "7:3"},
               {"do": "join", "steps": [2, 3, 4], "seconds": 300, "crossfade": 3}]

A step that was ordered anew has its `take` there, above 1. Jobs of a workflow with a `project` are
filed under it. `total_credit` and `hash` are for the reader; both are computed again. An unknown
key is an error, because it may be a typing mistake that costs points.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ima_tui.core import atomic_file
from ima_tui.core.errors import UsageError
from ima_tui.core.text import encodable, one_line, size
from ima_tui.workflow import file_reader
from ima_tui.workflow.film_plan import FilmPlan
from ima_tui.workflow.finishing import Crop, Finish, ratio_text
from ima_tui.workflow.steps import Workflow, WorkflowStep, check, digest

VERSION = 2
"""Of documents that end with something; others are version 1, which older programs read."""
LARGEST = 4 * 1024 * 1024
_MARK = "ima_tui_plan"


# ---------------------------------------------------------------------------------- writing


def to_json(workflow: Workflow) -> dict[str, object]:
    """Return the workflow as JSON, in the format above."""
    unmet = [
        {"step": step_id, **{name: value or None for name, value in asdict(each).items()}}
        for step_id, each in workflow.unmet
    ]
    return {
        _MARK: VERSION if workflow.ends else 1,
        "id": workflow.id,
        "wish": workflow.prompt,
        "total_credit": workflow.total,
        "hash": digest(workflow),
        "confirmed": workflow.confirmed or None,
        **({"project": workflow.project} if workflow.project else {}),
        "steps": [_step_json(step) for step in workflow.steps],
        **({"unmet": unmet} if unmet else {}),
        **(_film_json(workflow.film) if workflow.film is not None else {}),
        **({"finish": _finish_json(workflow.finish)} if workflow.finish else {}),
    }


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


def _film_json(plan: FilmPlan) -> dict[str, object]:
    tracks = [asdict(track) for track in plan.tracks]
    return {
        "shots": [asdict(shot) for shot in plan.shots],
        "tracks": [{"role": t.pop("role"), "source": t.pop("file"), **t} for t in tracks],
        "assemble": {
            "size": list(plan.size),
            "fps": plan.fps,
            "loudness": plan.loudness,
            "title": plan.title,
            "subtitles": "track" if plan.subtitles else "none",
            **({"burned": True} if plan.burned else {}),
            **({"ratio": ratio_text(plan.ratio)} if plan.ratio != (0, 0) else {}),
            "master": plan.master,
        },
    }


def _finish_json(finish: Sequence[Finish]) -> list[dict[str, object]]:
    return [
        {"do": "crop", "steps": each.steps, "ratio": ratio_text(each.ratio)}
        if isinstance(each, Crop)
        else {"do": "join", **asdict(each)}
        for each in finish
    ]


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
    known = file_reader.KEYS if version == 1 else file_reader.KEYS_OF_2
    workflow = file_reader.workflow(file_reader.Part(name, found).only(known))
    check(workflow)
    return workflow


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _refuse(constant: str) -> object:
    raise ValueError(constant)
