"""`ima-tui completion`: the completion scripts, the man page, and installing both.

The man page is written from the parser and the settings, in English.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from ima_tui import __version__, i18n
from ima_tui.cli import arguments
from ima_tui.cli import parser as parsers
from ima_tui.cli.output import print_plain, talk
from ima_tui.config.schema import SETTINGS
from ima_tui.core import atomic_file
from ima_tui.core.errors import UsageError
from ima_tui.i18n import reason, say


def run(arguments: argparse.Namespace) -> None:
    """Print or install tab completion and the man page."""
    if arguments.shell == "install":
        _install()
    else:
        print(page() if arguments.shell == "man" else _script(arguments.shell), end="")


def _script(shell: str) -> str:
    """The script. It asks the command that was typed, or this one where that is not found."""
    text = files("ima_tui.cli.completion").joinpath(f"scripts/ima-tui.{shell}").read_text("utf-8")
    program = shutil.which(sys.argv[0])
    if program is None or Path(program).name != "ima-tui":
        return text
    program = shlex.quote(str(Path(program).absolute()))
    return text.replace("program='ima-tui'", f"program={program}").replace(
        "set program ima-tui", f"set program {program}"
    )


def _places() -> dict[Path, str]:
    """Each file and what goes into it: in the folders of this user where the shells look."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or atomic_file.find() / ".config")
    data = Path(os.environ.get("XDG_DATA_HOME") or atomic_file.find() / ".local/share")
    return {
        data / "bash-completion/completions/ima-tui": _script("bash"),
        data / "zsh/site-functions/_ima-tui": _script("zsh"),
        config / "fish/completions/ima-tui.fish": _script("fish"),
        data / "man/man1/ima-tui.1": page(),
    }


def _install() -> None:
    places = _places()
    for path, text in places.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            why = reason(error)
            raise UsageError("error.completion", path=str(path), reason=why) from error
        print_plain(path)
    bash, zsh, _, _ = places
    talk(say("completion.bash", path=shlex.quote(str(bash))))
    talk(say("completion.zsh", folder=shlex.quote(str(zsh.parent))))
    talk(say("completion.new_shell"))


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
