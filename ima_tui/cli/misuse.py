"""What argparse says about wrong words, in the language in use, with the nearest right one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from ima_tui.core.errors import UsageError
from ima_tui.core.text import nearest, one_line
from ima_tui.i18n import say

_SAID = (
    (re.compile(r"unrecognized arguments: (?P<words>.*)", re.S), "error.usage_unknown"),
    (re.compile(r"the following arguments are required: (?P<words>.*)"), "error.usage_missing"),
    (re.compile(r"argument (?P<name>.*?): expected .*argument.*"), "error.usage_value"),
    (
        re.compile(r"argument (?P<name>.*?): invalid choice: (?P<value>.*) \(choose from .*", re.S),
        "error.usage_choice",
    ),
    (
        re.compile(r"argument (?P<name>.*?): not allowed with argument (?P<words>.*)"),
        "error.usage_both",
    ),
    (
        re.compile(r"argument (?P<name>.*?): ignored explicit argument (?P<value>.*)", re.S),
        "error.usage_no_value",
    ),
    (re.compile(r"argument (?P<name>.*?): (?P<words>.*)", re.S), "error.usage_word"),
)
"""Messages of argparse (3.11 to 3.14); what is like none of them is passed on as it is."""


def error_of(parser: argparse.ArgumentParser, message: str) -> UsageError:
    """Return the error for a message of argparse."""
    for pattern, key in _SAID:
        if found := pattern.fullmatch(message):
            facts = {name: one_line(text, 200) for name, text in found.groupdict().items()}
            text = say(key, **facts)
            typed = facts.get("value") or facts.get("words", "").partition(" ")[0]
            if key in ("error.usage_unknown", "error.usage_choice"):
                text += _did_you_mean(parser, facts.get("name", ""), typed.strip("'"))
            return UsageError("error.usage", program=parser.prog, text=text)
    return UsageError("error.usage", program=parser.prog, text=one_line(message, 300))


def _did_you_mean(parser: argparse.ArgumentParser, name: str, typed: str) -> str:
    known = sorted(set(_choices(parser, name) if name or typed[:1] != "-" else _flags(parser)))
    near = nearest(typed, known, 1)
    if near:
        return " " + say("error.usage_near", near=near[0])
    return " " + say("error.usage_known", known=", ".join(known)) if 0 < len(known) <= 12 else ""


def _flags(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield every flag of the parser and of the verbs below it."""
    for action in parser._actions:
        yield from (each for each in action.option_strings if action.help != argparse.SUPPRESS)
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from _flags(verb)


def _choices(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    """Yield the choices of the argument that argparse calls `name`; "" is a list of verbs."""
    for action in parser._actions:
        if action.choices and name in ("/".join(action.option_strings), str(action.metavar or "")):
            yield from map(str, action.choices)
