"""Help and usage errors of argparse: its own words in the language in use, and columns that hold
with Chinese in them."""

from __future__ import annotations

import argparse
import re
from typing import Any

from ima_tui.i18n import say

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


def translate() -> None:
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
