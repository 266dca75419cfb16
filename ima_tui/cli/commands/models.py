"""`ima-tui models` and `prefs`: what the service offers, live, and the preferred models.

All of IMA's tools share the preferences; they can be exported and imported.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from ima_tui.catalogue import choice, price
from ima_tui.cli import session
from ima_tui.cli.json_documents import model_json
from ima_tui.cli.output import (
    answer,
    document_text,
    heads,
    print_json,
    print_path,
    print_table,
    talk,
)
from ima_tui.config.loader import Settings
from ima_tui.core import atomic_file
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import folded, one_line, points_range
from ima_tui.i18n import explain, joined, reason, say, usual_time
from ima_tui.preferences.file import LARGEST, Preference, Preferences, preference_of
from ima_tui.studio.studio import Studio


@session.verb()
async def run(studio: Studio, arguments: Namespace) -> None:
    """Print the models on offer."""
    wanted = [TaskType(arguments.task_type)] if arguments.task_type else list(TaskType)
    await load(studio, wanted, again=arguments.refresh)
    if note := from_cache(studio, wanted):
        talk(note)
    print_models(matching(studio, wanted, arguments.search), as_json=arguments.json)


async def load(studio: Studio, task_types: Sequence[TaskType], *, again: bool = False) -> None:
    """Fetch the lists that are too old, or (`again`) all. Raises why there is no model at all."""
    catalogue, oldest = studio.catalogue, studio.settings.max_age
    if stale := [each for each in task_types if again or catalogue.age(each) > oldest]:
        await catalogue.refresh(*stale)
    problems = (catalogue.lists[each].problem for each in task_types)
    problem = next(filter(None, problems), None)
    if problem is not None and not any(map(catalogue.models, task_types)):
        raise problem


def matching(studio: Studio, task_types: Sequence[TaskType], search: str) -> list[ModelVersion]:
    """Return the models that are found by all words of `search`."""
    words = folded(search).split()
    return [
        model
        for task_type in task_types
        for model in studio.catalogue.models(task_type)
        if all(word in choice.search_terms(model) for word in words)
    ]


def from_cache(studio: Studio, task_types: Sequence[TaskType]) -> str:
    """How old the lists are and why, where they could not be fetched again; else ""."""
    kept = [studio.catalogue.lists[each] for each in task_types]
    for oldest in sorted(kept, key=lambda one: one.as_of or 0.0):
        if oldest.as_of is not None and oldest.problem is not None:
            time = datetime.fromtimestamp(oldest.as_of).astimezone().strftime("%Y-%m-%d %H:%M")
            return joined(say("cli.from_cache", time=time), explain(oldest.problem))
    return ""


def print_models(models: Sequence[ModelVersion], *, as_json: bool) -> None:
    """Print models as a table or as JSON."""
    if as_json:
        print_json({"models": [model_json(model) for model in models]})
        return
    shown = heads("cli.head.", "task", "model", "id", "version", "points", "time")
    print_table(shown, list(map(_row, models)), right=("points",))


def _row(model: ModelVersion) -> list[str]:
    estimate = price.estimate(model)
    return [
        model.task_type.value,
        model.name,
        model.model_id,
        model.version,
        points_range(*model.points),
        usual_time(estimate.low, estimate.high),
    ]


def list_prefs(arguments: Namespace) -> None:
    """Print the preferred models."""
    settings = session.settle(arguments)
    preferences = opened(settings)
    users = preferences.users()
    if dropped := preferences.dropped():
        talk(say("cli.prefs_dropped", n=len(dropped)))
    if arguments.json:
        print_json({"users": users_json(preferences)})
        return
    if not users:
        talk(say("cli.no_prefs"))
        return
    shown = heads("cli.head.", "user", "task", "model", "id", "points")
    rows = [
        [user, task_type.value, one.model_name, one.model_id, str(one.credit or "")]
        for user, by_type in users.items()
        for task_type, one in by_type.items()
    ]
    print_table(shown, rows, right=("points",))


def users_json(preferences: Preferences) -> dict[str, object]:
    """The preferences of every user by task type."""
    return {
        user: {task_type.value: asdict(one) for task_type, one in by_type.items()}
        for user, by_type in preferences.users().items()
    }


def opened(settings: Settings) -> Preferences:
    """Read the shared file. Raises `UsageError` where it can't be read."""
    preferences = Preferences(settings.preferences, settings.preference_notes)
    preferences.reload()
    if preferences.trouble is not None:
        raise preferences.trouble
    return preferences


def restore(arguments: Namespace) -> None:
    """Put back what another program dropped of ours, or (`--let-go`) stop offering it."""
    settings = session.settle(arguments)
    preferences = opened(settings)
    dropped = preferences.dropped()
    if not dropped:
        talk(say("cli.nothing_dropped"))
    for each in dropped:
        task, kept = say(f"task.{each.task_type}"), each.preference
        if arguments.let_go:
            preferences.let_go(each)
            talk(say("cli.cleared", task=task))
        elif preferences.bring_back(each):
            talk(say("cli.restored", task=task, model=kept.model_name or kept.model_id))
        else:
            raise UsageError("error.prefs_read_only", path=str(settings.preferences))
    gone = arguments.let_go
    now = [(each.task_type, None if gone else each.preference.model_id) for each in dropped]
    changed = [{"task_type": task_type, "model_id": model_id} for task_type, model_id in now]
    answer(arguments, {"preferences": changed})


def show_path(arguments: Namespace) -> None:
    """Print the preferences file's path."""
    print_path(session.settle(arguments).preferences, as_json=arguments.json)


@session.verb()
async def set_pref(studio: Studio, arguments: Namespace) -> None:
    """Set a preferred model: only one that the live list has."""
    task_type = TaskType(arguments.task_type)
    model = choice.pick(await studio.catalogue.fresh(task_type), arguments.model_id)
    stored, file = await studio.preferences.prefer(task_type, model), studio.settings.preferences
    trouble = studio.preferences.preferences.trouble
    if not stored:
        raise trouble or UsageError("error.prefs_read_only", path=str(file))
    if trouble is not None:
        talk(explain(trouble))
    told = say("cli.preferred", model=model.name, task=say(f"task.{task_type}"))
    answer(arguments, {"task_type": task_type.value, "model_id": model.model_id}, told)


def clear_pref(arguments: Namespace) -> None:
    """Clear a preferred model."""
    settings = session.settle(arguments)
    task_type = TaskType(arguments.task_type)
    if not opened(settings).clear(settings.user_id, task_type):
        raise UsageError("error.prefs_read_only", path=str(settings.preferences))
    told = say("cli.cleared", task=say(f"task.{task_type}"))
    answer(arguments, {"task_type": task_type.value, "model_id": None}, told)


Row = tuple[str, TaskType, Preference]


def export_prefs(arguments: Namespace) -> None:
    """Print the preferred models, or save them as a new file."""
    preferences = opened(session.settle(arguments))
    document = {"users": users_json(preferences)}
    if arguments.file in (None, "-"):
        print_json(document)
        return
    path = atomic_file.expand(arguments.file).absolute()
    _save(path, document_text(document))
    print_path(path, as_json=arguments.json)
    talk(say("cli.prefs_exported", n=sum(map(len, preferences.users().values()))))


def _save(path: Path, text: str) -> None:
    """What is there stays: a settings folder under version control may hold an older export."""
    shown = one_line(path, 300)
    if path.exists():
        raise UsageError("error.export_exists", path=shown)
    try:
        atomic_file.replace(path, f"{text}\n".encode())
    except OSError as error:
        raise UsageError("error.export", path=shown, reason=reason(error)) from error


def import_prefs(arguments: Namespace) -> None:
    """Store every preference of the document; all of it is read before anything is written."""
    settings = session.settle(arguments).for_writing()
    rows = list(_rows(_document(arguments.file), arguments.file))
    preferences = opened(settings)
    for row in () if arguments.dry_run else rows:
        if not preferences.put(*row):
            raise UsageError("error.prefs_read_only", path=str(settings.preferences))
    changed = [
        {"user": user, "task_type": task_type.value, "model_id": preference.model_id}
        for user, task_type, preference in rows
    ]
    key = "cli.prefs_would_import" if arguments.dry_run else "cli.prefs_imported"
    answer(arguments, {"preferences": changed}, say(key, n=len(rows)))


def _document(file: str) -> object:
    shown = one_line(file, 300)
    try:
        if file == "-":
            content = sys.stdin.buffer.read(LARGEST)
        else:
            content = atomic_file.read_small(atomic_file.expand(file), LARGEST)[0]
        return json.loads(content.decode("utf-8-sig"))
    except OSError as error:
        why = reason(error)
        raise UsageError("error.file_unreadable", path=shown, reason=why) from error
    except (ValueError, RecursionError) as error:
        raise UsageError("error.prefs_document", path=shown, where="JSON") from error


def _rows(document: object, file: str) -> Iterator[Row]:
    """Yield what an export, `prefs list --json` or an ima_prefs.json holds."""
    users = document.get("users", document) if isinstance(document, dict) else None
    if not isinstance(users, dict):
        raise UsageError("error.prefs_document", path=one_line(file, 300), where="users")
    for user, by_type in users.items():
        if not user.startswith("user_"):
            continue
        for name, row in by_type.items() if isinstance(by_type, dict) else ():
            preference = preference_of(row)
            if name not in {each.value for each in TaskType} or preference is None:
                where = one_line(f"{user}.{name}", 120)
                raise UsageError("error.prefs_document", path=one_line(file, 300), where=where)
            yield user.removeprefix("user_"), TaskType(name), preference
