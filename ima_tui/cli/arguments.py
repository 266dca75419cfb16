"""The argument parser of a verb: its help in the language in use, types, and FILE arguments.

Types raise `argparse.ArgumentTypeError` with a sentence in the chosen language.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import select
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NoReturn, TypeAlias

from ima_tui.core import atomic_file
from ima_tui.core.domain import State, TaskType
from ima_tui.core.errors import EXIT_USAGE, UsageError
from ima_tui.core.text import clean, nearest, one_line, redact, size, whole
from ima_tui.i18n import language, reason, say

_KEYS = {
    "usage: ": "argparse.usage",
    "positional arguments": "argparse.arguments",
    "options": "argparse.options",
    "show this help message and exit": "argparse.help",
    "show program's version number and exit": "argparse.version",
    "argument %(argument_name)s: %(message)s": "argparse.argument",
    "unrecognized arguments: %s": "argparse.unknown",
    "not allowed with argument %s": "argparse.exclusive",
    "ignored explicit argument %r": "argparse.no_value",
    "the following arguments are required: %s": "argparse.required",
    "one of the arguments %s is required": "argparse.one_required",
    "expected one argument": "argparse.expected_one",
    "expected at most one argument": "argparse.expected_most_one",
    "expected at least one argument": "argparse.expected_least_one",
    "invalid choice: %(value)r (choose from %(choices)s)": "argparse.choice",
    "invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)": (
        "argparse.choice_near"
    ),
}
"""The messages of argparse; those of later versions stay English until they are here."""


def translate_argparse() -> None:
    """Make argparse look up its messages here. It offers no other way than its global `_`."""
    vars(argparse)["_"] = _say


def _say(message: str) -> str:
    key = _KEYS.get(message)
    if key == "argparse.usage":
        words = say(key)
        return f"{words} " if words.isascii() else words
    return say(key) if key else message


class HelpFormatter(argparse.HelpFormatter):
    """Breaks lines by terminal cells, where argparse counts characters."""

    def format_help(self) -> str:
        """The text, with the colon that Chinese headings end in."""
        text = re.sub(r"(?m)^ +\n", "", super().format_help())  # the verbs' empty metavar
        return re.sub(r"(?m)^([\u3400-\u9fff]+):$", r"\1：", text)

    def _format_usage(self, *args: Any) -> str:
        from rich.cells import cell_len

        width, word = self._width, say("argparse.usage")
        self._width -= cell_len(word) - len(word)
        try:
            return super()._format_usage(*args)
        finally:
            self._width = width

    def _split_lines(self, text: str, width: int) -> list[str]:
        from ima_tui.tui.widgets.cells import wrap

        return wrap(re.sub(r"\s+", " ", text).strip(), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in self._split_lines(text, width - len(indent)))


EXIT_CODES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130)
ENVIRONMENT = (
    ("IMA_API_KEY", "IMA_BASE_URL", "IMA_UPLOAD_URL", "IMA_PREFS_PATH", "IMA_LOG_DIR"),
    ("IMA_KNOWLEDGE_DIR", "IMA_TUI_CONFIG", "IMA_TUI_DATA_DIR", "NO_COLOR"),
)


COMMANDS = "ima_tui.cli.commands"
Verbs: TypeAlias = "argparse._SubParsersAction[VerbParser]"
TASK_TYPES = [task_type.value for task_type in TaskType]


class VerbParser(argparse.ArgumentParser):
    """Argparse in the user's language: helpful about slips, and as JSON where that is asked for."""

    def _get_formatter(self) -> argparse.HelpFormatter:
        return HelpFormatter(prog=self.prog)

    as_json: ClassVar[bool] = False
    """Whether a wrong word is answered by a JSON document: raised, not said."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; the first unknown flag is answered with the flag that it resembles."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            words = say("argparse.unknown") % " ".join(unknown)
            near = nearest(unknown[0].partition("=")[0], sorted(set(_flags(self))), 1, 0.7)
            stop = "。" if language() == "zh" else "."
            self.error(f"{words}{stop} {say('argparse.near', near=near[0])}" if near else words)
        return found

    def format_help(self) -> str:
        """The help; that of the program also lists exit codes and environment variables."""
        text = super().format_help()
        if " " in self.prog:
            return text
        codes = "".join(f"  {code:<5} {say(f'exit.{code}')}\n" for code in EXIT_CODES)
        names = "".join(f"  {' '.join(some)}\n" for some in ENVIRONMENT)
        colon = "：" if language() == "zh" else ":"
        heads = [f"{say(f'cli.{name}')}{colon}" for name in ("exit_codes", "environment")]
        return f"{text}\n{heads[0]}\n{codes}\n{heads[1]}\n{names}"

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = list(map(str, action.choices))
        facts = {"value": one_line(value, 80), "choices": ", ".join(map(repr, known))}
        near = nearest(str(value), known, 1)
        key = "argparse.choice_near" if near else "argparse.choice"
        raise argparse.ArgumentError(
            action, say(key) % {**facts, "closest": near[0] if near else ""}
        )

    def error(self, message: str) -> NoReturn:
        """Print the usage on stderr and end with exit code 2; keys in typed text are hidden."""
        self.print_usage(sys.stderr)
        told = redact(clean(message))
        if self.as_json:
            raise UsageError("error.usage", program=self.prog, text=told)
        self.exit(EXIT_USAGE, say("error.usage", program=self.prog, text=told) + "\n")


def _flags(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield every flag of the parser and of the commands below it."""
    for action in parser._actions:
        yield from (each for each in action.option_strings if action.help != argparse.SUPPRESS)
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from _flags(verb)


def job_number(text: str) -> int:
    """The number of a job: one that the ledger could hold."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number < 1 << 63:
        raise _wrong("cli.no_number", text)
    return number


JOB_STATES = [*(state.value for state in State), "open", "unsent", "ended", "held"]
REPORT_KEYS = ("day", "model", "type", "project", "client")


def report_keys(text: str) -> str:
    """What a report is by: one or more names, separated by commas."""
    names = [name.strip().lower() for name in text.split(",")]
    if wrong := [name for name in names if name not in REPORT_KEYS]:
        known = ", ".join(REPORT_KEYS)
        raise argparse.ArgumentTypeError(
            say("cli.no_report_key", name=one_line(wrong[0], 40), known=known)
        )
    return ",".join(dict.fromkeys(names))


def result_number(text: str) -> tuple[int, int]:
    """The number of a job, `41`, or of one of its results, `41#2`; 0 for all results."""
    job, mark, index = text.removeprefix("#").partition("#")
    number = whole(index, 1000) if mark else 0
    if number is None or (mark and not number):
        raise _wrong("cli.no_result", text)
    return job_number(job), number


def _whole(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        found = whole(text.removeprefix("-"))
        found = -found if found is not None and text.startswith("-") else found
        if found is None or not least <= found <= most:
            raise _wrong("cli.no_count", text)
        return found

    return number


def _wrong(key: str, text: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(say(key, text=one_line(text, 40)))


integer = _whole(-(10**9), 10**9)
"""A whole number of a size that means something; what it may be is for others to say."""
count = _whole(0, 100_000)
positive_count = _whole(1, 100_000)


def positive(text: str) -> float:
    """A number above 0."""
    try:
        number = float(text if text.isascii() and "_" not in text else "")
    except ValueError:
        number = -1.0
    if not 0 < number < 1e9:
        raise _wrong("cli.no_count", text)
    return number


# ------------------------------------------------------------------------ what verbs share


def add_group(verbs: Verbs, name: str) -> Verbs:
    """Add a verb that has actions; return where they are added."""
    about = say(f"cli.{name}")
    parser = verbs.add_parser(name, help=about, description=about, allow_abbrev=False)
    return parser.add_subparsers(metavar="ACTION", required=True)


def add_verb(
    verbs: Verbs, name: str, run: str, *names: str, json: bool = True, about: str = ""
) -> VerbParser:
    """Add a verb or an action with the options of these names.

    `run`: `module:function` in `cli/commands`; `about`: key of its help, where that isn't its name.
    """
    words = say(f"cli.{about or name}")
    parser = verbs.add_parser(name, help=words, description=words, allow_abbrev=False)
    parser.set_defaults(verb=f"{COMMANDS}.{run}")
    # what stands before the verb is not put back to nothing by what does not stand behind it
    parser.add_argument("--language", default=argparse.SUPPRESS, help=say("cli.language"))
    if json:
        parser.add_argument("--json", action="store_true", help=say("cli.json"))
    options(parser, *names)
    return parser


OPTIONS: dict[str, dict[str, Any]] = {
    "--input-images": {"nargs": "+", "default": [], "metavar": "FILE"},
    "--task-type": {"metavar": "T"},
    "--model-id": {"metavar": "M"},
    "--version-id": {"metavar": "V", "default": ""},
    "--param": {"action": "append", "default": [], "metavar": "K=V"},
    "--extra-params": {"metavar": "JSON"},
    "--n": {"type": integer},
    "--timeout": {"type": positive, "metavar": "S"},
    "--download": {"nargs": "?", "const": "", "metavar": "DIR"},
    "--max-credits": {"type": integer, "metavar": "N"},
    "--project": {"default": "", "metavar": "NAME"},
    **{name: {} for name in ("--api-key", "--base-url", "--user-id", "--size")},
    **{
        name: {"action": "store_true"}
        for name in (
            *("--refresh", "--list-models", "--quiet", "--dry-run", "--no-wait", "--yes"),
            *("--lenient", "--remember-model", "--skip-bad", "--retry-failed", "--retry-unknown"),
            *("--after-repair", "--yes-unknown", "--new-seed", "--with-prompts", "--starred"),
            *("--replace", "--burn", "--no-pause", "--let-go", "--read-only"),
        )
    },
}
"""Options that mean the same wherever they are."""
SERVICE = ("--api-key", "--base-url", "--user-id")
"""Options of every verb that talks to the service."""


def options(parser: argparse._ActionsContainer, *names: str, **common: Any) -> None:
    """Add options of `OPTIONS`, or own ones: `--music=FILE`, `--order=file|price` for choices.

    Without dashes, they are words at their places. The help is `cli.<name>`, or the key behind a
    blank: `--yes agree`. `common`: what else `add_argument` gets of all of them.
    """
    for each in names:
        name, _, key = each.partition(" ")
        name, _, values = name.partition("=")
        how: dict[str, Any] = {} if values else dict(OPTIONS.get(name, {}))
        if "|" in values:
            how["choices"] = tuple(values.split("|"))
        elif values:
            how["metavar"] = values
        about = key or name.removeprefix("--").replace("-", "_")
        flags = ("-o", name) if name == "--output" else (name,)
        parser.add_argument(*flags, help=say(f"cli.{about}"), **how | common)


WRITER_WAIT = 5.0
"""Seconds for which a named pipe may be without a writer; opening it would wait for ever."""


def read_file(name: str, most: int) -> bytes:
    """Return the first `most` + 1 bytes, so that the caller sees that there are too many.

    Raises `UsageError` for a pipe that nothing writes to, and `OSError`.
    """
    if name == "-":
        return sys.stdin.buffer.read(most + 1)
    path = atomic_file.expand(name)
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(number, "rb") as handle:
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        first = _first_byte(number) if stat.S_ISFIFO(os.fstat(number).st_mode) else b""
        if first is None:
            raise UsageError("error.pipe_without_writer", path=one_line(name, 300))
        os.set_blocking(number, True)
        return first + handle.read(most + 1 - len(first))


def read_input(name: str, most: int, unreadable: str, too_large: str) -> bytes:
    """Return all bytes of a file. Raises `UsageError` with one of these keys, or for a pipe."""
    shown = one_line(name, 300)
    try:
        content = read_file(name, most)
    except OSError as error:
        raise UsageError(unreadable, path=shown, reason=reason(error)) from error
    if len(content) > most:
        raise UsageError(too_large, path=shown, limit=size(most))
    return content


def _first_byte(pipe: int) -> bytes | None:
    """Wait for a writer; None without one. A writer that has not written yet may take its time."""
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    waiting.poll(WRITER_WAIT * 1000)
    try:
        return os.read(pipe, 1) or None
    except BlockingIOError:
        return b""
