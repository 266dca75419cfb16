"""`ima-tui config`: what is set, where it came from, and a file to begin with."""

from __future__ import annotations

import argparse

from ima_tui.cli import session
from ima_tui.cli.output import print_json, print_path, print_table, talk
from ima_tui.config import loader, projects, toml_file
from ima_tui.config.schema import BY_NAME, SETTINGS, Setting, parsed, typed
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.core.text import nearest, one_line
from ima_tui.i18n import say


def show(arguments: argparse.Namespace) -> int:
    """Print every setting with its value and source."""
    settings = session.settle(arguments)
    rows = [
        (setting.name, _shown(getattr(settings, setting.attribute)), settings.origins[setting.name])
        for setting in SETTINGS
    ]
    rows += [
        (f"{projects.TABLE}.{each.name}.{name}", points, "file")
        for each in settings.projects.values()
        for name in projects.LIMITS
        if (points := getattr(each, name))
    ]
    if arguments.json:
        document = {name: {"value": value, "source": source} for name, value, source in rows}
        print_json(document)
        return EXIT_DONE
    heads = [say(f"cli.head.{name}") for name in ("setting", "value", "source")]
    print_table(
        heads, [(name, _told(value), say(f"cli.source.{where}")) for name, value, where in rows]
    )
    return EXIT_DONE


def _shown(value: object) -> str | int | bool | list[str]:
    if isinstance(value, tuple):
        return [one_line(each, 300) for each in value]
    return value if isinstance(value, bool | int) else one_line(value, 300)


def _told(value: str | int | bool | list[str]) -> str:
    return typed(tuple(value)) if isinstance(value, list) else str(value)


def show_path(arguments: argparse.Namespace) -> int:
    """Print the config file's path."""
    return print_path(loader.config_path(), as_json=arguments.json)


def init(arguments: argparse.Namespace) -> int:
    """Write the example where the config file belongs; one that is there is never touched."""
    path = loader.config_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as handle:
            handle.write(toml_file.example())
    except FileExistsError as error:
        raise UsageError("error.config_exists", path=str(path)) from error
    except OSError as error:
        reason = error.strerror or "—"
        raise UsageError("error.config_unwritable", path=str(path), reason=reason) from error
    print_path(path, as_json=arguments.json)
    talk(say("cli.config_written"))
    return EXIT_DONE


def put(arguments: argparse.Namespace) -> int:
    """Write one setting into the file. What wins over the file is told."""
    setting = _named(arguments.name)
    value = parsed(setting, arguments.value)
    for guarded in ("base_url", "upload_url"):
        if setting.attribute == guarded:
            allowed = session.settle(arguments).allow_custom_endpoints
            value = loader.endpoint(str(value), allowed)
    toml_file.put(loader.config_path(), setting.name, value)
    talk(say("cli.config_set", name=setting.name, value=toml_file.toml_value(value)))
    _tell_what_wins(arguments, setting)
    if arguments.json:
        print_json({"name": setting.name, "value": value})
    return EXIT_DONE


def drop(arguments: argparse.Namespace) -> int:
    """Take one setting out of the file."""
    setting = _named(arguments.name)
    was_there = toml_file.drop(loader.config_path(), setting.name)
    key = "cli.config_unset" if was_there else "cli.config_was_default"
    talk(say(key, name=setting.name, value=toml_file.toml_value(setting.default)))
    _tell_what_wins(arguments, setting)
    if arguments.json:
        print_json({"name": setting.name, "value": setting.default})
    return EXIT_DONE


def _named(name: str) -> Setting:
    """A setting by `table.key`, or by its last part where only one is called so."""
    limit = projects.setting_of(name)
    if limit is not None:
        return limit
    found = [setting for setting in SETTINGS if name in (setting.name, setting.attribute)]
    if len(found) == 1:
        return found[0]
    near = nearest(name, sorted(BY_NAME), 1)
    if near:
        raise UsageError("error.config_name_near", name=one_line(name, 60), near=near[0])
    raise UsageError("error.config_name", name=one_line(name, 60))


def _tell_what_wins(arguments: argparse.Namespace, setting: Setting) -> None:
    origin = session.settle(arguments).origins.get(setting.name)
    if origin in ("flag", "environment"):
        source = setting.environment if origin == "environment" else say(f"cli.source.{origin}")
        talk(say("cli.config_over", source=source, name=setting.name))
