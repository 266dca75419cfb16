"""The man page, written from the parser and the settings, in English."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from ima_tui import __version__, i18n
from ima_tui.cli import arguments
from ima_tui.cli import parser as parsers
from ima_tui.config.schema import SETTINGS
from ima_tui.i18n import say


def page() -> str:
    """Return the man page in roff."""
    before = i18n.language()
    i18n.use("en")
    try:
        return "\n".join(_lines()) + "\n"
    finally:
        i18n.use(before)


def _lines() -> Iterator[str]:
    program = parsers.build()
    yield f'.TH IMA\\-TUI 1 "" "ima\\-tui {_text(__version__)}" "User Commands"'
    yield from (".SH NAME", _text("ima-tui - terminal studio for IMA"), ".SH SYNOPSIS")
    yield from (".B ima\\-tui", _text("[OPTION]... [COMMAND [ARGUMENT]...]"))
    yield from (".SH DESCRIPTION", _text(program.description), ".PP", _text(program.epilog))
    yield ".SH OPTIONS"
    yield from _options(program)
    yield ".SH COMMANDS"
    yield from _commands(program)
    yield ".SH EXIT STATUS"
    for code in arguments.EXIT_CODES:
        yield from (".TP", f".B {code}", _text(say(f"exit.{code}")))
    yield ".SH ENVIRONMENT"
    yield from (".TP", ".B IMA_API_KEY", _text("Your API key."))
    for setting in SETTINGS:
        if setting.environment:
            yield from (".TP", f".B {setting.environment}", _text(setting.about))
    yield ".SH FILES"
    yield _text("ima-tui config show lists every file and folder in use.")


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _command(command)


def _command(command: argparse.ArgumentParser) -> Iterator[str]:
    usage = re.sub(r"\s+", " ", command.format_usage().removeprefix("usage: ")).strip()
    yield from (f'.SS "{_text(command.prog)}"', _text(usage))
    if command.description:
        yield from (".PP", _text(command.description))
    yield from _options(command)
    yield from _commands(command)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.help in (None, argparse.SUPPRESS) or isinstance(action, argparse._HelpAction):
            continue
        if isinstance(action, argparse._SubParsersAction):
            continue
        names = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        value = "" if action.nargs == 0 or not action.option_strings else _value(action)
        yield from (".TP", f"\\fB{_text(names)}\\fR{value}", _text(action.help))


def _value(action: argparse.Action) -> str:
    return f" \\fI{_text(str(action.metavar or action.dest.upper()))}\\fR"


def _text(text: str | None) -> str:
    """One line of running text in which nothing is read as a request."""
    line = re.sub(r"\s+", " ", text or "").strip().replace("%%", "%")
    line = line.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{line}" if line.startswith((".", "'")) else line
