"""`ima-tui config`: what is set, where it came from, and a file to begin with."""

from __future__ import annotations

import argparse

from ima_tui import config
from ima_tui.cli import session
from ima_tui.cli.output import print_json, print_table, talk
from ima_tui.errors import EXIT_DONE, UsageError
from ima_tui.messages import say
from ima_tui.text import one_line


def show(arguments: argparse.Namespace) -> int:
    settings = session.settle(arguments)
    rows = [
        (setting.name, _shown(getattr(settings, setting.attribute)), settings.origins[setting.name])
        for setting in config.SETTINGS
    ]
    if arguments.json:
        document = {name: {"value": value, "source": source} for name, value, source in rows}
        print_json(document)
        return EXIT_DONE
    heads = [say(f"cli.head.{name}") for name in ("setting", "value", "source")]
    print_table(
        heads, [(name, str(value), say(f"cli.source.{where}")) for name, value, where in rows]
    )
    return EXIT_DONE


def _shown(value: object) -> str | int | bool:
    return value if isinstance(value, bool | int) else one_line(value, 300)


def show_path(_: argparse.Namespace) -> int:
    print(config.config_path())
    return EXIT_DONE


def init(_: argparse.Namespace) -> int:
    """Write the example where the config file belongs; one that is there is never touched."""
    path = config.config_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as handle:
            handle.write(config.example())
    except FileExistsError as error:
        raise UsageError("error.config_exists", path=str(path)) from error
    except OSError as error:
        reason = error.strerror or "—"
        raise UsageError("error.config_unwritable", path=str(path), reason=reason) from error
    print(path)
    talk(say("cli.config_written"))
    return EXIT_DONE
