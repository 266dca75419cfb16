"""Every verb's help, in both languages, on a terminal of 80 columns; and what is no verb."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from ima_tui import cli, i18n
from ima_tui.cli import arguments, parser
from ima_tui.config.schema import SETTINGS
from ima_tui.core import errors


def every(one: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """It, and the verbs below it."""
    yield one
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from every(verb)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_fits_80_columns(language: i18n.Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    before = i18n.language()
    i18n.use(language)
    try:
        pages = [one.format_help() for one in every(parser.build())]
    finally:
        i18n.use(before)
    assert len(pages) > 25
    assert [line for page in pages for line in page.splitlines() if cell_len(line) > 80] == []


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["jbos", "list"], "There is no command jbos. Did you mean jobs?"),
        (["\x1b[2Jx"], "There is no command x."),
        (["generate", "a", "--sise", "1k"], "unknown arguments: --sise 1k. Did you mean --size?"),
        (["batch", "x", "--order", "prise"], "Did you mean 'price'?"),
        (["upload"], "FILE"),
        (["jobs", "show", "9" * 30], f"{'9' * 30} is not a job number"),
        (["jobs", "forget", "1", "-1"], "-1 is not a job number"),
    ],
)
def test_what_is_no_verb_and_no_job_is_said_in_words(
    argv: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = cli.run(argv)
    except SystemExit as end:  # argparse's own way out
        code = int(end.code or 0)
    assert code == 2
    assert told in capsys.readouterr().err


def test_argparse_speaks_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ("jobs --help", "jobs forget", "jobs export --format x", "generate --n",
             "models --nope", "logs -f --export x")  # fmt: skip
    for line in wrong:
        with pytest.raises(SystemExit):
            cli.run([*line.split(), "--language", "zh"])
    said = "".join(capsys.readouterr())
    english = ("usage", "options", "argument", "error", "required", "invalid", "show this")
    assert [word for word in english if word in said] == []
    assert "用法：ima-tui jobs" in said
    assert "选项：" in said


def test_every_verb_has_its_code() -> None:
    names = {one.get_default("verb") for one in every(parser.build())} - {None}
    assert len(names) > 25
    for name in names:
        assert callable(parser.verb_of(argparse.Namespace(verb=name)))


def test_the_help_lists_exit_codes_and_environment(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.run(["--help"])
    told = capsys.readouterr().out
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert set(arguments.EXIT_CODES) == codes
    for code in codes:
        assert f"\n  {code:<5} {i18n.say(f'exit.{code}')}" in told
    for setting in SETTINGS:
        assert setting.environment in told
