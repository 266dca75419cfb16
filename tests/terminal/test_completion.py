"""Tab completion in real shells, the man page, and the command that installs both."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ima_tui.cli import parser
from ima_tui.cli.commands import completion
from ima_tui.cli.completion import words as asked
from ima_tui.cli.completion.values import READERS
from ima_tui.cli.completion.words import PLACES, complete
from ima_tui.sandbox.server import running_sandbox

from .pty_program import PtyProgram

ROOT = Path(__file__).parents[2]
SHELLS = ("bash", "zsh", "fish")
PATIENCE = 60
FREE = frozenset(
    {
        *("text", "prompt", "extra_params", "n", "max_credits", "api_key", "base_url", "user_id"),
        *("columns", "label", "confirm", "limit", "timeout", "since", "until", "grep", "last"),
        *("search", "parallel", "points", "speed", "port", "http", "subtitles", "fade"),
        *("music_volume", "voice_at", "own_sound", "film_size", "fps", "at", "ratio", "client"),
    }
)
"""Text, numbers and moments: nothing to offer."""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A home with cached model lists, one job and some files; completion finds no service."""
    home = tmp_path_factory.mktemp("home")
    bin_folder = home / "bin"
    bin_folder.mkdir()
    command = bin_folder / "ima-tui"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ima_tui "$@"\n')
    command.chmod(0o755)
    work = home / "work"
    (work / "wishes").mkdir(parents=True)
    for name in ("wonder list.csv", "cat.png", "it's.png"):
        (work / name).touch()
    env = {
        "HOME": str(home),
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "IMA_API_KEY": "ima_test",
    }
    with running_sandbox(speed=500) as box:
        env |= {"IMA_BASE_URL": box.base_url, "IMA_UPLOAD_URL": box.base_url}
        for words in (
            ["models", "--json"],
            ["generate", "fox", "--task-type", "text_to_image", "--yes"],
        ):
            subprocess.run(
                [str(command), *words], env=env, check=True, capture_output=True, cwd=work
            )
    return env


def shell_or_skip(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


COMPLETED = (
    ("ima-tui work", "workflow"),
    ("ima-tui jobs wai", "wait"),
    ("ima-tui batch wo", "wonder\\ list.csv"),
    ("ima-tui workflow run wo", "wonder\\ list.csv"),
    ("ima-tui generate --input-images c", "cat.png"),
    ("ima-tui generate --input-images cat.png ca", "cat.png"),
    ("ima-tui generate --download w", "wishes/"),
    ("ima-tui generate --task-type text_to_vi", "text_to_video"),
    ("ima-tui generate --task-type=text_to_vi", "--task-type=text_to_video"),
    ("ima-tui models --task-type ", "first_last_frame_to_video"),
    ("ima-tui prefs set text_to_image gemini-3.1-fl", "gemini-3.1-flash-image"),
    ("ima-tui generate --model-id gemini-3.1-fl", "gemini-3.1-flash-image"),
    ("ima-tui generate --task-type text_to_image --param aspect_r", "aspect_ratio="),
    ("ima-tui generate --task-type text_to_image --param aspect_ratio=16", "aspect_ratio=16:9"),
    ("ima-tui jobs show ", "1"),
    ("ima-tui --language z", "zh"),
    ("ima-tui logs --level warn", "warning"),
    ("ima-tui config set compose.after_send qu", "queue"),
    ("ima-tui completion inst", "install"),
)


STARTED = {
    "bash": (["--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'"),
    "zsh": (["-f", "-i"], "autoload -Uz compinit; compinit -D -u"),
}


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_completes_files_folders_and_values(shell: str, machine: dict[str, str]) -> None:
    flags, first = STARTED[shell]
    command = [shell_or_skip(shell), *flags]
    folder = f"{machine['HOME']}/work"
    env = {**machine, "PS1": "> ", "TERM": "xterm"}
    with PtyProgram(command, columns=160, cwd=folder, env=env) as program:
        program.type(f'{first}; eval "$(ima-tui completion {shell})"; echo rea""dy\r')
        program.wait("^ready|\nready", PATIENCE)
        for typed, shown in COMPLETED:
            program.type("\x15\x0c" + typed)
            program.wait(re.escape(typed.strip()), PATIENCE)
            program.type("\t\t")
            line = typed.rpartition(" ")[0] + " " + shown
            program.wait(f"(?m){re.escape(line)}|^(.* )?{re.escape(shown)}( |$)", PATIENCE)


def test_fish_completes_files_folders_and_values(machine: dict[str, str]) -> None:
    fish = shell_or_skip("fish")
    lines = ["ima-tui completion fish | source"]
    lines += [f"complete -C '{typed}'; echo --" for typed, _ in COMPLETED]
    done = subprocess.run(
        [fish, "--no-config", "-c", "\n".join(lines)],
        env=machine,
        cwd=f"{machine['HOME']}/work",
        capture_output=True,
        text=True,
        check=False,
    )
    answers = done.stdout.split("--\n")
    for (typed, shown), answer in zip(COMPLETED, answers, strict=False):
        words = [line.split("\t")[0] for line in answer.splitlines()]
        assert any(word.endswith(shown.replace("\\", "")) for word in words), (typed, answer)
    assert done.stderr == ""


# ----------------------------------------------------------------- what is offered, and when


def words_of(*line: str) -> list[str]:
    return [each.word for each in complete(line).candidates]


def test_every_value_has_a_completion_or_is_known_to_be_free() -> None:
    unknown = {
        action.dest
        for one in every(parser.build())
        for action in one._actions
        if action.nargs != 0
        and action.choices is None
        and action.dest not in ("help", "version", argparse.SUPPRESS)
        and action.dest not in PLACES
        and action.dest not in READERS
        and action.dest not in FREE
    }
    assert unknown == set()


def every(one: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield one
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from every(verb)


def test_options_are_offered_where_nothing_else_is_and_after_a_dash() -> None:
    assert "--dry-run" in words_of("generate", "")
    assert words_of("generate", "a fox", "--dry") == ["--dry-run"]
    assert words_of("generate", "--download", "--dry") == ["--dry-run"]
    assert complete(["generate", "--prompt", ""]).kind == "nothing"
    assert complete(["batch", "--", "-x"]).kind == "files"
    assert complete(["nosuchverb", ""]).kind in ("nothing", "values")


def test_an_option_takes_as_many_words_as_it_may() -> None:
    assert complete(["generate", "--input-images", "a", "b", ""]).kind == "files"
    assert complete(["generate", "--download", ""]).kind == "folders"
    assert complete(["batch", "--download", "out", ""]).kind == "files"
    assert complete(["batch", "rows.csv", "--manifest=o"]).kind == "files"


def test_bash_gets_what_stands_behind_its_own_word_breaks() -> None:
    line = "ima-tui config set compose.after_send="
    assert asked._bash("ima-tui models --task-type=text_to_vi", "text_to_vi")[1:] == [
        "text_to_video"
    ]
    assert asked._bash("ima-tui models --task-type=", "")[1:][0] == "text_to_image"
    assert asked._bash("ima-tui --language 'z", "'z")[1:] == ["zh"]
    assert asked._bash(line, "")[0] in ("nothing", "values")


@pytest.mark.parametrize("words", [["bash"], ["tcsh", "x"], []])
def test_a_question_of_no_shell_is_refused(words: list[str]) -> None:
    assert asked.run(words) == 2


# --------------------------------------------------------------------------------- the man page


def test_the_man_page_in_the_repository_is_the_one_of_the_parser() -> None:
    assert (ROOT / "share/man/man1/ima-tui.1").read_text("utf-8") == completion.page()


def test_the_man_page_is_read_without_a_warning() -> None:
    man = shutil.which("man")
    if man is None:
        pytest.skip("man is not installed")
    page = str(ROOT / "share/man/man1/ima-tui.1")
    done = subprocess.run(
        [man, "--warnings=w", "-l", page],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("ima-tui workflow resume", "--max-credits", "EXIT STATUS", "IMA_API_KEY"):
        assert word in done.stdout


def test_one_command_installs_completions_and_the_man_page(machine: dict[str, str]) -> None:
    done = subprocess.run(
        ["ima-tui", "completion", "install"],
        env=machine,
        capture_output=True,
        text=True,
        check=True,
    )
    placed = [Path(line) for line in done.stdout.splitlines()]
    home = Path(machine["HOME"])
    assert [str(path.relative_to(home)) for path in placed] == [
        ".local/share/bash-completion/completions/ima-tui",
        ".local/share/zsh/site-functions/_ima-tui",
        ".config/fish/completions/ima-tui.fish",
        ".local/share/man/man1/ima-tui.1",
    ]
    assert all(path.stat().st_size > 100 for path in placed)
    assert "fpath=" in done.stderr
    for path, shell in zip(placed, SHELLS, strict=False):
        if found := shutil.which(shell):
            subprocess.run([found, "-n", str(path)], check=True)
