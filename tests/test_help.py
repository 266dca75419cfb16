"""Every verb's help: in both languages, on a terminal of 80 columns."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from ima_tui import messages
from ima_tui.cli import parser


def every(one: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """It, and the verbs below it."""
    yield one
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from every(verb)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_fits_80_columns(language: messages.Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    before = messages.language()
    messages.use(language)
    try:
        pages = [one.format_help() for one in every(parser.build())]
    finally:
        messages.use(before)
    assert len(pages) > 25
    assert [line for page in pages for line in page.splitlines() if cell_len(line) > 80] == []
