"""`ima-tui prefs export` and `prefs import`: preferences as one JSON document."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from ima_tui.cli import session
from ima_tui.cli.commands.prefs import opened, users_json
from ima_tui.cli.output import document_text, print_json, print_path, talk
from ima_tui.core import atomic_file, home_folder
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import reason, say
from ima_tui.preferences.file import LARGEST, Preference, preference_of

Row = tuple[str, TaskType, Preference]


def export(arguments: argparse.Namespace) -> int:
    """Print the preferred models, or save them as a new file."""
    preferences = opened(session.settle(arguments))
    document = {"users": users_json(preferences)}
    if arguments.file in (None, "-"):
        print_json(document)
        return EXIT_DONE
    path = home_folder.expand(arguments.file).absolute()
    _save(path, document_text(document))
    print_path(path, as_json=arguments.json)
    talk(say("cli.prefs_exported", n=sum(map(len, preferences.users().values()))))
    return EXIT_DONE


def _save(path: Path, text: str) -> None:
    """What is there stays: a settings folder under version control may hold an older export."""
    shown = one_line(path, 300)
    if path.exists():
        raise UsageError("error.export_exists", path=shown)
    try:
        atomic_file.replace(path, f"{text}\n".encode())
    except OSError as error:
        raise UsageError("error.export", path=shown, reason=reason(error)) from error


def take(arguments: argparse.Namespace) -> int:
    """Store every preference of the document; all of it is read before anything is written."""
    settings = session.settle(arguments).for_writing()
    rows = list(_rows(_document(arguments.file), arguments.file))
    preferences = opened(settings)
    for user, task_type, preference in rows:
        if arguments.dry_run:
            continue
        if not preferences.put(user, task_type, preference):
            raise UsageError("error.prefs_read_only", path=str(settings.preferences))
    if arguments.json:
        changed = [
            {"user": user, "task_type": task_type.value, "model_id": preference.model_id}
            for user, task_type, preference in rows
        ]
        print_json({"preferences": changed})
    key = "cli.prefs_would_import" if arguments.dry_run else "cli.prefs_imported"
    talk(say(key, n=len(rows)))
    return EXIT_DONE


def _document(file: str) -> object:
    shown = one_line(file, 300)
    try:
        if file == "-":
            content = sys.stdin.buffer.read(LARGEST)
        else:
            content = atomic_file.read_small(home_folder.expand(file), LARGEST)[0]
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
