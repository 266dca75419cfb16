"""`ima-tui config` and `key`: what is set and where it came from; the API key, kept or forgotten.

The key is read from the keyboard without being shown, or from stdin; never from the command line,
which everybody on the machine can list.
"""

from __future__ import annotations

import getpass
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from ima_tui.api.connection import key_file
from ima_tui.cli import confirm, session
from ima_tui.cli.output import answer, heads, print_json, print_path, print_table, talk
from ima_tui.config import api_key as keys
from ima_tui.config import loader, schema, toml_file
from ima_tui.config.schema import BY_NAME, SETTINGS, Setting, parsed, typed
from ima_tui.core.errors import EXIT_DONE, EXIT_KEY, ImaError, KeyInvalid, KeyMissing, UsageError
from ima_tui.core.text import clean, folded, nearest, one_line
from ima_tui.i18n import explain, reason, say


def show(arguments: Namespace) -> None:
    """Print every setting with its value and source."""
    settings = session.settle(arguments)
    rows = [
        (setting.name, _shown(getattr(settings, setting.attribute)), settings.origins[setting.name])
        for setting in SETTINGS
    ]
    rows += [
        (f"{schema.TABLE}.{each.name}.{name}", points, "file")
        for each in settings.projects.values()
        for name in schema.LIMITS
        if (points := getattr(each, name))
    ]
    if arguments.json:
        print_json({name: {"value": value, "source": source} for name, value, source in rows})
        return
    told = [(name, _told(value), say(f"cli.source.{where}")) for name, value, where in rows]
    print_table(heads("cli.head.", "setting", "value", "source"), told)


def _shown(value: object) -> str | int | bool | list[str]:
    if isinstance(value, tuple):
        return [one_line(each, 300) for each in value]
    return value if isinstance(value, bool | int) else one_line(value, 300)


def _told(value: str | int | bool | list[str]) -> str:
    return typed(tuple(value)) if isinstance(value, list) else str(value)


def show_path(arguments: Namespace) -> None:
    """Print the config file's path."""
    print_path(loader.config_path(), as_json=arguments.json)


def init(arguments: Namespace) -> None:
    """Write the example where the config file belongs; one that is there is never touched."""
    path = loader.config_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as handle:
            handle.write(toml_file.example())
    except FileExistsError as error:
        raise UsageError("error.config_exists", path=str(path)) from error
    except OSError as error:
        why = reason(error)
        raise UsageError("error.config_unwritable", path=str(path), reason=why) from error
    print_path(path, as_json=arguments.json)
    talk(say("cli.config_written"))


def put(arguments: Namespace) -> None:
    """Write one setting into the file. What wins over the file is told."""
    setting = _named(arguments.name)
    value = parsed(setting, arguments.value)
    if setting.attribute in ("base_url", "upload_url"):
        allowed = session.settle(arguments).allow_custom_endpoints
        value = loader.endpoint(str(value), allowed)
    toml_file.put(loader.config_path(), setting.name, value)
    talk(say("cli.config_set", name=setting.name, value=toml_file.toml_value(value)))
    _tell_what_wins(arguments, setting)
    answer(arguments, {"name": setting.name, "value": value})


def drop(arguments: Namespace) -> None:
    """Take one setting out of the file."""
    setting = _named(arguments.name)
    was_there = toml_file.drop(loader.config_path(), setting.name)
    key = "cli.config_unset" if was_there else "cli.config_was_default"
    talk(say(key, name=setting.name, value=toml_file.toml_value(setting.default)))
    _tell_what_wins(arguments, setting)
    answer(arguments, {"name": setting.name, "value": setting.default})


def _named(name: str) -> Setting:
    """A setting by `table.key`, or by its last part where only one is called so."""
    limit = schema.setting_of(name)
    if limit is not None:
        return limit
    found = [setting for setting in SETTINGS if name in (setting.name, setting.attribute)]
    if len(found) == 1:
        return found[0]
    near = nearest(name, sorted(BY_NAME), 1)
    if near:
        raise UsageError("error.config_name_near", name=one_line(name, 60), near=near[0])
    raise UsageError("error.config_name", name=one_line(name, 60))


def _tell_what_wins(arguments: Namespace, setting: Setting) -> None:
    origin = session.settle(arguments).origins.get(setting.name)
    if origin in ("flag", "environment"):
        source = setting.environment if origin == "environment" else say(f"cli.source.{origin}")
        talk(say("cli.config_over", source=source, name=setting.name))


LONGEST_LINE = 4096
WAYS: dict[str, keys.Keep] = {"1": "keyring", "2": "file", "keyring": "keyring", "file": "file"}


def set_key(arguments: Namespace) -> None:
    """Nothing is kept before the key looks like one of IMA's and the person chose a place."""
    file = key_file(session.settle(arguments))
    here = confirm.somebody_is_here()
    if not here and arguments.keep is None:
        raise UsageError("error.key_where")
    secret = keys.checked(
        getpass.getpass(say("key.type"), stream=sys.stderr)
        if here
        else sys.stdin.readline(LONGEST_LINE)
    )
    where = arguments.keep or _asked_where(file)
    try:
        keys.keep(secret, where, file)
    except UsageError as error:
        if where != "keyring" or not here:
            raise
        talk(explain(error))
        if folded(_answer(say("key.file_instead", path=str(file)))) not in confirm.YES:
            raise UsageError("error.key_not_kept") from error
        where = "file"
        keys.keep(secret, where, file)
    shown = keys.Key(secret, "file" if where == "file" else "keyring").shown
    told = say(f"key.kept_{where}", which=shown, path=str(file))
    answer(arguments, {"key": shown, "source": where}, told)
    if os.environ.get(keys.VARIABLE, "").strip():
        talk(say("key.environment_wins", name=keys.VARIABLE))


def show_key(arguments: Namespace) -> int:
    """Its last four characters and where it lives; the first is the one that is used."""
    file = key_file(session.settle(arguments))
    found, troubles = _everywhere(file)
    for trouble in troubles:
        talk(explain(trouble))
    if not found and not troubles:
        raise KeyMissing
    if arguments.json:
        rows = [
            {"key": key.shown, "source": key.source, "used": index == 0 and not troubles}
            for index, key in enumerate(found)
        ]
        print_json({"keys": rows, "file": str(file)})
    else:
        for index, key in enumerate(found):
            place = say(f"doctor.from_{key.source}")
            words = f"{key.shown}  {place}" + (f"  {clean(file)}" if key.source == "file" else "")
            print(words if index == 0 else f"{words}  {say('key.not_used')}")
    return EXIT_KEY if troubles else EXIT_DONE


def forget_key(arguments: Namespace) -> None:
    """Remove the stored API key."""
    gone = keys.forget(key_file(session.settle(arguments)))
    answer(arguments, {"forgotten": list(gone)}, *(say(f"key.forgotten_{each}") for each in gone))
    if os.environ.get(keys.VARIABLE, "").strip():
        talk(say("key.environment_stays", name=keys.VARIABLE))
    elif not gone:
        talk(say("key.nothing_to_forget"))


def _everywhere(file: Path) -> tuple[list[keys.Key], list[ImaError]]:
    found: list[keys.Key] = []
    troubles: list[ImaError] = []
    for look in (_from_environment, lambda: keys.kept(file)):
        try:
            found.extend(look())
        except (UsageError, KeyInvalid) as error:
            troubles.append(error)
    return found, troubles


def _from_environment() -> Iterator[keys.Key]:
    if written := os.environ.get(keys.VARIABLE, "").strip():
        yield keys.Key(keys.checked(written), "environment")


def _asked_where(file: Path) -> keys.Keep:
    talk(say("key.where", path=str(file)))
    while (way := WAYS.get(folded(_answer(say("key.which"))))) is None:
        talk(say("key.one_or_two"))
    return way


def _answer(question: str) -> str:
    """A line from the person; the end of their typing is an interruption."""
    print(clean(question), end=" ", file=sys.stderr, flush=True)
    line = sys.stdin.readline(LONGEST_LINE)
    if not line:
        raise KeyboardInterrupt
    return line
