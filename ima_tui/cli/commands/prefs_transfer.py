"""`ima-tui prefs export` and `prefs import`: preferences as one JSON document."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from ima_tui.cli import session
from ima_tui.cli.commands.prefs import opened, users_json
from ima_tui.cli.output import print_json, talk
from ima_tui.core import atomic_file, home_folder
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import reason, say
from ima_tui.preferences.file import LARGEST, Preference, preference_of

Row = tuple[str, TaskType, Preference]


def export(arguments: argparse.Namespace) -> int:
    """Write the preferred models to a file."""
    print_json({"users": users_json(opened(session.settle(arguments)))})
    return EXIT_DONE


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
